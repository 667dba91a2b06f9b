import numpy as np
import pytest
from sklearn.metrics import get_scorer_names, log_loss, roc_auc_score

from autotext import MetricError
from autotext.metrics import Metric, metric_names

RNG = np.random.default_rng(0)


def answers(kind, n=60):
    if kind == "multilabel":
        targets = (RNG.random((n, 3)) < 0.4).astype(int)
        probabilities = np.clip(targets * 0.4 + RNG.random(targets.shape) * 0.6, 0.01, 0.99)
        return targets, (probabilities > 0.5).astype(int), probabilities
    n_classes = 2 if kind == "binary" else 3
    targets = RNG.integers(n_classes, size=n)
    probabilities = RNG.dirichlet(np.ones(n_classes), n) + np.eye(n_classes)[targets] * 0.5
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return targets, probabilities.argmax(axis=1), probabilities


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_every_listed_metric_gives_a_number(kind):
    for name in metric_names(kind):
        assert np.isfinite(Metric(name, kind).score(*answers(kind))), name


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_better_answers_score_higher(kind):
    targets, predictions, probabilities = answers(kind)
    shares = np.eye(probabilities.shape[1])[targets] if kind != "multilabel" else targets
    certain = np.clip(shares * 0.98 + 0.01, 0, 1)
    if kind != "multilabel":
        certain /= certain.sum(axis=1, keepdims=True)
    for name in metric_names(kind):
        if "likelihood_ratio" not in name:
            assert Metric(name, kind).score(targets, targets, certain) >= Metric(name, kind).score(
                targets, predictions, probabilities
            )


def test_values_equal_those_of_scikit_learn():
    targets, predictions, probabilities = answers("binary")
    assert Metric("accuracy", "binary").score(targets, predictions, probabilities) == (targets == predictions).mean()
    assert Metric("roc_auc", "binary").score(targets, predictions, probabilities) == roc_auc_score(
        targets, probabilities[:, 1]
    )
    assert Metric("neg_log_loss", "binary").score(targets, predictions, probabilities) == pytest.approx(
        -log_loss(targets, probabilities)
    )


def test_defaults():
    assert Metric.default("binary").name == Metric.default("multiclass").name == "accuracy"
    assert Metric.default("multilabel").name == "f1_micro"


def test_unknown_names_and_kinds_are_refused_with_a_hint():
    with pytest.raises(MetricError, match="accuracy"):
        Metric("accuracc", "binary")
    with pytest.raises(MetricError, match="f1_macro"):
        Metric("f1", "multiclass")
    with pytest.raises(MetricError, match="roc_auc_ovr"):
        Metric("roc_auc", "multiclass")
    with pytest.raises(MetricError, match="does not judge a classifier"):
        Metric("r2", "binary")


@pytest.mark.parametrize(("typed", "name"), [
    ("F1", "f1"), ("Accuracy", "accuracy"), ("acc", "accuracy"), ("f1-macro", "f1_macro"), ("macro f1", "f1_macro"),
    ("Macro F1-Score", "f1_macro"), ("AUC", "roc_auc"), ("ROC-AUC", "roc_auc"), ("log loss", "neg_log_loss"),
    (" balanced accuracy ", "balanced_accuracy"), ("MCC", "matthews_corrcoef")])
def test_names_may_be_written_as_people_write_them(typed, name):
    assert Metric.named(typed, "binary") == Metric(name, "binary")


@pytest.mark.parametrize(("typed", "kind", "instead"), [
    ("F1", "multiclass", "'f1_macro' or 'f1_micro' or 'f1_weighted'"), ("auc", "multiclass", "'roc_auc_ovr'"),
    ("acuracy", "binary", "Did you mean 'accuracy'"), ("", "binary", "Known: 'accuracy'"), (5, "binary", "not 5")])
def test_a_name_that_cannot_be_used_says_what_to_write(typed, kind, instead):
    with pytest.raises(MetricError) as refused:
        Metric.named(typed, kind)
    assert instead in str(refused.value)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_every_name_stands_for_itself(kind):
    assert all(Metric.named(name.upper().replace("_", " "), kind).name == name for name in metric_names(kind))


def test_every_name_is_one_of_scikit_learn():
    assert {name for kind in ("binary", "multiclass", "multilabel") for name in metric_names(kind)} <= set(
        get_scorer_names()
    )


def test_counts_are_pooled_and_rankings_are_averaged_over_folds():
    targets, predictions, probabilities = answers("binary")
    folds = [np.arange(0, 20), np.arange(20, 60)]
    total, by_fold = Metric("f1", "binary").cross_validated(targets, predictions, probabilities, folds)
    assert total == Metric("f1", "binary").score(targets, predictions, probabilities)
    auc, by_fold = Metric("roc_auc", "binary").cross_validated(targets, predictions, probabilities, folds)
    assert auc == pytest.approx(np.mean(by_fold))
    assert len(by_fold) == 2


def test_rows_outside_the_folds_do_not_count():
    targets, predictions, probabilities = answers("binary")
    predictions = predictions.copy()
    predictions[:20] = 1 - targets[:20]
    predictions[20:] = targets[20:]
    total, _ = Metric("accuracy", "binary").cross_validated(targets, predictions, probabilities, [np.arange(20, 60)])
    assert total == 1.0


def test_a_fold_of_one_class_has_no_auc():
    targets = np.array([0, 0, 1, 0, 1, 0])
    probabilities = np.column_stack([np.linspace(0.9, 0.1, 6), np.linspace(0.1, 0.9, 6)])
    metric = Metric("roc_auc", "binary")
    total, by_fold = metric.cross_validated(targets, targets, probabilities, [np.arange(2), np.arange(2, 6)])
    assert np.isnan(by_fold[0])
    assert total == by_fold[1]
    with pytest.raises(MetricError, match="not defined"):
        metric.cross_validated(targets, targets, probabilities, [np.arange(2)])
