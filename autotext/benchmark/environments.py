"""Environments of arms whose libraries do not go with those of autotext."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from autotext.benchmark.arms import Arm
from autotext.errors import BenchmarkError
from autotext.fingerprint import fingerprint
from autotext.writing import locked


def default_environments() -> Path:
    """Folder in which environments are kept unless another one is chosen.

    Examples
    --------
    >>> default_environments().name
    'environments'
    """
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "autotext" / "environments"


def install_environment(arm: Arm, folder: Path) -> Path:
    """Install what an arm requires, unless that was done before, and return the Python that runs it.

    Parameters
    ----------
    arm : Arm
    folder : Path
        Where environments are kept; one is made anew when the requirements of its arm change.

    Raises
    ------
    BenchmarkError
        pip could not install the requirements; the message has its last lines.
    """
    if not arm.requirements:
        return Path(sys.executable)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    place = folder / f"{arm.name}-{fingerprint([version, *arm.requirements])}"
    python, marker = place / "bin" / "python", place / "complete"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if not marker.exists():
            shutil.rmtree(place, ignore_errors=True)
            _run([sys.executable, "-m", "venv", str(place)], arm)
            _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arm.requirements], arm)
            marker.touch()
    return python


def _run(command: list[str], arm: Arm) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        reason = " ".join((ended.stderr or ended.stdout).strip().splitlines()[-3:])
        raise BenchmarkError(f"{arm.name} cannot be installed: {reason[-600:]}")
