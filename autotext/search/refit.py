"""What follows a search: which candidates become the pipeline, and their refit on all rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autotext.components import is_expensive
from autotext.errors import SearchError
from autotext.evaluation import Evaluation
from autotext.pipeline import Chain, Decision, Ensemble, learn_decision
from autotext.report import Report, class_table
from autotext.report.label_issues import label_issues
from autotext.report.mistakes import confident_errors, confusions
from autotext.scoring.bias_correction import shifted
from autotext.scoring.coverage import confidences, coverage_table, rows_right
from autotext.scoring.reliability import reliability_table
from autotext.search.clock import Clock
from autotext.search.ensemble import EnsembleChoice, choose_ensemble, n_candidates
from autotext.search.fallback import FallbackPipeline
from autotext.search.fitting import ChainFitter
from autotext.search.log import last_line
from autotext.search.refit_cost import RefitCost
from autotext.search.score_estimate import ScoreEstimator
from autotext.search.selection import Selection
from autotext.space import Configuration
from autotext.task import Split, Task
from autotext.workers.pool import Job, Pool

# Share of the time left that a fit on a subsample of the rows is planned for; the smallest share of the rows that is fitted on;
# and the share of them from which on a better candidate is preferred to more rows.
_TIME_SHARE, _LEAST_ROWS, _ENOUGH_ROWS = 0.6, 0.02, 0.5


@dataclass
class SearchResult:
    """What a search returns.

    Parameters
    ----------
    configuration : Configuration or list of Configuration
        That of the pipeline, or those of the members of an ensemble.
    chain : Chain or Ensemble
        Fitted.
    decision : Decision
        Turns its margins into predictions and probabilities.
    report : Report
    """

    configuration: Configuration | list[Configuration]
    chain: Chain | Ensemble
    decision: Decision
    report: Report


class Refit:
    """Turns what a search has found into a pipeline that is fitted on all rows, and says how good it is.

    Parameters
    ----------
    task : Task
    split : Split
    selection : Selection
    pool : Pool
    clock : Clock
    cost : RefitCost
    estimator : ScoreEstimator
    """

    def __init__(self, task: Task, split: Split, selection: Selection, pool: Pool, clock: Clock, cost: RefitCost,
                 estimator: ScoreEstimator) -> None:
        self._task, self._split, self._selection, self._clock = task, split, selection, clock
        self._cost, self._estimator = cost, estimator
        self._out_of_fold = selection.out_of_fold
        self._validation = self._out_of_fold.validation
        self._notes: list[str] = []
        self._fitter = ChainFitter(pool, clock, self._notes)

    def run(self, report: Report, fallback: FallbackPipeline, *, hurry: bool = False) -> SearchResult:
        """Refit the ensemble, or the best candidate, that there is time for.

        Without time for any, the fallback pipeline is returned if it was cross-validated; else a candidate is fitted on a part
        of the rows. A fallback pipeline without a score is the last resort.

        Parameters
        ----------
        report : Report
        fallback : FallbackPipeline
        hurry : bool, default=False
            Whether the user waits: then the best candidate is refitted alone.

        Raises
        ------
        SearchError
            Nothing at all could be fitted.
        """
        if not hurry:
            report = self._complete(report)
        scored = fallback if fallback.evaluation is not None else None
        ranked = self._selection.ranked(report.leaderboard)
        choice = None if hurry or len(ranked) < 2 else self._choose(ranked, scored)
        result = None if choice is None else self._refit_ensemble(report, choice, ranked[0], scored)
        return (result or self._refit_best(report, ranked, scored) or self._use_fallback(report, scored)
                or (self._fit_subsample(report, ranked) if ranked else None) or self._use_first(report, fallback))

    def _complete(self, report: Report) -> Report:
        """Let candidates that were evaluated on the first fold alone join the others."""
        completed = self._selection.completed(report)
        partial = sum(entry.status == "part" for entry in report.evaluations)
        if partial:
            self._notes.append(f"{partial:,} candidates that take long to train were judged on the first fold alone; on others "
                               "they count as no better than the best other, so their scores are low estimates.")
        return completed

    def _choose(self, ranked: Sequence[Evaluation], scored: FallbackPipeline | None) -> EnsembleChoice | None:
        """Choose an ensemble that is better than the best candidate; None if there is none, or no time for it."""
        board = ranked[: n_candidates(len(self._validation.targets), self._validation.n_classes)]
        fitted = None if scored is None else scored.evaluation
        if not self._cost.can_choose(board, fitted):
            return None
        margins = [self._out_of_fold.margins(evaluation).astype(np.float32) for evaluation in board]
        return choose_ensemble(board, margins, self._validation, lambda members: self._cost.can_fit(members, fitted),
                               trusted=self._selection.preferred(board[0]))

    def _refit_ensemble(self, report: Report, choice: EnsembleChoice, best: Evaluation,
                        scored: FallbackPipeline | None) -> SearchResult | None:
        """Refit the members of an ensemble; if some fail, the best that is fitted is the result alone, None without any."""
        configurations = [Configuration(member.configuration) for member in choice.members]
        fitted = self._refit(configurations, report, best, scored)
        chains = [chain for chain in fitted if chain is not None]
        if len(chains) < len(fitted):
            self._notes.append("An ensemble could not be refitted in the time left.")
            return self._use_best_member(report, choice.members, fitted, scored)
        weights = [weight.weight for weight in choice.weights]
        ensemble = Ensemble(chains, weights, [weight.temperature for weight in choice.weights], self._validation.metric.kind)
        report = report.replace(ensemble=tuple({"fingerprint": member.fingerprint, "weight": weight}
                                               for member, weight in zip(choice.members, weights, strict=True)),
                                ensemble_gain=choice.gain)
        result = self._build_result(report, best, ensemble, choice.margins)
        result.configuration = configurations
        # The best of all may have been too slow for the ensemble.
        leading = max(choice.members, key=lambda member: float(member.score or 0.0))
        result.report = result.report.replace(chosen=leading.fingerprint)
        return result

    def _use_best_member(self, report: Report, members: Sequence[Evaluation], fitted: Sequence[Chain | None],
                         scored: FallbackPipeline | None) -> SearchResult | None:
        """Take the best member that is fitted, or the fallback pipeline if its score is higher; None without a fitted one."""
        ready = [(member, chain) for member, chain in zip(members, fitted, strict=True) if chain is not None]
        if not ready:
            return None
        member, chain = max(ready, key=lambda pair: float(pair[0].score or 0.0))
        fallback = None if scored is None else scored.evaluation
        if fallback is not None and float(member.score or 0.0) < float(fallback.score or 0.0):
            return self._use_fallback(report, scored)
        return self._build_result(report, member, chain, self._out_of_fold.margins(member))

    def _refit_best(self, report: Report, ranked: Sequence[Evaluation], scored: FallbackPipeline | None) -> SearchResult | None:
        """Refit the best candidate that there is time for, and that is better than the fallback pipeline."""
        for evaluation in ranked:
            if scored is not None and evaluation is scored.evaluation:
                break
            if self._clock.limited and self._cost.costs.finishing_seconds(evaluation, safety=1.0) > self._clock.remaining:
                continue
            configuration = Configuration(evaluation.configuration)
            (chain,) = self._refit([configuration], report, evaluation, scored)
            if chain is not None:
                return self._build_result(report, evaluation, chain, self._out_of_fold.margins(evaluation))
            self._notes.append(f"{configuration.describe()} could not be refitted in the time left.")
        return None

    def _use_fallback(self, report: Report, scored: FallbackPipeline | None) -> SearchResult | None:
        """Take the candidate that was fitted on all rows while the search went on; None without any."""
        if scored is None or scored.evaluation is None or scored.chain is None or scored.margins is None:
            return None
        self._estimator.estimate(scored.evaluation, report.leaderboard)
        self._estimator.correct(scored.evaluation, self._estimator.submit_subsampled(scored.evaluation))
        return self._build_result(report, scored.evaluation, scored.chain, scored.margins)

    def _fit_subsample(self, report: Report, ranked: Sequence[Evaluation]) -> SearchResult | None:
        """Fit a candidate on as many rows as there is time for: the best one for which these are at least half of all."""
        if not self._clock.limited:
            return None
        seconds, costs = _TIME_SHARE * self._clock.before_handover, self._cost.costs
        shares = [seconds / max(costs.safety * costs.refit_seconds(entry), 1e-3) for entry in ranked]
        place = next((place for place, share in enumerate(shares) if share >= _ENOUGH_ROWS), int(np.argmax(shares)))
        rows = self._split.some_rows(int(min(shares[place], 1.0) * len(self._task)), self._validation.seed)
        if len(rows) < _LEAST_ROWS * len(self._task):
            return None
        (chain,) = self._fitter.fit([Configuration(ranked[place].configuration)], rows=rows)
        self._fitter.stop()
        if chain is None:
            return None
        self._notes.append(f"There was no time to refit on all rows: the pipeline was fitted on {len(rows):,} of "
                           f"{len(self._task):,}. Give more time.")
        return self._build_result(report, ranked[place], chain, self._out_of_fold.margins(ranked[place]))

    def _use_first(self, report: Report, first: FallbackPipeline) -> SearchResult:
        """Take the first pipeline, which has no score; fit it now if it was not tried yet."""
        if first.chain is None and not first.failed:
            (first.chain,) = self._fitter.fit([first.configuration], rows=first.rows, late=True)
            self._fitter.stop()
        if first.chain is None:
            raise SearchError(self._explain_failure(report, first))
        n_rows = len(self._task) if first.rows is None else len(first.rows)
        self._notes.append("No candidate was judged and refitted in time: this is the first pipeline, fitted on "
                           f"{n_rows:,} rows and not judged. Give more time.")
        return SearchResult(first.configuration, first.chain, Decision(self._validation.metric.kind),
                            report.replace(notes=(*report.notes, *self._notes)))

    def _explain_failure(self, report: Report, first: FallbackPipeline) -> str:
        """What was tried, how long it took, and what to write instead."""
        n_rows = len(self._task) if first.rows is None else len(first.rows)
        tried = (f"{len(report.evaluations):,} candidates were tried, and none could be judged and fitted" if report.evaluations
                 else f"not even the first pipeline ({first.configuration.describe()}, {n_rows:,} rows) was ready")
        errors = list(dict.fromkeys(last_line(entry.error) for entry in report.evaluations if entry.error.strip()))[:3]
        reasons = list(dict.fromkeys([*report.notes, *self._notes, *errors]))
        seconds = self._clock.budget.seconds
        more = f"Give more time: budget={2 * seconds:.0f}." if seconds else "Let it run for longer."
        return (f"Nothing could be fitted in {self._clock.elapsed:.1f} s: {tried}. "
                + ("What went wrong: " + "; ".join(reasons) if reasons else more))

    def _refit(self, configurations: Sequence[Configuration], report: Report, best: Evaluation,
               scored: FallbackPipeline | None) -> list[Chain | None]:
        """Fit configurations on all rows, and estimate the score of the best candidate meanwhile.

        Returns
        -------
        list of Chain or None
            In the order of the configurations, None for those that were not fitted.
        """
        subsampled: Job | None = None

        def estimate(last: Configuration) -> None:
            nonlocal subsampled
            if subsampled is None and not is_expensive(last):
                subsampled = self._estimator.submit_subsampled(best)
            self._estimator.estimate(best, report.leaderboard)

        fitted = {} if scored is None or scored.chain is None else {scored.configuration: scored.chain}
        missing = [configuration for configuration in configurations if configuration not in fitted]
        chains = iter(self._fitter.fit(missing, meanwhile=estimate))
        all_chains = [fitted[configuration] if configuration in fitted else next(chains) for configuration in configurations]
        if all(chain is not None for chain in all_chains):
            self._estimator.correct(best, subsampled or self._estimator.submit_subsampled(best))
        self._fitter.stop()
        return all_chains

    def _build_result(self, report: Report, evaluation: Evaluation, chain: Chain | Ensemble,
                      margins: NDArray[np.float64]) -> SearchResult:
        """Score a pipeline out of fold, learn how its margins are decided, and complete the report."""
        self._estimator.estimate(evaluation, report.leaderboard)
        targets, metric = self._validation.targets, self._validation.metric
        predictions, probabilities = self._out_of_fold.decided(margins)
        score = metric.cross_validated(targets, predictions, probabilities, list(self._validation.folds))[0]
        decision = learn_decision(margins, targets, metric)
        # How sure an answer is counts as the pipeline will say it.
        calibrated = decision.probabilities(margins)
        sure = confidences(predictions, calibrated)
        is_right, rows = rows_right(predictions, targets), self._split.rows[self._split.validation_rows]
        report = report.replace(chosen=evaluation.fingerprint, score=score, notes=(*report.notes, *self._notes),
                                class_table=class_table(targets, predictions, self._task.classes),
                                coverage=coverage_table(sure, is_right), reliability=reliability_table(sure, is_right),
                                label_issues=label_issues(targets, calibrated, rows, self._task),
                                confusions=confusions(targets, predictions, sure, rows, self._task),
                                errors=confident_errors(targets, predictions, sure, rows, self._task))
        if (score_estimate := self._estimator.score_estimate) is not None:
            # Nothing but learning from more rows makes it better than what was seen out of fold.
            gain = min(report.ensemble_gain, score + score_estimate.learning - score_estimate.score)
            expected = shifted(score_estimate, gain, best=metric.best)
            report = report.replace(expected_score=expected.score, expected_interval=expected.interval,
                                    resamples=expected.resamples, learning_gain=expected.learning)
        return SearchResult(Configuration(evaluation.configuration), chain, decision, report)
