"""Files whose lines hold fields."""

from __future__ import annotations

from autotext.task.delimited import read_delimited
from autotext.task.formats.format import TextFormat
from autotext.task.formats.registry import register_format

register_format(TextFormat("a table in a text file", (".csv", ".tsv", ".tab", ".psv"), read_delimited, lambda text: False))
