import os
import re
import time
from functools import cache
from pathlib import Path

import numpy as np
import optuna
import psutil
import pytest
from conftest import QUICK, TOYS, toy

from autotext import (
    ArgumentError,
    AutotextError,
    Budget,
    BudgetError,
    MetricError,
    SearchError,
    SpaceError,
    Task,
    TaskError,
    load_pipeline,
    optimize_pipeline,
)
from autotext.meta import MetaLearner, Ranking, Suggestion
from autotext.search import stopping
from autotext.search.clock import Clock
from autotext.search.warm_start import cheapest_configuration, order_by_cost
from autotext.space import Configuration

HERE = Path(__file__).parent
THREE = Budget(seconds=None, trials=3)
WARM = Configuration({"normalizer.unicode.form": "NFC", "normalizer.casing.use": True, "features": "char_tfidf",
                      "features.char_tfidf.span": "1-3", "model": "ridge", "model.ridge.alpha": 2.0})
SPOKEN = """
version: 1
stages:
  features: {one_of: [[letter_shares], [char_tfidf, letter_shares]], letter_shares: {letters: [aeiou, etaoin]}}
  model: {one_of: {centroid: {shrink: {float: [0.0, 0.5]}}, ridge: {}}}
"""


class Fixed(MetaLearner):
    """Suggests what it was made with."""

    def __init__(self, *configurations):
        self.configurations = configurations
        self.asked = []

    def fit(self, experience):
        return self

    def suggest(self, meta_features, space, k):
        self.asked.append((dict(meta_features), space, k))
        projected = [space.project(configuration) for configuration in self.configurations]
        legal = [Suggestion(configuration, 0.0, 0.1) for configuration, _ in projected if configuration is not None]
        rejected = [changes[-1] for configuration, changes in projected if configuration is None]
        return Ranking(tuple(legal), (), tuple(rejected))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The outcome of a short search on each toy task, made once."""
    space = tmp_path_factory.mktemp("spaces") / "quick.yaml"
    space.write_text(QUICK, "utf-8")

    @cache
    def search(name):
        seen = []
        learner = Fixed(WARM, {**WARM, "model": "no_such_model"})
        pipeline = optimize_pipeline(toy(name), space=space, budget=THREE, workers=1, meta_learner=learner,
                                     on_evaluation=lambda *given: seen.append(given))
        return pipeline, seen, learner

    return search


@pytest.mark.parametrize("name", TOYS)
def test_a_short_search_solves_a_toy_task(found, name):
    pipeline, _, _ = found(name)
    texts, labels = toy(name)
    assert pipeline.kind_ == (name if name in ("multiclass", "multilabel") else "binary")
    assert pipeline.score(texts, labels) > 0.9
    predicted = pipeline.predict(texts[:4])
    assert all(isinstance(label, list if name == "multilabel" else str) for label in predicted)
    probabilities = pipeline.predict_proba(texts)
    assert probabilities.shape == (len(texts), len(pipeline.classes_))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    if name != "multilabel":
        assert np.allclose(probabilities.sum(axis=1), 1)


@pytest.mark.parametrize("name", TOYS)
def test_the_report_accounts_for_everything(found, name):
    pipeline, _, _ = found(name)
    report, task = pipeline.report, Task.read(toy(name))
    assert report.status == "finished"
    tried = len(report.evaluations)
    assert sum(report.statuses.values()) == tried > report.trials == 3
    assert len({entry.fingerprint for entry in report.evaluations}) == tried
    assert sorted(entry.number for entry in report.evaluations) == list(range(tried))
    assert report.metric == ("f1_micro" if name == "multilabel" else "accuracy")
    assert report.task["fingerprint"] == task.fingerprint
    assert (report.task["rows"], report.task["classes"], report.task["folds"]) == (len(task), len(task.classes), 5)
    assert (report.space, report.workers, report.seed, report.budget["trials"]) == ("quick", 1, 0, 3)
    assert report.test_score is None
    assert report.expected_interval[0] < report.expected_score <= report.expected_interval[1]
    assert report.resamples > 100
    assert [entry["label"] for entry in report.class_table] == list(task.classes)
    if name != "multilabel":
        assert sum(entry["rows"] for entry in report.class_table) == len(task)
    assert report.notes == ()
    assert set(report.seconds) == {"read", "describe", "search", "refit", "total"}
    parts = sum(spent for stage, spent in report.seconds.items() if stage != "total")
    assert all(spent >= 0 for spent in report.seconds.values())
    assert parts <= report.seconds["total"] + 1e-6
    for entry in report.evaluations:
        assert (entry.status == "ok") == (entry.score is not None)
        assert not entry.error
        assert entry.status == "ok"
        assert len(entry.fold_scores) == 5
        assert set(entry.stage_seconds) == {"prepare", "fit", "predict"}
        assert entry.seconds > 0
        assert entry.memory_mib > 0
        assert entry.size > 0


@pytest.mark.parametrize("name", TOYS)
def test_the_pipeline_is_the_one_that_was_chosen(found, name):
    pipeline, _, _ = found(name)
    report = pipeline.report
    chosen = next(entry for entry in report.evaluations if entry.fingerprint == report.chosen)
    assert Configuration(pipeline.configuration).fingerprint == report.chosen
    assert report.score == chosen.score
    assert report.best.score - chosen.score < 0.002


def test_warm_starts_come_first_and_are_audited(found):
    pipeline, _, learner = found("binary")
    report = pipeline.report
    by_number = sorted(report.evaluations, key=lambda entry: entry.number)
    assert by_number[0].configuration == WARM.to_json()
    assert [entry.origin for entry in by_number if entry.origin != "path"] == ["warm", "search", "search"]
    assert report.warm_start["suggested"] == report.warm_start["tried"] == 1
    assert len(report.warm_start["rejected"]) == 1
    assert "no_such_model" in report.warm_start["rejected"][0]
    (meta_features, space, k), = learner.asked
    assert len(meta_features) > 3
    assert all(isinstance(value, float | int) for value in meta_features.values())
    assert space.registry is not None
    assert k >= 1


def test_each_evaluation_is_announced_once_with_the_report_so_far(found):
    pipeline, seen, _ = found("binary")
    assert [evaluation for evaluation, _ in seen] == list(pipeline.report.evaluations)
    for number, (evaluation, report) in enumerate(seen, start=1):
        # Those of a path end together.
        assert evaluation in report.evaluations
        assert len(report.evaluations) >= number
        assert report.status == "running"
        assert report.seconds["total"] > 0


@pytest.mark.parametrize("name", TOYS)
def test_what_was_found_can_be_saved_and_loaded(found, name, tmp_path):
    pipeline, _, _ = found(name)
    texts, _ = toy(name)
    loaded = load_pipeline(pipeline.save(tmp_path / "saved"))
    assert loaded.predict(texts).tolist() == pipeline.predict(texts).tolist()
    assert np.allclose(loaded.predict_proba(texts), pipeline.predict_proba(texts))
    assert loaded.report == pipeline.report


def test_test_rows_are_scored_and_not_searched_on(quick):
    texts, labels = toy("binary")
    right = (["the show was lovely", "the show was awful"], ["good", "bad"])
    wrong = (right[0], right[1][::-1])
    scores = []
    for test in (right, wrong):
        pipeline = optimize_pipeline((texts, labels), test=test, space=quick, workers=1, meta_learner=None,
                                     budget=Budget(seconds=None, trials=1))
        scores.append(pipeline.report.test_score)
        assert pipeline.report.task["rows"] == len(texts)
        assert pipeline.report.expected_score == pipeline.report.test_score
        assert pipeline.report.expected_interval is not None
        assert pipeline.report.resamples == 0
    assert scores == [1.0, 0.0]


def test_no_pipeline_is_lost_for_its_test_rows(quick, tmp_path):
    test = ["the film was lovely", "the film was awful", "the film was blue"], ["good", "bad", "new"]
    pipeline = optimize_pipeline(toy("multiclass"), test=test, metric="roc_auc_ovr", space=quick, workers=1, meta_learner=None,
                                 budget=Budget(seconds=None, trials=1))
    said = " ".join(pipeline.report.notes)
    assert "roc_auc_ovr is undefined: no test row of class 'cheap'" in said
    assert "1 of 3 test rows has a label that training lacks; roc_auc_ovr leaves it out" in said
    assert load_pipeline(pipeline.save(tmp_path / "pipeline")).report.test_score is pipeline.report.test_score is None


def test_a_metric_that_is_undefined_on_all_rows_is_refused_before_the_search(quick):
    texts, labels = toy("multilabel")
    with pytest.raises(MetricError, match="roc_auc is undefined: no row that is searched on without class 'all'"):
        optimize_pipeline((texts, [[*row, "all"] for row in labels]), metric="roc_auc", space=quick, budget=THREE, workers=1)


def test_a_cold_start_has_nothing_to_audit(quick):
    pipeline = optimize_pipeline(toy("binary"), space=quick, budget=THREE, workers=1, meta_learner=None)
    assert pipeline.report.warm_start == {}
    assert {entry.origin for entry in pipeline.report.evaluations} == {"search", "path"}


def test_a_metric_is_searched_for_and_kept(quick):
    pipeline = optimize_pipeline(toy("binary"), space=quick, budget=THREE, workers=1, meta_learner=None,
                                 metric="f1_macro")
    assert pipeline.report.metric == pipeline.metric == "f1_macro"
    assert pipeline.report.score == pytest.approx(pipeline.report.best.score, abs=0.002)


def test_an_exhausted_space_ends_the_search(tmp_path):
    space = tmp_path / "one.yaml"
    space.write_text("version: 1\nstages: {features: {one_of: [[char_tfidf]]}, "
                     "model: {one_of: {ridge: {balanced: [false, true]}}}}\n")
    pipeline = optimize_pipeline(toy("binary"), space=space, budget=Budget(seconds=None, trials=50), workers=2,
                                 meta_learner=None)
    assert len(pipeline.report.evaluations) == 2
    assert pipeline.report.status == "finished"


def test_a_small_budget_of_seconds_is_enough(quick):
    began = time.monotonic()
    pipeline = optimize_pipeline(toy("binary"), space=quick, budget="12s", workers=1, meta_learner=None)
    assert time.monotonic() - began < 60
    assert pipeline.report.evaluations
    assert pipeline.predict(["the film was lovely"]).tolist() == ["good"]


def test_a_search_that_cannot_do_better_ends_and_says_so(quick):
    pipeline = optimize_pipeline(toy("binary"), space=quick, budget="10m", workers=1, meta_learner=None)
    assert pipeline.report.score == 1.0
    assert pipeline.report.status == "finished"
    (note,) = pipeline.report.notes
    assert note.startswith("The search ended after ")
    assert note.endswith(" of 600 s: no score can be better.")


def test_a_search_without_a_gain_for_long_ends_and_says_so(quick, monkeypatch):
    monkeypatch.setattr(stopping, "_PATIENCE", 4)
    texts, labels = toy("binary")
    pipeline = optimize_pipeline((texts, np.random.default_rng(0).permutation(labels).tolist()), space=quick, budget="10m",
                                 workers=1, meta_learner=None)
    assert pipeline.report.score < 1.0
    assert any("trials brought no gain" in note for note in pipeline.report.notes)
    assert pipeline.report.trials >= 4


def test_a_number_of_trials_is_kept_whatever_they_bring(quick, monkeypatch):
    monkeypatch.setattr(stopping, "_PATIENCE", 1)
    pipeline = optimize_pipeline(toy("binary"), space=quick, budget=Budget(seconds=600, trials=8), workers=1, meta_learner=None)
    assert pipeline.report.trials == 8


@pytest.mark.parametrize(("arguments", "error", "message"), [
    ({"budget": "soon"}, BudgetError, "soon"),
    ({"budget": 0}, BudgetError, "positive"),
    ({"budget": -5.0}, BudgetError, "positive"),
    ({"budget": None}, BudgetError, "None"),
    ({"budget": "0.05s"}, BudgetError, r"budget=\d+ or more"),
    ({"workers": 0}, ArgumentError, "workers"),
    ({"workers": 1.5}, ArgumentError, "workers"),
    ({"workers": True}, ArgumentError, "workers"),
    ({"space": "no_such_space"}, SpaceError, "no_such_space"),
    ({"metric": "acuracy"}, MetricError, "Did you mean 'accuracy'"),
    ({"metric": "f1_samples"}, MetricError, "binary"),
    ({"metric": "r2"}, MetricError, "r2"),
    ({"meta_learner": "no_such_learner"}, AutotextError, "no_such_learner"),
    ({"dataset": (["a", "b"], ["x", "x"])}, TaskError, "'x'"),
    ({"dataset": (["a", "b"], ["x"])}, TaskError, "2"),
])
def test_what_cannot_be_used_is_refused_by_name(quick, arguments, error, message):
    given = {"dataset": toy("binary"), "space": quick, "budget": THREE, "workers": 1, "meta_learner": None, **arguments}
    before = psutil.Process().children()
    with pytest.raises(error, match=message):
        optimize_pipeline(given.pop("dataset"), **given)
    assert psutil.Process().children() == before


def test_outside_components_and_space_are_used_end_to_end(friendly, tmp_path):
    space = tmp_path / "spoken.yaml"
    space.write_text(SPOKEN, "utf-8")
    learner = Fixed({"features": "letter_shares", "features.letter_shares.letters": "etaoin", "model": "centroid",
                     "model.centroid.shrink": 0.25})
    texts, labels = toy("binary")
    pipeline = optimize_pipeline((texts, labels), space=space, budget=Budget(seconds=None, trials=1), workers=1,
                                 meta_learner=learner)
    assert pipeline.report.space == "spoken"
    assert pipeline.report.statuses == {"ok": 1}
    assert pipeline.configuration["model"] == "centroid"
    assert isinstance(pipeline.fitted_.chain.features[0], friendly.LetterShares)
    assert isinstance(pipeline.fitted_.chain.model, friendly.Centroid)
    assert (pipeline.fitted_.chain.features[0].letters, pipeline.fitted_.chain.model.shrink) == ("etaoin", 0.25)
    loaded = load_pipeline(pipeline.save(tmp_path / "saved"))
    assert np.allclose(loaded.predict_proba(texts), pipeline.predict_proba(texts))


def test_a_sampler_of_optuna_is_used(quick):
    sampler, drawn = optuna.samplers.RandomSampler(seed=5), []
    original = sampler.sample_independent
    sampler.sample_independent = lambda *given: drawn.append(given[2]) or original(*given)
    pipeline = optimize_pipeline(toy("binary"), space=quick, budget=THREE, workers=1, meta_learner=None,
                                 sampler=sampler)
    assert drawn.count("model") >= 3
    assert pipeline.report.trials == 3


def test_an_outside_sampler_is_used(friendly, quick):
    sampler = friendly.LastChoice()
    pipeline = optimize_pipeline(toy("binary"), space=quick, budget=THREE, workers=1, meta_learner=None,
                                 sampler=sampler)
    assert sampler.asked > 3
    first = min(pipeline.report.evaluations, key=lambda entry: entry.number).configuration
    assert first["features"] == "word_tfidf+char_tfidf"
    assert (first["model"], first["model.ridge.alpha"], first["features.word_tfidf.min_df"]) == ("ridge", 10.0, 3)


def test_a_component_of_a_script_is_refused(script):
    printed = script("""
