"""The chain of components that a configuration stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components import Component, Counts, Feature, GivenModel, Model, Normalizer, Tokenizer, component
from autotext.space import Configuration


class Chain:
    """Normalizers, a tokenizer, features and a model, unfitted until `fit`.

    Everything up to `counts` knows no labels; everything that learns happens in `fit_counts`.

    Parameters
    ----------
    configuration : Configuration

    Raises
    ------
    ComponentError
        A component is unknown or cannot be used on this machine.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.normalizers: list[Normalizer] = [_build("normalizer", name, configuration) for name in _active(configuration)]
        self.tokenizer: Tokenizer | None = (_build("tokenizer", str(configuration["tokenizer"]), configuration)
                                            if "tokenizer" in configuration else None)
        self.features: list[Feature] = [_build("features", name, configuration) for name in configuration.blocks]
        self.weights = [float(configuration.get(f"features.{name}.weight", 1.0)) for name in configuration.blocks]
        self.model: Model = _build("model", str(configuration["model"]), configuration)

    def normalize(self, texts: Sequence[str]) -> list[str]:
        """Texts as the tokenizer and character features see them."""
        texts = list(texts)
        for normalizer in self.normalizers:
            texts = normalizer.transform(texts)
        return texts

    def counts(self, texts: Sequence[str], normalized: Sequence[str],
               known: dict[tuple[str, int], Counts] | None = None) -> list[Counts]:
        """Counts of each block of texts, given as they were written and as `normalize` leaves them; the tokenizer is ready.

        Parameters
        ----------
        texts, normalized : sequence of str
        known : dict, optional
            What models give these texts, by component and model; added to. Members of an ensemble share it.
        """
        tokens: Sequence[Any] = self.tokenizer.transform(normalized) if self.tokenizer else ()
        documents: dict[str, Sequence[Any]] = {"raw": texts, "text": normalized, "tokens": tokens}
        found = []
        for feature in self.features:
            documents_of = documents[feature.consumes]
            if known is None or not (isinstance(feature, GivenModel) and feature.by_text and feature.consumes == "raw"):
                found.append(feature.count(documents_of))
                continue
            key = (feature.name, id(feature.network))
            if key not in known:
                known[key] = feature.count(documents_of)
            found.append(known[key])
        return found

    def fit(self, texts: Sequence[str], y: NDArray[Any], n_classes: int, seed: int = 0) -> Chain:
        """Fit everything on texts and targets."""
        normalized = self.normalize(texts)
        if self.tokenizer is not None:
            self.tokenizer.fit(normalized)
        return self.fit_counts(self.counts(texts, normalized), y, n_classes, seed)

    def fit_counts(self, counts: Sequence[Counts], y: NDArray[Any], n_classes: int, seed: int = 0, *,
                   along_path: bool = False) -> Chain:
        """Fit features and model on counts of the training rows; the model as `Model.fit_path` does, if it has a path."""
        X = self.fit_features(counts, y)
        if along_path and self.model.path:
            (self.model,) = self.model.fit_path(X, y, n_classes, seed, [getattr(self.model, self.model.path)])
        else:
            self.model.fit(X, y, n_classes, seed)
        return self

    def fit_features(self, counts: Sequence[Counts], y: NDArray[Any]) -> sp.csr_matrix:
        """Fit features on counts of the training rows; gives what the model learns from, shape (n_rows, n_features)."""
        for feature, counted in zip(self.features, counts, strict=True):
            feature.fit(counted, y)
        return self.matrix(counts)

    def features_of_counts(self, counts: Sequence[Counts]) -> Any:
        """What ``decision_function`` of the model takes, from counts."""
        return _SideBySide(self._blocks(counts), self.weights) if self.model.sums_blocks else self.matrix(counts)

    def margins_of_counts(self, counts: Sequence[Counts]) -> NDArray[np.float64]:
        """Margins from counts; shape (n_rows, n_classes)."""
        return self.model.decision_function(self.features_of_counts(counts))

    def margins(self, texts: Sequence[str], known: dict[tuple[str, int], Counts] | None = None) -> NDArray[np.float64]:
        """Margins of texts; shape (n_texts, n_classes). For `known` see `counts`."""
        return self.margins_of_counts(self.counts(texts, self.normalize(texts), known))

    def _blocks(self, counts: Sequence[Counts]) -> list[sp.csr_matrix]:
        return [feature.transform(counted) for feature, counted in zip(self.features, counts, strict=True)]

    def matrix(self, counts: Sequence[Counts]) -> sp.csr_matrix:
        """What the model sees of counts, shape (n_rows, n_features)."""
        blocks = self._blocks(counts)
        if len(blocks) == 1:
            return blocks[0]
        for block, weight in zip(blocks, self.weights, strict=True):
            block.data *= weight
        return sp.hstack(blocks, format="csr")

    @property
    def components(self) -> list[Component]:
        """All components, in order."""
        return [*self.normalizers, *([self.tokenizer] if self.tokenizer else []), *self.features, self.model]

    @property
    def size(self) -> int:
        """Numbers in the fitted model that are not zero."""
        return self.model.size + sum(feature.size for feature in self.features)


class _SideBySide:
    """Weighted blocks of columns as one matrix, for products with dense ones; nothing is copied."""

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


def _active(configuration: Configuration) -> list[str]:
    """Normalizers that are on, in the order in which they work."""
    names = list(dict.fromkeys(name.split(".")[1] for name in configuration if name.startswith("normalizer.")))
    on = [name for name in names if configuration.get(f"normalizer.{name}.use", True)]
    return sorted(on, key=lambda name: (component("normalizer", name).order, name))  # type: ignore[attr-defined]


def _build(stage: str, name: str, configuration: Configuration) -> Any:
    parameters = configuration.parameters(stage, name)
    for outside in ("use", "weight"):
        parameters.pop(outside, None)
    return component(stage, name)(**parameters)
