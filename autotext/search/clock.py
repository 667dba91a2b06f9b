"""How much of a budget of seconds is left."""

from __future__ import annotations

import time

from autotext.budget import Budget


class Clock:
    """Counts from the moment it is made, and from what was spent before.

    Parameters
    ----------
    budget : Budget
    """

    def __init__(self, budget: Budget) -> None:
        self._started = time.monotonic() - budget.spent
        self._seconds = budget.seconds

    @property
    def limited(self) -> bool:
        """Whether there is a limit; without one no measured time may enter a decision."""
        return self._seconds is not None

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    @property
    def remaining(self) -> float:
        """Seconds left; infinite without a limit."""
        return float("inf") if self._seconds is None else self._seconds - self.elapsed
