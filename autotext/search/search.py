"""The search itself: what is tried when, what is chosen, and the refit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from autotext.budget import Budget
from autotext.evaluation import Evaluation
from autotext.metrics import Metric
from autotext.report import Report
from autotext.search.candidates import Candidates
from autotext.search.clock import Clock
from autotext.search.costs import Costs, costly
from autotext.search.finish import Fallback, Finish, Found, last_line
from autotext.search.pool import Job, Pool
from autotext.search.proposer import Proposal, Proposer
from autotext.search.storage import Record, Storage
from autotext.space import Configuration
from autotext.task import Split, Task, sample_rows

OnEvaluation = Callable[[Evaluation, Report], None]

# Seconds in which a job is given up and its worker is ready again.
_BOOT = 3.0
_FIRST_ROWS = 2000
_START_SHARE = 0.8
# So many candidates in a row that would not end in time mean that it is time to finish.
_TOO_LONG = 20
_SECURED_SHARE = 0.4
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
    _secured: bool = False
    _gained: tuple[float, int] = (float("-inf"), 0)
    _next: Proposal | None = None
    _given_up: set[str] = field(default_factory=set)

    def run(self) -> Found:
        """Search until the budget ends or the user interrupts, then refit the best.

        Raises
        ------
        SearchError
            Nothing at all could be fitted.
        KeyboardInterrupt
            The user interrupted a second time.
        """
        self._targets = self.task.targets[self.split.rows]
        self._candidates = Candidates(self._targets, len(self.task.classes), self.metric, self.split.folds)
        self._costs = Costs(len(self.task), len(self.split.rows), len(self.task.test) if self.task.test else 0,
                            len(self.split.folds), self.usual_seconds)
        self._finish = Finish(self.task, self.split, self.metric, self.budget, self.clock, self.pool, self._candidates,
                              self._costs, self._targets, self.seed)
        rows = sample_rows(self.task.texts, self.task.targets, _FIRST_ROWS, self.seed)
        self._fallback = Fallback(self.first, rows)
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
                    self._candidates.restore(evaluation, record.answers[evaluation.fingerprint], self.report.leaderboard)
        self._submitted = len(self.storage.records)
        board = self.report.leaderboard
        self._gained = (float(board[0].score or 0.0) if board else float("-inf")), self._submitted
        self.report = self.report.replace(resumed=len(self.report.evaluations))
        if self.storage.lost:
            self._note(f"{self.storage.lost:,} evaluations in {str(self.storage.folder)!r} have lost their predictions and "
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
            if self.clock.limited and self._make_room():
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
    def _costly_runs(self) -> bool:
        return any(isinstance(job.note, Proposal) and costly(job.note.configuration) for job in self.pool.jobs)

    def _patience(self) -> float:
        return min(0.5, max(0.02, self.clock.remaining - self._reserve()))

    def _make_room(self) -> bool:
        """Whether it is time for the refit; shortly before, see to it that a worker will be ready for it."""
        left = self.clock.remaining - self._reserve()
        if left <= 0:
            return True
        if not self._finishing and left <= _BOOT and not self.pool.idle:
            self._finishing = True
            self.pool.cancel(max(self.pool.jobs, key=lambda job: job.number))
        return self._finishing and not any(isinstance(job.note, Proposal) and job.status != "cancelled"
                                           for job in self.pool.jobs)

    def _reserve(self) -> float:
        return self._finish.reserve(self.report)

    def _submit(self) -> bool:
        """Start the next candidate on an idle worker; False if there is none, or no time for it."""
        if self.budget.trials is not None and self._submitted >= self.budget.trials:
            return False
        if self._costly_runs:
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
            if left >= _START_SHARE * self._costs.room(proposal.configuration) and left > 0:
                break
            self.proposer.withdraw(proposal)
            if left <= 0:
                # Each proposal takes time, which would be taken from the refit.
                return False
        else:
            self._finishing = True
            return False
        self._submitted += 1
        # What is costly gives itself up if it would leave no time for its refit.
        free = self.budget.trial_seconds is None and costly(proposal.configuration)
        usual = left if free else self.budget.deadline
        deadline = min(usual, left) if self.clock.limited else self.budget.deadline
        message = {"do": "judge", "configuration": proposal.configuration, "path": proposal.path,
                   "race": self._candidates.race(self.report.leaderboard, self.seed)}
        self.pool.submit(message, deadline, proposal)
        return True

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
        if isinstance(job.note, Fallback):
            self._take_fallback(job)
        if not isinstance(job.note, Proposal):
            return
        proposal = job.note
        if job.status == "cancelled" or (job.status == "timeout" and job.deadline is not None
                                         and job.deadline < self.budget.deadline):
            # Ended by the end of the search, which says nothing about the candidate.
            self.proposer.withdraw(proposal)
            self._submitted -= 1
            if job.needed:
                self._costs.learn(proposal.configuration, (), job.needed)
                self._note_too_slow(proposal.configuration, job.needed)
            return
        evaluations = self._evaluations(job, proposal)
        self.proposer.tell(proposal, evaluations)
        self._costs.learn(proposal.configuration, evaluations, job.needed)
        for evaluation, judged in zip(evaluations, job.value or [None], strict=True):
            self._file(evaluation)
            if judged is not None:
                self._candidates.add(evaluation, judged, self.report.leaderboard)
        self._store(evaluations)
        self._mark_gain(evaluations)
        for evaluation in evaluations:
            self._secure(evaluation)
            if self.on_evaluation is not None:
                self.on_evaluation(evaluation, self.report)

    def _file(self, evaluation: Evaluation) -> None:
        """Enter an evaluation in the report."""
        warm = dict(self.report.warm)
        if evaluation.origin == "warm" and warm:
            warm["tried"] += 1
        self.report = self.report.replace(evaluations=(*self.report.evaluations, evaluation), warm=warm,
                                          seconds={**self.report.seconds, "total": self.clock.elapsed})

    def _store(self, evaluations: Sequence[Evaluation]) -> None:
        if self.storage is None or self.storage.failure:
            return
        answers = {evaluation.fingerprint: self._candidates.answers(evaluation) for evaluation in evaluations
                   if evaluation.status in ("ok", "part", "raced")}
        record = Record(tuple(evaluations), self.proposer.progress, answers)
        self.storage.append(record, self._candidates.with_margins)
        if self.storage.failure:
            self._note(f"Nothing more could be kept in {str(self.storage.folder)!r} ({self.storage.failure}): what followed "
                       "would not have survived a kill.")

    def _take_fallback(self, job: Job) -> None:
        if job.status not in ("ok", "cancelled"):
            self._note(f"The first pipeline could not be fitted: {last_line(job.error)}")
        elif job.status == "ok" and (job.note.evaluation is not None or self._fallback.chain is None):
            self._fallback = job.note
            self._fallback.chain = job.value

    @staticmethod
    def _evaluations(job: Job, proposal: Proposal) -> list[Evaluation]:
        """The proposal's own evaluation, then those of its path; what several share is counted once, to the proposal."""
        if job.status != "ok":
            return [Evaluation(proposal.number, proposal.configuration.to_json(), proposal.configuration.fingerprint,
                               proposal.origin, job.status, seconds=job.seconds,  # type: ignore[arg-type]
                               memory_mib=job.peak_mib, error=job.error)]
        own = [judged.own_seconds for judged in job.value]
        seconds = [job.seconds - sum(own[1:]), *own[1:]]
        return [Evaluation(proposal.number + place, configuration.to_json(), configuration.fingerprint,
                           "path" if place else proposal.origin, judged.status,
                           judged.score if judged.status == "ok" else None, judged.fold_scores, seconds[place],
                           judged.stage_seconds, job.peak_mib, judged.size, judged.foreseen)
                for place, (configuration, judged) in enumerate(zip((proposal.configuration, *proposal.path), job.value,
                                                                    strict=True))]

    def _secure(self, evaluation: Evaluation) -> None:
        """Refit the first candidate that was judged at once if that is cheap: better a judged pipeline in hand than any."""
        if self._secured or evaluation.status != "ok" or not self.clock.limited:
            return
        if self._costs.finish(evaluation) <= _SECURED_SHARE * self.clock.remaining:
            self._secured = True
            better = Fallback(Configuration(evaluation.configuration), None, None, evaluation,
                              self._candidates.margins(evaluation))
            self.pool.submit({"do": "fit", "configuration": better.configuration, "rows": None}, self.budget.deadline, better)

    def _note_too_slow(self, configuration: Configuration, needed: float) -> None:
        """Say once of costly features why they were not judged."""
        features = str(configuration["features"])
        if costly(configuration) and features not in self._given_up:
            self._given_up.add(features)
            self._note(f"Given up, as it would have taken about {needed:,.0f} s to judge and as long again to refit: "
                       f"{configuration.describe()}.")

    def _note(self, text: str) -> None:
        self.report = self.report.replace(notes=(*self.report.notes, text))

    def _stop_jobs(self) -> None:
        """Give up what is under way; a worker that is free already need not wait for the others."""
        for job in self.pool.jobs:
            self.pool.cancel(job)
        while self.pool.jobs and not self.pool.ready:
            for job in self.pool.wait(1.0):
                self._take(job)
