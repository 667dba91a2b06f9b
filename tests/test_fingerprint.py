import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autotext.fingerprint import canonical, fingerprint, fingerprint_strings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(JSON)
@settings(deadline=None, database=None, max_examples=40)
def test_key_order_does_not_matter(value):
    shuffled = dict(reversed(value.items())) if isinstance(value, dict) else value
    assert fingerprint(value) == fingerprint(shuffled)
    assert canonical(value).isascii()


def test_different_values_differ():
    values = [None, True, False, 0, 1, "1", 1.5, [], {}, [1], ["1"], {"a": 1}, {"a": "1"}, {"b": 1}, "", [[]]]
    assert len({fingerprint(value) for value in values}) == len(values)


def test_sequences_of_strings_do_not_run_together():
    assert fingerprint_strings(["ab", "c"]) != fingerprint_strings(["a", "bc"])
    assert fingerprint_strings([""]) != fingerprint_strings([])
    assert len(fingerprint_strings(["\ud83d", "한국어"])) == 16


def test_numbers_that_are_none_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        fingerprint(float("nan"))


def test_another_process_gives_the_same():
    code = "from autotext.fingerprint import fingerprint; print(fingerprint({'b': [1, 'é'], 'a': None}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == fingerprint({"a": None, "b": [1, "é"]})
