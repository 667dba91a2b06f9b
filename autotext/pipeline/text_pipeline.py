"""The scikit-learn classifier that a search returns: text in, labels out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import Tags

from autotext.arguments import argument_error, check_integer, check_items, check_number, check_path
from autotext.errors import ArgumentError, TaskError, shown, suggestion
from autotext.pipeline.artifact import load, save
from autotext.pipeline.as_transformers import as_transformers, save_transformers
from autotext.pipeline.chain import check_configuration
from autotext.pipeline.ensemble import Ensemble
from autotext.pipeline.explanation import Explanation, explain_by_occlusion
from autotext.pipeline.fitted import BATCH, FittedPipeline
from autotext.pipeline.notebook import show_pipeline
from autotext.randomness import check_seed
from autotext.scoring.coverage import confidences, least_confidence
from autotext.scoring.metrics import Kind, metric_name
from autotext.space import Configuration, Scalar
from autotext.task import Task

if TYPE_CHECKING:
    from autotext.report import Report

_MOST = 2**31 - 1
_FIRST = "first"


class TextPipeline(ClassifierMixin, BaseEstimator):
    """Text classifier with the scikit-learn interface, made of the components that a configuration names; it can be saved.

    Parameters
    ----------
    configuration : mapping of str to scalar, or a list of them
        Components and their parameters by dotted name. Several configurations make an ensemble, which averages probabilities.
    metric : str or None, default=None
        What `score` measures, and what the decision threshold is chosen for. None: accuracy, for several labels micro-F1.
    seed : int, default=0
        Seeds everything random in `fit`.
    weights : sequence of float or None, default=None
        Weights of the members of an ensemble. None: all alike.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        Every label, in the type given; text as objects.
    kind_ : {"binary", "multiclass", "multilabel"}
    columns_, label_columns_ : tuple of str
        Names of the text columns and label columns; empty if there were none.
    indicators_ : bool
        Whether the labels came as an indicator matrix.
    fitted_ : FittedPipeline
        The fitted components, with the decision and classes that belong to them.
    report : Report or None
        The record of the search that chose the configuration; None if there was none.

    Examples
    --------
    >>> pipeline = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "linear_svm"})
    >>> pipeline = pipeline.fit(["so good", "very good", "so bad", "very bad"] * 3, ["+", "+", "-", "-"] * 3)
    >>> pipeline.predict(["good", "bad"])
    array(['+', '-'], dtype=object)
    >>> pipeline("good")[0]["label"]
    '+'
    """

    def __init__(self, configuration: Mapping[str, Scalar] | Sequence[Mapping[str, Scalar]], metric: str | None = None,
                 seed: int = 0, weights: Sequence[float] | None = None) -> None:
        self.configuration = configuration
        self.metric = metric
        self.seed = seed
        self.weights = weights

    report: Report | None = None
    # What scikit-learn gives to notebooks, where it is set to show more than text.
    _html_repr = show_pipeline
    fitted_: FittedPipeline
    classes_: NDArray[Any]
    kind_: Kind
    columns_: tuple[str, ...]
    label_columns_: tuple[str, ...]
    indicators_: bool

    @classmethod
    def from_fitted(cls, fitted: FittedPipeline, report: Report | None = None) -> TextPipeline:
        """Make a classifier of a pipeline that is already fitted."""
        ensemble = isinstance(fitted.chain, Ensemble)
        pipeline = cls(list(fitted.members) if ensemble else fitted.members[0], fitted.metric, fitted.seed,
                       fitted.chain.weights if isinstance(fitted.chain, Ensemble) else None)
        pipeline.report = report
        return _hold(pipeline, fitted)

    def fit(self, texts: Any, labels: Any) -> TextPipeline:
        """Fit on texts and labels; the temperature and threshold come from three inner folds.

        Parameters
        ----------
        texts : sequence of str, or table of text columns
        labels : sequence, array or DataFrame
            One label per text, one list of labels per text, or an indicator matrix of shape (n_texts, n_classes).

        Returns
        -------
        TextPipeline
            Itself.

        Raises
        ------
        TaskError
            Texts and labels do not make a task.
        """
        _check_parameters(self)
        task = Task.read(texts, labels)
        return _hold(self, FittedPipeline.fit(self.members, task, self.metric, self.seed, _shares(self)))

    @property
    def members(self) -> list[Configuration]:
        """The configurations that answer together; one, unless it is an ensemble."""
        members = self.configuration
        return [Configuration(members)] if isinstance(members, Mapping) else [Configuration(member) for member in members]

    def predict(self, texts: Any, min_score: float | None = None, max_error: float | None = None) -> NDArray[Any]:
        """Predict labels in the form of the training labels: one for each text, a list for each, or an indicator matrix.

        Parameters
        ----------
        texts : sequence of str, table, file name, or list of mappings
            Where the pipeline was trained on columns, these are taken by their names.
        min_score : float, optional
            Texts whose prediction is less probable get None; with several labels, those of which any label is less sure.
        max_error : float, optional
            Instead, as many texts get None as must so that no larger share of the answers was wrong out of fold.

        Returns
        -------
        array of shape (n_texts,) or (n_texts, n_classes)
            Labels; lists of labels, as objects; or 0 and 1, if training labels came as an indicator matrix.

        Raises
        ------
        ArgumentError
            An argument is out of range; so few errors are impossible; or the pipeline has no report to tell errors from.
        """
        fitted, least = _fitted(self), least_score(self, min_score, max_error)
        margins = fitted.margins(fitted.read(texts))
        predictions = fitted.decision.predictions(margins)
        labels = fitted.to_labels(predictions)
        if least is None:
            return labels
        if fitted.indicators:
            raise ArgumentError("min_score and max_error leave texts without an answer, for which an indicator matrix has no "
                                "place: use predict_proba, or fit on lists of labels.")
        labels = labels.astype(object)
        labels[confidences(predictions, fitted.decision.probabilities(margins)) < least] = None
        return labels

    def explain(self, text: str, label: Any = None) -> Explanation:
        """Find the words of a text that speak for a label, and those that speak against it.

        Each word, or sign, is left out in turn; its weight is the fall of the logit of the label's probability. So of two words
        that say the same, both may weigh little, and weights need not add up. Long texts are divided into 100 parts.

        Parameters
        ----------
        text : str
        label : object, optional
            One of `classes_`. None: the one that is predicted; with several labels, the likeliest.

        Returns
        -------
        Explanation
            It prints as text, and shows as HTML in notebooks.

        Raises
        ------
        ArgumentError
            The text is no string, or there is no such label.

        Examples
        --------
        >>> pipeline = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "logistic"})
        >>> pipeline = pipeline.fit(["so good", "very good", "so bad", "very bad"] * 3, ["+", "+", "-", "-"] * 3)
        >>> pipeline.explain("so good").top(1)[0].text
        'good'
        """
        fitted = _fitted(self)
        if not isinstance(text, str):
            raise argument_error("text", "a single text", text)
        classes = fitted.class_array.tolist()
        if label is not None and (isinstance(label, list | np.ndarray) or label not in classes):
            names = list(map(str, classes))
            hint = f" Labels are of type {type(classes[0]).__name__}." if str(label) in names else suggestion(label, names)
            raise ArgumentError(f"There is no label {shown(label)}.{hint}")

        def probabilities(texts: list[str]) -> NDArray[np.float64]:
            return fitted.decision.probabilities(fitted.margins(texts))

        if label is not None:
            column = classes.index(label)
        elif fitted.kind == "multilabel":
            column = int(probabilities([text])[0].argmax())
        else:
            column = int(fitted.decision.predictions(fitted.margins([text]))[0])
        return explain_by_occlusion(text, column, classes[column], probabilities)

    def predict_proba(self, texts: Any) -> NDArray[np.float64]:
        """Probabilities of shape (n_texts, n_classes), columns as in `classes_`."""
        fitted = _fitted(self)
        return fitted.decision.probabilities(fitted.margins(fitted.read(texts)))

    def decision_function(self, texts: Any) -> NDArray[np.float64]:
        """Distances from the decision, of shape (n_texts,) for two classes, else (n_texts, n_classes).

        Above 0 the second of two classes, or a label, is predicted; of more classes, the one with the largest value.
        """
        fitted = _fitted(self)
        return fitted.decision.distances(fitted.margins(fitted.read(texts)))

    def score(self, texts: Any, labels: Any = None, sample_weight: Sequence[float] | None = None) -> float:
        """Value of the pipeline's metric on texts and their labels; greater is better.

        Parameters
        ----------
        texts : as in `predict`
        labels : as in `fit`, optional
            Without them, `texts` is a table with the text and label columns of training. Labels may have another type where
            they read the same: ``"1"`` for 1. `Metric` says how labels count that training lacks; a warning counts them.
        sample_weight : sequence of float, n_texts, optional
            How much each text counts.

        Raises
        ------
        TaskError
            Texts, labels and weights differ in number, a label is missing, or none of the labels is a class.
        MetricError
            The metric is not defined on these rows, or takes no weights.
        """
        fitted = _fitted(self)
        if labels is None:
            task = fitted.read_task(texts)
            texts, targets = list(task.texts), fitted.encode_task(task)
        else:
            texts, targets = fitted.read(texts), fitted.encode(labels)
        if len(texts) != len(targets):
            raise TaskError(f"There are {len(texts):,} texts and {len(targets):,} labels; each text needs one.")
        return fitted.score(texts, targets, _checked_weights(sample_weight, len(texts)))

    def __call__(self, inputs: Any, top_k: int | str | None = _FIRST, batch_size: int | None = None) -> list[Any]:
        """Labels and probabilities, by the protocol of transformers' text-classification pipeline.

        Parameters
        ----------
        inputs : str, dict, or list of them
        top_k : int or None, optional
            Number of labels per text, best first; None: all. Without it, a single label, not in a list.
        batch_size : int, optional
            How many texts are predicted at once.

        Returns
        -------
        list
            ``[{"label": ..., "score": ...}]`` for one text; for a list of texts an entry each, which is a list
            if `top_k` was given.
        """
        if top_k is not None and not (isinstance(top_k, str) and top_k == _FIRST):
            top_k = check_integer(top_k, "top_k", 1, _MOST, ", or None for all labels")
        batch = BATCH if batch_size is None else check_integer(batch_size, "batch_size", 1, _MOST, ", or None")
        single = isinstance(inputs, str | dict)
        texts = [inputs] if single else inputs
        fitted = _fitted(self)
        margins = fitted.margins(fitted.read(texts), batch)
        probabilities = fitted.decision.probabilities(margins)
        classes = fitted.classes

        def name(row: NDArray[np.float64], column: Any) -> dict[str, Any]:
            return {"label": classes[column], "score": float(row[column])}

        if top_k == _FIRST:
            first = (probabilities.argmax(axis=1) if fitted.kind == "multilabel" else fitted.decision.predictions(margins))
            return [name(row, column) for row, column in zip(probabilities, first, strict=True)]
        limit = len(classes) if top_k is None else int(top_k)
        ranked = [[name(row, column) for column in np.argsort(-row, kind="stable")[:limit]] for row in probabilities]
        return ranked[0] if single else ranked

    def save(self, folder: str | Path) -> Path:
        """Write the pipeline to a folder that `load_pipeline` reads, without pickle.

        A save that is killed, or fills the disk, leaves a whole pipeline there: the older one or this one.

        Parameters
        ----------
        folder : str or Path
            New in a folder that exists, or empty, or with a pipeline, which is replaced, and nothing else.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        ArtifactError
            The folder cannot be written, or holds something else.
        """
        return save(_fitted(self), self.report, check_path(folder, "folder"))

    def save_transformers(self, folder: str | Path) -> Path:
        """Write a fine-tuned pipeline as transformers' ``AutoModelForSequenceClassification`` and its tokenizer.

        ``transformers.pipeline("text-classification", folder)`` then answers with the same probabilities.

        Raises
        ------
        ArtifactError
            The pipeline is no single fine-tuned network with a linear model, or the folder cannot be written.
        """
        return save_transformers(_fitted(self), check_path(folder, "folder"))

    def as_transformers(self) -> Any:
        """Wrap the pipeline, whatever it consists of, as a ``transformers.TextClassificationPipeline``.

        Code that was written for such a pipeline accepts it. Labels become strings, and the likeliest one is the answer: that
        interface has no place for the decision threshold that `predict` uses for some metrics.
        """
        return as_transformers(_fitted(self))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "fitted_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, True, False
        tags.classifier_tags.multi_label = True
        return tags


def least_score(pipeline: TextPipeline, min_score: float | None = None, max_error: float | None = None) -> float | None:
    """The score that a text needs to be answered by a pipeline; None if all are answered.

    Parameters
    ----------
    pipeline : TextPipeline
    min_score, max_error : float, optional
        As in `TextPipeline.predict`.

    Raises
    ------
    ArgumentError
        Both are given, or one is out of range; or the errors of the pipeline are not known, or larger however few are answered.
    """
    if min_score is not None and max_error is not None:
        raise ArgumentError("min_score and max_error: give one of them.")
    if max_error is None:
        return None if min_score is None else check_number(min_score, "min_score", 1.0, zero=True)
    most = check_number(max_error, "max_error", 1.0, zero=True)
    if pipeline.report is None or not pipeline.report.coverage:
        raise ArgumentError("max_error: nothing is known of the errors of this pipeline, as no search has judged it; use "
                            "min_score.")
    return least_confidence(pipeline.report.coverage, most)


def load_pipeline(folder: str | Path) -> TextPipeline:
    """Read a pipeline from a folder that `TextPipeline.save` wrote; no code in it is run.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    TextPipeline
        A warning says so if its probabilities for the stored reference texts have moved since it was saved.

    Raises
    ------
    ArtifactError
        The folder is missing, incomplete, damaged, or of a format that this version cannot read.

    Examples
    --------
    >>> import tempfile
    >>> pipeline = TextPipeline({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "linear_svm"})
    >>> pipeline = pipeline.fit(["so good", "very good", "so bad", "very bad"] * 3, ["+", "+", "-", "-"] * 3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     loaded = load_pipeline(pipeline.save(folder))
    >>> loaded.predict(["good", "bad"])
    array(['+', '-'], dtype=object)
    """
    return TextPipeline.from_fitted(*load(check_path(folder, "folder")))


def _hold(pipeline: TextPipeline, fitted: FittedPipeline) -> TextPipeline:
    """Store a fitted pipeline, and its attributes for scikit-learn, in a classifier."""
    pipeline.fitted_, pipeline.classes_, pipeline.kind_ = fitted, fitted.class_array, fitted.kind
    pipeline.columns_, pipeline.label_columns_ = fitted.columns, fitted.label_columns
    pipeline.indicators_ = fitted.indicators
    return pipeline


def _fitted(pipeline: TextPipeline) -> FittedPipeline:
    if not hasattr(pipeline, "fitted_"):
        raise NotFittedError("This TextPipeline is not fitted yet: call fit, or let optimize_pipeline make one.")
    return pipeline.fitted_


def _shares(pipeline: TextPipeline) -> list[float]:
    """Weights of the members, which sum to 1."""
    weights: Any = np.ones(len(pipeline.members)) if pipeline.weights is None else pipeline.weights
    weights = np.atleast_1d(np.asarray(weights, dtype=np.float64))
    return [float(weight) for weight in weights / weights.sum()]


def _check_parameters(pipeline: TextPipeline) -> None:
    """Refuse parameters that cannot be used; scikit-learn's ``clone`` requires that they stay unchanged until `fit`."""
    configuration, weights = pipeline.configuration, pipeline.weights
    members = ([configuration] if isinstance(configuration, Mapping) else
               check_items(configuration, "configuration", (Mapping,), "a mapping of names to values"))
    if not members:
        raise argument_error("configuration", "a mapping of names to values, or a list of at least one", configuration)
    for member in members:
        check_configuration(member)
    check_seed(pipeline.seed)
    if pipeline.metric is not None:
        metric_name(pipeline.metric)
    if weights is not None:
        checked = check_items(weights, "weights", (Real,), "None")
        if len(checked) != len(members):
            raise argument_error("weights", f"None or {len(members)} numbers, one for each configuration", weights)
        for weight in checked:
            check_number(weight, "weights", 1e9)


def _checked_weights(weights: Sequence[float] | None, n_texts: int) -> NDArray[np.float64] | None:
    if weights is None:
        return None
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.full(1, np.nan)
    if values.shape != (n_texts,) or not np.isfinite(values).all() or (values < 0).any() or not values.any():
        raise TaskError(f"sample_weight must hold one number of at least 0 for each of the {n_texts:,} texts, and one above 0, "
                        f"not {shown(weights)}.")
    return values
