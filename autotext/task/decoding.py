"""Decoding: from the bytes of a file to text."""

from __future__ import annotations

import codecs
import gzip
import io

from autotext.errors import TaskError

MOST_BYTES = 512 * 2**20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NAME_IT = "Name the encoding the file was saved in: encoding='cp949' (command line: --encoding cp949)."
_OTHER_KINDS = (
    (b"PK\x03\x04", "an Excel or zip file. If Excel made it, let its name end in .xlsx; else unpack it"),
    (b"\xd0\xcf\x11\xe0", "an Excel file, an old one or with a password. Save it in Excel as .xlsx without a password"),
    (b"\x1f\x8b", "a gzip file. Let its name end in .gz, after the ending of what is inside, e.g. .csv.gz"),
    (b"PAR1", "a parquet file. Let its name end in .parquet"),
    (b"%PDF", "a PDF document. Save its rows as .csv or .xlsx"),
    (b"<!doctype html", "a web page, not data. Download the file itself (on GitHub and the like: the raw file)"),
    (b"<html", "a web page, not data. Download the file itself (on GitHub and the like: the raw file)"))


def unzip(data: bytes, name: str) -> bytes:
    """Unpack a gzip file, unless its content has more than `MOST_BYTES`.

    Parameters
    ----------
    data : bytes
    name : str
        Name of the file, for errors.

    Raises
    ------
    TaskError
        The file is broken, or its content has more than `MOST_BYTES`.

    Examples
    --------
    >>> import gzip
    >>> unzip(gzip.compress(b"text,label"), "a.csv.gz")
    b'text,label'
    """
    with gzip.open(io.BytesIO(data)) as file:
        # If the last four bytes, which hold the size, say that it is large, it is unpacked without keeping the content.
        if int.from_bytes(data[-4:], "little") > MOST_BYTES:
            unpacked = 0
            while part := file.read(2**20):
                unpacked += len(part)
                if unpacked > MOST_BYTES:
                    raise too_large(name)
            file.seek(0)
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise too_large(name)
    return content


def too_large(name: str) -> TaskError:
    """Error about a file whose content has more than `MOST_BYTES`.

    Parameters
    ----------
    name : str
        Name of the file.

    Examples
    --------
    >>> str(too_large("a.csv.gz")).startswith("a.csv.gz")
    True
    """
    return TaskError(f"{name} unpacks to more than {MOST_BYTES // 2**20} MiB, which is the limit for packed files. "
                     "If that is meant, unpack it and give the .csv, .tsv or .jsonl file itself.")


def refuse_other_kinds(data: bytes, name: str) -> None:
    """Refuse a file that is of another kind than its name says.

    Parameters
    ----------
    data : bytes
    name : str
        Name of the file, for errors.

    Raises
    ------
    TaskError
        The file is of another known kind; the message says what to do with it.
    """
    begin = data[:64].lstrip()
    for start, what in _OTHER_KINDS:
        if begin.startswith(start) or (start.startswith(b"<") and begin.lower().startswith(start)):
            raise TaskError(f"{name} is {what}.")


def decode(data: bytes, name: str, encoding: str | None) -> tuple[str, list[str]]:
    """Decode the text of a file, and list what was noticed about it.

    Parameters
    ----------
    data : bytes
    name : str
        Name of the file, for errors.
    encoding : str or None
        None: found by the byte-order mark, else UTF-8, else a guess, which is reported.

    Returns
    -------
    str, list of str
        The text without byte-order mark, and sentences about it.

    Raises
    ------
    TaskError
        The bytes are not text in this encoding; the message names the line.

    Examples
    --------
    >>> decode("좋아요".encode("cp949"), "a.csv", "cp949")
    ('좋아요', [])
    """
    refuse_other_kinds(data, name)
    named = encoding or next((codec for mark, codec in _BOMS if data.startswith(mark)), None)
    notes: list[str] = []
    text = _strict(data, name, named) if named else _utf8(data, name)
    if text is None:
        text, notes = _guessed(data, name)
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise TaskError(f"{name} is empty.")
    return text, notes


def _strict(data: bytes, name: str, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise TaskError(f"{name}, line {line}: byte {error.start} is not {encoding}. {_NAME_IT}") from None
    except (LookupError, ValueError):
        raise TaskError(f"{name}: unknown encoding {encoding!r}; for instance 'utf-8', 'cp949', 'gb18030', 'cp932'.") from None


def _utf8(data: bytes, name: str) -> str | None:
    start = data[:4096]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    # A few NUL characters are an error in a text; where every other byte is NUL, it is UTF-16 or no text.
    if start.count(0) > (0 if text is None else len(start) // 4):
        raise TaskError(f"{name} is a binary file, not text; or, if it is UTF-16 without a byte-order mark, say so: "
                        "encoding='utf-16-le' (command line: --encoding utf-16-le).")
    return text


def _guessed(data: bytes, name: str) -> tuple[str, list[str]]:
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    try:
        text = data.decode(best.encoding) if best else None
    except (LookupError, ValueError):
        text = None
    if best is None or text is None:
        raise TaskError(f"{name}: cannot tell the encoding. {_NAME_IT}")
    first = next((line for line in text.splitlines()[1:] if line.strip()), "")
    return text, [f"{name}: not UTF-8; read as {best.encoding}, a guess (encoding= or --encoding overrides it). "
                  f"Its first row then begins: {first[:40]!r}."]
