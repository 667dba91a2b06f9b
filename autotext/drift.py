"""Whether texts that are judged on, or the newest ones, are like those that are learned from: adversarial validation."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from autotext.components.features.word_tfidf import WordTfidf
from autotext.components.tokenizers.words import Words
from autotext.randomness import derive, generator
from autotext.task import UNSPACED, Task, make_folds, script_shares

_ROWS = 2000
# The time goes into tokens: about a hundred of a text, words or, in scripts without spaces, letters.
_CHARACTERS, _UNSPACED_CHARACTERS = 600, 100
_LEAST_ROWS = 20
_LEAST_SECONDS = 6.0
# Less than one false alarm in a hundred, and differences that matter, of the AUC and of the share of a label.
_Z, _WORD_Z = 2.6, 4.0
_TELLING_AUC = 0.6
_P, _MOVED = 0.01, 0.03
_LEAST_EXPECTED = 5.0
_SHOWN, _LETTERS = 5, 30
_UNSPACED_SHARE = 0.3


def find_drift(task: Task, seed: int, seconds: float = math.inf) -> dict[str, Any] | None:
    """How well training rows can be told from test rows, or the older from the newer half; None without either.

    A cheap classifier learns to tell the sides apart by single words (by one or two letters in scripts without spaces), on
    at most 2,000 distinct texts of each, and is judged on the half that it did not learn from.

    Parameters
    ----------
    task : Task
    seed : int
    seconds : float
        What is left of a budget; where that is little, nothing is compared.

    Returns
    -------
    dict or None
        ``between``; ``skipped`` if there was no time; ``auc``, its 90 % ``interval``, ``found`` (whether the difference is
        beyond chance and large) and, if so, the ``words`` that tell most, if there are 20 texts on each side; ``labels``,
        those whose shares moved most, if they did; ``repeated`` and ``repeated_rows``, test rows with the text of a
        training row.

    Notes
    -----
    The interval is that of Hanley & McNeil (1982), "The meaning and use of the area under a ROC curve", Radiology 143.

    Examples
    --------
    >>> old, new = [f"it rains {n}" for n in range(40)], [f"it snows {n}" for n in range(40, 80)]
    >>> found = find_drift(Task.read((old + new, [0, 1] * 40), time=range(80)), seed=0)
    >>> found["between"], found["auc"], sorted(found["words"])
    ('older and newer rows', 1.0, ['rains', 'snows'])
    """
    sides = _sides(task)
    if sides is None:
        return None
    between, first, second = sides
    if seconds < _LEAST_SECONDS:
        return {"between": between, "skipped": True}
    found = {"between": between, **_told_apart(first, second, seed), **_moved_labels(first, second)}
    if task.test is not None:
        known = set(task.texts)
        rows = [row + 1 for row, text in enumerate(task.test.texts) if text in known]
        found.update({"repeated": len(rows), "repeated_rows": rows[:_SHOWN]} if rows else {})
    return found


def _sides(task: Task) -> tuple[str, Task, Task] | None:
    if task.test is not None:
        return "train and test", task, task.test
    if task.times is None:
        return None
    times = np.array([math.nan if time is None else time for time in task.times])
    known = times[~np.isnan(times)]
    if not len(known) or known.min() == known.max():
        return None
    # Rows of one time stay together, on the side that leaves the halves more even.
    middle = np.median(known)
    older = times < middle if (known < middle).sum() > (known > middle).sum() else times <= middle
    return "older and newer rows", task.rows(np.flatnonzero(older)), task.rows(np.flatnonzero(~older & ~np.isnan(times)))


def _told_apart(first: Task, second: Task, seed: int) -> dict[str, Any]:
    samples = [_sample(side, seed, number) for number, side in enumerate((first, second))]
    if min(map(len, samples)) < _LEAST_ROWS:
        return {}
    taken = [(side, row) for side, rows in zip((first, second), samples, strict=True) for row in rows]
    texts = [side.texts[row][:_CHARACTERS].casefold() for side, row in taken]
    sides = np.repeat([0, 1], [len(rows) for rows in samples])
    groups = [side.groups[row] if side.groups else None for side, row in taken] if first.groups or second.groups else None
    folds = make_folds(texts, sides, 2, derive(seed, "drift"), groups)
    if any(len(np.unique(sides[fold])) < 2 for fold in folds):
        return {}
    matrix, feature = _features(texts)
    if not matrix.shape[1]:
        return {}
    aucs = []
    for learned, judged in (folds, folds[::-1]):
        solver = LogisticRegression(C=1.0, class_weight="balanced", solver="liblinear", tol=0.01,
                                    random_state=derive(seed, "drift"))
        margins = solver.fit(matrix[learned], sides[learned]).decision_function(matrix[judged])
        aucs.append(roc_auc_score(sides[judged], margins))
    # What one half teaches about the other is what the other teaches about it, so both together prove no more than one.
    auc, judged_once = float(np.mean(aucs)), np.bincount(sides) / 2.0
    half = 1.645 * _deviation(auc, *judged_once)
    found = bool(auc >= max(_TELLING_AUC, 0.5 + _Z * _deviation(0.5, *judged_once)))
    return {"auc": round(auc, 4), "interval": [round(max(0.0, auc - half), 4), round(min(1.0, auc + half), 4)],
            "found": found, "words": _words(matrix, feature.names(), sides) if found else []}


def _sample(side: Task, seed: int, number: int) -> list[int]:
    """Rows of distinct texts, at most 2,000."""
    first = {text: row for row, text in reversed(list(enumerate(side.texts)))}
    rows = np.array(sorted(first.values()))
    chosen = generator(seed, "drift", number).choice(rows, min(len(rows), _ROWS), replace=False)
    return sorted(chosen.tolist())


def _features(texts: Sequence[str]) -> tuple[Any, WordTfidf]:
    unspaced = sum(share for script, share in script_shares(texts).items() if script in UNSPACED) > _UNSPACED_SHARE
    texts = [text[:_UNSPACED_CHARACTERS] for text in texts] if unspaced else texts
    feature = WordTfidf(ngrams="1-2" if unspaced else "1-1", min_df=2)
    counts = feature.count(Words().transform(texts))
    return feature.fit(counts, np.zeros(len(texts))).transform(counts), feature


def _deviation(auc: float, n_first: float, n_second: float) -> float:
    """Standard deviation of an AUC, by Hanley & McNeil."""
    same, cross = auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc)
    variance = auc * (1.0 - auc) + (n_first - 1) * (same - auc * auc) + (n_second - 1) * (cross - auc * auc)
    return math.sqrt(max(variance, 0.0) / (n_first * n_second))


def _words(matrix: Any, names: list[str], sides: NDArray[Any]) -> list[str]:
    """N-grams whose shares of the texts differ most, beyond what chance would do."""
    shares = [np.bincount(matrix[sides == side].indices, minlength=matrix.shape[1]) / (sides == side).sum() for side in (0, 1)]
    pooled = np.bincount(matrix.indices, minlength=matrix.shape[1]) / len(sides)
    sizes = 1.0 / (sides == 0).sum() + 1.0 / (sides == 1).sum()
    distance = np.abs(shares[0] - shares[1]) / np.sqrt(sizes * np.maximum(pooled * (1.0 - pooled), 1.0 / len(sides) ** 2))
    order = np.lexsort((np.arange(len(names)), -distance))[:_SHOWN]
    # A word may be as long as a text, and a report is to quote none.
    return [names[place][:_LETTERS] for place in order if distance[place] >= _WORD_Z]


def _moved_labels(first: Task, second: Task) -> dict[str, Any]:
    """Labels whose shares of the rows differ by much and beyond chance, each by chi-square, Bonferroni-corrected."""
    given: list[Sequence[Any]] = [[label for row in side.labels for label in (row if first.kind == "multilabel" else (row,))]
                                  for side in (first, second)]
    counts = [Counter(labels) for labels in given]
    table = np.array([[count[label] for label in first.classes] for count in counts], dtype=float)
    rows = np.array([[len(first)], [len(second)]], dtype=float)
    shares, pooled = table / rows, table.sum(axis=0) / rows.sum()
    usable = np.minimum(pooled, 1.0 - pooled) * rows.min() >= _LEAST_EXPECTED
    spread = pooled * (1.0 - pooled) * (1.0 / rows).sum()
    moved = shares[1] - shares[0]
    statistic = np.divide(moved**2, spread, out=np.zeros(len(moved)), where=usable)
    surely = (chi2.sf(statistic, 1) * max(int(usable.sum()), 1) < _P) & (np.abs(moved) >= _MOVED)
    order = [place for place in np.lexsort((np.arange(len(moved)), -np.abs(moved))) if surely[place]][:_SHOWN]
    labels = [{"label": first.classes[place], "shares": [round(float(share), 4) for share in shares[:, place]]}
              for place in order]
    return {"labels": labels} if labels else {}
