"""What more rows bring, apart from the luck of the candidate that was chosen."""

import numpy as np
import pytest

from autotext.cross_validation.cross_validate import CrossValidationResult
from autotext.evaluation import Evaluation
from autotext.scoring.bias_correction import ScoreEstimate
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.search.out_of_fold import OutOfFold
from autotext.search.score_estimate import correct_for_learning

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
