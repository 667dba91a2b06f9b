"""Text in, labels out: the object that a search returns."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.utils import Tags

from autotext.arguments import argument_error, check_integer, check_items, check_number, check_path
from autotext.errors import MetricError, TaskError, shown
from autotext.pipeline.calibration import Decision, fit_temperature, learn_decision
from autotext.pipeline.chain import Chain, check_configuration
from autotext.pipeline.ensemble import Ensemble, average_members
from autotext.randomness import check_seed
from autotext.scoring.metrics import Kind, Metric, metric_name
from autotext.space import Configuration, Scalar
from autotext.task import Labels, Task, encode_labels, is_null, label_array, labels_as, make_folds, read_labels, read_texts

if TYPE_CHECKING:
    from autotext.report import Report
    from autotext.task.columns import Names

_BATCH = 4096
_INNER_FOLDS = 3
_MOST = 2**31 - 1
_FIRST = "first"


class TextPipeline(ClassifierMixin, BaseEstimator):
    """The fitted chain of one configuration: text in, labels out, savable.

    Parameters
    ----------
    configuration : mapping of str to scalar, or a list of them
        One point of a search space; several make an ensemble, whose probabilities are averaged.
    metric : str or None, default=None
        What `score` measures, and what the threshold between labels serves. None: accuracy, for several labels micro-F1.
    seed : int, default=0
    weights : sequence of float or None, default=None
        Of the members of an ensemble. None: all alike.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        Every label, in the type given; text as objects.
    kind_ : {"binary", "multiclass", "multilabel"}
    columns_, label_columns_ : tuple of str
        Names of the text columns and label columns; empty if there were none.
    indicators_ : bool
        Whether the labels came as an indicator matrix.
    report : Report or None
        What the search that found it tried, spent and found.

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

    @classmethod
    def assemble(cls, configuration: Configuration | Sequence[Configuration], chain: Chain | Ensemble, decision: Decision,
                 task: Task, metric: Metric, seed: int) -> TextPipeline:
        """Pipeline around a chain, or a blend of chains, that is already fitted."""
        pipeline = cls(configuration, metric.name, seed, chain.weights if isinstance(chain, Ensemble) else None)
        pipeline._take(chain, decision, task)
        return pipeline

    def _take(self, chain: Chain | Ensemble, decision: Decision, task: Task) -> None:
        """Answer with a fitted chain, in the terms of a task."""
        self.chain_, self.decision_, self.classes_ = chain, decision, label_array(task.classes)
        self.columns_, self.label_columns_, self.indicators_ = task.columns, task.label_columns, task.indicators

    @property
    def kind_(self) -> Kind:
        """What kind of task it was fitted on."""
        return self.decision_.kind

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
        self._check_parameters()
        task = Task.read(texts, labels)
        metric = Metric.named(self.metric, task.kind)
        folds = make_folds(task.texts, task.targets, min(_INNER_FOLDS, len(set(task.texts))), self.seed)
        chains, margins = [], []
        for configuration in self.members:
            margins.append(np.zeros((len(task), len(task.classes))))
            for fold in folds:
                inside = task.rows(np.setdiff1d(np.arange(len(task)), fold))
                chain = Chain(configuration).fit(inside.texts, inside.targets, len(task.classes), self.seed)
                margins[-1][fold] = chain.margins([task.texts[row] for row in fold])
            chains.append(Chain(configuration).fit(task.texts, task.targets, len(task.classes), self.seed))
        fitted: Chain | Ensemble = chains[0]
        answers = margins[0]
        if len(chains) > 1:
            temperatures = [fit_temperature(own, task.targets, task.kind) for own in margins]
            fitted = Ensemble(chains, self._shares, temperatures, task.kind)
            answers = average_members(margins, self._shares, temperatures, task.kind)
        self._take(fitted, learn_decision(answers, task.targets, metric), task)
        return self

    def _check_parameters(self) -> None:
        """Refuse parameters that cannot be used; scikit-learn's ``clone`` wants them unchanged until `fit`."""
        members = ([self.configuration] if isinstance(self.configuration, Mapping) else
                   check_items(self.configuration, "configuration", (Mapping,), "a mapping of names to values"))
        if not members:
            raise argument_error("configuration", "a mapping of names to values, or a list of at least one", self.configuration)
        for member in members:
            check_configuration(member)
        check_seed(self.seed)
        if self.metric is not None:
            metric_name(self.metric)
        if self.weights is not None:
            weights = check_items(self.weights, "weights", (Real,), "None")
            if len(weights) != len(members):
                raise argument_error("weights", f"None or {len(members)} numbers, one for each configuration", self.weights)
            for weight in weights:
                check_number(weight, "weights", 1e9)

    @property
    def members(self) -> list[Configuration]:
        """The configurations that answer together; one, unless it is an ensemble."""
        given = self.configuration
        return [Configuration(given)] if isinstance(given, Mapping) else [Configuration(member) for member in given]

    @property
    def _shares(self) -> list[float]:
        weights = np.ones(len(self.members)) if self.weights is None else np.asarray(self.weights, dtype=np.float64)
        return [float(weight) for weight in weights / weights.sum()]

    def predict(self, texts: Any) -> NDArray[Any]:
        """Labels in the form given: one for each text, a list for each text, or an indicator matrix.

        Parameters
        ----------
        texts : sequence of str, table, file name, or list of mappings
            Where the pipeline was trained on columns, these are taken by their names.

        Returns
        -------
        array of shape (n_texts,) or (n_texts, n_classes)
            Labels; lists of labels, as objects; or 0 and 1, if training labels came as an indicator matrix.
        """
        margins = self._margins(self._read(texts))
        return self._labels(self.decision_.predictions(margins))

    def predict_proba(self, texts: Any) -> NDArray[np.float64]:
        """Probabilities of shape (n_texts, n_classes), columns as in `classes_`."""
        margins = self._margins(self._read(texts))
        return self.decision_.probabilities(margins)

    def decision_function(self, texts: Any) -> NDArray[np.float64]:
        """Distances from the decision, of shape (n_texts,) for two classes, else (n_texts, n_classes).

        Above 0 the second of two classes, or a label, is predicted; of more classes the one of the largest log-probability.
        """
        return self.decision_.distances(self._margins(self._read(texts)))

    def read_task(self, data: Any, *, text: Names = None, label: Names = None, separator: str | None = None,
                  encoding: str | None = None) -> Task:
        """Labelled rows in the terms of the pipeline: its columns, and its classes also where labels have another type.

        Parameters
        ----------
        data : as in `Task.read`
        text, label : str, int or sequence of them, optional
            Columns, if they are called otherwise than in training.
        separator, encoding : str, optional
            As in `Task.read`.

        Raises
        ------
        TaskError
            The rows cannot be read, or have labels of another kind.
        """
        self._check_fitted()
        names = (str(text),) if isinstance(text, str | int) else tuple(map(str, text or self.columns_))
        trained = Task((), (), tuple(self.classes_.tolist()), self.kind_, names, label_columns=self.label_columns_,
                       indicators=self.indicators_)
        # Like test rows, they may lack classes and write numbers as text.
        return cast(Task, trained.with_test(data, label=label, separator=separator, encoding=encoding).test)

    def score(self, texts: Any, labels: Any = None, sample_weight: Sequence[float] | None = None) -> float:
        """Value of the pipeline's metric on texts and their labels; greater is better.

        Parameters
        ----------
        texts : as in `predict`
        labels : as in `fit`, optional
            Without them, `texts` is labelled rows, of which the columns of training are taken. Also of another type, where
            they read the same: ``"1"`` for 1. What `Metric` says holds for labels that training lacks; a warning counts them.
        sample_weight : sequence of float, n_texts, optional
            How much each text counts.

        Raises
        ------
        TaskError
            Texts, labels and weights differ in number, a label is missing, or none of the labels is a class.
        MetricError
            The metric is not defined on these rows, or takes no weights.
        """
        if labels is None:
            task = self.read_task(texts)
            texts, targets = list(task.texts), self._encode(Labels(list(task.labels)))
        else:
            texts, targets = self._read(texts), self.encode(labels)
        if len(texts) != len(targets):
            raise TaskError(f"There are {len(texts):,} texts and {len(targets):,} labels; each text needs one.")
        return self._score(texts, targets, _checked_weights(sample_weight, len(texts)))

    def _score(self, texts: Sequence[str], targets: NDArray[Any], weights: NDArray[np.float64] | None = None) -> float:
        weighed = targets if weights is None else targets[weights > 0]
        reason = self._metric.undefined(weighed, self.classes_.tolist())
        if reason:
            raise MetricError(reason)
        unseen = self._metric.unseen(weighed, len(self.classes_))
        if unseen:
            warnings.warn(unseen, UndefinedMetricWarning, stacklevel=3)
        return self._metric.score(targets, *self.decided(texts), weights)

    def decided(self, texts: Sequence[str]) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Predictions as class numbers, or as 0/1 indicators, and probabilities, of one string for each row."""
        margins = self._margins(texts)
        return self.decision_.predictions(margins), self.decision_.probabilities(margins)

    def encode(self, labels: Any) -> NDArray[Any]:
        """Labels in any form as class numbers, or as 0/1 indicators.

        A label that is no class gives -1, or a mark in one more column, which is there only then.

        Raises
        ------
        TaskError
            A label is missing, or none of them is a class.
        """
        self._check_fitted()
        read = read_labels(labels, "The labels")
        missing = next((row for row, label in enumerate(read.values) if is_null(label)), None)
        if missing is not None:
            raise TaskError(f"The label of row {missing + 1} is missing: leave out the rows without a label.")
        return self._encode(read)

    def _encode(self, labels: Labels) -> NDArray[Any]:
        classes = self.classes_.tolist()
        return encode_labels(labels_as(labels, classes, self.kind_, "The labels"), classes, self.kind_)

    def score_task(self, task: Task) -> float:
        """Value of the pipeline's metric on a task with the same labels."""
        self._check_fitted()
        return self._score(task.texts, self._encode(Labels(list(task.labels))))

    def __call__(self, inputs: Any, top_k: int | str | None = _FIRST, batch_size: int | None = None) -> list[Any]:
        """Labels and probabilities, by the protocol of transformers' text-classification pipeline.

        Parameters
        ----------
        inputs : str, dict, or list of them
        top_k : int or None, optional
            So many labels per text, best first; None: all. Without it a single one, not in a list of its own.
        batch_size : int, optional
            Texts at a time.

        Returns
        -------
        list
            ``[{"label": ..., "score": ...}]`` for one text; for a list of texts an entry each, which is a list
            if `top_k` was given.
        """
        if top_k is not None and not (isinstance(top_k, str) and top_k == _FIRST):
            top_k = check_integer(top_k, "top_k", 1, _MOST, ", or None for all labels")
        batch = _BATCH if batch_size is None else check_integer(batch_size, "batch_size", 1, _MOST, ", or None")
        single = isinstance(inputs, str | dict)
        texts = [inputs] if single else inputs
        margins = self._margins(self._read(texts), batch)
        probabilities = self.decision_.probabilities(margins)
        classes = self.classes_.tolist()

        def name(row: NDArray[np.float64], column: Any) -> dict[str, Any]:
            return {"label": classes[column], "score": float(row[column])}

        if top_k == _FIRST:
            first = (probabilities.argmax(axis=1) if self.kind_ == "multilabel" else self.decision_.predictions(margins))
            return [name(row, column) for row, column in zip(probabilities, first, strict=True)]
        limit = len(classes) if top_k is None else int(top_k)
        ranked = [[name(row, column) for column in np.argsort(-row, kind="stable")[:limit]] for row in probabilities]
        return ranked[0] if single else ranked

    def save(self, folder: str | Path) -> Path:
        """Write the pipeline to a folder that `load_pipeline` reads; no pickle.

        Whenever it ends, by a kill or a full disk too, a whole pipeline stands there, the older one or this one.

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
        from autotext.pipeline.artifact import save

        self._check_fitted()
        return save(self, check_path(folder, "folder"))

    def save_transformers(self, folder: str | Path) -> Path:
        """Write a fine-tuned pipeline as transformers' ``AutoModelForSequenceClassification`` and its tokenizer.

        ``transformers.pipeline("text-classification", folder)`` then answers with the same probabilities.

        Raises
        ------
        ArtifactError
            The pipeline is no single fine-tuned network with a linear model, or the folder cannot be written.
        """
        from autotext.pipeline.as_transformers import save_transformers

        self._check_fitted()
        return save_transformers(self, check_path(folder, "folder"))

    def as_transformers(self) -> Any:
        """Wrap the pipeline, whatever it consists of, as a ``transformers.TextClassificationPipeline``.

        Code that was written for one accepts it. Labels are strings there, and the likeliest is the answer: the threshold that
        `predict` uses for some metrics has no place in that protocol.
        """
        from autotext.pipeline.as_transformers import as_transformers

        self._check_fitted()
        return as_transformers(self)

    def _read(self, texts: Any) -> list[str]:
        self._check_fitted()
        return read_texts(texts, self.columns_)

    def _margins(self, texts: Sequence[str], batch: int = _BATCH) -> NDArray[np.float64]:
        self._check_fitted()
        parts = [self.chain_.margins(texts[start : start + batch]) for start in range(0, len(texts), batch)]
        return np.vstack(parts) if parts else np.zeros((0, len(self.classes_)))

    def _labels(self, predictions: NDArray[Any]) -> NDArray[Any]:
        if self.indicators_:
            return predictions.astype(np.int64)
        if self.kind_ != "multilabel":
            return self.classes_[predictions]
        labels = np.empty(len(predictions), dtype=object)
        for row, marks in enumerate(predictions):
            labels[row] = self.classes_[marks.astype(bool)].tolist()
        return labels

    @property
    def _metric(self) -> Metric:
        return Metric.named(self.metric, self.kind_)

    def _check_fitted(self) -> None:
        if not hasattr(self, "chain_"):
            raise NotFittedError("This TextPipeline is not fitted yet: call fit, or let optimize_pipeline make one.")

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "chain_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, True, False
        tags.classifier_tags.multi_label = True
        return tags


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
