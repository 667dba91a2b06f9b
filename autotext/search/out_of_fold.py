"""What every candidate answered out of fold, as far as it is kept."""

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

_KEPT_MARGINS = 50
_KEPT_BYTES = 256 * 2**20
_HALF_MOST = 60_000.0


class OutOfFold:
    """Out-of-fold predictions of all candidates, and the margins of the best.

    Parameters
    ----------
    validation : Validation
        Of the rows that are held out: its folds are positions among them.

    Attributes
    ----------
    kept : int
        Candidates whose margins are kept.
    partial : dict of str to array
        Margins on the first fold, by fingerprint, of candidates that were validated on it alone.
    pruned : dict of str to array
        Packed predictions on the first fold of all candidates that were validated on no other.
    """

    def __init__(self, validation: Validation) -> None:
        self.validation = validation
        self._margins: dict[str, NDArray[np.float16]] = {}
        self._predictions: dict[str, NDArray[Any]] = {}
        self.pruned: dict[str, NDArray[Any]] = {}
        self.partial: dict[str, NDArray[np.float16]] = {}
        self.kept = int(np.clip(_KEPT_BYTES / (2 * len(validation.targets) * validation.n_classes), 3, _KEPT_MARGINS))

    def add(self, evaluation: Evaluation, result: CrossValidationResult) -> None:
        """Keep what a candidate answered."""
        margins = None if evaluation.status == "raced" else _halved(result.margins, self.validation.metric)
        self.restore(evaluation, Answers(_packed(result.predictions, self.validation.n_classes), margins))

    def restore(self, evaluation: Evaluation, answers: Answers) -> None:
        """Keep what a candidate answered in an earlier call."""
        name = evaluation.fingerprint
        if evaluation.status in ("part", "raced"):
            # In what the selection is repeated over, both are known by their first fold.
            self.pruned[name] = answers.predictions
            if evaluation.status == "part" and answers.margins is not None:
                self.partial[name] = answers.margins
            return
        self._predictions[name] = answers.predictions
        if answers.margins is not None:
            self._margins[name] = answers.margins

    def complete(self, evaluation: Evaluation, margins: NDArray[np.float64], predictions: NDArray[Any]) -> None:
        """Take margins and predictions on all rows for a candidate that was validated on the first fold alone."""
        self._margins[evaluation.fingerprint] = _halved(margins.astype(np.float32), self.validation.metric)
        self._predictions[evaluation.fingerprint] = _packed(predictions, self.validation.n_classes)
        del self.pruned[evaluation.fingerprint]

    @property
    def is_full(self) -> bool:
        """Whether more margins are held than are to be kept."""
        return len(self._margins) > self.kept

    def drop_margins(self, fingerprints: Collection[str]) -> None:
        """Forget all margins but those of some candidates."""
        self._margins = {name: margins for name, margins in self._margins.items() if name in fingerprints}

    def answers(self, evaluation: Evaluation) -> Answers:
        """What is kept of a candidate."""
        name = evaluation.fingerprint
        if name in self.pruned:
            return Answers(self.pruned[name], self.partial.get(name))
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
        return self.unpacked(self._predictions[evaluation.fingerprint])

    def unpacked(self, packed: NDArray[Any]) -> NDArray[Any]:
        """Predictions from the form in which they are kept."""
        if self.validation.targets.ndim == 1:
            return packed
        return np.unpackbits(packed, axis=1, count=self.validation.n_classes).view(np.int8)

    def decided(self, margins: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Out-of-fold predictions and probabilities of some margins, each fold decided by what the others taught."""
        return cross_fitted(margins, self.validation.targets, self.validation.metric, list(self.validation.folds))

    def right(self, predictions: NDArray[Any]) -> NDArray[Any]:
        """How right the prediction for each row is, from 0 to 1."""
        right: Any = predictions == self.validation.targets
        return np.asarray(right.mean(axis=1, dtype=np.float32) if right.ndim == 2 else right)


def _packed(predictions: NDArray[Any], n_classes: int) -> NDArray[Any]:
    if predictions.ndim == 2:
        return np.packbits(predictions.astype(bool), axis=1)
    return predictions.astype(np.min_scalar_type(n_classes))


def _halved(margins: NDArray[np.float32], metric: Metric) -> NDArray[np.float16]:
    """Half precision, kept for what decides: the distance to the likeliest class."""
    if metric.kind != "multilabel":
        margins = margins - margins.max(axis=1, keepdims=True)
    return np.clip(margins, -_HALF_MOST, _HALF_MOST).astype(np.float16)
