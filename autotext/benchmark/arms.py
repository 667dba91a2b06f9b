"""Arms of a benchmark: the systems and models that are compared, each in a file of its own."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autotext.benchmark.harness import load_arm
from autotext.errors import BenchmarkError, describe_error, shown, suggestion
from autotext.scoring.metrics import KINDS

ARM_KINDS = ("system", "model")
"""A system searches, within the budget; a model is one protocol, which takes the time that it takes."""


@dataclass(frozen=True)
class Arm:
    """What is known of a system or model before it runs.

    Parameters
    ----------
    name : str
    about : str
        First sentence of its docstring.
    target : str
        Path of its file, or ``"module:Class"``.
    kind : {"system", "model"}
    handles : tuple of str
        Kinds of tasks that it can do; it abstains from the others.
    requirements : tuple of str
        What pip installs into an environment of its own. Empty: it runs in that of autotext.
    needs_encoder : bool
        Whether it is given the folder of a pretrained transformer.

    Examples
    --------
    >>> Arm.read("majority").kind, Arm.read("majority").requirements
    ('model', ())
    """

    name: str
    about: str
    target: str
    kind: str
    handles: tuple[str, ...]
    requirements: tuple[str, ...]
    needs_encoder: bool

    @classmethod
    def read(cls, name: str) -> Arm:
        """Read what an arm says of itself.

        Parameters
        ----------
        name : str
            Name of a shipped arm, path of a ``.py`` file, or ``"module:Class"``.

        Raises
        ------
        BenchmarkError
            There is no such arm, or what it says of itself cannot be used.
        """
        target = _target(name)
        try:
            arm = load_arm(target)
        except Exception as error:  # a file of others may fail in any way
            raise BenchmarkError(f"The arm {name!r} cannot be loaded: {describe_error(error, 200)}. An arm is a file with one "
                                 "class that has fit(texts, labels, job) and predict(texts), or module:Class.") from error
        return cls(Path(target).stem if target.endswith(".py") else target.rpartition(":")[2],
                   (inspect.getdoc(arm) or "").split("\n")[0], target, **_checked(arm, name))


def _target(name: str) -> str:
    if name.endswith(".py"):
        if not Path(name).is_file():
            raise BenchmarkError(f"There is no file {name!r} of an arm.")
        return str(Path(name).resolve())
    if ":" in name:
        return name
    path = arms_folder() / f"{name}.py"
    if not path.is_file():
        raise BenchmarkError(f"Unknown arm {name!r}.{suggestion(name, shipped_arms())} autotext benchmark arms lists all; "
                             "yours is a path that ends in .py, or module:Class.")
    return str(path)


def _checked(arm: type, name: str) -> dict[str, Any]:
    described: dict[str, Any] = {"kind": getattr(arm, "kind", "system"), "handles": tuple(getattr(arm, "handles", KINDS)),
                 "requirements": tuple(getattr(arm, "requirements", ())),
                 "needs_encoder": bool(getattr(arm, "needs_encoder", False))}
    if described["kind"] not in ARM_KINDS:
        raise BenchmarkError(f"The arm {name!r}: kind must be 'system' or 'model', not {shown(described['kind'])}.")
    if not set(described["handles"]) <= set(KINDS) or not described["handles"]:
        raise BenchmarkError(f"The arm {name!r}: handles must list kinds of tasks ({', '.join(KINDS)}), not "
                             f"{shown(described['handles'])}.")
    for method in ("fit", "predict"):
        if not callable(getattr(arm, method, None)):
            raise BenchmarkError(f"The arm {name!r} has no method {method}.")
    return described


def shipped_arms() -> tuple[str, ...]:
    """Names of the arms that come with autotext.

    Examples
    --------
    >>> {"autotext", "majority", "tfidf_lr"} <= set(shipped_arms())
    True
    """
    return tuple(sorted(path.stem for path in arms_folder().glob("*.py")))


def arms_folder() -> Path:
    """Folder of the shipped arms.

    Examples
    --------
    >>> (arms_folder() / "majority.py").is_file()
    True
    """
    package = Path(__file__).resolve().parent.parent
    # The folder is inside the package in a wheel, and beside it in an editable install.
    inside = package / "arms"
    return inside if inside.is_dir() else package.parent / "benchmarks" / "arms"
