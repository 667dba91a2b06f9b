"""What follows a search: who answers, the refit on all rows, and how good the result really is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.budget import Budget
from autotext.errors import SearchError
from autotext.evaluation import Evaluation
from autotext.honest import Honest, shifted
from autotext.metrics import Metric
from autotext.pipeline import MOST_MEMBERS, Blend, Chain, Decision, learn_decision
from autotext.report import Report, class_table
from autotext.search.candidates import Candidates
from autotext.search.clock import Clock
from autotext.search.costs import Costs, costly
from autotext.search.pool import Job, Pool
from autotext.search.team import Team, choose_team, n_candidates
from autotext.space import Configuration
from autotext.task import Split, Task

# Kept for handing the pipeline over.
LEAVING = 0.4
# A refit that takes no longer than this is made even when the time is up.
_LATE = 1.0
# The honest score takes no more seconds than this, and no more than this share of the budget.
_HONEST = 1.0
_HONEST_SHARE = 0.03
# A team may take so large a share of the budget to fit, and where rows are few and more candidates tell little.
_TEAM_SHARE, _FEW_SHARE = 0.1, 0.55
# Of the members that are judged on one fold, so many are reckoned with there.
_PARTS = 2
_BESIDE = 1.05
# Seconds for choosing a team, for each margin that is looked at.
_CHOOSING = 2e-7
# Training rows that the learning curve is measured with, as a share of those of a fold, and what it costs beside them.
THIN = 0.5
_THIN_COST = 0.8


@dataclass
class Found:
    """What a search leaves: a fitted chain, or several, how it decides, and the record."""

    configuration: Configuration | list[Configuration]
    chain: Chain | Blend
    decision: Decision
    report: Report


@dataclass
class Fallback:
    """A pipeline that was fitted while the search went on, for want of a better one.

    Parameters
    ----------
    configuration : Configuration
    rows : int array or None
        That it is fitted on; None: all.
    chain : Chain or None
    evaluation : Evaluation or None
        None if it was not judged.
    margins : array or None
        Out of fold.
    """

    configuration: Configuration
    rows: NDArray[np.intp] | None
    chain: Chain | None = None
    evaluation: Evaluation | None = None
    margins: NDArray[np.float64] | None = None


@dataclass
class Finish:
    """What follows a search.

    Parameters
    ----------
    task, split, metric, budget, clock, pool, candidates, costs : as in `Search`
    targets : array of shape (n_search_rows,) or (n_search_rows, n_classes)
    seed : int
    """

    task: Task
    split: Split
    metric: Metric
    budget: Budget
    clock: Clock
    pool: Pool
    candidates: Candidates
    costs: Costs
    targets: NDArray[Any]
    seed: int
    notes: list[str] = field(default_factory=list)
    _honest: Honest | None = None
    _estimated: bool = False

    def reserve(self, report: Report) -> float:
        """Seconds to keep for the refit of the best so far, and for the honest score meanwhile."""
        leaderboard = report.leaderboard
        if not leaderboard:
            return 1.0
        few = self.candidates.few
        leading = [entry for entry in report.evaluations if entry.status == "part"
                   and (self.candidates.preferred(entry) if few else self.candidates.leads(entry, leaderboard[0]))]
        alone = max(self._honest_seconds() + LEAVING, self.costs.finish(leaderboard[0]),
                    *(_BESIDE * self.costs.finish(entry) + LEAVING for entry in leading))
        members = (self.candidates.ranked(leaderboard) if few else leaderboard)[:MOST_MEMBERS]
        together = self._team_seconds([*members, *leading[: _PARTS * few]]) + self._choosing_seconds()
        share = (_FEW_SHARE if few else _TEAM_SHARE) * (self.budget.seconds or 0.0)
        # Beside a refit that takes long, those of the others are nearly free.
        return max(alone, min(together, max(share, _BESIDE * alone + LEAVING)))

    def run(self, report: Report, fallback: Fallback, *, hurry: bool = False) -> Found:
        """Refit the team, or the best candidate, that there is time for; the first pipeline is the last resort.

        Parameters
        ----------
        report : Report
        fallback : Fallback
        hurry : bool, default=False
            The user waits: the best candidate alone.

        Raises
        ------
        SearchError
            Nothing at all could be fitted.
        """
        if not hurry:
            report = self._completed(report)
        ranked = self.candidates.ranked(report.leaderboard)
        team = None if hurry or len(ranked) < 2 else self._choose(ranked)
        if team is not None and (found := self._team(report, team, ranked[0])) is not None:
            return found
        for evaluation in ranked:
            if evaluation is fallback.evaluation:
                break
            if self.clock.limited and self.costs.finish(evaluation, safety=1.0) > max(self.clock.remaining, _LATE):
                continue
            configuration = Configuration(evaluation.configuration)
            (chain,) = self._fit([configuration], report, evaluation, late=fallback.chain is None)
            if chain is not None:
                return self._alone(report, evaluation, chain, self.candidates.margins(evaluation))
            self.notes.append(f"{configuration.describe()} could not be refitted in the time left.")
            if self.clock.remaining <= _LATE:
                break
        return self._last_resort(report, fallback)

    def _completed(self, report: Report) -> Report:
        """Who was judged on one fold alone joins the others."""
        completed = self.candidates.completed(report)
        parts = sum(entry.status == "part" for entry in report.evaluations)
        if parts:
            self.notes.append(f"{parts:,} fine-tuned candidates were judged on the first fold alone; on the others they count "
                              "as no better than the best other, so their scores are low estimates.")
        return completed

    def _choose(self, ranked: Sequence[Evaluation]) -> Team | None:
        board = ranked[: n_candidates(len(self.targets), len(self.task.classes))]
        if self.clock.limited and self._choosing_seconds() + self._team_seconds(board[:2]) > self.clock.remaining:
            return None
        margins = [self.candidates.margins(evaluation).astype(np.float32) for evaluation in board]
        return choose_team(board, margins, self.targets, self.metric, self.split.folds, self._affordable,
                           trusted=self.candidates.preferred(board[0]))

    def _affordable(self, members: Sequence[Evaluation]) -> bool:
        return not self.clock.limited or self._team_seconds(members) <= self.clock.remaining - LEAVING

    def _team_seconds(self, members: Sequence[Evaluation]) -> float:
        """Of fitting members side by side, the longest first; a costly one keeps all workers busy."""
        loads, alone = [0.0] * self.pool.size, 0.0
        for seconds, slow in sorted(((self.costs.finish(member), costly(Configuration(member.configuration)))
                                     for member in members), reverse=True):
            if slow:
                alone += seconds
            else:
                loads[loads.index(min(loads))] += seconds
        return alone + max(loads)

    def _choosing_seconds(self) -> float:
        cells = len(self.targets) * len(self.task.classes)
        return _CHOOSING * cells * n_candidates(len(self.targets), len(self.task.classes))

    def _team(self, report: Report, team: Team, best: Evaluation) -> Found | None:
        configurations = [Configuration(member.configuration) for member in team.members]
        fitted = self._fit(configurations, report, best)
        chains = [chain for chain in fitted if chain is not None]
        if len(chains) < len(fitted):
            self.notes.append("An ensemble could not be refitted in the time left.")
            if not chains:
                return None
            member = next(place for place, chain in enumerate(fitted) if chain is not None)
            return self._alone(report, team.members[member], chains[0], self.candidates.margins(team.members[member]))
        shares = [share.weight for share in team.shares]
        blend = Blend(chains, shares, [share.temperature for share in team.shares], self.metric.kind)
        report = report.replace(ensemble=tuple({"fingerprint": member.fingerprint, "weight": weight}
                                               for member, weight in zip(team.members, shares, strict=True)),
                                ensemble_gain=team.gain)
        found = self._alone(report, best, blend, team.margins)
        found.configuration = configurations
        # The best of all may have been too slow for the team.
        leading = max(team.members, key=lambda member: float(member.score or 0.0))
        found.report = found.report.replace(chosen=leading.fingerprint)
        return found

    def _alone(self, report: Report, evaluation: Evaluation, chain: Chain | Blend, margins: NDArray[np.float64]) -> Found:
        self._estimate(report, evaluation)
        predictions, probabilities = self.candidates.decided(margins)
        score = self.metric.cross_validated(self.targets, predictions, probabilities, self.split.folds)[0]
        report = report.replace(chosen=evaluation.fingerprint, score=score, notes=(*report.notes, *self.notes),
                                class_table=class_table(self.targets, predictions, self.task.classes))
        if self._honest is not None:
            # Nothing but learning from more rows makes it better than what was seen out of fold.
            gain = min(report.ensemble_gain, score + self._honest.learning - self._honest.score)
            honest = shifted(self._honest, gain, best=self.metric.best)
            report = report.replace(honest_score=honest.score, honest_interval=honest.interval, resamples=honest.resamples,
                                    learning_gain=honest.learning)
        return Found(Configuration(evaluation.configuration), chain, learn_decision(margins, self.targets, self.metric), report)

    def _last_resort(self, report: Report, fallback: Fallback) -> Found:
        if fallback.chain is not None and fallback.evaluation is not None and fallback.margins is not None:
            return self._alone(report, fallback.evaluation, fallback.chain, fallback.margins)
        if fallback.chain is None:
            (fallback.chain,) = self._fit([fallback.configuration], report, None, rows=fallback.rows, late=True)
        if fallback.chain is None:
            raise SearchError("Nothing could be fitted: " + "; ".join([*report.notes, *self.notes, *_errors(report)]))
        rows = len(self.task) if fallback.rows is None else len(fallback.rows)
        self.notes.append(f"No candidate was judged and refitted in time: this is the first pipeline, fitted on {rows:,} rows "
                          "and not judged. Give more time.")
        return Found(fallback.configuration, fallback.chain, Decision(self.metric.kind),
                     report.replace(notes=(*report.notes, *self.notes)))

    def _fit(self, configurations: Sequence[Configuration], report: Report, best: Evaluation | None, *,
             rows: NDArray[np.intp] | None = None, late: bool = False) -> list[Chain | None]:
        """Fitted chains, in order, None for those that failed; meanwhile the honest score of the best is computed."""
        # The last resort may take a little longer than is left: a late pipeline is better than none.
        deadline = (max(self.clock.remaining - LEAVING, 5.0 if late else _LATE) if self.clock.limited
                    else self.budget.deadline * 3)
        until = time.monotonic() + deadline
        # What is costly runs last, alone, on all cores.
        waiting = sorted(range(len(configurations)), key=lambda place: costly(configurations[place]))
        jobs: dict[int, Job] = {}
        curve: Job | None = None
        while waiting or any(job in self.pool.jobs for job in jobs.values()):
            while waiting and self._may_fit(configurations[waiting[0]]):
                place = waiting.pop(0)
                jobs[place] = self.pool.submit({"do": "fit", "configuration": configurations[place], "rows": rows},
                                               max(0.0, until - time.monotonic()), waits=False)
            if not waiting and best is not None:
                curve = curve or (None if costly(configurations[place]) else self._learning_job(best))
                self._estimate(report, best)
            self.pool.wait(1.0)
            if any(job.status not in ("", "ok") for job in jobs.values()):
                break
        for job in jobs.values():
            if job.status not in ("ok", "timeout", ""):
                self.notes.append(f"Refit: {last_line(job.error) or job.status}")
        fitted = [jobs[place].value if place in jobs and jobs[place].status == "ok" else None
                  for place in range(len(configurations))]
        if best is not None and all(chain is not None for chain in fitted):
            self._learn(best, curve or self._learning_job(best))
        for job in self.pool.jobs:
            self.pool.cancel(job)
        return fitted

    def _may_fit(self, configuration: Configuration) -> bool:
        """Whether a worker is ready for it, and nothing else runs beside what is costly."""
        if not self.pool.jobs:
            return self.pool.ready or self.pool.idle > 0
        return self.pool.ready and not costly(configuration)

    def _estimate(self, report: Report, evaluation: Evaluation) -> None:
        """The honest score, once, in the time reserved for it; test rows make it unnecessary."""
        if self._estimated or self.task.test is not None:
            return
        # An interrupt in here ends the estimate, not what follows.
        self._estimated = True
        seconds = min(self._honest_seconds(), max(0.0, self.clock.remaining - LEAVING)) if self.clock.limited else None
        self._honest = self.candidates.honest(evaluation, self.candidates.eligible(report.leaderboard), self.split.groups,
                                               self.seed, seconds)

    def _honest_seconds(self) -> float:
        return min(_HONEST, _HONEST_SHARE * (self.budget.seconds or 0.0)) if self.task.test is None else 0.0

    def _learning_job(self, evaluation: Evaluation) -> Job | None:
        """Judge the best once more with fewer training rows, if a worker and the time are there."""
        if (self.task.test is not None or not (self.pool.ready or not self.pool.jobs)
                or costly(Configuration(evaluation.configuration))):
            return None
        deadline = self.clock.remaining - LEAVING if self.clock.limited else self.budget.deadline
        if self.clock.limited and _THIN_COST * sum(evaluation.stage_seconds.values()) > deadline:
            return None
        message = {"do": "judge", "configuration": Configuration(evaluation.configuration), "thin": THIN}
        return self.pool.submit(message, deadline, waits=False)

    def _learn(self, evaluation: Evaluation, job: Job | None) -> None:
        """Raise the honest score by what more training rows than those of a fold will bring."""
        while job is not None and job in self.pool.jobs:
            self.pool.wait(1.0)
        if job is not None and job.status == "ok" and self._honest is not None:
            searched = len(self.split.rows) / len(self.task)
            self._honest = self.candidates.learned(self._honest, evaluation, job.value[0], searched, THIN)


def _errors(report: Report) -> Sequence[str]:
    return list(dict.fromkeys(last_line(entry.error) for entry in report.evaluations if entry.error.strip()))[:3]


def last_line(text: str) -> str:
    """The last line of a traceback or message."""
    return text.strip().splitlines()[-1] if text.strip() else ""
