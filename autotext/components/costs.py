"""What the components of a configuration say about the time that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import cast

from autotext.components.feature import Feature
from autotext.components.pretrained_feature import PretrainedFeature
from autotext.components.registry import registry
from autotext.space import Configuration


def feature_classes(configuration: Configuration) -> dict[str, type[Feature]]:
    """The feature components of a configuration, by name."""
    features = registry()["features"]
    return {name: cast(type[Feature], features[name]) for name in configuration.blocks}


def is_expensive(configuration: Configuration) -> bool:
    """Whether some feature of a configuration takes long to fit, as its class says."""
    return any(cls.expensive for cls in feature_classes(configuration).values())


def relative_cost(configuration: Configuration) -> float:
    """What the seconds of configurations with the same features are proportional to, as the features' classes say."""
    classes = feature_classes(configuration)
    return prod(cls.relative_cost(configuration.parameters("features", name)) for name, cls in classes.items())


def cost_key(configuration: Configuration) -> tuple[object, ...]:
    """Values on which the seconds of configurations of one structure depend most: those of all ``cost_parameters``.

    Examples
    --------
    >>> cost_key(Configuration({"features": "char_tfidf", "features.char_tfidf.span": "2-4", "model": "ridge"}))
    (None, ('features.char_tfidf.span', '2-4'))
    """
    chosen = [("features", name) for name in configuration.blocks]
    # What follows an expensive feature does not count beside it.
    if not is_expensive(configuration):
        chosen += [(stage, str(configuration[stage])) for stage in ("tokenizer", "model") if stage in configuration]
    names = [f"{stage}.{name}.{parameter}" for stage, name in chosen for parameter in registry()[stage][name].cost_parameters]
    return (configuration.get("tokenizer"), *((name, configuration.get(name)) for name in names))


def encoded_models(configuration: Configuration) -> list[str]:
    """Pretrained models whose vectors of single texts a configuration uses; see `Feature.per_text`."""
    return [str(configuration[f"features.{name}.model"]) for name, cls in feature_classes(configuration).items()
            if issubclass(cls, PretrainedFeature) and cls.per_text]


def seconds_from_encoding(configuration: Configuration, encoding_seconds: Mapping[str, float]) -> float:
    """Seconds of a fit, told from the time in which the same model gave vectors of the same texts; 0 if it cannot be told.

    Parameters
    ----------
    configuration : Configuration
    encoding_seconds : mapping of str to float
        By model.
    """
    for name, cls in feature_classes(configuration).items():
        if issubclass(cls, PretrainedFeature) and cls.seconds_per_encoding:
            seconds = encoding_seconds.get(str(configuration[f"features.{name}.model"]), 0.0)
            if seconds:
                return cls.seconds_per_encoding * seconds * relative_cost(configuration)
    return 0.0
