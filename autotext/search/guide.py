"""Which configuration promises most for its time, by what a meta-learner expects and what a search has found."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from autotext.evaluation import Evaluation
from autotext.meta import Posterior
from autotext.randomness import generator
from autotext.space import Configuration, Domain, Scalar, SearchSpace

# Choices that are made among configurations of prior tasks alone, as long as some are left.
_FROM_PRIOR_TASKS = 10
# Random draws, leaders that are varied, variants of each, and the share of the values of a leader that a variant changes.
_DRAWS, _LEADERS, _VARIANTS, _CHANGED = 32, 3, 12, 0.2
# The expected improvement counts per so many seconds, to this power.
_LEAST_SECONDS, _POWER = 0.05, 0.8

Seconds = Callable[[Configuration], float | None]
"""Gives the seconds that a configuration will take; None if there is no time for it."""


class Guide:
    """Chooses among configurations of prior tasks, random draws, and variants of the best.

    Parameters
    ----------
    posterior : Posterior
    space : SearchSpace
        Checked for the task.
    seed : int
    best : float, default=inf
        The score that none can exceed.
    """

    def __init__(self, posterior: Posterior, space: SearchSpace, seed: int, best: float = math.inf) -> None:
        self._posterior, self._space, self._seed, self._best = posterior, space, seed, best
        self._pool = frozenset(posterior.pool)
        self._scores: dict[Configuration, float] = {}
        self._running: set[Configuration] = set()
        self._n_ended = 0

    def is_from_prior_tasks(self, configuration: Configuration) -> bool:
        """Whether a configuration was evaluated on prior tasks."""
        return configuration in self._pool

    def start(self, configuration: Configuration) -> None:
        """Take note of what is being evaluated."""
        self._running.add(configuration)

    def end(self, configuration: Configuration, evaluations: Sequence[Evaluation] = ()) -> None:
        """Take in what became of a configuration and its regularization path."""
        self._running.discard(configuration)
        self._n_ended += bool(evaluations)
        for evaluation in evaluations:
            score = evaluation.score if evaluation.score is not None else next(iter(evaluation.fold_scores), None)
            if score is not None and np.isfinite(score):
                evaluated = Configuration(evaluation.configuration)
                self._scores[evaluated] = score
                self._posterior.update(evaluated, score, evaluation.score is None)

    def forecast(self, configuration: Configuration) -> tuple[float, float] | None:
        """What an evaluation will probably give, and the standard deviation of that; None if nothing can be said."""
        forecast = self._posterior.forecast(configuration)
        return None if forecast is None else (min(forecast[0], self._best), forecast[1])

    def choose(self, excluded: Collection[Configuration], draw: int, seconds: Seconds | None = None) -> Configuration | None:
        """Choose the next configuration; None if there is none for which there is time.

        Parameters
        ----------
        excluded : collection of Configuration
        draw : int
            Number of the choice, which random draws depend on.
        seconds : callable, optional
            Gives the seconds that a configuration will take, None if there is no time for it. Without, time does not count.
        """
        candidates = _affordable(self._posterior.pool, excluded, seconds)
        if not candidates or self._n_ended + len(self._running) >= _FROM_PRIOR_TASKS:
            candidates |= _affordable(self._drawn(draw), excluded, seconds)
        if not candidates:
            return None
        observed = list(self._scores)
        means, deviations = self._posterior.predict([*candidates, *observed], self._running)
        if observed:
            best, means = means[len(candidates) :].max(), means[: len(candidates)]
            gains = expected_improvement(means - best, deviations[: len(candidates)])
        else:
            gains = means - means.min()
        gains /= (np.array(list(candidates.values())) + _LEAST_SECONDS) ** _POWER
        return list(candidates)[int(np.argmax(gains))]

    def _drawn(self, draw: int) -> list[Configuration]:
        rng = generator(self._seed, "guide", draw)
        leaders = sorted(self._scores, key=lambda configuration: -self._scores[configuration])[:_LEADERS]
        variants = [vary(leader, self._space, rng) for leader in leaders for _ in range(_VARIANTS)]
        return [*(self._space.sample(rng) for _ in range(_DRAWS)), *(variant for variant in variants if variant is not None)]


def _affordable(configurations: Sequence[Configuration], excluded: Collection[Configuration],
                seconds: Seconds | None) -> dict[Configuration, float]:
    """The seconds of each configuration that there is time for; all are alike where time does not count."""
    needed = {configuration: 0.0 if seconds is None else seconds(configuration) for configuration in configurations
              if configuration not in excluded}
    return {configuration: value for configuration, value in needed.items() if value is not None}


def expected_improvement(gains: NDArray[np.float64], deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much better than the best a normally distributed score is on average, where worse counts as equal.

    Parameters
    ----------
    gains : array
        Means less the best.
    deviations : array

    Notes
    -----
    Jones, Schonlau and Welch (1998), "Efficient global optimization of expensive black-box functions", J. Global Optimization.

    Examples
    --------
    >>> expected_improvement(np.array([0.1, -0.1]), np.array([1e-9, 1e-9])).round(3).tolist()
    [0.1, 0.0]
    """
    ratio = gains / deviations
    return np.asarray(gains * ndtr(ratio) + deviations * np.exp(-(ratio**2) / 2.0) / np.sqrt(2.0 * np.pi))


def vary(configuration: Configuration, space: SearchSpace, rng: np.random.Generator) -> Configuration | None:
    """Change a fifth of the values of a configuration at random; None if its components then do not fit together.

    Parameters
    ----------
    configuration : Configuration
    space : SearchSpace
        Checked for the task.
    rng : numpy.random.Generator
    """
    def choose(name: str, domain: Domain) -> Scalar:
        kept = name in configuration and configuration[name] in domain and rng.random() >= _CHANGED
        return configuration[name] if kept else domain.sample(rng)

    values = space.walk(choose)
    return None if space.incompatibility(values) else Configuration(values)
