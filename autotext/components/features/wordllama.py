"""Means of static word embeddings that come with the wordllama package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import State, register
from autotext.components.feature import Counts, Documents, Feature
from autotext.components.static_table import StaticTable
from autotext.errors import ComponentError


@cache
def _table() -> StaticTable:
    import wordllama

    # Its own folder holds the weights; left to itself, it looks for a part of them on the network.
    model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    model.tokenizer.no_padding()
    model.tokenizer.no_truncation()
    return StaticTable(model.tokenizer, np.ascontiguousarray(model.embedding, dtype=np.float32))


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
        return Counts(_table().means(documents))

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
