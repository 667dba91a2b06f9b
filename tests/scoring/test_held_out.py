import json

import numpy as np
import pytest
from conftest import toy

from autotext import Report, Task, TextPipeline, load_pipeline
from autotext.pipeline import FittedPipeline
from autotext.scoring.held_out import score_held_out
from autotext.scoring.metrics import Metric, metric_names

KINDS = ("binary", "multiclass", "multilabel")
CONFIGURATION = {"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "multinomial_nb"}
TOY = {"name": "toy", "rows": 1, "classes": 2, "kind": "binary", "folds": 2, "search_rows": 1}
REPORT = Report("finished", TOY, "accuracy", "fast", 0, 1, {})


@pytest.fixture(scope="module")
def fitted():
    return {kind: TextPipeline(CONFIGURATION).fit(*toy(kind)) for kind in KINDS}


def with_rows(kind, labels):
    """The toy task with test rows whose labels are changed."""
    texts, own = toy(kind)
    changed = labels(own)
    if kind == "multilabel":
        changed = [[label] if isinstance(label, str) else label for label in changed]
    return Task.read((texts, own), test=(texts[: len(changed)], changed))


CASES = {
    "one unseen": lambda labels: ["new", *labels[1:]],
    "several unseen": lambda labels: [*["new", "newer"] * 3, *labels[6:]],
    "a class is absent": lambda labels: [label for label in labels if label in ("good", [], ["good"])],
    "one row": lambda labels: [next(label for label in labels if label in ("good", ["good"]))],
    "nearly all unseen": lambda labels: [*["new"] * 20, next(label for label in labels if label in ("good", ["good"]))],
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_metric_scores_any_test_rows_or_says_why_not(kind, case, fitted, tmp_path):
    task = with_rows(kind, CASES[case])
    for name in metric_names(kind):
        report = score_held_out(REPORT.replace(metric=name), fitted[kind].fitted_, task, Metric(name, kind), 0.02)
        said = " ".join(report.notes)
        assert report.status == "finished"
        if report.test_score is None:
            assert f"{name} is undefined: no test row" in said
        else:
            assert np.isfinite(report.test_score)
            assert report.expected_interval is None or np.isfinite(report.expected_interval).all()
        if "unseen" in case:
            assert "a label that training lacks" in said
        json.dumps(report.to_json(), allow_nan=False)
        str(report)
    fitted[kind].report = report
    assert load_pipeline(fitted[kind].save(tmp_path / "pipeline")).report == report


def test_test_rows_that_cannot_be_scored_cost_no_pipeline(fitted, monkeypatch):
    task, metric = with_rows("binary", lambda labels: labels), Metric("accuracy", "binary")

    def broken(self, texts):
        raise MemoryError("out of memory")

    monkeypatch.setattr(FittedPipeline, "decide", broken)
    report = score_held_out(REPORT, fitted["binary"].fitted_, task, metric, None)
    assert report.notes == ("The test rows were not scored: out of memory.",)
    assert report.test_score is None


def test_an_interval_that_cannot_be_computed_costs_no_score(fitted, monkeypatch):
    task, metric = with_rows("binary", lambda labels: labels), Metric("accuracy", "binary")

    def broken(*arguments, **options):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("autotext.scoring.held_out.resampled_interval", broken)
    report = score_held_out(REPORT, fitted["binary"].fitted_, task, metric, None)
    assert report.test_score == report.expected_score == 1.0
    assert report.notes == ("The interval was not computed: division by zero.",)
