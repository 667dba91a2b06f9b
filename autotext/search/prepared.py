"""Label-free work on a set of texts, done once and shared by folds and configurations."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components import Component, Counts, Tokenizer, TokenLists
from autotext.fingerprint import fingerprint
from autotext.pipeline import Chain

T = TypeVar("T")


class Prepared:
    """Normalized texts, tokens and counts of a fixed list of texts, kept up to a size.

    Parameters
    ----------
    texts : sequence of str
    limit_mib : float, default=256.0
        What is kept at most, by estimate; the least recently used goes first.
    """

    def __init__(self, texts: Sequence[str], limit_mib: float = 256.0) -> None:
        self.texts = texts
        self._limit = limit_mib * 2**20
        self._kept: OrderedDict[str, tuple[Any, float, float]] = OrderedDict()

    def counts(self, chain: Chain, train: NDArray[np.intp] | None = None) -> tuple[list[Counts], float]:
        """Counts of every block of a chain, and the seconds that they cost when they were made.

        Parameters
        ----------
        chain : Chain
            Its tokenizer is fitted here if it learns.
        train : int array, optional
            Rows that a learning tokenizer may see; without one it does not matter.
        """
        normalizer_key = fingerprint([_identity(part) for part in chain.normalizers])
        normalized, spent = self._once(normalizer_key, lambda: chain.normalize(self.texts), _size_of_texts)
        token_key, token_seconds = normalizer_key, 0.0
        tokenizer = chain.tokenizer
        if tokenizer is not None:
            seen = None
            if tokenizer.learns:
                rows = np.arange(len(normalized)) if train is None else train
                tokenizer.fit([normalized[row] for row in rows])
                seen = fingerprint(rows.tolist())
            token_key = fingerprint([normalizer_key, _identity(tokenizer), seen])
        found = []
        for feature in chain.features:
            needs_tokens = feature.consumes == "tokens" and tokenizer is not None
            identity = _identity(feature, feature.counted_by, feature.counted_as)
            key = fingerprint([token_key if needs_tokens else normalizer_key, identity])
            documents: Sequence[Any] = normalized
            if needs_tokens and key not in self._kept:
                assert tokenizer is not None
                tokens, token_seconds = self._once(token_key, partial(_tokenized, tokenizer, normalized), _size_of_tokens)
                documents = tokens
            counted, seconds = self._once(key, partial(feature.count, documents), _size_of_counts)
            found.append(counted)
            spent += seconds
        return found, spent + token_seconds

    def _once(self, key: str, make: Callable[[], T], size: Callable[[T], float]) -> tuple[T, float]:
        if key in self._kept:
            self._kept.move_to_end(key)
            value, _, seconds = self._kept[key]
            return value, seconds
        started = time.perf_counter()
        value = make()
        seconds = time.perf_counter() - started
        self._kept[key] = (value, size(value), seconds)
        while len(self._kept) > 1 and sum(entry[1] for entry in self._kept.values()) > self._limit:
            self._kept.popitem(last=False)
        return value, seconds


def _identity(part: Component, only: Sequence[str] | None = None, name: str = "") -> list[Any]:
    parameters = part.get_params()
    return [part.stage, name or part.name, part.version,
            {key: parameters[key] for key in (parameters if only is None else only)}]


def _size_of_texts(texts: list[str]) -> float:
    return sum(map(len, texts)) * 2.0 + 60.0 * len(texts)


def _tokenized(tokenizer: Tokenizer, normalized: list[str]) -> TokenLists:
    return TokenLists(tokenizer.transform(normalized))


def _size_of_tokens(tokens: TokenLists) -> float:
    return float(tokens.nbytes)


def _size_of_counts(counts: Counts) -> float:
    matrix: sp.csr_matrix = counts.matrix
    # Symbols and n-gram tables are of the size of the columns.
    return float(matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes + 40 * matrix.shape[1])
