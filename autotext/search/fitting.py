"""Fitting configurations on all rows, side by side on the workers of a search."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from autotext.components import is_expensive
from autotext.pipeline import Chain
from autotext.search.clock import HANDOVER, Clock
from autotext.search.log import last_line
from autotext.space import Configuration
from autotext.workers.messages import Fit
from autotext.workers.pool import Job, Pool

LATE = 1.0
"""Seconds that the only pipeline there is may take beyond the budget: late is better than none."""


class ChainFitter:
    """Fits the chains of configurations on the workers of a pool, until the budget ends.

    Parameters
    ----------
    pool : Pool
    clock : Clock
    notes : list of str
        Gets a line for each configuration that cannot be fitted.
    """

    def __init__(self, pool: Pool, clock: Clock, notes: list[str]) -> None:
        self._pool, self._clock, self._notes = pool, clock, notes

    def fit(self, configurations: Sequence[Configuration], *, rows: NDArray[np.intp] | None = None, late: bool = False,
            meanwhile: Callable[[Configuration], object] | None = None) -> list[Chain | None]:
        """Fit configurations; the first failure ends it.

        Parameters
        ----------
        configurations : sequence of Configuration
        rows : int array, optional
            Rows of the task to fit on. None: all.
        late : bool, default=False
            Whether this may take a little longer than is left.
        meanwhile : callable, optional
            Called with the configuration that was started last, again and again once all are started.

        Returns
        -------
        list of Chain or None
            In the order of the configurations, None for those that were not fitted.
        """
        timeout = max(self._clock.before_handover, LATE if late else 0.0)
        deadline = time.monotonic() + (timeout if self._clock.limited else self._clock.budget.deadline * 3)
        # Expensive configurations are fitted last, one at a time, on all cores.
        waiting = sorted(range(len(configurations)), key=lambda place: is_expensive(configurations[place]))
        jobs: dict[int, Job] = {}
        while waiting or any(job in self._pool.jobs for job in jobs.values()):
            while waiting and self._can_start(configurations[waiting[0]]):
                place = waiting.pop(0)
                timeout = max(0.0, deadline - time.monotonic())
                jobs[place] = self._pool.submit(Fit(configurations[place], rows), timeout, waits=False)
            if not waiting and meanwhile is not None:
                meanwhile(configurations[place])
            self._pool.wait(1.0)
            if any(job.status not in ("", "ok") for job in jobs.values()):
                break
        self._notes += [f"Refit: {last_line(job.error) or job.status}" for job in jobs.values()
                        if job.status not in ("ok", "timeout", "")]
        return [jobs[place].value if place in jobs and jobs[place].status == "ok" else None
                for place in range(len(configurations))]

    def stop(self) -> None:
        """Give up all that still runs in the pool."""
        for job in self._pool.jobs:
            self._pool.cancel(job, self._clock.stretched(HANDOVER))

    def _can_start(self, configuration: Configuration) -> bool:
        """Whether a worker is ready for a configuration, and nothing else runs beside what is expensive."""
        if not self._pool.jobs:
            return self._pool.ready or self._pool.idle > 0
        return self._pool.ready and not is_expensive(configuration)
