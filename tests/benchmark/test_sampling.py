from collections import Counter

import numpy as np
import pytest

from autotext.arguments import ArgumentError
from autotext.benchmark.sampling import order_rows, sample
from autotext.errors import BenchmarkError
from autotext.task import Task


def task_of(n_rows, n_test=40):
    rows = [(f"text {row}", "rare" if row % 20 == 0 else "usual") for row in range(n_rows)]
    test = [(f"test {row}", "rare" if row % 20 == 0 else "usual") for row in range(n_test)]
    return order_rows(Task.read(tuple(zip(*rows, strict=True))).with_test(tuple(zip(*test, strict=True))))


def test_the_order_of_rows_depends_on_their_content_alone():
    texts, labels = [f"text {row}" for row in range(30)], [("b", "a") if row % 2 else ("a",) for row in range(30)]
    first = order_rows(Task.read((texts, labels)).with_test((["x", "y"], [["a"], ["b"]])))
    backwards = [labels[row][::-1] for row in range(29, -1, -1)]
    second = order_rows(Task.read((texts[::-1], backwards)).with_test((["y", "x"], [["b"], ["a"]])))
    assert (first.texts, first.labels, first.test.texts) == (second.texts, second.labels, second.test.texts)
    assert first.texts not in (tuple(texts), tuple(texts[::-1]))
    assert set(first.texts) == set(texts)


def test_copies_of_rows_are_kept():
    assert sorted(order_rows(Task.read((["a", "a", "b"], [0, 0, 1]))).texts) == ["a", "a", "b"]


def test_a_sample_keeps_the_shares_of_classes_and_depends_on_the_seed():
    task = task_of(2000)
    drawn = sample(task, rows=400, seed=1)
    assert (len(drawn), Counter(drawn.labels)["rare"], drawn.test) == (400, 20, task.test)
    assert sample(task, rows=400, seed=1).texts == drawn.texts != sample(task, rows=400, seed=2).texts
    assert sample(task, rows=5000) is not None
    assert len(sample(task, rows=5000)) == 2000


def test_rows_of_each_class_are_drawn_or_all_where_there_are_fewer():
    task = task_of(200)
    drawn = sample(task, per_class=16, seed=1)
    assert Counter(drawn.labels) == {"usual": 16, "rare": 10}
    assert set(drawn.texts) <= set(task.texts)
    assert sample(task, per_class=16, seed=1).texts == drawn.texts != sample(task, per_class=16, seed=2).texts
    assert len(sample(task, rows=5, per_class=16)) == 26


def test_rows_of_each_class_are_refused_where_rows_have_several_labels():
    task = Task.read((["a", "b"], [["x", "y"], []]))
    with pytest.raises(BenchmarkError, match="its rows have several labels, so there is no number of rows for each class"):
        sample(task, per_class=1)


def test_test_rows_are_whole_or_the_same_sample_for_every_seed():
    task = task_of(100, n_test=400)
    assert len(sample(task, rows=50, seed=3).test) == 400
    drawn = sample(task, test_rows=200, seed=1).test
    assert (len(drawn), Counter(drawn.labels)["rare"]) == (200, 10)
    assert drawn.texts == sample(task, test_rows=200, seed=2).test.texts


@pytest.mark.parametrize("limit", ["rows", "per_class", "test_rows"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True])
def test_limits_are_whole_numbers_above_0(limit, value):
    with pytest.raises(ArgumentError, match=limit):
        sample(task_of(100), **{limit: value})


def test_rows_of_a_rare_class_keep_their_targets():
    drawn = sample(task_of(200), per_class=3)
    assert np.bincount(drawn.targets).tolist() == [3, 3]
