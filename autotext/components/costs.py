"""The cost of configurations, as their components state it."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import cast

from autotext.components.feature import Feature
from autotext.components.pretrained_feature import PretrainedFeature
from autotext.components.registry import registry
from autotext.space import Configuration


def feature_classes(configuration: Configuration) -> dict[str, type[Feature]]:
    """Classes of the feature components of a configuration, by name.

    Parameters
    ----------
    configuration : Configuration

    Examples
    --------
    >>> configuration = Configuration({"features": "char_tfidf+surface", "model": "ridge"})
    >>> list(feature_classes(configuration)), is_expensive(configuration)
    (['char_tfidf', 'surface'], False)
    """
    features = registry()["features"]
    return {name: cast(type[Feature], features[name]) for name in configuration.blocks}


def is_expensive(configuration: Configuration) -> bool:
    """Whether a configuration has a feature that takes long to fit.

    Parameters
    ----------
    configuration : Configuration
    """
    return any(cls.expensive for cls in feature_classes(configuration).values())


def relative_cost(configuration: Configuration) -> float:
    """Factor to which the seconds of configurations with the same features are proportional.

    Parameters
    ----------
    configuration : Configuration

    Examples
    --------
    >>> relative_cost(Configuration({"features": "char_tfidf", "model": "ridge"}))
    1.0
    """
    classes = feature_classes(configuration)
    return prod(cls.relative_cost(configuration.parameters("features", name)) for name, cls in classes.items())


def cost_key(configuration: Configuration) -> tuple[object, ...]:
    """Values of all ``cost_parameters`` of a configuration, on which its seconds depend most.

    Parameters
    ----------
    configuration : Configuration

    Examples
    --------
    >>> cost_key(Configuration({"features": "char_tfidf", "features.char_tfidf.span": "2-4", "model": "ridge"}))
    (None, ('features.char_tfidf.span', '2-4'))
    """
    chosen = [("features", name) for name in configuration.blocks]
    # Beside an expensive feature, the cost of the tokenizer and the model does not matter.
    if not is_expensive(configuration):
        chosen += [(stage, str(configuration[stage])) for stage in ("tokenizer", "model") if stage in configuration]
    names = [f"{stage}.{name}.{parameter}" for stage, name in chosen for parameter in registry()[stage][name].cost_parameters]
    return (configuration.get("tokenizer"), *((name, configuration.get(name)) for name in names))


def encoded_models(configuration: Configuration) -> list[str]:
    """Pretrained models whose vectors of single texts a configuration uses; see `Feature.per_text`.

    Parameters
    ----------
    configuration : Configuration

    Examples
    --------
    >>> encoded_models(Configuration({"features": "encoder", "features.encoder.model": "minilm", "model": "ridge"}))
    ['minilm']
    """
    return [str(configuration[f"features.{name}.model"]) for name, cls in feature_classes(configuration).items()
            if issubclass(cls, PretrainedFeature) and cls.per_text]


def seconds_from_encoding(configuration: Configuration, encoding_seconds: Mapping[str, float]) -> float:
    """Predict the seconds of a fit from those in which the same model encoded the same texts; 0 if they tell nothing.

    Parameters
    ----------
    configuration : Configuration
    encoding_seconds : mapping of str to float
        Seconds by model.

    Examples
    --------
    >>> configuration = Configuration({"features": "encoder", "features.encoder.model": "minilm", "model": "ridge"})
    >>> seconds_from_encoding(configuration, {"minilm": 3.0})
    0.0
    """
    for name, cls in feature_classes(configuration).items():
        if issubclass(cls, PretrainedFeature) and cls.seconds_per_encoding:
            seconds = encoding_seconds.get(str(configuration[f"features.{name}.model"]), 0.0)
            if seconds:
                return cls.seconds_per_encoding * seconds * relative_cost(configuration)
    return 0.0
