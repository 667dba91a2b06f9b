"""The meta-learner that listens to the results of a search."""

from itertools import product

import numpy as np
import pytest

from autotext import Configuration, Experience
from autotext.components import registry
from autotext.meta import Hierarchical, PriorTask, Result
from autotext.meta.configuration_features import ConfigurationFeatures
from autotext.meta.hierarchical import FITTED
from autotext.meta.population import Population
from autotext.space import SearchSpace
from autotext.testing import MetaLearnerContract

MODELS = ("ridge", "linear_svm", "logistic")


class TestHierarchical(MetaLearnerContract):
    learner = Hierarchical


@pytest.fixture
def space():
    return SearchSpace.read("default").check(registry(), {"LATIN": 1.0}, "en")[0]


def of_models(space, per_model=4):
    """Configurations of the space with each of a few models, over words and over characters."""
    rng = np.random.default_rng(0)
    drawn = {}
    places = list(product(("word_tfidf", "char_tfidf"), MODELS))
    while any(len(drawn.get(place, ())) < per_model for place in places):
        configuration = space.sample(rng)
        place = configuration["features"], configuration["model"]
        if place in places and len(drawn.get(place, ())) < per_model:
            drawn.setdefault(place, []).append(configuration)
    return [configuration for group in drawn.values() for configuration in group]


def experience_of(configurations, n_tasks=12, noise=0.005):
    """Tasks on which characters win where texts are long and words where they are short; ridge is always a little worse."""
    rng = np.random.default_rng(1)
    tasks, results = [], []
    for number in range(n_tasks):
        long = number % 2
        tasks.append(PriorTask(f"t{number}", f"f{number}", str(number), "accuracy", {"log_length": 3.0 + 3.0 * long}))
        for place, configuration in enumerate(configurations):
            fits = (configuration["features"] == "char_tfidf") == bool(long)
            score = 0.7 + 0.05 * fits - 0.02 * (configuration["model"] == "ridge") + rng.normal(scale=noise)
            results.append(Result(number, place, round(float(score), 5), 1.0))
    return Experience(tuple(tasks), tuple(dict(configuration) for configuration in configurations), tuple(results))


def expected(posterior, configurations, **wanted):
    chosen = [configuration for configuration in configurations if all(configuration[name] == wanted[name] for name in wanted)]
    return float(posterior.predict(chosen)[0].mean())


def test_a_task_begins_where_tasks_like_it_ended(space):
    configurations = of_models(space)
    learner = Hierarchical().fit(experience_of(configurations))
    short, long = (learner.start({"log_length": length}, space) for length in (3.0, 6.0))
    assert expected(short, configurations, features="word_tfidf") > expected(short, configurations, features="char_tfidf")
    assert expected(long, configurations, features="char_tfidf") > expected(long, configurations, features="word_tfidf")
    assert expected(short, configurations, model="linear_svm") > expected(short, configurations, model="ridge")


def test_results_change_what_is_expected_of_configurations_like_them(space):
    configurations = of_models(space)
    posterior = Hierarchical().fit(experience_of(configurations)).start({"log_length": 3.0}, space)
    words, characters = ([configuration for configuration in configurations if configuration["features"] == features]
                         for features in ("word_tfidf", "char_tfidf"))
    for configuration in (*words[:3], *characters[:3]):
        posterior.update(configuration, 0.80 if configuration["features"] == "char_tfidf" else 0.74)
    assert posterior.predict(characters[3:])[0].mean() > posterior.predict(words[3:])[0].mean()


def test_scores_are_predicted_once_the_level_of_the_task_shows(space):
    configurations = of_models(space)
    posterior = Hierarchical().fit(experience_of(configurations)).start({"log_length": 3.0}, space)
    for configuration in configurations[::3]:
        posterior.update(configuration, 0.95 if configuration["features"] == "word_tfidf" else 0.90)
    others = [configuration for configuration in configurations[1::3] if configuration["model"] != "ridge"]
    means, deviations = posterior.predict(others)
    wanted = np.array([0.95 if configuration["features"] == "word_tfidf" else 0.90 for configuration in others])
    assert np.abs(means - wanted).max() < 0.02
    assert (deviations > 0).all()


