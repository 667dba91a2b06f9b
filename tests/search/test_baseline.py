"""The plain pipeline that a search is compared with."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, f1_score

from autotext import Budget, optimize_pipeline
from autotext.components import registry
from autotext.scoring.metrics import Metric, metric_names
from autotext.search.baseline import add_baseline, answer_most_frequent, baseline_configuration, summarize_baseline
from autotext.space import SearchSpace

TEXTS = [f"{word} text number {number}" for number in range(20) for word in ("good", "fine", "bad")]


@pytest.mark.parametrize("name", ["default", "multilingual", "thorough"])
def test_large_shipped_spaces_have_the_baseline(name):
    space, _ = SearchSpace.read(name).check(registry())
    baseline = baseline_configuration(space)
    assert (baseline["features"], baseline["model"]) == ("word_tfidf", "logistic")
    assert space.project(baseline)[0] == baseline


def test_a_space_without_its_parts_has_none(tmp_path):
    path = tmp_path / "space.yaml"
    path.write_text("version: 1\nstages:\n  features:\n    one_of:\n      - [char_tfidf]\n    char_tfidf: {}\n"
                    "  model:\n    one_of:\n      ridge: {}\n")
    space, _ = SearchSpace.read(str(path)).check(registry())
    assert baseline_configuration(space) is None
    pipeline = optimize_pipeline((TEXTS, ["+", "+", "-"] * 20), space=space, budget=Budget(seconds=None, trials=1), workers=1)
    assert pipeline.report.baseline["tfidf_logistic"] is None
    assert "was not evaluated" in pipeline.report.summary()


def test_it_follows_the_best_suggestions_and_is_there_once():
    space, _ = SearchSpace.read("default").check(registry())
    baseline, rng = baseline_configuration(space), np.random.default_rng(0)
    others = [space.sample(rng) for _ in range(8)]
    assert add_baseline(others, baseline) == [*others[:5], baseline, *others[5:]]
    assert add_baseline([*others, baseline], baseline) == [*others, baseline]


@pytest.mark.parametrize("labels", [["+", "+", "-"] * 20, [["a"], ["a", "b"], []] * 20], ids=["two classes", "several labels"])
def test_a_search_evaluates_it_and_says_what_it_scored(labels):
    pipeline = optimize_pipeline((TEXTS, labels), budget=Budget(seconds=None, trials=7), workers=1)
    baseline = pipeline.report.baseline
    scores = [entry.score for entry in pipeline.report.evaluations
              if entry.configuration["features"] == "word_tfidf" and entry.configuration["model"] == "logistic"
              and entry.configuration["features.word_tfidf.ngrams"] == "1-2"]
    assert baseline["tfidf_logistic"] == max(scores)
    assert f"TF-IDF with logistic regression: {max(scores):.4f}" in str(pipeline.report)


def test_the_most_frequent_answer_is_that_of_scikit_learn():
    targets = np.array([0, 1, 1, 2, 1, 0])
    dummy = DummyClassifier().fit(np.zeros((6, 1)), targets)
    expected = accuracy_score(targets, dummy.predict(np.zeros((6, 1))))
    assert summarize_baseline([], targets, 3, Metric("accuracy", "multiclass"))["most_frequent"] == expected


def test_of_several_labels_at_least_one_is_answered():
    rare = np.eye(4, dtype=int)[[0, 1, 2, 3, 3]]
    answer, _ = answer_most_frequent(rare, 4, "multilabel")
    assert answer.tolist() == [0, 0, 0, 1]
    summary = summarize_baseline([], rare, 4, Metric("f1_micro", "multilabel"))
    assert summary["most_frequent"] == pytest.approx(f1_score(rare, np.tile(answer, (5, 1)), average="micro"))


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_every_metric_takes_the_most_frequent_answer(kind):
    n_classes = 3 if kind == "multiclass" else 2
    targets = np.array([[1, 0], [1, 1], [0, 1]]) if kind == "multilabel" else np.array([0, 1, 1, n_classes - 1])
    for name in metric_names(kind):
        value = summarize_baseline([], targets, n_classes, Metric(name, kind))["most_frequent"]
        assert value is None or np.isfinite(value)
