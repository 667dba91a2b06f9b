"""The record of trying one configuration on one task."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

Status = Literal["ok", "part", "raced", "timeout", "memory", "failed"]
Origin = Literal["warm", "search", "path"]


def json_value(value: Any) -> Any:
    """A value as JSON has it: plain Python types, and None for numbers that are not finite.

    Examples
    --------
    >>> json_value({"score": float("nan"), "labels": (1, "a")})
    {'score': None, 'labels': [1, 'a']}
    """
    if isinstance(value, Mapping):
        return {key: json_value(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(entry) for entry in value]
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


@dataclass(frozen=True)
class Evaluation:
    """The record of trying one configuration on one task.

    Parameters
    ----------
    number : int
        Order in which the search suggested it, from 0.
    configuration : dict of str to JSON scalar
        What was tried.
    fingerprint : str
        Of the configuration.
    origin : {"warm", "search", "path"}
        Suggested by the meta-learner before the search, or by the sampler, or judged along with such a one, from which it
        differs in the strength of regularization only.
    status : {"ok", "part", "raced", "timeout", "memory", "failed"}
        How it ended; anything but ``"ok"`` has no score. Raced: given up after the first fold, clearly worse than the best.
        Part: costly, so only judged on the first fold, and not worse there.
    score : float or None
        The metric, greater is better, over all out-of-fold rows.
    fold_scores : tuple of float
        The metric on each fold.
    seconds : float
        Wall-clock time in the worker; along a path, what all shared is counted to the suggested configuration.
    stage_seconds : dict of str to float
        ``prepare``, ``fit`` and ``predict``, as if nothing had been shared with other configurations.
    memory_mib : float
        Peak memory of the worker seen during the evaluation.
    size : int
        Numbers in the fitted pipeline that are not zero: a machine-independent cost of predicting.
    foreseen : float
        Seconds that it was predicted to take, shortly after it began, where fitting is costly; 0: nothing was predicted.
    error : str
        Traceback or reason, if it did not end well.
    """

    number: int
    configuration: Mapping[str, Any]
    fingerprint: str
    origin: Origin
    status: Status
    score: float | None = None
    fold_scores: tuple[float, ...] = ()
    seconds: float = 0.0
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    memory_mib: float = 0.0
    size: int = 0
    foreseen: float = 0.0
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain dict that `from_json` reads back."""
        converted: dict[str, Any] = json_value(asdict(self))
        return converted

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Evaluation:
        """Evaluation from what `to_json` gave."""
        # A fold where the metric is not defined.
        folds = tuple(math.nan if score is None else score for score in value["fold_scores"])
        return cls(**{**value, "fold_scores": folds})