def test_what_runs_makes_others_like_it_surer_but_not_better(space):
    configurations = of_models(space)
    posterior = Hierarchical().fit(experience_of(configurations)).start({"log_length": 3.0}, space)
    posterior.update(configurations[0], 0.8)
    before, after = posterior.predict(configurations[1:]), posterior.predict(configurations[1:], running=configurations[1:3])
    np.testing.assert_allclose(after[0], before[0])
    assert (after[1] <= before[1] + 1e-12).all()
    assert after[1][0] < before[1][0]


def test_experience_that_results_contradict_is_dropped(space):
    configurations = of_models(space, per_model=8)
    experience = experience_of(configurations)
    upside_down = Experience(experience.tasks, experience.configurations, tuple(
        Result(cell.task, cell.configuration, 1.4 - cell.score, cell.seconds) for cell in experience.results))
    posterior = Hierarchical().fit(upside_down).start({"log_length": 3.0}, space)
    for configuration in configurations[::2]:
        posterior.update(configuration, 0.75 if configuration["features"] == "word_tfidf" else 0.70)
    others = configurations[1::2]
    assert expected(posterior, others, features="word_tfidf") > expected(posterior, others, features="char_tfidf")


def test_scores_on_a_part_of_the_rows_say_less(space):
    configurations = of_models(space)
    learner = Hierarchical().fit(experience_of(configurations))
    deviations = []
    for is_partial in (False, True):
        posterior = learner.start({"log_length": 3.0}, space)
        posterior.update(configurations[0], 0.8, is_partial)
        deviations.append(posterior.predict(configurations[:1])[1][0])
    assert deviations[0] < deviations[1]


