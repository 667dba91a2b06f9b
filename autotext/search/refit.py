"""What follows a search: who answers, the refit on all rows, and how good the result really is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.budget import Budget
from autotext.components import is_expensive
from autotext.errors import SearchError
from autotext.evaluation import Evaluation
from autotext.pipeline import MOST_MEMBERS, Chain, Decision, Ensemble, learn_decision
from autotext.report import Report, class_table
from autotext.scoring.bias_correction import ScoreEstimate, shifted, training_share
from autotext.scoring.metrics import Metric
from autotext.search.clock import Clock
from autotext.search.cost_model import CostModel
from autotext.search.ensemble import EnsembleChoice, choose_ensemble, n_candidates
from autotext.search.out_of_fold import OutOfFold
from autotext.search.score_estimate import correct_for_learning, estimate_selection
from autotext.search.selection import Selection
from autotext.space import Configuration
from autotext.task import Split, Task
from autotext.workers.pool import Job, Pool

# Seconds of computing that are kept for handing the pipeline over.
LEAVING = 0.4
# So late the only pipeline that there is may be.
LATE = 1.0
# Of the time left, what a fit on a part of the rows may be predicted to take; the least part; and the part that is enough.
_PART_SHARE, _LEAST_PART, _ENOUGH = 0.6, 0.02, 0.5
# The score estimate takes no more seconds than this, and no more than this share of the budget.
_ESTIMATE = 1.0
_ESTIMATE_SHARE = 0.03
# An ensemble may take so large a share of the budget to fit, and where rows are few and more candidates tell little.
_ENSEMBLE_SHARE, _FEW_SHARE = 0.1, 0.55
# Of the members that are judged on one fold, so many are reckoned with there.
_PARTS = 2
_BESIDE = 1.05
# Seconds for choosing an ensemble, for each margin that is looked at.
_CHOOSING = 2e-7
# Training rows that the learning curve is measured with, as a share of those of a fold, and what it costs beside them.
SUBSAMPLE = 0.5
_SUBSAMPLE_COST = 0.8


@dataclass
class SearchResult:
    """What a search leaves: a fitted chain, or several, how it decides, and the record."""

    configuration: Configuration | list[Configuration]
    chain: Chain | Ensemble
    decision: Decision
    report: Report


@dataclass
class FallbackPipeline:
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
    failed : bool, default=False
        Whether it was tried in vain.
    """

    configuration: Configuration
    rows: NDArray[np.intp] | None
    chain: Chain | None = None
    evaluation: Evaluation | None = None
    margins: NDArray[np.float64] | None = None
    failed: bool = False


