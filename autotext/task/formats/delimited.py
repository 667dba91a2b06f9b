"""Files whose lines hold fields."""

from __future__ import annotations

from autotext.task.delimited import read_delimited
from autotext.task.formats.format import Format

FORMAT = Format("a table in a text file", (".csv", ".tsv", ".tab", ".psv"), lambda text: False, read_delimited)
