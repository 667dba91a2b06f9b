"""Estimates of the score on new texts, corrected for the selection bias of choosing the best of many candidates."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.randomness import generator
from autotext.scoring.bootstrap import Scorer

RESAMPLES = 200
TIE = 0.002
CHUNK = 20
_LEAST = 10
_LEAST_CANDIDATES = 3
# Standard deviations on each side of a 90 % interval.
_SIDE = 1.645
# Variance that a new sample of two and a half times as many rows adds, as a fraction of the variance of the rows.
_FRESH = 0.4
# Standard deviation, in numbers of errors, of a score without any error.
_UNSEEN = 1.2
# Factor on the variance, as the training sets of folds overlap: with five folds, (1 / 5 + 1 / 4) / (1 / 5).
_OVERLAP = 2.25
# Power of the number of training rows with which the loss falls, and the largest one where it fell faster.
_LEARNING, _STEEPEST = 0.5, 1.5
# Standard deviation of the learning gain, as a fraction of it, since the true power may differ.
_SHAPE = 0.35


@dataclass(frozen=True)
class ScoreEstimate:
    """An estimate of the score on new texts, with its interval.

    Parameters
    ----------
    score : float
    interval : tuple of float
        90 % interval, which covers the score on a new sample in 90 of 100 cases.
    resamples : int
        Number of resamples in which the selection was repeated.
    learning : float, default=0.0
        Part of the score that is due to the final pipeline learning from more rows than the cross-validated ones.

    Examples
    --------
    >>> estimate = ScoreEstimate(0.8, (0.77, 0.83), resamples=200)
    >>> shifted(estimate, 0.05).interval
    (0.8200000000000001, 0.88)
    """

    score: float
    interval: tuple[float, float]
    resamples: int
    learning: float = 0.0


@dataclass(frozen=True)
class Resampling:
    """Settings of a bootstrap: how many resamples are drawn, and how long.

    Parameters
    ----------
    resamples : int, default=200
        Number of resamples.
    chunk : int, default=20
        Number of resamples that are scored at once.
    seconds : float, optional
        Time after which no new resamples are drawn; without it, the result is always the same.
    """

    resamples: int = RESAMPLES
    chunk: int = CHUNK
    seconds: float | None = None


@dataclass(frozen=True, eq=False)
class Contest:
    """The candidates of a search and the chosen one, in a form in which the choice can be repeated on resampled rows.

    Parameters
    ----------
    scorer : Scorer
        Scores the out-of-fold predictions of every candidate; without the worse ones, the estimate would be too high.
    right : array of shape (n_rows, n_candidates)
        How right each prediction is, from 0 to 1, from which practical ties are found.
    sizes : array of shape (n_candidates,)
        Sizes of the candidates; infinite for one that was not cross-validated on all rows.
    chosen : int
        The candidate that was chosen on all rows.

    Examples
    --------
    >>> from autotext.scoring.bootstrap import scorer
    >>> from autotext.scoring.metrics import Metric
    >>> rng = np.random.default_rng(0)
    >>> targets = np.arange(200) % 2
    >>> predictions = [np.where(rng.random(200) < 0.7, targets, 1 - targets) for _ in range(5)]
    >>> right = np.column_stack([predicted == targets for predicted in predictions])
    >>> chosen = int(right.mean(axis=0).argmax())
    >>> contest = Contest(scorer(Metric("accuracy", "binary"), targets, predictions, 2), right, np.ones(5), chosen)
    >>> estimate_score(contest, np.arange(200), seed=0).score < right[:, chosen].mean()
    np.True_
    """

    scorer: Scorer
    right: NDArray[Any]
    sizes: NDArray[Any]
    chosen: int


def estimate_score(contest: Contest, groups: NDArray[np.intp], seed: int, *, best: float = 1.0, wrong: float = 1.0,
                   resampling: Resampling = Resampling()) -> ScoreEstimate | None:
    """Estimate the score on new texts of the candidate that a search chose, by a bootstrap that corrects the selection bias.

    Each resample draws rows with replacement, repeats the selection (the best score; among practical ties the smallest model)
    on the drawn rows, and scores the selected candidate on the other rows. The estimate is the mean over resamples.

    Parameters
    ----------
    contest : Contest
    groups : int array of shape (n_rows,)
        Group of each row, from 0; rows of one group are drawn together.
    seed : int
    best, wrong : float, default=1.0
        Best value of the metric, and the cost of a single wrong row in a sum over rows.
    resampling : Resampling, optional

    Returns
    -------
    ScoreEstimate or None
        None if too few resamples could be scored.

    Notes
    -----
    BBC-CV: Tsamardinos, Greasidou & Borboudakis (2018), "Bootstrapping the out-of-sample predictions for efficient and
    accurate cross-validation", Machine Learning 107. `add_learning_gain` adds what the final model learns from more rows.

    On the rows that are not drawn, metrics that are no means over rows, such as macro-F1 with rare classes, have another
    expectation than on all rows. So the luck of the selected candidate is the difference between its mean score on such rows in
    the other resamples and its score in this one, and is subtracted from its score on all rows. For a single candidate there
    is then nothing to correct; for means over rows, this is BBC-CV.

    The rows that are not drawn are about 37 % of all, so the spread of the scores on them would give too wide an interval. Its
    variance is the sum of three instead: that of the chosen candidate's score over the drawn rows; that of the scores of the
    selected candidates, each on all rows; and that of a new sample, which is assumed to have two and a half times as many rows.

    Where candidates differ by no more than chance, such as those without any skill, resampling the rows corrects too little,
    since all resamples share the chance of the training sets. So the score is at most that of the chosen candidate shrunk
    towards the mean of all (James & Stein 1961, "Estimation with quadratic loss"), with the variance of chance of Nadeau &
    Bengio (2003), "Inference for the generalization error", Machine Learning 52.
    """
    chosen, n_rows = contest.chosen, len(contest.right)
    total = contest.scorer(np.ones((1, n_rows), dtype=np.float32), np.arange(len(contest.sizes)))[0]
    luck, inside, selected = _repeat_selection(contest, groups, seed, resampling)
    defined = np.isfinite(luck)
    if defined.sum() < min(_LEAST, resampling.resamples):
        return None
    score = float(np.mean(total[selected[defined]] - luck[defined]))
    variance = (1.0 + _FRESH) * float(np.nanvar(inside[:, chosen], ddof=1)) + float(np.nanvar(total[selected]))
    low, high = interval(score, variance, n_rows, best, wrong)
    whole = np.isfinite(contest.sizes)
    too_much = max(0.0, score - _shrunken(total[whole], inside[:, whole], float(total[chosen])))
    return ScoreEstimate(score - too_much, (low - too_much, high), int(defined.sum()))


def _shrunken(total: NDArray[np.float64], resampled: NDArray[np.float64], score: float) -> float:
    """Shrink the chosen candidate's score towards the mean of all, the more so the more chance explains their differences.

    Parameters
    ----------
    total : array of shape (n_candidates,)
        Score of each candidate on all rows.
    resampled : array of shape (n_resamples, n_candidates)
    score : float
        Score of the chosen candidate.
    """
    resampled = resampled[np.isfinite(resampled).all(axis=1)]
    if len(total) < _LEAST_CANDIDATES or len(resampled) < _LEAST:
        return score
    mean = float(total.mean())
    differences = resampled - resampled.mean(axis=1, keepdims=True)
    chance = _OVERLAP * float(differences.var(axis=0, ddof=1).mean()) * len(total) / (len(total) - 1)
    if score - mean > (2.0 * np.log(len(total)) * chance) ** 0.5:
        # The best of as many candidates that differ only by chance is not so far ahead.
        return score
    return mean + max(0.0, 1.0 - chance / max(float(total.var(ddof=1)), 1e-12)) * (score - mean)


def _repeat_selection(contest: Contest, groups: NDArray[np.intp], seed: int,
                      resampling: Resampling) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """For each resample: the luck of the selected candidate, the scores of all on the drawn rows, and the selected one."""
    rng = generator(seed, "honest")
    until = None if resampling.seconds is None else time.monotonic() + resampling.seconds
    parts: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = [
        (np.empty(0), np.empty((0, len(contest.sizes))), np.empty(0, dtype=np.intp))]
    done = 0
    while done < resampling.resamples and (until is None or time.monotonic() < until):
        drawn = _drawn(groups, min(resampling.chunk, resampling.resamples - done), rng)
        done += len(drawn)
        scores = contest.scorer(drawn, np.arange(len(contest.sizes)))
        # Resamples on which the metric is not defined are left out.
        defined = np.isfinite(scores).any(axis=1)
        scores, drawn = scores[defined], drawn[defined]
        if not len(drawn):
            continue
        selected = np.array([_select(row, weights, contest.right, contest.sizes)
                             for row, weights in zip(scores, drawn, strict=True)])
        parts.append((_luck(contest.scorer, drawn, selected), scores, selected))
    luck, inside, selected = (np.concatenate(part) for part in zip(*parts, strict=True))
    return luck, inside, selected


def add_learning_gain(estimate: ScoreEstimate, gap: float, variance: float, share: float, subsample: float, *,
                      best: float = 1.0, rate: bool = False) -> ScoreEstimate:
    """Add the gain of the final pipeline, which learns from more rows than the cross-validated ones, to a score estimate.

    Parameters
    ----------
    estimate : ScoreEstimate
    gap : float
        Out-of-fold score, less that of the same candidate with a subsample of the training rows.
    variance : float
        Variance of the gap.
    share : float
        Training rows of a fold, as a fraction of those of the final pipeline.
    subsample : float
        Size of the subsample, as a fraction of the training rows of a fold.
    best : float, default=1.0
        Best value of the metric.
    rate : bool, default=False
        Whether the score is a fraction of rows, or of labels, that are right.

    Notes
    -----
    The loss is assumed to fall with the square root of the number of rows, towards a limit; such power laws are observed
    (Hestness et al. 2017, "Deep learning scaling is predictable, empirically", arXiv:1712.00409). Where the gap is so large
    that the limit would be better than the best value, that value is the limit, and the power is the one that the gap shows.
    So some of the loss always stays, and the interval widens by all of the gap. While most rows are wrong, a rate rises slowly
    at first, and the power law is that of the odds of an error; where errors are rare, the odds are the loss.

    A gap that noise may explain counts less: it is multiplied by gap**2 / (gap**2 + variance).

    Examples
    --------
    >>> add_learning_gain(ScoreEstimate(0.8, (0.78, 0.82), 200), 0.04, 0.0, 0.8, 0.5).score.__round__(3)
    0.81
    >>> add_learning_gain(ScoreEstimate(0.95, (0.94, 0.96), 200), 0.12, 0.0, 2 / 3, 0.5).score.__round__(3)
    0.973
    """
    gap = max(gap, 0.0)
    gap *= gap**2 / max(gap**2 + variance, 1e-12)
    reach = subsample**-_LEARNING - 1.0
    factor = (1.0 - share**_LEARNING) / reach
    gain = factor * gap
    # The loss, or the odds of an error, with the subsample and with all training rows of a fold.
    fewer, fold = (_odds(score) if rate else best - score for score in (estimate.score - gap, estimate.score))
    if fold > 0.0 and fewer > (1.0 + reach) * fold:
        final = fold * share ** min(np.log(fewer / fold) / -np.log(subsample), _STEEPEST)
        gain = float(best - (final / (1.0 + final) if rate else final)) - estimate.score
    doubt = factor * (variance + (_SHAPE * gap) ** 2) ** 0.5
    low, high = (estimate.score + np.sign(edge - estimate.score) * np.hypot(edge - estimate.score, _SIDE * doubt)
                 for edge in estimate.interval)
    wide = replace(estimate, interval=(float(low), float(high)))
    raised = shifted(wide, gain, best=best)
    return replace(raised, learning=raised.score - estimate.score)


def _odds(score: float) -> float:
    """Odds of an error, where at least a thousandth of the rows counts as right."""
    return (1.0 - score) / max(score, 1e-3)


def training_share(targets: NDArray[Any], folds: Sequence[NDArray[np.intp]], *, macro: bool) -> float:
    """Mean over held-out rows of the training rows of their fold, as a fraction of those of the final pipeline.

    Only rows of the same class count, as they matter most. For a new text with a random class, the final pipeline has as many
    as a row has others in its class on average; where classes count equally, or have similar sizes, as many as the class has.

    Parameters
    ----------
    targets : array of shape (n_rows,) or (n_rows, n_classes)
        Class numbers, or 0/1 indicators.
    folds : sequence of int arrays
        Rows that each fold holds out.
    macro : bool
        Whether all classes have the same weight in the metric.

    Examples
    --------
    >>> folds = [np.arange(place, 30, 5) for place in range(5)]
    >>> [round(training_share(classes, folds, macro=False), 3) for classes in (np.arange(30) % 2, np.arange(30) // 3)]
    [0.8, 0.667]
    """
    n_classes = targets.shape[1] if targets.ndim == 2 else int(targets.max()) + 1

    def counts(rows: NDArray[np.intp]) -> NDArray[Any]:
        return targets[rows].sum(axis=0) if targets.ndim == 2 else np.bincount(targets[rows], minlength=n_classes)

    held, total = np.array([counts(fold) for fold in folds], dtype=np.float64), counts(np.arange(len(targets)))
    is_held_out = held.any(axis=0)
    held, total = held[:, is_held_out], total[is_held_out]
    of_classes = 1.0 - (held**2).sum(axis=0) / (held.sum(axis=0) * total)
    if macro:
        return float(of_classes.mean())
    others = np.maximum(total - 1, 1)
    at_random = np.where(total > 1, np.minimum(of_classes * total / others, 1.0), 1.0)
    drawn, even = (np.average(shares, weights=held.sum(axis=0)) for shares in (at_random, of_classes))
    # Class sizes of rows drawn at random vary at least as much as Poisson counts.
    evenness = max(0.0, 1.0 - float(np.var(total) / np.mean(total)))
    return float(drawn + evenness * (even - drawn))


def shifted(estimate: ScoreEstimate, difference: float, *, best: float = 1.0) -> ScoreEstimate:
    """Add a number to a score and its interval, neither of which passes the best value of the metric.

    The interval moves as far as the score does, so that it does not shrink to nothing at the best value.

    Parameters
    ----------
    estimate : ScoreEstimate
    difference : float
        Number that is added.
    best : float, default=1.0
        Best value of the metric.

    Examples
    --------
    >>> shifted(ScoreEstimate(0.98, (0.97, 0.99), 200), 0.05).score
    1.0
    """
    shift = min(max(best, estimate.score), estimate.score + difference) - estimate.score
    low, high = estimate.interval
    return replace(estimate, score=estimate.score + shift, interval=(low + shift, min(max(best, estimate.score), high + shift)))


def resampled_interval(scorer: Scorer, score: float, groups: NDArray[np.intp], seed: int, *, best: float = 1.0,
                       wrong: float = 1.0, resampling: Resampling = Resampling()) -> tuple[float, float] | None:
    """90 % bootstrap interval around the score of a single candidate on rows on which nothing was selected.

    Parameters
    ----------
    scorer : Scorer
        Scores the candidate, which is its first one.
    score : float
        Score on all rows.
    groups : int array of shape (n_rows,)
    seed : int
    best, wrong : float, default=1.0
        As in `estimate_score`.
    resampling : Resampling, optional

    Returns
    -------
    tuple of float, or None
        None if there was not enough time.

    Examples
    --------
    >>> from autotext.scoring.bootstrap import scorer
    >>> from autotext.scoring.metrics import Metric
    >>> targets = np.arange(100) % 2
    >>> predicted = np.where(np.arange(100) < 90, targets, 1 - targets)
    >>> score = scorer(Metric("accuracy", "binary"), targets, [predicted], 2)
    >>> low, high = resampled_interval(score, 0.9, np.arange(100), seed=0)
    >>> round(low, 2), round(high, 2)
    (0.86, 0.94)
    """
    rng = generator(seed, "interval")
    until = None if resampling.seconds is None else time.monotonic() + resampling.seconds
    scores: list[float] = []
    while len(scores) < resampling.resamples and (until is None or time.monotonic() < until):
        drawn = _drawn(groups, min(resampling.chunk, resampling.resamples - len(scores)), rng)
        scores += scorer(drawn, np.arange(1))[:, 0].tolist()
    defined = [value for value in scores if np.isfinite(value)]
    if len(defined) < min(_LEAST, resampling.resamples):
        return None
    return interval(score, float(np.var(defined, ddof=1)), len(groups), best, wrong)


def interval(score: float, variance: float, n_rows: int, best: float, wrong: float) -> tuple[float, float]:
    """90 % interval around a score with a known variance; without any error in the rows, as wide as with one error.

    Parameters
    ----------
    score : float
    variance : float
    n_rows : int
    best, wrong : float
        As in `estimate_score`.

    Examples
    --------
    >>> low, high = interval(1.0, variance=0.0, n_rows=100, best=1.0, wrong=1.0)
    >>> round(low, 3), high
    (0.98, 1.0)
    """
    deviation = max(variance**0.5, _UNSEEN * wrong / n_rows)
    return score - _SIDE * deviation, min(max(best, score), score + _SIDE * deviation)


def _drawn(groups: NDArray[np.intp], number: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Number of times that each row is drawn, in a number of resamples of whole groups."""
    n_groups = int(groups.max()) + 1
    counts = [np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups)[groups] for _ in range(number)]
    return np.asarray(counts, dtype=np.float32)


def _select(scores: NDArray[np.float64], weights: NDArray[np.float32], right: NDArray[Any], sizes: NDArray[Any]) -> int:
    """Select like the search does: the best candidate, or the smallest one that is worse only within the noise of the rows."""
    defined = np.where(np.isfinite(scores), scores, -np.inf)
    equal = np.flatnonzero(defined == defined.max())
    best = equal[np.argmin(sizes[equal])]
    smaller = np.flatnonzero((defined.max() - defined < TIE) & (sizes < sizes[best]))
    if not len(smaller):
        return int(best)
    rows = np.flatnonzero(weights)
    squared = (right[rows][:, smaller].astype(np.float32) - right[rows, best].astype(np.float32)[:, None]) ** 2
    noise = np.sqrt(weights[rows] @ squared) / weights.sum()
    tied = smaller[defined.max() - defined[smaller] <= noise]
    return int(tied[np.argmin(sizes[tied])]) if len(tied) else int(best)


def _luck(scorer: Scorer, drawn: NDArray[np.float32], selected: NDArray[np.intp]) -> NDArray[np.float64]:
    """Luck of each selected candidate: its mean score on rows that other resamples did not draw, less that of this resample."""
    luck = np.full(len(drawn), np.nan)
    not_drawn = (drawn == 0).astype(np.float32)
    for candidate in np.unique(selected):
        scores = scorer(not_drawn, np.array([candidate]))[:, 0]
        defined = np.isfinite(scores)
        is_selected = (selected == candidate) & defined
        if defined.sum() > 1:
            luck[is_selected] = ((scores[defined].sum() - scores) / (defined.sum() - 1) - scores)[is_selected]
    return luck
