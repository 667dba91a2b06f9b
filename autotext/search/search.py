"""The search itself: what is tried when, what is chosen, and the refit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from autotext.budget import Budget
from autotext.components import is_expensive
from autotext.evaluation import Evaluation
from autotext.report import Report
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.search.clock import Clock
from autotext.search.cost_model import CostModel
from autotext.search.out_of_fold import OutOfFold
from autotext.search.proposer import Proposal, Proposer
from autotext.search.refit import LATE, LEAVING, FallbackPipeline, Refit, SearchResult, last_line
from autotext.search.selection import Selection
from autotext.search.storage import Record, Storage
from autotext.space import Configuration
from autotext.task import Split, Task
from autotext.workers.pool import Job, Pool

OnEvaluation = Callable[[Evaluation, Report], None]

# Seconds in which a job is given up and its worker is ready again.
_BOOT = 3.0
# Seconds of computing in which a worker gives up what can be interrupted.
_GRACE = 0.5
FIRST_ROWS = 2000
_START_SHARE = 0.8
# Of the time left, what a candidate may take once another was judged: more are to come.
_LONGEST = 0.5
# So many candidates in a row that would not end in time mean that it is time to finish.
_TOO_LONG = 20
# The first candidate that was judged is refitted at once if that takes no larger share of the time left; later ones that are
# better if all such refits together take no larger share of the budget.
_SECURED_SHARE, _SECURED_TOTAL = 0.4, 0.1
# A path is judged along with a candidate if that takes no larger share of the time left.
_PATH_SHARE = 0.25
# So many candidates without a gain, and as many again as it took to the last one, mean that little more is to be expected.
_PATIENCE = 200
# Of the standard deviation of a score: what counts as a gain.
_GAIN = 0.1


@dataclass
class Search:
    """One search on one task.

    Parameters
    ----------
    task : Task
    split : Split
    metric : Metric
    proposer : Proposer
    first : Configuration
        A cheap one, fitted on some rows at once, so that there always is a pipeline.
    budget : Budget
    clock : Clock
    pool : Pool
    report : Report
        Filled as the search goes.
    on_evaluation : callable or None
    seed : int
    usual_seconds : dict of str to float
        Cost of structures on prior tasks.
    storage : Storage or None
        Keeps what is evaluated; what it holds already was evaluated by earlier calls of this search.
    """

    task: Task
    split: Split
    metric: Metric
    proposer: Proposer
    first: Configuration
    budget: Budget
    clock: Clock
    pool: Pool
    report: Report
    on_evaluation: OnEvaluation | None = None
    seed: int = 0
    usual_seconds: Mapping[str, float] = field(default_factory=dict)
    storage: Storage | None = None
    _submitted: int = 0
    _finishing: bool = False
    _secured: float = 0.0
    _gained: tuple[float, int] = (float("-inf"), 0)
    _next: Proposal | None = None
    _abandoned: set[str] = field(default_factory=set)

    def run(self) -> SearchResult:
        """Search until the budget ends or the user interrupts, then refit the best.

        Raises
        ------
        SearchError
            Nothing at all could be fitted.
        KeyboardInterrupt
            The user interrupted a second time.
        """
        self._targets = self.task.targets[self.split.rows[self.split.validation_rows]]
        self._out_of_fold = OutOfFold(Validation(self._targets, self.split.validation_folds, len(self.task.classes),
                                                 self.metric, self.seed))
        self._selection = Selection(self._out_of_fold)
        self._costs = CostModel(len(self.task), len(self.split.rows), len(self.split.validation_rows),
                            len(self.task.test) if self.task.test else 0, len(self.split.folds), self.usual_seconds,
                            self.clock if self.clock.limited else None)
        self._finish = Refit(self.task, self.split, self.metric, self.budget, self.clock, self.pool, self._out_of_fold,
                             self._selection, self._costs, self._targets, self.seed)
        self._fallback = FallbackPipeline(self.first, self.split.some_rows(FIRST_ROWS, self.seed))
        self._restore()
        began = self.clock.elapsed
        try:
            self._search()
            status = "finished"
        except KeyboardInterrupt:
            status = "interrupted"
        self._stop_jobs()
        if self._next is not None:
            self.proposer.withdraw(self._next)
        searched = self.clock.elapsed
        try:
            found = self._finish.run(self.report, self._fallback, hurry=status == "interrupted")
        except KeyboardInterrupt:
            if status == "interrupted":
                raise
            # The search is over: what is left to do is what an interrupted search does.
            status = "interrupted"
            self._stop_jobs()
            found = self._finish.run(self.report, self._fallback, hurry=True)
        seconds = {**self.report.seconds, "search": searched - began, "refit": self.clock.elapsed - searched}
        found.report = found.report.replace(status=status, seconds=seconds, duplicates=self.proposer.duplicates,
                                            illegal=self.proposer.illegal)
        return found

    def _restore(self) -> None:
        """Take over what earlier calls evaluated."""
        if self.storage is None:
            return
        for record in self.storage.records:
            self._costs.learn(Configuration(record.evaluations[0].configuration), record.evaluations)
            for evaluation in record.evaluations:
                self._file(evaluation)
                if evaluation.fingerprint in record.answers:
                    self._out_of_fold.restore(evaluation, record.answers[evaluation.fingerprint])
                    self._selection.forget_losers(self.report.leaderboard)
        self._submitted = len(self.storage.records)
        board = self.report.leaderboard
        self._gained = (float(board[0].score or 0.0) if board else float("-inf")), self._submitted
        self.report = self.report.replace(resumed=len(self.report.evaluations))
        if self.storage.lost:
            self._note(f"{self.storage.lost:,} evaluations in {str(self.storage.folder)!r} could not be read again and "
                       "count as never made.")

    def _search(self) -> None:
        message = {"do": "fit", "configuration": self._fallback.configuration, "rows": self._fallback.rows}
        self.pool.submit(message, self.budget.deadline, self._fallback)
        while True:
            while self.pool.idle and not self._finishing and self._submit():
                pass
            if not self.pool.jobs:
                return
            self._think_ahead()
            for job in self.pool.wait(self._patience()):
                self._take(job)
            if self.clock.limited and self._free_a_worker():
                return

    def _think_ahead(self) -> None:
        """Have the next proposal ready before a worker waits for it; it cannot know what those under way will show."""
        ended = self._finishing or self.clock.remaining - self._reserve() <= _BOOT
        if self.clock.limited and self._next is None and not ended and self.proposer.thinks and not self.pool.idle:
            self._next = self.proposer.ask()

    def _ask(self) -> Proposal | None:
        proposal, self._next = self._next, None
        return proposal or self.proposer.ask()

    @property
    def _expensive_runs(self) -> bool:
        return any(isinstance(job.note, Proposal) and is_expensive(job.note.configuration) for job in self.pool.jobs)

    def _patience(self) -> float:
        return min(0.5, max(0.02, self.clock.remaining - self._reserve()))

    def _free_a_worker(self) -> bool:
        """Whether it is time for the refit; shortly before, see to it that a worker will be ready for it."""
        left = self.clock.remaining - self._reserve()
        if left <= 0:
            return True
        if not self._finishing and left <= _BOOT and not self.pool.idle:
            self._finishing = True
            for job in sorted(filter(self._may_end, self.pool.jobs), key=lambda job: -job.number)[:1]:
                self._cancel(job)
        return self._finishing and not any(isinstance(job.note, Proposal) and job.status != "cancelled"
                                           for job in self.pool.jobs)

    def _reserve(self) -> float:
        return self._finish.reserve(self.report)

    def _submit(self) -> bool:
        """Start the next candidate on an idle worker; False if there is none, or no time for it."""
        if self.budget.trials is not None and self._submitted >= self.budget.trials:
            return False
        if self._expensive_runs:
            # It has all cores.
            return False
        if not self._finishing and (reason := self._why_enough()):
            self._note(f"The search ended after {self.clock.elapsed:.0f} of {self.budget.seconds:,.0f} s: {reason}.")
            self._finishing = True
            return False
        for _ in range(_TOO_LONG):
            proposal = self._ask()
            if proposal is None:
                return False
            left = self.clock.remaining - self._reserve()
            longest = self._longest(proposal.configuration, left)
            if longest >= _START_SHARE * self._costs.required_seconds(proposal.configuration) and left > 0:
                break
            self.proposer.withdraw(proposal)
            if left <= 0:
                # Each proposal takes time, which would be taken from the refit.
                return False
        else:
            self._finishing = True
            return False
        self._submitted += 1
        if self.clock.limited and proposal.regularization_path and (
                self._costs.evaluation(proposal.configuration) > _PATH_SHARE * left):
            proposal = self.proposer.drop_regularization_path(proposal)
        free = self.clock.limited and self.budget.trial_seconds is None and is_expensive(proposal.configuration)
        deadline = longest if free else min(self.budget.deadline, longest)
        message = {"do": "judge", "configuration": proposal.configuration, "path": proposal.regularization_path,
                   "pruner": self._selection.pruner(self.report.leaderboard, self.seed)}
        self.pool.submit(message, deadline, proposal)
        return True

    def _longest(self, configuration: Configuration, left: float) -> float:
        """What a candidate may take of the time left; what is expensive gives itself up if there was none for its refit."""
        return left * (_LONGEST if self.report.leaderboard and not is_expensive(configuration) else 1.0)

    def _why_enough(self) -> str:
        """Why the rest of the time is not worth it; empty if it is."""
        if self.budget.trials is not None or not self.clock.limited:
            return ""
        best, at = self._gained
        if best >= self.metric.best:
            return "no score can be better"
        tried = self._submitted - at
        return f"the last {tried:,} trials brought no gain" if tried >= max(_PATIENCE, at) else ""

    def _mark_gain(self, evaluations: Sequence[Evaluation]) -> None:
        """Remember the best score, and when it came, if it is more than a little better."""
        scores = [float(evaluation.score) for evaluation in evaluations if evaluation.score is not None]
        if scores and max(scores) > self._gained[0] + _GAIN * 0.5 / len(self.split.rows) ** 0.5:
            self._gained = max(scores), self._submitted

    def _take(self, job: Job) -> None:
        """File what a worker answered."""
        if self.clock.limited:
            self.clock.compare(job.seconds, job.computing)
        if isinstance(job.note, FallbackPipeline):
            self._take_fallback(job)
        if not isinstance(job.note, Proposal):
            return
        proposal = job.note
        if job.status == "cancelled" or (job.status == "timeout" and job.deadline is not None
                                         and job.deadline < self.budget.deadline):
            self._take_back(job, proposal)
            return
        evaluations = self._evaluations(job, proposal)
        self.proposer.tell(proposal, evaluations)
        self._costs.learn(proposal.configuration, evaluations, job.estimated_seconds)
        for evaluation, result in zip(evaluations, job.value or [None], strict=True):
            self._file(evaluation)
            if result is not None:
                self._out_of_fold.add(evaluation, result)
                self._selection.forget_losers(self.report.leaderboard)
        self._store(evaluations)
        self._mark_gain(evaluations)
        self._secure()
        for evaluation in evaluations:
            if self.on_evaluation is not None:
                self.on_evaluation(evaluation, self.report)

    def _take_back(self, job: Job, proposal: Proposal) -> None:
        """Note that a candidate was ended for want of time, which says nothing of how good it is."""
        self.proposer.withdraw(proposal)
        self._submitted -= 1
        if job.estimated_seconds or job.status == "timeout":
            self._costs.learn(proposal.configuration, (), job.estimated_seconds or job.seconds)
        if job.estimated_seconds:
            self._note_too_slow(proposal.configuration, job.estimated_seconds)

    def _file(self, evaluation: Evaluation) -> None:
        """Enter an evaluation in the report."""
        warm = dict(self.report.warm_start)
        if evaluation.origin == "warm" and warm:
            warm["tried"] += 1
        self.report = self.report.replace(evaluations=(*self.report.evaluations, evaluation), warm_start=warm,
                                          seconds={**self.report.seconds, "total": self.clock.elapsed})

    def _store(self, evaluations: Sequence[Evaluation]) -> None:
        if self.storage is None or self.storage.failure:
            return
        answers = {evaluation.fingerprint: self._out_of_fold.answers(evaluation) for evaluation in evaluations
                   if evaluation.status in ("ok", "part", "raced")}
        record = Record(tuple(evaluations), self.proposer.progress, answers)
        self.storage.append(record, self._out_of_fold.with_margins)
        if self.storage.failure:
            self._note(f"Nothing more could be kept in {str(self.storage.folder)!r} ({self.storage.failure}): what followed "
                       "would not have survived a kill.")

    def _take_fallback(self, job: Job) -> None:
        fallback: FallbackPipeline = job.note
        if fallback.evaluation is not None:
            self._secured += job.seconds
        if job.status not in ("ok", "cancelled"):
            which = "The first pipeline" if fallback.evaluation is None else fallback.configuration.describe()
            self._note(f"{which} could not be fitted: {last_line(job.error)}")
            fallback.failed = True
        elif job.status == "ok":
            fallback.chain = job.value
            if fallback.evaluation is not None:
                self._costs.learn_refit(fallback.evaluation, job.seconds)
            elif fallback.rows is not None:
                self._costs.learn_first(fallback.configuration, job.seconds, len(fallback.rows))
            if fallback.evaluation is not None or self._fallback.chain is None:
                self._fallback = fallback

    @staticmethod
    def _evaluations(job: Job, proposal: Proposal) -> list[Evaluation]:
        """The proposal's own evaluation, then those of its path; what several share is counted once, to the proposal."""
        if job.status != "ok":
            return [Evaluation(proposal.number, proposal.configuration.to_json(), proposal.configuration.fingerprint,
                               proposal.origin, job.status, seconds=job.seconds,  # type: ignore[arg-type]
                               memory_mib=job.peak_mib, error=job.error)]
        own = [result.unshared_seconds for result in job.value]
        seconds = [job.seconds - sum(own[1:]), *own[1:]]
        return [Evaluation(proposal.number + place, configuration.to_json(), configuration.fingerprint,
                           "path" if place else proposal.origin, result.status,
                           result.score if result.status == "ok" else None, result.fold_scores, seconds[place],
                           result.stage_seconds, job.peak_mib, result.size, result.predicted_seconds)
                for place, (configuration, result) in enumerate(zip(proposal.configurations, job.value, strict=True))]

    def _secure(self) -> None:
        """Refit who leads at once where that is cheap: whatever comes later, a pipeline that was judged is in hand."""
        if (not self.clock.limited or not self.pool.idle or self._finishing
                or any(isinstance(job.note, FallbackPipeline) for job in self.pool.jobs)):
            return
        held, board = self._fallback.evaluation, self.report.leaderboard
        left = _SECURED_SHARE * self.clock.remaining
        if held is not None:
            left = min(left, _SECURED_TOTAL * (self.budget.seconds or 0.0) * self.pool.size - self._secured)
            board = [best for best in board[:1] if self._selection.clearly_better(best, held)]
        for evaluation in board:
            known = evaluation.fingerprint in self._out_of_fold.with_margins
            if known and self._costs.safety * self._costs.refit(evaluation) <= left:
                better = FallbackPipeline(Configuration(evaluation.configuration), None, None, evaluation,
                                  self._out_of_fold.margins(evaluation))
                self.pool.submit({"do": "fit", "configuration": better.configuration, "rows": None}, self.budget.deadline,
                                 better)
                return

    def _note_too_slow(self, configuration: Configuration, needed: float) -> None:
        """Say once of expensive features why they were not judged."""
        features = str(configuration["features"])
        if is_expensive(configuration) and features not in self._abandoned:
            self._abandoned.add(features)
            self._note(f"Given up, as it would have taken about {needed:,.0f} s to judge and as long again to refit: "
                       f"{configuration.describe()}.")

    def _note(self, text: str) -> None:
        self.report = self.report.replace(notes=(*self.report.notes, text))

    def _stop_jobs(self) -> None:
        """Give up what is under way; a worker that is free already need not wait for the others.

        Where nothing else could answer, the first pipeline is waited for.
        """
        for job in self.pool.jobs:
            if self._may_end(job):
                self._cancel(job)
            elif self.clock.limited:
                job.ends = time.monotonic() + max(self.clock.remaining - self.clock.stretched(LEAVING), LATE)
        while self.pool.jobs and not self.pool.ready:
            for job in self.pool.wait(1.0):
                self._take(job)

    def _may_end(self, job: Job) -> bool:
        """Whether there is something that could answer without the result of a job."""
        return not isinstance(job.note, FallbackPipeline) or self._fallback.chain is not None or bool(self.report.leaderboard)

    def _cancel(self, job: Job) -> None:
        self.pool.cancel(job, _GRACE * self.clock.slowdown)
