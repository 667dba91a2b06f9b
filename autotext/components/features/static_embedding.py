"""Means of the static word vectors of a model that the user gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import register
from autotext.components.feature import Documents
from autotext.components.model_folder import check_files, read_text
from autotext.components.pretrained_feature import PretrainedFeature
from autotext.components.state_checks import numbers, whole, within
from autotext.components.static_table import StaticTable, static_files
from autotext.components.tiny_models import write_tiny_static_model
from autotext.components.tokenizer_json import safe_tokenizer
from autotext.errors import ComponentError, describe_error
from autotext.space import Scalar

# Copies of the vectors that are made at worst.
_TIMES = 4


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
        try:
            check_files(vectors_file.parent)
            vectors = _table(load_file(vectors_file))
            tokenizer = safe_tokenizer(read_text(tokenizer_file), len(vectors))
            return StaticTable(tokenizer, vectors, _unknown(tokenizer))
        except Exception as error:
            raise ComponentError(f"the model in {folder!r} cannot be read: {describe_error(error)}") from error

    @classmethod
    def _from_state(cls, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> StaticTable:
        # Not copied: the members of an ensemble may share them.
        vectors = numbers(arrays, "vectors", "f4", None, None)
        unknown = None if learned["unknown"] is None else whole(learned, "unknown", 0, len(vectors))
        return StaticTable(safe_tokenizer(learned["tokenizer"], len(vectors)), vectors, unknown)

    def _vectors(self, documents: Documents) -> sp.csr_matrix:
        return self.network.means(documents)


def _table(tensors: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    """A vector for each piece, times its weight."""
    vectors = tensors["embeddings"] if "embeddings" in tensors else tensors["embedding.weight"]
    if vectors.ndim != 2:
        raise ComponentError(f"its vectors have the shape {vectors.shape}")
    mapping, weights = tensors.get("mapping"), tensors.get("weights")
    if mapping is not None:
        # A long list of numbers of one long vector asks for their product.
        if 4 * mapping.size * vectors.shape[1] > psutil.virtual_memory().available // _TIMES:
            raise ComponentError(f"its {mapping.size:,} pieces of {vectors.shape[1]:,} numbers take more memory than is free")
        if mapping.ndim != 1 or mapping.dtype.kind not in "iu":
            raise ComponentError("its mapping is no list of numbers of vectors")
        vectors = vectors[within(mapping, "mapping", 0, len(vectors))]
    if weights is not None and weights.shape != vectors.shape[:1]:
        raise ComponentError(f"its weights have the shape {weights.shape} for {len(vectors):,} pieces")
    # What becomes infinite is refused by the table.
    with np.errstate(over="ignore", invalid="ignore"):
        found = vectors.astype(np.float32)
        return np.ascontiguousarray(found if weights is None else found * weights.astype(np.float32)[:, None])


def _unknown(tokenizer: Any) -> int | None:
    """Number of the piece for what is unknown."""
    model = json.loads(tokenizer.to_str())["model"]
    name = model.get("unk_token")
    return tokenizer.token_to_id(name) if name is not None else model.get("unk_id")
