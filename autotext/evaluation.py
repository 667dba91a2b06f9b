"""The record of trying one configuration on one task."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from functools import partial
from typing import Any, Literal, get_args

import numpy as np

from autotext.errors import shown

Status = Literal["ok", "part", "raced", "timeout", "memory", "failed"]
Origin = Literal["warm", "search", "path"]
# What was saved before a field had its present name must be read.
_SAVED_AS = {"predicted_seconds": "foreseen"}


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
        Part: expensive, so only judged on the first fold, and not worse there.
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
    predicted_seconds : float
        Seconds that it was predicted to take, shortly after it began, where fitting is expensive; 0: nothing was predicted.
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
    predicted_seconds: float = 0.0
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain dict that `from_json` reads back."""
        converted: dict[str, Any] = json_value(asdict(self))
        return {_SAVED_AS.get(name, name): value for name, value in converted.items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Evaluation:
        """Evaluation from what `to_json` gave, or an earlier version of it.

        Raises
        ------
        ValueError
            A field is missing, unknown, or holds what it cannot.
        """
        known = {_SAVED_AS.get(part.name, part.name): part.default is MISSING and part.default_factory is MISSING
                 for part in fields(cls)}
        if not isinstance(value, Mapping) or not value.keys() <= known.keys():
            raise ValueError(f"an evaluation holds {', '.join(known)}, not {shown(value)}")
        for name, required in known.items():
            if name not in value and required:
                raise ValueError(f"an evaluation needs {name!r}")
            if name in value and not _FIELDS[name](value[name]):
                raise ValueError(f"{name} of an evaluation cannot be {shown(value[name])}")
        scores = tuple(math.nan if score is None else score for score in value.get("fold_scores", ()))
        values = {part.name: value[saved] for part, saved in zip(fields(cls), known, strict=True) if saved in value}
        return cls(**{**values, "fold_scores": scores})


def _is_number(value: Any, low: float = -math.inf) -> bool:
    return type(value) in (int, float) and abs(value) < 1e300 and value >= low


def _is_configuration(value: Any) -> bool:
    return (isinstance(value, Mapping) and all(isinstance(name, str) for name in value)
            and all(isinstance(one, str | bool) or _is_number(one) for one in value.values()))


def _is_whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


_FIELDS: dict[str, Callable[[Any], bool]] = {
    "number": _is_whole, "size": _is_whole, "configuration": _is_configuration,
    "fingerprint": lambda value: isinstance(value, str),
    "origin": lambda value: isinstance(value, str) and value in get_args(Origin),
    "status": lambda value: isinstance(value, str) and value in get_args(Status),
    "score": lambda value: value is None or _is_number(value),
    "fold_scores": lambda value: isinstance(value, list) and all(one is None or _is_number(one) for one in value),
    **dict.fromkeys(("seconds", "memory_mib", "foreseen"), partial(_is_number, low=0.0)),
    "stage_seconds": lambda value: isinstance(value, Mapping) and all(_is_number(one, 0.0) for one in value.values()),
    "error": lambda value: isinstance(value, str)}
