import json
import math
import subprocess
import sys

import numpy as np
import pytest
from conftest import toy
from hypothesis import given, settings
from hypothesis import strategies as st

from autotext import Task
from autotext.meta import describe
from autotext.meta.features import VERSION


@pytest.mark.parametrize("name", ["binary", "multilabel", "korean"])
def test_the_order_of_rows_does_not_matter(name):
    texts, labels = toy(name)
    order = np.random.default_rng(0).permutation(len(texts))
    shuffled = Task.read(([texts[row] for row in order], [labels[row] for row in order]))
    assert describe(shuffled) == describe(Task.read((texts, labels)))


def test_a_large_task_is_described_by_a_sample_that_order_does_not_change():
    texts = [f"text number {number} {'word ' * (number % 7)}" for number in range(2500)]
    labels = [number % 3 for number in range(2500)]
    assert describe(Task.read((texts[::-1], labels[::-1]))) == describe(Task.read((texts, labels)))


def test_another_process_gives_the_same():
    texts, labels = toy("korean")
    code = (
        "import json; from autotext import Task; from autotext.meta import describe; "
        f"print(json.dumps(describe(Task.read(({texts!r}, {labels!r})))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == describe(Task.read((texts, labels)))


@given(st.lists(st.text(max_size=20), min_size=2, max_size=8))
@settings(deadline=None, database=None, max_examples=40)
def test_every_number_is_finite_for_any_text(texts):
    texts = [f"{text} {number}" for number, text in enumerate(texts)]
    found = describe(Task.read((texts, [number % 2 for number in range(len(texts))])))
    assert all(isinstance(value, float) and math.isfinite(value) for value in found.values())
    assert found["version"] == VERSION


def test_numbers_mean_what_they_say():
    found = describe(Task.read((["AB 12", "cd ef", "cd ef", "한국어 www.a.b"], ["x", "x", "x", "y"])))
    assert found["n_classes"] == 2
    assert found["log_rows"] == pytest.approx(math.log(4), abs=1e-6)
    assert (found["smallest_class"], found["largest_class"]) == (0.25, 0.75)
    assert found["duplicate_share"] == 0.25
    assert found["texts_with_url"] == pytest.approx(1 / 3, abs=1e-6)
    assert found["share_hangul"] == pytest.approx(3 / 14, abs=1e-6)
    assert found["multilabel"] == 0.0


def test_test_rows_are_not_looked_at():
    texts, labels = toy("binary")
    assert describe(Task.read((texts, labels), test=(["한국어"] * 5, ["good"] * 5))) == describe(
        Task.read((texts, labels))
    )


def test_labels_of_several_kinds():
    found = describe(Task.read((["a", "b", "c"], [["x", "y"], [], ["x"]])))
    assert found["multilabel"] == 1.0
    assert found["labels_per_row"] == 1.0
