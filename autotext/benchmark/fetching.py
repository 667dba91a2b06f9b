"""Fetching the rows of a task from its public source."""

from __future__ import annotations

import http.client
import io
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from autotext.benchmark.source import SIDES, Layout, Source
from autotext.errors import BenchmarkError, describe_error, shown
from autotext.task import Task
from autotext.task.decoding import refuse_other_kinds

_SECONDS = 60.0

Rows = tuple[list[str], list[Any]]


def fetch_rows(source: Source, layout: Layout, multilabel: bool, get: Callable[[str], bytes] | None = None) -> Task:
    r"""Fetch training and test rows.

    Parameters
    ----------
    source : Source
    layout : Layout
    multilabel : bool
        Whether rows have lists of labels; a row of a JSON file without any then has none.
    get : callable, optional
        Gets the content of a web address. None: by HTTP.

    Returns
    -------
    Task
        With test rows; its findings tell what was left out.

    Raises
    ------
    BenchmarkError
        A file cannot be reached, or has another form.

    Examples
    --------
    >>> files = {"train": (("a.csv",),), "test": (("b.csv",),)}
    >>> task = fetch_rows(Source(url="http://example.org", files=files), Layout("delimited", ("text",), "label"), False,
    ...                   lambda address: b"text,label\nso good,+\nso bad,-\n")
    >>> task.texts, task.test.labels
    (('so good', 'so bad'), ('+', '-'))
    """
    notes: list[str] = []
    if layout.format == "hub":
        task = Task.read(f"hub:{source.hub}", text=list(layout.text), label=layout.label, test=layout.test)
        if task.test is None:
            raise BenchmarkError(f"hub:{source.hub}: the split {layout.test!r} has no labels.")
        parts = [(list(part.texts), list(part.labels)) for part in (task, task.test)]
    else:
        parts = [_read_side(side, source, layout, multilabel, get or _get, notes) for side in SIDES]
    train, test = (_cleaned(rows, layout) for rows in parts)
    task = Task.read(train).with_test(test)
    return replace(task, findings=(*notes, *task.findings))


def without_test_texts(task: Task) -> Task:
    """Leave out the training rows whose text is a test text, which a finding counts.

    Parameters
    ----------
    task : Task
        With test rows.

    Examples
    --------
    >>> task = Task.read((["a", "b", "c"], [0, 1, 1])).with_test((["b"], [1]))
    >>> without_test_texts(task).texts, without_test_texts(task).findings[-1]
    (('a', 'c'), '1 training row was left out, as its text is a test text.')
    """
    held_out = set(task.test.texts) if task.test is not None else set()
    rows = np.array([row for row, text in enumerate(task.texts) if text not in held_out], dtype=np.intp)
    left_out = len(task) - len(rows)
    if not left_out:
        return task
    said = ("1 training row was left out, as its text is a test text." if left_out == 1 else
            f"{left_out:,} training rows were left out, as their texts are test texts.")
    return replace(task.rows(rows), findings=(*task.findings, said))


