"""TF-IDF of character n-grams within words."""

from __future__ import annotations

import sys
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import scipy.sparse as sp

from autotext.components.component import register
from autotext.components.feature import Counts, Documents
from autotext.components.features._gram_feature import GramFeature
from autotext.components.features._grams import learn_grams, span
from autotext.components.state_checks import ascending, within
from autotext.components.token_lists import Ints, number_strings, row_numbers
from autotext.space import Choice, Int


def _codes(words: list[str]) -> tuple[Ints, Ints]:
    """Code points of all words, each of which is padded with spaces, and the number of the word of each code point."""
    padded = [f" {word} " for word in words]
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    return codes, row_numbers([len(word) for word in padded])


@register
class CharTfidf(GramFeature):
    """TF-IDF of character n-grams inside and at the edges of words, as ``TfidfVectorizer(analyzer="char_wb")`` computes it.

    Every distinct word is split only once: the counts are (documents x words) @ (words x n-grams).

    Parameters
    ----------
    span : str, default="2-4"
        Shortest and longest n-gram, in characters; words are padded with a space on both sides.
    min_df : int, default=2
        N-grams in fewer training documents are left out.
    max_features : int, default=200_000
        Limit on the n-grams; the most frequent ones are kept.
    sublinear : bool, default=True
        Whether 1 + log(count) replaces the count.

    Examples
    --------
    >>> feature = CharTfidf(span="2-2", min_df=1)
    >>> counts = feature.count(["ab", "b"])
    >>> feature.fit(counts, None).names()
    [' a', ' b', 'ab', 'b ']
    """

    name = "char_tfidf"
    consumes = "text"
    count_parameters = ("span",)
    cost_parameters = ("span",)
    symbol_type = int
    range_parameter = "span"
    parameters = {"span": Choice(tuple(f"{low}-{high}" for low in (1, 2, 3) for high in range(low, 8))),
                  "min_df": Int(1, 1000), "max_features": Int(1, 10_000_000, log=True), "sublinear": Choice((True, False))}
    legacy = {"min_df": 2}

    def __init__(self, span: str = "2-4", min_df: int = 2, max_features: int = 200_000, sublinear: bool = True) -> None:
        self.span = span
        self.min_df = min_df
        self.max_features = max_features
        self.sublinear = sublinear

    def _learn_counts(self, documents: Documents) -> Counts:
        words, product = _count_words(documents)
        codes, rows = _codes(words)
        points, symbols = np.unique(codes, return_inverse=True)
        grams, pieces = learn_grams(symbols.astype(np.int64), rows, len(words), max(len(points), 1), *span(self.span))
        return Counts((product @ pieces).tocsr(), (points.tolist(), grams))

    def _count_learned_grams(self, documents: Documents) -> sp.csr_matrix:
        if len(documents) == 1:
            words = documents[0].split()
            return self.grams_.count(*self._find_symbols(words), 1, together=True)
        words, product = _count_words(documents)
        return (product @ self.grams_.count(*self._find_symbols(words), len(words))).tocsr()

    @cached_property
    def _lookup(self) -> Ints:
        return np.asarray(self.symbols_, dtype=np.int64)

    def _find_symbols(self, words: list[str]) -> tuple[Ints, Ints]:
        """Symbols of the characters of words, -1 for those that `fit` did not see; and the number of the word of each."""
        codes, rows = _codes(words)
        points = self._lookup
        if not len(points):
            return np.full(len(codes), -1, dtype=np.int64), rows
        place = np.minimum(np.searchsorted(points, codes), len(points) - 1)
        return np.where(points[place] == codes, place, -1), rows

    def _symbols_from_json(self, value: Any) -> list[Any]:
        points = np.array(super()._symbols_from_json(value), dtype=np.int64)
        ascending(within(points, "symbols", 0, sys.maxunicode + 1), "symbols")
        return value

    def names(self) -> list[str]:
        """The n-gram of each column."""
        self.compact()
        return ["".join(chr(self.symbols_[symbol]) for symbol in gram) for gram in self.grams_.decode()]


def _count_words(documents: Documents) -> tuple[list[str], sp.csr_matrix]:
    """Distinct words, and their counts in each document; shape (n_documents, n_words)."""
    split = [document.split() for document in documents]
    words, numbers = number_strings(chain.from_iterable(split))
    pointers = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum([len(tokens) for tokens in split])])
    ones = np.ones(len(numbers), dtype=np.int32)
    matrix = sp.csr_matrix((ones, numbers.astype(np.int32), pointers.astype(np.int32)), shape=(len(split), len(words)))
    matrix.sum_duplicates()
    return words, matrix
