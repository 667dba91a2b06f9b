"""TF-IDF of word n-grams."""

from __future__ import annotations

from autotext.components.component import register
from autotext.components.features._words import WordGramFeature
from autotext.space import Choice, Int


@register
class WordTfidf(WordGramFeature):
    """TF-IDF of n-grams of tokens, as scikit-learn's ``TfidfVectorizer`` computes it; rows have length 1.

    Parameters
    ----------
    ngrams : str, default="1-1"
        Shortest and longest n-gram, in tokens.
    min_df : int, default=1
        N-grams in fewer training documents are left out.
    max_features : int, default=1_000_000
        Limit on the n-grams; the most frequent ones are kept.
    sublinear : bool, default=True
        Whether 1 + log(count) replaces the count.

    Examples
    --------
    >>> feature = WordTfidf()
    >>> counts = feature.count([["good", "day"], ["bad", "day"]])
    >>> feature.fit(counts, None).transform(counts).shape
    (2, 3)
    """

    name = "word_tfidf"
    cost_parameters = ("ngrams",)
    parameters = {"ngrams": Choice(tuple(f"{low}-{high}" for low in (1, 2, 3) for high in range(low, 6))),
                  "min_df": Int(1, 1000), "max_features": Int(1, 10_000_000, log=True), "sublinear": Choice((True, False))}
    legacy = {"max_features": 1_000_000}

    def __init__(self, ngrams: str = "1-1", min_df: int = 1, max_features: int = 1_000_000, sublinear: bool = True) -> None:
        self.ngrams = ngrams
        self.min_df = min_df
        self.max_features = max_features
        self.sublinear = sublinear
