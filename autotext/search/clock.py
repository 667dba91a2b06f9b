"""How many seconds of a budget are left, and how slowly the machine computes."""

from __future__ import annotations

import time

from autotext.budget import Budget

HANDOVER = 0.3
"""Seconds of computing that a search leaves at its end, in which the fitted pipeline is handed over."""

# Where work takes more seconds than this for each second of computing, the reason is not that the processor is shared.
_MOST_SLOWDOWN = 8.0
# Seconds of computing without which a comparison says nothing.
_LEAST_SECONDS = 0.1


class Clock:
    """Counts the seconds of a budget, from the moment the clock is made, and adds what was spent before.

    Parameters
    ----------
    budget : Budget

    Attributes
    ----------
    budget : Budget
    slowdown : float
        Seconds that pass for each second of computing, as far as was seen: other processes may share the processor.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.slowdown = 1.0
        self._started = time.monotonic() - budget.spent
        self._made = time.monotonic(), time.process_time()

    def stretched(self, seconds: float) -> float:
        """Seconds to reserve for work that takes `seconds` on an idle machine, half of which slows down with the processor."""
        return seconds * (1.0 + self.slowdown) / 2.0

    def at_most(self, seconds: float, leaving: float) -> float | None:
        """Reduce `seconds` so that at least `leaving` seconds of the budget remain afterwards; None if it has no limit."""
        return min(seconds, max(0.0, self.remaining - self.stretched(leaving))) if self.limited else None

    def look(self) -> None:
        """Measure how slow this process has been since the clock was made."""
        self.compare(time.monotonic() - self._made[0], time.process_time() - self._made[1])

    def compare(self, seconds: float, computing: float) -> None:
        """Learn the slowdown from work on one core: the seconds that it took, and those of the processor."""
        if computing >= _LEAST_SECONDS:
            self.slowdown = min(max(seconds / computing, 1.0), _MOST_SLOWDOWN)

    @property
    def limited(self) -> bool:
        """Whether the budget limits the seconds; if not, no measured time may enter a decision."""
        return self.budget.seconds is not None

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    @property
    def remaining(self) -> float:
        """Seconds left; infinite without a limit."""
        return float("inf") if self.budget.seconds is None else self.budget.seconds - self.elapsed

    @property
    def before_handover(self) -> float:
        """Seconds left until the pipeline must be handed over; infinite without a limit."""
        return self.remaining - self.stretched(HANDOVER)
