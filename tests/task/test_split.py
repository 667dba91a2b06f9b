import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotext.errors import TaskError
from autotext.task import Split, Task, default_n_folds, make_folds, row_groups, sample_rows

QUICK = settings(deadline=None, database=None, max_examples=40)


@st.composite
def labelled(draw, copies):
    n_rows = draw(st.integers(6, 40))
    texts = [f"text {draw(st.integers(0, 12)) if copies else row}" for row in range(n_rows)]
    return texts, np.array(draw(st.lists(st.integers(0, 3), min_size=n_rows, max_size=n_rows)))


@given(labelled(copies=False), st.integers(2, 5), st.integers(0, 100))
@QUICK
def test_every_class_is_spread_within_one(rows, n_folds, seed):
    texts, targets = rows
    folds = make_folds(texts, targets, n_folds, seed)
    for value in np.unique(targets):
        counts = [int((targets[fold] == value).sum()) for fold in folds]
        assert max(counts) - min(counts) <= 1
    sizes = [len(fold) for fold in folds]
    assert max(sizes) - min(sizes) <= 1


@given(labelled(copies=True), st.integers(2, 4), st.booleans())
@QUICK
def test_all_rows_are_covered_once_and_copies_stay_together(rows, n_folds, several):
    texts, targets = rows
    marks = np.eye(4, dtype=np.int8)[targets] if several else targets
    folds = make_folds(texts, marks, n_folds, 0)
    assert len(folds) == n_folds
    assert sorted(np.concatenate(folds).tolist()) == list(range(len(texts)))
    assert all((np.diff(fold) > 0).all() for fold in folds)
    place = {}
    for number, fold in enumerate(folds):
        for row in fold:
            assert place.setdefault(texts[row], number) == number


@given(st.integers(0, 50))
@QUICK
def test_several_labels_are_spread_in_proportion(seed):
    marks = (np.random.default_rng(seed).random((120, 5)) < [0.5, 0.3, 0.2, 0.1, 0.05]).astype(np.int8)
    folds = make_folds([f"text {row}" for row in range(120)], marks, 4, seed)
    for label in range(5):
        wanted = marks[:, label].sum() / 4
        assert all(abs(marks[fold, label].sum() - wanted) <= 2.5 for fold in folds)
    assert all(abs(len(fold) - 30) <= 4 for fold in folds)


