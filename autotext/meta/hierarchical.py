"""The meta-learner that listens: linear models of scores, one per task, whose weights are alike on tasks that are alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autotext.meta.configuration_features import ConfigurationFeatures
from autotext.meta.experience import Experience
from autotext.meta.kriging import Kriging
from autotext.meta.learner import MetaLearner, Ranking, Suggestion
from autotext.meta.population import Population
from autotext.meta.posterior import Posterior
from autotext.meta.registry import register_meta_learner
from autotext.meta.seconds import SecondsModel
from autotext.space import Configuration, SearchSpace

# The population of the shipped experience, which is fitted beforehand.
FITTED = Path(__file__).parent / "prior" / "population.npz"

# Scores further below the best of a task are all the same, as nobody wants them.
_FLOOR = 0.12
# Added to the standard deviation of the scores of a task, so that noise does not count on tasks where all scores are alike.
_LEAST_SCALE = 0.01
# Share of the noise that a configuration keeps on the task; variance of the score of an evaluation, and of one on a part.
_LASTING, _NOISE, _PARTIAL_NOISE = 0.5, 0.09, 0.5
# How many results the usual scale of scores weighs as much as, the factor by which it may change, and rounds of fitting it.
_SCALE_WEIGHT, _SCALE_FACTOR, _SCALE_ROUNDS = 6.0, 3.0, 3
# Configurations of a search that are remembered, the best ones.
_REMEMBERED = 20
# Drawn scores of all configurations that suggestions are chosen by.
_DRAWS = 256
# How much likelier, in units of the exponent, results must be without the experience for it to be dropped.
_DOUBT = 3.0


@register_meta_learner
class Hierarchical(MetaLearner):
    """Learns a linear model of the scores of each prior task, and how the weights of such models are distributed.

    A new task starts from the weights of prior tasks with similar meta-features, and each of its results corrects them all.

    Parameters
    ----------
    reads_fitted : bool, default=True
        Whether the population of the shipped experience is read from a file that comes with autotext, not fitted again.

    Notes
    -----
    The weights of tasks are one normal distribution (`Population`), whose mean is moved towards similar tasks by kriging, as in
    a Gaussian process over meta-features: Rasmussen and Williams (2006), "Gaussian processes for machine learning", chapter 2.

    Examples
    --------
    >>> Hierarchical().fit(Experience()).suggest({}, None, 5)
    Ranking(suggestions=(), changed=(), rejected=(), seconds={})
    """

    name = "hierarchical"

    def __init__(self, reads_fitted: bool = True) -> None:
        self._reads_fitted = reads_fitted
        self._further: tuple[_FurtherTask, ...] = ()

    def fit(self, experience: Experience) -> Hierarchical:
        """Learn from experience; see `MetaLearner.fit`."""
        self._seconds, self._further = SecondsModel(experience), ()
        self._configurations = [Configuration(values) for values in experience.configurations]
        self._compared = [number for number, row in enumerate(experience.scores) if np.isfinite(row).sum() > 1]
        if not self._compared:
            return self
        tasks = [experience.tasks[number] for number in self._compared]
        families = [task.family for task in tasks]
        targets, scales = _targets(experience.scores[self._compared])
        self._scale = float(np.median(scales))
        self._is_tried = [not np.isnan(column).all() for column in targets.T]
        self._features = ConfigurationFeatures(self._configurations)
        fitted = Population.read(FITTED, experience.fingerprint) if self._reads_fitted else None
        self.population = fitted or Population.fit(self._features.transform(self._configurations), targets,
                                                   np.array([1.0 / families.count(family) for family in families]))
        self._meta_features = [task.meta_features for task in tasks]
        self._kriging = Kriging(self._meta_features)
        return self

    def extended(self, experience: Experience) -> Hierarchical:
        """Learn from the searches of a user, too, with the same population of tasks; see `MetaLearner.extended`."""
        if not self._compared:
            return Hierarchical(self._reads_fitted).fit(experience)
        offsets = dict(zip(self._configurations, self.population.offsets, strict=True))
        configurations = [Configuration(values) for values in experience.configurations]
        learner = copy(self)
        learner._further = (*self._further, *(
            _FurtherTask.learn(task.meta_features, dict(zip(configurations, scores, strict=True)), self._features,
                               self.population, offsets)
            for task, scores in zip(experience.tasks, experience.scores, strict=True) if np.isfinite(scores).sum() > 1))
        learner._kriging = Kriging([*self._meta_features, *(task.meta_features for task in learner._further)])
        return learner

    def start(self, meta_features: Mapping[str, float], space: SearchSpace) -> HierarchicalPosterior | None:
        """Expectations for a new task; see `MetaLearner.start`."""
        if not self._compared:
            return None
        translated = self._translated(space)[0]
        tried = zip(self._configurations, self._is_tried, self.population.offsets, strict=True)
        offsets = {projected: offset for configuration, is_tried, offset in tried
                   if is_tried and (projected := translated[configuration]) is not None}
        influence, left = self._kriging.influence(meta_features)
        for task, share in zip(self._further, influence[len(self._meta_features):], strict=True):
            for configuration, residual in task.residuals.items():
                if (projected := translated[configuration]) is not None:
                    offsets[projected] = offsets.get(projected, 0.0) + _LASTING * share * residual
        if not offsets:
            return None
        population = self.population
        weights = np.array([*population.weights, *(task.weights for task in self._further)])
        mean = population.mean + influence @ (weights - population.mean)
        seen = {block for configuration in self._configurations for block in configuration.blocks}
        unseen = sorted(set(space.features) - seen)
        features = ConfigurationFeatures(self._configurations, unseen)
        prior = _Prior(*_extended(self._features.names, features.names, mean, left * population.covariance), population.noise)
        return HierarchicalPosterior(features, prior, offsets, self._scale, self._seconds.predict(meta_features))

    def suggest(self, meta_features: Mapping[str, float], space: SearchSpace, k: int) -> Ranking:
        """Best configurations as far as can be told before any result; see `MetaLearner.suggest`."""
        if not self._compared:
            return Ranking(())
        _, changed, rejected = self._translated(space)
        posterior = self.start(meta_features, space)
        if posterior is None:
            return Ranking((), changed, rejected)
        scores = posterior.sample(_DRAWS, np.random.default_rng(0))
        suggestions: list[Suggestion] = []
        best, left = np.full(_DRAWS, -np.inf), list(range(len(posterior.pool)))
        while left and len(suggestions) < k:
            place = left[int(np.argmax(np.maximum(scores[:, left], best[:, None]).mean(axis=0)))]
            left.remove(place)
            best = np.maximum(best, scores[:, place])
            configuration = posterior.pool[place]
            suggestions.append(Suggestion(configuration, round(float((scores.max(axis=1) - best).mean()), 6),
                                          posterior.seconds.get(configuration.structure, 0.0)))
        return Ranking(tuple(suggestions), changed, rejected, posterior.seconds)

    def _translated(self, space: SearchSpace
                    ) -> tuple[dict[Configuration, Configuration | None], tuple[str, ...], tuple[str, ...]]:
        """All configurations that something is known of in a space, what was changed in some, and why others have no place."""
        translated: dict[Configuration, Configuration | None] = {}
        changed, rejected = [], []
        for configuration in [*self._configurations, *(known for task in self._further for known in task.residuals)]:
            if configuration in translated:
                continue
            translated[configuration], changes = space.project(configuration)
            if translated[configuration] is None:
                rejected.append(changes[-1])
            elif changes:
                changed.append("; ".join(changes))
        return translated, tuple(changed), tuple(rejected)


@dataclass(frozen=True)
class _FurtherTask:
    """What is learned from a search of a user: the weights of its task, and what its best configurations have beyond them."""

    meta_features: Mapping[str, float]
    weights: NDArray[np.float64]
    residuals: dict[Configuration, float]

    @classmethod
    def learn(cls, meta_features: Mapping[str, float], scores: Mapping[Configuration, float], features: ConfigurationFeatures,
              population: Population, offsets: Mapping[Configuration, float]) -> _FurtherTask:
        """Learn from scores, which are NaN where a configuration was not tried, and -inf where it failed."""
        tried = {configuration: score for configuration, score in scores.items() if not np.isnan(score)}
        targets = _targets(np.array([list(tried.values())]))[0][0]
        usual = np.array([offsets.get(configuration, 0.0) for configuration in tried])
        weights, left = population.infer(features.transform(list(tried)), targets - usual)
        best = np.argsort(-targets, kind="stable")[:_REMEMBERED]
        configurations = list(tried)
        return cls(meta_features, weights, {configurations[place]: float(left[place]) for place in best})


class _Prior:
    """The distribution of the weights of a task before its first result."""

    def __init__(self, mean: NDArray[np.float64], covariance: NDArray[np.float64], noise: float) -> None:
        self.mean, self.covariance, self.noise = mean, covariance, noise
        self.precision = np.linalg.inv(covariance)

    def variance(self, row: NDArray[np.float64]) -> float:
        """Variance of the linear model at a row."""
        return float(row @ self.covariance @ row)


class HierarchicalPosterior(Posterior):
    """What `Hierarchical` expects on a task; scores are linear in the features of a configuration, up to noise.

    Parameters
    ----------
    features : ConfigurationFeatures
    prior : _Prior
        Of the weights, where scores have the scale 1.
    offsets : mapping of Configuration to float
        What configurations of the experience have beyond the linear model; they are the pool.
    scale : float
        The usual standard deviation of the scores of a task.
    seconds : mapping of str to float
        By structure.
    """

    def __init__(self, features: ConfigurationFeatures, prior: _Prior, offsets: Mapping[Configuration, float], scale: float,
                 seconds: Mapping[str, float]) -> None:
        self.pool, self.seconds = tuple(offsets), seconds
        self._features, self._prior, self._offsets, self._usual_scale = features, prior, offsets, scale
        self._rows: dict[Configuration, NDArray[np.float64]] = dict(zip(self.pool, features.transform(self.pool), strict=True))
        self._scores: dict[Configuration, tuple[float, float]] = {}
        self._best = -np.inf

    def update(self, configuration: Configuration, score: float, is_partial: bool = False) -> None:
        """Take in a score; see `Posterior.update`."""
        self._rows.setdefault(configuration, self._features.transform([configuration])[0])
        self._best = max(self._best, score)
        self._scores[configuration] = score, _PARTIAL_NOISE if is_partial else _NOISE

    def predict(self, configurations: Sequence[Configuration],
                running: Collection[Configuration] = ()) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predict scores; see `Posterior.predict`."""
        rows = self._matrix(configurations)
        own = _LASTING * self._prior.noise
        weights, level, system, scale, trust = self._solve(running)
        means = rows @ weights + trust * np.array([self._offsets.get(configuration, 0.0) for configuration in configurations])
        variances = ((rows @ system.covariance) * rows).sum(axis=1) + own
        for place, configuration in enumerate(configurations):
            if configuration in self._scores:
                score, noise = self._scores[configuration]
                share = own / (own + noise)
                means[place] += share * ((self._floored(score) - level) / scale - means[place])
                variances[place] -= share * own
        return level + scale * means, scale * np.sqrt(np.maximum(variances, 1e-9))

    def forecast(self, configuration: Configuration) -> tuple[float, float] | None:
        """Predict what an evaluation will give, as soon as another has; see `Posterior.forecast`."""
        if not self._scores:
            return None
        rows, own = self._matrix([configuration]), _LASTING * self._prior.noise
        weights, level, system, scale, trust = self._solve(())
        mean = level / scale + float(rows[0] @ weights) + trust * self._offsets.get(configuration, 0.0)
        return float(scale * mean), float(scale * np.sqrt(system.variance(rows[0]) + own + _NOISE))

    def sample(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw scores of the pool before any result, of shape (n, n_configurations)."""
        prior, rows = self._prior, self._matrix(self.pool)
        weights = rng.multivariate_normal(prior.mean, prior.covariance, n, method="cholesky")
        own = rng.normal(scale=np.sqrt(_LASTING * prior.noise), size=(n, len(rows)))
        return self._usual_scale * np.asarray(weights @ rows.T + np.array(list(self._offsets.values())) + own)

    def _matrix(self, configurations: Sequence[Configuration]) -> NDArray[np.float64]:
        others = [configuration for configuration in configurations if configuration not in self._rows]
        rows = {**self._rows, **dict(zip(others, self._features.transform(others), strict=True))}
        return np.array([rows[configuration] for configuration in configurations]).reshape(-1, len(self._features.names))

    def _floored(self, score: float) -> float:
        return max(score, self._best - _FLOOR)

    def _solve(self, running: Collection[Configuration]) -> tuple[NDArray[np.float64], float, _Prior | _System, float, float]:
        """Weights, level, what has their covariance, scale of the scores, and 1 if the experience is trusted, else 0."""
        prior, scale = self._prior, self._usual_scale
        if not self._scores:
            return prior.mean, 0.0, prior, scale, 1.0
        rows = self._matrix(list(self._scores))
        offsets = np.array([self._offsets.get(configuration, 0.0) for configuration in self._scores])
        scores = np.array([self._floored(score) for score, _ in self._scores.values()])
        precisions = 1.0 / np.array([noise + _LASTING * prior.noise for _, noise in self._scores.values()])
        system = _System(prior, rows, precisions)
        for _ in range(_SCALE_ROUNDS if len(scores) > 1 else 0):
            _, _, misfit = system.solve(scores / scale - offsets, prior.mean)
            factor = np.sqrt((_SCALE_WEIGHT + misfit) / (_SCALE_WEIGHT + len(scores) - 1))
            scale = float(np.clip(scale * factor, self._usual_scale / _SCALE_FACTOR, self._usual_scale * _SCALE_FACTOR))
        weights, level, misfit = system.solve(scores / scale - offsets, prior.mean)
        trust = 1.0
        plain, plain_level, plain_misfit = system.solve(scores / scale, np.zeros_like(prior.mean))
        if plain_misfit + 2.0 * _DOUBT < misfit:
            weights, level, trust = plain, plain_level, 0.0
        if running:
            more = self._matrix(list(running))
            expected = np.full(len(more), 1.0 / (_NOISE + _LASTING * prior.noise))
            system = _System(prior, np.vstack([rows, more]), np.concatenate([precisions, expected]))
        return weights, level * scale, system, scale, trust


class _System:
    """Weighted least squares of targets over rows, with a level of their own and a normal prior of the weights."""

    def __init__(self, prior: _Prior, rows: NDArray[np.float64], precisions: NDArray[np.float64]) -> None:
        self._prior, self._rows, self._precisions = prior, rows, precisions
        self._centre = precisions @ rows / precisions.sum()
        centred = rows - self._centre
        self._precision = prior.precision + (centred * precisions[:, None]).T @ centred
        self.covariance = np.linalg.inv(self._precision)

    def variance(self, row: NDArray[np.float64]) -> float:
        """Variance of the linear model and its level at a row."""
        apart = row - self._centre
        return float(apart @ self.covariance @ apart) + 1.0 / float(self._precisions.sum())

    def solve(self, targets: NDArray[np.float64], mean: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
        """Weights, level, and the misfit of both data and prior."""
        level = float(self._precisions @ targets / self._precisions.sum())
        moment = self._rows.T @ (self._precisions * (targets - level))
        weights = self.covariance @ (self._prior.precision @ mean + moment)
        level -= float(self._centre @ weights)
        errors, change = targets - level - self._rows @ weights, weights - mean
        return weights, level, float(self._precisions @ errors**2 + change @ self._prior.precision @ change)


def _targets(scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores of each task less their median, in units of a scale; and the scales. What failed counts as the floor."""
    targets, scales = np.full(scores.shape, np.nan), np.zeros(len(scores))
    for number, row in enumerate(scores):
        is_there = ~np.isnan(row)
        best = row[np.isfinite(row)].max()
        floored = np.maximum(row[is_there], best - _FLOOR)
        scales[number] = floored.std() + _LEAST_SCALE
        targets[number, is_there] = (floored - np.median(floored)) / scales[number]
    return targets, scales


def _extended(names: Sequence[str], all_names: Sequence[str], mean: NDArray[np.float64],
              covariance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and covariance with further columns, of mean 0 and of the usual variance."""
    places = [all_names.index(name) for name in names]
    full_mean, full = np.zeros(len(all_names)), np.eye(len(all_names)) * float(np.mean(np.diag(covariance)))
    full_mean[places] = mean
    full[np.ix_(places, places)] = covariance
    return full_mean, full
