"""What scikit-learn does with classifiers, done with pipelines, beside values computed by hand from their probabilities."""

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    check_scoring,
    classification_report,
    confusion_matrix,
    f1_score,
    get_scorer,
    label_ranking_loss,
    make_scorer,
    multilabel_confusion_matrix,
    roc_curve,
)
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from autotext import TextPipeline
from autotext.silence import without_warnings

NAIVE = {"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "multinomial_nb"}
RIDGE = {"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "ridge"}
WORDS = (("alpha", "axe", "arrow"), ("bravo", "bee", "bell"), ("candy", "cow", "cup"))
KINDS = ("binary", "names", "multiclass", "multilabel")
SINGLE = KINDS[:3]
N_ROWS = 60


@lru_cache
def data(kind):
    """Texts of which some speak of another class, too; labels 0 and 1, two or three names, or an indicator matrix."""
    rng = np.random.default_rng(3)
    if kind == "multilabel":
        targets = (rng.random((N_ROWS, 3)) < 0.5).astype(int)
        told = np.where(rng.random(targets.shape) < 0.12, 1 - targets, targets)
        texts = [" ".join(WORDS[label][rng.integers(3)] for label in np.flatnonzero(row)) + f" n{number}"
                 for number, row in enumerate(told)]
        return texts, targets
    n_classes = 3 if kind == "multiclass" else 2
    numbers = np.arange(N_ROWS) % n_classes
    texts = [f"{WORDS[number][rng.integers(3)]} {WORDS[rng.integers(n_classes)][rng.integers(3)]} n{row}"
             for row, number in enumerate(numbers)]
    return texts, numbers if kind == "binary" else np.array(["ham", "spam", "eggs"], dtype=object)[numbers]


@lru_cache
def cuts(kind):
    texts, labels = data(kind)
    rows = np.arange(N_ROWS) % 3 if kind == "multilabel" else labels
    return list(StratifiedKFold(3).split(texts, rows))


def fit(kind, rows=None, configuration=NAIVE, labels=None, **parameters):
    texts, own = data(kind)
    rows = np.arange(N_ROWS) if rows is None else rows
    labels = own if labels is None else labels
    return TextPipeline(configuration, **parameters).fit([texts[row] for row in rows], labels[rows])


@lru_cache
def folds(kind, model="multinomial_nb", metric=None):
    """Labels, predictions, probabilities and classes of each fold."""
    texts, labels = data(kind)
    made = []
    for train, test in cuts(kind):
        pipeline = fit(kind, train, {**NAIVE, "model": model}, metric=metric)
        held_out = [texts[row] for row in test]
        made.append((labels[test], pipeline.predict(held_out), pipeline.predict_proba(held_out), pipeline.classes_))
    return made


def out_of_fold(kind, model="multinomial_nb"):
    probabilities = np.zeros((N_ROWS, folds(kind)[0][2].shape[1]))
    for (_, test), (_, _, own, _) in zip(cuts(kind), folds(kind, model), strict=True):
        probabilities[test] = own
    return probabilities


def marks(labels, classes):
    return labels if labels.ndim == 2 else (labels[:, None] == classes).astype(int)


def ratio(over, under):
    return np.divide(over, under, out=np.zeros(np.shape(under)), where=np.asarray(under) > 0)


def counted(average, value):
    """Value of hits, predicted and true counts, averaged over classes."""
    def score(labels, predicted, probabilities, classes):
        true, given = marks(labels, classes), marks(predicted, classes)
        counts = [(true & given).sum(axis=0), given.sum(axis=0), true.sum(axis=0)]
        if average == "micro":
            return value(*(count.sum() for count in counts))
        return np.average(value(*counts), weights=counts[2] if average == "weighted" else None)
    return score


def auc(scores, positive):
    pairs = scores[positive][:, None] - scores[~positive][None, :]
    return np.mean((pairs > 0) + 0.5 * (pairs == 0))


def area_of_precision(scores, positive):
    thresholds = np.unique(scores)[::-1]
    hits = np.array([(scores >= threshold)[positive].sum() for threshold in thresholds])
    given = np.array([(scores >= threshold).sum() for threshold in thresholds])
    return np.sum(np.diff(hits, prepend=0) / positive.sum() * hits / given)


def each_class(value):
    def score(labels, predicted, probabilities, classes):
        true = marks(labels, classes).astype(bool)
        columns = [1] if len(classes) == 2 and labels.ndim == 1 else range(len(classes))
        return np.mean([value(probabilities[:, column], true[:, column]) for column in columns])
    return score


def each_pair(labels, predicted, probabilities, classes):
    pairs = [(one, other) for one in range(len(classes)) for other in range(len(classes)) if one != other]
    return np.mean([auc(probabilities[np.isin(labels, classes[[one, other]]), one],
                        (labels == classes[one])[np.isin(labels, classes[[one, other]])]) for one, other in pairs])


def loss(labels, predicted, probabilities, classes):
    return np.mean(np.log(np.maximum((marks(labels, classes) * probabilities).sum(axis=1), 1e-15)))


def brier(labels, predicted, probabilities, classes):
    return -np.mean(((marks(labels, classes) - probabilities) ** 2).sum(axis=1)) / (2 if len(classes) == 2 else 1)


def beside_shares(value):
    def score(labels, predicted, probabilities, classes):
        shares = np.tile(marks(labels, classes).mean(axis=0), (len(labels), 1))
        return 1 - value(labels, predicted, probabilities, classes) / value(labels, predicted, shares, classes)
    return score


def correlation(labels, predicted, probabilities, classes):
    def spread(one, other):
        return np.sum((one - one.mean(axis=0)) * (other - other.mean(axis=0)))
    true, given = marks(labels, classes), marks(predicted, classes)
    return spread(true, given) / np.sqrt(spread(true, true) * spread(given, given))


def likelihood_ratio(labels, predicted, probabilities, classes):
    given, positive = predicted == classes[1], labels == classes[1]
    return given[positive].mean() / given[~positive].mean() if given[~positive].any() else 1.0


RATIOS = {"f1": lambda hits, given, true: ratio(2 * hits, given + true),
          "precision": lambda hits, given, true: ratio(hits, given),
          "recall": lambda hits, given, true: ratio(hits, true),
          "jaccard": lambda hits, given, true: ratio(hits, given + true - hits)}
BY_HAND = {
    **{f"{name}_{average}": counted(average, value) for name, value in RATIOS.items()
       for average in ("macro", "micro", "weighted")},
    "accuracy": lambda labels, predicted, probabilities, classes: np.mean(
        predicted == labels if labels.ndim == 1 else (predicted == labels).all(axis=1)),
    "balanced_accuracy": counted("macro", RATIOS["recall"]),
    "roc_auc": each_class(auc), "roc_auc_ovr": each_class(auc), "roc_auc_ovo": each_pair,
    "average_precision": each_class(area_of_precision), "neg_log_loss": loss, "neg_brier_score": brier,
    "d2_log_loss_score": beside_shares(loss), "d2_brier_score": beside_shares(brier), "matthews_corrcoef": correlation,
    "positive_likelihood_ratio": likelihood_ratio,
    "top_k_accuracy": lambda labels, predicted, probabilities, classes: np.mean(
        [label in classes[np.argsort(row)[-2:]] for label, row in zip(labels, probabilities, strict=True)]),
}
# scikit-learn asks those who call its names of labels other than 0 and 1 for the positive one.
_NUMBERS_ONLY = {"average_precision", "neg_brier_score", "d2_brier_score"}
_NOT_MULTICLASS = {"roc_auc", "positive_likelihood_ratio"}
_NOT_MULTILABEL = {name for name in BY_HAND
                   if name.startswith(("roc_auc_", "neg_", "d2_", "positive", "top_k", "balanced", "matthews"))}
NAMES = {"binary": set(BY_HAND) - {"top_k_accuracy"}, "names": set(BY_HAND) - _NUMBERS_ONLY - {"top_k_accuracy"},
         "multiclass": set(BY_HAND) - _NOT_MULTICLASS, "multilabel": set(BY_HAND) - _NOT_MULTILABEL}


def by_hand(name, kind, **fitted):
    """Value on each fold."""
    return [float(BY_HAND[name](*fold)) for fold in folds(kind, **fitted)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_scorer_by_name_gives_the_value_by_hand(kind):
    texts, labels = data(kind)
    names = sorted(NAMES[kind])
    scores = cross_validate(TextPipeline(NAIVE), texts, labels, cv=cuts(kind), scoring=names, error_score="raise")
    for name in names:
        expected = by_hand(name, kind)
        assert scores[f"test_{name}"] == pytest.approx(expected, abs=1e-9), name
        assert np.isfinite(expected).all(), name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["accuracy", "f1_macro", "neg_log_loss", "roc_auc", "average_precision"])
def test_the_score_is_that_of_the_scorer_of_the_same_name(kind, name):
    if name not in NAMES[kind]:
        name = "roc_auc_ovr" if kind == "multiclass" else "recall_macro"
    texts, labels = data(kind)
    pipeline = fit(kind, metric=name)
    assert pipeline.score(texts, labels) == check_scoring(pipeline)(pipeline, texts, labels)
    assert pipeline.score(texts, labels) == pytest.approx(get_scorer(name)(pipeline, texts, labels), abs=1e-12)
    scores = cross_val_score(TextPipeline(NAIVE, metric=name), texts, labels, cv=cuts(kind), error_score="raise")
    assert scores == pytest.approx(by_hand(name, kind, metric=name), abs=1e-9)


@pytest.mark.parametrize("form", [list, tuple, np.array, lambda texts: np.array(texts, dtype=object), pd.Series,
                                  lambda texts: pd.DataFrame({"text": texts}), lambda texts: np.array(texts)[:, None]])
@pytest.mark.parametrize("kind", KINDS)
def test_texts_of_every_form_are_predicted_out_of_fold(kind, form):
    texts, labels = data(kind)
    probabilities = cross_val_predict(TextPipeline(NAIVE), form(texts), labels, cv=cuts(kind), method="predict_proba")
    # Where labels are encoded, columns are in the order of the classes.
    np.testing.assert_allclose(probabilities, out_of_fold(kind))
    predicted = cross_val_predict(TextPipeline(NAIVE), form(texts), pd.Series(labels) if labels.ndim == 1 else labels,
                                  cv=cuts(kind))
    for (_, test), (_, expected, _, _) in zip(cuts(kind), folds(kind), strict=True):
        assert (predicted[test] == expected).all()


@pytest.mark.parametrize("kind", KINDS)
def test_curves(kind):
    texts, labels = data(kind)
    expected = by_hand("accuracy", kind)
    sizes, _, scores = learning_curve(TextPipeline(NAIVE), texts, labels, cv=cuts(kind), train_sizes=[0.6, 1.0],
                                      scoring="accuracy", error_score="raise")
    assert sizes.tolist() == [24, 40]
    assert scores[1] == pytest.approx(expected)
    assert np.isfinite(scores).all()
    _, scores = validation_curve(TextPipeline(NAIVE), texts, labels, param_name="configuration", param_range=[NAIVE, RIDGE],
                                 scoring="accuracy", cv=cuts(kind), error_score="raise")
    assert scores[0] == pytest.approx(expected)
    assert scores[1] == pytest.approx(by_hand("accuracy", kind, model="ridge"))
    score, permuted, chance = permutation_test_score(TextPipeline(NAIVE), texts, labels, scoring="accuracy", cv=cuts(kind),
                                                     n_permutations=2, random_state=0)
    assert score == pytest.approx(np.mean(expected))
    assert chance == (1 + np.sum(permuted >= score)) / 3


@pytest.mark.parametrize("kind", KINDS)
def test_searches_of_parameters(kind):
    texts, labels = data(kind)
    means = [np.mean(by_hand("f1_macro", kind, model=model)) for model in ("multinomial_nb", "ridge")]
    grid = {"configuration": [NAIVE, RIDGE], "seed": [0]}
    for search in (GridSearchCV(TextPipeline(NAIVE), grid, cv=cuts(kind), scoring="f1_macro", error_score="raise"),
                   RandomizedSearchCV(TextPipeline(NAIVE), grid, n_iter=2, cv=cuts(kind), scoring="f1_macro", random_state=0,
                                      error_score="raise")):
        found = dict(zip((str(entry["configuration"]["model"]) for entry in search.fit(texts, labels).cv_results_["params"]),
                         search.cv_results_["mean_test_score"], strict=True))
        assert [found["multinomial_nb"], found["ridge"]] == pytest.approx(means)
        assert search.best_score_ == pytest.approx(max(means))
        best = fit(kind, configuration=search.best_params_["configuration"])
        assert (search.predict(texts) == best.predict(texts)).all()
        value = BY_HAND["f1_macro"](labels, best.predict(texts), None, best.classes_)
        assert search.score(texts, labels) == pytest.approx(value)
        assert search.classes_.tolist() == best.classes_.tolist()


@pytest.mark.parametrize("kind", SINGLE)
def test_calibration(kind):
    texts, labels = data(kind)
    pipeline = fit(kind)
    distances, classes = pipeline.decision_function(texts).reshape(N_ROWS, -1), pipeline.classes_
    calibrated = CalibratedClassifierCV(FrozenEstimator(pipeline), method="isotonic", ensemble=False).fit(texts, labels)
    mapped = np.column_stack([IsotonicRegression(out_of_bounds="clip").fit_transform(column, labels == label) for column, label
                              in zip(distances.T, classes[-distances.shape[1]:], strict=True)])
    mapped = np.column_stack([1 - mapped, mapped]) if len(classes) == 2 else mapped / mapped.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(calibrated.predict_proba(texts), mapped, atol=1e-7)
    assert calibrated.classes_.tolist() == classes.tolist()
    folded = CalibratedClassifierCV(TextPipeline(NAIVE), cv=cuts(kind)).fit(texts, labels)
    parts = [part.predict_proba(texts) for part in folded.calibrated_classifiers_]
    np.testing.assert_allclose(folded.predict_proba(texts), np.mean(parts, axis=0))
    assert np.mean(folded.predict(texts) == labels) > 0.7


@pytest.mark.parametrize("kind", ["binary", "names"])
def test_thresholds_and_curves_of_two_classes(kind):
    texts, labels = data(kind)
    pipeline = fit(kind)
    first, second = pipeline.classes_.tolist()
    probabilities = pipeline.predict_proba(texts)
    fixed = FixedThresholdClassifier(FrozenEstimator(pipeline), threshold=0.3, pos_label=first).fit(texts, labels)
    assert fixed.predict(texts).tolist() == [first if row[0] >= 0.3 else second for row in probabilities]
    tuned = TunedThresholdClassifierCV(TextPipeline(NAIVE), cv=cuts(kind), scoring="balanced_accuracy").fit(texts, labels)
    assert tuned.predict(texts).tolist() == [second if row[1] >= tuned.best_threshold_ else first for row in probabilities]
    for label in (first, second):
        scorer = make_scorer(f1_score, pos_label=label)
        hits, given, true = ((pipeline.predict(texts) == label) & (labels == label)).sum(), (
            pipeline.predict(texts) == label).sum(), (labels == label).sum()
        assert scorer(pipeline, texts, labels) == pytest.approx(2 * hits / (given + true))
    false, right, _ = roc_curve(labels, probabilities[:, 1], pos_label=second)
    assert np.trapezoid(right, false) == pytest.approx(auc(probabilities[:, 1], labels == second))
    observed, predicted = calibration_curve(labels, probabilities[:, 1], n_bins=1, pos_label=second)
    assert (observed[0], predicted[0]) == pytest.approx(((labels == second).mean(), probabilities[:, 1].mean()))


@pytest.mark.parametrize("kind", SINGLE)
def test_ensembles(kind):
    texts, labels = data(kind)
    both = [("naive", TextPipeline(NAIVE)), ("ridge", TextPipeline(RIDGE))]
    alone = [fit(kind, configuration=configuration) for configuration in (NAIVE, RIDGE)]
    probabilities = [pipeline.predict_proba(texts) for pipeline in alone]
    soft = VotingClassifier(both, voting="soft").fit(texts, labels)
    np.testing.assert_allclose(soft.predict_proba(texts), np.mean(probabilities, axis=0))
    assert soft.predict(texts).tolist() == alone[0].classes_[np.mean(probabilities, axis=0).argmax(axis=1)].tolist()
    hard = VotingClassifier([both[0], both[1], ("again", TextPipeline(NAIVE))]).fit(texts, labels)
    assert hard.predict(texts).tolist() == alone[0].predict(texts).tolist()
    used = slice(1, None) if len(alone[0].classes_) == 2 else slice(None)
    stacked = StackingClassifier(both, LogisticRegression(), cv=cuts(kind)).fit(texts, labels)
    answers = np.hstack([out_of_fold(kind, model)[:, used] for model in ("multinomial_nb", "ridge")])
    final = LogisticRegression().fit(answers, labels)
    np.testing.assert_allclose(stacked.predict_proba(texts),
                               final.predict_proba(np.hstack([own[:, used] for own in probabilities])), atol=1e-6)
    column = np.array(texts, dtype=object)[:, None]
    bagged = BaggingClassifier(TextPipeline(NAIVE), n_estimators=2, random_state=0).fit(column, labels)
    np.testing.assert_allclose(bagged.predict_proba(column),
                               np.mean([member.predict_proba(texts) for member in bagged.estimators_], axis=0))
    assert np.mean(bagged.predict(column) == labels) > 0.7


@pytest.mark.parametrize("kind", SINGLE)
def test_reductions_to_two_classes(kind):
    texts, labels = data(kind)
    classes = np.unique(labels)
    rest = OneVsRestClassifier(TextPipeline(NAIVE)).fit(texts, labels)
    members = [fit(kind, labels=(labels == label).astype(int)) for label in (classes[1:] if len(classes) == 2 else classes)]
    alone = np.column_stack([member.predict_proba(texts)[:, 1] for member in members])
    expected = np.hstack([1 - alone, alone]) if len(classes) == 2 else alone / alone.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(rest.predict_proba(texts), expected)
    distances = np.column_stack([member.decision_function(texts) for member in members])
    numbers = (distances[:, 0] > 0).astype(int) if len(classes) == 2 else distances.argmax(axis=1)
    assert rest.predict(texts).tolist() == classes[numbers].tolist()
    codes = OutputCodeClassifier(TextPipeline(NAIVE), code_size=3, random_state=0).fit(texts, labels)
    said = np.column_stack([member.decision_function(texts) for member in codes.estimators_])
    nearest = ((said[:, None, :] - codes.code_book_[None]) ** 2).sum(axis=2).argmin(axis=1)
    assert codes.predict(texts).tolist() == classes[nearest].tolist()


@pytest.mark.parametrize("kind", SINGLE)
def test_tables_of_answers(kind):
    texts, labels = data(kind)
    pipeline = make_pipeline(FunctionTransformer(list), TextPipeline(NAIVE)).fit(texts, labels)
    predicted, classes = pipeline.predict(texts), pipeline.classes_
    assert predicted.tolist() == fit(kind).predict(texts).tolist()
    matrix = [[np.sum((labels == true) & (predicted == given)) for given in classes] for true in classes]
    assert confusion_matrix(labels, predicted, labels=classes).tolist() == matrix
    report = classification_report(labels, predicted, output_dict=True)
    assert report["accuracy"] == np.mean(labels == predicted)
    for number, label in enumerate(classes):
        assert report[str(label)]["recall"] == pytest.approx(matrix[number][number] / np.sum(matrix[number]))


def test_matrices_of_labels():
    texts, targets = data("multilabel")
    pipeline = fit("multilabel")
    predicted, probabilities = pipeline.predict(texts), pipeline.predict_proba(texts)
    columns = [fit("multilabel", labels=column) for column in targets.T]
    outputs = MultiOutputClassifier(TextPipeline(NAIVE)).fit(texts, targets)
    assert outputs.predict(texts).tolist() == np.column_stack([column.predict(texts) for column in columns]).tolist()
    np.testing.assert_allclose(np.stack(outputs.predict_proba(texts)), [column.predict_proba(texts) for column in columns])
    rest = OneVsRestClassifier(TextPipeline(NAIVE)).fit(texts, targets)
    alone = np.column_stack([column.predict_proba(texts)[:, 1] for column in columns])
    np.testing.assert_allclose(rest.predict_proba(texts), alone)
    hits = multilabel_confusion_matrix(targets, predicted)[:, 1, 1]
    assert hits.tolist() == (targets & predicted).sum(axis=0).tolist()
    report = classification_report(targets, predicted, output_dict=True, zero_division=0)
    assert report["micro avg"]["recall"] == pytest.approx(hits.sum() / targets.sum())
    some = (targets.sum(axis=1) > 0) & (targets.sum(axis=1) < 3)
    losses = [1 - auc(row, true.astype(bool)) for row, true in zip(probabilities[some], targets[some], strict=True)]
    assert label_ranking_loss(targets[some], probabilities[some]) == pytest.approx(np.mean(losses))
    with without_warnings(UndefinedMetricWarning):
        samples = get_scorer("f1_samples")(pipeline, texts, targets)
    assert samples == pytest.approx(np.mean(ratio(2 * (targets & predicted).sum(axis=1), (targets + predicted).sum(axis=1))))


def test_two_labels_that_do_not_exclude_each_other_are_no_binary_task():
    texts, targets = data("multilabel")
    pipeline = fit("multilabel", labels=targets[:, :2])
    for name in sorted(NAMES["multilabel"]):
        answers = targets[:, :2], pipeline.predict(texts), pipeline.predict_proba(texts), pipeline.classes_
        assert get_scorer(name)(pipeline, texts, targets[:, :2]) == pytest.approx(BY_HAND[name](*answers)), name


@pytest.mark.parametrize("kind", KINDS)
def test_distances_have_the_sign_of_the_prediction_and_the_order_of_the_probabilities(kind):
    texts, _ = data(kind)
    pipeline = fit(kind, metric="f1_macro")
    distances, probabilities = pipeline.decision_function(texts), pipeline.predict_proba(texts)
    if kind in ("binary", "names"):
        assert pipeline.predict(texts).tolist() == pipeline.classes_[(distances > 0).astype(int)].tolist()
        probabilities = probabilities[:, 1]
    elif kind == "multiclass":
        assert pipeline.predict(texts).tolist() == pipeline.classes_[distances.argmax(axis=1)].tolist()
    else:
        assert pipeline.predict(texts).tolist() == (distances > 0).astype(int).tolist()
    axis = 1 if kind == "multiclass" else 0
    assert (np.argsort(distances, axis=axis) == np.argsort(probabilities, axis=axis)).mean() > 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_routed_to_scores(kind):
    texts, labels = data(kind)
    weights = np.arange(N_ROWS) % 4 / 2
    with config_context(enable_metadata_routing=True):
        pipeline = TextPipeline(NAIVE, metric="f1_macro").set_score_request(sample_weight=True)
        scores = cross_validate(pipeline, texts, labels, cv=cuts(kind), params={"sample_weight": weights}, error_score="raise")
    expected = [f1_score(labels[test], predicted, average="macro", sample_weight=weights[test])
                for (_, test), (_, predicted, _, _) in zip(cuts(kind), folds(kind, metric="f1_macro"), strict=True)]
    assert scores["test_score"] == pytest.approx(expected)
    assert expected != pytest.approx(by_hand("f1_macro", kind, metric="f1_macro"))


def test_tags_and_parameters_are_those_of_a_classifier_of_texts():
    pipeline = TextPipeline(NAIVE, seed=3)
    assert is_classifier(pipeline)
    tags = get_tags(pipeline)
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert tags.classifier_tags.multi_class
    assert tags.classifier_tags.multi_label
    assert tags.target_tags.required
    assert clone(pipeline).set_params(seed=4).get_params() == {**pipeline.get_params(), "seed": 4}
