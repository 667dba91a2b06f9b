"""Prediction of the seconds that the refit at the end of a search takes, which the search must reserve for it."""

from __future__ import annotations

from collections.abc import Sequence

from autotext.components import is_expensive
from autotext.evaluation import Evaluation
from autotext.pipeline import MOST_MEMBERS
from autotext.report import Report
from autotext.search.clock import HANDOVER, Clock
from autotext.search.cost_model import CostModel
from autotext.search.ensemble import n_candidates
from autotext.search.selection import Selection
from autotext.space import Configuration

# An ensemble may take so large a share of the budget to fit; the second where rows are few and more candidates tell little.
_ENSEMBLE_SHARE, _FEW_ROWS_SHARE = 0.1, 0.55
# Where rows are few, seconds are reserved for so many members that were evaluated on the first fold alone.
_PARTIAL_MEMBERS = 2
# Factor by which a refit takes longer while others run beside it.
_BESIDE = 1.05
# Seconds for choosing an ensemble, for each margin that is looked at.
_CHOOSING = 2e-7


class RefitCost:
    """Predicts the seconds of the refit: of a candidate alone, of an ensemble, and what a search must keep for it.

    Parameters
    ----------
    costs : CostModel
    selection : Selection
    clock : Clock
    n_workers : int
    estimate_seconds : float
        Seconds that the score estimate takes, while the refit runs.

    Attributes
    ----------
    fitted : Evaluation or None
        Candidate that was fitted on all rows while the search went on.
    """

    def __init__(self, costs: CostModel, selection: Selection, clock: Clock, n_workers: int, estimate_seconds: float) -> None:
        self.costs = costs
        self.fitted: Evaluation | None = None
        self._selection, self._clock = selection, clock
        self._n_workers, self._estimate_seconds = n_workers, estimate_seconds

    def reserve(self, report: Report) -> float:
        """Seconds to keep for the refit of the best candidates that there still is time for, and for the score estimate."""
        leaderboard, handover = list(filter(self._can_refit, report.leaderboard)), self._clock.stretched(HANDOVER)
        if not leaderboard:
            return handover
        has_few_rows = self._selection.has_few_rows
        partial = [entry for entry in report.evaluations if entry.status == "part" and self._can_refit(entry)
                   and (self._selection.preferred(entry) if has_few_rows else self._selection.leads(entry, leaderboard[0]))]
        best = leaderboard[0]
        alone = max(self._estimate_seconds + handover, self.costs.finishing_seconds(best, is_fitted=best is self.fitted),
                    *(_BESIDE * self.costs.finishing_seconds(entry) + handover for entry in partial))
        members = (self._selection.ranked(leaderboard) if has_few_rows else leaderboard)[:MOST_MEMBERS]
        members = [*members, *partial[: _PARTIAL_MEMBERS * has_few_rows]]
        together = self.ensemble_seconds(members, self.fitted) + self.choosing_seconds
        takes_share = has_few_rows and not self.costs.is_holdout
        share = (_FEW_ROWS_SHARE if takes_share else _ENSEMBLE_SHARE) * (self._clock.budget.seconds or 0.0)
        # Beside a refit that takes long, those of the others are nearly free.
        return max(alone, min(together, max(share, _BESIDE * alone + handover)))

    def _can_refit(self, evaluation: Evaluation) -> bool:
        """Whether there is time for the refit of a candidate, as far as it is predicted."""
        return evaluation is self.fitted or self.costs.finishing_seconds(evaluation, safety=1.0) <= self._clock.remaining

    def ensemble_seconds(self, members: Sequence[Evaluation], fitted: Evaluation | None = None) -> float:
        """Seconds of fitting members side by side, the longest first; an expensive one keeps all workers busy.

        Parameters
        ----------
        members : sequence of Evaluation
        fitted : Evaluation, optional
            Member that is fitted already.
        """
        loads, alone = [0.0] * self._n_workers, 0.0
        seconds_of = [(self.costs.finishing_seconds(member), is_expensive(Configuration(member.configuration)))
                      for member in members if member is not fitted]
        for seconds, expensive in sorted(seconds_of, reverse=True):
            if expensive:
                alone += seconds
            else:
                loads[loads.index(min(loads))] += seconds
        return alone + max(loads)

    @property
    def choosing_seconds(self) -> float:
        """Seconds of choosing the members of an ensemble, whether it is fitted then or not."""
        validation = self._selection.out_of_fold.validation
        n_rows, n_classes = len(validation.targets), validation.n_classes
        return _CHOOSING * (n_rows * n_classes) * n_candidates(n_rows, n_classes)

    def can_choose(self, board: Sequence[Evaluation], fitted: Evaluation | None = None) -> bool:
        """Whether there is time to choose an ensemble of some candidates, and to fit one of the two best."""
        return (not self._clock.limited
                or self.choosing_seconds + self.ensemble_seconds(board[:2], fitted) <= self._clock.remaining)

    def can_fit(self, members: Sequence[Evaluation], fitted: Evaluation | None = None) -> bool:
        """Whether there is time to fit the members of an ensemble."""
        return not self._clock.limited or self.ensemble_seconds(members, fitted) <= self._clock.before_handover
