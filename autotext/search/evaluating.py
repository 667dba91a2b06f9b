"""The act of judging one configuration by cross-validation."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components import Model
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
    return cross_validate_path(configuration, None, prepared, targets, folds, n_classes, metric, seed, check)[0]


def cross_validate_path(configuration: Configuration, values: Sequence[float] | None, prepared: Prepared, targets: NDArray[Any],
                        folds: Sequence[NDArray[np.intp]], n_classes: int, metric: Metric, seed: int,
                        check: Callable[[], None] = lambda: None) -> list[Judged]:
    """Judge a configuration at several strengths of regularization; features are made once per fold.

    Parameters
    ----------
    configuration : Configuration
    values : sequence of float, optional
        Of the parameter that ``Model.path`` names, in place of the configuration's own; None: only its own.
    prepared, targets, folds, n_classes, metric, seed, check
        See `cross_validate`.

    Returns
    -------
    list of Judged
        In the order of `values`. Seconds of features count for each, those of a fit that they share in equal parts.
    """
    number_of = 1 if values is None else len(values)
    margins = np.zeros((number_of, len(targets), n_classes), dtype=np.float32)
    seconds = [dict.fromkeys(("prepare", "fit", "predict"), 0.0) for _ in range(number_of)]
    sizes = [0] * number_of
    for fold_number, fold in enumerate(folds):
        train = np.setdiff1d(np.arange(len(targets)), fold)
        chain = Chain(configuration)
        learned = chain.tokenizer is not None and chain.tokenizer.learns
        counts, spent = prepared.counts(chain, train)
        check()
        started = time.perf_counter()
        X = chain.fit_features([counted.rows(train) for counted in counts], targets[train])
        featured = time.perf_counter()
        check()
        models = _models(chain.model, values, X, targets[train], n_classes, seed)
        fitted = time.perf_counter()
        check()
        held_out = chain.features_of_counts([counted.rows(fold) for counted in counts])
        transformed = time.perf_counter()
        for number, model in enumerate(models):
            before = time.perf_counter()
            margins[number, fold] = model.decision_function(held_out)
            sizes[number] = max(sizes[number], model.size)
            seconds[number]["prepare"] += spent if learned or not fold_number else 0.0
            seconds[number]["fit"] += featured - started + (fitted - featured) / number_of
            seconds[number]["predict"] += transformed - fitted + time.perf_counter() - before
            check()
    return [_judged(*found, targets, metric, list(folds)) for found in zip(margins, seconds, sizes, strict=True)]


def _models(model: Model, values: Sequence[float] | None, X: sp.csr_matrix, y: NDArray[Any], n_classes: int,
            seed: int) -> list[Model]:
    return [model.fit(X, y, n_classes, seed)] if values is None else model.fit_path(X, y, n_classes, seed, values)


def _judged(margins: NDArray[np.float32], seconds: dict[str, float], size: int, targets: NDArray[Any], metric: Metric,
            folds: list[NDArray[np.intp]]) -> Judged:
    predictions, probabilities = cross_fitted(margins.astype(np.float64), targets, metric, folds)
    score, fold_scores = metric.cross_validated(targets, predictions, probabilities, folds)
    return Judged(score, fold_scores, seconds, size, margins, predictions)


def fit_chain(configuration: Configuration, prepared: Prepared, targets: NDArray[Any], n_classes: int, seed: int) -> Chain:
    """Chain fitted on all prepared rows."""
    chain = Chain(configuration)
    counts, _ = prepared.counts(chain)
    chain.fit_counts(counts, targets, n_classes, seed)
    for feature in chain.features:
        feature.compact()
    return chain
