"""How good the chosen one of many candidates will be, without the luck of having been chosen."""

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
# Share of the rows' own variance that a fresh sample of two and a half times as many rows adds.
_FRESH = 0.4
# A score that no row contradicts is uncertain by about this many errors.
_UNSEEN = 1.2
# Training sets of folds have most rows in common, so a score varies more from one task to another than its rows tell: with five
# folds, 1 / 5 + 1 / 4 in place of 1 / 5.
_OVERLAP = 2.25
# The loss falls with this power of the number of training rows, or a greater one where it fell faster, up to the second.
_LEARNING, _STEEPEST = 0.5, 1.5
# Standard deviation of what that adds to the score, as a share of it, for the power may be another one.
_SHAPE = 0.35


@dataclass(frozen=True)
class ScoreEstimate:
    """An estimate of the score on new texts.

    Parameters
    ----------
    score : float
    interval : tuple of float
        Covers the score on a fresh sample in 90 of 100 cases.
    resamples : int
        How often the selection was repeated.
    learning : float, default=0.0
        Part of the score that stands for what the final pipeline learns from more rows than the judged ones had.
    """

    score: float
    interval: tuple[float, float]
    resamples: int
    learning: float = 0.0


@dataclass(frozen=True)
class Resampling:
    """How often rows are drawn anew.

    Parameters
    ----------
    resamples : int, default=200
    chunk : int, default=20
        How many are scored at once.
    seconds : float, optional
        No new resamples are begun after that; without it the result is always the same.
    """

    resamples: int = RESAMPLES
    chunk: int = CHUNK
    seconds: float | None = None


@dataclass(frozen=True, eq=False)
class Contest:
    """The candidates of a search and the one that it chose, in the form in which the choice can be repeated.

    Parameters
    ----------
    scorer : Scorer
        Of the out-of-fold predictions of every candidate, losers included: without them the score is too good.
    right : array of shape (n_rows, n_candidates)
        How right each prediction is, from 0 to 1; says what is a practical tie.
    sizes : array of shape (n_candidates,)
        Infinite for one that was not judged on all rows.
    chosen : int
        The candidate that was chosen on all rows.
    """

    scorer: Scorer
    right: NDArray[Any]
    sizes: NDArray[Any]
    chosen: int


def estimate_score(contest: Contest, groups: NDArray[np.intp], seed: int, *, best: float = 1.0, wrong: float = 1.0,
                   resampling: Resampling = Resampling()) -> ScoreEstimate | None:
    """Bootstrap bias-corrected score of the candidate that a search chose: the mean over resamples.

    Each draws rows with replacement, repeats the selection (the best score; among practical ties the smallest model) on the
    rows drawn, and scores the selected candidate on the rows not drawn.

    Parameters
    ----------
    contest : Contest
    groups : int array of shape (n_rows,)
        Rows of one group, numbered from 0, are drawn together.
    seed : int
    best, wrong : float, default=1.0
        Best value of the metric, and what a single wrong row costs before the mean over rows is taken.
    resampling : Resampling, optional

    Returns
    -------
    ScoreEstimate or None
        None if too few resamples could be scored.

    Notes
    -----
    BBC-CV: Tsamardinos, Greasidou & Borboudakis (2018), "Bootstrapping the out-of-sample predictions for efficient and
    accurate cross-validation", Machine Learning 107. What the final model learns from more rows is for `add_learning_gain`.

    On the rows not drawn, metrics that are no means over rows, such as macro-F1 with rare classes, have another expectation
    than on all rows. So the luck of the selected candidate is by how much its score on the rows not drawn is below its mean
    over the other resamples, and is taken from its score on all rows. A search of one candidate has nothing to correct, then;
    for means over rows, this is BBC-CV.

    The rows not drawn are about 37 % of all, so the spread of the resamples' scores would be too wide an interval. Its
    variance is the sum of three instead: of the chosen candidate's score over the resamples drawn; of the score of the
    selected candidates, each on all rows; and of a fresh sample, taken to have two and a half times as many rows.

    Where candidates differ by no more than chance, as those without any skill, resampling the rows corrects too little: what
    their training sets have by chance is in all resamples. So the score is no better than that of the chosen candidate shrunk
    to the mean of all (James & Stein 1961, "Estimation with quadratic loss"), where the variance of chance is that of
    Nadeau & Bengio (2003), "Inference for the generalization error", Machine Learning 52.
    """
    chosen, n_rows = contest.chosen, len(contest.right)
    total = contest.scorer(np.ones((1, n_rows), dtype=np.float32), np.arange(len(contest.sizes)))[0]
    luck, inside, selected = _repeated(contest, groups, seed, resampling)
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
    """The chosen candidate's score, the nearer to the mean of all the more of their differences could be chance.

    Parameters
    ----------
    total : array of shape (n_candidates,)
        Score of each on all rows.
    resampled : array of shape (n_resamples, n_candidates)
    score : float
        Of the chosen one.
    """
    resampled = resampled[np.isfinite(resampled).all(axis=1)]
    if len(total) < _LEAST_CANDIDATES or len(resampled) < _LEAST:
        return score
    mean = float(total.mean())
    apart = resampled - resampled.mean(axis=1, keepdims=True)
    chance = _OVERLAP * float(apart.var(axis=0, ddof=1).mean()) * len(total) / (len(total) - 1)
    if score - mean > (2.0 * np.log(len(total)) * chance) ** 0.5:
        # So far ahead is no best of so many that only differ by chance.
        return score
    return mean + max(0.0, 1.0 - chance / max(float(total.var(ddof=1)), 1e-12)) * (score - mean)


