"""Estimate of the score of the chosen candidate on new texts, corrected for the bias of choosing the best of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.components import is_expensive
from autotext.cross_validation.cross_validate import CrossValidationResult
from autotext.evaluation import Evaluation
from autotext.pipeline import decide_alone
from autotext.scoring.bias_correction import (
    Contest,
    Resampling,
    ScoreEstimate,
    add_learning_gain,
    estimate_score,
    training_share,
)
from autotext.scoring.bootstrap import Relative, Resampled, makes_scorer, scorer
from autotext.search.clock import HANDOVER, Clock
from autotext.search.out_of_fold import OutOfFold, score_rows
from autotext.search.selection import Selection
from autotext.space import Configuration
from autotext.task import Split, Task
from autotext.workers.messages import CrossValidate
from autotext.workers.pool import Job, Pool

# Candidates times rows, or indicators, that a selection is repeated over.
_CELLS = 4_000_000
# For metrics whose resamples are scored one by one: candidates, resamples, and how many of them are scored at once.
_SLOW_CANDIDATES, _SLOW_RESAMPLES, _SLOW_CHUNK = 10, 40, 10
# The estimate takes no more seconds than this, and no more than this share of the budget.
_SECONDS, _BUDGET_SHARE = 1.0, 0.03
# Training rows that the learning curve is measured with, as a share of those of a fold, and what that costs beside all of them.
_SUBSAMPLE, _SUBSAMPLE_COST = 0.5, 0.8


class ScoreEstimator:
    """Estimates the score of the candidate that is refitted, while the workers fit it; test rows make that unnecessary.

    Parameters
    ----------
    task : Task
    split : Split
    selection : Selection
    pool : Pool
    clock : Clock

    Attributes
    ----------
    score_estimate : ScoreEstimate or None
        None until it is made, or if it cannot be.
    """

    def __init__(self, task: Task, split: Split, selection: Selection, pool: Pool, clock: Clock) -> None:
        self.score_estimate: ScoreEstimate | None = None
        self._task, self._split, self._selection, self._pool, self._clock = task, split, selection, pool, clock
        self._is_done = task.test is not None

    @property
    def seconds(self) -> float:
        """Seconds to reserve for the estimate."""
        return min(_SECONDS, _BUDGET_SHARE * (self._clock.budget.seconds or 0.0)) if self._task.test is None else 0.0

    def estimate(self, chosen: Evaluation, leaderboard: Sequence[Evaluation]) -> None:
        """Estimate the score of the chosen candidate, the first time that this is called, in the seconds reserved for it."""
        if self._is_done:
            return
        # An interrupt in here ends the estimate, not what follows.
        self._is_done = True
        self.score_estimate = estimate_selection(self._selection.out_of_fold, chosen, self._selection.eligible(leaderboard),
                                                 self._split.validation_groups, self._selection.out_of_fold.validation.seed,
                                                 self._clock.at_most(self.seconds, HANDOVER))

    def submit_subsampled(self, chosen: Evaluation) -> Job | None:
        """Have a worker cross-validate the chosen candidate with fewer training rows; None if no worker or time is left."""
        if (self._task.test is not None or not (self._pool.ready or not self._pool.jobs)
                or is_expensive(Configuration(chosen.configuration))):
            return None
        timeout = self._clock.before_handover if self._clock.limited else self._clock.budget.deadline
        if self._clock.limited and _SUBSAMPLE_COST * sum(chosen.stage_seconds.values()) > timeout:
            return None
        request = CrossValidate(Configuration(chosen.configuration), subsample=_SUBSAMPLE)
        return self._pool.submit(request, timeout, waits=False)

    def correct(self, chosen: Evaluation, job: Job | None) -> None:
        """Wait for the candidate that `submit_subsampled` has sent, and raise the estimate by what more rows will bring."""
        while job is not None and job in self._pool.jobs:
            self._pool.wait(1.0)
        if job is not None and job.status == "ok" and self.score_estimate is not None:
            rows, is_macro = self._split.rows, self._selection.out_of_fold.validation.metric.macro
            share = len(rows) / len(self._task) * training_share(self._task.targets[rows], self._split.held_out, macro=is_macro)
            self.score_estimate = correct_for_learning(self._selection.out_of_fold, self.score_estimate, chosen, job.value[0],
                                                       share, _SUBSAMPLE)


def estimate_selection(out_of_fold: OutOfFold, chosen: Evaluation, leaderboard: Sequence[Evaluation],
                       groups: NDArray[np.intp], seed: int, seconds: float | None) -> ScoreEstimate | None:
    """Estimate the score of the chosen candidate without the luck of having been chosen; see `estimate_score`.

    Metrics of rankings and probabilities are resampled for a few of the best candidates only.

    Parameters
    ----------
    out_of_fold : OutOfFold
    chosen : Evaluation
    leaderboard : sequence of Evaluation
        The candidates that it was chosen among, best first.
    groups : int array of shape (n_rows,)
    seed : int
    seconds : float or None
    """
    validation = out_of_fold.validation
    metric, targets = validation.metric, validation.targets
    added_up = makes_scorer(metric)
    width = 1 if targets.ndim == 1 else max(1, validation.n_classes // 4)
    most = max(2, _CELLS // (len(targets) * width)) if added_up else _SLOW_CANDIDATES
    is_kept = out_of_fold.has_predictions if added_up else out_of_fold.has_margins
    board = [entry for entry in leaderboard if is_kept(entry)][:most]
    board = sorted([*board, *([chosen] if chosen not in board else [])], key=lambda entry: entry.number)
    contest, resampling = ((_contest(out_of_fold, board, chosen, most), Resampling(seconds=seconds)) if added_up else
                           (_slow_contest(out_of_fold, board, chosen), Resampling(_SLOW_RESAMPLES, _SLOW_CHUNK, seconds)))
    return estimate_score(contest, groups, seed, best=metric.best, wrong=metric.wrong(len(targets)), resampling=resampling)


def _contest(out_of_fold: OutOfFold, board: Sequence[Evaluation], chosen: Evaluation, most: int) -> Contest:
    """The contest of all candidates, for a metric that predictions decide; those on the first fold alone come last."""
    validation = out_of_fold.validation
    predictions = [out_of_fold.predictions(entry) for entry in board]
    whole = scorer(validation.metric, validation.targets, predictions, validation.n_classes)
    right = np.column_stack([score_rows(predicted, validation.targets) for predicted in predictions])
    sizes, place = np.array([entry.size for entry in board]), board.index(chosen)
    partial = list(out_of_fold.on_first_fold.values())[-most:]
    if not partial or not out_of_fold.has_margins(chosen):
        return Contest(whole, right, sizes, place)
    # A candidate without predictions for all rows never wins a tie by its size.
    right = np.column_stack([right, *(np.zeros((len(right), 1), right.dtype) for _ in partial)])
    sizes = np.append(sizes.astype(np.float64), np.full(len(partial), np.inf))
    first = validation.folds[0]
    targets = validation.targets[first]
    alone = decide_alone(out_of_fold.margins(chosen)[first], targets, validation.metric)
    part = scorer(validation.metric, targets, [alone, *map(out_of_fold.unpack, partial)], validation.n_classes)
    return Contest(Relative(whole, part, first, place, len(board)), right, sizes, place)


def _slow_contest(out_of_fold: OutOfFold, board: Sequence[Evaluation], chosen: Evaluation) -> Contest:
    """The contest of the best candidates, for a metric whose resamples are scored one by one."""
    validation = out_of_fold.validation
    folds = list(validation.folds)
    answers = [out_of_fold.decided(out_of_fold.margins(entry)) for entry in board]
    resampled = Resampled(validation.metric, validation.targets, [answer[0] for answer in answers],
                          [answer[1] for answer in answers], folds)
    right = np.column_stack([score_rows(out_of_fold.predictions(entry), validation.targets) for entry in board])
    return Contest(resampled, right, np.array([entry.size for entry in board]), board.index(chosen))


def correct_for_learning(out_of_fold: OutOfFold, estimate: ScoreEstimate, evaluation: Evaluation,
                         subsampled: CrossValidationResult, share: float, subsample: float) -> ScoreEstimate:
    """Raise a score estimate by what the rows that no fold was trained on will bring; see `add_learning_gain`.

    Parameters
    ----------
    out_of_fold : OutOfFold
    estimate : ScoreEstimate
    evaluation : Evaluation
        Of the candidate that was cross-validated with fewer training rows, too.
    subsampled : CrossValidationResult
    share : float
        Training rows of a fold, as a share of those of the final pipeline.
    subsample : float
        Training rows that `subsampled` learned from, as a share of those of a fold.
    """
    score = float(evaluation.score or 0.0)
    gap = score - subsampled.score
    if subsampled.status == "ok":
        # The luck of having been chosen is no gain of more rows, as far as it is not that of the same answers.
        targets = out_of_fold.validation.targets
        shared = _slope(score_rows(out_of_fold.predictions(evaluation), targets), score_rows(subsampled.predictions, targets))
        gap -= (1.0 - shared) * max(score - estimate.score, 0.0)
    by_fold = np.subtract(evaluation.fold_scores, subsampled.fold_scores)
    by_fold = by_fold[np.isfinite(by_fold)]
    variance = float(np.var(by_fold, ddof=1)) / len(by_fold) if len(by_fold) > 1 else 0.0
    metric = out_of_fold.validation.metric
    return add_learning_gain(estimate, gap, variance, share, subsample, best=metric.best, rate=metric.is_rate)


def _slope(first: NDArray[Any], second: NDArray[Any]) -> float:
    """How much of the luck of a candidate another one shares, from 0 to 1: the slope of the regression of their row scores."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    variance = float(np.var(first))
    return float(np.clip(np.mean((first - first.mean()) * (second - second.mean())) / variance, 0.0, 1.0)) if variance else 1.0
