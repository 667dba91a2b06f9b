"""What every input format must do."""

from __future__ import annotations

import contextlib
import gzip
from pathlib import Path
from typing import Any, ClassVar

import pytest

from autotext.errors import TaskError
from autotext.task.formats.format import BinaryFormat, Format, TextFormat
from autotext.task.formats.registry import formats_of
from autotext.task.readers import read_file

# Files of kinds that autotext reads, which no other format may take for its own.
_OTHERS = {"a.csv": "text,label\nso good,+\nso bad,-\n", "a.jsonl": '{"text": "so good", "label": "+"}\n',
           "a.ft": "__label__pos so good\n", "a.txt": "so good\nso bad\n",
           "a.yml": 'nlu:\n- intent: greet\n  examples: |\n    - hello\n'}
_CHECKS = 40


class FormatContract:
    """What every input format must do; inherit, and give the format and the content of a small file.

    Attributes
    ----------
    input_format : TextFormat or BinaryFormat
        Registered.
    content : str or bytes
        Of a file with two rows or more.
    columns : dict of str to list
        As they are read from it.
    """

    input_format: ClassVar[TextFormat | BinaryFormat]
    content: ClassVar[str | bytes]
    columns: ClassVar[dict[str, list[Any]]]

    @pytest.fixture
    def checked_format(self) -> Format[Any]:
        """Format under test."""
        return self.input_format

    @pytest.fixture
    def data(self) -> bytes:
        """Content of the file."""
        return self.content.encode() if isinstance(self.content, str) else self.content

    def test_is_registered(self, checked_format: Format[Any]) -> None:
        """Files are read by it once its module is imported."""
        assert checked_format in formats_of(type(checked_format))

    @pytest.mark.parametrize("packed", [False, True])
    def test_files_are_read_by_it(self, checked_format: Format[Any], data: bytes, tmp_path: Path, packed: bool) -> None:
        """A file with each of its endings, also packed, gives the columns."""
        for ending in checked_format.endings:
            path = tmp_path / f"rows{ending}{'.gz' if packed else ''}"
            path.write_bytes(gzip.compress(data) if packed else data)
            assert read_file(path)[0] == self.columns

    def test_columns_have_equal_lengths(self, checked_format: Format[Any], data: bytes) -> None:
        """Every column is a list, with a value for each row, and the notes are sentences."""
        columns, notes = checked_format.read(self._content(checked_format, data), "rows")
        assert all(isinstance(name, str) and isinstance(values, list) for name, values in columns.items())
        assert len({len(values) for values in columns.values()}) == 1
        assert all(isinstance(note, str) for note in notes)

    def test_recognises_its_content_and_no_other(self, checked_format: Format[Any], data: bytes) -> None:
        """What `recognise` says is certain: it takes no file of another kind for its own."""
        if checked_format.recognise is None:
            return
        assert checked_format.recognise(self._content(checked_format, data))
        for content in (*_OTHERS.values(), "x", "\ufeff", "\ud800"):
            other = content if isinstance(checked_format, TextFormat) else content.encode("utf-8", "surrogatepass")
            assert not checked_format.recognise(other)

    def test_other_files_are_read_as_before(self, checked_format: Format[Any], tmp_path: Path) -> None:
        """Files of other formats are not read by it, whatever their endings."""
        for name, content in _OTHERS.items():
            (tmp_path / name).write_text(content, "utf-8")
            columns, notes = read_file(tmp_path / name)
            assert columns
            assert not any(checked_format.name in note for note in notes)

    def test_a_broken_file_is_refused_by_its_name(self, checked_format: Format[Any], data: bytes) -> None:
        """Of a file that is cut off anywhere it reads rows, or refuses it in a message with the file's name."""
        for end in range(0, len(data), max(1, len(data) // _CHECKS)):
            for content in (data[:end], data[end:] + data[:end]):
                with contextlib.suppress(UnicodeDecodeError):
                    self._read_or_refuse(checked_format, self._content(checked_format, content))

    def test_the_same_content_gives_the_same_columns(self, checked_format: Format[Any], data: bytes) -> None:
        """Reading twice gives the same."""
        content = self._content(checked_format, data)
        assert checked_format.read(content, "rows") == checked_format.read(content, "rows")

    @staticmethod
    def _content(checked_format: Format[Any], data: bytes) -> str | bytes:
        return data.decode() if isinstance(checked_format, TextFormat) else data

    @staticmethod
    def _read_or_refuse(checked_format: Format[Any], content: str | bytes) -> None:
        columns: dict[str, list[Any]] = {}
        refusal = ""
        try:
            columns = checked_format.read(content, "rows.broken")[0]
        except TaskError as error:
            refusal = str(error)
        assert not refusal or "rows.broken" in refusal
        assert len({len(values) for values in columns.values()}) <= 1
