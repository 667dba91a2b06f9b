"""The exceptions of autotext, and functions that word their messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class AutotextError(Exception):
    """Base class of every exception that autotext raises on purpose.

    Examples
    --------
    >>> from autotext import Budget
    >>> try:
    ...     Budget.parse("soon")
    ... except AutotextError as error:
    ...     print(error)
    Cannot read the budget 'soon'. Write seconds or a number with a unit: 300, "90s", "5m", "2 hours" or "1h30m".
    """


class ArgumentError(AutotextError, ValueError, TypeError):
    """An argument has the wrong type, is out of its range, or does not exist.

    Examples
    --------
    >>> from autotext import optimize_pipeline
    >>> optimize_pipeline("reviews.csv", n_jobs=4)
    Traceback (most recent call last):
    autotext.errors.ArgumentError: optimize_pipeline has no argument 'n_jobs'; write workers=4.
    """


class TaskError(AutotextError, ValueError):
    """The data cannot be read as a text-classification task.

    Examples
    --------
    >>> from autotext import Task
    >>> Task.read(["good", "bad"], ["+"])
    Traceback (most recent call last):
    autotext.errors.TaskError: There are 2 texts and 1 labels; each text needs one.
    """


class SpaceError(AutotextError, ValueError):
    """A search space, or a configuration of one, is not valid.

    Examples
    --------
    >>> from autotext import TextPipeline
    >>> TextPipeline({"features": "char_tfidf"}).fit(["good", "bad"], ["+", "-"])
    Traceback (most recent call last):
    autotext.errors.SpaceError: configuration: 'model' is missing, e.g. {'features': 'char_tfidf', 'model': 'logistic'}.
    """


class ComponentError(AutotextError, ValueError):
    """A component is unknown, cannot be used on this machine, or breaks its contract.

    Examples
    --------
    >>> from autotext.components import component
    >>> component("model", "logistik")
    Traceback (most recent call last):
    autotext.errors.ComponentError: ...Did you mean 'logistic'? Known: ...
    """


class MetricError(AutotextError, ValueError):
    """A metric is unknown, or is not defined for a task.

    Examples
    --------
    >>> from autotext.scoring.metrics import Metric
    >>> Metric("acuracy", "binary")
    Traceback (most recent call last):
    autotext.errors.MetricError: Unknown metric 'acuracy'. Did you mean 'accuracy' or 'top_k_accuracy'? Known: ...
    """


class BudgetError(AutotextError, ValueError):
    """A budget cannot be read, or is too small for anything to be tried.

    Examples
    --------
    >>> from autotext import Budget
    >>> Budget(seconds=None)
    Traceback (most recent call last):
    autotext.errors.BudgetError: Budget: without seconds, trials must say when to stop, e.g. trials=30.
    """


class SearchError(AutotextError, RuntimeError):
    """A search ended without a pipeline that could be used."""


class StorageError(AutotextError, ValueError):
    """A folder that should keep a search cannot be used for it."""


class ArtifactError(AutotextError, ValueError):
    """A saved pipeline cannot be written, read or trusted.

    Examples
    --------
    >>> from autotext import load_pipeline
    >>> load_pipeline("no-such-folder")
    Traceback (most recent call last):
    autotext.errors.ArtifactError: 'no-such-folder' does not exist.
    """


class BenchmarkError(AutotextError, ValueError):
    """A suite, a task, an arm or the lines of a benchmark cannot be used.

    Examples
    --------
    >>> from autotext.benchmark.arms import Arm
    >>> Arm.read("majorty")
    Traceback (most recent call last):
    autotext.errors.BenchmarkError: Unknown arm 'majorty'. Did you mean 'majority'? ...
    """


def shown(value: object, limit: int = 80) -> str:
    """Format a value for a message: its ``repr`` on one line and cut to a length, or its type if ``repr`` fails.

    Parameters
    ----------
    value : object
    limit : int, default=80
        Number of characters.

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
    """Format the first of some values for a sentence.

    Parameters
    ----------
    values : sequence of object
    limit : int, default=5
        Number of values.

    Examples
    --------
    >>> listed(["a", "b", "c"], 2)
    "'a', 'b' and 1 more"
    """
    names = ", ".join(shown(value, 60) for value in values[:limit])
    return names + (f" and {len(values) - limit:,} more" if len(values) > limit else "")


def describe_error(error: BaseException, limit: int = 300) -> str:
    """First line of the message of an exception, without a full stop; its type if there is no message.

    Parameters
    ----------
    error : BaseException
        For an OSError only the reason is given, since the caller names the path.
    limit : int, default=300
        Number of characters.

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
    """Sentence that names the options nearest to a value, or all of them where they are few.

    Parameters
    ----------
    value : object
        What was typed.
    options : iterable of object
        What would have been accepted.
    limit : int, default=10
        Number of options that are listed; 0: only near ones are named.

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

    Parameters
    ----------
    what : str
        The kind of thing that has the name, with its article, at the beginning of a sentence.

    Examples
    --------
    >>> import_hint("A component")
    'A component of your own is known once its module is imported; on the command line: --import MODULE.'
    """
    return f"{what} of your own is known once its module is imported; on the command line: --import MODULE."
