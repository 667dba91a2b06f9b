"""Means of static word embeddings that come with the wordllama package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.features._base import Counts, Documents, Feature
from autotext.components.registry import State, register
from autotext.errors import ComponentError

# What comes later in a text hardly moves the mean.
_CHARACTERS = 4000
_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class _Table:
    """Pieces of words, and a vector for each."""

    tokenizer: Any
    vectors: NDArray[np.float32]

    @cached_property
    def fingerprint(self) -> str:
        """Identifies the vectors."""
        return blake2b(self.vectors.astype("<f4").tobytes(), digest_size=8).hexdigest()


@cache
def _table() -> _Table:
    import wordllama

    # Its own folder holds the weights; left to itself, it looks for a part of them on the network.
    model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    model.tokenizer.no_padding()
    model.tokenizer.no_truncation()
    return _Table(model.tokenizer, np.ascontiguousarray(model.embedding, dtype=np.float32))


@register
class WordLlama(Feature):
    """Mean of the static embeddings of a text's word pieces, rows of length 1; for languages in Latin script.

    Words of like meaning have like vectors, which helps where there are few rows. It is label-free and learns nothing.

    Notes
    -----
    https://github.com/dleemiller/WordLlama, whose 256-dimensional weights are a part of its package.

    Examples
    --------
    >>> feature = WordLlama()
    >>> X = feature.transform(feature.count(["a warm coat", "winter clothes", "stock market"]))
    >>> bool((X[0] @ X[1].T)[0, 0] > (X[0] @ X[2].T)[0, 0])
    True
    """

    name = "wordllama"
    consumes = "text"
    produces = "matrix"
    scripts = frozenset({"LATIN"})
    requires = "wordllama"

    def count(self, documents: Documents) -> Counts:
        """Mean vectors; the same before and after `fit`."""
        rows = [_means(documents[start : start + _AT_ONCE]) for start in range(0, len(documents), _AT_ONCE)]
        width = _table().vectors.shape[1]
        return Counts(sp.csr_matrix(np.concatenate(rows) if rows else np.zeros((0, width), dtype=np.float32)))

    def fit(self, counts: Counts, y: NDArray[Any]) -> WordLlama:
        """Learn nothing."""
        return self

    def transform(self, counts: Counts) -> sp.csr_matrix:
        """The vectors, in double precision."""
        return counts.matrix.astype(np.float64)

    def state(self) -> State:
        """Which vectors they are; they are not copied."""
        return {"fingerprint": _table().fingerprint}, {}

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """See that the vectors are those of the saved pipeline."""
        if learned.get("fingerprint") != _table().fingerprint:
            raise ComponentError("the installed wordllama has other vectors than the one it was saved with: install that one")


def _means(documents: Sequence[str]) -> NDArray[np.float32]:
    """Mean vectors of length 1; zero where a text has no pieces."""
    table = _table()
    valid = [text[:_CHARACTERS].encode("utf-8", "replace").decode("utf-8") for text in documents]
    pieces = [encoding.ids for encoding in table.tokenizer.encode_batch(valid, add_special_tokens=False)]
    pointers = np.concatenate([[0], np.cumsum([len(ids) for ids in pieces])])
    numbers = np.fromiter((number for ids in pieces for number in ids), dtype=np.int64, count=int(pointers[-1]))
    shape = (len(pieces), len(table.vectors))
    counts = sp.csr_matrix((np.ones(len(numbers), dtype=np.float32), numbers, pointers), shape=shape)
    sums = np.asarray(counts @ table.vectors)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
