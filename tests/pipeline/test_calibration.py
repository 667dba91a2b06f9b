import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import f1_score, log_loss

from autotext.pipeline import Decision, cross_fitted, learn_decision
from autotext.scoring.metrics import Metric

RNG = np.random.default_rng(0)


def binary(n=400, shift=0.0, scale=1.0):
    targets = (RNG.random(n) < 0.2).astype(int)
    half = (targets * 2.0 - 1.0 + RNG.normal(0, 1.2, n) + shift) / 2 * scale
    return np.column_stack([-half, half]), targets


@pytest.mark.parametrize("scale", [20.0, 0.05])
def test_temperature_improves_log_loss(scale):
    margins, targets = binary(scale=scale)
    decision = learn_decision(margins, targets, Metric("neg_log_loss", "binary"))
    assert log_loss(targets, decision.probabilities(margins)) < 0.8 * log_loss(
        targets, np.clip(softmax(margins, axis=1), 1e-12, 1)
    )
    assert (decision.temperature > 1) == (scale > 1)
    assert decision.threshold == 0.0


@pytest.mark.parametrize(("kind", "n_classes"), [("binary", 2), ("multiclass", 5), ("multilabel", 3)])
@pytest.mark.parametrize("scale", [0.05, 1.0, 300.0])
def test_rows_without_any_error_do_not_make_answers_certain(kind, n_classes, scale):
    """Of n rows, all told right, the next is wrong with a probability of about one in n."""
    targets = np.arange(60) % n_classes
    right = np.eye(n_classes)[targets] * 2.0 - 1.0
    wanted = targets if kind != "multilabel" else (right > 0).astype(int)
    decision = learn_decision(right * scale, wanted, Metric.default(kind))
    certain = decision.probabilities(right * scale).max(axis=1)
    assert 0.95 < certain.min() <= certain.max() < 0.995
    unlike = decision.probabilities(right[:1] * scale * 0.05)
    assert unlike.max() < 0.6 if kind != "multiclass" else unlike.max() < 0.4


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_classes_of_a_single_row_do_not_make_all_answers_doubtful(kind):
    """Out of fold, a class of one row comes far behind the others on that row, as no model saw it."""
    targets = np.append(np.arange(200) % 4, np.arange(4, 14))
    margins = RNG.normal(0, 0.2, (210, 14)) + np.eye(14)[targets] - 0.5
    margins[200:] -= 10.0 * np.eye(14)[targets[200:]]
    margins[:200, 4:] -= 2.0
    wanted = np.eye(14, dtype=int)[targets] if kind == "multilabel" else targets
    metric = Metric.default(kind)
    with_all, without = (learn_decision(margins[:rows], wanted[:rows], metric).temperature for rows in (210, 200))
    assert with_all == pytest.approx(without, rel=0.05)


def test_log_loss_out_of_fold_is_not_zero_where_rows_are_few():
    targets = np.arange(60) % 2
    margins = (np.eye(2)[targets] * 2.0 - 1.0) * RNG.uniform(0.5, 1.5, (60, 1))
    folds = [np.arange(place, 60, 5) for place in range(5)]
    metric = Metric("neg_log_loss", "binary")
    score, _ = metric.cross_validated(targets, *cross_fitted(margins, targets, metric, folds), folds)
    assert -0.15 < score < -0.005


def test_temperature_is_that_of_least_log_loss_where_errors_are_many():
    margins, targets = binary(2000, scale=7.0)
    temperatures = np.geomspace(2.0, 20.0, 60)
    losses = [log_loss(targets, softmax(margins / temperature, axis=1)) for temperature in temperatures]
    assert learn_decision(margins, targets, Metric("neg_log_loss", "binary")).temperature == pytest.approx(
        temperatures[int(np.argmin(losses))], rel=0.05
    )


def test_temperature_for_several_labels():
    margins, targets = binary(scale=10.0)
    decision = learn_decision(margins * 2, np.column_stack([1 - targets, targets]), Metric("f1_micro", "multilabel"))
    assert decision.temperature > 2
    assert decision.probabilities(margins).shape == margins.shape


@pytest.mark.parametrize("shift", [-2.0, 0.0, 2.0])
def test_cutoff_improves_f1(shift):
    margins, targets = binary(shift=shift)
    decision = learn_decision(margins, targets, Metric("f1", "binary"))
    found = f1_score(targets, decision.predictions(margins))
    assert found >= f1_score(targets, Decision("binary").predictions(margins))
    differences = np.sort(margins[:, 1] - margins[:, 0])
    best = max(f1_score(targets, margins[:, 1] - margins[:, 0] > cut) for cut in differences[:-1])
    assert found > best - 0.02


@pytest.mark.parametrize("name", ["f1_micro", "f1_macro", "f1_samples", "jaccard_micro", "f1_weighted"])
def test_cutoff_for_several_labels(name):
    targets = (RNG.random((300, 4)) < 0.15).astype(int)
    margins = targets * 2.0 - 3.0 + RNG.normal(0, 0.8, targets.shape)
    metric = Metric(name, "multilabel")
    decision = learn_decision(margins, targets, metric)
    plain = Decision("multilabel")
    score = metric.score(targets, decision.predictions(margins), decision.probabilities(margins))
    assert score > metric.score(targets, plain.predictions(margins), plain.probabilities(margins)) + 0.1


@pytest.mark.parametrize("name", ["matthews_corrcoef", "balanced_accuracy", "f1_macro", "jaccard"])
def test_cutoff_serves_the_metric(name):
    margins, targets = binary(shift=-2.0)
    metric = Metric(name, "binary")
    decision, plain = learn_decision(margins, targets, metric), Decision("binary")
    assert metric.score(targets, decision.predictions(margins), decision.probabilities(margins)) > metric.score(
        targets, plain.predictions(margins), plain.probabilities(margins)
    )


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "neg_log_loss"])
def test_no_cutoff_where_the_metric_rewards_none(name):
    assert learn_decision(*binary(shift=2.0), Metric(name, "binary")).threshold == 0.0


def test_several_classes_have_no_cutoff():
    margins, targets = RNG.normal(size=(60, 3)), RNG.integers(3, size=60)
    decision = learn_decision(margins, targets, Metric("f1_macro", "multiclass"))
    assert decision.threshold == 0.0
    assert (decision.predictions(margins) == margins.argmax(axis=1)).all()


def test_each_fold_is_decided_by_the_others():
    margins, targets = binary(300)
    folds = [np.arange(0, 100), np.arange(100, 200), np.arange(200, 300)]
    metric = Metric("f1", "binary")
    predictions, probabilities = cross_fitted(margins, targets, metric, folds)
    flipped = targets.copy()
    flipped[:100] = 1 - flipped[:100]
    others, _ = cross_fitted(margins, flipped, metric, folds)
    assert (others[:100] == predictions[:100]).all()
    assert probabilities.shape == margins.shape
    partly, _ = cross_fitted(margins, targets, metric, folds[:2])
    assert (partly[200:] == 0).all()
