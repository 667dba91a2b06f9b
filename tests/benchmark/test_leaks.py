import pytest

from autotext.benchmark.leaks import check_leak, check_overlap
from autotext.benchmark.sampling import order_rows
from autotext.errors import BenchmarkError
from autotext.meta import Experience, PriorTask
from autotext.meta.features import describe
from autotext.task import Task

TASK = Task.read(([f"text {row}" for row in range(20)], ["x" if row % 3 else "y" for row in range(20)]))


def experience_of(task, family, **changes):
    return Experience((PriorTask("prior", family, task.fingerprint, "accuracy", {**describe(task), **changes}),))


def test_test_texts_among_the_training_texts_are_counted_and_the_first_are_named():
    task = Task.read((["a", "b", "c", "b", "d", "e"], [0, 1, 1, 1, 0, 1])).with_test((["z", "b", "a", "e", "d", "z"], [1] * 6))
    with pytest.raises(BenchmarkError, match=r"toy: 4 of 6 test rows have the text of a training row \(test row 2 that of row "
                                             r"2, test row 3 that of row 1, test row 4 that of row 6 and 1 more\)\. Leave"):
        check_overlap(task, "toy")
    check_overlap(task.with_test((["z"], [1])), "toy")


@pytest.mark.parametrize("task", [TASK, order_rows(TASK)], ids=["the same rows", "in another order"])
def test_prior_rows_of_another_family_are_refused(task):
    with pytest.raises(BenchmarkError, match=r"the prior task 'prior' of the family 'first', and only the family 'second' "
                                             r"would be left out\. Write family: first in a task file"):
        check_leak(task, "second", experience_of(TASK, "first"))
    check_leak(task, "first", experience_of(TASK, "first"))


def test_other_rows_that_look_alike_are_no_leak():
    other = Task.read((["word " + text for text in TASK.texts], TASK.labels))
    check_leak(other, "second", experience_of(TASK, "first"))
    check_leak(order_rows(TASK), "second", experience_of(TASK, "first", version=0.0))
    check_leak(order_rows(TASK), "second", Experience((PriorTask("bare", "first", "f0", "accuracy", {}),)))


def test_the_fingerprint_alone_tells_prior_rows():
    prior = PriorTask("bare", "first", TASK.fingerprint, "accuracy", {})
    with pytest.raises(BenchmarkError, match="prior task 'bare'"):
        check_leak(TASK, "second", Experience((prior,)))