from autotext import Budget, optimize_pipeline
from autotext.components import Normalizer, register

@register
class Mine(Normalizer):
    name = "mine"
    order = 1
    def transform(self, texts):
        return list(texts)

try:
    optimize_pipeline((["a", "b"] * 20, ["x", "y"] * 20), budget=Budget(seconds=None, trials=1), workers=1)
except Exception as error:
    print(type(error).__name__, error)
""")
    assert printed.startswith("ComponentError")
    assert "Mine" in printed
    assert "put it in a module" in printed


FAILING = """
import warnings
warnings.simplefilter("error")
import outside.hostile
from autotext import Budget, SearchError, optimize_pipeline
from conftest import toy

space = '''
version: 1
stages:
  normalizer: {chain: {misdeed: {deed: %s}}}
  features: {one_of: [[char_tfidf]]}
  model: {one_of: {multinomial_nb: {}, ridge: {}}}
'''
open("bad.yaml", "w").write(space)
def show(evaluation, report):
    print(evaluation.status, evaluation.score, flush=True)
try:
    pipeline = optimize_pipeline(toy("binary"), space="bad.yaml", budget=Budget(seconds=None, trials=4), workers=2,
                                 meta_learner=None, on_evaluation=show)
    print("statuses", pipeline.report.statuses, pipeline.configuration["normalizer.misdeed.deed"])
