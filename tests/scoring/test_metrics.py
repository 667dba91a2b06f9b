import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import f1_score, get_scorer, get_scorer_names, log_loss, roc_auc_score

from autotext import MetricError
from autotext.scoring.metrics import Metric, metric_names
from autotext.silence import without_warnings

RNG = np.random.default_rng(0)
KINDS = ("binary", "multiclass", "multilabel")
EVERY = [(kind, name) for kind in KINDS for name in metric_names(kind)]
NAMES = ("ham", "spam", "eggs")


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


class Answering(ClassifierMixin, BaseEstimator):
    """A classifier whose answers are known; it is given row numbers."""

    def __init__(self, predictions, probabilities):
        self.predictions, self.probabilities = predictions, probabilities
        self.classes_ = np.arange(probabilities.shape[1])

    def predict(self, rows):
        return self.predictions[rows]

    def predict_proba(self, rows):
        return self.probabilities[rows]


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_the_value_is_that_of_the_scorer_of_scikit_learn(kind, name):
    targets, predictions, probabilities = answers(kind)
    scorer, rows = get_scorer(name), np.arange(len(targets))
    estimator, metric = Answering(predictions, probabilities), Metric(name, kind)
    # Rows without a label have no F1 of their own: scikit-learn warns, and takes 0.
    with without_warnings(UndefinedMetricWarning):
        assert metric.score(targets, predictions, probabilities) == scorer(estimator, rows, targets)
    weights = RNG.integers(0, 4, len(targets)).astype(float)
    if name.startswith("roc_auc_ovo"):
        with pytest.raises(MetricError, match="takes no sample_weight: use 'roc_auc_ovr"):
            metric.score(targets, predictions, probabilities, weights)
    elif "likelihood_ratio" not in name:
        with without_warnings(UndefinedMetricWarning):
            wanted = scorer(estimator, rows, targets, sample_weight=weights)
        assert metric.score(targets, predictions, probabilities, weights) == pytest.approx(wanted, abs=1e-12)


def lacking(kind, case):
    """Answers on rows that lack classes, or have labels of none."""
    targets, predictions, probabilities = answers(kind)
    if case == "no rows":
        return targets[:0], predictions[:0], probabilities[:0]
    if kind == "multilabel":
        targets = np.column_stack([targets, np.zeros(len(targets), dtype=int)])
        if case == "absent":
            targets[:, 1] = 0
        elif case == "one class":
            targets[:, [0, 2]] = 0
        elif case == "one unseen":
            targets[7, 3] = 1
        elif case == "several unseen":
            targets[10:30, 3] = 1
        else:
            targets[:] = [0, 0, 0, 1]
        return targets, predictions, probabilities
    targets = targets.copy()
    if case in ("absent", "one class"):
        rows = (targets != 1) if case == "absent" else targets == 0
        return targets[rows], predictions[rows], probabilities[rows]
    targets[{"one unseen": slice(7, 8), "several unseen": slice(10, 30), "all unseen": slice(None)}[case]] = -1
    return targets, predictions, probabilities


CASES = ("absent", "one class", "one unseen", "several unseen", "all unseen", "no rows")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_value_is_a_number_or_undefined_for_a_reason(kind, case):
    rows = lacking(kind, case)
    classes = NAMES[: rows[2].shape[1]]
    for metric in (Metric(name, kind) for name in metric_names(kind)):
        value, reason = metric.score(*rows), metric.undefined(rows[0], classes)
        assert np.isfinite(value) != bool(reason), (metric.name, value, reason)
        assert not np.isinf(value), metric.name
        if case in ("one unseen", "several unseen"):
            assert np.isfinite(value), metric.name
            count = {"one unseen": "1 of 60 test rows has", "several unseen": "20 of 60 test rows have"}[case]
            assert [line for line in metric.remarks(rows[0], classes) if count in line and metric.name in line]
        if case == "absent" and reason:
            assert "no test row of class 'spam'" in reason or "another class than 'ham'" in reason


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_no_label_of_no_class_makes_a_score_better(kind, name):
    targets, predictions, probabilities = answers(kind)
    metric, unseen = Metric(name, kind), np.arange(5)
    if kind == "multilabel":
        worse = np.column_stack([targets, np.isin(np.arange(len(targets)), unseen)])
        everywhere = metric.score(targets, predictions, probabilities)
    else:
        predictions = predictions.copy()
        predictions[unseen] = targets[unseen]
        worse = targets.copy()
        worse[unseen] = -1
        known = np.setdiff1d(np.arange(len(targets)), unseen)
        everywhere = metric.score(targets[known], predictions[known], probabilities[known])
    value = metric.score(worse, predictions, probabilities)
    said = metric.remarks(worse, NAMES[: probabilities.shape[1]])[0]
    if "leaves them out" in said:
        assert value == pytest.approx(everywhere)
    else:
        assert value < everywhere or (kind == "multilabel" and name.startswith("precision"))