@dataclass
class Refit:
    """What follows a search.

    Parameters
    ----------
    task, split, metric, budget, clock, pool, out_of_fold, selection, costs : as in `Search`
    targets : array of shape (n_validation_rows,) or (n_validation_rows, n_classes)
        Of the rows that are held out.
    seed : int
    """

    task: Task
    split: Split
    metric: Metric
    budget: Budget
    clock: Clock
    pool: Pool
    out_of_fold: OutOfFold
    selection: Selection
    costs: CostModel
    targets: NDArray[Any]
    seed: int
    notes: list[str] = field(default_factory=list)
    _held: FallbackPipeline | None = None
    _score_estimate: ScoreEstimate | None = None
    _estimated: bool = False

    def reserve(self, report: Report) -> float:
        """Seconds to keep for the refit of the best so far, and for the score estimate meanwhile."""
        leaderboard = report.leaderboard
        if not leaderboard:
            return self._leaving
        few = self.selection.has_few_rows
        leading = [entry for entry in report.evaluations if entry.status == "part"
                   and (self.selection.preferred(entry) if few else self.selection.leads(entry, leaderboard[0]))]
        alone = max(self._estimate_seconds() + self._leaving, self.costs.finishing_seconds(leaderboard[0]),
                    *(_BESIDE * self.costs.finishing_seconds(entry) + self._leaving for entry in leading))
        members = (self.selection.ranked(leaderboard) if few else leaderboard)[:MOST_MEMBERS]
        together = self._ensemble_seconds([*members, *leading[: _PARTS * few]]) + self._choosing_seconds()
        share = (_FEW_SHARE if few else _ENSEMBLE_SHARE) * (self.budget.seconds or 0.0)
        # Beside a refit that takes long, those of the others are nearly free.
        return max(alone, min(together, max(share, _BESIDE * alone + self._leaving)))

    @property
    def _leaving(self) -> float:
        return self.clock.stretched(LEAVING)

    def run(self, report: Report, fallback: FallbackPipeline, *, hurry: bool = False) -> SearchResult:
        """Refit the ensemble, or the best candidate, that there is time for; what was judged and fitted on the way comes next.

        Where nothing of that can be had, one that was judged is fitted on a part of the rows. The first pipeline, which was
        never judged, is the last resort.

        Parameters
        ----------
        report : Report
        fallback : FallbackPipeline
        hurry : bool, default=False
            The user waits: the best candidate alone.

        Raises
        ------
        SearchError
            Nothing at all could be fitted.
        """
        if not hurry:
            report = self._completed(report)
        self._held = fallback if fallback.evaluation is not None else None
        ranked = self.selection.ranked(report.leaderboard)
        choice = None if hurry or len(ranked) < 2 else self._choose(ranked)
        if choice is not None and (found := self._ensemble(report, choice, ranked[0])) is not None:
            return found
        for evaluation in ranked:
            if self._held is not None and evaluation is self._held.evaluation:
                break
            if self.clock.limited and self.costs.finishing_seconds(evaluation, safety=1.0) > self.clock.remaining:
                continue
            configuration = Configuration(evaluation.configuration)
            (chain,) = self._fit([configuration], report, evaluation)
            if chain is not None:
                return self._alone(report, evaluation, chain, self.out_of_fold.margins(evaluation))
            self.notes.append(f"{configuration.describe()} could not be refitted in the time left.")
        return (self._from_hand(report) or (self._partly(report, ranked) if ranked else None)
                or self._last_resort(report, fallback))

    def _from_hand(self, report: Report) -> SearchResult | None:
        """The best candidate that was fitted on all rows while the search went on."""
        held = self._held
        if held is None or held.evaluation is None or held.chain is None or held.margins is None:
            return None
        self._estimate(report, held.evaluation)
        self._learn(held.evaluation, self._learning_job(held.evaluation))
        return self._alone(report, held.evaluation, held.chain, held.margins)

    def _partly(self, report: Report, ranked: Sequence[Evaluation]) -> SearchResult | None:
        """A judged candidate, fitted on as many rows as there is time for: the best that half of the rows are enough for."""
        if not self.clock.limited:
            return None
        left = _PART_SHARE * (self.clock.remaining - self._leaving)
        shares = [left / max(self.costs.safety * self.costs.refit(entry), 1e-3) for entry in ranked]
        place = next((place for place, share in enumerate(shares) if share >= _ENOUGH), int(np.argmax(shares)))
        rows = self.split.some_rows(int(min(shares[place], 1.0) * len(self.task)), self.seed)
        if len(rows) < _LEAST_PART * len(self.task):
            return None
        (chain,) = self._fit([Configuration(ranked[place].configuration)], report, None, rows=rows)
        if chain is None:
            return None
        self.notes.append(f"There was no time to refit on all rows: the pipeline was fitted on {len(rows):,} of "
                          f"{len(self.task):,}. Give more time.")
        return self._alone(report, ranked[place], chain, self.out_of_fold.margins(ranked[place]))

    def _completed(self, report: Report) -> Report:
        """Who was judged on one fold alone joins the others."""
        completed = self.selection.completed(report)
        parts = sum(entry.status == "part" for entry in report.evaluations)
        if parts:
            self.notes.append(f"{parts:,} candidates that take long to train were judged on the first fold alone; on others "
                              "they count as no better than the best other, so their scores are low estimates.")
        return completed

    def _choose(self, ranked: Sequence[Evaluation]) -> EnsembleChoice | None:
        board = ranked[: n_candidates(len(self.targets), len(self.task.classes))]
        if self.clock.limited and self._choosing_seconds() + self._ensemble_seconds(board[:2]) > self.clock.remaining:
            return None
        margins = [self.out_of_fold.margins(evaluation).astype(np.float32) for evaluation in board]
        return choose_ensemble(board, margins, self.targets, self.metric, self.split.validation_folds, self._affordable,
                           trusted=self.selection.preferred(board[0]))

    def _affordable(self, members: Sequence[Evaluation]) -> bool:
        return not self.clock.limited or self._ensemble_seconds(members) <= self.clock.remaining - self._leaving

    def _ensemble_seconds(self, members: Sequence[Evaluation]) -> float:
        """Of fitting members side by side, the longest first; an expensive one keeps all workers busy."""
        loads, alone = [0.0] * self.pool.size, 0.0
        held = None if self._held is None else self._held.evaluation
        for seconds, slow in sorted(((self.costs.finishing_seconds(member), is_expensive(Configuration(member.configuration)))
                                     for member in members if member is not held), reverse=True):
            if slow:
                alone += seconds
            else:
                loads[loads.index(min(loads))] += seconds
        return alone + max(loads)

    def _choosing_seconds(self) -> float:
        cells = len(self.targets) * len(self.task.classes)
        return _CHOOSING * cells * n_candidates(len(self.targets), len(self.task.classes))

    def _ensemble(self, report: Report, choice: EnsembleChoice, best: Evaluation) -> SearchResult | None:
        configurations = [Configuration(member.configuration) for member in choice.members]
        fitted = self._fit(configurations, report, best)
        chains = [chain for chain in fitted if chain is not None]
        if len(chains) < len(fitted):
            self.notes.append("An ensemble could not be refitted in the time left.")
            ready = [(member, chain) for member, chain in zip(choice.members, fitted, strict=True) if chain is not None]
            if not ready:
                return None
            member, chain = max(ready, key=lambda pair: float(pair[0].score or 0.0))
            held = self._held.evaluation if self._held is not None else None
            if held is not None and float(member.score or 0.0) < float(held.score or 0.0):
                return self._from_hand(report)
            return self._alone(report, member, chain, self.out_of_fold.margins(member))
        shares = [share.weight for share in choice.shares]
        ensemble = Ensemble(chains, shares, [share.temperature for share in choice.shares], self.metric.kind)
        report = report.replace(ensemble=tuple({"fingerprint": member.fingerprint, "weight": weight}
                                               for member, weight in zip(choice.members, shares, strict=True)),
                                ensemble_gain=choice.gain)
        found = self._alone(report, best, ensemble, choice.margins)
        found.configuration = configurations
        # The best of all may have been too slow for the ensemble.
        leading = max(choice.members, key=lambda member: float(member.score or 0.0))
        found.report = found.report.replace(chosen=leading.fingerprint)
        return found

    def _alone(self, report: Report, evaluation: Evaluation, chain: Chain | Ensemble,
               margins: NDArray[np.float64]) -> SearchResult:
        self._estimate(report, evaluation)
        predictions, probabilities = self.out_of_fold.decided(margins)
        score = self.metric.cross_validated(self.targets, predictions, probabilities, self.split.validation_folds)[0]
        report = report.replace(chosen=evaluation.fingerprint, score=score, notes=(*report.notes, *self.notes),
                                class_table=class_table(self.targets, predictions, self.task.classes))
        if self._score_estimate is not None:
            # Nothing but learning from more rows makes it better than what was seen out of fold.
            gain = min(report.ensemble_gain, score + self._score_estimate.learning - self._score_estimate.score)
            estimate = shifted(self._score_estimate, gain, best=self.metric.best)
            report = report.replace(expected_score=estimate.score, expected_interval=estimate.interval,
                                    resamples=estimate.resamples, learning_gain=estimate.learning)
        decision = learn_decision(margins, self.targets, self.metric)
        return SearchResult(Configuration(evaluation.configuration), chain, decision, report)

    def _last_resort(self, report: Report, fallback: FallbackPipeline) -> SearchResult:
        if fallback.chain is None and not fallback.failed:
            (fallback.chain,) = self._fit([fallback.configuration], report, None, rows=fallback.rows, late=True)
        if fallback.chain is None:
            raise SearchError(self._why_nothing(report, fallback))
        rows = len(self.task) if fallback.rows is None else len(fallback.rows)
        self.notes.append(f"No candidate was judged and refitted in time: this is the first pipeline, fitted on {rows:,} rows "
                          "and not judged. Give more time.")
        return SearchResult(fallback.configuration, fallback.chain, Decision(self.metric.kind),
                     report.replace(notes=(*report.notes, *self.notes)))

    def _why_nothing(self, report: Report, fallback: FallbackPipeline) -> str:
        """What was tried, how long it took, and what to write instead."""
        tried = (f"{len(report.evaluations):,} candidates were tried, and none could be judged and fitted" if report.evaluations
                 else f"not even the first pipeline ({fallback.configuration.describe()}, "
                      f"{len(self.task) if fallback.rows is None else len(fallback.rows):,} rows) was ready")
        reasons = list(dict.fromkeys([*report.notes, *self.notes, *_errors(report)]))
        more = f"Give more time: budget={2 * self.budget.seconds:.0f}." if self.budget.seconds else "Let it run for longer."
        return (f"Nothing could be fitted in {self.clock.elapsed:.1f} s: {tried}. "
                + ("What went wrong: " + "; ".join(reasons) if reasons else more))

    def _fit(self, configurations: Sequence[Configuration], report: Report, best: Evaluation | None, *,
             rows: NDArray[np.intp] | None = None, late: bool = False) -> list[Chain | None]:
        """Fitted chains, in order, None for those that failed; meanwhile the score estimate of the best is computed."""
        # The only pipeline that there is may take a little longer than is left: late is better than none.
        deadline = (max(self.clock.remaining - self._leaving, LATE if late else 0.0) if self.clock.limited
                    else self.budget.deadline * 3)
        until = time.monotonic() + deadline
        held = self._held if rows is None else None
        known = {} if held is None else {place: held.chain for place, configuration in enumerate(configurations)
                                         if configuration == held.configuration}
        # What is expensive runs last, alone, on all cores.
        waiting = sorted(set(range(len(configurations))) - set(known), key=lambda place: is_expensive(configurations[place]))
        jobs: dict[int, Job] = {}
        curve: Job | None = None
        while waiting or any(job in self.pool.jobs for job in jobs.values()):
            while waiting and self._may_fit(configurations[waiting[0]]):
                place = waiting.pop(0)
                jobs[place] = self.pool.submit({"do": "fit", "configuration": configurations[place], "rows": rows},
                                               max(0.0, until - time.monotonic()), waits=False)
            if not waiting and best is not None:
                curve = curve or (None if is_expensive(configurations[place]) else self._learning_job(best))
                self._estimate(report, best)
            self.pool.wait(1.0)
            if any(job.status not in ("", "ok") for job in jobs.values()):
                break
        for job in jobs.values():
            if job.status not in ("ok", "timeout", ""):
                self.notes.append(f"Refit: {last_line(job.error) or job.status}")
        fitted = [known.get(place) or (jobs[place].value if place in jobs and jobs[place].status == "ok" else None)
                  for place in range(len(configurations))]
        if best is not None and all(chain is not None for chain in fitted):
            self._learn(best, curve or self._learning_job(best))
        for job in self.pool.jobs:
            self.pool.cancel(job, self._leaving)
        return fitted

    def _may_fit(self, configuration: Configuration) -> bool:
        """Whether a worker is ready for it, and nothing else runs beside what is expensive."""
        if not self.pool.jobs:
            return self.pool.ready or self.pool.idle > 0
        return self.pool.ready and not is_expensive(configuration)

    def _estimate(self, report: Report, evaluation: Evaluation) -> None:
        """The score estimate, once, in the time reserved for it; test rows make it unnecessary."""
        if self._estimated or self.task.test is not None:
            return
        # An interrupt in here ends the estimate, not what follows.
        self._estimated = True
        seconds = min(self._estimate_seconds(), max(0.0, self.clock.remaining - self._leaving)) if self.clock.limited else None
        self._score_estimate = estimate_selection(self.out_of_fold, evaluation, self.selection.eligible(report.leaderboard),
                                              self.split.validation_groups, self.seed, seconds)

    def _estimate_seconds(self) -> float:
        return min(_ESTIMATE, _ESTIMATE_SHARE * (self.budget.seconds or 0.0)) if self.task.test is None else 0.0

    def _learning_job(self, evaluation: Evaluation) -> Job | None:
        """Judge the best once more with fewer training rows, if a worker and the time are there."""
        if (self.task.test is not None or not (self.pool.ready or not self.pool.jobs)
                or is_expensive(Configuration(evaluation.configuration))):
            return None
        deadline = self.clock.remaining - self._leaving if self.clock.limited else self.budget.deadline
        if self.clock.limited and _SUBSAMPLE_COST * sum(evaluation.stage_seconds.values()) > deadline:
            return None
        message = {"do": "judge", "configuration": Configuration(evaluation.configuration), "subsample": SUBSAMPLE}
        return self.pool.submit(message, deadline, waits=False)

    def _learn(self, evaluation: Evaluation, job: Job | None) -> None:
        """Raise the score estimate by what more training rows than those of a fold will bring."""
        while job is not None and job in self.pool.jobs:
            self.pool.wait(1.0)
        if job is not None and job.status == "ok" and self._score_estimate is not None:
            share = len(self.split.rows) / len(self.task) * training_share(self.task.targets[self.split.rows], self.split.folds,
                                                                          macro=self.metric.macro)
            self._score_estimate = correct_for_learning(self.out_of_fold, self._score_estimate, evaluation, job.value[0], share,
                                                                     SUBSAMPLE)


def _errors(report: Report) -> Sequence[str]:
    return list(dict.fromkeys(last_line(entry.error) for entry in report.evaluations if entry.error.strip()))[:3]


def last_line(text: str) -> str:
    """The last line of a traceback or message."""
    return text.strip().splitlines()[-1] if text.strip() else ""
