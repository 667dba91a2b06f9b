import numpy as np
import pytest

from autotext import Task, TaskError

COLUMNS = {"text": ["a", "b", "", "c"], "label": ["x", "y", "x", "y"], "author": ["k", None, "m", "k"]}


def test_groups_are_a_column_that_is_neither_text_nor_label():
    task = Task.read(COLUMNS, groups="author")
    assert task.texts == ("a", "b", "c")
    assert task.groups == ("k", None, "k")
    two = Task.read({"what": ["a", "b"], "label": ["x", "y"], "author": ["k", "m"]}, groups="author")
    assert two.columns == ("what",)


def test_groups_of_pairs_are_a_sequence():
    task = Task.read((["a", "b", "c"], [0, 1, 0]), groups=np.array([7, 7, 8]))
    assert task.groups == (7, 7, 8)
    assert task.rows(np.array([0, 2])).groups == (7, 8)
    assert task.with_test((["z"], [1])).groups == (7, 7, 8)
    assert Task.read((["a", "b"], [0, 1])).groups is None


def test_groups_of_a_file(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,label,author\na,x,k\nb,y,\nc,x,k\n", "utf-8")
    assert Task.read(path, groups="author", test=path).groups == ("k", None, "k")


@pytest.mark.parametrize(("dataset", "groups", "message"), [
    (COLUMNS, "autor", "Did you mean 'author'"),
    ((["a", "b"], [0, 1]), "author", "no column 'author'"),
    ((["a", "b"], [0, 1]), [1, 2, 3], "3 groups"),
    ((["a", "b"], [0, 1]), [[1], [2]], "text or numbers"),
])
def test_what_cannot_be_groups_is_refused(dataset, groups, message):
    with pytest.raises(TaskError, match=message):
        Task.read(dataset, groups=groups)
