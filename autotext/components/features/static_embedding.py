"""Means of the static word vectors of a model that the user gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.features._base import Counts, Documents, Feature
from autotext.components.features._static import StaticTable
from autotext.components.pretrained import static_files
from autotext.components.registry import State, register
from autotext.components.saved import numbers, whole
from autotext.errors import ComponentError
from autotext.space.domains import FromTask


@register
class StaticEmbedding(Feature):
    """Mean of the static vectors of a text's pieces, rows of length 1: of any model2vec or StaticEmbedding model; no torch.

    It is label-free and learns nothing. A saved pipeline holds the vectors, so it needs the folder no more.

    Parameters
    ----------
    model : str
        Folder with ``tokenizer.json`` and ``model.safetensors``.

    Notes
    -----
    Tulkens & van Dongen (2024), "Model2Vec: fast state-of-the-art static embeddings", https://github.com/MinishLab/model2vec;
    sentence-transformers' StaticEmbedding, https://sbert.net/docs/package_reference/sentence_transformer/models.html.
    """

    name = "static_embedding"
    consumes = "text"
    produces = "matrix"
    parameters = {"model": FromTask("encoders")}

    def __init__(self, model: str = "") -> None:
        self.model = model

    def count(self, documents: Documents) -> Counts:
        """Mean vectors; the same before and after `fit`."""
        return Counts(self._table().means(documents))

    def fit(self, counts: Counts, y: NDArray[Any]) -> StaticEmbedding:
        """Learn nothing."""
        return self

    def transform(self, counts: Counts) -> sp.csr_matrix:
        """The vectors, in double precision."""
        return counts.matrix.astype(np.float64)

    def state(self) -> State:
        """The tokenizer in the JSON of the ``tokenizers`` package, and the vectors."""
        table = self._table()
        return {"tokenizer": table.tokenizer.to_str(), "unknown": table.unknown}, {"vectors": table.vectors}

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `state` gave."""
        from tokenizers import Tokenizer

        numbers(arrays, "vectors", "f", None, None)
        # Not copied: the members of an ensemble may share them.
        vectors = arrays["vectors"].astype(np.float32, copy=False)
        tokenizer = Tokenizer.from_str(learned["tokenizer"])
        unknown = None if learned["unknown"] is None else whole(learned, "unknown", 0, len(vectors))
        self._restored = _checked(StaticTable(tokenizer, vectors, unknown))

    def _table(self) -> StaticTable:
        restored: StaticTable | None = getattr(self, "_restored", None)
        return restored or _read(self.model)

    def __getstate__(self) -> dict[str, Any]:
        held = {name: value for name, value in super().__getstate__().items() if name != "_restored"}
        return {**held, "saved": self.state()} if hasattr(self, "_restored") else held

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({name: value for name, value in state.items() if name != "saved"})
        if "saved" in state:
            self.set_state(*state["saved"])


@cache
def _read(folder: str) -> StaticTable:
    """Vectors of a model2vec or StaticEmbedding folder, each times the weight of its piece, if there are weights."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    found = static_files(folder)
    if found is None:
        raise ComponentError(f"{folder!r} holds no static embedding model (tokenizer.json and a model.safetensors of vectors).")
    tokenizer_file, vectors_file = found
    tensors = load_file(vectors_file)
    vectors = (tensors["embeddings"] if "embeddings" in tensors else tensors["embedding.weight"]).astype(np.float32)
    if "mapping" in tensors:
        vectors = vectors[tensors["mapping"]]
    if "weights" in tensors:
        vectors = vectors * tensors["weights"].astype(np.float32)[:, None]
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    return _checked(StaticTable(tokenizer, np.ascontiguousarray(vectors), _unknown(tokenizer)))


def _unknown(tokenizer: Any) -> int | None:
    """Number of the piece for what is unknown."""
    model = json.loads(tokenizer.to_str())["model"]
    name = model.get("unk_token")
    return tokenizer.token_to_id(name) if name is not None else model.get("unk_id")


def _checked(table: StaticTable) -> StaticTable:
    """The same table, refused if the tokenizer has pieces without a vector."""
    most = max(table.tokenizer.get_vocab(with_added_tokens=True).values(), default=-1)
    if most >= len(table.vectors):
        raise ComponentError(f"its tokenizer has {most + 1:,} pieces, but only {len(table.vectors):,} vectors")
    return table
