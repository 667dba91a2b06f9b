import numpy as np
import pytest

from autotext.cross_validation.pruning import Pruner
from autotext.scoring.metrics import Metric

ROWS = 600


def answers(share_right, targets, seed):
    """Margins of which such a share is right."""
    right = np.random.default_rng(seed).random(len(targets)) < share_right
    return np.eye(2)[np.where(right, targets, 1 - targets)]


@pytest.mark.parametrize("metric", ["accuracy", "f1", "f1_macro", "matthews_corrcoef"])
def test_the_clearly_worse_lose_and_the_better_do_not(metric):
    targets = np.arange(ROWS) % 2
    pruner = Pruner(answers(0.8, targets, 0), targets, Metric(metric, "binary"), 2, seed=0)
    assert pruner.lost(answers(0.6, targets, 1))
    assert not pruner.lost(answers(0.95, targets, 2))


def test_equals_seldom_lose():
    targets = np.arange(ROWS) % 2
    lost = [Pruner(answers(0.8, targets, seed), targets, Metric("accuracy", "binary"), 2, seed).lost(
        answers(0.8, targets, 1000 + seed)) for seed in range(100)]
    assert sum(lost) <= 12


def test_what_cannot_be_resampled_from_predictions_is_not_raced():
    targets = np.arange(ROWS) % 2
    pruner = Pruner(np.eye(2)[targets], targets, Metric("roc_auc", "binary"), 2, seed=0)
    assert not pruner.lost(np.eye(2)[1 - targets])


@pytest.mark.parametrize("positive", [0, 1])
def test_rows_that_a_metric_is_undefined_on_decide_no_race(positive):
    targets = (np.arange(ROWS) < positive).astype(int)
    pruner = Pruner(np.eye(2)[targets], targets, Metric("f1", "binary"), 2, seed=0)
    assert pruner.lost(np.eye(2)[1 - targets]) == bool(positive)
    assert not pruner.lost(np.eye(2)[targets])


def test_several_labels_are_raced():
    targets = (np.random.default_rng(0).random((ROWS, 3)) < 0.4).astype(np.int8)
    pruner = Pruner(np.where(targets == 1, 2.0, -2.0), targets, Metric("f1_micro", "multilabel"), 3, seed=0)
    assert pruner.lost(np.random.default_rng(1).normal(size=targets.shape))
