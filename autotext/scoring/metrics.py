"""The classification scorers of scikit-learn, applied to predictions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import get_scorer_names

from autotext.errors import MetricError, shown, suggestion
from autotext.scoring.scores import Rows, absent, metric_value, undefined, unseen

Kind = Literal["binary", "multiclass", "multilabel"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_AVERAGES = tuple(f"{name}_{average}" for name in ("f1", "jaccard", "precision", "recall")
                  for average in ("macro", "micro", "weighted"))
_BINARY_ONLY = ("f1", "jaccard", "precision", "recall", "positive_likelihood_ratio", "neg_negative_likelihood_ratio")
_SINGLE = ("balanced_accuracy", "matthews_corrcoef", "neg_log_loss", "neg_brier_score", "d2_log_loss_score",
           "d2_brier_score", "roc_auc_ovo", "roc_auc_ovo_weighted", "roc_auc_ovr", "roc_auc_ovr_weighted")
_MULTILABEL_ONLY = ("f1_samples", "jaccard_samples", "precision_samples", "recall_samples")
_EVERY_KIND = ("accuracy", "average_precision", *_AVERAGES)
_PROBABILITIES = ("neg_log_loss", "neg_brier_score", "d2_log_loss_score", "d2_brier_score")
_FOLD_MEANS = ("roc_auc", "average_precision")
_NEAREST = {"matthews_corrcoef": "f1_macro", "balanced_accuracy": "recall_macro"}
_ABBREVIATIONS = {"auc": "roc_auc", "acc": "accuracy", "mcc": "matthews_corrcoef"}


def metric_names(kind: Kind) -> tuple[str, ...]:
    """Sorted names of the metrics that apply to a kind of task.

    Parameters
    ----------
    kind : {"binary", "multiclass", "multilabel"}

    Examples
    --------
    >>> "f1_samples" in metric_names("multilabel"), "f1_samples" in metric_names("binary")
    (True, False)
    """
    special = {"binary": (*_BINARY_ONLY, *_SINGLE, "roc_auc"), "multiclass": (*_SINGLE, "top_k_accuracy"),
               "multilabel": (*_MULTILABEL_ONLY, "roc_auc")}[kind]
    return tuple(sorted({*_EVERY_KIND, *special} & set(get_scorer_names())))


def metric_name(metric: object) -> str:
    """Name of a classification scorer of scikit-learn, also where it is written in another way.

    Parameters
    ----------
    metric : str
        Case, spaces, hyphens and the order of its words do not matter; a leading ``neg_`` may be left out.

    Raises
    ------
    MetricError
        There is no such scorer, or it is not for classifiers.

    Examples
    --------
    >>> [metric_name(metric) for metric in ("F1", "Macro F1", "f1-score-macro", "AUC", "log loss")]
    ['f1', 'f1_macro', 'f1_macro', 'roc_auc', 'neg_log_loss']
    """
    names = sorted({name for kind in KINDS for name in metric_names(kind)})
    if not isinstance(metric, str):
        raise MetricError(f"metric must be the name of a scikit-learn scorer, e.g. 'f1_macro', not {shown(metric)}.")
    typed = _ABBREVIATIONS.get(metric.strip().casefold(), metric)
    for name in names:
        if _words(typed) in (_words(name), _words(name.removeprefix("neg_"))):
            return name
    if metric in get_scorer_names():
        raise MetricError(f"The metric {metric!r} does not judge a classifier: use one of {', '.join(names)}.")
    raise MetricError(f"Unknown metric {shown(metric)}.{suggestion(metric.casefold(), names)}")


def _words(name: str) -> list[str]:
    return sorted(word for word in re.split(r"[\W_]+", name.casefold()) if word not in ("", "score"))


@dataclass(frozen=True)
class Metric:
    """A classification scorer of scikit-learn, where greater is better.

    Parameters
    ----------
    name : str
        As in ``sklearn.metrics.get_scorer_names()``.
    kind : {"binary", "multiclass", "multilabel"}
        Kind of the task. Of two classes, the second one is the positive one.

    Raises
    ------
    MetricError
        The name is unknown, or the metric has no meaning for this kind of task.

    Notes
    -----
    Where the rows have all classes and no other labels, the value is that of scikit-learn. Rows whose label is no class, as
    training lacks it, count as follows:

    - means over rows (accuracy, micro, weighted, samples, top-k, Matthews) count them as wrong: together they are one more
      class, which is never predicted;
    - F1, Jaccard and precision of a class, and their macro averages over the classes, count them against the predicted class;
      recall and balanced accuracy leave them out;
    - losses and rankings (log loss, Brier, d2, ROC AUC, average precision) and likelihood ratios leave them out.

    A macro average leaves out classes without true and predicted rows. The value is NaN where a metric needs a class that has
    no row; `undefined` names it.

    Examples
    --------
    >>> import numpy as np
    >>> Metric("accuracy", "binary").score(np.array([0, 1]), np.array([0, 1]), np.eye(2))
    1.0
    >>> Metric.named("log loss", "binary").name, Metric.default("multilabel").name
    ('neg_log_loss', 'f1_micro')
    >>> targets, probabilities = np.array([0, 1, 1, 0]), np.array([[0.8, 0.2], [0.3, 0.7], [0.6, 0.4], [0.9, 0.1]])
    >>> folds = [np.array([0, 1]), np.array([2, 3])]
    >>> Metric("accuracy", "binary").cross_validated(targets, probabilities.argmax(axis=1), probabilities, folds)
    (0.75, (1.0, 0.5))
    """

    name: str
    kind: Kind

    def __post_init__(self) -> None:
        names = metric_names(self.kind)
        if metric_name(self.name) != self.name:
            raise MetricError(f"Unknown metric {self.name!r}.{suggestion(self.name, names)}")
        if self.name not in names:
            nearest = [name for name in names if name.startswith(f"{self.name}_")] or [_NEAREST.get(self.name, "f1_macro")]
            raise MetricError(f"The metric {self.name!r} does not apply to a {self.kind} task: use "
                              f"{' or '.join(map(repr, nearest))}. All that do: {', '.join(names)}.")

    @classmethod
    def named(cls, metric: str | None, kind: Kind) -> Metric:
        """Make a metric from its name in any spelling, see `metric_name`; None: the default of the kind of task."""
        return cls.default(kind) if metric is None else cls(metric_name(metric), kind)

    @classmethod
    def default(cls, kind: Kind) -> Metric:
        """Make the default metric: accuracy; for several labels micro-F1, as predicting no label may have a high accuracy."""
        return cls("f1_micro" if kind == "multilabel" else "accuracy", kind)

    @property
    def needs_probabilities(self) -> bool:
        """Whether the value depends on the calibration of probabilities."""
        return self.name in _PROBABILITIES

    @property
    def pooled(self) -> bool:
        """Whether out-of-fold rows are scored together, rather than taking the mean over folds.

        Pooling is unbiased for counts such as F1, not for rankings such as AUC (Forman & Scholz 2010,
        "Apples-to-apples in cross-validation studies", SIGKDD Explorations 12).
        """
        return not self.name.startswith(_FOLD_MEANS)

    @property
    def best(self) -> float:
        """The best value that the metric can have."""
        return 0.0 if self.name.startswith("neg_") else float("inf") if self.name.startswith("positive_") else 1.0

    @property
    def macro(self) -> bool:
        """Whether all classes have the same weight, however few rows they have."""
        return self.name.endswith("_macro") or self.name in ("balanced_accuracy", "roc_auc_ovr", "roc_auc_ovo")

    @property
    def is_rate(self) -> bool:
        """Whether the value is a fraction of rows, or of labels, that are right."""
        return self.pooled and self.name.endswith(("accuracy", "_micro", "_samples", "_weighted")) and not self.macro

    def wrong(self, n_rows: int) -> float:
        """Cost of one wrong row in a sum over rows, where all of a number of others were right."""
        return float(np.log(n_rows + 2)) if "log_loss" in self.name else 1.0

    def score(self, targets: NDArray[Any], predictions: NDArray[Any], probabilities: NDArray[Any],
              sample_weight: NDArray[Any] | None = None) -> float:
        """Value of the metric on some rows.

        Parameters
        ----------
        targets : array of shape (n_rows,), (n_rows, n_classes) or (n_rows, n_classes + 1)
            Class numbers, -1 for a label of no class. For multi-label tasks 0/1 indicators; one column more marks rows with
            labels of no class.
        predictions : array of shape (n_rows,) or (n_rows, n_classes)
        probabilities : array of shape (n_rows, n_classes)
        sample_weight : array of shape (n_rows,), optional

        Returns
        -------
        float
            NaN where the metric is not defined on these rows; `undefined` says why.

        Raises
        ------
        MetricError
            The metric takes no weights.
        """
        return metric_value(self.name, Rows(targets, predictions, probabilities, sample_weight))

    def check_defined(self, targets: NDArray[Any], classes: Sequence[Any], row: str) -> None:
        """Refuse rows on which the metric has no value; the parameters are those of `undefined`.

        Raises
        ------
        MetricError
            The metric is not defined; the message says why.
        """
        if reason := self.undefined(targets, classes, row):
            raise MetricError(reason)

    def undefined(self, targets: NDArray[Any], classes: Sequence[Any], row: str = "test row") -> str:
        """Sentence that says why the metric is not defined on some rows; empty if it is.

        Examples
        --------
        >>> import numpy as np
        >>> Metric("roc_auc", "binary").undefined(np.array([0, 0]), ["ham", "spam"])
        "roc_auc is undefined: no test row of class 'spam'. Add such rows, or use accuracy."
        """
        reason = undefined(self.name, targets, classes, row)
        if not reason:
            return ""
        other = Metric.default(self.kind).name
        return f"{self.name} is undefined: {reason}. Add such rows" + (f", or use {other}." if other != self.name else ".")

    def unseen(self, targets: NDArray[Any], n_classes: int) -> str:
        """Sentence that says how the metric counts rows whose label is no class; empty if there are none.

        Examples
        --------
        >>> import numpy as np
        >>> Metric("neg_log_loss", "binary").unseen(np.array([0, -1, 1]), 2)
        '1 of 3 test rows has a label that training lacks; neg_log_loss leaves it out.'
        """
        return unseen(self.name, targets, n_classes)

    def remarks(self, targets: NDArray[Any], classes: Sequence[Any]) -> list[str]:
        """Sentences for the reader of a score: why it is not defined, and how unseen labels and absent classes count."""
        reason = self.undefined(targets, classes)
        sentences = (reason, self.unseen(targets, len(classes)), "" if reason else absent(self.name, targets, classes))
        return [sentence for sentence in sentences if sentence]

    def cross_validated(self, targets: NDArray[Any], predictions: NDArray[Any], probabilities: NDArray[Any],
                        folds: list[NDArray[Any]]) -> tuple[float, tuple[float, ...]]:
        """Value over out-of-fold rows, and the value on each fold.

        Raises
        ------
        MetricError
            The metric is not defined on these rows, pooled or by fold.
        """
        by_fold = tuple(self.score(targets[rows], predictions[rows], probabilities[rows]) for rows in folds)
        seen = np.sort(np.concatenate(folds))
        if self.pooled or not any(map(np.isfinite, by_fold)):
            # Where a class is rare, it may be that no fold has the classes that a ranking needs.
            total = self.score(targets[seen], predictions[seen], probabilities[seen])
        else:
            total = float(np.mean([value for value in by_fold if np.isfinite(value)]))
        if not np.isfinite(total):
            raise MetricError(f"The metric {self.name!r} is not defined on these rows: some class has too few of them.")
        return total, by_fold

