"""Statistics of scores of arms on tasks: ranks, tests of whether arms differ, ratings, and intervals over families of tasks.

Scores are arrays of shape (n_tasks, n_arms), where more is better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.errors import BenchmarkError

ALPHA = 0.05
"""Level of all tests; intervals are of 1 - `ALPHA`."""

FEWEST_FAMILIES = 5
"""Families from which on there are intervals, since resamples of fewer are much the same."""

_RESAMPLES, _ELO_RESAMPLES = 2000, 200
# Points from a rating within which the end of its interval is.
_FINITE = 1000.0

Floats = NDArray[np.float64]


def mean_ranks(scores: Floats) -> Floats:
    """Mean rank of each arm over tasks, the best is 1; those with equal scores share the mean of their ranks.

    Parameters
    ----------
    scores : array of shape (n_tasks, n_arms)

    Examples
    --------
    >>> mean_ranks(np.array([[0.9, 0.8, 0.8], [0.7, 0.6, 0.5]])).tolist()
    [1.0, 2.25, 2.75]
    """
    from scipy.stats import rankdata

    return np.asarray(rankdata(-scores, axis=1).mean(axis=0))


def friedman_p(scores: Floats) -> float | None:
    """P-value of the Friedman test, whose null hypothesis is that all arms are alike.

    Parameters
    ----------
    scores : array of shape (n_tasks, n_arms)

    Returns
    -------
    float or None
        None: there are fewer than three arms or two tasks.

    References
    ----------
    J. Demšar. Statistical comparisons of classifiers over multiple data sets. JMLR 7, 2006.

    Examples
    --------
    >>> round(friedman_p(np.array([[0.9, 0.8, 0.7]] * 5)), 4)
    0.0067
    """
    from scipy.stats import friedmanchisquare

    n_tasks, n_arms = scores.shape
    if n_arms < 3 or n_tasks < 2:
        return None
    # The statistic of tasks without any difference is 0 / 0.
    return 1.0 if (scores == scores[:, :1]).all() else float(friedmanchisquare(*scores.T).pvalue)


def critical_difference(n_arms: int, n_tasks: int) -> float | None:
    """Difference of mean ranks from which on two of all arms are told apart by the Nemenyi test.

    Parameters
    ----------
    n_arms, n_tasks : int

    Returns
    -------
    float or None
        None: there are fewer than two arms or two tasks.

    References
    ----------
    J. Demšar. Statistical comparisons of classifiers over multiple data sets. JMLR 7, 2006.

    Examples
    --------
    >>> round(critical_difference(4, 14), 2)
    1.25
    """
    from scipy.stats import studentized_range

    if n_arms < 2 or n_tasks < 2:
        return None
    quantile = studentized_range.ppf(1 - ALPHA, n_arms, math.inf) / math.sqrt(2)
    return float(quantile * math.sqrt(n_arms * (n_arms + 1) / (6 * n_tasks)))


def cliques(ranks: Floats, difference: float) -> list[tuple[int, ...]]:
    """Largest groups of arms that are not told apart: no two of a group differ by the critical difference.

    Parameters
    ----------
    ranks : array of shape (n_arms,)
    difference : float

    Returns
    -------
    list of tuple of int
        Numbers of arms, the best first.

    Examples
    --------
    >>> cliques(np.array([1.0, 4.0, 1.5, 2.5]), 1.25)
    [(0, 2), (2, 3)]
    """
    order = np.argsort(ranks, kind="stable")
    groups: list[tuple[int, ...]] = []
    reached = 0
    for start in range(len(order)):
        end = start + int(np.sum(ranks[order[start:]] - ranks[order[start]] < difference))
        # A group that ends no later than the one before is a part of it.
        if end > max(reached, start + 1):
            groups.append(tuple(int(number) for number in order[start:end]))
            reached = end
    return groups


def pairwise_p(scores: Floats) -> Floats:
    """P-values of Wilcoxon signed-rank tests between each two arms, adjusted by Holm's method for all pairs.

    Unlike the Nemenyi test, the one between two arms does not depend on the scores of the others, except by the adjustment.
    Tasks without a difference count half for each side, as Demšar advises.

    Parameters
    ----------
    scores : array of shape (n_tasks, n_arms)

    Returns
    -------
    array of shape (n_arms, n_arms)
        1 on the diagonal.

    References
    ----------
    A. Benavoli, G. Corani, F. Mangili. Should we really use post-hoc tests based on mean-ranks? JMLR 17, 2016.

    Examples
    --------
    >>> scores = np.linspace(0.5, 0.9, 10)[:, None] + np.array([0.0, 0.05])
    >>> pairwise_p(scores).round(4).tolist()
    [[1.0, 0.0016], [0.0016, 1.0]]
    """
    first, second = np.triu_indices(scores.shape[1], 1)
    values = np.array([_wilcoxon_p(scores[:, one] - scores[:, other]) for one, other in zip(first, second, strict=True)])
    adjusted = np.ones((scores.shape[1], scores.shape[1]))
    adjusted[first, second] = adjusted[second, first] = _holm(values)
    return adjusted


def _wilcoxon_p(differences: Floats) -> float:
    from scipy.stats import wilcoxon

    # Ten decimals, so that differences of equal size are ties whatever was rounded on the way to them.
    sizes = np.abs(differences := differences.round(10))
    if not sizes.any():
        return 1.0
    # The exact distribution holds only without ties; there scipy would try all signs, which takes a second for a pair.
    is_exact = sizes.all() and len(np.unique(sizes)) == len(sizes) <= 50
    return float(wilcoxon(differences, zero_method="zsplit", method="exact" if is_exact else "asymptotic").pvalue)


def _holm(values: Floats) -> Floats:
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)).clip(max=1.0)
    return adjusted


def wins(scores: Floats) -> NDArray[np.int64]:
    """On how many tasks each arm is above, equal to and below each other one.

    Parameters
    ----------
    scores : array of shape (n_tasks, n_arms)

    Returns
    -------
    array of shape (n_arms, n_arms, 3)

    Examples
    --------
    >>> wins(np.array([[0.9, 0.8], [0.7, 0.7], [0.5, 0.4]]))[0, 1].tolist()
    [2, 1, 0]
    """
    these, others = scores[:, :, None], scores[:, None, :]
    return np.stack([(these > others).sum(axis=0), (these == others).sum(axis=0), (these < others).sum(axis=0)], axis=-1)


def family_interval(values: Floats, families: Sequence[str]) -> Floats:
    """Means over tasks, with 95 % intervals from a bootstrap over families, as tasks of one family are alike.

    Parameters
    ----------
    values : array of shape (n_tasks, n_arms)
    families : sequence of str
        Family of each task; a resample draws families, and each brings all its tasks.

    Returns
    -------
    array of shape (n_arms, 3)
        Mean, low and high; the latter two are NaN if there are fewer than `FEWEST_FAMILIES`.

    References
    ----------
    B. Efron, R. Tibshirani. An Introduction to the Bootstrap. Chapman & Hall, 1993 (percentile intervals).

    Examples
    --------
    >>> family_interval(np.array([[0.5], [0.6], [0.7], [0.8], [0.9]]), ["a", "b", "c", "d", "e"]).round(2).tolist()
    [[0.7, 0.58, 0.82]]
    """
    means = values.mean(axis=0)
    names, numbers = np.unique(np.asarray(families), return_inverse=True)
    if len(names) < FEWEST_FAMILIES:
        return np.column_stack([means, np.full((len(means), 2), np.nan)])
    draws = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), size=_RESAMPLES)
    counts = draws[:, numbers]
    low, high = np.quantile(counts @ values / counts.sum(axis=1, keepdims=True), (ALPHA / 2, 1 - ALPHA / 2), axis=0)
    # Sums in another order differ in their last digits, which must not put a mean outside of its interval.
    return np.column_stack([means, np.minimum(low, means), np.maximum(high, means)])


def errors_of(scores: Floats, metrics: Sequence[str]) -> Floats:
    """Distances of scores from the best value of their metric.

    Parameters
    ----------
    scores : array of shape (n_tasks, n_arms)
    metrics : sequence of str
        Metric of each task, a scorer of scikit-learn: 1 is best, or 0 if its name begins with ``neg_``.

    Examples
    --------
    >>> errors_of(np.array([[0.75], [-0.5]]), ["accuracy", "neg_log_loss"]).tolist()
    [[0.25], [0.5]]
    """
    best = np.array([0.0 if metric.startswith("neg_") else 1.0 for metric in metrics])
    return np.asarray(best[:, None] - scores)


def elo(errors: Floats, families: Sequence[str]) -> Floats:
    """Elo ratings, with 95 % intervals from a bootstrap over families; each family counts the same.

    The Bradley-Terry model of which of two arms has the lower error, as of bencheval: 400 points are odds of 10 to 1, and 1000
    is the mean. No finite rating fits arms that are above, or below, the others on every task, so these get an infinite one:
    the rated ones are the largest group of arms such that there is no way to part it in two, one of which is always above.

    Parameters
    ----------
    errors : array of shape (n_tasks, n_arms)
        At least two arms.
    families : sequence of str
        Family of each task.

    Returns
    -------
    array of shape (n_arms, 3)
        Rating, low and high; the latter two are NaN if there are fewer than `FEWEST_FAMILIES`. An end that is more than 1000
        points away is infinite, since resamples come there only if they have no finite rating.

    Raises
    ------
    BenchmarkError
        bencheval is not installed.

    References
    ----------
    N. Erickson et al. TabArena: A living benchmark for machine learning on tabular data. NeurIPS 2025.
    L. R. Ford. Solution of a ranking problem from binary comparisons. American Mathematical Monthly 64, 1957 (on where there
    are finite ratings).

    Examples
    --------
    >>> errors = np.array([[0.1, 0.2, 0.3], [0.1, 0.2, 0.4], [0.2, 0.1, 0.5], [0.1, 0.2, 0.6]])
    >>> elo(errors, ["a", "b", "c", "d"])[:, 0].round().tolist()
    [1095.0, 905.0, -inf]
    """
    ratings = np.empty((errors.shape[1], 3))
    ratings[:], rated = _infinite_ratings(errors)
    ratings[rated, 1:] = np.nan
    if len(rated) == 1:
        return ratings
    evaluator, frame = _evaluation(errors[:, rated], families)
    has_intervals = len(set(families)) >= FEWEST_FAMILIES
    fitted = evaluator.compute_elo(frame, BOOTSTRAP_ROUNDS=_ELO_RESAMPLES, round_decimals=None,
                                   include_quantiles=has_intervals).loc[list(range(len(rated)))]
    ratings[rated, 0] = fitted["elo"]
    if has_intervals:
        for column, widths, infinity in ((1, -fitted["elo-"], -math.inf), (2, fitted["elo+"], math.inf)):
            ratings[rated, column] = np.where(np.abs(widths) > _FINITE, infinity, fitted["elo"] + widths)
    return ratings


def _infinite_ratings(errors: Floats) -> tuple[Floats, list[int]]:
    """Infinite ratings of arms, as a column, and the numbers of those that can be rated."""
    from scipy.sparse.csgraph import connected_components

    # There is an edge where an arm is not always below another one, so each two groups are joined in one direction.
    is_ever_above = (errors[:, :, None] <= errors[:, None, :]).any(axis=0)
    _, groups = connected_components(is_ever_above, connection="strong")
    level = mean_ranks(-errors)
    # The better one of groups of the same size.
    largest = min(groups, key=lambda group: (-(groups == group).sum(), level[groups == group].mean()))
    rated = np.flatnonzero(groups == largest)
    infinities = np.where(level < level[rated].mean(), math.inf, -math.inf)
    infinities[rated] = 1000.0
    return infinities[:, None], rated.tolist()


def improvability(errors: Floats, families: Sequence[str]) -> Floats:
    """By how much the best arm of a task lowers the error of each arm, as a share of it; the mean over tasks.

    0 for an arm that is the best on each task. The interval is of a bootstrap over families.

    Parameters
    ----------
    errors : array of shape (n_tasks, n_arms)
    families : sequence of str
        Family of each task.

    Returns
    -------
    array of shape (n_arms, 3)
        Mean, low and high; the latter two are NaN if there are fewer than `FEWEST_FAMILIES`.

    Raises
    ------
    BenchmarkError
        bencheval is not installed.

    References
    ----------
    N. Erickson et al. TabArena: A living benchmark for machine learning on tabular data. NeurIPS 2025.

    Examples
    --------
    >>> improvability(np.array([[0.1, 0.2], [0.3, 0.3]]), ["a", "b"])[:, 0].tolist()
    [0.0, 0.25]
    """
    evaluator, frame = _evaluation(errors, families)
    per_task = evaluator.compute_improvability_per(frame, [evaluator.task_col, evaluator.seed_column])
    return family_interval(per_task.to_numpy().reshape(errors.shape), families)


def _evaluation(errors: Floats, families: Sequence[str]) -> tuple[Any, Any]:
    """An evaluator of bencheval and its data; a family is a task of its, and a task one of the splits of this."""
    try:
        import pandas as pd
        from bencheval.evaluator import BenchmarkEvaluator
    except ImportError as error:
        raise BenchmarkError(f'Elo and improvability need {error.name}, which is not installed: pip install '
                             '"autotext[benchmark]".') from error
    n_tasks, n_arms = errors.shape
    # Numbers, as pandas refuses some strings that may be names.
    numbers = np.unique(np.asarray(families), return_inverse=True)[1]
    frame = pd.DataFrame({"arm": np.tile(np.arange(n_arms), n_tasks), "task": np.repeat(np.arange(n_tasks), n_arms),
                          "family": np.repeat(numbers, n_arms), "error": errors.ravel()})
    return BenchmarkEvaluator(method_col="arm", task_col="family", seed_column="task", error_col="error",
                              columns_to_agg_extra=[]), frame
