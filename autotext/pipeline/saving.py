"""Saving pipelines: what may be written to which folder, and in what order."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from autotext.errors import ArtifactError, describe_error
from autotext.fingerprint import canonical
from autotext.pipeline.folders import FILES, FORMAT, MANIFEST, checksum, read_manifest, stored_name
from autotext.untrusted import takes_too_much
from autotext.writing import (
    check_folder,
    is_temporary,
    locked,
    remove,
    remove_leftovers,
    replace_file,
    resolve,
    sync_to_disk,
    temporary,
)

_STORED = re.compile(r"(state|report)-[0-9a-f]{16}\.json|arrays-[0-9a-f]{16}\.npz")
_SHOWN = 3


def check_target(folder: Path, replace: bool = True) -> Path:
    """Refuse a folder to which a pipeline cannot be saved, before any time is spent; the folder is not changed.

    Parameters
    ----------
    folder : Path
        New in a folder that exists, or empty, or with a pipeline and nothing else.
    replace : bool, default=True
        Whether a pipeline may be in it.

    Returns
    -------
    Path
        The folder, after following symbolic links.

    Raises
    ------
    ArtifactError
        The folder holds something else, is no folder, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "notes.txt").write_text("mine")
    ...     check_target(Path(folder))
    Traceback (most recent call last):
    autotext.errors.ArtifactError: ... holds 'notes.txt', which is no part of a pipeline; choose a new or empty folder, or ...
    """
    with _named_errors(folder):
        target = resolve(folder)
        if not target.exists():
            check_folder(target.parent)
        elif target.is_dir():
            _refuse_others(target, replace)
            check_folder(target)
        else:
            raise ArtifactError(f"{str(folder)!r} is a file, and a pipeline is saved as a folder; choose a new or empty "
                                "folder.")
    return target


def write_folder(folder: Path, manifest: Mapping[str, Any], contents: Mapping[str, bytes]) -> None:
    """Write a pipeline; an older one in the folder is replaced.

    Parameters
    ----------
    folder : Path
        New, empty, or with an older pipeline, as `check_target` requires.
    manifest : dict of str to JSON value
        Format, files and checksum are added.
    contents : dict of str to bytes
        By the names in `FILES`.

    Raises
    ------
    ArtifactError
        The folder cannot be used or written.
    """
    with _named_errors(folder), _opened(check_target(folder)) as target:
        _refuse_others(target)
        try:
            _remove_unlisted(target)
            manifest = _seal(manifest, contents, _old_files(target))
            for name, data in contents.items():
                replace_file(target / stored_name(manifest, name), data)
            sync_to_disk(target)
            replace_file(target / MANIFEST, _checked(MANIFEST, pretty_json(manifest)))
            sync_to_disk(target)
        finally:
            _remove_unlisted(target)


def _seal(manifest: Mapping[str, Any], contents: Mapping[str, bytes], replaced: Mapping[str, str]) -> dict[str, Any]:
    """Add the checksums of the other files, and its own, to a manifest."""
    checksums = {name: checksum(_checked(name, data)) for name, data in contents.items()}
    complete = {**manifest, "format": FORMAT, "files": checksums}
    if replaced:
        complete["replaced"] = replaced
    return {**complete, "checksum": checksum(canonical(complete).encode())}


def _checked(name: str, data: bytes) -> bytes:
    if name.endswith(".json") and takes_too_much(data):
        raise ArtifactError(f"{name} would have {len(data) / 2**20:,.0f} MiB, too much to be read again: use a smaller "
                            "max_features.")
    return data


@contextmanager
def filled_folder(folder: Path, last: str) -> Iterator[Path]:
    """Give an empty temporary folder, whose files are moved into a new or empty folder unless an error occurs.

    Parameters
    ----------
    folder : Path
    last : str
        Name of the file that is moved last, because the others mean nothing without it.

    Raises
    ------
    ArtifactError
        The folder is neither new nor empty, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     with filled_folder(Path(parent) / "new", "config.json") as beside:
    ...         _ = (beside / "config.json").write_text("{}")
    ...     sorted(path.name for path in (Path(parent) / "new").iterdir())
    ['config.json']
    """
    with _named_errors(folder), _opened(check_target(folder, replace=False)) as target:
        _refuse_others(target, replace=False)
        beside = temporary(target)
        moved: list[Path] = []
        try:
            beside.mkdir()
            yield beside
            for path in sorted(beside.iterdir(), key=lambda path: path.name == last):
                sync_to_disk(path)
                moved.append(target / path.name)
                path.rename(moved[-1])
            sync_to_disk(target)
        except BaseException:
            for path in moved:
                remove(path)
            raise
        finally:
            remove_leftovers(target)


def pretty_json(value: Any) -> bytes:
    r"""Encode a value as indented JSON in ASCII, which also holds lone surrogates.

    Parameters
    ----------
    value : object

    Examples
    --------
    >>> pretty_json({"label": "é"})
    b'{\n "label": "\\u00e9"\n}\n'
    """
    return (json.dumps(value, ensure_ascii=True, allow_nan=False, indent=1) + "\n").encode()


@contextmanager
def _named_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtifactError(f"Cannot write the pipeline to {str(folder)!r}: {describe_error(error)}.") from error


@contextmanager
def _opened(target: Path) -> Iterator[Path]:
    """Lock a folder, made if it is new; a new folder is removed again if an error occurs inside."""
    new = not target.exists()
    target.mkdir(exist_ok=True)
    try:
        with locked(target):
            yield target
        if new:
            sync_to_disk(target.parent)
    except BaseException:
        if new:
            with suppress(OSError):
                target.rmdir()
        raise


def _refuse_others(target: Path, replace: bool = True) -> None:
    """Refuse a folder that holds anything but a pipeline and what killed saves left behind."""
    try:
        manifest = _read_standing(target) if replace else {}
    except ArtifactError as error:
        raise ArtifactError(f"{str(target)!r} holds a {MANIFEST} that cannot be read as that of a pipeline; choose a new or "
                            "empty folder, or delete this one by hand if nothing in it is wanted.") from error
    of_pipeline = _listed(manifest) | _replaced(target, manifest)
    others = sorted(name for name in os.listdir(target)
                    if name not in of_pipeline and not is_temporary(name) and not _STORED.fullmatch(name))
    if others:
        more = f" and {len(others) - _SHOWN:,} more" if len(others) > _SHOWN else ""
        raise ArtifactError(f"{str(target)!r} holds {', '.join(map(repr, others[:_SHOWN]))}{more}, which is no part of a "
                            "pipeline; choose a new or empty folder, or move it away.")


def _remove_unlisted(target: Path) -> None:
    """Remove files of earlier saves that do not belong to the pipeline in the folder."""
    with suppress(OSError, ArtifactError):
        manifest = _read_standing(target)
        stored = {name for name in os.listdir(target) if _STORED.fullmatch(name)}
        for name in stored - _listed(manifest) | _replaced(target, manifest):
            remove(target / name)


def _read_standing(target: Path) -> dict[str, Any]:
    """The manifest of the pipeline in a folder; empty if there is none."""
    return read_manifest(target) if os.path.lexists(target / MANIFEST) else {}


def _listed(manifest: Mapping[str, Any]) -> set[str]:
    return {MANIFEST, *(stored_name(manifest, name) for name in FILES)} if manifest else set()


def _old_files(target: Path) -> dict[str, str]:
    """Checksums of the files whose names are those of the first format, by name."""
    return {name: checksum((target / name).read_bytes()) for name in FILES if (target / name).is_file()}


def _replaced(target: Path, manifest: Mapping[str, Any]) -> set[str]:
    """Names of files of the first format that the pipeline replaced, but that a killed save did not remove."""
    replaced = manifest.get("replaced")
    # The manifest may come from anywhere, so its types are not trusted.
    if not isinstance(replaced, dict):
        return set()
    return {name for name, now in _old_files(target).items() if replaced.get(name) == now}
