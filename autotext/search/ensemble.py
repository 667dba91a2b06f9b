"""Whether the best candidates answer better together than the best one alone, and in which shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.evaluation import Evaluation
from autotext.pipeline import EnsembleWeight, average_members, choose_weights, cross_fitted, fit_temperature, learn_decision
from autotext.scoring.metrics import Metric

# Candidates that may be members, and the margins of all of them that are looked at, at most.
MOST_CANDIDATES = 16
_LEAST_CANDIDATES = 5
_CELLS = 6_000_000
_CALIBRATION_ROWS = 1000


@dataclass(frozen=True, eq=False)
class EnsembleChoice:
    """Candidates that answer together.

    Parameters
    ----------
    members : tuple of Evaluation
        The one of the largest share first.
    shares : tuple of EnsembleWeight
        Of the members, numbered from 0.
    margins : array of shape (n_rows, n_classes)
        Out of fold.
    gain : float
        By how much the metric is better than that of the best candidate alone, both chosen on the other folds.
    """

    members: tuple[Evaluation, ...]
    shares: tuple[EnsembleWeight, ...]
    margins: NDArray[np.float64]
    gain: float


def n_candidates(n_rows: int, n_classes: int) -> int:
    """How many candidates are looked at: fewer where each has many margins."""
    return int(np.clip(_CELLS // (n_rows * n_classes), _LEAST_CANDIDATES, MOST_CANDIDATES))


def choose_ensemble(board: Sequence[Evaluation], margins: Sequence[NDArray[Any]], targets: NDArray[Any], metric: Metric,
                folds: list[NDArray[np.intp]], affordable: Callable[[Sequence[Evaluation]], bool], *,
                trusted: bool = False) -> EnsembleChoice | None:
    """The team of some candidates, if it wins out of fold.

    Parameters
    ----------
    board : sequence of Evaluation
        Best first.
    margins : sequence of arrays of shape (n_rows, n_classes)
        Out of fold, of each.
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    metric : Metric
    folds : list of int arrays
    affordable : callable
        Whether so many members can be fitted in the time that is left.
    trusted : bool, default=False
        Whether a team need not win: on few rows that would be luck, and a mean is the safer answer.

    Returns
    -------
    EnsembleChoice or None
        None if a team is no better, or none can be afforded.
    """
    pool = list(range(len(board)))
    temperatures = [fit_temperature(found.astype(np.float64), targets, metric.kind, _CALIBRATION_ROWS) for found in margins]

    def chosen(rows: NDArray[np.intp] | None = None, order: Sequence[int] | None = None) -> list[EnsembleWeight]:
        left = list(pool if order is None else order)
        shares = choose_weights([margins[number] for number in left], targets, [temperatures[number] for number in left],
                               metric.kind, rows)
        return [replace(share, member=left[share.member]) for share in shares]

    while len(pool) > 1:
        shares = chosen()
        if affordable([board[share.member] for share in shares]):
            break
        pool.remove(shares[-1].member)
    if len(pool) < 2 or len(shares) < 2:
        return None
    gain = _gain(margins, targets, metric, folds, pool, chosen)
    if not (gain > 0 or trusted):
        return None
    renumbered = tuple(replace(share, member=place) for place, share in enumerate(shares))
    return EnsembleChoice(tuple(board[share.member] for share in shares), renumbered, _average(margins, shares, metric), gain)


def _gain(margins: Sequence[NDArray[Any]], targets: NDArray[Any], metric: Metric, folds: list[NDArray[np.intp]],
          pool: Sequence[int], chosen: Callable[..., list[EnsembleWeight]]) -> float:
    """Score of a team chosen on the other folds less that of the best candidate chosen there."""
    alone = {number: cross_fitted(margins[number].astype(np.float64), targets, metric, folds) for number in pool}
    shape = next(iter(alone.values()))
    single = [np.zeros_like(part) for part in shape]
    team = [np.zeros_like(part) for part in shape]
    for fold in folds:
        others = np.setdiff1d(np.arange(len(targets)), fold)
        scores = {number: metric.score(targets[others], *(part[others] for part in alone[number])) for number in pool}
        order = sorted(pool, key=lambda number: -scores[number] if np.isfinite(scores[number]) else np.inf)
        together = _average(margins, chosen(others, order), metric)
        decision = learn_decision(together[others], targets[others], metric)
        for part, best in zip(single, alone[order[0]], strict=True):
            part[fold] = best[fold]
        team[0][fold], team[1][fold] = decision.predictions(together[fold]), decision.probabilities(together[fold])
    return (metric.cross_validated(targets, team[0], team[1], folds)[0]
            - metric.cross_validated(targets, single[0], single[1], folds)[0])


def _average(margins: Sequence[NDArray[Any]], shares: Sequence[EnsembleWeight], metric: Metric) -> NDArray[np.float64]:
    return average_members([margins[share.member] for share in shares], [share.weight for share in shares],
                   [share.temperature for share in shares], metric.kind)
