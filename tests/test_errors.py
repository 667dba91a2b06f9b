"""What is said of other libraries' errors and of values, whatever these do."""

import pytest

from autotext import ArtifactError
from autotext.errors import describe_error, shown
from autotext.untrusted import guarded


class MuteError(Exception):
    """One whose text cannot be had."""

    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


@pytest.mark.parametrize(("error", "described"), [
    (ValueError("first line.\nsecond line"), "first line"),
    (ValueError("  \n"), "ValueError"),
    (KeyError("name"), "'name'"),
    (FileNotFoundError(2, "No such file or directory", "a.csv"), "No such file or directory"),
    (OSError("nothing but text"), "nothing but text"),
    (MuteError(), "MuteError"),
    (ValueError("x" * 500), "x" * 300),
])
def test_an_error_of_any_kind_is_described_in_one_line(error, described):
    assert describe_error(error) == described


def test_a_value_is_shown_on_one_line_whatever_its_repr_does():
    assert shown("a\nb") == r"'a\nb'"
    assert shown(MuteError()) == "<MuteError>"
    assert shown([1] * 1000, 12) == "[1, 1, 1, 1,..."


def test_an_error_without_a_text_is_reported_by_its_type():
    with pytest.raises(ArtifactError, match=r"a\.json: MuteError"), guarded("a.json"):
        raise MuteError
