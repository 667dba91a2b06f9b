"""The folder of a pipeline: which files it has, and how they are replaced so that it always holds a whole pipeline.

The name of a file holds the checksum of its content, and ``manifest.json`` lists the files of the pipeline::

    manifest.json            what the pipeline is, the checksums of the other files, and its own
    state-CHECKSUM.json      what it learned
    arrays-CHECKSUM.npz
    report-CHECKSUM.json     how it was found

A save writes new content beside the old, then replaces the manifest by one rename, then removes what is no longer listed.
So the folder itself stays, be it ``.``, a link or a mount point. What a killed save left is removed by the next one.

Raising ``FORMAT``: keep a reader for the old number, add a folder of the old format to ``tests/golden`` first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from autotext.errors import ArtifactError, describe_error
from autotext.fingerprint import canonical
from autotext.untrusted import read_bytes, read_json

FORMAT = 3
MANIFEST = "manifest.json"
FILES = ("state.json", "arrays.npz", "report.json")
_CHECKSUM = re.compile(r"[0-9a-f]{32}")
# A reader starts again if a save replaced the pipeline meanwhile.
_ATTEMPTS = 5


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read the manifest of a pipeline's folder, and the contents of its files by the names in `FILES`.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    ArtifactError
        The folder is missing, incomplete, damaged, or of a format that this version cannot read.
    """
    if os.path.isfile(folder):
        raise ArtifactError(f"{str(folder)!r} is a file; a pipeline is saved as a folder and has no other form. If it is an "
                            "archive, unpack it and give the folder that holds manifest.json.")
    for _ in range(_ATTEMPTS):
        manifest = read_manifest(folder)
        try:
            return manifest, {name: _read_file(folder, manifest, name) for name in FILES}
        except FileNotFoundError as error:
            missing = Path(error.filename).name
    raise _damaged(folder, f"{missing} is missing")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a pipeline's folder and check its checksum, its format and the names of its files.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    ArtifactError
        The manifest is missing or damaged, or of a format that this version cannot read.
    """
    try:
        manifest = read_json(read_bytes(folder / MANIFEST))
        saved_sum = manifest.pop("checksum")
        digest = checksum(canonical(manifest).encode())
    except FileNotFoundError:
        what = "is not a pipeline folder: it has no manifest.json" if os.path.isdir(folder) else "does not exist"
        raise ArtifactError(f"{str(folder)!r} {what}.") from None
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        reason = f": {describe_error(error)}" if isinstance(error, ValueError) else ""
        raise _damaged(folder, f"{MANIFEST} cannot be read{reason}") from None
    number = manifest.get("format")
    if type(number) is int and number > FORMAT:
        raise ArtifactError(f"The pipeline in {str(folder)!r} has format {number}; this autotext reads up to {FORMAT}: "
                            "pip install --upgrade autotext.")
    files = manifest.get("files")
    if (saved_sum != digest or type(number) is not int or number < 1 or not isinstance(files, dict) or set(files) != set(FILES)
            or not all(isinstance(value, str) and _CHECKSUM.fullmatch(value) for value in files.values())):
        raise _damaged(folder, f"{MANIFEST} was changed")
    return manifest


def checksum(data: bytes) -> str:
    """Checksum that reveals accidental changes, as 32 hexadecimal digits.

    Parameters
    ----------
    data : bytes

    Examples
    --------
    >>> checksum(b"content")[:8]
    'c681ff42'
    """
    return blake2b(data, digest_size=16).hexdigest()


def stored_name(manifest: Mapping[str, Any], name: str) -> str:
    """File name of one of `FILES` in a pipeline's folder, which holds a part of its checksum.

    Parameters
    ----------
    manifest : mapping of str to object
    name : {"state.json", "arrays.npz", "report.json"}

    Examples
    --------
    >>> stored_name({"format": 2, "files": {"state.json": "0123456789abcdef0123456789abcdef"}}, "state.json")
    'state-0123456789abcdef.json'
    """
    stem, ending = name.split(".")
    return name if manifest["format"] == 1 else f"{stem}-{manifest['files'][name][:16]}.{ending}"


def _read_file(folder: Path, manifest: Mapping[str, Any], name: str) -> bytes:
    """Content of one of `FILES`; FileNotFoundError where it is missing."""
    path = folder / stored_name(manifest, name)
    try:
        data = read_bytes(path)
    except FileNotFoundError:
        raise
    except (OSError, ArtifactError) as error:
        raise _damaged(folder, f"{path.name} cannot be read: {describe_error(error)}") from None
    if checksum(data) != manifest["files"][name]:
        raise _damaged(folder, f"{path.name} was changed or cut short")
    return data


def _damaged(folder: Path, what: str) -> ArtifactError:
    return ArtifactError(f"The pipeline in {str(folder)!r} is damaged: {what}. Copy or save it again, or train a new one.")
