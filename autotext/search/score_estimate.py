"""How good the chosen candidate of a search will be on new texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.cross_validation.cross_validate import CrossValidationResult
from autotext.cross_validation.pruning import decide_alone
from autotext.evaluation import Evaluation
from autotext.scoring.bias_correction import Contest, Resampling, ScoreEstimate, add_learning_gain, estimate_score
from autotext.scoring.bootstrap import Relative, Resampled, makes_scorer, scorer
from autotext.search.out_of_fold import OutOfFold, score_rows

# Candidates times rows, or indicators, that a selection is repeated over.
_CELLS = 4_000_000
# For metrics whose resamples are scored one by one.
_SLOW_CANDIDATES, _SLOW_RESAMPLES, _SLOW_CHUNK = 10, 40, 10


def estimate_selection(out_of_fold: OutOfFold, chosen: Evaluation, leaderboard: Sequence[Evaluation],
                       groups: NDArray[np.intp], seed: int, seconds: float | None) -> ScoreEstimate | None:
    """Score of the chosen candidate without the luck of having been chosen; see `estimate_score`.

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
    """All candidates, for a metric that predictions decide; those that were pruned on the first fold come last."""
    validation = out_of_fold.validation
    predictions = [out_of_fold.predictions(entry) for entry in board]
    whole = scorer(validation.metric, validation.targets, predictions, validation.n_classes)
    right = np.column_stack([score_rows(predicted, validation.targets) for predicted in predictions])
    sizes, place = np.array([entry.size for entry in board]), board.index(chosen)
    pruned = list(out_of_fold.pruned.values())[-most:]
    if not pruned or not out_of_fold.has_margins(chosen):
        return Contest(whole, right, sizes, place)
    # A candidate of which all rows are not known is never the smaller of two equals.
    right = np.column_stack([right, *(np.zeros((len(right), 1), right.dtype) for _ in pruned)])
    sizes = np.append(sizes.astype(np.float64), np.full(len(pruned), np.inf))
    first = validation.folds[0]
    targets = validation.targets[first]
    alone = decide_alone(out_of_fold.margins(chosen)[first], targets, validation.metric)
    part = scorer(validation.metric, targets, [alone, *map(out_of_fold.unpack, pruned)], validation.n_classes)
    return Contest(Relative(whole, part, first, place, len(board)), right, sizes, place)


def _slow_contest(out_of_fold: OutOfFold, board: Sequence[Evaluation], chosen: Evaluation) -> Contest:
    """The best candidates, for a metric whose resamples are scored one by one."""
    validation = out_of_fold.validation
    folds = list(validation.folds)
    answers = [out_of_fold.decided(out_of_fold.margins(entry)) for entry in board]
    resampled = Resampled(validation.metric, validation.targets, [answer[0] for answer in answers],
                          [answer[1] for answer in answers], folds)
    right = np.column_stack([score_rows(out_of_fold.predictions(entry), validation.targets) for entry in board])
    return Contest(resampled, right, np.array([entry.size for entry in board]), board.index(chosen))


def correct_for_learning(out_of_fold: OutOfFold, estimate: ScoreEstimate, evaluation: Evaluation,
                         subsampled: CrossValidationResult, share: float, subsample: float) -> ScoreEstimate:
    """The score estimate with what the rows that no fold was trained on will bring; see `add_learning_gain`.

    Parameters
    ----------
    out_of_fold : OutOfFold
    estimate : ScoreEstimate
    evaluation : Evaluation
        Of the candidate that was validated with fewer training rows, too.
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
    """How much of the luck of one candidate another one shares, from 0 to 1: the regression of how right they are."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    variance = float(np.var(first))
    return float(np.clip(np.mean((first - first.mean()) * (second - second.mean())) / variance, 0.0, 1.0)) if variance else 1.0
