"""Adversarial validation: whether test rows differ from training rows, or newer rows from older ones."""

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
# Characters of a text that are read, which are about a hundred words, or a hundred letters in scripts without spaces.
_CHARACTERS, _UNSPACED_CHARACTERS = 600, 100
_LEAST_ROWS = 20
_LEAST_SECONDS = 6.0
# Thresholds in standard deviations, which give less than one false alarm in a hundred; and the smallest AUC, and the smallest
# difference of the share of a label, that matter.
_Z, _WORD_Z = 2.6, 4.0
_TELLING_AUC = 0.6
_P, _MOVED = 0.01, 0.03
_LEAST_EXPECTED = 5.0
_SHOWN, _LETTERS = 5, 30
_UNSPACED_SHARE = 0.3


def find_drift(task: Task, seed: int, seconds: float = math.inf) -> dict[str, Any] | None:
    """Measure how well training rows can be told from test rows, or older from newer rows; None without either.

    A cheap classifier learns to tell the sides apart by single words (by one or two letters in scripts without spaces), on
    at most 2,000 distinct texts of each, and is evaluated on the half that it was not trained on.

    Parameters
    ----------
    task : Task
    seed : int
    seconds : float
        Remaining seconds of a budget; below 6 seconds, nothing is compared.

    Returns
    -------
    dict or None
        ``between`` names the sides. ``skipped``: there was no time. With 20 texts on each side, ``auc``, its 90 %
        ``interval``, and ``found``, which says whether the difference is beyond chance and large; then ``words`` are those
        that differ most. ``labels``: those whose shares moved most. ``repeated`` and ``repeated_rows``: test rows with the
        text of a training row.

    Notes
    -----
    The interval is that of Hanley & McNeil (1982), "The meaning and use of the area under a ROC curve", Radiology 143.

    Examples
    --------
    >>> old, new = [f"it rains {n}" for n in range(40)], [f"it snows {n}" for n in range(40, 80)]
    >>> drift = find_drift(Task.read((old + new, [0, 1] * 40), time=range(80)), seed=0)
    >>> drift["between"], drift["auc"], sorted(drift["words"])
    ('older and newer rows', 1.0, ['rains', 'snows'])
    """
    sides = _sides(task)
    if sides is None:
        return None
    between, first, second = sides
    if seconds < _LEAST_SECONDS:
        return {"between": between, "skipped": True}
    drift = {"between": between, **_tell_apart(first, second, seed), **_moved_labels(first, second)}
    if task.test is not None:
        training_texts = set(task.texts)
        rows = [row + 1 for row, text in enumerate(task.test.texts) if text in training_texts]
        drift.update({"repeated": len(rows), "repeated_rows": rows[:_SHOWN]} if rows else {})
    return drift


def _sides(task: Task) -> tuple[str, Task, Task] | None:
    if task.test is not None:
        return "train and test", task, task.test
    if task.times is None:
        return None
    times = np.array([math.nan if time is None else time for time in task.times])
    dated = times[~np.isnan(times)]
    if not len(dated) or dated.min() == dated.max():
        return None
    # Rows of one time stay together, on the side that leaves the halves more even.
    middle = np.median(dated)
    older = times < middle if (dated < middle).sum() > (dated > middle).sum() else times <= middle
    return "older and newer rows", task.rows(np.flatnonzero(older)), task.rows(np.flatnonzero(~older & ~np.isnan(times)))


