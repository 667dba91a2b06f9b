"""How long a candidate may run of the time that is left."""

from __future__ import annotations

from autotext.components import is_expensive
from autotext.search.clock import Clock
from autotext.search.cost_model import CostModel
from autotext.space import Configuration

# A candidate is started if it may run for this share of the seconds that it needs; for all if it is the first to encode.
_START_SHARE = 0.8
# Share of the time left that a candidate may take once another has a score, as more are to come; and that one may take which
# is the first to encode all texts with a model, as this serves all others with the model.
_LONGEST, _LONGEST_ENCODING = 0.5, 0.85
# Share of its seconds that such a first one is charged with, where candidates are chosen by what they bring for their time.
_CHARGED = 0.25


class Allowance:
    """Says how long candidates may run, and which of them there is time for.

    Parameters
    ----------
    costs : CostModel
    clock : Clock
    """

    def __init__(self, costs: CostModel, clock: Clock) -> None:
        self._costs, self._clock = costs, clock

    def longest(self, configuration: Configuration, seconds_left: float, is_first: bool) -> float:
        """Seconds that a candidate may take of those left; an expensive one gives itself up if its refit would have none."""
        if is_first or is_expensive(configuration):
            return seconds_left
        return seconds_left * (_LONGEST_ENCODING if self._costs.encodes_first(configuration) else _LONGEST)

    def ends_in_time(self, configuration: Configuration, longest: float, is_first: bool) -> bool:
        """Whether a candidate will need little more than the seconds that it may take, and could be refitted afterwards."""
        share = 1.0 if self._costs.encodes_first(configuration) else _START_SHARE
        return longest >= share * self._costs.required_seconds(configuration) and (is_first or self.can_lead(configuration))

    def can_lead(self, configuration: Configuration) -> bool:
        """Whether there is time to evaluate a candidate and to refit it, not the one that leads so far."""
        return self._costs.required_seconds(configuration, with_refit=True) <= self._clock.before_handover

    def charged_seconds(self, configuration: Configuration, seconds_left: float, is_first: bool) -> float | None:
        """Seconds with which a candidate is weighed against others; None if there is no time for it."""
        if not self.ends_in_time(configuration, self.longest(configuration, seconds_left, is_first), is_first):
            return None
        share = _CHARGED if self._costs.encodes_first(configuration) else 1.0
        return share * self._costs.evaluation_seconds(configuration)

    def timeout(self, configuration: Configuration, longest: float) -> float:
        """Seconds after which a candidate is given up: where no user set them, all there are if it is to take that long."""
        budget = self._clock.budget
        may_take_all = self._clock.limited and budget.trial_seconds is None and (is_expensive(configuration)
                                                                                 or self._costs.encodes_first(configuration))
        return longest if may_take_all else min(budget.deadline, longest)
