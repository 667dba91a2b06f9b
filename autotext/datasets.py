"""A task from installed packages, without a download: telling which package a docstring describes."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from autotext.errors import TaskError
from autotext.task import Task

PACKAGES = ("numpy", "scipy", "sklearn", "pandas", "optuna")
_MASKED = re.compile(r"\b(?:numpy|np|scipy|sp|scikit-learn|scikits?|sklearn|pandas|pd|optuna|ndarrays?|dataframes?|"
                     r"(?:data|time)?series|stud(?:y|ies)|trials?|estimators?)\b", re.IGNORECASE)
_LENGTH = (60, 500)


def docstrings(per_package: int = 250, test_share: float = 0.2) -> Task:
    """Task of docstrings of the installed scientific packages, labelled with their package; package names are masked.

    Parameters
    ----------
    per_package : int, default=250
        Limit on the docstrings of each package; which ones are chosen depends only on its version.
    test_share : float, default=0.2
        Share of each package's docstrings that becomes the test rows.

    Returns
    -------
    Task
        English, five classes; its ``test`` rows are never searched on.

    Raises
    ------
    TaskError
        A package is not installed, or comes without its sources.

    Examples
    --------
    >>> task = docstrings(per_package=20)
    >>> len(task), len(task.test), task.kind
    (80, 20, 'multiclass')
    """
    by_package = {package: _package_docstrings(package, per_package) for package in PACKAGES}
    cut = {package: round(len(texts) * (1 - test_share)) for package, texts in by_package.items()}
    train = [(text, package) for package, texts in by_package.items() for text in texts[: cut[package]]]
    test = [(text, package) for package, texts in by_package.items() for text in texts[cut[package] :]]
    return _task(train).with_test(_task(test))


def _task(rows: list[tuple[str, str]]) -> Task:
    read = Task.read(([text for text, _ in rows], [label for _, label in rows]))
    return Task(read.texts, read.labels, read.classes, read.kind, name="docstrings", language="en", findings=read.findings)


def _package_docstrings(package: str, limit: int) -> list[str]:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise TaskError(f"The demo task needs the package {package!r}: pip install {package}.")
    root = Path(spec.origin).parent
    files = [path for path in root.rglob("*.py") if not {"tests", "testing", "externals", "_vendored"} & set(path.parts)]
    # The order looks random and is the same everywhere, so that no part of a package prevails.
    files.sort(key=lambda path: blake2b(path.relative_to(root).as_posix().encode()).digest())
    texts: dict[str, None] = {}
    for path in files:
        for text in _file_docstrings(path):
            texts.setdefault(text)
            if len(texts) == limit:
                return list(texts)
    if not texts:
        raise TaskError(f"The demo task needs the sources of the package {package!r}, which are not installed.")
    return list(texts)


def _file_docstrings(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_text("utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return
    for number, node in enumerate(ast.walk(tree)):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or number > 4000:
            continue
        text = _MASKED.sub("xxx", inspect.cleandoc(ast.get_docstring(node) or ""))[: _LENGTH[1]]
        if len(text) >= _LENGTH[0]:
            yield text
