"""A folder from which a killed search can go on: its evaluations, their out-of-fold predictions, and its identity.

The format, number ``FORMAT``::

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
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.components import component
from autotext.errors import StorageError, describe_error, shown
from autotext.evaluation import Evaluation
from autotext.fingerprint import canonical
from autotext.space import Configuration, SearchSpace
from autotext.untrusted import JSON_BYTES, read_array, read_bytes, read_json
from autotext.writing import check_folder, is_temporary, lock, resolve, write_file

FORMAT = 1
_IDENTITY, _LOG, _ARRAYS, _JOURNAL = "search.json", "evaluations.jsonl", "out-of-fold", "optuna.journal"
_STAGES = {"prepare", "fit", "predict"}
TRANSFER = "transfer"
"""Folder inside for pipelines and networks that are transferred from."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Out-of-fold predictions and margins of a candidate, as they are stored.

    Parameters
    ----------
    predictions : array of shape (n_rows, ...)
        Packed as `OutOfFold` keeps them; of the first fold only, where the candidate was evaluated on no other.
    margins : array of shape (n_rows, n_classes) or None
        Half precision; None where they are no longer kept.
    """

    predictions: NDArray[Any]
    margins: NDArray[np.float16] | None = None


@dataclass(frozen=True)
class Record:
    """A job that ended: its evaluations, their out-of-fold predictions, and how far the proposals were.

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


