"""The act of judging one configuration by cross-validation."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.components import FitContext, Model, is_expensive
from autotext.cross_validation.count_cache import CountCache
from autotext.cross_validation.pruning import Pruner, decide_alone
from autotext.cross_validation.text_cache import TooSlowError
from autotext.evaluation import Status
from autotext.pipeline import Chain, Decision, cross_fitted
from autotext.randomness import generator
from autotext.scoring.metrics import Metric
from autotext.space import Configuration

# What is expensive is judged on one fold, for as many steps as its refit takes: both together.
WITH_REFIT = 2.2
# Numbers in the models of a regularization path that are held at once.
_NUMBERS = 30_000_000
# An expensive candidate is judged on all folds if that takes no larger share of the seconds that it is given.
_LITTLE = 0.5


@dataclass(frozen=True)
class CrossValidationResult:
    """Outcome of a cross-validation.

    Parameters
    ----------
    score : float
    fold_scores : tuple of float
    stage_seconds : dict of str to float
        What was shared, in ``prepare`` or along a path, counts as if it had been done for this configuration alone;
        ``texts``, if it is there, is what all its configurations shared, which is done once in a search.
    unshared_seconds : float
        Of them, those that no other configuration of the path shared.
    size : int
        Numbers in one fitted model that are not zero.
    margins : array of shape (n_validation_rows, n_classes)
        Out of fold, single precision, of the rows that some fold holds out.
    predictions : array of shape (n_validation_rows,) or (n_validation_rows, n_classes)
        Class numbers, or 0/1 indicators, out of fold.
    status : {"ok", "raced", "part"}
        Raced: given up after the first fold, whose rows alone the other fields are about. Part: expensive, so likewise.
    predicted_seconds : float, default=0.0
        Seconds that it was predicted to take, where it was expensive; 0: nothing was predicted.
    """

    score: float
    fold_scores: tuple[float, ...]
    stage_seconds: dict[str, float]
    unshared_seconds: float
    size: int
    margins: NDArray[np.float32]
    predictions: NDArray[Any]
    status: Status = "ok"
    predicted_seconds: float = 0.0


@dataclass
class _Runner:
    """One configuration of a regularization path, while it is judged."""

    value: Any
    margins: NDArray[np.float32]
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("prepare", "fit", "predict"), 0.0))
    unshared_seconds: float = 0.0
    size: int = 0
    pruned: bool = False
    predicted_seconds: float = 0.0


def cross_validate(configurations: Sequence[Configuration], count_cache: CountCache, targets: NDArray[Any],
                   folds: Sequence[NDArray[np.intp]], n_classes: int, metric: Metric, seed: int,
                   check: Callable[[], None] = lambda: None, *, pruner: Pruner | None = None, subsample: float = 1.0,
                   seconds: float | None = None, threads: int = 0) -> list[CrossValidationResult]:
    """Judge a configuration, and its path: everything that learns is fitted on the rows outside each fold.

    Parameters
    ----------
    configurations : sequence of Configuration
        The first one, and others that differ from it only in the parameter that its model's ``regularization_parameter`` names.
    count_cache : CountCache
        Of the texts of all rows.
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    folds : sequence of int arrays
        Rows held out; only these are judged.
    n_classes, metric, seed : int, Metric, int
    check : callable
        Called between steps; may raise to give up.
    pruner : Pruner, optional
        Who loses it on the first fold is not judged on the others.
    subsample : float, default=1.0
        So large a share of the training rows of each fold is learned from.
    seconds : float, optional
        For all folds; given up after the first if the others would take longer.
    threads : int, default=0
        That expensive fits may use; 0: as many as their libraries take.

    Returns
    -------
    list of CrossValidationResult
        In the order of the configurations.

    Raises
    ------
    TooSlowError
        There is not enough time.
    """
    started, begun = time.perf_counter(), time.monotonic()
    parameter = Chain(configurations[0]).model.regularization_parameter
    name = f"model.{configurations[0]['model']}.{parameter}"
    judged = np.sort(np.concatenate(folds))
    places = [np.searchsorted(judged, fold) for fold in folds]
    runners = [_Runner(given.get(name), np.zeros((len(judged), n_classes), dtype=np.float32)) for given in configurations]
    # What is expensive is judged on one fold, where there is something to compare it with, unless all of them take little.
    parted = pruner is not None and is_expensive(configurations[0])
    for number, fold in enumerate(folds):
        train = np.setdiff1d(np.arange(len(targets)), fold)
        if subsample < 1.0:
            train = np.sort(generator(seed, "thin", number).choice(train, max(1, int(subsample * len(train))), replace=False))
        running = [runner for runner in runners if not runner.pruned]
        if not running:
            break
        took = _validate_fold(configurations[0], running, count_cache, targets, train, fold, places[number], n_classes, seed,
                              check, alone=len(runners) == 1, until=None if seconds is None else begun + seconds,
                              threads=threads,
                              progress_callback=_FitGuard(seconds, 1 if parted else len(folds), check, runners))
        if not number:
            _drop_losers(running, pruner, places[0])
            parted = not _goes_on(runners, took, len(folds), parted, seconds, time.perf_counter() - started)
            if parted:
                break
    return [_outcome(runner, targets[judged], metric, places, whole=not parted) for runner in runners]


def _goes_on(runners: Sequence[_Runner], took: float, n_folds: int, parted: bool, seconds: float | None,
             spent: float) -> bool:
    """Whether the other folds follow the first; raises where there is no time for what is not to be parted."""
    if parted:
        if seconds is None or took * n_folds > _LITTLE * seconds:
            return False
        for runner in runners:
            runner.predicted_seconds *= n_folds
    left = took * (n_folds - 1) * float(np.mean([not runner.pruned for runner in runners]))
    if seconds is not None and (needed := spent + left) > seconds:
        raise TooSlowError(needed)
    return True


def _drop_losers(running: Sequence[_Runner], pruner: Pruner | None, first: NDArray[np.intp]) -> None:
    """Mark who lost the pruner on the first fold."""
    for runner in running if pruner is not None else ():
        assert pruner is not None
        runner.pruned = pruner.lost(runner.margins[first])


@dataclass
class _FitGuard:
    """Gives up an expensive fit that would not end in time, or leave time for a refit."""

    seconds: float | None
    parts: int
    check: Callable[[], None]
    runners: Sequence[_Runner]

    def __call__(self, fit: float) -> None:
        """Take note of the seconds that a fit will take in all."""
        self.check()
        if self.runners[0].predicted_seconds:
            return
        needed = self.parts * fit
        for runner in self.runners:
            runner.predicted_seconds = needed
        if self.seconds is not None and WITH_REFIT * needed > self.seconds:
            raise TooSlowError(needed)


def _validate_fold(configuration: Configuration, running: Sequence[_Runner], count_cache: CountCache, targets: NDArray[Any],
                train: NDArray[np.intp], fold: NDArray[np.intp], places: NDArray[np.intp], n_classes: int, seed: int,
                check: Callable[[], None], alone: bool, until: float | None, progress_callback: Callable[[float], None],
                threads: int) -> float:
    """Fill in a fold, whose margins belong at some places; gives the seconds that another one would take."""
    chain = Chain(configuration)
    counts, spent, of_texts = count_cache.counts(chain, train, until)
    learned = chain.tokenizer is not None and chain.tokenizer.learns
    for runner in running:
        runner.seconds["prepare"] = runner.seconds["prepare"] + spent if learned else max(runner.seconds["prepare"], spent)
        if of_texts:
            runner.seconds["texts"] = of_texts
    check()
    # As many steps as on all rows: else the part would be judged by half a training.
    context = FitContext(len(targets) / len(train), threads, progress_callback)
    began = started = time.perf_counter()
    X = chain.fit_features([counted.rows(train) for counted in counts], targets[train], context)
    featured = time.perf_counter() - started
    started = time.perf_counter()
    held_out = chain.features_of_counts([counted.rows(fold) for counted in counts], context)
    transformed = time.perf_counter() - started
    at_once = max(1, _NUMBERS // max(X.shape[1] * n_classes, 1))
    for start in range(0, len(running), at_once):
        part = running[start : start + at_once]
        started = time.perf_counter()
        models = _fitted(chain.model, X, targets[train], n_classes, seed, part, alone)
        fitted = (time.perf_counter() - started) / len(part)
        check()
        for runner in part:
            # Those of many classes are large, so each goes when it is done.
            model = models.pop(0)
            started = time.perf_counter()
            runner.margins[places] = model.decision_function(held_out)
            decided = time.perf_counter() - started
            runner.seconds["fit"] += featured + fitted
            runner.seconds["predict"] += transformed + decided
            runner.unshared_seconds += fitted + decided
            runner.size = max(runner.size, model.size + sum(feature.size for feature in chain.features))
            del model
    check()
    return time.perf_counter() - began


def _fitted(model: Model, X: Any, y: NDArray[Any], n_classes: int, seed: int, running: Sequence[_Runner],
            alone: bool) -> list[Model]:
    """A model for each runner."""
    if alone:
        return [model.fit(X, y, n_classes, seed)]
    values = [runner.value for runner in running if runner.value is not None]
    return model.fit_regularization_path(X, y, n_classes, seed, values)


def _outcome(runner: _Runner, targets: NDArray[Any], metric: Metric, folds: list[NDArray[np.intp]],
             whole: bool) -> CrossValidationResult:
    if runner.pruned or not whole:
        own = runner.margins[folds[0]]
        predictions = decide_alone(own, targets[folds[0]], metric)
        score = metric.score(targets[folds[0]], predictions, Decision(metric.kind).probabilities(own.astype(np.float64)))
        return CrossValidationResult(score, (score,), runner.seconds, runner.unshared_seconds, runner.size, own, predictions,
                      "raced" if runner.pruned else "part", runner.predicted_seconds)
    predictions, probabilities = cross_fitted(runner.margins.astype(np.float64), targets, metric, folds)
    score, fold_scores = metric.cross_validated(targets, predictions, probabilities, folds)
    return CrossValidationResult(score, fold_scores, runner.seconds, runner.unshared_seconds, runner.size, runner.margins,
                                 predictions, predicted_seconds=runner.predicted_seconds)


def fit_chain(configuration: Configuration, count_cache: CountCache, targets: NDArray[Any], n_classes: int, seed: int,
              threads: int = 0) -> Chain:
    """Chain fitted on all count_cache rows, in the way in which it was judged."""
    chain = Chain(configuration)
    counts, _, _ = count_cache.counts(chain)
    chain.fit_counts(counts, targets, n_classes, seed, along_regularization_path=True, context=FitContext(threads=threads))
    for feature in chain.features:
        feature.compact()
    return chain