def _get(address: str) -> bytes:
    if not address.startswith(("https://", "http://")):
        raise BenchmarkError(f"{address}: must begin with https:// or http://")
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            raise BenchmarkError(f"{address}: {error.code} {error.reason}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        said = describe_error(reason if isinstance(reason, BaseException) else error, 200)
        raise BenchmarkError(f"{address}: {said}") from error


def _read_side(side: str, source: Source, layout: Layout, multilabel: bool, get: Callable[[str], bytes],
               notes: list[str]) -> Rows:
    """Texts and labels of the training or the test rows."""
    read: list[Rows] = []
    for files in source.files[side]:
        texts = [_text(get(source.address(name.partition("#")[0])), name, layout.encoding, notes)
                 for name in files]
        if layout.format == "lines":
            read.append(_parallel(texts, files))
        elif layout.format == "json":
            read.append(_of_json(texts[0], files[0], layout, multilabel))
        else:
            read.append(_delimited(texts[0], files[0], layout))
    return list(chain.from_iterable(texts for texts, _ in read)), list(chain.from_iterable(labels for _, labels in read))


def _text(data: bytes, name: str, encoding: str, notes: list[str]) -> str:
    """Text of a file; characters that its publisher broke stay broken, as in any copy of it, and are noted."""
    refuse_other_kinds(data, name)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        text = data.decode(encoding, errors="replace")
        line = data[: error.start].count(b"\n") + 1
        notes.append(f"{name}: bytes that are not {encoding}, first in line {line}, were read as \N{REPLACEMENT CHARACTER}.")
    return text.removeprefix("\ufeff")


def _parallel(texts: Sequence[str], names: Sequence[str]) -> Rows:
    lines = [[line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] for text in texts]
    if len(lines[0]) != len(lines[1]):
        raise BenchmarkError(f"{names[0]} has {len(lines[0]):,} lines and {names[1]} has {len(lines[1]):,}")
    return lines[0], lines[1]


def _delimited(text: str, name: str, layout: Layout) -> Rows:
    import pyarrow as pa
    from pyarrow import csv

    wanted = [*layout.text, layout.label] if layout.header else [f"f{column}" for column in (*layout.text, layout.label)]
    try:
        table = csv.read_csv(
            io.BytesIO(text.encode()),
            read_options=csv.ReadOptions(autogenerate_column_names=not layout.header, block_size=2**28),
            parse_options=csv.ParseOptions(delimiter=layout.separator, quote_char='"' if layout.quoted else False,
                                                   newlines_in_values=layout.quoted),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(wanted, pa.string()),
                                                       include_columns=list(dict.fromkeys(wanted)), strings_can_be_null=False))
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise BenchmarkError(f"{name}: {describe_error(error, 200)}") from error
    columns = [table[column].to_pylist() for column in wanted]
    return ["\n".join(fields) for fields in zip(*columns[:-1], strict=True)], columns[-1]


def _of_json(text: str, name: str, layout: Layout, multilabel: bool) -> Rows:
    try:
        try:
            records = json.loads(text)
        except json.JSONDecodeError:
            records = [json.loads(line) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError) as error:
        raise BenchmarkError(f"{name}: not JSON: {describe_error(error, 100)}") from error
    key = name.partition("#")[2]
    if key:
        records = _field(records, key, name)
    texts: list[str] = []
    labels: list[Any] = []
    for number, record in enumerate(records if isinstance(records, list) else [records], start=1):
        where = f"{name}, record {number}"
        fields = [_field(record, column, where) for column in layout.text]
        label = _field(record, layout.label, where, [] if multilabel else None)
        if not isinstance(fields[0], list):
            texts.append("\n".join(map(str, fields)))
            labels.append(label)
            continue
        # The record is a document: a list of texts, and a label for each of them.
        if not isinstance(label, list) or len(label) != len(fields[0]):
            raise BenchmarkError(f"{where}: {layout.label} must be a list of as many labels as {layout.text[0]} has texts")
        texts.extend(map(str, fields[0]))
        labels.extend(label)
    return texts, labels


def _field(record: Any, key: str, where: str, default: Any = None) -> Any:
    value = None
    if isinstance(record, dict):
        value = record.get(key, default)
    elif isinstance(record, list) and key.isdecimal() and int(key) < len(record):
        value = record[int(key)]
    if value is None:
        raise BenchmarkError(f"{where}: there is no {key!r} in {shown(record, 60)}")
    return value


def _cleaned(rows: Rows, layout: Layout) -> Rows:
    texts, labels = rows
    if layout.strip:
        texts = [text.strip() for text in texts]
    if not layout.labels:
        return texts, labels
    return texts, [[_named(each, layout) for each in label] if isinstance(label, list | tuple) else _named(label, layout)
                   for label in labels]


def _named(label: Any, layout: Layout) -> str:
    name = layout.labels.get(str(label).strip())
    if name is None:
        raise BenchmarkError(f"the label {shown(label)} is none of {', '.join(map(repr, layout.labels))}")
    return name
