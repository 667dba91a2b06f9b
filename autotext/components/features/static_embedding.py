"""Mean word vectors of a pretrained static embedding model."""

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

# Number of copies of the vectors that are made at worst.
_TIMES = 4


@register
class StaticEmbedding(PretrainedFeature):
    """Mean of the static vectors of a text's pieces, of length 1, by a model of model2vec or StaticEmbedding; needs no torch.

    Parameters
    ----------
    model : str
        Folder with ``tokenizer.json`` and ``model.safetensors``.

    Notes
    -----
    Tulkens & van Dongen (2024), "Model2Vec: fast state-of-the-art static embeddings", https://github.com/MinishLab/model2vec;
    sentence-transformers' StaticEmbedding, https://sbert.net/docs/package_reference/sentence_transformer/models.html.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     feature = StaticEmbedding(model=write_tiny_static_model(Path(folder)))
    ...     feature.count(["a good film", "좋은 영화"]).matrix.shape
    (2, 16)
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
        """Read the vectors of a folder, each multiplied with the weight of its piece, if there are weights."""
        from safetensors.numpy import load_file

        files = static_files(folder)
        if files is None:
            raise ComponentError(f"{folder!r} holds no static embedding model: tokenizer.json and model.safetensors of vectors")
        tokenizer_file, vectors_file = files
        try:
            check_files(vectors_file.parent)
            vectors = _table(load_file(vectors_file))
            tokenizer = safe_tokenizer(read_text(tokenizer_file), len(vectors))
            return StaticTable(tokenizer, vectors, _unknown(tokenizer))
        except Exception as error:
            raise ComponentError(f"the model in {folder!r} cannot be read: {describe_error(error)}") from error

    @classmethod
    def _from_state(cls, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> StaticTable:
        # The vectors are not copied, as the members of an ensemble may share them.
        vectors = numbers(arrays, "vectors", "f4", None, None)
        unknown = None if learned["unknown"] is None else whole(learned, "unknown", 0, len(vectors))
        return StaticTable(safe_tokenizer(learned["tokenizer"], len(vectors)), vectors, unknown)

    def _vectors(self, documents: Documents) -> sp.csr_matrix:
        return self.network.means(documents)


def _table(tensors: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    """Vector of each piece, multiplied with its weight."""
    vectors = tensors["embeddings"] if "embeddings" in tensors else tensors["embedding.weight"]
    if vectors.ndim != 2:
        raise ComponentError(f"its vectors have the shape {vectors.shape}")
    mapping, weights = tensors.get("mapping"), tensors.get("weights")
    if mapping is not None:
        # A small file may map many pieces to one long vector, which would fill the memory.
        if 4 * mapping.size * vectors.shape[1] > psutil.virtual_memory().available // _TIMES:
            raise ComponentError(f"its {mapping.size:,} pieces of {vectors.shape[1]:,} numbers take more memory than is free")
        if mapping.ndim != 1 or mapping.dtype.kind not in "iu":
            raise ComponentError("its mapping is no list of numbers of vectors")
        vectors = vectors[within(mapping, "mapping", 0, len(vectors))]
    if weights is not None and weights.shape != vectors.shape[:1]:
        raise ComponentError(f"its weights have the shape {weights.shape} for {len(vectors):,} pieces")
    # Numbers that become infinite are refused by `StaticTable`.
    with np.errstate(over="ignore", invalid="ignore"):
        single = vectors.astype(np.float32)
        return np.ascontiguousarray(single if weights is None else single * weights.astype(np.float32)[:, None])


def _unknown(tokenizer: Any) -> int | None:
    """Number of the piece that stands for unknown ones."""
    model = json.loads(tokenizer.to_str())["model"]
    name = model.get("unk_token")
    return tokenizer.token_to_id(name) if name is not None else model.get("unk_id")
