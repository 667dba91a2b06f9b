"""Means of the static word vectors of a model that the user gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import register
from autotext.components.feature import Documents
from autotext.components.pretrained_feature import PretrainedFeature
from autotext.components.state_checks import numbers, whole
from autotext.components.static_table import StaticTable, static_files
from autotext.components.tiny_models import write_tiny_static_model
from autotext.components.tokenizer_json import safe_tokenizer
from autotext.errors import ComponentError
from autotext.space import Scalar


@register
class StaticEmbedding(PretrainedFeature):
    """Mean of the static vectors of a text's pieces, rows of length 1: of any model2vec or StaticEmbedding model; no torch.

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
    folder_format = "tokenizer.json and a model.safetensors of word vectors, as model2vec writes them"

    @classmethod
    def reads(cls, folder: str) -> bool:
        """Whether a folder holds word vectors; see `PretrainedFeature.reads`."""
        return static_files(folder) is not None

    @classmethod
    def test_params(cls, folder: Path) -> dict[str, Scalar]:
        """Tiny word vectors; see `Component.test_params`."""
        return {"model": write_tiny_static_model(folder)}

    @classmethod
    def _read(cls, folder: str) -> StaticTable:
        """Vectors of a folder, each times the weight of its piece, if there are weights."""
        from safetensors.numpy import load_file

        found = static_files(folder)
        if found is None:
            raise ComponentError(f"{folder!r} holds no static embedding model: tokenizer.json and model.safetensors of vectors")
        tokenizer_file, vectors_file = found
        tensors = load_file(vectors_file)
        vectors = (tensors["embeddings"] if "embeddings" in tensors else tensors["embedding.weight"]).astype(np.float32)
        if "mapping" in tensors:
            vectors = vectors[tensors["mapping"]]
        if "weights" in tensors:
            vectors = vectors * tensors["weights"].astype(np.float32)[:, None]
        tokenizer = safe_tokenizer(tokenizer_file.read_text("utf-8"), len(vectors))
        return StaticTable(tokenizer, np.ascontiguousarray(vectors), _unknown(tokenizer))

    @classmethod
    def _from_state(cls, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> StaticTable:
        # Not copied: the members of an ensemble may share them.
        vectors = numbers(arrays, "vectors", "f4", None, None)
        unknown = None if learned["unknown"] is None else whole(learned, "unknown", 0, len(vectors))
        return StaticTable(safe_tokenizer(learned["tokenizer"], len(vectors)), vectors, unknown)

    def _vectors(self, documents: Documents) -> sp.csr_matrix:
        return self.network.means(documents)


def _unknown(tokenizer: Any) -> int | None:
    """Number of the piece for what is unknown."""
    model = json.loads(tokenizer.to_str())["model"]
    name = model.get("unk_token")
    return tokenizer.token_to_id(name) if name is not None else model.get("unk_id")