except SearchError as error:
    print("SearchError", error)
"""


def test_a_search_survives_candidates_that_crash(script):
    printed = script(FAILING % "[nothing, crash]").splitlines()
    statuses = [line.split()[0] for line in printed[:-1]]
    assert sorted(statuses) == ["failed", "failed", "ok", "ok"]
    assert printed[-1] in ("statuses {'ok': 2, 'failed': 2} nothing", "statuses {'failed': 2, 'ok': 2} nothing")


def test_a_search_in_which_everything_fails_says_why(script):
    printed = script(FAILING % "raise")
    assert printed.count("failed None") == 2
    assert "SearchError Nothing could be fitted" in printed
    assert "this component is broken" in printed
    assert issubclass(SearchError, RuntimeError)


EVERYTHING_FAILS = """
import resource, signal
import outside.hostile
from autotext import Budget, optimize_pipeline
from conftest import toy

space = '''
version: 1
stages:
  normalizer: {chain: {misdeed: {deed: [nothing, regex, memory, crash, exit, raise, chatter]}}}
  features: {one_of: [[char_tfidf]]}
  model: {one_of: {ridge: {}, linear_svm: {C: {float: [0.5, 2.0]}}, long_svm: {}}}
'''
open("bad.yaml", "w").write(space)
# As on a disk that is full: nothing larger than this can be written.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
texts, labels = toy("multiclass")
budget = Budget(seconds=None, trials=24, trial_seconds=6.0, memory_mib=700.0)
pipeline = optimize_pipeline((texts, labels), space="bad.yaml", budget=budget, workers=2, meta_learner=None)
for entry in pipeline.report.evaluations:
    print(entry.status, entry.configuration["normalizer.misdeed.deed"], entry.configuration["model"])