def test_a_block_that_no_prior_task_had_is_learned_from_the_search(space):
    configurations = [configuration for configuration in of_models(space) if configuration["features"] == "char_tfidf"]
    posterior = Hierarchical().fit(experience_of(configurations)).start({}, space)
    rng = np.random.default_rng(3)
    drawn = [space.sample(rng) for _ in range(600)]
    new = [configuration for configuration in drawn if configuration["features"] == "char_tfidf+sentences"]
    for configuration in configurations[:4]:
        posterior.update(configuration, 0.70)
    before = posterior.predict(new)[0].mean() - posterior.predict(configurations[4:])[0].mean()
    for configuration in new[: len(new) // 2]:
        posterior.update(configuration, 0.80)
    after = posterior.predict(new[len(new) // 2 :])[0].mean() - posterior.predict(configurations[4:])[0].mean()
    assert after > before + 0.03


def test_the_shipped_population_belongs_to_the_shipped_experience():
    experience = Experience.shipped()
    stored = Population.read(FITTED, experience.fingerprint)
    assert stored is not None
    assert stored.weights.shape == (len(experience.tasks), len(stored.mean))
    assert Population.read(FITTED, experience.without("cola").fingerprint) is None
    assert len(stored.offsets) == len(experience.configurations)


def test_columns_tell_blocks_models_and_parameters_apart():
    words = Configuration({"features": "word_tfidf", "features.word_tfidf.ngrams": "1-1", "model": "ridge",
                           "model.ridge.alpha": 1.0})
    longer = Configuration({**words, "features.word_tfidf.ngrams": "1-2"})
    strong, weak = (Configuration({**words, "model.ridge.alpha": alpha}) for alpha in (0.1, 10.0))
    features = ConfigurationFeatures([words, words, longer, strong, weak], blocks=["encoder"])
    rows = dict(zip(("words", "longer", "strong", "weak"), features.transform([words, longer, strong, weak]), strict=True))
    assert len({row.tobytes() for row in rows.values()}) == 4
    place = features.names.index("model.ridge.alpha")
    assert [rows[name][place] for name in ("strong", "words", "weak")] == pytest.approx([-1.0, 0.0, 1.0])
    both = Configuration({**words, "features": "word_tfidf+encoder"})
    assert features.transform([both])[0][features.names.index("encoder")] == 1.0
    assert not features.transform([words])[0][features.names.index("encoder")]


def test_searches_of_a_user_move_what_is_expected_of_tasks_like_theirs(space):
    configurations = of_models(space)
    learner = Hierarchical(reads_fitted=False).fit(experience_of(configurations))
    long, short = {"log_length": 6.0}, {"log_length": 3.0}
    mine = tuple(PriorTask(f"mine{number}", "mine", f"m{number}", "accuracy", long) for number in range(5))
    scores = [0.6 + 0.04 * (configuration["features"] == "word_tfidf") for configuration in configurations]
    results = tuple(Result(number, place, score, 1.0) for number in range(5) for place, score in enumerate(scores))
    extended = learner.extended(Experience(mine, tuple(map(dict, configurations)), results))

    def gain_of_characters(learner, meta_features):
        posterior = learner.start(meta_features, space)
        return (expected(posterior, configurations, features="char_tfidf")
                - expected(posterior, configurations, features="word_tfidf"))

    before = gain_of_characters(learner, long)
    assert gain_of_characters(extended, long) < 0.5 * before
    assert gain_of_characters(extended, short) == pytest.approx(gain_of_characters(learner, short), abs=0.1 * before)
    assert gain_of_characters(learner, long) == before


def test_what_a_user_tried_with_success_is_among_what_is_tried_first(space):
    configurations = of_models(space)
    learner = Hierarchical(reads_fitted=False).fit(experience_of(configurations))
    rng = np.random.default_rng(3)
    drawn = [space.sample(rng) for _ in range(30)]
    mine = PriorTask("mine", "mine", "m", "accuracy", {"log_length": 6.0})
    scores = rng.permutation(np.linspace(0.6, 0.7, 30))
    own = Experience((mine,), tuple(map(dict, drawn)), tuple(Result(0, place, float(score), 1.0)
                                                             for place, score in enumerate(scores)))
    pool = learner.extended(own).start({"log_length": 6.0}, space).pool
    remembered = {configuration for configuration in drawn if configuration in pool}
    assert remembered == {drawn[place] for place in np.argsort(-scores)[:20]}
    assert set(configurations) < set(pool)


def test_without_shipped_experience_a_users_is_all_there_is(space):
    configurations = of_models(space)
    extended = Hierarchical().fit(Experience()).extended(experience_of(configurations))
    assert set(extended.start({"log_length": 6.0}, space).pool) == set(configurations)


def test_nine_of_ten_scores_are_in_the_interval_expected_of_them(space):
    configurations = of_models(space, per_model=6)
    learner = Hierarchical(reads_fitted=False).fit(experience_of(configurations, n_tasks=24))
    rng, inside = np.random.default_rng(4), []
    for number in range(40):
        long = number % 2
        posterior = learner.start({"log_length": 3.0 + 3.0 * long}, space)
        assert posterior.forecast(configurations[0]) is None
        for configuration in [configurations[place] for place in rng.permutation(len(configurations))[:8]]:
            fits = (configuration["features"] == "char_tfidf") == bool(long)
            score = 0.7 + 0.05 * fits - 0.02 * (configuration["model"] == "ridge") + rng.normal(scale=0.005)
            if (forecast := posterior.forecast(configuration)) is not None:
                inside.append(abs(score - forecast[0]) <= 1.645 * forecast[1])
            posterior.update(configuration, score)
    assert 0.8 <= np.mean(inside) <= 1.0


def test_what_an_older_space_had_and_this_one_lacks_is_counted_never_replaced(space):
    configurations = of_models(space)
    renamed = {**configurations[0], "features": "word_counts"}
    out_of_range = {**configurations[1], f"features.{configurations[1]['features']}.min_df": 10_000}
    further = {**configurations[2], "tokenizer.words.stemmer": "porter"}
    older = experience_of(configurations)
    older = Experience(older.tasks, (renamed, out_of_range, further, *older.configurations[3:]), older.results)
    for learner in (Hierarchical(reads_fitted=False).fit(older), Hierarchical().fit(Experience()).extended(older)):
        ranking = learner.suggest({"log_length": 6.0}, space, 50)
        assert len(ranking.rejected) == 3
        assert set(learner.start({"log_length": 6.0}, space).pool) == set(configurations[3:])
