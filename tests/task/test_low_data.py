"""Which data sets count as small."""

import pytest

from autotext.task import Task
from autotext.task.low_data import FEW_ROWS, FEW_ROWS_PER_CLASS, has_few_rows, has_few_rows_per_class


def test_scores_on_few_rows_are_noisy_whatever_the_classes():
    assert has_few_rows(FEW_ROWS)
    assert not has_few_rows(FEW_ROWS + 1)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_what_each_class_has_decides_how_a_pretrained_model_is_trained(n_classes):
    def task(n_rows):
        return Task(tuple(f"text {row}" for row in range(n_rows)), tuple(row % n_classes for row in range(n_rows)),
                    tuple(map(str, range(n_classes))), "multiclass" if n_classes > 2 else "binary")

    assert has_few_rows_per_class(task(FEW_ROWS_PER_CLASS * n_classes - 1))
    assert not has_few_rows_per_class(task(FEW_ROWS_PER_CLASS * n_classes))