@dataclass(frozen=True)
class Scope:
    """Says which evaluations, and which arrays, a search can have stored.

    Parameters
    ----------
    space : SearchSpace
        Checked.
    fold_rows : tuple of int
        Rows of each fold.
    n_classes : int
    multilabel : bool
    """

    space: SearchSpace
    fold_rows: tuple[int, ...]
    n_classes: int
    multilabel: bool

    def incompatibility(self, evaluation: Evaluation) -> str:
        """Why there can be no such evaluation; empty if there can."""
        values = dict(evaluation.configuration)
        model = str(values.get("model"))
        for name, domain in self.space.model.get(model, {}).items():
            # Along a path, the strength of regularization may lie outside the space, but not outside what the model takes.
            spec = component("model", model)
            if name == spec.regularization_parameter and values.get(f"model.{model}.{name}") in spec.parameters[name]:
                values[f"model.{model}.{name}"] = domain.default
        projected, changes = self.space.project(values)
        if projected is None or changes:
            return f"its configuration is not one of the space: {changes[-1]}"
        n_folds = len(self._validation_rows(evaluation))
        if n_folds and (len(evaluation.fold_scores) != n_folds or not evaluation.stage_seconds.keys() >= _STAGES):
            return f"it needs {n_folds} fold_scores, and stage_seconds of {', '.join(sorted(_STAGES))}"
        if (evaluation.score is not None) != (evaluation.status == "ok"):
            return f"its status is {evaluation.status!r} and its score {evaluation.score}: ok ones have a score, no others do"
        return ""

    def fits(self, evaluation: Evaluation, array: NDArray[Any], margins: bool) -> bool:
        """Whether an array can be the margins, or the predictions, of a candidate."""
        rows = sum(self._validation_rows(evaluation))
        if margins:
            return array.shape == (rows, self.n_classes) and array.dtype == np.float16 and bool(np.isfinite(array).all())
        if self.multilabel:
            return array.shape == (rows, -(-self.n_classes // 8)) and array.dtype == np.uint8
        return array.shape == (rows,) and array.dtype.kind == "u" and bool((array < self.n_classes).all())

    def _validation_rows(self, evaluation: Evaluation) -> tuple[int, ...]:
        """Rows of each fold that a candidate was evaluated on."""
        return {"ok": self.fold_rows, "part": self.fold_rows[:1], "raced": self.fold_rows[:1]}.get(evaluation.status, ())


class Storage:
    """Reads and writes the folder of one search; one process at a time may hold it.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    identity : dict of str to JSON value
        What the search is about; a folder of another search is refused.
    scope : Scope, optional
        What its evaluations can be; None: any.

    Attributes
    ----------
    records : list of Record
        What earlier calls left, in the order in which it ended.
    lost : int
        Number of evaluations of earlier calls whose arrays are gone or damaged, and 1 for a damaged last line; they count as
        never made.
    failure : str
        Why nothing more is written; empty while all is well.

    Raises
    ------
    StorageError
        The folder belongs to another search, is in use, damaged, or cannot be written.
    """

    def __init__(self, folder: Path, identity: Mapping[str, Any], scope: Scope | None = None) -> None:
        self.folder, self._scope = folder, scope
        self.failure = ""
        self.lost = 0
        with _naming_errors(folder):
            resolve(folder).mkdir(exist_ok=True)
            (folder / _ARRAYS).mkdir(exist_ok=True)
            self._check(identity)
            self._check_plain()
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
    def resumed(self) -> dict[str, Any]:
        """Arguments with which a `Proposer` goes on: earlier evaluations, how far the proposals were, and the study's file."""
        progress: dict[str, int] = {}
        for record in self.records:
            # Of several workers' jobs, one that was proposed early may end late.
            progress = {name: max(number, progress.get(name, 0)) for name, number in record.proposed.items()}
        return {"past": [record.evaluations for record in self.records], "progress": progress, "journal": self.journal}

    @property
    def journal(self) -> Path:
        """File of the study for optuna-dashboard."""
        return self.folder / _JOURNAL

    def append(self, record: Record, keep: Collection[str]) -> None:
        """Write a record, so that it is there whole or not at all, whenever the process ends.

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
            data = _encode_line(line)
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
            stored = read_json(read_bytes(path))
            number = stored["format"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise StorageError(f"{str(path)!r} is damaged ({describe_error(error)}); give storage another folder.") from None
        if type(number) is not int or number > FORMAT:
            raise StorageError(f"{str(self.folder)!r} has format {shown(number)}; this autotext reads up to {FORMAT}: "
                               "pip install --upgrade autotext.")
        for name, value in wanted.items():
            if stored.get(name) != value:
                raise StorageError(f"{str(self.folder)!r} holds a search with another {name} ({shown(stored.get(name))}, now "
                                   f"{shown(value)}). Repeat that search, or give storage another folder.")

    def _check_plain(self) -> None:
        """Refuse files that lead elsewhere, or would be waited for."""
        arrays = self.folder / _ARRAYS
        for path in (self.folder / _LOG, self.journal, arrays, *arrays.iterdir()):
            if path.is_symlink() or (path.exists() and path != arrays and not path.is_file()):
                raise StorageError(f"{str(path)!r} is a link or no plain file; give storage another folder.")

    def _lock(self) -> None:
        if not lock(self._log, wait=False):
            raise StorageError(f"Another search is running in {str(self.folder)!r}; wait for it, or give storage another "
                               "folder.")

    def _read(self) -> Iterator[Record]:
        """Read the records of the log; a torn last line is cut off, any other that does not fit its checksum is an error."""
        end, torn, seen = 0, 0, set[str]()
        size = os.fstat(self._log).st_size
        with (self.folder / _LOG).open("rb") as lines:
            # No line that was written is longer, and what was torn has no line after it.
            for number, line in enumerate(iter(partial(lines.readline, JSON_BYTES + 1), b""), start=1):
                if torn or len(line) > JSON_BYTES:
                    raise self._damage_error(torn or number, "the line was changed")
                document = _decode_line(line)
                if document is None:
                    torn = number
                    continue
                end += len(line)
                try:
                    record = self._parse(document, seen)
                except (ValueError, LookupError, TypeError, AttributeError) as error:
                    raise self._damage_error(number, describe_error(error)) from None
                if record is not None:
                    yield record
        if end < size:
            self.lost += 1
            os.ftruncate(self._log, end)
        elif size and not line.endswith(b"\n"):
            os.write(self._log, b"\n")

    def _damage_error(self, number: int, reason: str) -> StorageError:
        return StorageError(f"{str(self.folder / _LOG)!r}, line {number}: {reason}; give storage another folder, or delete the "
                            "line.")

    def _parse(self, document: Mapping[str, Any], seen: set[str]) -> Record | None:
        """Make a record of a line, without candidates whose arrays are lost, or that an earlier line has already."""
        if document.keys() != {"evaluations", "proposed", "arrays"} or not document["evaluations"]:
            raise ValueError("it must hold evaluations, proposed and arrays")
        evaluations = tuple(map(Evaluation.from_json, document["evaluations"]))
        for evaluation in evaluations:
            if Configuration(evaluation.configuration).fingerprint != evaluation.fingerprint:
                raise ValueError(f"the fingerprint {shown(evaluation.fingerprint)} is not that of its configuration")
            if self._scope is not None and (reason := self._scope.incompatibility(evaluation)):
                raise ValueError(reason)
        proposed, checksums = document["proposed"], document["arrays"]
        if not all(isinstance(name, str) and type(number) is int and 0 <= number < 2**31 for name, number in proposed.items()):
            raise ValueError(f"proposed must be whole numbers, not {shown(proposed)}")
        by_name = {evaluation.fingerprint: evaluation for evaluation in evaluations}
        if not checksums.keys() <= by_name.keys():
            raise ValueError("it has arrays of other candidates than its own")
        answers = {name: self._read_arrays(by_name[name], checksum) for name, checksum in checksums.items()}
        whole = tuple(evaluation for evaluation in by_name.values() if evaluation.fingerprint not in seen
                      and (evaluation.fingerprint not in answers or answers[evaluation.fingerprint] is not None))
        self.lost += sum(arrays is None for arrays in answers.values())
        seen.update(evaluation.fingerprint for evaluation in whole)
        if not whole:
            return None
        return Record(whole, proposed, {name: arrays for name, arrays in answers.items() if arrays is not None})

    def _write_arrays(self, name: str, answers: Answers, margins: bool) -> list[str]:
        """Write the predictions of a candidate, and its margins if they are wanted; returns their checksums."""
        checksums = []
        for ending, array in (("", answers.predictions), (".margins", answers.margins)):
            data = b"" if array is None else _encode_array(array)
            checksums.append(_checksum(data))
            if array is not None and (margins or not ending):
                # Checksums in the log tell what a power cut took; waiting for the disk would cost search time.
                write_file(self.folder / _ARRAYS / f"{name}{ending}.npy", data, sync=False)
        return checksums

    def _read_arrays(self, evaluation: Evaluation, checksums: Sequence[str]) -> Answers | None:
        """Read the predictions and margins of a candidate; None if the predictions are gone or damaged."""
        arrays: list[NDArray[Any] | None] = []
        for ending, checksum in zip(("", ".margins"), checksums, strict=True):
            path = self.folder / _ARRAYS / f"{evaluation.fingerprint}{ending}.npy"
            try:
                data = read_bytes(path)
                array = read_array(io.BytesIO(data), len(data), path.name) if data and _checksum(data) == checksum else None
            except (OSError, ValueError):
                array = None
            if array is not None and self._scope is not None and not self._scope.fits(evaluation, array, bool(ending)):
                array = None
            arrays.append(array)
        return None if arrays[0] is None else Answers(arrays[0], arrays[1])


def check_storage(folder: Path) -> Path:
    """Refuse a folder in which no search could be stored, before any time is spent; nothing is changed.

    Parameters
    ----------
    folder : Path
        It must exist, or the folder above it.

    Returns
    -------
    Path
        The same folder.

    Raises
    ------
    StorageError
        Neither exists, or the folder cannot be written.
    """
    with _naming_errors(folder):
        target = resolve(folder)
        check_folder(target if target.exists() else target.parent)
    return folder


@contextlib.contextmanager
def _naming_errors(folder: Path) -> Iterator[None]:
    """Turn errors of the system into one that names the folder."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"Cannot keep the search in {str(folder)!r}: {describe_error(error)}; "
                           "give storage another folder.") from error


def _encode_line(content: Mapping[str, Any]) -> bytes:
    """Write the content of a line as JSON, with its checksum before it."""
    return (canonical({"checksum": _checksum(canonical(content).encode()), **content}) + "\n").encode()


def _decode_line(line: bytes) -> dict[str, Any] | None:
    """Read the content of a line; None if it is torn or was changed."""
    try:
        document: dict[str, Any] = read_json(line)
        checksum = document.pop("checksum")
        return document if checksum == _checksum(canonical(document).encode()) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _encode_array(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _checksum(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()
