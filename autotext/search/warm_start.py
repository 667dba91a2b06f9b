"""What a search begins with: what prior tasks suggest, in an order that suits the time, and what they cannot know of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from autotext.components import registry
from autotext.meta import MetaLearner, Ranking, describe, shipped_learner
from autotext.search.clock import Clock
from autotext.space import Configuration, Domain, Scalar, SearchSpace
from autotext.task import Task

_WARM_STARTS = 16
# Characters times classes that a linear model learns from in a second, and the part of the time left that is too much for that.
_MARKS_PER_SECOND = 2e8
_GOOD_PART = 0.1
# How many suggestions are tried with each model that is given, and how many without one before.
_WITH_ENCODER = 2
_BEFORE_ENCODERS = 2
_LOGISTIC: dict[str, Scalar] = {"model": "logistic", "model.logistic.C": 10.0, "model.logistic.balanced": False}
# Epochs of fine-tuning, times the root of the rows, and their range; the learning rate; and rows of a class that are few.
_EPOCHS, _FEWEST_MOST, _RATE, _FEW_ROWS = 220.0, (2, 8), 1e-4, 100


def suggest_configurations(meta_learner: str | MetaLearner | None, task: Task, space: SearchSpace) -> Ranking:
    """Configurations that did well on prior tasks; none without a meta-learner."""
    if meta_learner is None:
        return Ranking(())
    learner = shipped_learner(meta_learner) if isinstance(meta_learner, str) else meta_learner
    return learner.suggest(describe(task), space, _WARM_STARTS)


def order_by_cost(ranking: Ranking, clock: Clock, first: Configuration) -> list[Configuration]:
    """Best first; where time is limited, after a cheap one that tells how slow this task is."""
    suggestions = [suggestion.configuration for suggestion in ranking.suggestions]
    if not clock.limited or not suggestions:
        return suggestions
    return [first, *(suggestion for suggestion in suggestions if suggestion != first)]


def cheapest_configuration(task: Task, characters: int, space: SearchSpace, seconds: float) -> Configuration:
    """The default of a space, whose first choices are the cheapest; with a model for many classes where there are many.

    Parameters
    ----------
    task : Task
    characters : int
        Of its texts, as far as they are learned from.
    space : SearchSpace
        Checked for the task.
    seconds : float
        That are left.
    """
    default = space.default()
    if characters * len(task.classes) / _MARKS_PER_SECOND <= _GOOD_PART * seconds:
        return default
    models = registry()["model"]
    for model in space.model:
        if not models[model].grows_with_classes:  # type: ignore[attr-defined]
            other = Configuration(space.walk(partial(_choose, model)))
            if not space.incompatibility(other):
                return other
    return default


def _choose(model: str, name: str, domain: Domain) -> Scalar:
    return model if name == "model" else domain.default


def add_pretrained(warm: Sequence[Configuration], encoders: Mapping[str, Sequence[str]], space: SearchSpace,
                  task: Task) -> list[Configuration]:
    """Early on, the first suggestions once more with each model that was given, of which prior tasks cannot know.

    The model stands beside their n-grams, and alone; a transformer is also trained further.
    """
    def placed(tried: Sequence[Mapping[str, Scalar]]) -> list[Configuration]:
        found = [space.project(values)[0] for values in tried]
        return list(dict.fromkeys(one for one in found if one is not None))

    added: list[Configuration] = []
    for name, models in encoders.items():
        for model in models:
            for n_grams in (True, False) if name != "fine_tuned" else ():
                added += placed([values for one in warm for values in _with_model(one, name, model, n_grams)])[:_WITH_ENCODER]
    added += placed([{"features": "encoder+transferred", "features.encoder.model": model, "features.transferred.model": source,
                      "features.transferred.weight": 1.0, **_LOGISTIC}
                     for model, source in product(encoders.get("encoder", ()), encoders.get("transferred", ()))])
    if _few(task):
        # Where little can be judged, what is usual is to be among it.
        added += placed([{"features": name, f"features.{name}.model": model, **_LOGISTIC}
                         for name, models in encoders.items() if name != "fine_tuned" for model in models])
    for model in encoders.get("fine_tuned", ()):
        added += placed(_fine_tuned(model, task))
    return [*warm[:_BEFORE_ENCODERS], *added, *warm[_BEFORE_ENCODERS:]]


def _few(task: Task) -> bool:
    return len(task) < _FEW_ROWS * len(task.classes)


def _fine_tuned(model: str, task: Task) -> list[dict[str, Scalar]]:
    """A transformer trained on the task: the fewer rows, the more often each is seen; a cheaper way follows a dearer one."""
    few = _few(task)
    usual, half, quarter = (int(np.clip(_EPOCHS / part / len(task) ** 0.5, *_FEWEST_MOST)) for part in (1, 2, 4))
    if few:
        ways = [("pairs", "all", quarter), ("classes", "all", half)]
    else:
        ways = [("classes", "all", number) for number in sorted({usual, 2, 1}, reverse=True)]
        ways.append(("classes", "half", max(1, usual // 4)))
    return [{"features": "fine_tuned", "features.fine_tuned.model": model, "features.fine_tuned.loss": loss,
             "features.fine_tuned.layers": layers, "features.fine_tuned.epochs": number,
             "features.fine_tuned.rate": _RATE if number > 2 and not few else 2 * _RATE,
             **_LOGISTIC} for loss, layers, number in ways]


def _with_model(one: Configuration, name: str, model: str, n_grams: bool) -> list[dict[str, Scalar]]:
    """A configuration with a model beside its n-grams, or in place of all its features, with and without normalizers."""
    features = registry()["features"]
    blocks = [block for block in one.blocks if n_grams and features[block].range_parameter]  # type: ignore[attr-defined]
    if n_grams and not blocks:
        return []
    kept = ("model", "normalizer.", *(("tokenizer", *(f"features.{block}." for block in blocks)) if blocks else ()))
    beside: dict[str, Scalar] = {f"features.{name}.weight": 1.0} if blocks else {}
    chosen: dict[str, Scalar] = {"features": "+".join([*blocks, name]), f"features.{name}.model": model, **beside}
    return [{**{key: one[key] for key in one if key.startswith(prefixes)}, **chosen}
            for prefixes in (kept, tuple(prefix for prefix in kept if prefix != "normalizer."))]


def summarize_warm_start(meta_learner: object, ranking: Ranking) -> dict[str, Any]:
    """What the report says of the suggestions."""
    if meta_learner is None:
        return {}
    return {"suggested": len(ranking.suggestions), "tried": 0, "changed": list(ranking.changed),
            "rejected": list(ranking.rejected)}