def _repeated(contest: Contest, groups: NDArray[np.intp], seed: int,
              resampling: Resampling) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Of each resample: the luck of the selected candidate, the scores of all on the rows drawn, and the selected."""
    rng = generator(seed, "honest")
    until = None if resampling.seconds is None else time.monotonic() + resampling.seconds
    parts: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = [
        (np.empty(0), np.empty((0, len(contest.sizes))), np.empty(0, dtype=np.intp))]
    done = 0
    while done < resampling.resamples and (until is None or time.monotonic() < until):
        drawn = _drawn(groups, min(resampling.chunk, resampling.resamples - done), rng)
        done += len(drawn)
        scores = contest.scorer(drawn, np.arange(len(contest.sizes)))
        # Nothing is selected on rows where the metric is not defined.
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
    """The score that the final pipeline will have, which learns from more rows than those that were judged out of fold.

    Parameters
    ----------
    estimate : ScoreEstimate
    gap : float
        Score out of fold, less that of the same candidate with a part of the training rows.
    variance : float
        Of the gap.
    share : float
        Training rows of a fold, as a share of those of the final pipeline.
    subsample : float
        The part, as a share of the training rows of a fold.
    best : float, default=1.0
        Best value of the metric.
    rate : bool, default=False
        Whether the score is a share of rows, or of labels, that are right.

    Notes
    -----
    The loss is taken to fall with the square root of the rows, towards a limit: such power laws are what is found (Hestness et
    al. 2017, "Deep learning scaling is predictable, empirically", arXiv:1712.00409). After a gap so large that the limit would
    be better than the best value, that value is the limit, and the power is the one that the gap shows. So some of the loss
    always stays; the interval widens by all of the gap. A rate first rises slowly, while most rows are wrong, and such a power
    law is that of the odds of an error; where errors are few, the odds are the loss.

    A gap within its own noise counts less: it is multiplied by the share of its square in that of gap and noise.

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
    # The loss, or the odds of an error, with fewer training rows and with those of a fold.
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
    """Of an error; a thousandth of the rows is always right."""
    return (1.0 - score) / max(score, 1e-3)