print("best", pipeline.configuration["normalizer.misdeed.deed"], pipeline.predict(texts).tolist() == labels)
"""
EXPECTED = {"regex": "timeout", "memory": "memory", "crash": "failed", "exit": "failed", "raise": "failed"}


def test_a_search_survives_everything_that_can_go_wrong(script, monkeypatch):
    # Without a buffer, Python does not notice that standard error has no room left.
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    *lines, last = script(EVERYTHING_FAILS).splitlines()
    seen = set()
    for status, deed, model in map(str.split, lines):
        expected = EXPECTED.get(deed, "timeout" if model == "long_svm" else "ok")
        assert status == expected, (deed, model)
        seen.add(deed if deed in EXPECTED or model != "long_svm" else model)
    assert seen >= {*EXPECTED, "chatter", "long_svm"}
    assert last in ("best nothing True", "best chatter True")


def test_a_group_is_never_parted(quick):
    texts, labels = toy("binary")
    task = Task.read((texts, labels), groups=[number % 8 for number in range(len(texts))])
    pipeline = optimize_pipeline(task, space=quick, workers=1, meta_learner=None, budget=Budget(seconds=None, trials=1))
    assert pipeline.report.task["folds"] == 5


def test_the_report_can_be_read_by_people(found):
    pipeline, _, _ = found("korean")
    text = str(pipeline.report)
    assert "accuracy" in text
    assert re.search(r"\d\.\d", text)


@pytest.mark.parametrize("seconds", [None, 60.0])
def test_where_time_is_limited_a_cheap_candidate_comes_first(seconds):
    named = [Configuration({"features": features, "model": "ridge"}) for features in ("word_tfidf", "char_tfidf")]
    ranking = Ranking(tuple(Suggestion(configuration, 0.1, 1.0) for configuration in named))
    clock = Clock(Budget(seconds=seconds, trials=9))
    assert order_by_cost(ranking, clock, named[1]) == (named if seconds is None else named[::-1])
    new = Configuration({"features": "wordllama", "model": "ridge"})
    assert order_by_cost(ranking, clock, new) == ([] if seconds is None else [new]) + named


@pytest.mark.parametrize(("classes", "characters", "model"), [(2, 100, "linear_svm"), (40, 100, "linear_svm"),
                                                              (40, 1_000_000, "complement_nb")])
def test_where_many_classes_would_take_long_the_first_model_does_not_grow_with_them(checked, classes, characters, model):
    space = checked("version: 1\nstages: {features: {one_of: [[char_tfidf]]}, "
                    "model: {one_of: {linear_svm: {}, ridge: {}, complement_nb: {}}}}\n")
    texts = [f"{number} " + "x" * (characters // 80) for number in range(80)]
    task = Task.read((texts, [number % classes for number in range(80)]))
    assert cheapest_configuration(task, sum(map(len, texts)), space, 1.0)["model"] == model


def test_a_slow_disk_costs_candidates_and_no_more_time(quick, tmp_path, monkeypatch):
    fsync, waited = os.fsync, []
    monkeypatch.setattr(os, "fsync", lambda descriptor: waited.append(time.sleep(0.5)) or fsync(descriptor))
    texts, labels = toy("binary")
    labels = np.random.default_rng(0).permutation(labels).tolist()
    pipeline = optimize_pipeline(texts, labels, space=quick, budget=12, workers=1, meta_learner=None,
                                 storage=tmp_path / "search")
    assert len(waited) >= 2
    assert pipeline.report.chosen
    # Waiting counts: no more is kept than the budget has time for.
    assert 0.5 * len(waited) <= 12
