"""Runs one arm on one task: ``python harness.py JOB.json``.

It is run as a script by the Python of the arm's environment, so it imports the standard library alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import importlib.util
import json
import os
import resource
import signal
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# Of Linux's prctl.
_SET_PARENT_DEATH_SIGNAL = 1


def load_arm(target: str) -> type:
    """Class of an arm, from ``"path/to/file.py"`` or ``"module:Class"``.

    Parameters
    ----------
    target : str
        A file holds one class that has a method ``fit`` and a name without a leading underscore.

    Raises
    ------
    ValueError
        There is no such class, or there are several.

    Examples
    --------
    >>> load_arm("collections:Counter").__name__
    'Counter'
    """
    if not target.endswith(".py"):
        module_name, _, name = target.partition(":")
        return getattr(importlib.import_module(module_name), name)
    # Another name than that of the file, which may be called like the library that it imports.
    spec = importlib.util.spec_from_file_location(f"arm_of_{Path(target).stem}", target)
    if spec is None or spec.loader is None:
        raise ValueError(f"{target} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    classes = [value for name, value in vars(module).items()
               if isinstance(value, type) and hasattr(value, "fit") and not name.startswith("_")
               and value.__module__ == module.__name__]
    if len(classes) != 1:
        raise ValueError(f"{target} must hold one class with a method fit, not {len(classes)}")
    return classes[0]


def main() -> None:
    """Prepare, fit and predict, and write what came of it; each step is announced in a file of its own."""
    _die_with_parent()
    job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    folder = Path(sys.argv[1]).parent
    if job["cores"] and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, job["cores"])
    sys.path[:0] = job["path"]
    data = json.loads((folder / "data.json").read_text("utf-8"))
    arm = load_arm(job["target"])()
    for name in getattr(arm, "imports", ()):
        importlib.import_module(name)
    described = SimpleNamespace(**job["job"])
    if hasattr(arm, "prepare"):
        _announce(folder, "prepare")
        arm.prepare(described)
    result: dict[str, Any] = {}
    _announce(folder, "fit")
    started = time.perf_counter()
    arm.fit(data["texts"], data["labels"], described)
    result["fit_seconds"] = time.perf_counter() - started
    _announce(folder, "predict")
    started = time.perf_counter()
    labels = arm.predict(data["test_texts"])
    result["predict_seconds"] = time.perf_counter() - started
    result["labels"] = [str(label) if isinstance(label, str) or not hasattr(label, "__iter__") else [*map(str, label)]
                        for label in labels]
    if hasattr(arm, "predict_proba"):
        result["probabilities"] = [[float(value) for value in row] for row in arm.predict_proba(data["test_texts"])]
        result["classes"] = [str(label) for label in arm.classes]
    result["curve"] = [[float(second), float(score)] for second, score in getattr(arm, "curve", ())]
    result["versions"] = _versions(job["packages"])
    result["cpu_seconds"] = sum(usage.ru_utime + usage.ru_stime for usage in
                                (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)))
    if hasattr(arm, "save"):
        _announce(folder, "save")
        saved = folder / "saved"
        saved.mkdir()
        arm.save(str(saved))
        result["artifact_mb"] = sum(path.stat().st_size for path in saved.rglob("*") if path.is_file()) / 1e6
    (folder / "result.json").write_text(json.dumps(result), "utf-8")


def _die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies, as nobody would wait for its result; Linux only."""
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def _announce(folder: Path, step: str) -> None:
    (folder / f"{step}.started").touch()


def _versions(packages: list[str]) -> dict[str, str]:
    versions = {"python": sys.version.split()[0]}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "missing"
    return versions


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # Peers leave threads and processes behind, which would keep this one from ending.
    os._exit(0)
