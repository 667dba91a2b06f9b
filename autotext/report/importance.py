"""What mattered in a search: how scores differ with what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from autotext.evaluation import Evaluation

# Evaluations without which nothing can be said, and values of a parameter up to which it is looked at.
_LEAST, _MOST_VALUES = 10, 40


def scores_by_choice(evaluations: Sequence[Evaluation], name: str) -> dict[Any, list[float]]:
    """Scores of evaluations by their value of a part of the configuration, the value with the best score first.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        Those without a score are left out.
    name : str
        Such as ``"model"``.

    Examples
    --------
    >>> tried = [Evaluation(number, {"model": name}, "", "warm", "ok", score)
    ...          for number, (name, score) in enumerate([("ridge", 0.8), ("svm", 0.9)])]
    >>> scores_by_choice(tried, "model")
    {'svm': [0.9], 'ridge': [0.8]}
    """
    groups: dict[Any, list[float]] = {}
    for entry in evaluations:
        if entry.score is not None and name in entry.configuration:
            groups.setdefault(entry.configuration[name], []).append(entry.score)
    return dict(sorted(groups.items(), key=lambda group: -max(group[1])))


def explained_shares(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Which share of the differences in rank among scores each choice explains by itself, among evaluations that have it.

    Nothing is corrected for choices that were made together, as a search tries what is good more often.

    Parameters
    ----------
    evaluations : sequence of Evaluation

    Returns
    -------
    dict of str to float
        Epsilon squared of a Kruskal-Wallis test, the largest first; none for what too few evaluations have.

    References
    ----------
    Kelley (1935), An unbiased correlation ratio measure, PNAS 21.

    Examples
    --------
    >>> tried = [Evaluation(number, {"model": ("svm", "ridge")[number % 2], "C": 1}, "", "search", "ok", 0.5 + number % 2 / 9)
    ...          for number in range(20)]
    >>> explained_shares(tried)
    {'model': 1.0}
    """
    scored = [entry for entry in evaluations if entry.score is not None]
    names = dict.fromkeys(name for entry in scored for name in entry.configuration)
    shares = {name: _share([entry for entry in scored if name in entry.configuration], name) for name in names}
    return dict(sorted(((name, share) for name, share in shares.items() if share > 0.0), key=lambda pair: -pair[1]))


def _share(scored: Sequence[Evaluation], name: str) -> float:
    """Variance of ranks between groups of equal values, corrected for what chance explains."""
    if len(scored) < _LEAST:
        return 0.0
    ranks = rankdata([float(entry.score or 0.0) for entry in scored])
    values = [repr(entry.configuration[name]) for entry in scored]
    labels, groups = np.unique(values, return_inverse=True)
    n_rows, n_groups = len(values), len(labels)
    if not 1 < n_groups <= min(_MOST_VALUES, n_rows - 2):
        return 0.0
    counts = np.bincount(groups)
    means = np.bincount(groups, ranks) / counts
    total = float(((ranks - ranks.mean()) ** 2).sum())
    if not total:
        return 0.0
    between = float((counts * (means - ranks.mean()) ** 2).sum())
    within = (total - between) / (n_rows - n_groups)
    return max(0.0, 1.0 - within * (n_rows - 1) / total)
