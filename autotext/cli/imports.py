"""Modules of the user's own, which a command imports first: what they register is then known by its name."""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from autotext.errors import ArgumentError, describe_error, suggestion


def add_import_option(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--import`` to a command.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the command; what it parses gets the list ``imports``.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_import_option(parser)
    >>> parser.parse_args(["--import", "my_formats.py", "--import", "my_models"]).imports
    ['my_formats.py', 'my_models']
    """
    parser.add_argument("--import", dest="imports", action="append", default=[], metavar="MODULE",
                        help="module, or .py file, of your own that registers components, input formats or meta-learners; its "
                        "code is run; repeat it for several")


def make_importable(names: Iterable[str]) -> None:
    """Let modules be found, here and by processes started later: installed ones first, then those of their folders.

    Parameters
    ----------
    names : iterable of str
        Names of modules in the current folder, or paths of ``.py`` files.
    """
    for name in names:
        folder = str(_locate(name)[0])
        if folder not in sys.path:
            sys.path.append(folder)


def import_modules(names: Iterable[str]) -> None:
    """Import modules by their names or files.

    Parameters
    ----------
    names : iterable of str
        Names of modules that are installed or in the current folder, or paths of ``.py`` files.

    Raises
    ------
    ArgumentError
        One cannot be found or imported; the message says why.

    Examples
    --------
    >>> import_modules(["json"])
    >>> import_modules(["my_formats.py"])
    Traceback (most recent call last):
    autotext.errors.ArgumentError: --import: there is no file 'my_formats.py'.
    """
    names = list(names)
    make_importable(names)
    for name in names:
        _import(name)


def _locate(name: str) -> tuple[Path, str]:
    """Folder in which a module may lie, and its name."""
    if not name.endswith(".py"):
        return Path.cwd(), name
    path = Path(name).expanduser().absolute()
    return path.parent, path.stem


def _import(name: str) -> None:
    folder, module_name = _locate(name)
    path = folder / f"{module_name}.py"
    if name.endswith(".py"):
        _check_file(name, path)
    elif not module_name or module_name.startswith(".") or "/" in module_name:
        raise ArgumentError(f"--import: {name!r} is no name of a module; give that, or a .py file.")
    try:
        module = importlib.import_module(module_name)
    # Code of the user, which may even end the process.
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}."):
            near = suggestion(module_name, [other.stem for other in folder.glob("*.py")], limit=0)
            raise ArgumentError(f"--import: there is no module {name!r}, neither installed nor in this folder.{near} A file is "
                                "given with its ending: --import path/to/module.py") from None
        raise ArgumentError(f"--import: {name!r} cannot be imported: {_describe(error, path)}.") from error
    _check_same(name, path, module)


def _check_file(name: str, path: Path) -> None:
    if not path.is_file():
        raise ArgumentError(f"--import: there is no file {name!r}.{suggestion(path.name, _files_beside(path), limit=0)}")
    if "." in path.stem:
        raise ArgumentError(f"--import: {name!r} has a dot in its name, as no module may have; rename the file.")


def _files_beside(path: Path) -> list[str]:
    return [other.name for other in path.parent.glob("*.py")]


def _check_same(name: str, path: Path, module: ModuleType) -> None:
    """Refuse a file that is hidden by another module of its name."""
    if path.is_file() and (module.__file__ is None or not path.samefile(module.__file__)):
        other = module.__file__ or "a part of Python"
        raise ArgumentError(f"--import: {name!r} has the name of another module, {other}; rename the file.")


def _describe(error: BaseException, path: Path) -> str:
    """What went wrong, and the last line of the file that was executed."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    where = "" if line is None else f"line {line}: "
    return f"{where}{type(error).__name__}: {describe_error(error)}"
