"""Cross-validation of one configuration, along with the other values of its regularization path."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.components import FitContext, Model, is_expensive
from autotext.cross_validation.count_cache import CountCache
from autotext.cross_validation.text_cache import TooSlowError
from autotext.evaluation import Status
from autotext.pipeline import Chain, Decision, cross_fitted, decide_alone
from autotext.randomness import generator
from autotext.scoring.validation import Validation
from autotext.space import Configuration

# Time of an expensive configuration, in multiples of one fold: its cross-validation on one fold, and its refit.
WITH_REFIT = 2.2
# Limit on the numbers in the models of a regularization path that are in memory at once.
_NUMBERS = 30_000_000
# Fraction of its seconds within which an expensive candidate is cross-validated on all folds.
_LITTLE = 0.5


@dataclass(frozen=True)
class CrossValidationResult:
    """Outcome of the cross-validation of one configuration.

    Parameters
    ----------
    score : float
        The metric over all out-of-fold rows.
    fold_scores : tuple of float
        The metric on each fold.
    stage_seconds : dict of str to float
        Seconds of ``prepare``, ``fit`` and ``predict``, as if no work had been shared. ``texts``, if present, are those of
        encoding the texts, which all configurations with the same model share.
    unshared_seconds : float
        Seconds of the work that no other configuration of the path shared.
    size : int
        Numbers in one fitted model that are not zero.
    margins : array of shape (n_validation_rows, n_classes)
        Out-of-fold margins in single precision.
    predictions : array of shape (n_validation_rows,) or (n_validation_rows, n_classes)
        Out-of-fold predictions as class numbers, or as 0/1 indicators.
    status : {"ok", "part"}
        ``"part"``: expensive, and therefore only cross-validated on the first fold, which all other fields are of.
    predicted_seconds : float, default=0.0
        Seconds that an expensive configuration was predicted to take; 0: nothing was predicted.
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
    """State of one configuration of a regularization path during its cross-validation."""

    value: Any
    margins: NDArray[np.float32]
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("prepare", "fit", "predict"), 0.0))
    unshared_seconds: float = 0.0
    size: int = 0
    predicted_seconds: float = 0.0


def cross_validate(configurations: Sequence[Configuration], count_cache: CountCache, validation: Validation, *,
                   check: Callable[[], None] = lambda: None, has_rival: bool = False, subsample: float = 1.0,
                   seconds: float | None = None, threads: int = 0) -> list[CrossValidationResult]:
    """Cross-validate a configuration and its regularization path; everything that learns is fitted without the fold's rows.

    Parameters
    ----------
    configurations : sequence of Configuration
        The first one, and others that differ from it only in the ``regularization_parameter`` of the model.
    count_cache : CountCache
        Cache for the texts of all rows.
    validation : Validation
    check : callable
        Called between steps; it may raise an error to end the cross-validation.
    has_rival : bool, default=False
        Whether there is a candidate to compare with on the first fold, on which an expensive one then is validated alone.
    subsample : float, default=1.0
        Fraction of the training rows of each fold that is used.
    seconds : float, optional
        Time for all folds; the cross-validation ends after the first one if the others would take longer.
    threads : int, default=0
        Number of threads of expensive fits; 0: as many as their libraries choose.

    Returns
    -------
    list of CrossValidationResult
        In the order of the configurations.

    Raises
    ------
    TooSlowError
        The folds would take longer than `seconds`.

    Examples
    --------
    >>> from autotext.scoring.metrics import Metric
    >>> texts, targets = ["so good", "very good", "so bad", "very bad"] * 4, np.array([1, 1, 0, 0] * 4)
    >>> folds = [np.arange(8), np.arange(8, 16)]
    >>> validation = Validation(targets, folds, 2, Metric("accuracy", "binary"), seed=0)
    >>> configuration = Configuration({"features": "char_tfidf", "model": "ridge"})
    >>> (result,) = cross_validate([configuration], CountCache(texts), validation)
    >>> result.score, result.fold_scores, result.margins.shape
    (1.0, (1.0, 1.0), (16, 2))
    """
    return _CrossValidation(configurations, count_cache, validation, check, has_rival, subsample, seconds, threads).run()


