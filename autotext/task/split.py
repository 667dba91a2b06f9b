"""Stratified folds in which copies of a text, and rows of a group, stay together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from autotext.errors import TaskError
from autotext.randomness import generator
from autotext.task.groups import row_groups
from autotext.task.task import Task

SEARCH_ROWS = 20_000
# Limits on the rows and characters of a search; more would take gigabytes, and be evaluated too rarely.
SEARCH_CHARACTERS = 10_000_000
_LEAST_ROWS = 1000
# Limit on the margins of each candidate: with many classes, fewer rows are held out, and the others are always trained on.
VALIDATION_CELLS = 5_000_000
_LEAST_VALIDATION_ROWS = 500
# A holdout is so many of so many parts of all rows.
HOLDOUT_FOLDS, HOLDOUT_PARTS = 3, 12


@dataclass(frozen=True, eq=False)
class Split:
    """The rows on which a search is done, and their folds; a task's test rows are never among them.

    Parameters
    ----------
    rows : int array of shape (n_rows,)
        Row numbers of the task, sorted.
    folds : list of int arrays
        Positions within `rows` that each fold holds out; together all of them, unless there are many classes.
    groups : int array of shape (n_rows,)
        Group of each row: copies of a text, and rows of a group of the task, belong together.
    characters : int or None
        Number of characters of each text that are used; None: all.
    holdout : bool, default=False
        Whether a single fit, on the rows in no fold, serves all folds.
    """

    rows: NDArray[np.intp]
    folds: list[NDArray[np.intp]]
    groups: NDArray[np.intp]
    characters: int | None = None
    holdout: bool = False

    @property
    def held_out(self) -> list[NDArray[np.intp]]:
        """Positions within `rows` that each fit holds out."""
        return [self.validation_rows] if self.holdout else self.folds

    def __getstate__(self) -> dict[str, Any]:
        # Cached properties are left out, as another thread may compute them while this one pickles the split.
        return dict(self.__dict__)

    @cached_property
    def validation_rows(self) -> NDArray[np.intp]:
        """Sorted positions within `rows` that some fold holds out."""
        return np.sort(np.concatenate(self.folds))

    @cached_property
    def validation_folds(self) -> list[NDArray[np.intp]]:
        """The folds as positions within `validation_rows`."""
        return [np.searchsorted(self.validation_rows, fold) for fold in self.folds]

    @property
    def validation_groups(self) -> NDArray[np.intp]:
        """The groups of `validation_rows`, numbered from 0."""
        return np.unique(self.groups[self.validation_rows], return_inverse=True)[1]

    @classmethod
    def make(cls, task: Task, seed: int, max_rows: int = SEARCH_ROWS, n_folds: int | None = None, *,
             holdout: bool = False) -> Split:
        """Make folds of a task, or of a stratified sample if it has more than `max_rows` rows or `SEARCH_CHARACTERS`.

        Parameters
        ----------
        task : Task
        seed : int
        max_rows : int, default=20,000
        n_folds : int, optional
            None: see `default_n_folds`.
        holdout : bool, default=False
            Hold out a quarter of the rows, in three folds that a single fit serves; not where there are fewer than 12 groups.
        """
        lengths = np.fromiter(map(len, task.texts), dtype=np.int64, count=len(task))
        characters = _longest(lengths, SEARCH_CHARACTERS * max(len(task) / _LEAST_ROWS, 1.0))
        total = int(lengths.sum() if characters is None else np.minimum(lengths, characters).sum())
        share = SEARCH_CHARACTERS / max(total, 1)
        rows = sample_rows(task.texts, task.targets, min(max_rows, max(_LEAST_ROWS, int(share * len(task)))), seed, task.groups)
        texts = [task.texts[row] for row in rows]
        task_groups = None if task.groups is None else [task.groups[row] for row in rows]
        groups = row_groups(texts, task_groups)
        n_groups = int(groups.max()) + 1
        holdout = holdout and n_groups >= HOLDOUT_PARTS
        n_folds = min(n_folds or (HOLDOUT_PARTS if holdout else default_n_folds(len(rows))), n_groups)
        if n_folds < 2:
            raise TaskError("All rows are in one group (copies of a text join the groups they are in), so nothing can be held "
                            "out to judge by. Is the group column the right one?")
        folds = make_folds(texts, task.targets[rows], n_folds, seed, task_groups)[: HOLDOUT_FOLDS if holdout else None]
        most = max(_LEAST_VALIDATION_ROWS, VALIDATION_CELLS // len(task.classes))
        return cls(rows, [_whole_groups(fold, groups, most // len(folds), seed) for fold in folds], groups, characters,
                   holdout)

    def read(self, texts: Sequence[str]) -> Sequence[str]:
        """Cut texts to the number of characters that is used."""
        return texts if self.characters is None else tuple(text[: self.characters] for text in texts)

    def some_rows(self, n_rows: int, seed: int) -> NDArray[np.intp]:
        """Sample at most `n_rows` rows of the task, fold by fold, and give their sorted numbers."""
        rng = generator(seed, "some")
        others = np.setdiff1d(np.arange(len(self.rows)), self.validation_rows)
        order = np.concatenate([rng.permutation(part) for part in (*self.folds, others)])
        return np.sort(self.rows[order[:n_rows]])


def _longest(lengths: NDArray[np.int64], most: float) -> int | None:
    """Length to which texts must be cut to have at most `most` characters in all; None if they have no more.

    Examples
    --------
    >>> _longest(np.array([1, 5, 9]), 9), _longest(np.array([1, 5, 9]), 15)
    (4, None)
    """
    if lengths.sum() <= most:
        return None
    ordered = np.sort(lengths)
    share_of_longer = (most - np.concatenate([[0], np.cumsum(ordered[:-1])])) / np.arange(len(ordered), 0, -1)
    return int(share_of_longer[np.argmax(ordered >= share_of_longer)])


def _whole_groups(fold: NDArray[np.intp], groups: NDArray[np.intp], n_rows: int, seed: int) -> NDArray[np.intp]:
    """Reduce a fold to some of its groups if it has more than about `n_rows` rows."""
    if len(fold) <= n_rows:
        return fold
    order = generator(seed, "judged").permutation(np.unique(groups[fold]))
    sizes = np.bincount(groups[fold], minlength=int(groups.max()) + 1)[order]
    chosen = order[: int(np.searchsorted(np.cumsum(sizes), n_rows)) + 1]
    return fold[np.isin(groups[fold], chosen)]


def make_folds(texts: Sequence[str], targets: NDArray[Any], n_folds: int, seed: int,
               groups: Sequence[Any] | None = None) -> list[NDArray[np.intp]]:
    """Divide rows into folds with about the same share of every class, or label.

    Parameters
    ----------
    texts : sequence of str, n_rows
        Texts; equal ones are always in the same fold.
    targets : array of shape (n_rows,) or (n_rows, n_labels)
        Class numbers, or 0/1 indicators, for which iterative stratification is used.
    n_folds : int
        At least 2.
    seed : int
    groups : sequence, n_rows, optional
        Groups; rows of the same group are always in the same fold, too.

    Returns
    -------
    list of n_folds arrays of int
        Sorted numbers of the rows that each fold holds out; every row is in one fold.

    Notes
    -----
    Sechidis, Tsoumakas & Vlahavas (2011), "On the stratification of multi-label data", ECML PKDD.

    Examples
    --------
    >>> import numpy as np
    >>> [fold.tolist() for fold in make_folds(["a", "b", "a", "c"], np.array([0, 1, 0, 1]), 2, seed=1)]
    [[0, 1, 2], [3]]
    """
    group_of = row_groups(texts, groups)
    first = np.unique(group_of, return_index=True)[1]
    rng = generator(seed, "split")
    if groups is not None:
        fold_of = _by_group(targets, group_of, n_folds, rng)[group_of]
    else:
        cut = _by_label if targets.ndim == 2 else _by_class
        fold_of = cut(targets[first], np.bincount(group_of), n_folds, rng)[group_of]
    return [np.flatnonzero(fold_of == fold) for fold in range(n_folds)]


def default_n_folds(n_rows: int) -> int:
    """Default number of folds: five for up to 2,000 rows, as small samples need the training rows more; otherwise three.

    Parameters
    ----------
    n_rows : int

    Examples
    --------
    >>> default_n_folds(500), default_n_folds(10_000)
    (5, 3)
    """
    return 5 if n_rows <= 2000 else 3


def sample_rows(texts: Sequence[str], targets: NDArray[Any], n_rows: int, seed: int,
                groups: Sequence[Any] | None = None) -> NDArray[np.intp]:
    """Draw a stratified sample of about `n_rows` rows, where copies of a text and rows of a group stay together.

    Parameters
    ----------
    texts : sequence of str
    targets : array of shape (n_rows,) or (n_rows, n_labels)
    n_rows : int
    seed : int
    groups : sequence of object, optional

    Examples
    --------
    >>> texts, targets = [f"text {number}" for number in range(100)], np.arange(100) % 2
    >>> rows = sample_rows(texts, targets, 20, seed=0)
    >>> len(rows), targets[rows].mean()
    (20, np.float64(0.5))
    """
    if n_rows >= len(texts):
        return np.arange(len(texts))
    # The rows are divided into many small stratified folds, of which as many are taken as needed.
    parts = make_folds(texts, targets, min(100, max(2, len(texts) // 20)), seed, groups)
    parts = [part for part in parts if len(part)]
    order = generator(seed, "sample").permutation(len(parts))
    chosen: list[NDArray[np.intp]] = []
    for part in order:
        if sum(map(len, chosen)) + len(parts[part]) > n_rows and chosen:
            break
        chosen.append(parts[part])
    return np.sort(np.concatenate(chosen))


def _by_class(classes: NDArray[Any], weights: NDArray[Any], n_folds: int, rng: np.random.Generator) -> NDArray[Any]:
    fold_of = np.empty(len(classes), dtype=np.intp)
    offset = 0
    for value in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == value))
        rows = rows[np.argsort(-weights[rows], kind="stable")]
        fold_of[rows] = (np.arange(len(rows)) + offset) % n_folds
        # The next class starts at the fold where this one ended, so that small classes fill all folds equally.
        offset += len(rows)
    return fold_of


def _by_label(indicators: NDArray[Any], weights: NDArray[Any], n_folds: int, rng: np.random.Generator) -> NDArray[Any]:
    # A row without labels counts as having one more label.
    marked = csr_array(np.column_stack([indicators, ~indicators.any(axis=1)]), dtype=bool)
    by_label = marked.tocsc()
    unassigned = by_label.T @ weights.astype(float)
    wanted = np.repeat(unassigned[None, :] / n_folds, n_folds, axis=0)
    free_rows = np.full(n_folds, weights.sum() / n_folds)
    fold_of = np.full(len(weights), -1, dtype=np.intp)
    order = np.empty(len(weights), dtype=np.intp)
    order[rng.permutation(len(weights))] = np.arange(len(weights))
    while (unassigned > 0).any():
        label = int(np.argmin(np.where(unassigned > 0, unassigned, np.inf)))
        rows = by_label.indices[by_label.indptr[label] : by_label.indptr[label + 1]]
        rows = rows[fold_of[rows] < 0]
        for row in rows[np.argsort(order[rows])]:
            labels = marked.indices[marked.indptr[row] : marked.indptr[row + 1]]
            best = np.lexsort((np.arange(n_folds), -free_rows, -wanted[:, label]))[0]
            fold_of[row] = best
            wanted[best, labels] -= weights[row]
            free_rows[best] -= weights[row]
            unassigned[labels] -= weights[row]
        unassigned[label] = 0
    return fold_of


def _by_group(targets: NDArray[Any], groups: NDArray[np.intp], n_folds: int, rng: np.random.Generator) -> NDArray[Any]:
    """Assign groups to folds, the largest first, each to the fold where it keeps rows and labels most even."""
    indicators = targets if targets.ndim == 2 else np.eye(int(targets.max()) + 1, dtype=np.int8)[targets]
    indicators = np.column_stack([indicators, np.ones(len(targets), dtype=np.int8)]).astype(np.float32)
    held = np.zeros((groups.max() + 1, indicators.shape[1]), dtype=np.float32)
    np.add.at(held, groups, indicators)
    shares = held / np.maximum(indicators.sum(axis=0), 1)
    fold_of, filled = np.empty(len(held), dtype=np.intp), np.zeros((n_folds, indicators.shape[1]), dtype=np.float32)
    shuffled = rng.permutation(len(held))
    for group in shuffled[np.argsort(-held[shuffled, -1], kind="stable")]:
        # A fold gets the group if this increases the sum of squared shares least; empty folds come first.
        fold = np.lexsort((filled[:, -1], filled @ shares[group], filled.any(axis=1) & (len(held) >= n_folds)))[0]
        fold_of[group] = fold
        filled[fold] += shares[group]
    return fold_of