def test_a_seed_gives_the_same_folds_in_any_process_and_another_seed_others():
    texts, targets = [f"text {row}" for row in range(60)], np.arange(60) % 3
    folds = [fold.tolist() for fold in make_folds(texts, targets, 3, 5)]
    code = (
        "import numpy as np; from autotext.task import make_folds; "
        "print([f.tolist() for f in make_folds([f'text {r}' for r in range(60)], np.arange(60) % 3, 3, 5)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(folds)
    assert [fold.tolist() for fold in make_folds(texts, targets, 3, 6)] != folds


def test_small_tasks_have_more_folds():
    assert default_n_folds(2000) == 5
    assert default_n_folds(2001) == 3


@pytest.mark.parametrize("several", [False, True])
def test_a_sample_has_the_shares_of_the_whole(several):
    targets = np.repeat([0, 1, 2], [700, 250, 50])
    marks = np.eye(3, dtype=np.int8)[targets] if several else targets
    texts = [f"text {row // 2}" for row in range(1000)]
    rows = sample_rows(texts, marks, 200, 0)
    assert 150 <= len(rows) <= 200
    assert (np.diff(rows) > 0).all()
    shares = np.bincount(targets[rows], minlength=3) / len(rows)
    assert np.abs(shares - [0.7, 0.25, 0.05]).max() < 0.05
    chosen = {texts[row] for row in rows}
    assert sum(text in chosen for text in texts) == len(rows)


def test_a_split_of_few_rows_searches_on_all_of_them():
    task = Task.read(([f"text {row}" for row in range(30)], [row % 2 for row in range(30)]), test=(["sealed"], [1]))
    split = Split.make(task, seed=0)
    assert split.rows.tolist() == list(range(30))
    assert len(split.folds) == 5
    assert sorted(np.concatenate(split.folds).tolist()) == list(range(30))
    small = Split.make(task, seed=0, max_rows=20, n_folds=2)
    assert len(small.rows) <= 20
    assert sorted(np.concatenate(small.folds).tolist()) == list(range(len(small.rows)))


def test_a_holdout_holds_a_quarter_of_the_rows_out_in_three_folds():
    task = Task.read(([f"text {row // 2}" for row in range(240)], [row // 2 % 2 for row in range(240)]))
    split = Split.make(task, seed=0, holdout=True)
    assert len(split.folds) == 3
    assert [rows.tolist() for rows in split.held_out] == [split.validation_rows.tolist()]
    assert 50 <= len(split.validation_rows) <= 70
    held_out = {task.texts[row] for row in split.validation_rows}
    assert sum(text in held_out for text in task.texts) == len(split.validation_rows)
    assert sorted(split.some_rows(240, 0).tolist()) == list(range(240))
    whole = Split.make(task, seed=0)
    assert whole.held_out is whole.folds


def test_there_are_never_more_folds_than_different_texts():
    task = Task.read((["a", "b", "a", "b", "a", "b"], [0, 1, 0, 1, 1, 0]))
    assert len(Split.make(task, seed=0).folds) == 2


@given(labelled(copies=True), st.integers(2, 4), st.booleans(), st.integers(0, 10))
@QUICK
def test_rows_of_a_group_stay_together_and_so_do_their_copies(rows, n_folds, several, seed):
    texts, targets = rows
    rng = np.random.default_rng(seed)
    groups = [None if number == 0 else f"group {number}" for number in rng.integers(0, max(2, len(texts) // 3), len(texts))]
    marks = np.eye(4, dtype=np.int8)[targets] if several else targets
    folds = make_folds(texts, marks, n_folds, 0, groups)
    assert sorted(np.concatenate(folds).tolist()) == list(range(len(texts)))
    place = {}
    for number, fold in enumerate(folds):
        for row in fold:
            assert place.setdefault(texts[row], number) == number
            assert groups[row] is None or place.setdefault((groups[row],), number) == number
    if row_groups(texts, groups).max() + 1 >= n_folds:
        assert all(len(fold) for fold in folds)


def test_groups_join_through_copies_of_a_text():
    assert row_groups(["a", "b", "a", "c"]).tolist() == [0, 1, 0, 2]
    assert row_groups(["a", "b", "a", "c", "d"], [1, 2, 2, 3, None]).tolist() == [0, 0, 0, 1, 2]
    assert row_groups(["a", "b"], [None, None]).tolist() == [0, 1]


def test_folds_of_groups_are_even():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 60, 600).tolist()
    targets = (rng.random(600) < 0.3).astype(int)
    folds = make_folds([f"text {row}" for row in range(600)], targets, 5, 0, groups)
    assert all(abs(len(fold) - 120) <= 12 for fold in folds)
    assert all(abs(targets[fold].mean() - targets.mean()) < 0.06 for fold in folds)


def test_a_sample_takes_whole_groups():
    groups = [row // 10 for row in range(1000)]
    texts, targets = [f"text {row}" for row in range(1000)], np.arange(1000) % 2
    rows = sample_rows(texts, targets, 200, 0, groups)
    assert 100 <= len(rows) <= 200
    assert len({groups[row] for row in rows}) * 10 == len(rows)


def test_a_split_needs_two_groups():
    task = Task.read((["a", "b", "c", "d"], [0, 1, 0, 1]), groups=["x", "x", "x", "x"])
    with pytest.raises(TaskError, match="one group"):
        Split.make(task, 0)
    task = Task.read((["a", "b", "c", "d"], [0, 1, 0, 1]), groups=["x", "x", "y", "y"])
    assert [fold.tolist() for fold in sorted(Split.make(task, 0).folds, key=min)] == [[0, 1], [2, 3]]


def test_of_very_long_texts_fewer_rows_are_searched_on(monkeypatch):
    monkeypatch.setattr("autotext.task.split.SEARCH_CHARACTERS", 3_000_000)
    task = Task.read(([f"{number} " + "word " * 400 for number in range(3000)], [number % 3 for number in range(3000)]))
    rows = Split.make(task, 0).rows
    assert 1400 < len(rows) < 1500
    assert np.bincount(task.targets[rows]).min() > 450
    monkeypatch.setattr("autotext.task.split.SEARCH_CHARACTERS", 1_000_000)
    split = Split.make(task, 0)
    assert 900 < len(split.rows) <= 1000
    assert max(map(len, split.read(task.texts))) == split.characters == 1000


class Asking:
    """Rows that, while they are being written, have somebody else ask the split for what it works out once."""

    def __init__(self, split):
        self.split = split

    def __reduce__(self):
        assert len(self.split.validation_folds) == 2
        return np.arange, (4,)


def test_a_split_can_be_written_while_another_thread_works_with_it():
    split = Split(np.arange(4), [np.array([0, 2]), np.array([1, 3])], np.arange(4))
    object.__setattr__(split, "rows", Asking(split))
    read = pickle.loads(pickle.dumps(split))
    assert read.rows.tolist() == [0, 1, 2, 3]


def test_where_classes_are_many_fewer_rows_are_held_out_and_copies_stay_together(monkeypatch):
    monkeypatch.setattr("autotext.task.split.VALIDATION_CELLS", 4000)
    monkeypatch.setattr("autotext.task.split._LEAST_VALIDATION_ROWS", 30)
    texts = [f"text {number // 2}" for number in range(800)]
    split = Split.make(Task.read(texts, [number % 40 for number in range(800)]), 0)
    assert 90 <= len(split.validation_rows) <= 110
    assert np.array_equal(np.sort(np.concatenate(split.folds)), split.validation_rows)
    assert np.array_equal(np.sort(np.concatenate(split.validation_folds)), np.arange(len(split.validation_rows)))
    for fold in split.folds:
        inside = {texts[split.rows[place]] for place in fold}
        assert not inside & {texts[split.rows[place]] for place in np.setdiff1d(np.arange(800), fold)}
    assert split.validation_groups.max() + 1 == len({texts[row] for row in split.rows[split.validation_rows]})


def test_of_long_texts_the_first_characters_are_learned_from(monkeypatch):
    monkeypatch.setattr("autotext.task.split.SEARCH_CHARACTERS", 1000)
    texts = [f"{number} {'x' * number}" for number in range(100)]
    split = Split.make(Task.read(texts, [number % 2 for number in range(100)]), 0)
    assert sum(map(len, split.read(texts))) <= 1000
    assert split.read(texts) == tuple(text[: split.characters] for text in texts)
    short = Split.make(Task.read(texts[:10], [number % 2 for number in range(10)]), 0)
    assert short.read(texts) is texts


@pytest.mark.parametrize("n_rows", [5, 60, 400])
def test_some_rows_are_of_all_classes_in_their_shares(n_rows):
    labels = ["a"] * 200 + ["b"] * 100 + ["c"] * 100
    task = Task.read([f"text {number}" for number in range(400)], labels)
    rows = Split.make(task, 0).some_rows(n_rows, 0)
    assert len(set(rows.tolist())) == n_rows == len(rows)
    assert n_rows < 60 or abs(sum(labels[row] == "a" for row in rows) - n_rows / 2) <= 0.15 * n_rows


def test_many_labels_are_cut_without_a_dense_copy():
    rng = np.random.default_rng(0)
    indicators = np.zeros((4000, 1500), dtype=np.int8)
    indicators[np.repeat(np.arange(4000), 3), rng.integers(0, 1500, 12_000)] = 1
    tracemalloc.start()
    make_folds([f"text {row}" for row in range(4000)], indicators, 3, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * indicators.nbytes
