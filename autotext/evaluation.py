"""The record of evaluating one configuration on one task."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from functools import partial
from typing import Any, Literal, get_args

import numpy as np

from autotext.errors import shown

HALF_INTERVAL = 1.645
"""Standard deviations to either side that hold 90 % of a normal distribution."""

# "raced" stands in what earlier versions saved: given up after the first fold, as others were better there.
Status = Literal["ok", "part", "raced", "timeout", "memory", "failed"]
Origin = Literal["warm", "search", "path"]
# What a forecast may hold.
FORECAST = ("score", "deviation", "seconds", "took")
# Fields that are saved under the name that they had first.
_SAVED_AS = {"predicted_seconds": "foreseen"}


def json_value(value: Any) -> Any:
    """Convert a value to what JSON has: plain Python types, and None for numbers that are not finite.

    Parameters
    ----------
    value : object

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
    """The record of evaluating one configuration on one task: how it ended, its score, and what it cost.

    Parameters
    ----------
    number : int
        Number of the suggestion, from 0.
    configuration : dict of str to JSON scalar
    fingerprint : str
        Fingerprint of the configuration.
    origin : {"warm", "search", "path"}
        ``"warm"``: suggested by the meta-learner. ``"search"``: suggested by the sampler. ``"path"``: cross-validated along
        with a suggestion from which it differs only in the strength of regularization.
    status : {"ok", "part", "timeout", "memory", "failed"}
        How it ended; only ``"ok"`` has a score. ``"part"``: expensive, so that it was cross-validated on the first fold only.
    score : float or None
        The metric, where greater is better, over all out-of-fold rows.
    fold_scores : tuple of float
        The metric on each fold.
    seconds : float
        Wall-clock time in the worker. What configurations of one regularization path share counts for the suggested one.
    stage_seconds : dict of str to float
        Seconds of ``prepare``, ``fit`` and ``predict``, as if nothing had been shared with other configurations.
    memory_mib : float
        Largest memory of the worker that was seen during the evaluation.
    size : int
        Numbers in the fitted pipeline that are not zero, which is a cost of predicting that depends on no machine.
    predicted_seconds : float
        Seconds that an expensive fit was predicted to take, shortly after its start; 0: nothing was predicted.
    error : str
        Traceback or reason, if there is no score.
    forecast : dict of str to float
        What was expected before: ``score`` and its standard deviation ``deviation``, if the meta-learner listens, and
        ``seconds``, those of its regularization path among them; and how many it ``took``. Empty: nothing was expected.

    Examples
    --------
    >>> evaluation = Evaluation(0, {"features": "char_tfidf", "model": "ridge"}, "f0", "search", "ok", 0.8, (0.7, 0.9))
    >>> saved = evaluation.to_json()
    >>> saved["fold_scores"], Evaluation.from_json(saved).score
    ([0.7, 0.9], 0.8)
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
    forecast: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Convert to a JSON dict that `from_json` reads."""
        converted: dict[str, Any] = json_value(asdict(self))
        return {_SAVED_AS.get(name, name): value for name, value in converted.items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Evaluation:
        """Read an evaluation from a dict that `to_json`, also of an earlier version, gave.

        Raises
        ------
        ValueError
            A field is missing, unknown, or of the wrong type.
        """
        required = {_SAVED_AS.get(part.name, part.name): part.default is MISSING and part.default_factory is MISSING
                    for part in fields(cls)}
        if not isinstance(value, Mapping) or not value.keys() <= required.keys():
            raise ValueError(f"an evaluation holds {', '.join(required)}, not {shown(value)}")
        for name, is_required in required.items():
            if name not in value and is_required:
                raise ValueError(f"an evaluation needs {name!r}")
            if name in value and not _FIELDS[name](value[name]):
                raise ValueError(f"{name} of an evaluation cannot be {shown(value[name])}")
        scores = tuple(math.nan if score is None else score for score in value.get("fold_scores", ()))
        values = {part.name: value[saved] for part, saved in zip(fields(cls), required, strict=True) if saved in value}
        return cls(**{**values, "fold_scores": scores})


def _is_number(value: Any, low: float = -math.inf) -> bool:
    return type(value) in (int, float) and abs(value) < 1e300 and value >= low


def _is_configuration(value: Any) -> bool:
    return (isinstance(value, Mapping) and all(isinstance(name, str) for name in value)
            and all(isinstance(entry, str | bool) or _is_number(entry) for entry in value.values()))


def _is_whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


_FIELDS: dict[str, Callable[[Any], bool]] = {
    "number": _is_whole, "size": _is_whole, "configuration": _is_configuration,
    "fingerprint": lambda value: isinstance(value, str),
    "origin": lambda value: isinstance(value, str) and value in get_args(Origin),
    "status": lambda value: isinstance(value, str) and value in get_args(Status),
    "score": lambda value: value is None or _is_number(value),
    "fold_scores": lambda value: isinstance(value, list) and all(score is None or _is_number(score) for score in value),
    **dict.fromkeys(("seconds", "memory_mib", "foreseen"), partial(_is_number, low=0.0)),
    "stage_seconds": lambda value: isinstance(value, Mapping) and all(_is_number(seconds, 0.0) for seconds in value.values()),
    "forecast": lambda value: (isinstance(value, Mapping) and set(value) <= set(FORECAST)
                               and all(_is_number(number) for number in value.values())),
    "error": lambda value: isinstance(value, str)}
