"""Pipelines that are fitted while a search goes on, so that there is one whenever it must end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autotext.evaluation import Evaluation
from autotext.pipeline import Chain
from autotext.search.clock import Clock
from autotext.search.cost_model import CostModel
from autotext.search.log import SearchLog, last_line
from autotext.search.selection import Selection
from autotext.space import Configuration
from autotext.workers.messages import Fit
from autotext.workers.pool import Job, Pool

# The first candidate with a score is refitted at once if that takes at most this share of the time left; better ones that
# follow are refitted, too, as long as all such refits together take at most the second share of the budget.
_FIRST_SHARE, _TOTAL_SHARE = 0.4, 0.1


@dataclass
class FallbackPipeline:
    """A pipeline that is fitted while the search goes on, and becomes the result if there is no time for a better one.

    Parameters
    ----------
    configuration : Configuration
    rows : int array or None
        Rows of the task that it is fitted on; None: all.
    chain : Chain or None
        None until it is fitted.
    evaluation : Evaluation or None
        None if it was never cross-validated.
    margins : array or None
        Its out-of-fold margins.
    failed : bool, default=False
        Whether fitting it failed.
    """

    configuration: Configuration
    rows: NDArray[np.intp] | None
    chain: Chain | None = None
    evaluation: Evaluation | None = None
    margins: NDArray[np.float64] | None = None
    failed: bool = False


class FallbackFitter:
    """Fits fallback pipelines on the workers of a search: a cheap one first, then candidates that lead and are cheap to refit.

    Parameters
    ----------
    first : FallbackPipeline
        Not yet fitted; on so few rows that it is ready at once.
    pool : Pool
    clock : Clock
    log : SearchLog
    costs : CostModel
    selection : Selection

    Attributes
    ----------
    pipeline : FallbackPipeline
        The best one so far.
    """

    def __init__(self, first: FallbackPipeline, pool: Pool, clock: Clock, log: SearchLog, costs: CostModel,
                 selection: Selection) -> None:
        self.pipeline = first
        self._pool, self._clock, self._log, self._costs, self._selection = pool, clock, log, costs, selection
        self._seconds = 0.0

    def submit(self, pipeline: FallbackPipeline) -> None:
        """Have a worker fit a pipeline."""
        self._pool.submit(Fit(pipeline.configuration, pipeline.rows), self._clock.budget.deadline, pipeline)

    def accept(self, job: Job) -> None:
        """Take what became of the job that fits a pipeline, and learn from the seconds that it took."""
        pipeline = job.note
        assert isinstance(pipeline, FallbackPipeline)
        if pipeline.evaluation is not None:
            self._seconds += job.seconds
        if job.status not in ("ok", "cancelled"):
            name = "The first pipeline" if pipeline.evaluation is None else pipeline.configuration.describe()
            self._log.note(f"{name} could not be fitted: {last_line(job.error)}")
            pipeline.failed = True
        elif job.status == "ok":
            pipeline.chain = job.value
            if pipeline.evaluation is not None:
                self._costs.learn_refit(pipeline.evaluation, job.seconds)
            elif pipeline.rows is not None:
                self._costs.learn_first(pipeline.configuration, job.seconds, len(pipeline.rows))
            if pipeline.evaluation is not None or self.pipeline.chain is None:
                self.pipeline = pipeline

    def refit_leader(self) -> None:
        """Refit the candidate that leads, if a worker is idle and it is cheap; the first time, any candidate will do."""
        if (not self._clock.limited or not self._pool.idle
                or any(isinstance(job.note, FallbackPipeline) for job in self._pool.jobs)):
            return
        fitted, board = self.pipeline.evaluation, self._log.leaderboard
        seconds = _FIRST_SHARE * self._clock.remaining
        if fitted is not None:
            total = _TOTAL_SHARE * (self._clock.budget.seconds or 0.0) * self._pool.size
            seconds = min(seconds, total - self._seconds)
            board = [best for best in board[:1] if self._selection.clearly_better(best, fitted)]
        for evaluation in board:
            if (self._selection.out_of_fold.has_margins(evaluation)
                    and self._costs.safety * self._costs.refit_seconds(evaluation) <= seconds):
                self.submit(FallbackPipeline(Configuration(evaluation.configuration), None, None, evaluation,
                                             self._selection.out_of_fold.margins(evaluation)))
                return
