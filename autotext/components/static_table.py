"""Static word vectors: a tokenizer, a vector for each of its pieces, and their mean for a text."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import State
from autotext.errors import ComponentError
from autotext.untrusted import JSON_BYTES, read_json

# Characters of a text that are read; later ones hardly change the mean.
_CHARACTERS = 4000
_AT_ONCE = 1024
# Largest number in a vector, for which the square of a sum is still finite in 32 bits.
_LARGEST = 1e12
# Names of the vectors in files of model2vec and sentence-transformers.
_NAMES = {"embeddings", "embedding.weight"}


@dataclass(frozen=True, eq=False)
class StaticTable:
    """A table with a static vector for each piece of a tokenizer, and the vectors of texts, which are means.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        Without padding and truncation.
    vectors : array of shape (n_pieces, n_features)
    unknown : int, optional
        Number of the piece that stands for what the tokenizer does not know, which is left out of the mean.

    Examples
    --------
    >>> from tokenizers import Tokenizer, models, pre_tokenizers
    >>> tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "good": 1, "film": 2}, unk_token="[UNK]"))
    >>> tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    >>> table = StaticTable(tokenizer, np.array([[9, 9], [3, 0], [0, 4]], dtype=np.float32), unknown=0)
    >>> table.means(["a good film", "new"]).toarray().round(2).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """

    tokenizer: Any
    vectors: NDArray[np.float32]
    unknown: int | None = None

    def __post_init__(self) -> None:
        """Refuse vectors whose sums would not be finite."""
        if self.vectors.ndim != 2 or not self.vectors.shape[1]:
            raise ComponentError(f"its vectors have the shape {self.vectors.shape}")
        if not max(self.vectors.max(initial=0), -self.vectors.min(initial=0)) <= _LARGEST:
            raise ComponentError(f"its vectors hold a number that is not finite, or beyond {_LARGEST:g}")

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of the vectors."""
        return blake2b(self.vectors.astype("<f4").tobytes(), digest_size=8).hexdigest()

    def state(self) -> State:
        """The tokenizer in the JSON of the ``tokenizers`` package, and the vectors."""
        return {"tokenizer": self.tokenizer.to_str(), "unknown": self.unknown}, {"vectors": self.vectors}

    def means(self, documents: Sequence[str]) -> sp.csr_matrix:
        """Mean vectors, scaled to length 1, of shape (n_documents, n_features); zero where a text has no known piece."""
        rows = [self._means(documents[start : start + _AT_ONCE]) for start in range(0, len(documents), _AT_ONCE)]
        width = self.vectors.shape[1]
        return sp.csr_matrix(np.concatenate(rows) if rows else np.zeros((0, width), dtype=np.float32))

    def _means(self, documents: Sequence[str]) -> NDArray[np.float32]:
        valid = [text[:_CHARACTERS].encode("utf-8", "replace").decode("utf-8") for text in documents]
        pieces = [encoding.ids for encoding in self.tokenizer.encode_batch(valid, add_special_tokens=False)]
        pointers = np.concatenate([[0], np.cumsum([len(ids) for ids in pieces])])
        numbers = np.fromiter((number for ids in pieces for number in ids), dtype=np.int64, count=int(pointers[-1]))
        once = np.ones(len(numbers), dtype=np.float32)
        if self.unknown is not None:
            once[numbers == self.unknown] = 0.0
        counts = sp.csr_matrix((once, numbers, pointers), shape=(len(pieces), len(self.vectors)))
        sums = np.asarray(counts @ self.vectors)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)


def static_files(folder: str) -> tuple[Path, Path] | None:
    """Find the tokenizer and vectors of a static embedding model in a folder; None if it holds no such model.

    Parameters
    ----------
    folder : str

    Examples
    --------
    >>> import tempfile
    >>> from autotext.components.tiny_models import write_tiny_static_model
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in static_files(write_tiny_static_model(Path(folder)))]
    ['tokenizer.json', 'model.safetensors']
    """
    for place in (Path(folder), Path(folder) / "0_StaticEmbedding"):
        tokenizer, vectors = place / "tokenizer.json", place / "model.safetensors"
        if tokenizer.is_file() and vectors.is_file() and _NAMES & _tensor_names(vectors):
            return tokenizer, vectors
    return None


def _tensor_names(path: Path) -> set[str]:
    """Names in the header of a safetensors file: its length as eight bytes, then JSON."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = read_json(file.read(min(length, JSON_BYTES)))
            return {*header} if isinstance(header, dict) else set()
    except (OSError, ValueError, RecursionError, struct.error):
        return set()
