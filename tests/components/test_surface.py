"""What the statistics of a text's characters say, and that they are those of a plain loop."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotext.components import component
from autotext.components.features.surface import STATISTICS
from autotext.errors import ComponentError


def statistics(texts):
    return component("features", "surface")().count(texts).matrix.toarray()


def of(text):
    return dict(zip(STATISTICS, statistics([text])[0].round(6).tolist(), strict=True))


def test_a_korean_question():
    found = of("이거 2개 맞아요?")
    assert found["log_length"] == pytest.approx(np.log1p(10), abs=1e-6)
    assert found["log_words"] == pytest.approx(np.log1p(3), abs=1e-6)
    assert found["word_length"] == pytest.approx(8 / 3, abs=1e-6)
    assert (found["digit_share"], found["sign_share"], found["ends_with_question"]) == (0.1, 0.1, 1.0)
    assert (found["begins_with_capital"], found["begins_with_digit"], found["capital_share"]) == (0.0, 0.0, 0.0)


def test_lines_stops_and_capitals():
    found = of("Buy NOW!\nIt is 5 pm.  ")
    assert found["log_lines"] == pytest.approx(np.log1p(1), abs=1e-6)
    assert found["capital_share"] == pytest.approx(5 / 20, abs=1e-6)
    assert (found["ends_with_stop"], found["ends_with_exclamation"], found["begins_with_capital"]) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize("mark", ["?", "？", "؟"])
def test_question_marks_of_several_scripts(mark):
    assert of("so" + mark)["ends_with_question"] == 1.0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=8))
def test_counts_are_those_of_a_plain_loop(texts):
    found = statistics(texts)
    assert found.shape == (len(texts), len(STATISTICS))
    for text, row in zip(texts, found, strict=True):
        stripped = text.strip()
        named = dict(zip(STATISTICS, row, strict=True))
        assert named["log_length"] == pytest.approx(np.log1p(len(stripped)))
        capitals = sum(unicodedata.category(char) in ("Lu", "Lt") and ord(char) < 0x10000 for char in stripped)
        assert named["capital_share"] == pytest.approx(capitals / max(len(stripped), 1))
        assert named["log_commas"] == pytest.approx(np.log1p(sum(char in ",，、،፣" for char in stripped)))


def test_long_lists_are_counted_in_parts(monkeypatch):
    texts = ["a B", "", "12 c?", "long " * 20, "."]
    whole = statistics(texts)
    monkeypatch.setattr("autotext.components.features.surface._CHARACTERS_AT_ONCE", 4)
    assert np.array_equal(statistics(texts), whole)


def test_a_state_with_a_statistic_that_is_not_there_is_refused():
    feature = component("features", "surface")()
    with pytest.raises(ComponentError, match="statistic"):
        feature.set_state({}, {"steps": np.zeros(1), "statistic": np.array([99])})
