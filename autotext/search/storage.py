"""A folder in which a search survives a kill: what was evaluated, what each candidate answered, and for which search.

The form, number ``FORMAT``::

    search.json            what the folder belongs to: task, folds, space, metric, seed
    evaluations.jsonl      a line per job that ended: its evaluations, how far the proposals were, a checksum
    out-of-fold/ID.npy     predictions of a candidate; ID.margins.npy: margins, of the best ones only
    optuna.journal         the study, for optuna-dashboard; written anew by each call, never read
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.errors import StorageError, describe_error
from autotext.evaluation import Evaluation
from autotext.fingerprint import canonical
from autotext.writing import check_folder, is_temporary, lock, resolve, write_file

FORMAT = 1
_IDENTITY, _LOG, _ARRAYS, _JOURNAL = "search.json", "evaluations.jsonl", "out-of-fold", "optuna.journal"
TRANSFER = "transfer"
"""Folder inside for pipelines and networks that are transferred from."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What a candidate answered out of fold.

    Parameters
    ----------
    predictions : array of shape (n_rows, ...)
        Packed as `Candidates` keeps them; of the first fold only, where the candidate was judged on no other.
    margins : array of shape (n_rows, n_classes) or None
        Half precision; None where they are no longer kept.
    """

    predictions: NDArray[Any]
    margins: NDArray[np.float16] | None = None


@dataclass(frozen=True)
class Record:
    """A job that ended: its evaluations, what their candidates answered, and how far the proposals were.

    Parameters
    ----------
    evaluations : tuple of Evaluation
    proposed : dict of str to int
        As `Proposer.progress` gives it.
    answers : dict of str to Answers
        By fingerprint, for evaluations that ended by themselves.
    """

    evaluations: tuple[Evaluation, ...]
    proposed: Mapping[str, int]
    answers: Mapping[str, Answers] = field(default_factory=dict)


class Storage:
    """The folder of one search; one process at a time may hold it.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    identity : dict of str to JSON value
        What the search is about; a folder of another search is refused.

    Attributes
    ----------
    records : list of Record
        What earlier calls left, in the order in which it ended.
    lost : int
        Evaluations of earlier calls whose arrays are gone or damaged; they count as never made.
    failure : str
        Why nothing more is written; empty while all is well.

    Raises
    ------
    StorageError
        The folder belongs to another search, is in use, damaged, or cannot be written.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self.folder = folder
        self.failure = ""
        self.lost = 0
        with _named_errors(folder):
            resolve(folder).mkdir(exist_ok=True)
            (folder / _ARRAYS).mkdir(exist_ok=True)
            self._check(identity)
            self._log = os.open(folder / _LOG, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            self._lock()
            self.records = list(self._read())
        except BaseException:
            os.close(self._log)
            raise

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._log)

    @property
    def journal(self) -> Path:
        """File of the study for optuna-dashboard."""
        return self.folder / _JOURNAL

    def append(self, record: Record, keep: Collection[str]) -> None:
        """Write a record: it is there whole or not at all, whenever the process ends.

        Parameters
        ----------
        record : Record
        keep : collection of str
            Fingerprints of the candidates whose margins are still wanted; others are deleted.
        """
        if self.failure:
            return
        size = os.fstat(self._log).st_size
        try:
            checksums = {name: self._write_arrays(name, answers, name in keep) for name, answers in record.answers.items()}
            line = {"evaluations": [evaluation.to_json() for evaluation in record.evaluations],
                    "proposed": dict(record.proposed), "arrays": checksums}
            data = _line(line)
            if os.write(self._log, data) < len(data):
                raise OSError(0, "no space is left")
            os.fsync(self._log)
            for path in (self.folder / _ARRAYS).glob("*.margins.npy"):
                if path.name.removesuffix(".margins.npy") not in keep:
                    path.unlink()
        except OSError as error:
            self.failure = describe_error(error)
            with contextlib.suppress(OSError):
                os.ftruncate(self._log, size)

    def _check(self, identity: Mapping[str, Any]) -> None:
        """Refuse a folder of another search; claim one that is new."""
        path, wanted = self.folder / _IDENTITY, {"format": FORMAT, **identity}
        if not path.exists():
            others = [entry.name for entry in self.folder.iterdir()
                      if entry.name not in (_ARRAYS, TRANSFER) and not is_temporary(entry.name)]
            if others:
                raise StorageError(f"{str(self.folder)!r} holds {others[0]!r} and no search; give storage a folder of its own.")
            write_file(path, (json.dumps(wanted, indent=1) + "\n").encode())
            return
        try:
            found = json.loads(path.read_bytes())
            number = found["format"]
        except (ValueError, KeyError, TypeError):
            raise StorageError(f"{str(path)!r} is damaged; give storage another folder.") from None
        if not isinstance(number, int) or number > FORMAT:
            raise StorageError(f"{str(self.folder)!r} has format {number}; this autotext reads up to {FORMAT}: "
                               "pip install --upgrade autotext.")
        for name, value in wanted.items():
            if found.get(name) != value:
                raise StorageError(f"{str(self.folder)!r} holds a search with another {name} ({_shown(found.get(name))}, now "
                                   f"{_shown(value)}). Repeat that search, or give storage another folder.")

    def _lock(self) -> None:
        if not lock(self._log, wait=False):
            raise StorageError(f"Another search is running in {str(self.folder)!r}; wait for it, or give storage another "
                               "folder.")

    def _read(self) -> Iterator[Record]:
        """Records of the log; a torn last line is cut off, anything else that does not fit its checksum is an error."""
        data = (self.folder / _LOG).read_bytes()
        lines = data.split(b"\n")
        end = 0
        for number, line in enumerate(lines, start=1):
            document = _document(line)
            if document is None:
                if any(map(_document, lines[number:])):
                    raise StorageError(f"{str(self.folder / _LOG)!r}, line {number}: the line was changed; give storage "
                                       "another folder, or delete the line.")
                break
            end += len(line) + 1
            if (record := self._record(document)) is not None:
                yield record
        if end == len(data) + 1:
            os.write(self._log, b"\n")
        elif end < len(data):
            os.ftruncate(self._log, end)

    def _record(self, document: Mapping[str, Any]) -> Record | None:
        evaluations = tuple(map(Evaluation.from_json, document["evaluations"]))
        answers = {name: self._read_arrays(name, checksum) for name, checksum in document["arrays"].items()}
        whole = tuple(evaluation for evaluation in evaluations
                      if evaluation.fingerprint not in answers or answers[evaluation.fingerprint] is not None)
        self.lost += len(evaluations) - len(whole)
        if not whole:
            return None
        return Record(whole, document["proposed"], {name: found for name, found in answers.items() if found is not None})

    def _write_arrays(self, name: str, answers: Answers, margins: bool) -> list[str]:
        found = []
        for ending, array in (("", answers.predictions), (".margins", answers.margins)):
            data = b"" if array is None else _npy(array)
            found.append(_checksum(data))
            if array is not None and (margins or not ending):
                # Checksums in the log tell what a power cut took; waiting for the disk would cost search time.
                write_file(self.folder / _ARRAYS / f"{name}{ending}.npy", data, sync=False)
        return found

    def _read_arrays(self, name: str, checksums: Sequence[str]) -> Answers | None:
        found: list[NDArray[Any] | None] = []
        for ending, checksum in zip(("", ".margins"), checksums, strict=True):
            try:
                data = (self.folder / _ARRAYS / f"{name}{ending}.npy").read_bytes()
            except OSError:
                data = b""
            whole = data and _checksum(data) == checksum
            found.append(np.load(io.BytesIO(data), allow_pickle=False) if whole else None)
        return None if found[0] is None else Answers(found[0], found[1])


def check_storage(folder: Path) -> Path:
    """Refuse a folder in which no search could be kept, before any time is spent; nothing is changed.

    Parameters
    ----------
    folder : Path
        It, or the folder above, must exist.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    StorageError
        It does not, or it cannot be written.
    """
    with _named_errors(folder):
        target = resolve(folder)
        check_folder(target if target.exists() else target.parent)
    return folder


@contextlib.contextmanager
def _named_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"Cannot keep the search in {str(folder)!r}: {describe_error(error)}; "
                           "give storage another folder.") from error


def _line(content: Mapping[str, Any]) -> bytes:
    return (canonical({"checksum": _checksum(canonical(content).encode()), **content}) + "\n").encode()


def _document(line: bytes) -> dict[str, Any] | None:
    """Content of a line; None if it is torn or was changed."""
    try:
        document: dict[str, Any] = json.loads(line)
        stated = document.pop("checksum")
        return document if stated == _checksum(canonical(document).encode()) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _checksum(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()


def _shown(value: Any) -> str:
    return f"{value!r:.60}"
