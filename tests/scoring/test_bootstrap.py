import numpy as np
import pytest

from autotext.scoring.bootstrap import Relative, Resampled, makes_scorer, scorer
from autotext.scoring.metrics import Metric, metric_names

CASES = [(kind, name) for kind in ("binary", "multiclass", "multilabel") for name in metric_names(kind)
         if makes_scorer(Metric(name, kind))]


def made(kind, seed=0, n_rows=60, n_candidates=3):
    rng = np.random.default_rng(seed)
    n_classes = 2 if kind == "binary" else 4
    if kind == "multilabel":
        targets = (rng.random((n_rows, n_classes)) < 0.3).astype(np.int8)
        predictions = [(rng.random((n_rows, n_classes)) < 0.3).astype(np.int8) | (targets & (rng.random() < 0.5))
                       for _ in range(n_candidates)]
    else:
        targets = rng.integers(0, n_classes, n_rows)
        predictions = [np.where(rng.random(n_rows) < 0.6, targets, rng.integers(0, n_classes, n_rows))
                       for _ in range(n_candidates)]
    return targets, predictions, n_classes


def test_most_metrics_of_predictions_are_added_up():
    assert {"accuracy", "f1_macro", "matthews_corrcoef", "balanced_accuracy", "f1"} <= {n for _, n in CASES}
    assert not makes_scorer(Metric("roc_auc", "binary"))
    assert not makes_scorer(Metric("neg_log_loss", "binary"))


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_weights_mean_the_same_as_repeated_rows(kind, name):
    metric = Metric(name, kind)
    targets, predictions, n_classes = made(kind)
    rng = np.random.default_rng(1)
    weights = rng.integers(0, 4, (6, len(targets))).astype(np.float32)
    # A few rows only: classes are missing.
    weights[-1, 5:] = 0
    weights[-1, :5] = 1
    found = scorer(metric, targets, predictions, n_classes)(weights, np.arange(3))
    probabilities = np.full((len(targets), n_classes), 1 / n_classes)
    wanted = Resampled(metric, targets, predictions, [probabilities] * 3, [])(weights, np.arange(3))
    assert np.allclose(found, wanted, atol=1e-6)
    some = scorer(metric, targets, predictions, n_classes)(weights, np.array([2]))
    assert np.allclose(some[:, 0], wanted[:, 2], atol=1e-6)


@pytest.mark.parametrize("share", [0.3, 1.0])
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_labels_of_no_class_and_classes_without_rows_mean_the_same_too(kind, name, share):
    metric = Metric(name, kind)
    targets, predictions, n_classes = made(kind, 2, n_rows=12)
    rng = np.random.default_rng(2)
    unseen = rng.random(12) < share
    targets = np.where(unseen, -1, targets) if targets.ndim == 1 else np.column_stack([targets, unseen]).astype(np.int8)
    weights = rng.integers(0, 2, (5, 12)).astype(np.float32)
    weights[:2] = np.eye(2, 12)
    weights[2] = 0
    wanted = Resampled(metric, targets, predictions, [np.full((12, n_classes), 1 / n_classes)] * 3, [])(weights, np.arange(3))
    np.testing.assert_allclose(scorer(metric, targets, predictions, n_classes)(weights, np.arange(3)), wanted, atol=1e-6)


def test_a_ranking_is_scored_fold_by_fold():
    metric, rng = Metric("roc_auc", "binary"), np.random.default_rng(0)
    targets, probabilities = np.arange(40) % 2, rng.random((40, 2))
    folds = [np.arange(20), np.arange(20, 40)]
    found = Resampled(metric, targets, [targets], [probabilities], folds)(np.ones((1, 40), dtype=np.float32), np.arange(1))
    assert found[0, 0] == pytest.approx(metric.cross_validated(targets, targets, probabilities, folds)[0])


def test_who_answered_on_a_part_is_compared_there():
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, 60)
    part = np.arange(20)
    first, second = rng.integers(0, 2, 60), rng.integers(0, 2, 60)
    lost = rng.integers(0, 2, 20)
    metric = Metric("accuracy", "binary")
    relative = Relative(scorer(metric, targets, [first, second], 2), scorer(metric, targets[part], [second[part], lost], 2),
                        part, reference=1, n_whole=2)
    weights = rng.integers(0, 3, (4, 60)).astype(np.float32)
    scores = relative(weights, np.arange(3))
    for row, weight in enumerate(weights):
        own = [np.average(answer == targets, weights=weight) for answer in (first, second)]
        gap = np.average(lost == targets[part], weights=weight[part]) - np.average(
            second[part] == targets[part], weights=weight[part])
        np.testing.assert_allclose(scores[row], [*own, own[1] + gap], rtol=1e-6)
    np.testing.assert_allclose(relative(weights, np.array([2])), scores[:, [2]])
    np.testing.assert_allclose(relative(weights, np.array([1])), scores[:, [1]])
