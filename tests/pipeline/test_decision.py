import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import f1_score, log_loss

from autotext.metrics import Metric
from autotext.pipeline import Decision, cross_fitted, learn_decision

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
    assert decision.cutoff == 0.0


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
    assert learn_decision(*binary(shift=2.0), Metric(name, "binary")).cutoff == 0.0


def test_several_classes_have_no_cutoff():
    margins, targets = RNG.normal(size=(60, 3)), RNG.integers(3, size=60)
    decision = learn_decision(margins, targets, Metric("f1_macro", "multiclass"))
    assert decision.cutoff == 0.0
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
