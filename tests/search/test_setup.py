"""What is prepared before a search."""

from types import SimpleNamespace

import pytest
from fakes import make_clock

from autotext import BudgetError
from autotext.search.setup import count_first_rows, split_rows, summarize_task
from autotext.task import Task

READY = SimpleNamespace(start_left=lambda slowdown: 0.0)


def make_task(n_rows, n_characters, n_classes=2):
    texts = [f"{row} ".ljust(n_characters, "x") for row in range(n_rows)]
    return Task.read((texts, [row % n_classes for row in range(n_rows)]))


@pytest.mark.parametrize(("task", "seconds", "holdout"), [
    (make_task(300, 50), 5.0, False), (make_task(5000, 100), 5.0, True), (make_task(5000, 100), 60.0, False),
    (make_task(3000, 100, 200), 10.0, True), (make_task(5000, 100), None, False)],
    ids=["few rows", "little time", "enough time", "many classes", "no limit"])
def test_where_time_is_short_rows_are_held_out_once(task, seconds, holdout):
    split = split_rows(task, 0, seconds)
    assert split.holdout == holdout
    assert summarize_task(task, split)["holdout"] == holdout
    assert len(split.held_out) == (1 if holdout else len(split.folds))


def test_the_same_budget_gives_the_same_split():
    task = make_task(5000, 100)
    first, second = (split_rows(task, 0, 5.0) for _ in range(2))
    assert [fold.tolist() for fold in first.folds] == [fold.tolist() for fold in second.folds]


def test_the_first_pipeline_learns_from_as_many_rows_as_time_allows(monkeypatch):
    task = make_task(5000, 100)
    clocks = [make_clock(monkeypatch, seconds)[0] for seconds in (60, 1.0, 0.5)]
    enough, few, fewest = (count_first_rows(20_000_000, task, clock, READY) for clock in clocks)
    assert enough == 2000 > few > fewest >= 200
    assert count_first_rows(20_000_000, task, make_clock(monkeypatch, None, trials=3)[0], READY) == 2000


def test_fewer_rows_than_are_needed_are_all_used(monkeypatch):
    assert count_first_rows(5000, make_task(50, 100), make_clock(monkeypatch, 1.0)[0], READY) == 50


def test_a_budget_is_refused_only_where_a_few_rows_are_too_many(monkeypatch):
    task = make_task(5000, 100)
    with pytest.raises(BudgetError, match=r"takes about 5 seconds. Write budget=9 or more"):
        count_first_rows(250_000_000, task, make_clock(monkeypatch, 3.0)[0], READY)
    assert count_first_rows(250_000_000, task, make_clock(monkeypatch, 9.0)[0], READY) >= 200
