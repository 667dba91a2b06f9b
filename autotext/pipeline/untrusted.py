"""Readers of files that may come from anyone: what they cost is bounded by the size of the file, and nothing in them is run."""

from __future__ import annotations

import io
import json
import math
import re
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from autotext.errors import ArtifactError, describe_error

JSON_BYTES = 256 * 2**20
"""No JSON file of a pipeline is larger."""
# Times its size that a file takes at worst once it is read: lists of short values, small numbers that become 64 bits.
_JSON_GROWS, _ARRAYS_GROW = 20, 8
# An empty list takes 2 bytes of a file and 60 of memory, so the number of them is limited too.
_NESTED = 3_000_000
_MEMBER = re.compile(r"[\w.-]{1,200}\.npy", re.ASCII)
_HEADER_BYTES = 2000


@contextmanager
def guarded(place: str) -> Iterator[None]:
    """Whatever is raised inside becomes an ArtifactError that names the place.

    Parameters
    ----------
    place : str
        What is being read, the beginning of the message.

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
    """Content of a plain file that is neither too large for JSON, if it is that, nor, once read, for the memory that is free.

    Raises
    ------
    OSError
        It cannot be read.
    ArtifactError
        It is no plain file, or too large.
    """
    found = path.stat()
    # Opening a named pipe would wait for ever.
    if not stat.S_ISREG(found.st_mode):
        raise ArtifactError(f"{path.name} is not a plain file.")
    free, is_json = psutil.virtual_memory().available, path.suffix == ".json"
    limit = min(JSON_BYTES, free // _JSON_GROWS) if is_json else free // _ARRAYS_GROW
    if found.st_size > limit:
        raise ArtifactError(f"{path.name} has {found.st_size / 2**20:,.0f} MiB, more than the {limit / 2**20:,.0f} MiB that "
                            f"{'such a file may have' if limit == JSON_BYTES else 'can be read with the memory that is free'}.")
    return path.read_bytes()


def read_json(data: bytes) -> Any:
    """Value of a JSON text without NaN, infinity or absurdly many brackets.

    Raises
    ------
    ValueError, RecursionError
        It is no such text, or nested too deeply.
    """
    if len(data) > JSON_BYTES or data.count(b"[") + data.count(b"{") > _NESTED:
        raise ValueError("the JSON is too large")
    return json.loads(data, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"the JSON holds {name}, which is no number")


def read_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """Arrays of an npz as `packed` writes it: not compressed, plain numbers, no larger than they say.

    Raises
    ------
    ValueError, zipfile.BadZipFile
        Anything else.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        for member in members:
            if not _MEMBER.fullmatch(member.filename) or ".." in member.filename:
                raise ValueError(f"the member {member.filename!r:.100} has a name that is not allowed")
            if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size or member.flag_bits & 1:
                raise ValueError(f"the member {member.filename!r} is compressed or encrypted, which these never are")
        if len(set(names)) < len(names) or sum(member.file_size for member in members) > len(data):
            raise ValueError("its members overlap")
        return {name.removesuffix(".npy"): _array(archive.read(name), name) for name in names}


def _array(data: bytes, name: str) -> NDArray[Any]:
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError(f"the member {name!r} has an unknown format")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=_HEADER_BYTES)
    # Objects are pickles; records hide what they hold.
    if dtype.kind not in "biuf" or dtype.subdtype is not None or not dtype.isnative or fortran:
        raise ValueError(f"the member {name!r} holds {dtype}, which is not allowed: only plain numbers are")
    start = file.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(data) - start:
        raise ValueError(f"the member {name!r} says that it has the shape {shape!r:.100}, its size says otherwise")
    return np.frombuffer(data, dtype=dtype, offset=start).reshape(shape).copy()


def packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as an uncompressed npz, the same bytes for the same arrays.

    Examples
    --------
    >>> import numpy as np
    >>> read_arrays(packed({"a": np.arange(3.0)}))
    {'a': array([0., 1., 2.])}
    """
    buffer = io.BytesIO()
    # Fixed dates, so that the same pipeline gives the same bytes.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(arrays[name]), version=(1, 0), allow_pickle=False)
    return buffer.getvalue()
