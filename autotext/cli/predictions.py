"""The rows of a file with predictions beside them, for ``autotext predict``."""

from __future__ import annotations

import codecs
import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.errors import TaskError, describe_error
from autotext.evaluation import json_value
from autotext.pipeline import TextPipeline
from autotext.scoring.coverage import confidences
from autotext.task.columns import find_columns
from autotext.task.excel import write_xlsx
from autotext.task.findings import is_null
from autotext.task.inputs import Inputs
from autotext.task.tables import Columns
from autotext.task.texts import find_text_columns, join_columns
from autotext.writing import check_file, write_file

LABEL_SEPARATOR = "|"


def predicted_rows(pipeline: TextPipeline, inputs: Inputs, text: Sequence[str] | None, least: float | None = None,
                   all_scores: bool = False) -> tuple[Columns, list[str]]:
    """Add columns for the predicted label and its score to some rows, and list what was noticed about them.

    Parameters
    ----------
    pipeline : TextPipeline
    inputs : Inputs
    text : sequence of str or None
        Text columns, if their names differ from those in training.
    least : float, optional
        Rows with a lower score have no label.
    all_scores : bool, default=False
        Whether there is a column for the probability of each class, too.

    Returns
    -------
    dict of str to list, list of str
        All rows, where those without text have no label; and sentences about them.

    Raises
    ------
    TaskError
        The text column is missing.
    """
    texts = join_columns(inputs, _text_columns(pipeline, inputs, text))
    empty = [number for number, value in enumerate(texts) if is_null(value) or not str(value).strip()]
    predictions, probabilities = pipeline.fitted_.decide(["" if is_null(value) else str(value) for value in texts])
    classes, several = pipeline.classes_.tolist(), pipeline.kind_ == "multilabel"
    numbers: list[Any] = [np.flatnonzero(row) for row in predictions] if several else [[number] for number in predictions]
    shown: list[Any] = [LABEL_SEPARATOR.join(str(classes[number]) for number in row) if several else classes[row[0]]
                        for row in numbers]
    sure = confidences(predictions, probabilities)
    best = [row[list(chosen)].max() if len(chosen) else row.max() for chosen, row in zip(numbers, probabilities, strict=True)]
    scores: list[float | None] = [round(float(score), 6) for score in (best if least is None else sure)]
    notes = [f"{inputs.name}: {len(empty):,} rows have no text and got no label, first row {empty[0] + 1}."] if empty else []
    without_text = set(empty)
    notes += _unknown_note(pipeline, probabilities, without_text, inputs.name)
    if least is not None:
        unsure = sorted(set(np.flatnonzero(sure < least).tolist()) - without_text)
        for place in unsure:
            shown[place] = None
        notes.append(f"{inputs.name}: {len(unsure):,} of {len(texts):,} rows are less sure than {least:g} and got no label.")
    for place in empty:
        shown[place], scores[place] = None, None
    added: Columns = {_free("label", inputs.columns): shown, _free("score", inputs.columns): scores}
    for label, column in zip(classes, probabilities.round(6).T.tolist(), strict=True) if all_scores else ():
        name = _free(f"score of {label}", {**inputs.columns, **added})
        added[name] = [None if place in without_text else value for place, value in enumerate(column)]
    notes += [f"{inputs.name} already has a column {wanted!r}; the prediction is in {taken!r}."
              for wanted, taken in zip(("label", "score"), added, strict=False) if wanted != taken]
    return {**inputs.columns, **added}, notes


def _unknown_note(pipeline: TextPipeline, probabilities: NDArray[np.float64], empty: Set[int], name: str) -> list[str]:
    """Note about texts that get the prediction of an empty text, as they have nothing that was learned."""
    as_empty = np.flatnonzero((probabilities == pipeline.fitted_.decide([""])[1]).all(axis=1))
    unknown = [row for row in as_empty.tolist() if row not in empty]
    if not unknown:
        return []
    return [f"{name}: {len(unknown):,} rows share nothing with the training texts; their label is that of an empty text, "
            f"first row {unknown[0] + 1}."]


def _text_columns(pipeline: TextPipeline, inputs: Inputs, text: Sequence[str] | None) -> tuple[str, ...]:
    if text and pipeline.columns_ and len(text) != len(pipeline.columns_):
        raise TaskError(f"The pipeline was trained on {len(pipeline.columns_)} text columns; name as many with --text.")
    try:
        return find_columns(text, "text", inputs.columns, inputs.name) if text else find_text_columns(inputs, pipeline.columns_)
    except TaskError as error:
        known = ", ".join(map(repr, inputs.columns))
        raise TaskError(f"{error} Columns: {known}. Name one with --text.") from None


