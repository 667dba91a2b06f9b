"""The act of judging one configuration by cross-validation."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.metrics import Metric
from autotext.pipeline import Chain, cross_fitted
from autotext.search.prepared import Prepared
from autotext.space import Configuration


@dataclass(frozen=True)
class Judged:
    """Outcome of a cross-validation.

    Parameters
    ----------
    score : float
    fold_scores : tuple of float
    stage_seconds : dict of str to float
        ``prepare`` counts what was shared as if it had been done for this configuration alone.
    size : int
        Numbers in one fitted model that are not zero.
    margins : array of shape (n_rows, n_classes)
        Out of fold, single precision.
    predictions : array of shape (n_rows,) or (n_rows, n_classes)
        Class numbers, or 0/1 indicators, out of fold.
    """

    score: float
    fold_scores: tuple[float, ...]
    stage_seconds: dict[str, float]
    size: int
    margins: NDArray[np.float32]
    predictions: NDArray[Any]


def cross_validate(configuration: Configuration, prepared: Prepared, targets: NDArray[Any], folds: Sequence[NDArray[np.intp]],
                   n_classes: int, metric: Metric, seed: int, check: Callable[[], None] = lambda: None) -> Judged:
    """Judge a configuration: everything that learns is fitted on the rows outside each fold.

    Parameters
    ----------
    configuration : Configuration
    prepared : Prepared
        Of the texts of all rows.
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    folds : sequence of int arrays
        Rows held out, together all rows.
    n_classes : int
    metric : Metric
    seed : int
    check : callable
        Called between steps; may raise to give up.
    """
    margins = np.zeros((len(targets), n_classes), dtype=np.float32)
    seconds = dict.fromkeys(("prepare", "fit", "predict"), 0.0)
    size = 0
    for number, fold in enumerate(folds):
        train = np.setdiff1d(np.arange(len(targets)), fold)
        chain = Chain(configuration)
        learned = chain.tokenizer is not None and chain.tokenizer.learns
        counts, spent = prepared.counts(chain, train)
        seconds["prepare"] += spent if learned or not number else 0.0
        check()
        started = time.perf_counter()
        chain.fit_counts([counted.rows(train) for counted in counts], targets[train], n_classes, seed)
        fitted = time.perf_counter()
        check()
        margins[fold] = chain.margins_of_counts([counted.rows(fold) for counted in counts])
        seconds["predict"] += time.perf_counter() - fitted
        seconds["fit"] += fitted - started
        size = max(size, chain.size)
        check()
    predictions, probabilities = cross_fitted(margins.astype(np.float64), targets, metric, list(folds))
    score, fold_scores = metric.cross_validated(targets, predictions, probabilities, list(folds))
    return Judged(score, fold_scores, seconds, size, margins, predictions)


def fit_chain(configuration: Configuration, prepared: Prepared, targets: NDArray[Any], n_classes: int, seed: int) -> Chain:
    """Chain fitted on all prepared rows."""
    chain = Chain(configuration)
    counts, _ = prepared.counts(chain)
    chain.fit_counts(counts, targets, n_classes, seed)
    for feature in chain.features:
        feature.compact()
    return chain
