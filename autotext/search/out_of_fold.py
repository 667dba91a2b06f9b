"""Out-of-fold predictions and margins of the candidates of a search, as far as they are kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.cross_validation.cross_validate import CrossValidationResult
from autotext.evaluation import Evaluation
from autotext.pipeline import cross_fitted
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.search.storage import Answers

# Candidates whose margins are kept, at most, and the memory that all kept margins may take.
_KEPT_MARGINS = 50
_KEPT_BYTES = 256 * 2**20
# The greatest number in half precision is 65,504.
_HALF_MOST = 60_000.0


class OutOfFold:
    """Keeps the out-of-fold predictions of all candidates, and the margins of the best ones.

    Parameters
    ----------
    validation : Validation
        Of the rows that some fold holds out: its folds are positions among them.

    Attributes
    ----------
    kept : int
        How many candidates keep their margins.
    partial : dict of str to array
        Margins on the first fold, by fingerprint, of candidates that were validated on it alone.
    on_first_fold : dict of str to array
        Packed predictions on the first fold of all candidates that were validated on no other.
    """

    def __init__(self, validation: Validation) -> None:
        self.validation = validation
        self._margins: dict[str, NDArray[np.float16]] = {}
        self._predictions: dict[str, NDArray[Any]] = {}
        self.on_first_fold: dict[str, NDArray[Any]] = {}
        self.partial: dict[str, NDArray[np.float16]] = {}
        self.kept = int(np.clip(_KEPT_BYTES / (2 * len(validation.targets) * validation.n_classes), 3, _KEPT_MARGINS))

    def add(self, evaluation: Evaluation, result: CrossValidationResult) -> None:
        """Keep the predictions and margins of a candidate that was cross-validated."""
        margins = _halve(result.margins, self.validation.metric)
        self.restore(evaluation, Answers(_pack(result.predictions, self.validation.n_classes), margins))

    def restore(self, evaluation: Evaluation, answers: Answers) -> None:
        """Keep predictions and margins as `answers` gave them, such as those that an earlier call stored."""
        name = evaluation.fingerprint
        if evaluation.status in ("part", "raced"):
            # Where the selection is repeated, it counts with its first fold.
            self.on_first_fold[name] = answers.predictions
            if evaluation.status == "part" and answers.margins is not None:
                self.partial[name] = answers.margins
            return
        self._predictions[name] = answers.predictions
        if answers.margins is not None:
            self._margins[name] = answers.margins

    def complete(self, evaluation: Evaluation, margins: NDArray[np.float64], predictions: NDArray[Any]) -> None:
        """Take margins and predictions on all rows for a candidate that was validated on the first fold alone."""
        self._margins[evaluation.fingerprint] = _halve(margins.astype(np.float32), self.validation.metric)
        self._predictions[evaluation.fingerprint] = _pack(predictions, self.validation.n_classes)
        del self.on_first_fold[evaluation.fingerprint]

    @property
    def is_full(self) -> bool:
        """Whether more margins are held than are to be kept."""
        return len(self._margins) > self.kept

    def drop_margins(self, fingerprints: Collection[str]) -> None:
        """Forget all margins but those of some candidates."""
        self._margins = {name: margins for name, margins in self._margins.items() if name in fingerprints}

    def answers(self, evaluation: Evaluation) -> Answers:
        """The predictions of a candidate, and its margins where they are kept."""
        name = evaluation.fingerprint
        if name in self.on_first_fold:
            return Answers(self.on_first_fold[name], self.partial.get(name))
        return Answers(self._predictions[name], self._margins.get(name))

    @property
    def with_margins(self) -> frozenset[str]:
        """Fingerprints of the candidates whose margins are kept."""
        return frozenset([*self._margins, *self.partial])

    def has_margins(self, evaluation: Evaluation) -> bool:
        """Whether the margins of a candidate on all rows are kept."""
        return evaluation.fingerprint in self._margins

    def has_predictions(self, evaluation: Evaluation) -> bool:
        """Whether a candidate was validated on all rows."""
        return evaluation.fingerprint in self._predictions

    def margins(self, evaluation: Evaluation) -> NDArray[np.float64]:
        """Out-of-fold margins, less the greatest of the row where a text has one label."""
        return self._margins[evaluation.fingerprint].astype(np.float64)

    def first_margins(self, evaluation: Evaluation) -> NDArray[np.float16]:
        """Margins on the first fold, in the half precision in which they are kept."""
        margins = self.partial.get(evaluation.fingerprint)
        return self._margins[evaluation.fingerprint][self.validation.folds[0]] if margins is None else margins

    def predictions(self, evaluation: Evaluation) -> NDArray[Any]:
        """Out-of-fold predictions, those that gave the score."""
        return self.unpack(self._predictions[evaluation.fingerprint])

    def unpack(self, packed: NDArray[Any]) -> NDArray[Any]:
        """Turn packed predictions, as they are kept, into class numbers or 0/1 indicators."""
        if self.validation.targets.ndim == 1:
            return packed
        return np.unpackbits(packed, axis=1, count=self.validation.n_classes).view(np.int8)

    def decided(self, margins: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Predictions and probabilities from out-of-fold margins; how a fold is decided is learned from the other folds."""
        return cross_fitted(margins, self.validation.targets, self.validation.metric, list(self.validation.folds))


def score_rows(predictions: NDArray[Any], targets: NDArray[Any]) -> NDArray[Any]:
    """Score the prediction of each row: whether it is right, or the share of its labels that are right.

    Parameters
    ----------
    predictions, targets : array of shape (n_rows,) or (n_rows, n_labels)
        Class numbers, or 0/1 indicators.

    Returns
    -------
    array of shape (n_rows,)
        Of bool, or of float from 0 to 1 for indicators.

    Examples
    --------
    >>> score_rows(np.array([0, 2]), np.array([0, 1]))
    array([ True, False])
    >>> score_rows(np.array([[0, 1], [1, 1]]), np.array([[0, 1], [0, 1]])).tolist()
    [1.0, 0.5]
    """
    right: Any = predictions == targets
    return np.asarray(right.mean(axis=1, dtype=np.float32) if right.ndim == 2 else right)


def _pack(predictions: NDArray[Any], n_classes: int) -> NDArray[Any]:
    """Store predictions in as few bytes as possible: a bit per label, or the smallest integers that hold all classes."""
    if predictions.ndim == 2:
        return np.packbits(predictions.astype(bool), axis=1)
    return predictions.astype(np.min_scalar_type(n_classes))


def _halve(margins: NDArray[np.float32], metric: Metric) -> NDArray[np.float16]:
    """Convert margins to half precision; those of classes that exclude each other become distances to the greatest one."""
    if metric.kind != "multilabel":
        margins = margins - margins.max(axis=1, keepdims=True)
    return np.clip(margins, -_HALF_MOST, _HALF_MOST).astype(np.float16)
