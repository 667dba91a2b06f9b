"""Ticks are round, few and told apart, and a scale maps its range onto its places."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotext.html.scales import Axis, Scale, format_ticks, log_ticks, ticks

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)
POSITIVE = st.floats(1e-12, 1e12)


def bounds(low, high):
    return min(low, high), max(low, high)


@given(NUMBERS, NUMBERS, st.integers(2, 12))
def test_ticks_lie_between_the_bounds_and_are_few(one, other, most):
    low, high = bounds(one, other)
    slack = 1e-6 * (high - low) + 1e-12 * max(abs(low), abs(high))
    values = ticks(low, high, most)
    assert 1 <= len(values) <= most
    assert all(low - slack <= value <= high + slack for value in values)
    assert values == sorted(set(values))


@given(NUMBERS, st.floats(1e-6, 1e9), st.integers(3, 12))
def test_steps_are_1_2_or_5_times_a_power_of_ten(low, span, most):
    values = ticks(low, low + span, most)
    if len(values) > 1 and span > 1e-6 * abs(low):
        step = (values[-1] - values[0]) / (len(values) - 1)
        digit = step / 10 ** math.floor(math.log10(step) + 1e-6)
        assert any(math.isclose(digit, round_digit, rel_tol=1e-4) for round_digit in (1, 2, 5, 10))


@given(POSITIVE, POSITIVE, st.integers(2, 12))
def test_logarithmic_ticks_lie_between_the_bounds_and_are_few(one, other, most):
    low, high = bounds(one, other)
    values = log_ticks(low, high, most)
    assert 1 <= len(values) <= most
    assert all(low * (1 - 1e-6) <= value <= high * (1 + 1e-6) for value in values)


@given(NUMBERS, NUMBERS, st.integers(2, 9), st.booleans())
def test_ticks_are_written_differently(one, other, most, is_log):
    low, high = bounds(abs(one) + 1e-9, abs(other) + 1e-9) if is_log else bounds(one, other)
    values = (log_ticks if is_log else ticks)(low, high, most)
    texts = format_ticks(values)
    assert len(set(texts)) == len(values)
    assert all(len(text) < 24 for text in texts)


@pytest.mark.parametrize(("values", "texts"), [
    ([], []), ([0.0], ["0"]), ([-0.5, 0.0, 0.5], ["−0.5", "0.0", "0.5"]), ([1e6, 2e6], ["1M", "2M"]),
    ([0.001, 0.01, 0.1, 1.0], ["0.001", "0.01", "0.1", "1"]), ([2000.0, 4000.0], ["2,000", "4,000"]),
    ([2e-7, 4e-7], ["2e-07", "4e-07"])])
def test_ticks_are_written_as_people_write_them(values, texts):
    assert format_ticks(values) == texts


@given(st.lists(st.one_of(st.floats(), st.none()), max_size=8), st.booleans(),
       st.one_of(st.none(), st.floats(-10, 10)), st.one_of(st.none(), st.floats(-10, 10)))
def test_any_values_have_a_scale(values, is_log, low, high):
    axis = Axis("x", is_log=is_log, low=low, high=high)
    scale = axis.scale(values, 10.0, 110.0)
    assert scale.high > scale.low
    places = [scale(value) for value in values if axis.accepts(value)]
    assert all(10 <= place <= 110 for place in places)
    shown = scale.ticks()
    assert shown
    assert all(10 <= place <= 110 for place, _ in shown)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8))
def test_larger_values_lie_farther_along(values):
    scale = Axis("x").scale(values, 0.0, 100.0)
    ordered = sorted(values)
    places = [scale(value) for value in ordered]
    assert places == sorted(places)
    assert places[0] < places[-1] or math.isclose(ordered[0], ordered[-1], rel_tol=1e-6, abs_tol=1e-6)


def test_a_logarithmic_scale_has_equal_steps_for_equal_factors():
    scale = Scale(1, 1000, 0, 300, is_log=True)
    assert [round(scale(value)) for value in (1, 10, 100, 1000)] == [0, 100, 200, 300]


def test_a_bound_that_is_set_is_kept():
    scale = Axis("share", low=0.0, high=1.0).scale([0.4, 0.6], 0, 1)
    assert (scale.low, scale.high) == (0.0, 1.0)
    assert Axis("share", low=0.0).scale([-1.0, 1.0], 0, 1).low < -1.0