def test_labels_of_no_class_by_hand():
    targets = np.array([0, 0, 1, 1, 2, 2, -1, -1])
    predictions = np.array([0, 0, 1, 1, 2, 2, 0, 1])
    probabilities = np.eye(3)[predictions] * 0.94 + 0.02

    def value(name):
        return Metric(name, "multiclass").score(targets, predictions, probabilities)

    assert value("accuracy") == value("f1_micro") == value("recall_weighted") == value("top_k_accuracy") == 0.75
    # Precision 2/3 for two of the three classes.
    assert value("precision_macro") == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert value("f1_macro") == pytest.approx((0.8 + 0.8 + 1) / 3)
    assert value("balanced_accuracy") == value("recall_macro") == 1.0
    assert value("roc_auc_ovr") == value("roc_auc_ovo") == value("average_precision") == 1.0
    assert value("neg_log_loss") == pytest.approx(np.log(0.96))
    several = np.array([[1, 0, 0], [0, 1, 1]])
    metric = Metric("accuracy", "multilabel")
    assert metric.score(several, several[:, :2], several[:, :2].astype(float)) == 0.5
    assert Metric("f1_micro", "multilabel").score(several, several[:, :2], several[:, :2]) == pytest.approx(0.8)
    assert Metric("f1_macro", "multilabel").score(several, several[:, :2], several[:, :2]) == 1.0


def test_a_class_without_rows_counts_only_where_it_is_predicted():
    targets, probabilities = np.array([0, 0, 2, 2]), np.full((4, 3), 1 / 3)
    assert Metric("f1_macro", "multiclass").score(targets, targets, probabilities) == 1.0
    assert Metric("f1_macro", "multiclass").score(targets, np.array([0, 1, 2, 2]), probabilities) == pytest.approx(
        f1_score([0, 0, 2, 2], [0, 1, 2, 2], average="macro"))
    marks = np.array([[1, 0, 0], [0, 0, 1]])
    assert Metric("recall_macro", "multilabel").score(marks, marks, marks.astype(float)) == 1.0


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**32 - 1), n_rows=st.integers(0, 12), data=st.data())
def test_every_metric_of_any_rows_is_a_number_or_has_a_reason(kind, seed, n_rows, data):
    rng = np.random.default_rng(seed)
    n_classes = 2 if kind == "binary" else 3
    probabilities = rng.dirichlet(np.ones(n_classes), n_rows)
    if kind == "multilabel":
        targets, predictions = rng.integers(0, 2, (n_rows, n_classes + 1)), rng.integers(0, 2, (n_rows, n_classes))
    else:
        targets, predictions = rng.integers(-1, n_classes, n_rows), rng.integers(0, n_classes, n_rows)
    metric = Metric(data.draw(st.sampled_from(metric_names(kind))), kind)
    value = metric.score(targets, predictions, probabilities)
    assert np.isfinite(value) != bool(metric.undefined(targets, NAMES[:n_classes]))


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


def test_folds_that_all_lack_a_class_are_ranked_together():
    targets, metric = np.array([0, 0, 1, 1, 2, 2]), Metric("roc_auc_ovr", "multiclass")
    probabilities = np.eye(3)[targets] * 0.5 + 1 / 6
    total, by_fold = metric.cross_validated(targets, targets, probabilities, [np.arange(3), np.arange(3, 6)])
    assert np.isnan(by_fold).all()
    assert total == 1.0


def test_no_advice_names_the_metric_that_is_refused():
    reason = Metric("f1_micro", "multilabel").undefined(np.zeros((1, 2), dtype=int), ["a", "b"])
    assert reason == "f1_micro is undefined: no test row has a label. Add such rows."
