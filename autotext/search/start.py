"""What a search begins with: what prior tasks suggest, in an order that suits the time, and what they cannot know of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autotext.components import registry
from autotext.evaluation import Evaluation
from autotext.meta import MetaLearner, Ranking, describe, shipped_learner
from autotext.search.clock import Clock
from autotext.space import Configuration, Scalar, SearchSpace
from autotext.task import Task

_WARM_STARTS = 16
_CHEAP_AMONG = 10
# Characters whose n-grams are counted in a second, and the part of the time left that is too much for that.
_GRAMS_PER_SECOND = 2.5e6
_GOOD_PART = 0.1
_MANY_CLASSES = 20
# How many suggestions are tried with each model that is given, and how many without one before.
_WITH_ENCODER = 2
_BEFORE_ENCODERS = 2


def suggested(meta_learner: str | MetaLearner | None, task: Task, space: SearchSpace) -> Ranking:
    """Configurations that did well on prior tasks; none without a meta-learner."""
    if meta_learner is None:
        return Ranking(())
    learner = shipped_learner(meta_learner) if isinstance(meta_learner, str) else meta_learner
    return learner.suggest(describe(task), space, _WARM_STARTS)


def in_order(ranking: Ranking, clock: Clock, task: Task, default: Configuration) -> list[Configuration]:
    """Best first; where time is short, after a cheap one that tells how slow this task is.

    Where counting character n-grams alone would take a good part of the time, that is the default of the space; where there
    are many classes, one whose model does not take as many times as long.
    """
    suggestions = list(ranking.suggestions)
    if not clock.limited or not suggestions:
        return [suggestion.configuration for suggestion in suggestions]
    if sum(map(len, task.texts)) / _GRAMS_PER_SECOND > _GOOD_PART * clock.remaining:
        return [default, *(suggestion.configuration for suggestion in suggestions if suggestion.configuration != default)]
    many, models = len(task.classes) > _MANY_CLASSES, registry()["model"]
    cheap = min(suggestions[:_CHEAP_AMONG], key=lambda suggestion: (
        many and models[str(suggestion.configuration["model"])].grows_with_classes,  # type: ignore[attr-defined]
        suggestion.seconds))
    suggestions.remove(cheap)
    return [suggestion.configuration for suggestion in (cheap, *suggestions)]


def with_encoders(warm: Sequence[Configuration], encoders: Mapping[str, Sequence[str]],
                  space: SearchSpace) -> list[Configuration]:
    """Early on, the first suggestions once more with each model that was given, of which prior tasks cannot know.

    The model stands beside their n-grams, and alone.
    """
    added = []
    for name, models in encoders.items():
        for model in models:
            for n_grams in (True, False):
                tried = [found for one in warm for values in _with_model(one, name, model, n_grams)
                         if (found := space.project(values)[0]) is not None]
                added += list(dict.fromkeys(tried))[:_WITH_ENCODER]
    return [*warm[:_BEFORE_ENCODERS], *added, *warm[_BEFORE_ENCODERS:]]


def _with_model(one: Configuration, name: str, model: str, n_grams: bool) -> list[dict[str, Scalar]]:
    """A configuration with a model beside its n-grams, or in place of all its features, with and without normalizers."""
    features = registry()["features"]
    blocks = [block for block in one.blocks if n_grams and features[block].ranged_by]  # type: ignore[attr-defined]
    if n_grams and not blocks:
        return []
    kept = ("model", "normalizer.", *(("tokenizer", *(f"features.{block}." for block in blocks)) if blocks else ()))
    beside: dict[str, Scalar] = {f"features.{name}.weight": 1.0} if blocks else {}
    chosen: dict[str, Scalar] = {"features": "+".join([*blocks, name]), f"features.{name}.model": model, **beside}
    return [{**{key: one[key] for key in one if key.startswith(prefixes)}, **chosen}
            for prefixes in (kept, tuple(prefix for prefix in kept if prefix != "normalizer."))]


def unjudged(encoders: Mapping[str, Sequence[str]], evaluations: Sequence[Evaluation]) -> list[str]:
    """A note for each model that was given and that no judged candidate had."""
    judged = [entry.configuration for entry in evaluations if entry.status in ("ok", "raced")]
    return [f"No candidate with {model!r} could be judged: there was no time for it, or it failed. A longer budget may help."
            for name, models in encoders.items() for model in models
            if not any(found.get(f"features.{name}.model") == model for found in judged)]


def audit(meta_learner: object, ranking: Ranking) -> dict[str, Any]:
    """What the report says of the suggestions."""
    if meta_learner is None:
        return {}
    return {"suggested": len(ranking.suggestions), "tried": 0, "changed": list(ranking.changed),
            "rejected": list(ranking.rejected)}