def training_share(targets: NDArray[Any], folds: Sequence[NDArray[np.intp]], *, macro: bool) -> float:
    """Training rows of a fold, as a share of those that the final pipeline has; the mean over rows that are held out.

    What counts most is how many training rows the class of a held-out row has. Of classes drawn at random, the final pipeline
    has for a new text as many as there are beside a row in its class, on the average; of classes that count alike, or that
    all have about as many rows, as many as the class has.

    Parameters
    ----------
    targets : array of shape (n_rows,) or (n_rows, n_classes)
        Class numbers, or 0/1 indicators.
    folds : sequence of int arrays
        Rows that each holds out.
    macro : bool
        Whether the metric counts all classes alike.

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
    known = held.any(axis=0)
    held, total = held[:, known], total[known]
    of_classes = 1.0 - (held**2).sum(axis=0) / (held.sum(axis=0) * total)
    if macro:
        return float(of_classes.mean())
    others = np.maximum(total - 1, 1)
    at_random = np.where(total > 1, np.minimum(of_classes * total / others, 1.0), 1.0)
    drawn, even = (np.average(shares, weights=held.sum(axis=0)) for shares in (at_random, of_classes))
    # The counts of rows drawn at random vary at least as much as Poisson's.
    evenness = max(0.0, 1.0 - float(np.var(total) / np.mean(total)))
    return float(drawn + evenness * (even - drawn))


def shifted(estimate: ScoreEstimate, difference: float, *, best: float = 1.0) -> ScoreEstimate:
    """The same estimate with something added to the score and its interval, neither of which passes the best value.

    The interval moves no further than the score can, so that it does not shrink to nothing at the bound.
    """
    shift = min(max(best, estimate.score), estimate.score + difference) - estimate.score
    low, high = estimate.interval
    return replace(estimate, score=estimate.score + shift, interval=(low + shift, min(max(best, estimate.score), high + shift)))


def resampled_interval(scorer: Scorer, score: float, groups: NDArray[np.intp], seed: int, *, best: float = 1.0,
                       wrong: float = 1.0, resampling: Resampling = Resampling()) -> tuple[float, float] | None:
    """90 % bootstrap interval around the score of a single candidate on rows that nothing was chosen on.

    Parameters
    ----------
    scorer : Scorer
        Its first candidate counts.
    score : float
    groups : int array of shape (n_rows,)
    seed : int
    best, wrong : float, default=1.0
        As in `estimate_score`.
    resampling : Resampling, optional

    Returns
    -------
    tuple of float, or None
        None if there was no time for it.
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
    """90 % interval around a score of a known variance; without any error in the rows, as wide as an error would make it."""
    deviation = max(variance**0.5, _UNSEEN * wrong / n_rows)
    return score - _SIDE * deviation, min(max(best, score), score + _SIDE * deviation)


def _drawn(groups: NDArray[np.intp], number: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """How often each row is drawn in so many resamples of whole groups."""
    n_groups = int(groups.max()) + 1
    counts = [np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups)[groups] for _ in range(number)]
    return np.asarray(counts, dtype=np.float32)


def _select(scores: NDArray[np.float64], weights: NDArray[np.float32], right: NDArray[Any], sizes: NDArray[Any]) -> int:
    """The search's rule: the best, or the smallest that is no worse than the noise of the rows."""
    known = np.where(np.isfinite(scores), scores, -np.inf)
    equal = np.flatnonzero(known == known.max())
    best = equal[np.argmin(sizes[equal])]
    smaller = np.flatnonzero((known.max() - known < TIE) & (sizes < sizes[best]))
    if not len(smaller):
        return int(best)
    rows = np.flatnonzero(weights)
    squared = (right[rows][:, smaller].astype(np.float32) - right[rows, best].astype(np.float32)[:, None]) ** 2
    noise = np.sqrt(weights[rows] @ squared) / weights.sum()
    tied = smaller[known.max() - known[smaller] <= noise]
    return int(tied[np.argmin(sizes[tied])]) if len(tied) else int(best)


def _luck(scorer: Scorer, drawn: NDArray[np.float32], selected: NDArray[np.intp]) -> NDArray[np.float64]:
    """By how much each resample's selected candidate is worse on the rows not drawn than its mean over the other resamples."""
    luck = np.full(len(drawn), np.nan)
    left = (drawn == 0).astype(np.float32)
    for candidate in np.unique(selected):
        scores = scorer(left, np.array([candidate]))[:, 0]
        defined = np.isfinite(scores)
        own = (selected == candidate) & defined
        if defined.sum() > 1:
            luck[own] = ((scores[defined].sum() - scores) / (defined.sum() - 1) - scores)[own]
    return luck
