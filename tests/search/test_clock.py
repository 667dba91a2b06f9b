"""What a clock says of the seconds left, and of a machine that others use, too."""

import pytest
from fakes import make_clock

from autotext.search.clock import HANDOVER


def test_what_passes_is_no_longer_left(monkeypatch):
    clock, time = make_clock(monkeypatch, 60, spent=2)
    time.seconds += 10
    assert clock.limited
    assert (clock.elapsed, clock.remaining) == (12, 48)
    assert clock.before_handover == pytest.approx(48 - HANDOVER)


def test_without_seconds_there_is_no_limit(monkeypatch):
    clock, time = make_clock(monkeypatch, None, trials=3)
    time.seconds += 10
    assert not clock.limited
    assert clock.elapsed == 10
    assert clock.remaining == clock.before_handover == float("inf")
    assert clock.at_most(5.0, leaving=1.0) is None


@pytest.mark.parametrize(("seconds", "computing", "slowdown"), [
    (6.0, 2.0, 3.0), (2.0, 2.0, 1.0), (1.0, 2.0, 1.0), (100.0, 1.0, 8.0), (5.0, 0.05, 1.0)])
def test_work_that_waits_for_the_processor_shows_how_slow_it_is(seconds, computing, slowdown, monkeypatch):
    clock, _ = make_clock(monkeypatch, 60)
    clock.compare(seconds, computing)
    assert clock.slowdown == pytest.approx(slowdown)


def test_a_machine_that_is_free_again_is_no_longer_slow(monkeypatch):
    clock, _ = make_clock(monkeypatch, 60)
    clock.compare(4.0, 1.0)
    clock.compare(1.0, 1.0)
    assert clock.slowdown == 1.0


def test_a_look_compares_all_that_this_process_did_since_the_clock_was_made(monkeypatch):
    clock, time = make_clock(monkeypatch, 60, spent=30)
    time.seconds, time.computing = 9.0, 3.0
    clock.look()
    assert clock.slowdown == pytest.approx(3.0)


def test_half_of_what_is_kept_stretches_with_the_slowdown(monkeypatch):
    clock, _ = make_clock(monkeypatch, 60)
    assert clock.stretched(2.0) == 2.0
    clock.compare(3.0, 1.0)
    assert clock.stretched(2.0) == pytest.approx(4.0)


@pytest.mark.parametrize(("passed", "slow", "expected"), [(0, 1.0, 10.0), (53, 1.0, 5.0), (53, 3.0, 3.0), (59, 1.0, 0.0),
                                                          (70, 1.0, 0.0)])
def test_at_most_what_is_left_beside_what_must_be_left(passed, slow, expected, monkeypatch):
    clock, time = make_clock(monkeypatch, 60)
    clock.compare(slow, 1.0)
    time.seconds += passed
    assert clock.at_most(10.0, leaving=2.0) == pytest.approx(expected)
