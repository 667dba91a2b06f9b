"""Candidates that were judged on one fold alone, beside those that were judged on all."""

import numpy as np
import pytest

from autotext.cross_validation.cross_validate import CrossValidationResult
from autotext.evaluation import Evaluation
from autotext.report import Report
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.search.out_of_fold import OutOfFold
from autotext.search.score_estimate import estimate_selection
from autotext.search.selection import Selection

ROWS, FOLDS = 1000, 5


def evaluation(number, status, score):
    return Evaluation(number, {"features": "char_tfidf", "model": "logistic"}, f"{number}", "search", status,
                      score if status == "ok" else None, (score,))


def answered(targets, right, rng):
    """Margins of which a share is right."""
    said = np.where(rng.random(len(targets)) < right, targets, 1 - targets)
    return np.eye(2)[said].astype(np.float32) * 3.0


@pytest.mark.parametrize(("right", "leads"), [(0.95, True), (0.5, False)])
@pytest.mark.parametrize("metric", ["accuracy", "f1_macro", "neg_log_loss"])
def test_it_leads_where_it_is_better_on_its_fold_and_counts_as_no_better_elsewhere(right, leads, metric):
    rng = np.random.default_rng(0)
    targets, folds = rng.integers(0, 2, ROWS), np.array_split(np.arange(ROWS), FOLDS)
    metric = Metric(metric, "binary")
    answers = OutOfFold(Validation(targets, list(folds), 2, metric, 0))
    known = Selection(answers)
    base, own = answered(targets, 0.8, rng), answered(targets[folds[0]], right, rng)
    predictions = base.argmax(axis=1)
    whole = evaluation(0, "ok", metric.cross_validated(targets, *answers.decided(base.astype(np.float64)), list(folds))[0])
    part = evaluation(1, "part", 0.0)
    report = Report("running", {}, metric.name, "default", 0, 1, {}, evaluations=(whole, part))
    answers.add(whole, CrossValidationResult(whole.score, (), {}, 0.0, 1, base, predictions))
    answers.add(part, CrossValidationResult(0.0, (0.0,), {}, 0.0, 1, own, own.argmax(axis=1), "part"))
    assert known.leads(part, whole) == leads
    assert answers.with_margins == {"0", "1"}
    completed = known.completed(report)
    assert [entry.status for entry in completed.evaluations] == ["ok", "ok"]
    assert completed.evaluations[0] is whole
    best = known.ranked(completed.leaderboard)[0]
    assert (best.number == 1) == leads
    filled = completed.evaluations[1]
    elsewhere = np.concatenate(folds[1:])
    np.testing.assert_array_equal(answers.margins(filled)[elsewhere].argmax(axis=1), predictions[elsewhere])
    np.testing.assert_array_equal(answers.margins(filled)[folds[0]].argmax(axis=1), own.argmax(axis=1))
    if metric.name == "accuracy":
        gain = (own.argmax(axis=1) == targets[folds[0]]).mean() - (predictions[folds[0]] == targets[folds[0]]).mean()
        assert filled.score - whole.score == pytest.approx(gain / FOLDS, abs=1e-9)
    # Once completed, there is nothing left to do, and the score estimate goes over both.
    assert known.completed(completed) == completed
    estimate = estimate_selection(answers, filled, completed.leaderboard, np.arange(ROWS), 0, None)
    assert np.isfinite(estimate.score)


def test_without_any_that_was_judged_on_all_there_is_nothing_to_complete():
    validation = Validation(np.arange(10) % 2, [np.arange(5), np.arange(5, 10)], 2, Metric.default("binary"), 0)
    known = Selection(OutOfFold(validation))
    report = Report("running", {}, "accuracy", "default", 0, 1, {}, evaluations=(evaluation(0, "part", 1.0),))
    assert known.completed(report) is report


FEW = 60


def board(configurations, errors, rows=FEW, origin="warm"):
    """Candidates that are wrong on so many rows each: the first rows, or for every other candidate the last."""
    targets = np.arange(rows) % 2
    folds = list(np.array_split(np.arange(rows), FOLDS))
    answers = OutOfFold(Validation(targets, folds, 2, Metric("accuracy", "binary"), 0))
    entries = []
    for number, (given, wrong) in enumerate(zip(configurations, errors, strict=True)):
        from_the_side = np.arange(rows)[:: -1 if number % 2 else 1]
        said = np.where(from_the_side < wrong, 1 - targets, targets)
        entry = Evaluation(number, {"model": "logistic", **given}, f"{number}", origin, "ok", 1 - wrong / rows, (), size=1)
        answers.add(entry, CrossValidationResult(entry.score, (), {}, 0.0, 1, np.eye(2)[said].astype(np.float32), said))
        entries.append(entry)
    return Selection(answers), sorted(entries, key=lambda entry: -entry.score)


WORDS = {"features": "word_tfidf"}
ENCODER = {"features": "encoder", "features.encoder.model": "minilm"}
PAIRS, CLASSES = ({"features": "fine_tuned", "features.fine_tuned.model": "minilm", "features.fine_tuned.loss": loss}
                  for loss in ("pairs", "classes"))


def test_on_few_rows_a_model_that_was_given_answers_and_the_best_of_each_kind_do():
    beside = {**ENCODER, "features": "word_tfidf+encoder"}
    known, leaderboard = board([WORDS, ENCODER, ENCODER, PAIRS, CLASSES, beside], [10, 11, 12, 13, 11, 9])
    assert leaderboard[0].number == 5
    assert [entry.number for entry in known.ranked(leaderboard)] == [1, 4, 3]
    assert {entry.number for entry in known.eligible(leaderboard)} == {1, 2, 3, 4}


def test_on_few_rows_what_the_search_found_later_is_taken_for_luck():
    known, leaderboard = board([WORDS, ENCODER], [10, 11], origin="search")
    assert [entry.number for entry in known.ranked(leaderboard)] == [0, 1]


def test_on_few_rows_a_model_that_is_clearly_worse_does_not_answer():
    known, leaderboard = board([WORDS, ENCODER], [5, 25])
    assert known.ranked(leaderboard)[0].number == 0
    assert len(known.eligible(leaderboard)) == 2


def test_on_many_rows_the_best_score_counts():
    known, leaderboard = board([WORDS, ENCODER], [10, 16], rows=ROWS)
    assert not known.has_few_rows
    assert known.ranked(leaderboard)[0].number == 0


def test_on_few_rows_without_a_model_the_best_score_counts():
    known, leaderboard = board([WORDS, {"features": "char_tfidf"}], [11, 10])
    assert known.has_few_rows
    assert known.ranked(leaderboard)[0].number == 1
