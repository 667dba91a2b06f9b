import numpy as np
import pandas as pd
import pytest

from autotext import Task, TaskError

N = 200
TEXTS = [f"text number {row}" for row in range(N)]
FRAME = pd.DataFrame({"text": TEXTS, "id": [f"u-{row}" for row in range(N)], "number": range(N),
                      "price": np.random.default_rng(0).normal(size=N), "stars": [row % 5 for row in range(N)],
                      "half": [row % 9 / 2 for row in range(N)], "genre": ["news", "sport"] * (N // 2)})


@pytest.mark.parametrize(("label", "why"), [
    ("id", "nearly every row has a label of its own in the column 'id'"),
    ("number", "nearly every row has a label of its own in the column 'number'"),
    ("price", "nearly every row has a label of its own in the column 'price'"),
])
def test_a_column_without_classes_is_refused_with_those_that_have_some(label, why):
    with pytest.raises(TaskError) as refused:
        Task.read(FRAME, text="text", label=label)
    assert why in str(refused.value)
    assert "Did you mean label='genre' (2 values) or label='stars' (5 values) or label='half' (9 values)?" in str(refused.value)


def test_a_few_repeated_identifiers_are_still_identifiers():
    with pytest.raises(TaskError, match="label of its own"):
        Task.read(FRAME.assign(id=["u-1"] * 10 + list(FRAME["id"][10:])), text="text", label="id")


@pytest.mark.parametrize("written", [float, str])
def test_numbers_of_many_values_are_refused_as_regression(written):
    rounded = [written(round(value, 1)) for value in np.random.default_rng(0).normal(scale=2.0, size=N)]
    with pytest.raises(TaskError, match="to predict a number is regression") as refused:
        Task.read(TEXTS, rounded)
    assert "Did you mean" not in str(refused.value)


@pytest.mark.parametrize("label", ["stars", "half", "genre"])
def test_grades_and_names_are_classes(label):
    assert len(Task.read(FRAME, text="text", label=label).classes) == FRAME[label].nunique()


def test_ten_rows_of_ten_classes_are_refused_and_fewer_are_not():
    with pytest.raises(TaskError, match="no classes to learn"):
        Task.read(TEXTS[:10], list("abcdefghij"))
    assert Task.read(TEXTS[:9], list("abcdefghi")).findings


def test_many_rare_classes_are_learned():
    assert len(Task.read(TEXTS, [f"c{row // 2}" for row in range(N)]).classes) == N // 2
    half = [f"c{row if row % 2 else 0}" for row in range(N)]
    assert len(Task.read(TEXTS, half).classes) == N // 2 + 1
