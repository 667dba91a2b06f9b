"""How many texts are answered, and how many of these wrongly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autotext import ArgumentError
from autotext.scoring.coverage import confidences, coverage_table, least_confidence, rows_right


@given(st.data(), st.integers(1, 200))
def test_every_row_of_the_table_counts_what_it_says(data, n):
    sure = data.draw(arrays(float, n, elements=st.sampled_from([0.1, 0.25, 1 / 3, 0.5, 0.7, 0.999999, 1.0])))
    is_right = data.draw(arrays(bool, n))
    table = coverage_table(sure, is_right)
    assert len(table) <= 50
    assert table[-1]["answered"] == 1.0
    assert [row["min_score"] for row in table] == sorted((row["min_score"] for row in table), reverse=True)
    for row in table:
        answered = sure >= row["min_score"]
        assert row["answered"] == pytest.approx(answered.mean(), abs=1e-6)
        assert row["error"] == pytest.approx((~is_right[answered]).mean(), abs=1e-6)


def test_as_many_as_possible_are_answered():
    rng = np.random.default_rng(0)
    sure = rng.random(2000)
    is_right = rng.random(2000) < sure
    table = coverage_table(sure, is_right)
    for most in (0.05, 0.1, 0.3):
        answered = sure >= least_confidence(table, most)
        assert (~is_right[answered]).mean() <= most
        assert answered.mean() > 0.5 * most
    assert least_confidence(table, 1.0) == least_confidence(table, (~is_right).mean() + 1e-6) == 0.0


def test_what_cannot_be_kept_is_said_with_what_can():
    table = coverage_table(np.array([0.9, 0.8]), np.array([False, True]))
    with pytest.raises(ArgumentError, match=r"max_error=0.01 cannot be kept: .* 50.0% are wrong.* Write max_error=0.5 or more"):
        least_confidence(table, 0.01)


def test_with_several_labels_the_least_sure_counts_and_all_must_be_right():
    predictions = np.array([[1, 0], [1, 1]])
    assert confidences(predictions, np.array([[0.9, 0.4], [0.7, 0.95]])).tolist() == pytest.approx([0.6, 0.7])
    assert rows_right(predictions, np.array([[1, 0], [0, 1]])).tolist() == [True, False]
