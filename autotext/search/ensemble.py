"""Whether an ensemble of the best candidates scores higher than the best one alone, and how its members are weighted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.evaluation import Evaluation
from autotext.pipeline import EnsembleWeight, average_members, choose_weights, cross_fitted, fit_temperature, learn_decision
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation

# Candidates that may be members, at most and at least, and the margins of all of them that are looked at, at most.
MOST_CANDIDATES = 16
_LEAST_CANDIDATES = 5
_CELLS = 6_000_000
# Rows that are enough to choose a temperature for the margins of a candidate.
_CALIBRATION_ROWS = 1000


@dataclass(frozen=True, eq=False)
class EnsembleChoice:
    """An ensemble of candidates that was chosen, and not yet refitted.

    Parameters
    ----------
    members : tuple of Evaluation
        The one of the largest weight first.
    weights : tuple of EnsembleWeight
        Of the members, numbered from 0.
    margins : array of shape (n_rows, n_classes)
        Out-of-fold margins of the ensemble.
    gain : float
        By how much the metric is better than that of the best candidate alone, both chosen on the other folds.
    """

    members: tuple[Evaluation, ...]
    weights: tuple[EnsembleWeight, ...]
    margins: NDArray[np.float64]
    gain: float


def n_candidates(n_rows: int, n_classes: int) -> int:
    """How many candidates may be members of an ensemble: fewer where each has many out-of-fold margins.

    Parameters
    ----------
    n_rows : int
        Rows that some fold holds out.
    n_classes : int

    Examples
    --------
    >>> n_candidates(1000, 2), n_candidates(20_000, 50)
    (16, 6)
    """
    return int(np.clip(_CELLS // (n_rows * n_classes), _LEAST_CANDIDATES, MOST_CANDIDATES))


def choose_ensemble(board: Sequence[Evaluation], margins: Sequence[NDArray[Any]], validation: Validation,
                    can_fit: Callable[[Sequence[Evaluation]], bool], *, trusted: bool = False) -> EnsembleChoice | None:
    """Choose an ensemble of some candidates, if it scores higher out of fold than the best of them.

    Parameters
    ----------
    board : sequence of Evaluation
        Best first.
    margins : sequence of arrays of shape (n_rows, n_classes)
        Out-of-fold margins of each.
    validation : Validation
        Of the rows that the margins are for.
    can_fit : callable
        Whether some members can be fitted in the time left.
    trusted : bool, default=False
        Whether an ensemble need not score higher: on few rows that would be luck, and a mean is the safer choice.

    Returns
    -------
    EnsembleChoice or None
        None if an ensemble is no better, or there is no time to fit one.
    """
    metric, targets = validation.metric, validation.targets
    temperatures = [fit_temperature(values.astype(np.float64), targets, metric.kind, _CALIBRATION_ROWS) for values in margins]

    def weigh(order: Sequence[int], rows: NDArray[np.intp] | None = None) -> list[EnsembleWeight]:
        weights = choose_weights([margins[number] for number in order], targets, [temperatures[number] for number in order],
                                 metric.kind, rows)
        return [replace(weight, member=order[weight.member]) for weight in weights]

    numbers, weights = list(range(len(board))), list[EnsembleWeight]()
    while len(numbers) > 1:
        weights = weigh(numbers)
        if can_fit([board[weight.member] for weight in weights]):
            break
        numbers.remove(weights[-1].member)
    if len(numbers) < 2 or len(weights) < 2:
        return None
    gain = _gain(margins, validation, numbers, weigh)
    if not (gain > 0 or trusted):
        return None
    renumbered = tuple(replace(weight, member=place) for place, weight in enumerate(weights))
    members = tuple(board[weight.member] for weight in weights)
    return EnsembleChoice(members, renumbered, _average(margins, weights, metric), gain)


def _gain(margins: Sequence[NDArray[Any]], validation: Validation, numbers: Sequence[int],
          weigh: Callable[[Sequence[int], NDArray[np.intp]], list[EnsembleWeight]]) -> float:
    """Score of an ensemble whose weights for each fold come from the others, less that of the best candidate chosen there."""
    targets, metric, folds = validation.targets, validation.metric, list(validation.folds)
    answers = {number: cross_fitted(margins[number].astype(np.float64), targets, metric, folds) for number in numbers}
    shape = next(iter(answers.values()))
    single = [np.zeros_like(part) for part in shape]
    joint = [np.zeros_like(part) for part in shape]
    for fold in folds:
        others = np.setdiff1d(np.arange(len(targets)), fold)
        scores = {number: metric.score(targets[others], *(part[others] for part in answers[number])) for number in numbers}
        order = sorted(numbers, key=lambda number: -scores[number] if np.isfinite(scores[number]) else np.inf)
        average = _average(margins, weigh(order, others), metric)
        decision = learn_decision(average[others], targets[others], metric)
        for part, best in zip(single, answers[order[0]], strict=True):
            part[fold] = best[fold]
        joint[0][fold], joint[1][fold] = decision.predictions(average[fold]), decision.probabilities(average[fold])
    return (metric.cross_validated(targets, joint[0], joint[1], folds)[0]
            - metric.cross_validated(targets, single[0], single[1], folds)[0])


def _average(margins: Sequence[NDArray[Any]], weights: Sequence[EnsembleWeight], metric: Metric) -> NDArray[np.float64]:
    """Average the margins of members by their weights, after their temperatures."""
    return average_members([margins[weight.member] for weight in weights], [weight.weight for weight in weights],
                           [weight.temperature for weight in weights], metric.kind)