def _tell_apart(first: Task, second: Task, seed: int) -> dict[str, Any]:
    samples = [_sample(side, seed, number) for number, side in enumerate((first, second))]
    if min(map(len, samples)) < _LEAST_ROWS:
        return {}
    sampled = [(side, row) for side, rows in zip((first, second), samples, strict=True) for row in rows]
    texts = [side.texts[row][:_CHARACTERS].casefold() for side, row in sampled]
    sides = np.repeat([0, 1], [len(rows) for rows in samples])
    groups = [side.groups[row] if side.groups else None for side, row in sampled] if first.groups or second.groups else None
    folds = make_folds(texts, sides, 2, derive(seed, "drift"), groups)
    if any(len(np.unique(sides[fold])) < 2 for fold in folds):
        return {}
    matrix, feature = _features(texts)
    if not matrix.shape[1]:
        return {}
    aucs = []
    for training, validation in (folds, folds[::-1]):
        solver = LogisticRegression(C=1.0, class_weight="balanced", solver="liblinear", tol=0.01,
                                    random_state=derive(seed, "drift"))
        margins = solver.fit(matrix[training], sides[training]).decision_function(matrix[validation])
        aucs.append(roc_auc_score(sides[validation], margins))
    # The two halves are not independent evidence, so the deviation is that of a single half.
    auc, sizes = float(np.mean(aucs)), np.bincount(sides) / 2.0
    half = 1.645 * _deviation(auc, *sizes)
    differs = bool(auc >= max(_TELLING_AUC, 0.5 + _Z * _deviation(0.5, *sizes)))
    return {"auc": round(auc, 4), "interval": [round(max(0.0, auc - half), 4), round(min(1.0, auc + half), 4)],
            "found": differs, "words": _words(matrix, feature.names(), sides) if differs else []}


def _sample(side: Task, seed: int, number: int) -> list[int]:
    """Rows of at most 2,000 distinct texts."""
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
    """Standard deviation of an AUC, after Hanley & McNeil."""
    same, cross = auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc)
    variance = auc * (1.0 - auc) + (n_first - 1) * (same - auc * auc) + (n_second - 1) * (cross - auc * auc)
    return math.sqrt(max(variance, 0.0) / (n_first * n_second))


def _words(matrix: Any, names: list[str], sides: NDArray[Any]) -> list[str]:
    """N-grams whose shares of the texts differ most, and by more than chance explains."""
    shares = [np.bincount(matrix[sides == side].indices, minlength=matrix.shape[1]) / (sides == side).sum() for side in (0, 1)]
    pooled = np.bincount(matrix.indices, minlength=matrix.shape[1]) / len(sides)
    sizes = 1.0 / (sides == 0).sum() + 1.0 / (sides == 1).sum()
    distance = np.abs(shares[0] - shares[1]) / np.sqrt(sizes * np.maximum(pooled * (1.0 - pooled), 1.0 / len(sides) ** 2))
    order = np.lexsort((np.arange(len(names)), -distance))[:_SHOWN]
    # A word may be as long as a text, and a report must not quote a whole text.
    return [names[place][:_LETTERS] for place in order if distance[place] >= _WORD_Z]


def _moved_labels(first: Task, second: Task) -> dict[str, Any]:
    """Labels whose shares of the rows differ by much and beyond chance, by a chi-square test with Bonferroni's correction."""
    labels_of_sides: list[Sequence[Any]] = [
        [label for row in side.labels for label in (row if first.kind == "multilabel" else (row,))] for side in (first, second)]
    counts = [Counter(labels) for labels in labels_of_sides]
    table = np.array([[count[label] for label in first.classes] for count in counts], dtype=float)
    rows = np.array([[len(first)], [len(second)]], dtype=float)
    shares, pooled = table / rows, table.sum(axis=0) / rows.sum()
    usable = np.minimum(pooled, 1.0 - pooled) * rows.min() >= _LEAST_EXPECTED
    spread = pooled * (1.0 - pooled) * (1.0 / rows).sum()
    moved = shares[1] - shares[0]
    statistic = np.divide(moved**2, spread, out=np.zeros(len(moved)), where=usable)
    is_significant = (chi2.sf(statistic, 1) * max(int(usable.sum()), 1) < _P) & (np.abs(moved) >= _MOVED)
    order = [place for place in np.lexsort((np.arange(len(moved)), -np.abs(moved))) if is_significant[place]][:_SHOWN]
    labels = [{"label": first.classes[place], "shares": [round(float(share), 4) for share in shares[:, place]]}
              for place in order]
    return {"labels": labels} if labels else {}
