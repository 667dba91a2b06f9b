"""What evaluations will take, learned from those that were made."""

import dataclasses

import pytest
from fakes import make_clock

from autotext.components import registry
from autotext.cross_validation.cross_validate import WITH_REFIT
from autotext.evaluation import Evaluation
from autotext.search.cost_model import CostModel
from autotext.search.warm_start import WarmStart
from autotext.space import Configuration
from autotext.task import Split, Task


def configuration(features="word_tfidf", model="ridge"):
    return Configuration({"features": features, "model": model})


def evaluated(seconds, status="ok", given=None):
    given = given or configuration()
    return Evaluation(0, given.to_json(), given.fingerprint, "search", status, 0.5 if status == "ok" else None, (0.5,), seconds,
                      {"prepare": 0.0, "fit": seconds, "predict": 0.0})


@pytest.fixture
def costs():
    return CostModel(100, 100, 100, 0, 5, {configuration().structure: 1.0, configuration(model="sgd").structure: 3.0})


def test_nothing_is_known_at_first(costs):
    assert costs.evaluation_seconds(configuration()) == 0.0


def test_the_same_structure_takes_what_it_took(costs):
    costs.learn(configuration(), [evaluated(4.0)])
    assert costs.evaluation_seconds(configuration()) == 4.0


def test_other_structures_take_as_much_more_as_usual_and_one_ratio_counts_half(costs):
    costs.learn(configuration(), [evaluated(4.0)])
    assert costs.evaluation_seconds(configuration(model="sgd")) == pytest.approx(3.0 * 4.0 ** (1 / 2))
    for _ in range(8):
        costs.learn(configuration(), [evaluated(4.0)])
    assert costs.evaluation_seconds(configuration(model="sgd")) == pytest.approx(3.0 * 4.0 ** (9 / 10))


def test_what_was_given_up_counts_with_what_it_needed(costs):
    costs.learn(configuration(), [evaluated(2.0, "timeout")], 40.0)
    assert costs.evaluation_seconds(configuration()) == 40.0
    costs.learn(configuration(model="sgd"), (), 60.0)
    assert costs.evaluation_seconds(configuration(model="sgd")) == 60.0


@pytest.mark.parametrize("n_folds", [1, 5])
def test_of_what_is_expensive_one_fold_is_what_it_is_sure_to_take(costs, n_folds):
    given = configuration("fine_tuned", "logistic")
    found = dataclasses.replace(evaluated(4.0 * n_folds, given=given), fold_scores=(0.5,) * n_folds)
    costs.learn(given, [found])
    assert costs.evaluation_seconds(given) == 4.0
    assert costs.required_seconds(given) == pytest.approx(4.0 * WITH_REFIT)


@pytest.mark.parametrize("told", ["judged", "given up"])
def test_how_long_training_takes_is_guessed_from_encoding_with_the_same_model(costs, told):
    def given(block, model, **more):
        return Configuration({"features": block, f"features.{block}.model": model, "model": "logistic", **more})

    encoder = given("encoder", "minilm")
    found = dataclasses.replace(evaluated(1.0, given=encoder), stage_seconds={"prepare": 0.0, "fit": 0.5, "texts": 20.0})
    costs.learn(encoder, [found] if told == "judged" else (), 0.0 if told == "judged" else 20.0)
    one, three = (costs.evaluation_seconds(given("fine_tuned", "minilm", **{"features.fine_tuned.epochs": n})) for n in (1, 3))
    assert three == pytest.approx(3 * one)
    assert one > 20.0
    assert costs.evaluation_seconds(given("fine_tuned", "other")) != one


def test_large_pipelines_take_time_to_write(costs):
    small = evaluated(4.0)
    large = dataclasses.replace(small, size=20_000_000)
    assert costs.finishing_seconds(large) > costs.finishing_seconds(small) + 1.0


def test_a_refit_is_taken_to_be_a_little_longer_than_predicted_until_one_was_seen(costs):
    entry = evaluated(4.0)
    assert costs.safety == pytest.approx(1.3)
    assert costs.finishing_seconds(entry) == pytest.approx(1.3 * costs.refit_seconds(entry) + 0.1)
    assert costs.finishing_seconds(entry, safety=1.0) == pytest.approx(costs.refit_seconds(entry) + 0.1)


@pytest.mark.parametrize(("factors", "safety"), [((1.0,), 1.2), ((2.0,), 2.4), ((0.1,), 1.1), ((50.0,), 4.0), ((2.0, 1.0), 2.4),
                                                 ((3.0, 1.0, 1.0, 1.0, 1.0, 1.0), 1.2)])
def test_refits_that_took_longer_than_predicted_make_the_next_reserve_longer(costs, factors, safety):
    """A little more than the worst of the last five, within bounds."""
    entry = evaluated(4.0)
    for factor in factors:
        costs.learn_refit(entry, factor * costs.refit_seconds(entry))
    assert costs.safety == pytest.approx(safety)
    assert costs.finishing_seconds(entry) == pytest.approx(safety * costs.refit_seconds(entry) + 0.1)


