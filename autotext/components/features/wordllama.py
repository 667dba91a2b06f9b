"""Mean static word vectors of the wordllama package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

# Seconds of reading the vectors, and of finding the word pieces of a character.
_LOADING, _ENCODING = 0.3, 6.5e-7


@cache
def _table() -> StaticTable:
    import wordllama

    # The weights are in the folder of the package; by default, it looks for a part of them on the network.
    model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    model.tokenizer.no_padding()
    model.tokenizer.no_truncation()
    return StaticTable(model.tokenizer, np.ascontiguousarray(model.embedding, dtype=np.float32))


@register
class WordLlama(Feature):
    """Mean of the static vectors of a text's word pieces, of length 1; for languages in Latin script.

    Words of similar meaning have similar vectors, which helps with few rows. The feature learns nothing.

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

    @classmethod
    def encoding_seconds(cls, texts: Sequence[str]) -> float:
        """Seconds of reading the vectors and of finding word pieces on one core; see `Feature.encoding_seconds`."""
        return _LOADING + _ENCODING * sum(map(len, texts))

    def count(self, documents: Documents) -> Counts:
        """Compute mean vectors, which are the same before and after `fit`."""
        return Counts(_table().means(documents))

    def fit(self, counts: Counts, y: NDArray[Any]) -> WordLlama:
        """Remember which vectors were used; they are fixed."""
        self.table_ = _table().fingerprint
        return self

    def transform(self, counts: Counts) -> sp.csr_matrix:
        """Convert the vectors to double precision."""
        return counts.matrix.astype(np.float64)

    def state(self) -> State:
        """Fingerprint of the vectors, which are not saved."""
        return {"fingerprint": self.table_}, {}

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Check that the installed vectors are those of the saved pipeline."""
        if learned.get("fingerprint") != _table().fingerprint:
            raise ComponentError("the installed wordllama has other vectors than the one it was saved with: install that one")
        self.table_ = str(learned["fingerprint"])
