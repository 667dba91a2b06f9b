"""The chain of components that a configuration stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components import (
    Component,
    Counts,
    Feature,
    FitContext,
    Model,
    Normalizer,
    PretrainedFeature,
    Tokenizer,
    component,
)
from autotext.errors import SpaceError, shown, suggestion
from autotext.space import Choice, Configuration, Domain, Float

# Parameters that the chain reads itself, beside those of the components.
_CHAIN_DOMAINS: dict[str, dict[str, Domain]] = {"normalizer": {"use": Choice((True, False))},
                                                "features": {"weight": Float(0.0, 1e9)}}
_USUAL = FitContext()


def check_configuration(values: Mapping[str, Any]) -> Configuration:
    """Check that every name of a configuration is known and every value allowed.

    Parameters
    ----------
    values : mapping of str to scalar

    Raises
    ------
    SpaceError
        A name is unknown, or a value is not allowed.
    ComponentError
        A component is unknown or cannot be used on this machine.

    Examples
    --------
    >>> check_configuration({"features": "char_tfidf", "model": "ridge", "model.ridge.alfa": 1.0})
    Traceback (most recent call last):
    autotext.errors.SpaceError: configuration: ridge has no parameter 'alfa'. Did you mean 'alpha'? Known: 'alpha', 'balanced'.
    """
    wrong = [name for name, value in values.items() if not isinstance(name, str) or not isinstance(value, str | int | float)]
    if wrong:
        raise SpaceError(f"configuration: {shown(wrong[0])} must be a name with text, a number, true or false, "
                         f"not {shown(values[wrong[0]])}.")
    for stage in ("features", "model"):
        if stage not in values:
            raise SpaceError(f"configuration: {stage!r} is missing, e.g. {{'features': 'char_tfidf', 'model': 'logistic'}}.")
    configuration = Configuration(values)
    chosen = {"normalizer": _normalizers(configuration), "features": configuration.blocks,
              **{stage: [str(configuration[stage])] for stage in ("tokenizer", "model") if stage in configuration}}
    for stage, names in chosen.items():
        for name in names:
            check_parameters(configuration, stage, name)
    needing = next((name for name in configuration.blocks if component("features", name).consumes == "tokens"), None)
    if needing and "tokenizer" not in configuration:
        raise SpaceError(f"configuration: {needing} needs a tokenizer, e.g. 'tokenizer': 'words'.")
    allowed = ["features", "model", "tokenizer", *(f"{stage}.{name}." for stage, names in chosen.items() for name in names)]
    for name in configuration:
        if not name.startswith(tuple(allowed[3:])) and name not in allowed[:3]:
            raise SpaceError(f"configuration: {name!r} belongs to no component of it.{suggestion(name, allowed)}")
    return configuration


def check_parameters(configuration: Configuration, stage: str, name: str) -> None:
    """Refuse parameters that a component does not have, and values that they cannot take; see `check_configuration`.

    Parameters
    ----------
    configuration : Configuration
    stage : str
    name : str

    Examples
    --------
    >>> check_parameters(Configuration({"model": "ridge", "model.ridge.alpha": -1.0}), "model", "ridge")
    Traceback (most recent call last):
    autotext.errors.SpaceError: configuration: model.ridge.alpha must be a number from 1e-06 to 1e+06, not -1.0.
    """
    domains = {**component(stage, name).parameters, **_CHAIN_DOMAINS.get(stage, {})}
    for parameter, value in configuration.parameters(stage, name).items():
        if parameter not in domains:
            raise SpaceError(f"configuration: {name} has no parameter {parameter!r}.{suggestion(parameter, domains)}")
        if value not in domains[parameter]:
            raise SpaceError(f"configuration: {stage}.{name}.{parameter} must be {domains[parameter]}, not {shown(value)}.")


class Chain:
    """Normalizers, a tokenizer, features and a model, which learn in `fit`.

    `counts` depends on no labels, so that folds can share its results; all that learns from labels does so in `fit_counts`.

    Parameters
    ----------
    configuration : Configuration

    Raises
    ------
    ComponentError
        A component is unknown or cannot be used on this machine.

    Examples
    --------
    >>> import numpy as np
    >>> texts, y = ["so good", "very good", "so bad", "very bad"], np.array([1, 1, 0, 0])
    >>> chain = Chain(Configuration({"features": "char_tfidf", "features.char_tfidf.min_df": 1, "model": "ridge"}))
    >>> chain.fit(texts, y, n_classes=2).margins(["good"]).argmax(axis=1).tolist()
    [1]
    >>> counts = chain.counts(texts, chain.normalize(texts))
    >>> chain.matrix(counts).shape, chain.margins_of_counts(counts).shape
    ((4, 38), (4, 2))
    """

    def __init__(self, configuration: Configuration) -> None:
        self.normalizers: list[Normalizer] = [_build("normalizer", name, configuration) for name in _active(configuration)]
        self.tokenizer: Tokenizer | None = (_build("tokenizer", str(configuration["tokenizer"]), configuration)
                                            if "tokenizer" in configuration else None)
        self.features: list[Feature] = [_build("features", name, configuration) for name in configuration.blocks]
        self.weights = [float(configuration.get(f"features.{name}.weight", 1.0)) for name in configuration.blocks]
        self.model: Model = _build("model", str(configuration["model"]), configuration)

    def normalize(self, texts: Sequence[str]) -> list[str]:
        """Normalize texts, as the tokenizer and character features need them."""
        texts = list(texts)
        for normalizer in self.normalizers:
            texts = normalizer.transform(texts)
        return texts

    def counts(self, texts: Sequence[str], normalized: Sequence[str],
               cache: dict[tuple[str, int], Counts] | None = None) -> list[Counts]:
        """Count what each feature needs of texts; a tokenizer that learns must be fitted.

        Parameters
        ----------
        texts, normalized : sequence of str
            The texts as they were written, and as `normalize` gave them.
        cache : dict, optional
            Counts that pretrained models made of these texts, by component and model. New ones are added, so that members of
            an ensemble with the same model run it once.
        """
        tokens: Sequence[Any] = self.tokenizer.transform(normalized) if self.tokenizer else ()
        documents: dict[str, Sequence[Any]] = {"raw": texts, "text": normalized, "tokens": tokens}
        counts = []
        for feature in self.features:
            needed_documents = documents[feature.consumes]
            if cache is None or not (feature.per_text and feature.consumes == "raw"):
                counts.append(feature.count(needed_documents))
                continue
            # Without a model of its own, what a feature counts depends on its parameters alone.
            key = (feature.name, id(feature.network)) if isinstance(feature, PretrainedFeature) else (repr(feature), 0)
            if key not in cache:
                cache[key] = feature.count(needed_documents)
            counts.append(cache[key])
        return counts

    def fit(self, texts: Sequence[str], y: NDArray[Any], n_classes: int, seed: int = 0) -> Chain:
        """Fit the tokenizer, the features and the model on texts and targets."""
        normalized = self.normalize(texts)
        if self.tokenizer is not None:
            self.tokenizer.fit(normalized)
        return self.fit_counts(self.counts(texts, normalized), y, n_classes, seed)

    def fit_counts(self, counts: Sequence[Counts], y: NDArray[Any], n_classes: int, seed: int = 0, *,
                   along_regularization_path: bool = False, context: FitContext = _USUAL) -> Chain:
        """Fit features and model on counts of the training rows; optionally as `Model.fit_regularization_path` fits one."""
        X = self.fit_features(counts, y, context)
        parameter = self.model.regularization_parameter
        if along_regularization_path and parameter:
            (self.model,) = self.model.fit_regularization_path(X, y, n_classes, seed, [getattr(self.model, parameter)])
        else:
            self.model.fit(X, y, n_classes, seed)
        return self

    def fit_features(self, counts: Sequence[Counts], y: NDArray[Any], context: FitContext = _USUAL) -> sp.csr_matrix:
        """Fit the features on counts of the training rows; gives their matrix, of shape (n_rows, n_features)."""
        for feature, counted in zip(self.features, counts, strict=True):
            feature.fit(counted, y, *_for_expensive(feature, context))
        return self.matrix(counts, context)

    def features_of_counts(self, counts: Sequence[Counts], context: FitContext = _USUAL) -> Any:
        """Features of counts in the form that ``decision_function`` of the model takes."""
        if not self.model.sums_blocks:
            return self.matrix(counts, context)
        return _SideBySide(self._blocks(counts, context), self.weights)

    def margins_of_counts(self, counts: Sequence[Counts]) -> NDArray[np.float64]:
        """Margins from counts; shape (n_rows, n_classes)."""
        return self.model.decision_function(self.features_of_counts(counts))

    def margins(self, texts: Sequence[str], cache: dict[tuple[str, int], Counts] | None = None) -> NDArray[np.float64]:
        """Margins of texts; shape (n_texts, n_classes). For `cache` see `counts`."""
        return self.margins_of_counts(self.counts(texts, self.normalize(texts), cache))

    def _blocks(self, counts: Sequence[Counts], context: FitContext) -> list[sp.csr_matrix]:
        return [feature.transform(counted, *_for_expensive(feature, context))
                for feature, counted in zip(self.features, counts, strict=True)]

    def matrix(self, counts: Sequence[Counts], context: FitContext = _USUAL) -> sp.csr_matrix:
        """Features of counts as one matrix, of shape (n_rows, n_features)."""
        blocks = self._blocks(counts, context)
        if len(blocks) == 1:
            return blocks[0].astype(np.float64, copy=False)
        for block, weight in zip(blocks, self.weights, strict=True):
            block.data *= weight
        return sp.hstack(blocks, format="csr")

    @property
    def components(self) -> list[Component]:
        """All components, in the order in which they work."""
        return [*self.normalizers, *([self.tokenizer] if self.tokenizer else []), *self.features, self.model]

    @property
    def size(self) -> int:
        """Numbers in the fitted model that are not zero."""
        return self.model.size + sum(feature.size for feature in self.features)


def _for_expensive(feature: Feature, context: FitContext) -> tuple[Any, ...]:
    """The additional argument that the methods of expensive features take."""
    return (context,) if feature.expensive else ()


class _SideBySide:
    """Weighted blocks of columns that multiply a dense matrix like one matrix, without being copied into one."""

    def __init__(self, blocks: Sequence[sp.csr_matrix], weights: Sequence[float]) -> None:
        self._blocks = blocks
        self._weights = weights if len(blocks) > 1 else [1.0]
        self.shape = (blocks[0].shape[0], sum(block.shape[1] for block in blocks))

    def __matmul__(self, dense: NDArray[np.float64]) -> NDArray[np.float64]:
        total, start = np.zeros((self.shape[0], dense.shape[1])), 0
        for block, weight in zip(self._blocks, self._weights, strict=True):
            total += weight * (block @ dense[start : start + block.shape[1]])
            start += block.shape[1]
        return total


def _normalizers(configuration: Configuration) -> list[str]:
    return list(dict.fromkeys(name.split(".")[1] for name in configuration if name.startswith("normalizer.")))


def _active(configuration: Configuration) -> list[str]:
    """Normalizers that are on, in the order in which they work."""
    on = [name for name in _normalizers(configuration) if configuration.get(f"normalizer.{name}.use", True)]
    return sorted(on, key=lambda name: (component("normalizer", name).order, name))  # type: ignore[attr-defined]


def _build(stage: str, name: str, configuration: Configuration) -> Any:
    parameters = configuration.parameters(stage, name)
    for outside in ("use", "weight"):
        parameters.pop(outside, None)
    return component(stage, name)(**parameters)
