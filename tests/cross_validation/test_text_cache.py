"""Costly counts of single texts are made once, shared, and given up where there is no time."""

import time

import numpy as np
import pytest
import scipy.sparse as sp

from autotext.components import Counts
from autotext.cross_validation import text_cache as per_text
from autotext.cross_validation.shared_cache import SharedCache
from autotext.cross_validation.text_cache import TextCache, TooSlowError

TEXTS = ["bb", "a", "ccc", "a", "dddd", "bb"]


class Slow:
    """Lengths of texts; remembers which it was asked for."""

    def __init__(self, seconds=0.0, at_first=0.0):
        self.calls, self.seconds, self.at_first = [], seconds, at_first

    @property
    def asked(self):
        """All but what was asked first, which is for loading the model."""
        return [text for texts in self.calls[1:] for text in texts]

    def count(self, texts):
        self.calls.append(list(texts))
        time.sleep(self.seconds if self.calls[1:] else self.at_first)
        return Counts(sp.csr_matrix(np.array([[len(text)] for text in texts], dtype=float).reshape(-1, 1)))


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(per_text, "_PIECE", 2)


def lengths(known, feature, texts=TEXTS, until=None):
    return known.counts("length", feature, texts, until)[0].matrix.toarray()[:, 0].tolist()


def test_each_text_is_counted_once_and_rows_come_in_the_order_asked_for():
    known, feature = TextCache(TEXTS, SharedCache(None)), Slow()
    for texts in (TEXTS, TEXTS[::-1], ["ccc"]):
        assert lengths(known, feature, texts) == [len(text) for text in texts]
    assert sorted(text for texts in feature.calls for text in texts) == ["a", "bb", "ccc", "dddd"]
    assert lengths(known, feature, ["eeeee", "a"]) == [5, 1]
    assert lengths(known, feature, ["eeeee"]) == [5]
    assert sum(texts.count("eeeee") for texts in feature.calls) == 1


def test_other_processes_find_what_is_done(tmp_path):
    one, other = Slow(0.06, at_first=0.06), Slow()
    assert lengths(TextCache(TEXTS, SharedCache(tmp_path)), one) == lengths(TextCache(TEXTS, SharedCache(tmp_path)), other)
    assert other.calls == []


def test_what_takes_too_long_is_given_up_with_what_it_would_have_taken():
    feature = Slow(0.2)
    texts = [str(number) * 3 for number in range(100, 200)]
    with pytest.raises(TooSlowError) as raised:
        lengths(TextCache(texts, SharedCache(None)), feature, until=time.monotonic() + 1.0)
    assert len(feature.asked) == 2
    assert raised.value.seconds > 3.0


def test_what_was_given_up_is_given_up_again_without_another_try_unless_others_did_it(tmp_path):
    texts, feature = [str(number) * 3 for number in range(100, 140)], Slow(0.06)
    known = TextCache(texts, SharedCache(tmp_path))
    with pytest.raises(TooSlowError):
        lengths(known, feature, until=time.monotonic() + 0.5)
    calls = len(feature.calls)
    with pytest.raises(TooSlowError):
        lengths(known, feature, until=time.monotonic() + 0.4)
    assert len(feature.calls) == calls
    lengths(TextCache(texts, SharedCache(tmp_path)), Slow(0.06))
    assert lengths(known, feature, texts, until=time.monotonic() + 0.4) == [9] * 40


def test_other_processes_are_counted_on():
    texts = [str(number) * 3 for number in range(100, 116)]
    with pytest.raises(TooSlowError):
        lengths(TextCache(texts, SharedCache(None)), Slow(0.1), texts, until=time.monotonic() + 1.0)
    cache = TextCache(texts, SharedCache(None), processes=2)
    assert lengths(cache, Slow(0.08), texts, until=time.monotonic() + 1.6) == [9] * 16


def test_what_is_loaded_at_first_is_no_part_of_the_pace():
    known, feature = TextCache([str(number) for number in range(100, 200)], SharedCache(None)), Slow(at_first=0.5)
    assert len(lengths(known, feature, ["100"], until=time.monotonic() + 10.0)) == 1


def test_no_texts_have_no_rows():
    assert lengths(TextCache([], SharedCache(None)), Slow(), []) == []
