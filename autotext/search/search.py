"""The search itself: proposals are evaluated on workers until the budget ends, then the best are refitted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from autotext.cross_validation.cross_validate import CrossValidationResult
from autotext.evaluation import Evaluation
from autotext.scoring.validation import Validation
from autotext.search.clock import Clock
from autotext.search.cost_model import CostModel
from autotext.search.fallback import FallbackFitter, FallbackPipeline
from autotext.search.fitting import LATE
from autotext.search.log import SearchLog
from autotext.search.out_of_fold import OutOfFold
from autotext.search.proposer import Proposal, Proposer
from autotext.search.refit import Refit, SearchResult
from autotext.search.refit_cost import RefitCost
from autotext.search.scheduler import CANCELLATION, Scheduler
from autotext.search.score_estimate import ScoreEstimator
from autotext.search.selection import Selection
from autotext.search.stopping import StoppingRule
from autotext.search.storage import Answers
from autotext.search.warm_start import WarmStart
from autotext.space import Configuration
from autotext.task import Split, Task
from autotext.workers.pool import Job, Pool

# Seconds of computing in which a worker gives up what can be interrupted.
_GRACE = 0.5
# Seconds after which the search looks at the clock again, at least and at most, if no job ends before.
_LEAST_WAIT, _MOST_WAIT = 0.02, 0.5


class Search:
    """One search on one task.

    Parameters
    ----------
    task : Task
    split : Split
    validation : Validation
        Of the rows of the split that some fold holds out.
    proposer : Proposer
    warm_start : WarmStart
        Its cheapest configuration is fitted on some rows at once, so that there always is a pipeline.
    clock : Clock
    pool : Pool
        Set up for the task.
    log : SearchLog
    """

    def __init__(self, task: Task, split: Split, validation: Validation, proposer: Proposer, warm_start: WarmStart,
                 clock: Clock, pool: Pool, log: SearchLog) -> None:
        self._proposer, self._clock, self._pool, self._log = proposer, clock, pool, log
        self._out_of_fold = OutOfFold(validation)
        self._selection = Selection(self._out_of_fold)
        self._costs = CostModel.of_task(task, split, warm_start, clock)
        self._stopping = StoppingRule(clock.budget, validation.metric.best, len(split.rows))
        estimator = ScoreEstimator(task, split, self._selection, pool, clock)
        self._refit_cost = RefitCost(self._costs, self._selection, clock, pool.size, estimator.seconds)
        self._scheduler = Scheduler(proposer, pool, clock, log, self._costs, self._refit_cost, self._selection, self._stopping)
        first = FallbackPipeline(warm_start.cheapest, split.some_rows(warm_start.n_first_rows, validation.seed))
        self._fallback = FallbackFitter(first, pool, clock, log, self._costs, self._selection)
        self._refit = Refit(task, split, self._selection, pool, clock, self._refit_cost, estimator)

    def run(self) -> SearchResult:
        """Search until the budget ends or the user interrupts, then refit the best.

        Raises
        ------
        SearchError
            Nothing at all could be fitted.
        KeyboardInterrupt
            The user interrupted a second time.
        """
        self._restore()
        began = self._clock.elapsed
        try:
            self._search()
            self._stop_jobs()
            status = "finished"
        except KeyboardInterrupt:
            status = "interrupted"
            self._stop_jobs()
        self._scheduler.withdraw_next()
        searched = self._clock.elapsed
        try:
            result = self._refit.run(self._log.report, self._fallback.pipeline, hurry=status == "interrupted")
        except KeyboardInterrupt:
            if status == "interrupted":
                raise
            # The search is over: what is left to do is what an interrupted search does.
            status = "interrupted"
            self._stop_jobs()
            result = self._refit.run(self._log.report, self._fallback.pipeline, hurry=True)
        seconds = {**self._log.report.seconds, "search": searched - began, "refit": self._clock.elapsed - searched}
        result.report = result.report.replace(status=status, seconds=seconds, duplicates=self._proposer.duplicates,
                                              illegal=self._proposer.illegal)
        return result

    def _restore(self) -> None:
        """Take over what earlier calls evaluated."""
        for record in self._log.records:
            self._costs.learn(Configuration(record.evaluations[0].configuration), record.evaluations)
            self._keep(record.evaluations, record.answers)
        self._scheduler.n_started = len(self._log.records)
        self._stopping.restore(self._log.leaderboard, self._scheduler.n_started)
        self._log.note_resumed()

    def _search(self) -> None:
        """Keep the workers busy until no proposal is left, or the time has come for the refit."""
        if not (self._clock.limited and self._costs.first_is_quick):
            self._fallback.submit(self._fallback.pipeline)
        while True:
            while self._pool.idle and self._scheduler.submit_next():
                pass
            if not self._pool.jobs:
                return
            self._scheduler.think_ahead()
            for job in self._pool.wait(min(_MOST_WAIT, max(_LEAST_WAIT, self._scheduler.seconds_left))):
                self._take(job)
            if self._clock.limited and self._is_time_to_refit():
                return

    def _is_time_to_refit(self) -> bool:
        """Whether the search must end; shortly before it must, a worker is made ready for the refit."""
        seconds_left = self._scheduler.seconds_left
        if seconds_left <= 0 or self._scheduler.stops_early():
            return True
        if not self._scheduler.is_closed and seconds_left <= self._clock.stretched(CANCELLATION) and not self._pool.idle:
            self._scheduler.is_closed = True
            for job in sorted(filter(self._can_cancel, self._pool.jobs), key=lambda job: -job.number)[:1]:
                self._cancel(job)
        return self._scheduler.is_closed and not any(isinstance(job.note, Proposal) and job.status != "cancelled"
                                                     for job in self._pool.jobs)

    def _take(self, job: Job) -> None:
        """Take what a worker returned."""
        if self._clock.limited:
            self._clock.compare(job.seconds, job.computing)
        if isinstance(job.note, FallbackPipeline):
            self._fallback.accept(job)
            self._refit_cost.fitted = self._fallback.pipeline.evaluation
        elif isinstance(job.note, Proposal):
            ended_early = job.status == "timeout" and job.timeout is not None and job.timeout < self._clock.budget.deadline
            if job.status == "cancelled" or ended_early:
                self._take_back(job, job.note)
            else:
                self._take_evaluations(job, job.note)

    def _take_back(self, job: Job, proposal: Proposal) -> None:
        """Withdraw a proposal that was ended for want of time, which says nothing of how good it is."""
        self._scheduler.withdraw(proposal)
        if job.estimated_seconds or job.status == "timeout":
            self._costs.learn(proposal.configuration, (), job.estimated_seconds or job.seconds)
        if job.estimated_seconds:
            self._log.note_too_slow(proposal.configuration, job.estimated_seconds)

    def _take_evaluations(self, job: Job, proposal: Proposal) -> None:
        """Record the evaluations of a proposal, and learn from them what to do next."""
        evaluations = make_evaluations(job, proposal)
        self._proposer.tell(proposal, evaluations)
        self._costs.learn(proposal.configuration, evaluations, job.estimated_seconds)
        results = {} if job.value is None else {evaluation.fingerprint: result for evaluation, result
                                                in zip(evaluations, job.value, strict=True)}
        self._keep(evaluations, results)
        self._log.store(evaluations, self._proposer.progress, self._out_of_fold)
        self._stopping.tell(evaluations, self._scheduler.n_started)
        if not self._scheduler.is_closed:
            self._fallback.refit_leader()
        self._log.announce(evaluations)

    def _keep(self, evaluations: Sequence[Evaluation], answers: Mapping[str, Answers | CrossValidationResult]) -> None:
        """Enter evaluations in the report, and keep the out-of-fold predictions that there are for them."""
        for evaluation in evaluations:
            self._log.add(evaluation)
            answer = answers.get(evaluation.fingerprint)
            if isinstance(answer, Answers):
                self._out_of_fold.restore(evaluation, answer)
            elif answer is not None:
                self._out_of_fold.add(evaluation, answer)
            if answer is not None:
                self._selection.forget_losers(self._log.leaderboard)

    def _stop_jobs(self) -> None:
        """Give up the jobs that still run, until a worker is ready: the refit need not wait for the others.

        Where nothing else could be returned, the first pipeline is waited for.
        """
        for job in self._pool.jobs:
            if self._can_cancel(job):
                self._cancel(job)
            elif self._clock.limited:
                job.deadline = time.monotonic() + max(self._clock.before_handover, LATE)
        while self._pool.jobs and not self._pool.ready:
            for job in self._pool.wait(1.0):
                self._take(job)

    def _can_cancel(self, job: Job) -> bool:
        """Whether there is something to return without the result of a job."""
        return (not isinstance(job.note, FallbackPipeline) or self._fallback.pipeline.chain is not None
                or bool(self._log.leaderboard))

    def _cancel(self, job: Job) -> None:
        self._pool.cancel(job, _GRACE * self._clock.slowdown)


def make_evaluations(job: Job, proposal: Proposal) -> list[Evaluation]:
    """Make the evaluations of a proposal and of its regularization path, from the job that has cross-validated them.

    Seconds that they share are counted once, to the proposal's own configuration.

    Parameters
    ----------
    job : Job
        It has ended; if its status is not ``"ok"``, there is only the evaluation of the proposal's own configuration.
    proposal : Proposal

    Returns
    -------
    list of Evaluation
        Of the proposal's own configuration first.
    """
    forecast = {"seconds": proposal.expected_seconds, "took": job.seconds} if proposal.expected_seconds else {}
    if proposal.expected_score is not None:
        forecast |= dict(zip(("score", "deviation"), proposal.expected_score, strict=True))
    if job.status != "ok":
        return [Evaluation(proposal.number, proposal.configuration.to_json(), proposal.configuration.fingerprint,
                           proposal.origin, job.status, seconds=job.seconds,  # type: ignore[arg-type]
                           memory_mib=job.peak_mib, error=job.error, forecast=forecast)]
    path_seconds = [result.unshared_seconds for result in job.value[1:]]
    seconds = [job.seconds - sum(path_seconds), *path_seconds]
    return [Evaluation(proposal.number + place, configuration.to_json(), configuration.fingerprint,
                       "path" if place else proposal.origin, result.status, result.score if result.status == "ok" else None,
                       result.fold_scores, seconds[place], result.stage_seconds, job.peak_mib, result.size,
                       result.predicted_seconds, forecast={} if place else forecast)
            for place, (configuration, result) in enumerate(zip(proposal.configurations, job.value, strict=True))]
