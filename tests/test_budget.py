import math
from datetime import timedelta

import numpy as np
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
        ("5 minutes", 300),
        ("2 hours", 7200),
        ("1 h 30 m", 5400),
        (timedelta(minutes=2), 120),
        (np.float32(2.5), 2.5),
        (np.int64(45), 45),
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


@pytest.mark.parametrize(("given", "instead"), [
    ("1:30", '"1h30m" or "1m30s"'), ("5,5m", '"5.5m"'), ("-5", "must be positive"), ("-5m", "must be positive"),
    ("0", "must be positive"), ("5 bananas", '"2 hours"'), ("9" * 400, "less than 30 years"), (timedelta(0), "positive")])
def test_parse_says_what_to_write_instead(given, instead):
    with pytest.raises(BudgetError) as refused:
        Budget.parse(given)
    assert instead in str(refused.value)


def test_parse_returns_a_budget_as_it_is():
    budget = Budget(seconds=None, trials=3)
    assert Budget.parse(budget) is budget


@pytest.mark.parametrize("name", ["seconds", "trials", "trial_seconds", "memory_mib"])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, True, "5"])
def test_limits_must_be_positive_numbers(name, value):
    with pytest.raises(BudgetError, match=name):
        Budget(**{name: value})


@pytest.mark.parametrize("spent", [-1e9, math.nan, "x", True])
def test_what_is_spent_is_a_number_of_seconds(spent):
    with pytest.raises(BudgetError, match="spent"):
        Budget(spent=spent)


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
