"""What a benchmark refuses: rows that a system could know before."""

from __future__ import annotations

import math
from collections.abc import Mapping

from autotext.errors import BenchmarkError
from autotext.meta import Experience
from autotext.meta.features import describe
from autotext.task import Task

_SHOWN = 3
# Meta-features are rounded to six digits.
_CLOSE = 1e-5


def check_overlap(task: Task, name: str) -> None:
    """Refuse a task whose test rows have texts of training rows, as their labels could be looked up.

    Parameters
    ----------
    task : Task
        With its rows in the order of the files.
    name : str
        For the message.

    Raises
    ------
    BenchmarkError
        There are such rows; the message counts them and names the first.

    Examples
    --------
    >>> check_overlap(Task.read((["a", "b", "c"], [0, 1, 1])).with_test((["b"], [1])), "toy")
    Traceback (most recent call last):
    autotext.errors.BenchmarkError: toy: 1 of 1 test rows has the text of a training row (test row 1 that of row 2). ...
    """
    first = {text: row for row, text in reversed(list(enumerate(task.texts, start=1)))}
    test = task.test.texts if task.test is not None else ()
    both = [(row, first[text]) for row, text in enumerate(test, start=1) if text in first]
    if both:
        listed = ", ".join(f"test row {row} that of row {other}" for row, other in both[:_SHOWN])
        more = f" and {len(both) - _SHOWN:,} more" if len(both) > _SHOWN else ""
        raise BenchmarkError(f"{name}: {len(both):,} of {len(test):,} test rows {'has' if len(both) == 1 else 'have'} the text "
                             f"of a training row ({listed}{more}). Leave them out of the training rows; or, if texts recur by "
                             "nature, write recurring_texts: true in a task file.")


def check_leak(task: Task, family: str, experience: Experience) -> None:
    """Refuse a task whose training rows are a prior task of another family, as what was learned of them is not left out.

    Parameters
    ----------
    task : Task
        With all of its training rows, in any order.
    family : str
        Its family, whose prior tasks are left out where it is evaluated.
    experience : Experience
        What is learned from, with all families.

    Raises
    ------
    BenchmarkError
        A prior task of another family has the same rows, by fingerprint or by all meta-features.

    Examples
    --------
    >>> check_leak(Task.read((["a", "b"], [0, 1])), "toy", Experience.shipped())
    """
    meta_features = describe(task)
    for prior in experience.tasks:
        if prior.family != family and (prior.fingerprint == task.fingerprint or _equal(prior.meta_features, meta_features)):
            raise BenchmarkError(f"{task.name}: autotext has learned from its training rows, as the prior task {prior.name!r} "
                                 f"of the family {prior.family!r}, and only the family {family!r} would be left out. Write "
                                 f"family: {prior.family} in a task file.")


def _equal(prior: Mapping[str, float], other: Mapping[str, float]) -> bool:
    return prior.keys() == other.keys() and all(math.isclose(prior[name], other[name], abs_tol=_CLOSE) for name in prior)
