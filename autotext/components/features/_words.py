"""The base class of features that are n-grams of tokens."""

from __future__ import annotations

from functools import cached_property
from itertools import chain, repeat

import numpy as np
import scipy.sparse as sp

from autotext.components.feature import Counts, Documents
from autotext.components.features._gram_feature import GramFeature
from autotext.components.features._grams import learn_grams, span
from autotext.components.token_lists import TokenLists, row_numbers


class WordGramFeature(GramFeature):
    """Base class of features that are n-grams of tokens."""

    consumes = "tokens"
    count_parameters = ("ngrams",)
    range_parameter = "ngrams"
    counted_as = "word_grams"
    ngrams: str

    def _learn_counts(self, documents: Documents) -> Counts:
        tokens = TokenLists.from_documents(documents)
        n_symbols = max(len(tokens.distinct), 1)
        grams, matrix = learn_grams(tokens.numbers.astype(np.int64), tokens.rows, len(tokens), n_symbols, *span(self.ngrams))
        return Counts(matrix, (tokens.distinct, grams))

    def _count_learned_grams(self, documents: Documents) -> sp.csr_matrix:
        symbols = np.fromiter(map(self._lookup.get, chain.from_iterable(documents), repeat(-1)), dtype=np.int64)
        return self.grams_.count(symbols, row_numbers([len(document) for document in documents]), len(documents),
                                 together=len(documents) == 1)

    @cached_property
    def _lookup(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.symbols_)}

    def names(self) -> list[str]:
        """The n-grams, whose tokens are separated by spaces."""
        self.compact()
        return [" ".join(self.symbols_[symbol] for symbol in gram) for gram in self.grams_.decode()]
