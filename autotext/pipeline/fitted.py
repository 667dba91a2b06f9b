"""The fitted part of a pipeline, which turns texts into labels and labels into numbers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import UndefinedMetricWarning

from autotext.errors import MetricError, TaskError
from autotext.pipeline.calibration import Decision, fit_temperature, learn_decision
from autotext.pipeline.chain import Chain
from autotext.pipeline.ensemble import Ensemble, average_members
from autotext.scoring.metrics import Kind, Metric
from autotext.space import Configuration
from autotext.task import (
    Label,
    Labels,
    Task,
    encode_labels,
    is_null,
    label_array,
    labels_as,
    make_folds,
    read_labels,
    read_texts,
)

if TYPE_CHECKING:
    from autotext.task.columns import Names

BATCH = 4096
"""How many texts are predicted at once."""
_INNER_FOLDS = 3


@dataclass(frozen=True, eq=False)
class FittedPipeline:
    """A fitted chain or ensemble, with its decision, its classes and the names of its columns.

    `TextPipeline` is the scikit-learn classifier around it; saving, exporting and transferring need only this part.

    Parameters
    ----------
    members : tuple of Configuration
        What was fitted: one configuration, or those of an ensemble.
    chain : Chain or Ensemble
    decision : Decision
        How margins become probabilities and predictions.
    classes : tuple of str, int, float or bool
        Every label, in the order of the columns of margins.
    metric : str or None
        What `score` measures; None: the default of the kind of task.
    seed : int
    columns, label_columns : tuple of str, default=()
        Names of the text and label columns of the training rows; empty if there were none.
    indicators : bool, default=False
        Whether labels came, and are predicted, as an indicator matrix.

    Examples
    --------
    >>> task = Task.read(["so good", "very good", "so bad", "very bad"] * 3, ["+", "+", "-", "-"] * 3)
    >>> configuration = Configuration({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "logistic"})
    >>> fitted = FittedPipeline.fit([configuration], task, metric=None, seed=0, weights=[1.0])
    >>> predictions, probabilities = fitted.decide(fitted.read(["good"]))
    >>> fitted.to_labels(predictions).tolist(), probabilities.shape
    (['+'], (1, 2))
    >>> fitted.score_task(fitted.read_task((["so very good"], ["+"])))
    1.0
    """

    members: tuple[Configuration, ...]
    chain: Chain | Ensemble
    decision: Decision
    classes: tuple[Label, ...]
    metric: str | None
    seed: int
    columns: tuple[str, ...] = ()
    label_columns: tuple[str, ...] = ()
    indicators: bool = False

    @classmethod
    def fit(cls, members: Sequence[Configuration], task: Task, metric: str | None, seed: int,
            weights: Sequence[float]) -> FittedPipeline:
        """Fit each configuration on all rows of a task; the decision is learned from three inner folds.

        Parameters
        ----------
        members : sequence of Configuration
        task : Task
        metric : str or None
        seed : int
        weights : sequence of float
            Weights of the members, which sum to 1.
        """
        folds = make_folds(task.texts, task.targets, min(_INNER_FOLDS, len(set(task.texts))), seed)
        chains, margins = [], []
        for configuration in members:
            margins.append(np.zeros((len(task), len(task.classes))))
            for fold in folds:
                inside = task.rows(np.setdiff1d(np.arange(len(task)), fold))
                chain = Chain(configuration).fit(inside.texts, inside.targets, len(task.classes), seed)
                margins[-1][fold] = chain.margins([task.texts[row] for row in fold])
            chains.append(Chain(configuration).fit(task.texts, task.targets, len(task.classes), seed))
        fitted: Chain | Ensemble = chains[0]
        answers = margins[0]
        if len(chains) > 1:
            temperatures = [fit_temperature(member, task.targets, task.kind) for member in margins]
            fitted = Ensemble(chains, weights, temperatures, task.kind)
            answers = average_members(margins, weights, temperatures, task.kind)
        decision = learn_decision(answers, task.targets, Metric.named(metric, task.kind))
        return cls.from_task(members, fitted, decision, task, metric, seed)

    @classmethod
    def from_task(cls, members: Sequence[Configuration], chain: Chain | Ensemble, decision: Decision, task: Task,
                  metric: str | None, seed: int) -> FittedPipeline:
        """Make a pipeline of a chain that is already fitted, with the classes and columns of a task."""
        return cls(tuple(members), chain, decision, task.classes, metric, seed, task.columns, task.label_columns,
                   task.indicators)

    @property
    def kind(self) -> Kind:
        """Kind of the task that it was fitted on."""
        return self.decision.kind

    @cached_property
    def class_array(self) -> NDArray[Any]:
        """The classes as an array of shape (n_classes,), whose type is object where they are text."""
        return label_array(self.classes)

    def read(self, texts: Any) -> list[str]:
        """Read texts, or the text columns of a table, as one string for each row."""
        return read_texts(texts, self.columns)

    def margins(self, texts: Sequence[str], batch: int = BATCH) -> NDArray[np.float64]:
        """Margins of texts, of shape (n_texts, n_classes), computed in batches."""
        parts = [self.chain.margins(texts[start : start + batch]) for start in range(0, len(texts), batch)]
        return np.vstack(parts) if parts else np.zeros((0, len(self.classes)))

    def decide(self, texts: Sequence[str]) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Predictions as class numbers, or as 0/1 indicators, and probabilities of shape (n_texts, n_classes)."""
        margins = self.margins(texts)
        return self.decision.predictions(margins), self.decision.probabilities(margins)

    def to_labels(self, predictions: NDArray[Any]) -> NDArray[Any]:
        """Predictions in the form in which the training labels came."""
        if self.indicators:
            return predictions.astype(np.int64)
        if self.kind != "multilabel":
            return self.class_array[predictions]
        labels = np.empty(len(predictions), dtype=object)
        for row, indicators in enumerate(predictions):
            labels[row] = self.class_array[indicators.astype(bool)].tolist()
        return labels

    def encode(self, labels: Any) -> NDArray[Any]:
        """Encode labels of any form as class numbers, or as 0/1 indicators.

        A label that is no class becomes -1, or an indicator in one more column, which exists only in this case.

        Raises
        ------
        TaskError
            A label is missing, or none of them is a class.
        """
        read = read_labels(labels, "The labels")
        missing = next((row for row, label in enumerate(read.values) if is_null(label)), None)
        if missing is not None:
            raise TaskError(f"The label of row {missing + 1} is missing: leave out the rows without a label.")
        return self._encode(read)

    def encode_task(self, task: Task) -> NDArray[Any]:
        """The labels of a task as `encode` gives them."""
        return self._encode(Labels(list(task.labels)))

    def _encode(self, labels: Labels) -> NDArray[Any]:
        classes = list(self.classes)
        return encode_labels(labels_as(labels, classes, self.kind, "The labels"), classes, self.kind)

    def read_task(self, data: Any, *, text: Names = None, label: Names = None, separator: str | None = None,
                  encoding: str | None = None) -> Task:
        """Read labelled rows with the text columns and classes of the pipeline; ``"1"`` and 1 are the same label.

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
        names = (str(text),) if isinstance(text, str | int) else tuple(map(str, text or self.columns))
        trained = Task((), (), self.classes, self.kind, names, label_columns=self.label_columns, indicators=self.indicators)
        # Like test rows, they may lack classes and write numbers as text.
        return cast(Task, trained.with_test(data, label=label, separator=separator, encoding=encoding).test)

    def score(self, texts: Sequence[str], targets: NDArray[Any], weights: NDArray[np.float64] | None = None) -> float:
        """Value of the metric on texts and their encoded labels.

        Raises
        ------
        MetricError
            The metric is not defined on these rows, or takes no weights.
        """
        metric = Metric.named(self.metric, self.kind)
        counted = targets if weights is None else targets[weights > 0]
        reason = metric.undefined(counted, list(self.classes))
        if reason:
            raise MetricError(reason)
        unseen = metric.unseen(counted, len(self.classes))
        if unseen:
            warnings.warn(unseen, UndefinedMetricWarning, stacklevel=3)
        return metric.score(targets, *self.decide(texts), weights)

    def score_task(self, task: Task) -> float:
        """Value of the metric on a task with the same labels."""
        return self.score(task.texts, self.encode_task(task))
