"""Content of a file to columns, by the first format that recognises it, else by the ending of its name."""

from __future__ import annotations

from typing import Any

from autotext.errors import TaskError
from autotext.task.decoding import decode
from autotext.task.formats import (
    arrow,
    delimited,
    doccano,
    fasttext,
    json_files,
    label_studio,
    lines,
    prodigy,
    rasa,
    spacy_cats,
    xlsx,
)
from autotext.task.formats.format import Annotations, Format
from autotext.task.tables import Columns

# A new format is one more file, and one more name here.
_OF_BYTES: tuple[Format[bytes], ...] = (arrow.PARQUET, arrow.ARROW, xlsx.FORMAT)
_OF_TEXT: tuple[Format[str], ...] = (json_files.FORMAT, lines.FORMAT, fasttext.FORMAT, rasa.FORMAT, delimited.FORMAT)
_ANNOTATIONS: tuple[Annotations, ...] = (doccano.ANNOTATIONS, prodigy.ANNOTATIONS, label_studio.ANNOTATIONS,
                                         label_studio.SHORT_ANNOTATIONS, spacy_cats.ANNOTATIONS)
_ALL: tuple[Format[Any], ...] = (delimited.FORMAT, json_files.FORMAT, *_OF_BYTES, *_OF_TEXT)
ENDINGS = tuple(dict.fromkeys(ending for each in _ALL for ending in each.endings))

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
    of_bytes = _choose(_OF_BYTES, data, ending)
    if of_bytes is not None:
        chosen: Format[Any] = of_bytes
        columns, notes = of_bytes.read(data, name)
    else:
        text, notes = decode(data, name, encoding)
        # Memory for the columns.
        del data
        chosen = _choose(_OF_TEXT, text, ending) or _unknown(name)
        columns, more = chosen.read(text, name)
        notes = notes + more
    if ending in ENDINGS and ending not in chosen.endings:
        notes = [f"{name} is {chosen.name} and was read as one.", *notes]
    tool = next((each for each in _ANNOTATIONS if each.recognise(columns)), None)
    if tool is None:
        return columns, notes
    columns, more = tool.read(columns, name)
    return columns, notes + more


def _choose(formats: tuple[Format[Any], ...], content: Any, ending: str) -> Format[Any] | None:
    recognised = next((each for each in formats if each.recognise(content)), None)
    return recognised or next((each for each in formats if ending in each.endings), None)


def _unknown(name: str) -> Format[Any]:
    raise TaskError(f"Cannot read {name!r}: its ending must be one of {', '.join(ENDINGS)} (each also with .gz).")


def refuse_known_kinds(name: str, ending: str) -> None:
    """Refuse a file of a kind that is known and not read.

    Raises
    ------
    TaskError
        The message has the line that converts it.
    """
    if ending in _INSTEAD:
        raise TaskError(f"Cannot read {name!r}. {_INSTEAD[ending].replace('{name}', name)}")
