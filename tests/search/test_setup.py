"""What is prepared before a search."""

import pytest

from autotext.search.setup import split_rows, summarize_task
from autotext.task import Task


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