def test_a_single_fit_on_some_rows_is_a_guess_until_something_is_evaluated(costs):
    costs.learn_first(configuration(), 0.5, 50)
    # Four training sets' worth of all 100 rows.
    assert costs.evaluation_seconds(configuration()) == pytest.approx(4.0)
    assert costs.evaluation_seconds(configuration(model="sgd")) == pytest.approx(12.0)
    costs.learn(configuration(), [evaluated(7.0)])
    assert costs.evaluation_seconds(configuration()) == pytest.approx(7.0)


def test_a_slow_machine_takes_longer_to_hand_a_pipeline_over(monkeypatch):
    clock, _ = make_clock(monkeypatch, 60)
    costs = CostModel(100, 100, 100, 0, 5, {}, clock)
    before = costs.finishing_seconds(evaluated(4.0))
    clock.compare(3.0, 1.0)
    assert costs.finishing_seconds(evaluated(4.0)) == pytest.approx(before + 0.1)


@pytest.mark.parametrize(("limit", "stretched"), [(60, True), (None, False)])
def test_a_cost_model_of_a_task_counts_its_rows_and_heeds_the_clock_of_a_limited_search_alone(limit, stretched, monkeypatch):
    clock, _ = make_clock(monkeypatch, limit, trials=3)
    clock.slowdown = 3.0
    texts = [f"text {number}" for number in range(40)]
    task = Task.read((texts, [number % 2 for number in range(40)]))
    costs = CostModel.of_task(task, Split.make(task, 0), WarmStart(configuration(), [], False, {}, {}, 2000), clock)
    assert not costs.first_is_quick
    counted = CostModel(40, 40, 40, 0, 5, {}, clock if stretched else None)
    entry = evaluated(4.0)
    assert costs.finishing_seconds(entry) == counted.finishing_seconds(entry)


def test_texts_that_must_be_encoded_first_take_longer_the_first_time():
    texts = ["a text of a few words"] * 1000
    costs = CostModel(1000, 1000, 1000, 0, 5, {}, texts=texts)
    configuration = Configuration({"features": "char_tfidf+sentences", "model": "ridge"})
    encoding = registry()["features"]["sentences"].encoding_seconds(texts)
    assert encoding > 1.0
    assert costs.evaluation_seconds(configuration) == encoding
    stages = {"prepare": 0.1, "fit": 0.2, "predict": 0.1, "texts": 2.0}
    first = Evaluation(0, configuration.to_json(), configuration.fingerprint, "search", "ok", 0.5, (0.5,), 2.5, stages)
    costs.learn(configuration, [first])
    assert costs.evaluation_seconds(configuration) == pytest.approx(0.5)
    other = Configuration({"features": "sentences", "model": "ridge"})
    assert costs.evaluation_seconds(other) == pytest.approx(0.5)


@pytest.mark.parametrize(("seconds", "quick", "limit", "takes_long"), [
    (None, True, 60.0, False), (None, False, 60.0, True), (10.0, True, 60.0, False), (16.0, True, 60.0, True),
    (10.0, False, 60.0, False), (16.0, False, None, False)])
def test_a_regularization_path_takes_long_where_its_first_does_or_might(seconds, quick, limit, takes_long, monkeypatch):
    costs = CostModel(100, 100, 100, 0, 5, {}, make_clock(monkeypatch, limit)[0] if limit else None)
    costs.first_is_quick = quick
    if seconds is not None:
        costs.learn(configuration(), [evaluated(seconds)])
    assert costs.path_takes_long(configuration(), 60.0) == takes_long


def test_the_first_with_a_model_encodes_all_texts():
    costs = CostModel(100, 100, 100, 0, 5, {})
    first, other = (Configuration({"features": "encoder", "features.encoder.model": model, "model": "ridge"})
                    for model in ("minilm", "large"))
    assert [costs.encodes_first(each) for each in (first, other, configuration())] == [True, True, False]
    costs.learn(first, [evaluated(2.0, given=first)])
    assert [costs.encodes_first(each) for each in (first, other)] == [False, True]


@pytest.mark.parametrize(("folds", "validation_rows", "factor"), [(5, 100, 1.25), (1, 25, 1.0 + 100 / 75)])
def test_a_refit_takes_as_much_longer_as_its_rows_are_more(folds, validation_rows, factor):
    costs = CostModel(100, 100, validation_rows, 0, folds, {})
    costs.learn(configuration(), [evaluated(4.0)])
    assert costs.required_seconds(configuration()) == 4.0
    assert costs.required_seconds(configuration(), with_refit=True) == pytest.approx(4.0 * factor)


def test_a_refit_encodes_the_texts_that_were_not_searched_on():
    texts = ["a text of a few words"] * 1000
    encoding = registry()["features"]["sentences"].encoding_seconds(texts)
    configuration = Configuration({"features": "sentences", "model": "ridge"})
    for n_rows, n_test in ((1000, 0), (2000, 500)):
        costs = CostModel(n_rows, 1000, 1000, n_test, 5, {}, texts=texts)
        costs.learn(configuration, [dataclasses.replace(evaluated(4.0, given=configuration), stage_seconds={})])
        refit = 4.0 * n_rows / 4000 + encoding * (n_rows - 1000 + n_test) / 1000
        assert costs.required_seconds(configuration, with_refit=True) == pytest.approx(4.0 + refit)
