"""Label-free work is done once for all who need the same."""

import numpy as np
import pytest

from autotext.components import TokenLists
from autotext.components.features._words import WordGramFeature
from autotext.cross_validation.count_cache import CountCache, _CacheEntry
from autotext.pipeline import Chain
from autotext.space import Configuration

TEXTS = ["a good day", "a bad day", "good"] * 4


def chain(features, **given):
    return Chain(Configuration({"tokenizer": "words", "features": features, "model": "linear_svm", **given}))


def test_components_that_count_alike_share_their_counts(monkeypatch):
    counted = []
    original = WordGramFeature._learn_counts
    monkeypatch.setattr(WordGramFeature, "_learn_counts", lambda self, tokens: counted.append(1) or original(self, tokens))
    prepared = CountCache(TEXTS)
    first, *_ = prepared.counts(chain("word_tfidf", **{"features.word_tfidf.ngrams": "1-2"}))
    second, *_ = prepared.counts(chain("nb_ratio", **{"features.nb_ratio.ngrams": "1-2"}))
    assert first[0] is second[0]
    assert len(counted) == 1
    third, *_ = prepared.counts(chain("nb_ratio", **{"features.nb_ratio.ngrams": "1-3"}))
    assert len(counted) == 2
    narrow, *_ = prepared.counts(chain("word_tfidf", **{"features.word_tfidf.ngrams": "2-2"}))
    assert narrow[0] is first[0] or narrow[0] is third[0]
    assert len(counted) == 2


@pytest.mark.parametrize(("name", "range_parameter", "narrow", "wide"), [("char_tfidf", "span", "2-3", "1-5"),
                         ("word_tfidf", "ngrams", "2-2", "1-3"), ("nb_ratio", "ngrams", "1-2", "1-3")])
def test_a_wider_range_serves_a_narrower_one_exactly(name, range_parameter, narrow, wide):
    alone, served = CountCache(TEXTS), CountCache(TEXTS)
    served.counts(chain(name, **{f"features.{name}.{range_parameter}": wide}))
    y, states = np.arange(len(TEXTS)) % 2, []
    for prepared in (alone, served):
        built = chain(name, **{f"features.{name}.{range_parameter}": narrow})
        counts, *_ = prepared.counts(built)
        X = built.fit_features(counts, y)
        states.append((X.toarray().tolist(), built.features[0].names(), built.features[0].state()[0]))
    assert states[0] == states[1]


def test_normalizers_that_change_nothing_cost_no_counts(monkeypatch):
    counted = []
    original = WordGramFeature._learn_counts
    monkeypatch.setattr(WordGramFeature, "_learn_counts", lambda self, tokens: counted.append(1) or original(self, tokens))
    prepared = CountCache(TEXTS)
    first, *_ = prepared.counts(chain("word_tfidf", **{"normalizer.markup.use": False}))
    second, *_ = prepared.counts(chain("word_tfidf", **{"normalizer.markup.use": True, "normalizer.casing.use": True}))
    assert first[0] is second[0]
    assert len(counted) == 1


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


def test_what_is_too_much_goes_and_is_made_again():
    prepared = CountCache(TEXTS, limit_mib=1e-6)
    for ngrams in ("1-1", "1-2"):
        prepared.counts(chain("word_tfidf", **{"features.word_tfidf.ngrams": ngrams}))
    assert len(prepared._entries) == 1
    found, *_ = prepared.counts(chain("word_tfidf"))
    totals = np.asarray(found[0].matrix.sum(axis=1)).ravel()
    assert totals.tolist() == [len(text.split()) for text in TEXTS]


def test_what_is_dear_for_its_size_stays_until_it_is_long_unused():
    prepared = CountCache(TEXTS, limit_mib=3.0)
    prepared._keep("dear", _CacheEntry("dear", 2.0**20, 4.0))
    prepared._used("dear")
    for number in range(9):
        prepared._keep(f"cheap {number}", _CacheEntry(number, 2.0**20, 1.0))
        prepared._used(f"cheap {number}")
        assert ("dear" in prepared._entries) == (number < 8)
        assert len(prepared._entries) <= 3
