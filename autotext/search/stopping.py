"""The rule that ends a search early, when more trials are unlikely to find anything better."""

from __future__ import annotations

from collections.abc import Sequence

from autotext.budget import Budget
from autotext.evaluation import Evaluation

# The search ends after so many trials without a gain, if they are also as many as it took to the last gain.
_PATIENCE = 200
# A score counts as a gain if it is greater by this share of the greatest standard error that a rate can have on the rows.
_GAIN = 0.1


class StoppingRule:
    """Tells when a search that is limited in time alone should end early, because more trials promise nothing.

    Parameters
    ----------
    budget : Budget
        With a limit of trials, or without one of seconds, a search never ends early.
    best_score : float
        No score of the metric can be greater.
    n_rows : int
        Rows that are searched on.
    """

    def __init__(self, budget: Budget, best_score: float, n_rows: int) -> None:
        self._applies = budget.trials is None and budget.seconds is not None
        self._best_score, self._least_gain = best_score, _GAIN * 0.5 / n_rows**0.5
        self._best, self._trials = float("-inf"), 0

    def restore(self, leaderboard: Sequence[Evaluation], trials: int) -> None:
        """Start from the best score of earlier calls, as if their last trial had reached it."""
        self._best, self._trials = float(leaderboard[0].score or 0.0) if leaderboard else float("-inf"), trials

    def tell(self, evaluations: Sequence[Evaluation], trials: int) -> None:
        """Remember the best score, and how many trials were started by then, if the score is a gain."""
        scores = [float(evaluation.score) for evaluation in evaluations if evaluation.score is not None]
        if scores and max(scores) > self._best + self._least_gain:
            self._best, self._trials = max(scores), trials

    def reason(self, trials: int) -> str:
        """Why a search that has started so many trials should end; empty if it should go on."""
        if not self._applies:
            return ""
        if self._best >= self._best_score:
            return "no score can be better"
        without_gain = trials - self._trials
        return f"the last {without_gain:,} trials brought no gain" if without_gain >= max(_PATIENCE, self._trials) else ""
