"""The search itself: what is tried when, what is chosen, and the refit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from autotext.budget import Budget
from autotext.errors import SearchError
from autotext.evaluation import Evaluation
from autotext.honest import Honest
from autotext.metrics import Metric
from autotext.pipeline import Chain, Decision, learn_decision
from autotext.report import Report, class_table
from autotext.search.candidates import Candidates
from autotext.search.clock import Clock
from autotext.search.costs import Costs
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
_SECURED_SHARE = 0.15
_LEAVING = 0.4
# A refit that takes no longer than this is made even when the time is up.
_LATE = 1.0
# The honest score takes no more seconds than this, and no more than this share of the budget.
_HONEST = 1.0
_HONEST_SHARE = 0.03


@dataclass
class Found:
    """What a search leaves: a fitted chain, how it decides, and the record."""

    configuration: Configuration
    chain: Chain
    decision: Decision
    report: Report


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
    _fallback: Chain | None = None
    _fallback_of: Evaluation | None = None
    _submitted: int = 0
    _finishing: bool = False
    _secured_margins: NDArray[np.float64] | None = None
    _honest: Honest | None = None
    _estimated: bool = False

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
        self._restore()
        began = self.clock.elapsed
        try:
            self._search()
            status = "finished"
        except KeyboardInterrupt:
            status = "interrupted"
        self._stop_jobs()
        searched = self.clock.elapsed
        try:
            found = self._finish()
        except KeyboardInterrupt:
            if status == "interrupted":
                raise
            # The search is over: what is left to do is what an interrupted search does.
            status = "interrupted"
            self._stop_jobs()
            found = self._finish()
        seconds = {**self.report.seconds, "search": searched - began, "refit": self.clock.elapsed - searched}
        found.report = found.report.replace(status=status, seconds=seconds, duplicates=self.proposer.duplicates,
                                            illegal=self.proposer.illegal)
        return found

    def _restore(self) -> None:
        """Take over what earlier calls evaluated."""
        if self.storage is None:
            return
        for record in self.storage.records:
            for evaluation in record.evaluations:
                self._costs.learn(Configuration(evaluation.configuration), evaluation)
                self._file(evaluation)
                if evaluation.score is not None:
                    self._candidates.restore(evaluation, record.answers[evaluation.fingerprint], self.report.leaderboard)
        self._submitted = len(self.report.evaluations)
        self.report = self.report.replace(resumed=self._submitted)
        if self.storage.lost:
            self._note(f"{self.storage.lost:,} evaluations in {str(self.storage.folder)!r} have lost their predictions and "
                       "count as never made.")

    def _search(self) -> None:
        rows = sample_rows(self.task.texts, self.task.targets, _FIRST_ROWS, self.seed)
        self.pool.submit({"do": "fit", "configuration": self.first, "rows": rows}, self.budget.deadline)
        while True:
            while self.pool.idle and not self._finishing and self._submit():
                pass
            if not self.pool.jobs:
                return
            for job in self.pool.wait(self._patience()):
                self._take(job)
            if self.clock.limited and self._make_room():
                return

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
        """Seconds to keep for the refit of the best so far, and for the honest score meanwhile."""
        best = self.report.best
        return max(self._costs.finish(best), self._honest_seconds() + _LEAVING) if best else 1.0

    def _submit(self) -> bool:
        """Start the next candidate on an idle worker; False if there is none, or no time for it."""
        if self.budget.trials is not None and self._submitted >= self.budget.trials:
            return False
        for _ in range(_TOO_LONG):
            proposal = self.proposer.ask()
            if proposal is None:
                return False
            left = self.clock.remaining - self._reserve()
            if left >= _START_SHARE * self._costs.evaluation(proposal.configuration) and left > 0:
                break
            self.proposer.withdraw(proposal)
        else:
            self._finishing = True
            return False
        self._submitted += 1
        deadline = min(self.budget.deadline, left) if self.clock.limited else self.budget.deadline
        self.pool.submit({"do": "judge", "configuration": proposal.configuration}, deadline, proposal)
        return True

    def _take(self, job: Job) -> None:
        """File what a worker answered."""
        if not isinstance(job.note, Proposal):
            self._take_fallback(job)
            return
        proposal = job.note
        if job.status == "cancelled" or (job.status == "timeout" and job.deadline is not None
                                         and job.deadline < self.budget.deadline):
            # Ended by the end of the search, which says nothing about the candidate.
            self.proposer.withdraw(proposal)
            self._submitted -= 1
            return
        evaluation = self._evaluation(job, proposal)
        self.proposer.tell(proposal, evaluation)
        self._costs.learn(proposal.configuration, evaluation)
        self._file(evaluation)
        if evaluation.status == "ok":
            self._candidates.add(evaluation, job.value, self.report.leaderboard)
        self._store(evaluation)
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

    def _store(self, evaluation: Evaluation) -> None:
        if self.storage is None or self.storage.failure:
            return
        answers = {evaluation.fingerprint: self._candidates.answers(evaluation)} if evaluation.score is not None else {}
        self.storage.append(Record((evaluation,), self.proposer.progress, answers), self._candidates.with_margins)
        if self.storage.failure:
            self._note(f"Nothing more could be kept in {str(self.storage.folder)!r} ({self.storage.failure}): what followed "
                       "would not have survived a kill.")

    def _take_fallback(self, job: Job) -> None:
        if job.status not in ("ok", "cancelled"):
            self._note(f"The first pipeline could not be fitted: {_last_line(job.error)}")
        elif job.status == "ok" and (job.note is not None or self._fallback is None):
            self._fallback, self._fallback_of = job.value, job.note

    @staticmethod
    def _evaluation(job: Job, proposal: Proposal) -> Evaluation:
        judged = job.value
        good = job.status == "ok"
        return Evaluation(proposal.number, proposal.configuration.to_json(), proposal.configuration.fingerprint,
                          proposal.origin, job.status, judged.score if good else None,  # type: ignore[arg-type]
                          judged.fold_scores if good else (), job.seconds, judged.stage_seconds if good else {},
                          job.peak_mib, judged.size if good else 0, job.error)

    def _secure(self, evaluation: Evaluation) -> None:
        """Refit the first candidate that was judged at once if that is cheap: better a judged pipeline in hand than any."""
        if self._secured_margins is not None or evaluation.status != "ok" or not self.clock.limited:
            return
        if self._costs.finish(evaluation) <= _SECURED_SHARE * self.clock.remaining:
            self._secured_margins = self._candidates.margins(evaluation)
            configuration = Configuration(evaluation.configuration)
            self.pool.submit({"do": "fit", "configuration": configuration, "rows": None}, self.budget.deadline, evaluation)

    def _note(self, text: str) -> None:
        self.report = self.report.replace(notes=(*self.report.notes, text))

    def _stop_jobs(self) -> None:
        """Give up what is under way; a worker that is free already need not wait for the others."""
        for job in self.pool.jobs:
            self.pool.cancel(job)
        while self.pool.jobs and not self.pool.ready:
            for job in self.pool.wait(1.0):
                self._take(job)

    def _finish(self) -> Found:
        """Refit the best candidate there is time for; the first pipeline is the last resort."""
        for evaluation in self._candidates.ranked(self.report.leaderboard):
            if evaluation is self._fallback_of:
                break
            if self.clock.limited and self._costs.finish(evaluation, safety=1.0) > max(self.clock.remaining, _LATE):
                continue
            configuration = Configuration(evaluation.configuration)
            chain = self._fit(configuration, meanwhile=partial(self._estimate, evaluation))
            if chain is not None:
                return self._found(evaluation, chain, self._candidates.margins(evaluation))
            self._note(f"{configuration.describe()} could not be refitted in the time left.")
            if self.clock.remaining <= _LATE:
                break
        if self._fallback is not None and self._fallback_of is not None and self._secured_margins is not None:
            return self._found(self._fallback_of, self._fallback, self._secured_margins)
        if self._fallback is None:
            self._fallback = self._fit(self.first, sample_rows(self.task.texts, self.task.targets, _FIRST_ROWS, self.seed))
        if self._fallback is None:
            raise SearchError("Nothing could be fitted: " + "; ".join([*self.report.notes, *_errors(self.report)]))
        self._note("No candidate was judged and refitted in time: this is the first pipeline, fitted on "
                   f"{min(_FIRST_ROWS, len(self.task)):,} rows and not judged. Give more time.")
        return Found(self.first, self._fallback, Decision(self.metric.kind), self.report)

    def _found(self, evaluation: Evaluation, chain: Chain, margins: NDArray[np.float64]) -> Found:
        self._estimate(evaluation)
        decision = learn_decision(margins, self._targets, self.metric)
        table = class_table(self._targets, self._candidates.predictions(evaluation), self.task.classes)
        report = self.report.replace(chosen=evaluation.fingerprint, score=evaluation.score, class_table=table)
        if self._honest is not None:
            report = report.replace(honest_score=self._honest.score, honest_interval=self._honest.interval,
                                    resamples=self._honest.resamples)
        return Found(Configuration(evaluation.configuration), chain, decision, report)

    def _estimate(self, evaluation: Evaluation) -> None:
        """The honest score, once, in the time reserved for it; test rows make it unnecessary."""
        if self._estimated or self.task.test is not None:
            return
        # An interrupt in here ends the estimate, not the search that follows.
        self._estimated = True
        self._honest = self._candidates.honest(evaluation, self.report.leaderboard, self.split.groups, self.seed,
                                               min(self._honest_seconds(), max(0.0, self.clock.remaining - _LEAVING))
                                               if self.clock.limited else None)

    def _honest_seconds(self) -> float:
        return min(_HONEST, _HONEST_SHARE * (self.budget.seconds or 0.0)) if self.task.test is None else 0.0

    def _fit(self, configuration: Configuration, rows: NDArray[np.intp] | None = None,
             meanwhile: Callable[[], None] = lambda: None) -> Chain | None:
        # The last resort may take a little longer than is left: a late pipeline is better than none.
        least = 1.0 if self._fallback is not None else 5.0
        deadline = max(self.clock.remaining - _LEAVING, least) if self.clock.limited else self.budget.deadline * 3
        job = self.pool.submit({"do": "fit", "configuration": configuration, "rows": rows}, deadline, waits=False)
        meanwhile()
        while job in self.pool.jobs:
            for ended in self.pool.wait(1.0):
                if ended is not job:
                    self._take(ended)
        if job.status not in ("ok", "timeout"):
            self._note(f"Refit: {_last_line(job.error) or job.status}")
        return job.value if job.status == "ok" else None


def _errors(report: Report) -> Sequence[str]:
    return list(dict.fromkeys(_last_line(entry.error) for entry in report.evaluations if entry.error.strip()))[:3]


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else ""
