"""Files of fastText: one text a line, its labels before it."""

from __future__ import annotations

import re
from typing import Any

from autotext.task.formats.format import TextFormat, single_labels
from autotext.task.formats.lines import split_lines
from autotext.task.formats.registry import register_format
from autotext.task.tables import Columns

_LABEL = re.compile(r"(?:^|(?<=\s))__label__(\S+)\s*")


def _recognise(text: str) -> bool:
    return text.lstrip().startswith("__label__")


def _read(text: str, name: str) -> tuple[Columns, list[str]]:
    lines = [line for line in split_lines(text) if line.strip()]
    # Like fastText, take labels wherever they stand in a line.
    labels: list[list[Any] | None] = [_LABEL.findall(line) or None for line in lines]
    return {"text": [_LABEL.sub("", line).strip() for line in lines], "label": single_labels(labels)[0]}, []


# `lines`, imported above, has the same ending and is registered first: a .txt that nothing recognises is its.
register_format(TextFormat("a file of fastText", (".ft", ".txt", ".train", ".valid"), _read, _recognise))
