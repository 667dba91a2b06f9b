"""JSON: one object a line, or one value with rows somewhere in it."""

from __future__ import annotations

import json
import re
from typing import Any

from autotext.errors import TaskError
from autotext.task.formats.format import TextFormat
from autotext.task.formats.registry import register_format
from autotext.task.objects import check_names, rows_to_columns
from autotext.task.tables import Columns

_BEGIN = re.compile(r'\s*(?:\{\s*"(?:[^"\\]|\\.)*"\s*:|\[\s*[\[{"])')
_LINE = 'Each line must be an object such as {"text": "...", "label": "..."}.'
_FORMS = ('Write a list of rows, [{"text": "...", "label": "..."}, ...]; with pandas: '
          "frame.to_json('rows.json', orient='records').")
_FROM_PANDAS = " With pandas: frame.to_json('rows.jsonl', orient='records', lines=True)."
_NESTED = "a number of too many digits, or lists within lists without end"


def _recognise(text: str) -> bool:
    return _BEGIN.match(text) is not None


def _read(text: str, name: str) -> tuple[Columns, list[str]]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if _is_object(text.lstrip().partition("\n")[0]):
            return _columns(_read_lines(text, name), name, _LINE), []
        raise TaskError(f"{name}, line {error.lineno}, column {error.colno}: not JSON: {error.msg}. "
                        f"{_LINE if _is_lines(name) else _FORMS}") from None
    except (ValueError, RecursionError):
        raise TaskError(f"{name}: {_NESTED}.") from None
    if isinstance(value, dict) and _is_lines(name):
        return _columns([value], name, _LINE), []
    return _rows_within(value, name)


def _is_lines(name: str) -> bool:
    return re.search(r"\.(jsonl|ndjson|jsonlines)(\.gz)?$", name, re.IGNORECASE) is not None


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _read_lines(text: str, name: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    # Not splitlines(): JSON strings may hold U+2028 and the like.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise TaskError(f"{name}, line {number}, column {error.colno}: not JSON: {error.msg}. {_LINE}") from None
        except (ValueError, RecursionError):
            raise TaskError(f"{name}, line {number}: {_NESTED}.") from None
        if not isinstance(record, dict):
            raise TaskError(f"{name}, line {number}: {_LINE}{_FROM_PANDAS if isinstance(record, list) else ''}")
        records.append(record)
    return records


def _columns(records: list[Any], name: str, remedy: str) -> Columns:
    columns = rows_to_columns(records, name)[0]
    if not columns:
        raise TaskError(f"{name} has rows without any field. {remedy}")
    return columns


def _rows_within(value: Any, name: str) -> tuple[Columns, list[str]]:
    """Rows of a JSON value: a list of objects or texts, or an object as pandas writes it, or one with such a list in it."""
    if isinstance(value, list):
        return _list_of_rows(value, name), []
    if not isinstance(value, dict):
        raise TaskError(f"{name} holds one {type(value).__name__}, no rows. {_FORMS}")
    frame = _pandas(value, name)
    if frame is not None:
        return frame, []
    lists = _lists_of_rows(value) or {f"{above}.{key}": rows for above, part in value.items() if isinstance(part, dict)
                                      for key, rows in _lists_of_rows(part).items()}
    if len(lists) == 1:
        (path, rows), = lists.items()
        return _list_of_rows(rows, name), [f"{name}: rows are those under {path!r}."]
    if lists:
        first = next(iter(lists))
        raise TaskError(f"{name} holds several lists of rows, {', '.join(map(repr, lists))}. Give one of them: json.load(open("
                        f"{name!r}))" + "".join(f"[{key!r}]" for key in first.split(".")) + ".")
    if isinstance(value.get("text"), str) or not any(isinstance(part, list | dict) for part in value.values()):
        return _columns([value], name, _FORMS), []
    raise TaskError(f"{name}: cannot tell which part holds the rows; at the top are {', '.join(map(repr, list(value)[:5]))}. "
                    f"{_FORMS}")


def _list_of_rows(rows: list[Any], name: str) -> Columns:
    if rows and all(isinstance(row, str) for row in rows):
        return {"text": rows}
    if rows and all(isinstance(row, list) and len(row) == 2 and isinstance(row[0], str) for row in rows):
        # As spaCy 2 had its training data: [text, {"cats": ...}].
        if all(isinstance(row[1], dict) for row in rows):
            return _columns([{"text": text, **more} for text, more in rows], name, _FORMS)
        if not any(isinstance(row[1], list) for row in rows):
            return {"text": [text for text, _ in rows], "label": [label for _, label in rows]}
    number = next((number for number, row in enumerate(rows, start=1) if not isinstance(row, dict)), None)
    if number is not None or not rows:
        what = f"element {number} is no object" if number else "the list is empty"
        raise TaskError(f"{name}: {what}. {_FORMS}")
    return _columns(rows, name, _FORMS)


def _pandas(value: dict[str, Any], name: str) -> Columns | None:
    """Columns of what DataFrame.to_json writes with orient "split", "list", "columns" or "index"."""
    if set(value) >= {"columns", "data"} and isinstance(value["data"], list) and isinstance(value["columns"], list):
        names, rows = [str(column) for column in value["columns"]], value["data"]
        if all(isinstance(row, list) and len(row) == len(names) for row in rows):
            check_names(names, name)
            return _columns([dict(zip(names, row, strict=True)) for row in rows], name, _FORMS)
    parts = list(value.values())
    if len({len(part) for part in parts if isinstance(part, list | dict)}) != 1:
        return None
    if all(isinstance(part, list) for part in parts) and len(parts) > 1:
        return None if len(_lists_of_rows(value)) == len(parts) else dict(value)
    if not all(isinstance(part, dict) for part in parts) or len({tuple(part) for part in parts}) != 1:
        return None
    outer, inner = (all(key.isdigit() for key in keys) for keys in (value, parts[0]))
    if outer == inner:
        return None
    return _columns(parts, name, _FORMS) if outer else {column: list(part.values()) for column, part in value.items()}


def _lists_of_rows(value: dict[str, Any]) -> dict[str, list[Any]]:
    return {key: part for key, part in value.items() if isinstance(part, list) and part and isinstance(part[0], dict | list)}


register_format(TextFormat("JSON", (".json", ".jsonl", ".ndjson", ".jsonlines"), _read, _recognise))
