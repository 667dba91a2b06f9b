"""Files of one text a line, without labels, such as predict takes."""

from __future__ import annotations

import re

from autotext.task.columns import LABEL_NAMES, TEXT_NAMES, is_usual
from autotext.task.delimited import read_delimited, table_header
from autotext.task.formats.format import TextFormat
from autotext.task.formats.registry import register_format
from autotext.task.tables import Columns


def split_lines(text: str) -> list[str]:
    r"""Lines without their ends; where line feeds end them, a carriage return within a line is part of it.

    Parameters
    ----------
    text : str
        Content of a file.

    Examples
    --------
    >>> split_lines("so good\r\n\nso\rbad\n")
    ['so good', '', 'so\rbad']
    """
    return re.split(r"\r?\n" if "\n" in text else r"\r", text.rstrip("\r\n"))


def _read(text: str, name: str) -> tuple[Columns, list[str]]:
    header = table_header(text)
    if header and ("\t" in text or any(is_usual(column, (*TEXT_NAMES, *LABEL_NAMES)) for column in header)):
        return read_delimited(text, name)
    return {"text": split_lines(text)}, [f"{name}: each line was read as a text; a table is called .csv or .tsv."]


register_format(TextFormat("a text file", (".txt",), _read, lambda text: False))
