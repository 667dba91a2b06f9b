"""When the rest of the time is not worth it."""

import pytest
from fakes import evaluate

from autotext import Budget
from autotext.search.stopping import StoppingRule


def rule(budget=None, n_rows=100):
    return StoppingRule(budget or Budget(seconds=60), best_score=1.0, n_rows=n_rows)


def test_a_search_goes_on_while_there_are_gains():
    stopping = rule()
    for trials in range(0, 1000, 150):
        stopping.tell([evaluate(trials, 0.5 + trials / 3000)], trials)
        assert not stopping.reason(trials)


def test_a_perfect_score_ends_it_at_once():
    stopping = rule()
    stopping.tell([evaluate(0, 0.9), evaluate(1, 1.0)], 1)
    assert stopping.reason(1) == "no score can be better"


@pytest.mark.parametrize(("gained_at", "ends_at"), [(10, 210), (500, 1000)])
def test_patience_is_as_long_as_it_took_to_the_last_gain(gained_at, ends_at):
    stopping = rule()
    stopping.tell([evaluate(0, 0.8)], gained_at)
    assert not stopping.reason(ends_at - 1)
    assert stopping.reason(ends_at) == f"the last {ends_at - gained_at:,} trials brought no gain"


@pytest.mark.parametrize(("more", "counts"), [(0.004, False), (0.006, True)])
def test_a_score_that_is_a_hair_better_is_no_gain(more, counts):
    stopping = rule(n_rows=100)
    stopping.tell([evaluate(0, 0.8)], 0)
    stopping.tell([evaluate(1, 0.8 + more)], 100)
    assert bool(stopping.reason(250)) != counts


def test_what_failed_is_no_gain():
    stopping = rule()
    stopping.tell([evaluate(0, None, status="failed")], 100)
    assert stopping.reason(200)


@pytest.mark.parametrize("budget", [Budget(seconds=60, trials=500), Budget(seconds=None, trials=500)])
def test_whoever_asks_for_trials_gets_them(budget):
    stopping = rule(budget)
    stopping.tell([evaluate(0, 1.0)], 0)
    assert not stopping.reason(499)


def test_a_search_that_goes_on_has_its_patience_anew():
    stopping = rule()
    stopping.restore([evaluate(0, 0.8)], 300)
    assert not stopping.reason(599)
    assert stopping.reason(600)
    stopping.restore([], 0)
    stopping.tell([evaluate(0, 0.1)], 5)
    assert not stopping.reason(204)