class _CrossValidation:
    """One call of `cross_validate`, with the same parameters."""

    def __init__(self, configurations: Sequence[Configuration], count_cache: CountCache, validation: Validation,
                 check: Callable[[], None], has_rival: bool, subsample: float, seconds: float | None,
                 threads: int) -> None:
        self.configuration, self.count_cache, self.validation = configurations[0], count_cache, validation
        self.check, self.subsample, self.threads = check, subsample, threads
        self.seconds, self.started = seconds, time.perf_counter()
        self.until = None if seconds is None else time.monotonic() + seconds
        parameter = Chain(self.configuration).model.regularization_parameter
        name = f"model.{self.configuration['model']}.{parameter}"
        shape = (len(validation.rows), validation.n_classes)
        self.runners = [_Runner(each.get(name), np.zeros(shape, dtype=np.float32)) for each in configurations]
        # An expensive configuration is cross-validated on one fold if there is one to compare it with, unless all are quick.
        self.partial = has_rival and is_expensive(self.configuration) and len(validation.held_out) > 1

    def run(self) -> list[CrossValidationResult]:
        for number in range(len(self.validation.held_out)):
            seconds = self._validate_fold(number)
            if not number:
                self.partial = not self._goes_on(seconds)
                if self.partial:
                    break
        return [self._result(runner) for runner in self.runners]

    def _validate_fold(self, number: int) -> float:
        """Compute the margins of a fold, and give the seconds that another fold would take."""
        targets, fold, train = self.validation.targets, self.validation.held_out[number], self._training_rows(number)
        chain = Chain(self.configuration)
        counts, counting, text_seconds = self.count_cache.counts(chain, train, self.until)
        learned = chain.tokenizer is not None and chain.tokenizer.learns
        for runner in self.runners:
            before = runner.seconds["prepare"]
            runner.seconds["prepare"] = before + counting if learned else max(before, counting)
            if text_seconds:
                runner.seconds["texts"] = text_seconds
        self.check()
        # Training takes as many steps as on all rows, so that a model with fewer rows is not trained for a shorter time.
        context = FitContext(len(targets) / len(train), self.threads, self._fit_guard)
        began = time.perf_counter()
        X = chain.fit_features([counted.rows(train) for counted in counts], targets[train], context)
        fitted = time.perf_counter()
        held_out = chain.features_of_counts([counted.rows(fold) for counted in counts], context)
        self._fit_models(chain, X, targets[train], held_out, number, (fitted - began, time.perf_counter() - fitted))
        self.check()
        return time.perf_counter() - began

    def _fit_models(self, chain: Chain, X: Any, y: NDArray[Any], held_out: Any, number: int,
                    feature_seconds: tuple[float, float]) -> None:
        """Fit the model of each runner and compute its margins; the seconds of the features count for each."""
        positions = self.validation.held_out_positions[number]
        at_once = max(1, _NUMBERS // max(X.shape[1] * self.validation.n_classes, 1))
        for start in range(0, len(self.runners), at_once):
            part = self.runners[start : start + at_once]
            started = time.perf_counter()
            models = self._fit(chain.model, X, y, part)
            fitting = (time.perf_counter() - started) / len(part)
            self.check()
            for runner in part:
                # Models of many classes are large, so that each is deleted after its predictions.
                model = models.pop(0)
                started = time.perf_counter()
                runner.margins[positions] = model.decision_function(held_out)
                deciding = time.perf_counter() - started
                runner.seconds["fit"] += feature_seconds[0] + fitting
                runner.seconds["predict"] += feature_seconds[1] + deciding
                runner.unshared_seconds += fitting + deciding
                runner.size = max(runner.size, model.size + sum(feature.size for feature in chain.features))
                del model

    def _fit(self, model: Model, X: Any, y: NDArray[Any], running: Sequence[_Runner]) -> list[Model]:
        """Fit a model for each runner, with the solver that the refit uses."""
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
        """End an expensive fit if the seconds that it takes in all would leave no time for the refit."""
        self.check()
        if self.runners[0].predicted_seconds:
            return
        predicted = (1 if self.partial else len(self.validation.held_out)) * fit_seconds
        for runner in self.runners:
            runner.predicted_seconds = predicted
        if self.seconds is not None and WITH_REFIT * predicted > self.seconds:
            raise TooSlowError(predicted)

    def _goes_on(self, fold_seconds: float) -> bool:
        """Whether the other folds follow the first one; raises `TooSlowError` if there is no time for them."""
        n_folds = len(self.validation.held_out)
        if n_folds == 1:
            return True
        if self.partial:
            if self.seconds is None or fold_seconds * n_folds > _LITTLE * self.seconds:
                return False
            for runner in self.runners:
                runner.predicted_seconds *= n_folds
        still_to_run = fold_seconds * (n_folds - 1)
        if self.seconds is not None and (estimate := time.perf_counter() - self.started + still_to_run) > self.seconds:
            raise TooSlowError(estimate)
        return True

    def _result(self, runner: _Runner) -> CrossValidationResult:
        metric, positions = self.validation.metric, self.validation.positions
        targets = self.validation.targets[self.validation.rows]
        if self.partial:
            margins, targets = runner.margins[positions[0]], targets[positions[0]]
            predictions = decide_alone(margins, targets, metric)
            score = metric.score(targets, predictions, Decision(metric.kind).probabilities(margins.astype(np.float64)))
            return CrossValidationResult(score, (score,), runner.seconds, runner.unshared_seconds, runner.size, margins,
                                         predictions, "part", runner.predicted_seconds)
        predictions, probabilities = cross_fitted(runner.margins.astype(np.float64), targets, metric, positions)
        score, fold_scores = metric.cross_validated(targets, predictions, probabilities, positions)
        return CrossValidationResult(score, fold_scores, runner.seconds, runner.unshared_seconds, runner.size, runner.margins,
                                     predictions, predicted_seconds=runner.predicted_seconds)


def fit_chain(configuration: Configuration, count_cache: CountCache, targets: NDArray[Any], n_classes: int, seed: int,
              threads: int = 0) -> Chain:
    """Fit a chain on all rows of a count cache, with the solver of the cross-validation.

    Parameters
    ----------
    configuration : Configuration
    count_cache : CountCache
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    n_classes : int
    seed : int
    threads : int, default=0
        Number of threads of expensive fits; 0: as many as their libraries choose.

    Examples
    --------
    >>> texts, targets = ["so good", "very good", "so bad", "very bad"], np.array([1, 1, 0, 0])
    >>> configuration = Configuration({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "ridge"})
    >>> chain = fit_chain(configuration, CountCache(texts), targets, n_classes=2, seed=0)
    >>> chain.margins(["good", "bad"]).argmax(axis=1).tolist()
    [1, 0]
    """
    chain = Chain(configuration)
    counts, _, _ = count_cache.counts(chain)
    chain.fit_counts(counts, targets, n_classes, seed, along_regularization_path=True, context=FitContext(threads=threads))
    for feature in chain.features:
        feature.compact()
    return chain
