import math

import pytest

from autotext import Budget, BudgetError


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("90s", 90),
        ("5m", 300),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1.5m", 90),
        ("300", 300),
        (" 2 min ", 120),
        ("10 SEC", 10),
        (45, 45),
        (0.5, 0.5),
    ],
)
def test_parse_reads_seconds_and_units(given, seconds):
    assert Budget.parse(given) == Budget(seconds=seconds)


@pytest.mark.parametrize(
    "given", ["", "m", "5x", "5 m 3", "-5m", "0", "0s", "abc5m", "5m!", 0, -1, math.inf, math.nan, True, None, [5]]
)
def test_parse_refuses_what_it_cannot_read(given):
    with pytest.raises(BudgetError, match="budget"):
        Budget.parse(given)


def test_parse_returns_a_budget_as_it_is():
    budget = Budget(seconds=None, trials=3)
    assert Budget.parse(budget) is budget


@pytest.mark.parametrize("name", ["seconds", "trials", "trial_seconds", "memory_mib"])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, True, "5"])
def test_limits_must_be_positive_numbers(name, value):
    with pytest.raises(BudgetError, match=name):
        Budget(**{name: value})


def test_trials_are_whole_and_some_limit_is_needed():
    with pytest.raises(BudgetError, match="whole number"):
        Budget(trials=2.5)
    with pytest.raises(BudgetError, match="trials=30"):
        Budget(seconds=None)


def test_deadline_of_one_evaluation():
    assert Budget(seconds=90.0).deadline == 54
    assert Budget(seconds=1.5).deadline == 1
    assert Budget(seconds=None, trials=2).deadline == 600
    assert Budget(seconds=90, trial_seconds=7).deadline == 7
