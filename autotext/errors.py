"""Errors that name the value, the place and what to type instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class AutotextError(Exception):
    """Base of every error that autotext raises on purpose."""


class ArgumentError(AutotextError, ValueError, TypeError):
    """An argument has the wrong type, is out of its range, or is not known at all."""


class TaskError(AutotextError, ValueError):
    """The data cannot be read as a text-classification task."""


class SpaceError(AutotextError, ValueError):
    """A search space, or a configuration of one, is not legal."""


class ComponentError(AutotextError, ValueError):
    """A component is unknown, unavailable or used against its contract."""


class MetricError(AutotextError, ValueError):
    """A metric is unknown or does not apply to this kind of task."""


class BudgetError(AutotextError, ValueError):
    """A budget cannot be read, or is too small for anything to be tried."""


class SearchError(AutotextError, RuntimeError):
    """A search ended with nothing that could be used."""


class StorageError(AutotextError, ValueError):
    """A folder that should keep a search cannot be used for it."""


class ArtifactError(AutotextError, ValueError):
    """A saved pipeline cannot be written, read or trusted."""


def shown(value: object, limit: int = 80) -> str:
    """A value as Python writes it, on one line and cut to a length; its type where writing it fails.

    Examples
    --------
    >>> shown("5 bananas"), shown(list(range(1000)), 10)
    ("'5 bananas'", '[0, 1, 2, ...')
    """
    try:
        text = " ".join(repr(value).split())
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else f"{text[:limit]}..."


def listed(values: Sequence[object], limit: int = 5) -> str:
    """The first values as Python writes them, for a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"], 2)
    "'a', 'b' and 1 more"
    """
    names = ", ".join(shown(value, 60) for value in values[:limit])
    return names + (f" and {len(values) - limit:,} more" if len(values) > limit else "")


def describe_error(error: BaseException, limit: int = 300) -> str:
    """First line of what an exception says, without a full stop; its type where it says nothing or fails to say it.

    Parameters
    ----------
    error : BaseException
        Of an operating system's error the reason only, since the caller names the path.
    limit : int, default=300
        Characters.

    Examples
    --------
    >>> describe_error(ValueError("too large.")), describe_error(MemoryError()), describe_error(OSError(2, "gone", "a.csv"))
    ('too large', 'MemoryError', 'gone')
    """
    try:
        said = str(error.strerror if isinstance(error, OSError) and error.strerror else error).strip()
    except Exception:
        said = ""
    return (said or type(error).__name__).splitlines()[0].rstrip(".:")[:limit]


def suggestion(value: object, options: Iterable[object], limit: int = 10) -> str:
    """Sentence that names the nearest options, or all of them when they are few.

    Parameters
    ----------
    value : object
        What was typed.
    options : iterable of object
        What would have been accepted.
    limit : int, default=10
        Up to so many options are listed in full; 0: only near ones are named.

    Returns
    -------
    str
        Begins with a space, so that it can follow a sentence; empty without options.

    Examples
    --------
    >>> suggestion("accuracc", ["accuracy", "f1_macro"])
    " Did you mean 'accuracy'? Known: 'accuracy', 'f1_macro'."
    """
    names = [str(option) for option in options]
    if not names:
        return ""
    near = get_close_matches(str(value), names, n=3, cutoff=0.6)
    listed = ", ".join(repr(name) for name in names[:limit]) + (", ..." if len(names) > limit else "")
    if near:
        return f" Did you mean {' or '.join(repr(name) for name in near)}?" + (f" Known: {listed}." if limit else "")
    return f" Known: {listed}." if limit else ""


def import_hint(what: str) -> str:
    """What to do where a name is unknown that a module outside autotext may register.

    Examples
    --------
    >>> import_hint("A component")
    'A component of your own is known once its module is imported; on the command line: --import MODULE.'
    """
    return f"{what} of your own is known once its module is imported; on the command line: --import MODULE."
