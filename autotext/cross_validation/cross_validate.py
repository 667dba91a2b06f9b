"""Cross-validation of one configuration, with the other values of its regularization path."""

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
from autotext.scoring.validation import Validation
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
    """One configuration of a regularization path, while it is validated."""

    value: Any
    margins: NDArray[np.float32]
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("prepare", "fit", "predict"), 0.0))
    unshared_seconds: float = 0.0
    size: int = 0
    pruned: bool = False
    predicted_seconds: float = 0.0


def cross_validate(configurations: Sequence[Configuration], count_cache: CountCache, validation: Validation, *,
                   check: Callable[[], None] = lambda: None, pruner: Pruner | None = None, subsample: float = 1.0,
                   seconds: float | None = None, threads: int = 0) -> list[CrossValidationResult]:
    """Validate a configuration, and its regularization path: all that learns is fitted on the rows outside each fold.

    Parameters
    ----------
    configurations : sequence of Configuration
        The first one, and others that differ from it only in the parameter that its model's ``regularization_parameter`` names.
    count_cache : CountCache
        Of the texts of all rows.
    validation : Validation
    check : callable
        Called between steps; may raise to give up.
    pruner : Pruner, optional
        What it prunes on the first fold is not validated on the others.
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
    return _CrossValidation(configurations, count_cache, validation, check, pruner, subsample, seconds, threads).run()


class _CrossValidation:
    """One call of `cross_validate`, whose parameters are its own."""

    def __init__(self, configurations: Sequence[Configuration], count_cache: CountCache, validation: Validation,
                 check: Callable[[], None], pruner: Pruner | None, subsample: float, seconds: float | None,
                 threads: int) -> None:
        self.configuration, self.count_cache, self.validation = configurations[0], count_cache, validation
        self.check, self.pruner, self.subsample, self.threads = check, pruner, subsample, threads
        self.seconds, self.started = seconds, time.perf_counter()
        self.until = None if seconds is None else time.monotonic() + seconds
        parameter = Chain(self.configuration).model.regularization_parameter
        name = f"model.{self.configuration['model']}.{parameter}"
        shape = (len(validation.rows), validation.n_classes)
        self.runners = [_Runner(each.get(name), np.zeros(shape, dtype=np.float32)) for each in configurations]
        # What is expensive is validated on one fold, where there is something to compare it with, unless all take little.
        self.partial = pruner is not None and is_expensive(self.configuration) and len(validation.held_out) > 1

    def run(self) -> list[CrossValidationResult]:
        for number in range(len(self.validation.held_out)):
            running = [runner for runner in self.runners if not runner.pruned]
            if not running:
                break
            seconds = self._validate_fold(number, running)
            if not number:
                self._prune(running)
                self.partial = not self._goes_on(seconds)
                if self.partial:
                    break
        return [self._result(runner) for runner in self.runners]

    def _validate_fold(self, number: int, running: Sequence[_Runner]) -> float:
        """Fill in the margins of a fold; gives the seconds that another one would take."""
        targets, fold, train = self.validation.targets, self.validation.held_out[number], self._training_rows(number)
        chain = Chain(self.configuration)
        counts, counting, of_texts = self.count_cache.counts(chain, train, self.until)
        learned = chain.tokenizer is not None and chain.tokenizer.learns
        for runner in running:
            before = runner.seconds["prepare"]
            runner.seconds["prepare"] = before + counting if learned else max(before, counting)
            if of_texts:
                runner.seconds["texts"] = of_texts
        self.check()
        # As many steps as on all rows: else the part would be judged by half a training.
        context = FitContext(len(targets) / len(train), self.threads, self._fit_guard)
        began = time.perf_counter()
        X = chain.fit_features([counted.rows(train) for counted in counts], targets[train], context)
        fitted = time.perf_counter()
        held_out = chain.features_of_counts([counted.rows(fold) for counted in counts], context)
        self._fit_models(chain, X, targets[train], held_out, number, running, (fitted - began, time.perf_counter() - fitted))
        self.check()
        return time.perf_counter() - began

    def _fit_models(self, chain: Chain, X: Any, y: NDArray[Any], held_out: Any, number: int, running: Sequence[_Runner],
                    feature_seconds: tuple[float, float]) -> None:
        """Fit the model of each runner and fill in its margins; the seconds that the features took count for each."""
        positions = self.validation.held_out_positions[number]
        at_once = max(1, _NUMBERS // max(X.shape[1] * self.validation.n_classes, 1))
        for start in range(0, len(running), at_once):
            part = running[start : start + at_once]
            started = time.perf_counter()
            models = self._fitted(chain.model, X, y, part)
            fitting = (time.perf_counter() - started) / len(part)
            self.check()
            for runner in part:
                # Those of many classes are large, so each goes when it is done.
                model = models.pop(0)
                started = time.perf_counter()
                runner.margins[positions] = model.decision_function(held_out)
                deciding = time.perf_counter() - started
                runner.seconds["fit"] += feature_seconds[0] + fitting
                runner.seconds["predict"] += feature_seconds[1] + deciding
                runner.unshared_seconds += fitting + deciding
                runner.size = max(runner.size, model.size + sum(feature.size for feature in chain.features))
                del model

    def _fitted(self, model: Model, X: Any, y: NDArray[Any], running: Sequence[_Runner]) -> list[Model]:
        """A model for each runner, by the solver that the refit uses."""
        parameter = model.regularization_parameter
        if not parameter:
            return [model.fit(X, y, self.validation.n_classes, self.validation.seed)]
        values = [getattr(model, parameter) if runner.value is None else runner.value for runner in running]
        return model.fit_regularization_path(X, y, self.validation.n_classes, self.validation.seed, values)

    def _training_rows(self, number: int) -> NDArray[np.intp]:
        train = self.validation.training_rows(number)
        if self.subsample >= 1.0:
            return train
        drawn = generator(self.validation.seed, "thin", number).choice(train, max(1, int(self.subsample * len(train))),
                                                                       replace=False)
        return np.sort(drawn)

    def _fit_guard(self, fit_seconds: float) -> None:
        """Give up an expensive fit, of so many seconds in all, that would not end in time, or leave time for a refit."""
        self.check()
        if self.runners[0].predicted_seconds:
            return
        predicted = (1 if self.partial else len(self.validation.held_out)) * fit_seconds
        for runner in self.runners:
            runner.predicted_seconds = predicted
        if self.seconds is not None and WITH_REFIT * predicted > self.seconds:
            raise TooSlowError(predicted)

    def _prune(self, running: Sequence[_Runner]) -> None:
        if self.pruner is not None and len(self.validation.held_out) > 1:
            for runner in running:
                runner.pruned = self.pruner.lost(runner.margins[self.validation.positions[0]])

    def _goes_on(self, fold_seconds: float) -> bool:
        """Whether the other folds follow the first; raises where there is no time for what is validated on all of them."""
        n_folds = len(self.validation.held_out)
        if n_folds == 1:
            return True
        if self.partial:
            if self.seconds is None or fold_seconds * n_folds > _LITTLE * self.seconds:
                return False
            for runner in self.runners:
                runner.predicted_seconds *= n_folds
        left = fold_seconds * (n_folds - 1) * float(np.mean([not runner.pruned for runner in self.runners]))
        if self.seconds is not None and (estimate := time.perf_counter() - self.started + left) > self.seconds:
            raise TooSlowError(estimate)
        return True

    def _result(self, runner: _Runner) -> CrossValidationResult:
        metric, positions = self.validation.metric, self.validation.positions
        targets = self.validation.targets[self.validation.rows]
        if runner.pruned or self.partial:
            margins, targets = runner.margins[positions[0]], targets[positions[0]]
            predictions = decide_alone(margins, targets, metric)
            score = metric.score(targets, predictions, Decision(metric.kind).probabilities(margins.astype(np.float64)))
            return CrossValidationResult(score, (score,), runner.seconds, runner.unshared_seconds, runner.size, margins,
                                         predictions, "raced" if runner.pruned else "part", runner.predicted_seconds)
        predictions, probabilities = cross_fitted(runner.margins.astype(np.float64), targets, metric, positions)
        score, fold_scores = metric.cross_validated(targets, predictions, probabilities, positions)
        return CrossValidationResult(score, fold_scores, runner.seconds, runner.unshared_seconds, runner.size, runner.margins,
                                     predictions, predicted_seconds=runner.predicted_seconds)


def fit_chain(configuration: Configuration, count_cache: CountCache, targets: NDArray[Any], n_classes: int, seed: int,
              threads: int = 0) -> Chain:
    """Chain fitted on all rows of a count cache, in the way in which it was validated."""
    chain = Chain(configuration)
    counts, _, _ = count_cache.counts(chain)
    chain.fit_counts(counts, targets, n_classes, seed, along_regularization_path=True, context=FitContext(threads=threads))
    for feature in chain.features:
        feature.compact()
    return chain
