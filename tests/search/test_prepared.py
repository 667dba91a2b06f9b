"""Label-free work is done once for all who need the same."""

import numpy as np
import pytest

from autotext.components import TokenLists
from autotext.components.features._words import WordGramFeature
from autotext.pipeline import Chain
from autotext.search.prepared import Prepared
from autotext.space import Configuration

TEXTS = ["a good day", "a bad day", "good"] * 4


def chain(features, **given):
    return Chain(Configuration({"tokenizer": "words", "features": features, "model": "linear_svm", **given}))


def test_components_that_count_alike_share_their_counts(monkeypatch):
    counted = []
    original = WordGramFeature._learn_counts
    monkeypatch.setattr(WordGramFeature, "_learn_counts", lambda self, tokens: counted.append(1) or original(self, tokens))
    prepared = Prepared(TEXTS)
    first, _ = prepared.counts(chain("word_tfidf", **{"features.word_tfidf.ngrams": "1-2"}))
    second, _ = prepared.counts(chain("nb_ratio", **{"features.nb_ratio.ngrams": "1-2"}))
    assert first[0] is second[0]
    assert len(counted) == 1
    prepared.counts(chain("nb_ratio", **{"features.nb_ratio.ngrams": "1-3"}))
    assert len(counted) == 2


@pytest.mark.parametrize("features", ["word_tfidf", "nb_ratio", "word_hashing"])
def test_numbered_tokens_count_as_lists_do(features):
    documents = [text.split() for text in TEXTS]
    tokens = TokenLists(documents)
    assert list(tokens) == documents
    assert tokens[-2:] == documents[-2:]
    with pytest.raises(IndexError):
        tokens[len(TEXTS)]
    feature = chain(features).features[0]
    assert (feature.count(tokens).matrix != feature.count(documents).matrix).nnz == 0


def test_the_least_recently_used_goes_first():
    prepared = Prepared(TEXTS, limit_mib=1e-6)
    for ngrams in ("1-1", "1-2"):
        prepared.counts(chain("word_tfidf", **{"features.word_tfidf.ngrams": ngrams}))
    assert len(prepared._kept) == 1
    found, _ = prepared.counts(chain("word_tfidf"))
    totals = np.asarray(found[0].matrix.sum(axis=1)).ravel()
    assert totals.tolist() == [len(text.split()) for text in TEXTS]
