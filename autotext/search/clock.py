"""How much of a budget of seconds is left."""

from __future__ import annotations

import time

from autotext.budget import Budget

# Of seconds that were waited for one of computing, more than this says something else than that the processor is shared.
_MOST_SLOWDOWN = 8.0
_LEAST_SECONDS = 0.1


class Clock:
    """Counts from the moment it is made, and from what was spent before.

    Parameters
    ----------
    budget : Budget
    """

    def __init__(self, budget: Budget) -> None:
        self._started = time.monotonic() - budget.spent
        self._seconds = budget.seconds
        self._made = time.monotonic(), time.process_time()
        self.slowdown = 1.0
        """Seconds that pass for each second of computing, as far as was seen: other processes may share the processor."""

    def stretched(self, seconds: float) -> float:
        """Seconds that are kept for something, half of which is computing, as others leave the processor to it."""
        return seconds * (1.0 + self.slowdown) / 2.0

    def at_most(self, seconds: float, leaving: float) -> float | None:
        """So many seconds, or what is left but for some to leave; None where there is no limit."""
        return min(seconds, max(0.0, self.remaining - self.stretched(leaving))) if self.limited else None

    def look(self) -> None:
        """See how slow this process has been since the clock was made."""
        self.compare(time.monotonic() - self._made[0], time.process_time() - self._made[1])

    def compare(self, seconds: float, computing: float) -> None:
        """Take note that some work of one core took so many seconds, and so many of the processor's."""
        if computing >= _LEAST_SECONDS:
            self.slowdown = min(max(seconds / computing, 1.0), _MOST_SLOWDOWN)

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
