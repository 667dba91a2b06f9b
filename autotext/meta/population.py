"""Linear models of many tasks, whose weights come from one normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autotext.untrusted import packed, read_arrays
from autotext.writing import write_file

# Rounds of expectation and maximization.
_ROUNDS = 12
# Variance of weights, of residuals, and of what a row has in all tasks, to begin with; and the least that the first two may be.
_FIRST_VARIANCE, _FIRST_NOISE, _FIRST_OFFSET = 0.1, 0.3, 0.05
_LEAST_VARIANCE, _LEAST_NOISE, _LEAST_OFFSET = 1e-4, 0.1, 0.01
# How strongly covariances between weights are drawn to zero.
_SHRINKAGE = 0.2


@dataclass(frozen=True)
class Population:
    """Linear models of tasks with weights from one normal distribution, and a level of its own for each task.

    Parameters
    ----------
    mean : array of shape (n_columns,)
        Mean of the weights of tasks.
    covariance : array of shape (n_columns, n_columns)
        Of the weights of tasks.
    noise : float
        Variance of targets around the linear models.
    offsets : array of shape (n_rows,)
        What a row has in all tasks beyond the linear models.
    weights : array of shape (n_tasks, n_columns)
        The expected weights of each task.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    noise: float
    offsets: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def fit(cls, rows: NDArray[np.float64], targets: NDArray[np.float64], importance: NDArray[np.float64]) -> Population:
        """Fit by expectation and maximization.

        Parameters
        ----------
        rows : array of shape (n_rows, n_columns)
        targets : array of shape (n_tasks, n_rows)
            NaN where there is none; at least one for each task.
        importance : array of shape (n_tasks,)
            How much each task counts.

        Notes
        -----
        Laird and Ware (1982), "Random-effects models for longitudinal data", Biometrics 38.

        Examples
        --------
        >>> rng = np.random.default_rng(0)
        >>> rows, weights = rng.normal(size=(40, 2)), rng.normal([1.0, -2.0], 0.1, (30, 2))
        >>> fitted = Population.fit(rows, weights @ rows.T + rng.normal(size=(30, 1)), np.ones(30))
        >>> fitted.mean.round().tolist()
        [1.0, -2.0]
        """
        return _Fit(rows, targets, importance / importance.sum()).run()

    def infer(self, rows: NDArray[np.float64], targets: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expect the weights of a further task, and what is left of its targets.

        Parameters
        ----------
        rows : array of shape (n_rows, n_columns)
        targets : array of shape (n_rows,)
            Less the offsets of the rows.

        Returns
        -------
        arrays of shapes (n_columns,) and (n_rows,)
        """
        centred, goal = rows - rows.mean(axis=0), _centre(targets)
        precision = np.linalg.inv(self.covariance)
        moment = precision @ self.mean + centred.T @ goal / self.noise
        weights = np.linalg.solve(precision + centred.T @ centred / self.noise, moment)
        return weights, goal - centred @ weights

    def write(self, path: Path, key: str) -> None:
        """Write to a file, in single precision, with the fingerprint of what it was fitted on."""
        arrays = {name: np.asarray(value, dtype=np.float32) for name, value in vars(self).items()}
        write_file(path, packed({**arrays, "key": np.frombuffer(key.encode(), dtype=np.uint8)}))

    @classmethod
    def read(cls, path: Path, key: str) -> Population | None:
        """Read what `write` wrote; None if it was fitted on something else."""
        arrays = read_arrays(path.read_bytes()) if path.exists() else {}
        if arrays.pop("key", np.zeros(0, np.uint8)).tobytes() != key.encode():
            return None
        noise = float(arrays.pop("noise").item())
        return cls(noise=noise, **{name: array.astype(np.float64) for name, array in arrays.items()})


class _Fit:
    """One call of `Population.fit`, where the importance of all tasks adds up to 1."""

    def __init__(self, rows: NDArray[np.float64], targets: NDArray[np.float64], importance: NDArray[np.float64]) -> None:
        self.targets, self.importance, self.is_there = targets, importance, ~np.isnan(targets)
        n_columns = rows.shape[1]
        # What is centred does not depend on the level of the task.
        self.centred = [rows[there] - rows[there].mean(axis=0) for there in self.is_there]
        self.products = np.array([part.T @ part for part in self.centred])
        self.freedom = np.maximum(self.is_there.sum(axis=1) - 1, 1)
        self.mean, self.covariance, self.noise = np.zeros(n_columns), np.eye(n_columns) * _FIRST_VARIANCE, _FIRST_NOISE
        self.offsets, self.offset_variance = np.zeros(len(rows)), _FIRST_OFFSET
        self.weights = np.zeros((len(targets), n_columns))

    def run(self) -> Population:
        for _ in range(_ROUNDS):
            self._step()
        return Population(self.mean, self.covariance, self.noise, self.offsets, self.weights)

    def _step(self) -> None:
        observed = zip(self.targets, self.is_there, strict=True)
        goals = [_centre(target[there] - self.offsets[there]) for target, there in observed]
        moments = np.array([part.T @ goal for part, goal in zip(self.centred, goals, strict=True)])
        precision = np.linalg.inv(self.covariance)
        spreads = np.linalg.inv(precision + self.products / self.noise)
        self.weights = np.einsum("tij,tj->ti", spreads, precision @ self.mean + moments / self.noise)
        errors = [goal - part @ weights for part, goal, weights in zip(self.centred, goals, self.weights, strict=True)]
        squares = np.array([error @ error for error in errors]) + np.einsum("tij,tji->t", self.products, spreads)
        self.noise = max(float(self.importance @ (squares / self.freedom)), _LEAST_NOISE)
        self.mean = self.importance @ self.weights
        apart = self.weights - self.mean
        covariance = np.einsum("t,tij->ij", self.importance, spreads) + (apart * self.importance[:, None]).T @ apart
        self.covariance = (1.0 - _SHRINKAGE) * covariance + np.diag(_SHRINKAGE * np.diag(covariance) + _LEAST_VARIANCE)
        self.offsets = self._fit_offsets(errors)
        self.offset_variance = float(np.var(self.offsets)) + _LEAST_OFFSET

    def _fit_offsets(self, errors: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        """The mean of what is left of each row, drawn to zero where it was in few tasks."""
        sums, counts = np.zeros(len(self.offsets)), np.zeros(len(self.offsets))
        for error, there, weight in zip(errors, self.is_there, self.importance * len(self.importance), strict=True):
            sums[there] += weight * (error + self.offsets[there])
            counts[there] += weight
        return sums * self.offset_variance / (counts * self.offset_variance + self.noise)


def _centre(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values - values.mean()
