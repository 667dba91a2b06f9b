"""Readers of files from any source: their cost is bounded by the size of the file, and nothing in the file is run."""

from __future__ import annotations

import io
import json
import math
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import psutil
from numpy.typing import NDArray

from autotext.errors import ArtifactError, describe_error

JSON_BYTES = 64 * 2**20
"""Largest size of a JSON file of a pipeline."""
# Memory that a file takes at worst after it was read, in multiples of its size.
_JSON_GROWS, _ARRAYS_GROW = 20, 8
# Bytes of memory of an element of a list, an entry of a dict, and a list or dict; and the limit for a JSON text, to which four
# times its length is added.
_ELEMENT, _ENTRY, _NESTED, _MOST_MEMORY = 65, 150, 64, 350 * 2**20
_MOST_MEMBERS = 20_000
# Most bytes of compressed arrays of a file, before compression; the level of zlib; and the bytes at the beginning of an array
# that are tried, and the share of them that must be saved, as long arrays of arbitrary numbers only cost time.
_MOST_COMPRESSED, _LEVEL = 64 * 2**20, 1
_TRIED, _SAVED = 2**16, 0.15
_MEMBER = re.compile(r"[\w.-]{1,200}\.npy", re.ASCII)
_HEADER_BYTES = 2000


@contextmanager
def guarded(place: str) -> Iterator[None]:
    """Turn whatever is raised in a block into an ArtifactError that names the place.

    Parameters
    ----------
    place : str
        What is being read; the message begins with it.

    Examples
    --------
    >>> with guarded("state.json"):
    ...     [].pop()
    Traceback (most recent call last):
    autotext.errors.ArtifactError: state.json: pop from empty list. Save the pipeline again, or train a new one.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, ArtifactError):
        raise
    except KeyError as error:
        raise ArtifactError(f"{place}: {error} is missing. Save the pipeline again, or train a new one.") from error
    except BaseException as error:  # a panic of a compiled tokenizer is no Exception
        raise ArtifactError(f"{place}: {describe_error(error, 500)}. Save the pipeline again, or train a new one.") from error


def read_bytes(path: Path) -> bytes:
    """Read a plain file of bounded size.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
        The file cannot be read.
    ArtifactError
        It is a link or no plain file, or too large for JSON or for the free memory.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (Path(folder) / "state.json").symlink_to("/etc/passwd")
    ...     read_bytes(Path(folder) / "state.json")
    Traceback (most recent call last):
    autotext.errors.ArtifactError: state.json is a link, not a plain file. ...
    """
    status = path.lstat()
    # A link could lead anywhere, and opening a named pipe would wait forever.
    if stat.S_ISLNK(status.st_mode):
        raise ArtifactError(f"{path.name} is a link, not a plain file. Copy the folder with what its links lead to: cp -rL.")
    if not stat.S_ISREG(status.st_mode):
        raise ArtifactError(f"{path.name} is not a plain file.")
    free, is_json = psutil.virtual_memory().available, path.suffix in (".json", ".jsonl")
    limit = min(JSON_BYTES, free // _JSON_GROWS) if is_json else free // _ARRAYS_GROW
    if status.st_size > limit:
        raise ArtifactError(f"{path.name} has {status.st_size / 2**20:,.0f} MiB, more than the {limit / 2**20:,.0f} MiB that "
                            f"{'such a file may have' if limit == JSON_BYTES else 'can be read with the memory that is free'}.")
    with path.open("rb") as file:
        return file.read(status.st_size)


def takes_too_much(data: bytes) -> bool:
    """Whether a JSON text is too long, or takes too much memory when it is parsed, for `read_json`.

    Parameters
    ----------
    data : bytes

    Examples
    --------
    >>> takes_too_much(b'{"a": 1}'), takes_too_much(b"[" + b"[]," * 10_000_000 + b"[]]")
    (False, True)
    """
    memory = (_ELEMENT * data.count(b",") + _ENTRY * data.count(b":") + _NESTED * (data.count(b"[") + data.count(b"{"))
              + (2 if data.isascii() else 8) * len(data))
    return len(data) > JSON_BYTES or memory > 4 * len(data) + _MOST_MEMORY


def read_json(data: bytes) -> Any:
    """Parse a JSON text of bounded size, without NaN, infinity or repeated keys.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    ValueError, RecursionError
        The text is no such JSON, or nested too deeply.

    Examples
    --------
    >>> read_json(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: the key 'a' stands twice
    """
    if takes_too_much(data):
        raise ValueError("the JSON is too large")
    return json.loads(data, parse_constant=_finite, parse_float=_finite, object_pairs_hook=_without_repeats)


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"the JSON holds {number:.40}, which is no number")
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in parsed if keys.count(key) > 1)!r:.80} stands twice")
    return parsed


def read_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """Read the arrays of an npz that `packed` wrote: of plain numbers, of the size that they claim, few bytes compressed.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    ValueError, zipfile.BadZipFile
        The file is anything else.

    Examples
    --------
    >>> import numpy as np
    >>> read_arrays(packed({"weights": np.arange(3)}))
    {'weights': array([0, 1, 2])}
    """
    # The members are counted before the directory is read, since each of its entries takes a hundred times its size.
    if data.count(b"PK\x01\x02") > _MOST_MEMBERS:
        raise ValueError(f"it has more than {_MOST_MEMBERS:,} members")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        for member in members:
            if not _MEMBER.fullmatch(member.filename) or ".." in member.filename:
                raise ValueError(f"the member {member.filename!r:.100} has a name that is not allowed")
            is_stored = member.compress_type == zipfile.ZIP_STORED and member.file_size == member.compress_size
            if not (is_stored or member.compress_type == zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
                raise ValueError(f"the member {member.filename!r} is compressed or encrypted in a way that these never are")
        if len(set(names)) < len(names) or sum(member.compress_size for member in members) > len(data):
            raise ValueError("its members overlap")
        if sum(member.file_size for member in members if member.compress_type == zipfile.ZIP_DEFLATED) > _MOST_COMPRESSED:
            raise ValueError(f"its compressed members hold more than {_MOST_COMPRESSED / 2**20:.0f} MiB")
        arrays = {}
        for member in members:
            with archive.open(member) as file:
                arrays[member.filename.removesuffix(".npy")] = read_array(file, member.file_size, member.filename)
        return arrays


def read_array(file: IO[bytes], size: int, name: str) -> NDArray[Any]:
    """Read one array of plain numbers in the npy format, which takes exactly the bytes of the file.

    Parameters
    ----------
    file : binary file
    size : int
        Number of bytes.
    name : str
        Name of the file, for messages.

    Raises
    ------
    ValueError
        The file holds anything else.

    Examples
    --------
    >>> buffer = io.BytesIO()
    >>> np.save(buffer, np.array([{"an": "object"}]), allow_pickle=True)
    >>> read_array(io.BytesIO(buffer.getvalue()), len(buffer.getvalue()), "a.npy")
    Traceback (most recent call last):
    ValueError: 'a.npy' holds object, which is not allowed: only plain numbers are
    """
    start = file.read(min(size, _HEADER_BYTES))
    header = io.BytesIO(start)
    if np.lib.format.read_magic(header) != (1, 0):
        raise ValueError(f"{name!r} has an unknown format")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(header, max_header_size=_HEADER_BYTES)
    # Arrays of objects are pickles, and records hide what they hold.
    if dtype.kind not in "biuf" or dtype.subdtype is not None or not dtype.isnative or fortran:
        raise ValueError(f"{name!r} holds {dtype}, which is not allowed: only plain numbers are")
    content = size - header.tell()
    # An empty array may claim any length along its other axes.
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != content or max(shape, default=0) > max(content, 2**20):
        raise ValueError(f"{name!r} says that it has the shape {shape!r:.100}, its size says otherwise")
    array = np.empty(shape, dtype=dtype)
    view, place = array.reshape(-1).view(np.uint8).data, len(start) - header.tell()
    view[:place] = start[header.tell() :]
    while place < content:
        if not (count := file.readinto(view[place:])):  # type: ignore[attr-defined]
            raise ValueError(f"{name!r} ends too early")
        place += count
    if file.read(1):
        raise ValueError(f"{name!r} has more bytes than it says")
    return array


def packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Write arrays as an npz, which has the same bytes for the same arrays; those that get smaller by it are compressed.

    Parameters
    ----------
    arrays : mapping of str to array

    Examples
    --------
    >>> import numpy as np
    >>> read_arrays(packed({"a": np.arange(3.0)}))
    {'a': array([0., 1., 2.])}
    >>> len(packed({"a": np.zeros(1_000_000)})) < 100_000
    True
    """
    compressed = _compressible(arrays)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            array, content = np.ascontiguousarray(arrays[name]), io.BytesIO()
            # Fixed dates, so that the same pipeline gives the same bytes.
            member = zipfile.ZipInfo(f"{name}.npy")
            if name in compressed:
                np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
                archive.writestr(member, content.getbuffer(), zipfile.ZIP_DEFLATED, _LEVEL)
                continue
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def _compressible(arrays: Mapping[str, NDArray[Any]]) -> set[str]:
    """Names of the arrays whose beginning gets smaller by it, the smallest first, as long as they may all be compressed."""
    names, size = set(), 0
    for name in sorted(arrays, key=lambda name: (arrays[name].nbytes, name)):
        size += arrays[name].nbytes + _HEADER_BYTES
        if size > _MOST_COMPRESSED:
            break
        start = arrays[name].reshape(-1)[: _TRIED // arrays[name].itemsize].tobytes()
        if len(zlib.compress(start, _LEVEL)) <= (1.0 - _SAVED) * len(start):
            names.add(name)
    return names
