"""Content of a file to columns, by the first format that recognises it, else by the ending of its name."""

from __future__ import annotations

from typing import Any, TypeVar

from autotext.errors import TaskError, import_hint, shown
from autotext.task.decoding import decode
from autotext.task.formats.format import Annotations, BinaryFormat, Format, TextFormat
from autotext.task.formats.registry import formats_of, is_shipped, readable_endings
from autotext.task.tables import Columns

Kind = TypeVar("Kind", TextFormat, BinaryFormat)

_FROM_SPACY = ("python -c \"import json, spacy; from spacy.tokens import DocBin; [print(json.dumps(dict(text=doc.text, "
               "cats=doc.cats))) for doc in DocBin().from_disk('{name}').get_docs(spacy.blank('xx').vocab)]\" > rows.jsonl")
_FROM_PANDAS = "python -c \"import pandas; pandas.{read}('{name}').to_parquet('rows.parquet')\""
# What to do with files that are not read, by their endings.
_INSTEAD = {
    **dict.fromkeys((".xls", ".xlsm", ".xlsb"), "Open it in Excel and save it as .xlsx."),
    ".ods": "Save it as .xlsx or .csv.",
    ".zip": "Unpack it.",
    **dict.fromkeys((".tar", ".tgz", ".bz2", ".xz", ".zst", ".7z"), "Unpack it, or pack it as .gz."),
    ".spacy": f"Convert it: {_FROM_SPACY}",
    **dict.fromkeys((".conll", ".conllu", ".iob", ".bio"), "It marks words, and this program classifies whole texts."),
    ".sav": "Convert it: " + _FROM_PANDAS.replace("{read}", "read_spss"),
    ".dta": "Convert it: " + _FROM_PANDAS.replace("{read}", "read_stata"),
    **dict.fromkeys((".pkl", ".pickle"), "It is a pickle, which can run code. If you trust it, convert it: "
                    + _FROM_PANDAS.replace("{read}", "read_pickle"))}


def read_content(data: bytes, name: str, ending: str, encoding: str | None = None) -> tuple[Columns, list[str]]:
    """Columns of a file's content, and what was noticed.

    Parameters
    ----------
    data : bytes
        Unpacked.
    name : str
        What the file is called in messages.
    ending : str
        Of its name, with its dot, that of packing aside.
    encoding : str or None, default=None
        Of text; None: found out.

    Returns
    -------
    dict of str to list, list of str

    Raises
    ------
    TaskError
        No format knows the content, or the one that does cannot read it.

    Examples
    --------
    >>> read_content(b"__label__pos nice thing", "train.txt", ".txt")[0]
    {'text': ['nice thing'], 'label': ['pos']}
    """
    binary = _choose(BinaryFormat, data, name, ending)
    if binary is not None:
        chosen: Format[Any] = binary
        columns, notes = _read(binary, data, name)
    else:
        text, notes = decode(data, name, encoding)
        # Memory for the columns.
        del data
        chosen = _choose(TextFormat, text, name, ending) or _unknown(name)
        columns, more = _read(chosen, text, name)
        notes = notes + more
    if ending in readable_endings() and ending not in chosen.endings:
        notes = [f"{name} is {chosen.name} and was read as one.", *notes]
    tool = next((each for each in formats_of(Annotations) if each.recognise(columns)), None)
    if tool is None:
        return columns, notes
    columns, more = _read(tool, columns, name)
    return columns, notes + more


def _choose(kind: type[Kind], content: Any, name: str, ending: str) -> Kind | None:
    """Format that a file is read by: one from outside with its ending, one that recognises the content, one with its ending."""
    formats = formats_of(kind)
    shipped: list[Kind] = [each for each in formats if is_shipped(each)]
    outside: list[Kind] = [each for each in formats if not is_shipped(each) and ending in each.endings]
    claims = [each for each in outside if each.recognise is None or each.recognise(content)]
    if len(claims) > 1:
        raise TaskError(f"{name} is recognised both as {claims[0].name} and as {claims[1].name}: import only the module of the "
                        "one that is meant.")
    if claims:
        return claims[0]
    for each in shipped:
        if each.recognise is not None and each.recognise(content):
            return each
    return next((each for each in shipped + outside if ending in each.endings), None)


def _read(chosen: Format[Any] | Annotations, content: Any, name: str) -> tuple[Columns, list[str]]:
    """What a format reads, of which one from outside may not be the columns that it must be."""
    read = chosen.read(content, name)
    if is_shipped(chosen):
        return read
    if not (isinstance(read, tuple) and len(read) == 2 and isinstance(read[0], dict) and isinstance(read[1], list)):
        raise TaskError(f"{name}: what reads {chosen.name} must give a dict of columns and a list of notes, not {shown(read)}.")
    for column, values in read[0].items():
        if not isinstance(column, str) or not isinstance(values, list):
            raise TaskError(f"{name}: what reads {chosen.name} must give a list for each column, not "
                            f"{shown({column: values})}.")
    lengths = {column: len(values) for column, values in read[0].items()}
    if len(set(lengths.values())) > 1:
        raise TaskError(f"{name}: what reads {chosen.name} gave columns of different lengths: {shown(lengths)}.")
    if not any(lengths.values()):
        raise TaskError(f"{name} has no rows.")
    return read


def _unknown(name: str) -> Format[Any]:
    raise TaskError(f"Cannot read {name!r}: its ending must be one of {', '.join(readable_endings())} (each also with .gz). "
                    f"{import_hint('A format')}")


def refuse_unsupported(name: str, ending: str) -> None:
    """Refuse a file of a common kind that cannot be read, such as ``.xls``, and say how to convert it.

    Parameters
    ----------
    name : str
        What the file is called in the message.
    ending : str
        Of its name, in lower case with its dot.

    Raises
    ------
    TaskError
        The message says how to convert it.

    Examples
    --------
    >>> refuse_unsupported("rows.csv", ".csv")
    >>> refuse_unsupported("rows.xls", ".xls")
    Traceback (most recent call last):
    autotext.errors.TaskError: Cannot read 'rows.xls'. Open it in Excel and save it as .xlsx.
    """
    if ending in _INSTEAD and ending not in readable_endings():
        raise TaskError(f"Cannot read {name!r}. {_INSTEAD[ending].replace('{name}', name)}")
