"""What more rows bring, apart from the luck of the candidate that was chosen."""

from dataclasses import replace

import numpy as np
import pytest
from fakes import EXPENSIVE, Workers, evaluate, make_clock

from autotext.cross_validation.cross_validate import CrossValidationResult
from autotext.evaluation import Evaluation
from autotext.scoring.bias_correction import ScoreEstimate
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.search.out_of_fold import OutOfFold
from autotext.search.score_estimate import ScoreEstimator, correct_for_learning
from autotext.search.selection import Selection
from autotext.task import Split, Task

ROWS = 1000
TARGETS = np.arange(ROWS) % 2


def answers(wrong):
    return np.where(np.isin(np.arange(ROWS), wrong), 1 - TARGETS, TARGETS)


def result(predictions):
    score = float((predictions == TARGETS).mean())
    return CrossValidationResult(score, (score,) * 5, {}, 0.0, 1, np.eye(2, dtype=np.float32)[predictions], predictions)


@pytest.mark.parametrize(("luck", "gained"), [(0.0, True), (0.1, False)])
def test_the_luck_of_the_chosen_is_no_gain_of_more_rows(luck, gained):
    """Half the rows lose five points; of a candidate that was lucky by ten, other answers would have lost as much anyway."""
    folds = list(np.array_split(np.arange(ROWS), 5))
    out_of_fold = OutOfFold(Validation(TARGETS, folds, 2, Metric("accuracy", "binary"), 0))
    whole, subsampled = result(answers(np.arange(100))), result(answers(np.arange(500, 650)))
    evaluation = Evaluation(0, {"model": "ridge"}, "0", "search", "ok", whole.score, whole.fold_scores)
    out_of_fold.add(evaluation, whole)
    estimate = ScoreEstimate(0.9 - luck, (0.85 - luck, 0.95 - luck), 200)
    corrected = correct_for_learning(out_of_fold, estimate, evaluation, subsampled, 0.8, 0.5)
    assert (corrected.learning > 0) == gained


def test_luck_that_the_same_answers_share_does_not_count_twice():
    folds = list(np.array_split(np.arange(ROWS), 5))
    out_of_fold = OutOfFold(Validation(TARGETS, folds, 2, Metric("accuracy", "binary"), 0))
    whole, subsampled = result(answers(np.arange(100))), result(answers(np.arange(150)))
    evaluation = Evaluation(0, {"model": "ridge"}, "0", "search", "ok", whole.score, whole.fold_scores)
    out_of_fold.add(evaluation, whole)
    corrected = correct_for_learning(out_of_fold, ScoreEstimate(0.8, (0.75, 0.85), 200), evaluation, subsampled, 0.8, 0.5)
    assert corrected.learning > 0


TASK = Task(tuple(map(str, range(ROWS))), tuple(("bad", "good")[target] for target in TARGETS), ("bad", "good"), "binary")
TEST = Task(("a", "b"), ("bad", "good"), ("bad", "good"), "binary")


def estimator(monkeypatch, *, seconds=100.0, test=None, passed=0.0, answer=("ok", None), **limits):
    """An estimator after a search with one candidate, which is right on nine of ten rows, and the worker that it may use."""
    clock, time = make_clock(monkeypatch, seconds, trials=None if seconds else 3, **limits)
    time.seconds += passed
    out_of_fold = OutOfFold(Validation(TARGETS, list(np.array_split(np.arange(ROWS), 5)), 2, Metric("accuracy", "binary"), 0))
    whole = result(answers(np.arange(0, ROWS, 10)))
    chosen = evaluate(0, whole.score, fold_scores=whole.fold_scores, stage_seconds={"prepare": 1.0, "fit": 8.0, "predict": 1.0})
    out_of_fold.add(chosen, whole)
    split = Split(np.arange(ROWS), list(np.array_split(np.arange(ROWS), 5)), np.arange(ROWS))
    pool = Workers(lambda request: answer, size=1)
    return ScoreEstimator(replace(TASK, test=test), split, Selection(out_of_fold), pool, clock), pool, chosen


@pytest.mark.parametrize(("seconds", "test", "kept"), [
    (100.0, None, 1.0), (10.0, None, 0.3), (100.0, TEST, 0.0), (None, None, 0.0)])
def test_a_small_share_of_the_budget_is_kept_for_the_estimate(seconds, test, kept, monkeypatch):
    assert estimator(monkeypatch, seconds=seconds, test=test)[0].seconds == pytest.approx(kept)


def test_the_score_is_estimated_once_unless_there_are_test_rows(monkeypatch):
    scores, _, chosen = estimator(monkeypatch, seconds=None)
    scores.estimate(chosen, [chosen])
    first = scores.score_estimate
    assert first.score == pytest.approx(0.9, abs=0.01)
    scores.estimate(chosen, [])
    assert scores.score_estimate is first
    scores, pool, chosen = estimator(monkeypatch, seconds=None, test=TEST)
    scores.estimate(chosen, [chosen])
    assert scores.score_estimate is scores.submit_subsampled(chosen) is None
    assert pool.requests == []


@pytest.mark.parametrize(("passed", "submitted"), [(91.0, True), (92.0, False)])
def test_the_learning_curve_is_measured_where_there_is_time_for_it(passed, submitted, monkeypatch):
    scores, pool, chosen = estimator(monkeypatch, passed=passed)
    assert (scores.submit_subsampled(chosen) is not None) == submitted
    assert [request.subsample for request in pool.requests] == [0.5] * submitted


def test_the_learning_curve_needs_a_worker_and_a_cheap_candidate(monkeypatch):
    scores, pool, chosen = estimator(monkeypatch, seconds=None, trial_seconds=7.0)
    assert scores.submit_subsampled(evaluate(1, 0.9, EXPENSIVE)) is None
    assert scores.submit_subsampled(chosen) in pool.jobs
    assert scores.submit_subsampled(chosen) is None
    assert pool.timeouts == [7.0]


@pytest.mark.parametrize(("status", "raised"), [("ok", True), ("timeout", False)])
def test_what_more_rows_bring_raises_the_estimate(status, raised, monkeypatch):
    subsampled = result(answers(np.arange(0, ROWS, 5)))
    scores, pool, chosen = estimator(monkeypatch, seconds=None, answer=(status, [subsampled]))
    scores.estimate(chosen, [chosen])
    before = scores.score_estimate.score
    scores.correct(chosen, None)
    scores.correct(chosen, scores.submit_subsampled(chosen))
    assert pool.jobs == []
    assert (scores.score_estimate.score > before + 0.01) == raised