def _free(name: str, columns: Columns) -> str:
    while name in columns:
        name = f"predicted_{name}"
    return name


def print_rows(columns: Columns) -> list[str]:
    """Write columns as CSV to standard output, and list what was noticed.

    A file or a pipe gets UTF-8, whatever the locale is; a terminal gets the encoding that it has.

    Parameters
    ----------
    columns : dict of str to list

    Raises
    ------
    TaskError
        The terminal cannot show a character, or the disk is full.
    """
    content, stream = _csv(columns, ","), sys.stdout
    encoding = codecs.lookup(getattr(stream, "encoding", None) or "utf-8").name
    if stream.isatty() or not hasattr(stream, "buffer"):
        try:
            content.encode(encoding)
        except UnicodeEncodeError as error:
            raise TaskError(f"This terminal, whose encoding is {encoding}, cannot show {content[error.start]!r}. Write the "
                            "rows to a file with --out.") from None
        stream.write(content)
        return []
    try:
        stream.flush()
        stream.buffer.write(content.encode("utf-8", "backslashreplace"))
        stream.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise TaskError(f"Cannot write to standard output: {describe_error(error)}.") from error
    if encoding == "utf-8":
        return []
    return [f"Standard output was written as UTF-8, not in the encoding of the locale, {encoding}."]


def write_rows(columns: Columns, path: Path) -> None:
    r"""Write columns to a file whose ending says the format; CSV gets a byte-order mark, which Excel needs.

    Parameters
    ----------
    columns : dict of str to list
    path : Path

    Raises
    ------
    TaskError
        The ending is unknown, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_rows({"text": ["so good"], "label": ["+"]}, Path(folder) / "a.csv")
    ...     (Path(folder) / "a.csv").read_text("utf-8-sig")
    'text,label\nso good,+\n'
    """
    check_writable(path)
    content = _encoded(columns, path)
    with _named_errors(path):
        write_file(path, content)


def check_writable(path: Path) -> None:
    """Refuse a file that cannot be written, before any time is spent.

    Parameters
    ----------
    path : Path

    Raises
    ------
    TaskError
        The ending is unknown, or the file cannot be written there.

    Examples
    --------
    >>> check_writable(Path("answers.docx"))
    Traceback (most recent call last):
    autotext.errors.TaskError: ...
    """
    if path.suffix.lower() not in (".csv", ".tsv", ".jsonl", ".parquet", ".xlsx"):
        raise TaskError(f"Cannot write {path.name!r}: its ending must be .csv, .tsv, .jsonl, .parquet or .xlsx.")
    with _named_errors(path):
        check_file(path)


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TaskError(f"Cannot write {str(path)!r}: {describe_error(error)}. Choose another file with --out.") from error


def _encoded(columns: Columns, path: Path) -> bytes:
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        return write_xlsx(columns, path.name)
    if suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        buffer = io.BytesIO()
        pq.write_table(pa.table({column: _arrow(values) for column, values in columns.items()}), buffer)
        return buffer.getvalue()
    if suffix == ".jsonl":
        rows = zip(*columns.values(), strict=True)
        lines = [json.dumps(json_value(dict(zip(columns, row, strict=True))), ensure_ascii=False, default=str) for row in rows]
        return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")
    return _csv(columns, "," if suffix == ".csv" else "\t").encode("utf-8-sig", "backslashreplace")


def _arrow(values: list[Any]) -> Any:
    """Values for Arrow, as text where they have several types or are not valid Unicode."""
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowException, ValueError, OverflowError):
        written = [None if value is None else str(value).encode("utf-8", "backslashreplace") for value in values]
        return pa.array(written, pa.binary()).cast(pa.string())


class _RowsWithLineFeeds(list[str]):
    """Collects rows of csv.writer, which must end lines with carriage returns to quote them, and replaces the ends."""

    def write(self, row: str) -> None:
        self.append(f"{row[:-2]}\n")


def _csv(columns: Columns, delimiter: str) -> str:
    rows, header, quoted_header = _RowsWithLineFeeds(), _RowsWithLineFeeds(), _RowsWithLineFeeds()
    values = ([None if is_null(value) else value for value in column] for column in columns.values())
    csv.writer(rows, delimiter=delimiter, lineterminator="\r\n").writerows(zip(*values, strict=True))
    csv.writer(header, delimiter=delimiter, lineterminator="\r\n").writerow(columns)
    csv.writer(quoted_header, delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerow(columns)
    # Names in quotes tell readers that quotes enclose fields.
    return "".join([*(quoted_header if any('"' in row for row in rows) else header), *rows])
