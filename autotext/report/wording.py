"""How a page words numbers, labels and texts, and the sentences that it begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotext.html.numbers import format_number, format_seconds
from autotext.space import Configuration

if TYPE_CHECKING:
    from autotext.evaluation import Evaluation
    from autotext.report.report import Report

_ENDED = {"finished": "", "interrupted": " It was interrupted.", "running": " It is still running."}


def shortened(value: object, most: int = 80) -> str:
    r"""Text of anything on one line, cut where it is long.

    Parameters
    ----------
    value : object
        Of a list, the entries; of anything else, its ``str``.
    most : int, default=80
        Characters.

    Examples
    --------
    >>> shortened(["a", "b\nc"]), shortened("x" * 100, 4), shortened(None)
    ('a, b c', 'xxxx…', 'none')
    """
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value[: most + 1])) or "none"
    # Only so much of it is looked at that a text of any size costs nothing.
    text = " ".join(("none" if value is None else str(value))[: 4 * most + 1].split())
    return text if len(text) <= most else f"{text[:most]}…"


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    Parameters
    ----------
    number : int
    noun : str
        In the singular.

    Examples
    --------
    >>> counted(1, "row"), counted(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def task_line(report: Report) -> str:
    """What was learned, and how it was validated.

    Parameters
    ----------
    report : Report
    """
    task = report.task
    parts = [counted(task["rows"], "row") if "rows" in task else "",
             f"{task['classes']:,} classes" if "classes" in task else "", shortened(task.get("kind", "")),
             shortened(report.metric)]
    if task.get("holdout"):
        parts.append("a quarter of the rows held out")
    elif task.get("folds"):
        parts.append(counted(task["folds"], "fold"))
    if "search_rows" in task and task["search_rows"] < task.get("rows", 0):
        parts.append(f"searched on {counted(task['search_rows'], 'row')}")
    return " · ".join(filter(None, parts))


def search_line(report: Report) -> str:
    """How much was tried in which time.

    Parameters
    ----------
    report : Report
    """
    took = f" in {format_seconds(report.seconds['total'])}" if report.seconds.get("total") else ""
    resumed = f", {report.resumed:,} of them by earlier calls" if report.resumed else ""
    return (f"The search judged {counted(len(report.leaderboard), 'configuration')} of {len(report.evaluations):,} that it "
            f"tried{resumed}{took}.{_ENDED.get(report.status, '')}")


def what_answers(report: Report) -> str:
    """The pipeline in a few words.

    Parameters
    ----------
    report : Report
    """
    if report.ensemble:
        return f"An ensemble of {counted(len(report.ensemble), 'pipeline')}"
    chosen = chosen_evaluation(report)
    return "The first pipeline" if chosen is None else shortened(Configuration(chosen.configuration).describe(), 200)


def chosen_evaluation(report: Report) -> Evaluation | None:
    """The evaluation of what was chosen; None if nothing was.

    Parameters
    ----------
    report : Report
    """
    return next((entry for entry in report.evaluations if entry.fingerprint == report.chosen), None)


def expectation(report: Report) -> str:
    """The rest of the first sentence: what the pipeline is expected to score, and how sure that is.

    Parameters
    ----------
    report : Report

    Examples
    --------
    >>> from autotext.report import Report
    >>> expectation(Report("finished", {}, "accuracy", "fast", 0, 1, {}, expected_score=0.9, expected_interval=(0.88, 0.92)))
    'is expected to reach accuracy 0.900 on new texts (90 % interval 0.880 to 0.920)'
    """
    of_metric = shortened(report.metric)
    if report.expected_score is not None:
        return f"is expected to reach {of_metric} {format_number(report.expected_score)} on new texts{_interval(report)}"
    if report.score is not None:
        return (f"reached {of_metric} {format_number(report.score)} in validation, a little too good to be true, as it is the "
                "best of many")
    return "was fitted without being judged, so nothing is known of how good it is"


def _interval(report: Report) -> str:
    if report.expected_interval is None:
        return ""
    low, high = map(format_number, report.expected_interval)
    return f" (90 % interval {low} to {high})"


def comparison(report: Report) -> str:
    """Sentence about the baselines, whose scores were found in the same way as the cross-validated one.

    Parameters
    ----------
    report : Report
    """
    if report.score is None or not report.baseline:
        return ""
    parts = [_beside(report.score, score, name) for key, name in (
        ("tfidf_logistic", "TF-IDF with logistic regression"), ("most_frequent", "always answering the most frequent label"))
        if (score := report.baseline.get(key)) is not None]
    return f"On the same rows, out of fold, it is {' and '.join(parts)}." if parts else ""


def _beside(score: float, other: float, name: str) -> str:
    difference = format_number(abs(score - other))
    if difference == format_number(0.0):
        return f"as good as {name}"
    return f"{difference} {'above' if score > other else 'below'} {name}"


def row_about(entry: Mapping[str, Any], answered: str) -> dict[str, Any]:
    """A row of the task for a list of texts.

    Parameters
    ----------
    entry : mapping of str to object
        ``row``, ``text``, ``label``, ``score`` and the answer.
    answered : str
        Name of the answer in it.
    """
    return {"row": f"{entry['row']:,}", "text": shortened(entry["text"], 300), "label": shortened(entry["label"]),
            "answer": shortened(entry[answered]), "score": format_number(entry["score"], 2)}
