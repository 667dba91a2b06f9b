"""What notebooks show of a report or a pipeline: a short piece of HTML, which brings its style along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autotext.html import render
from autotext.report import sections
from autotext.report.stages import drawn_members
from autotext.report.wording import comparison, expectation, search_line, shortened, task_line, what_answers

if TYPE_CHECKING:
    from autotext.report.report import Report

_ROWS = 5


def report_fragment(report: Report) -> str:
    """The outcome of a search, its pipeline and the best of its leaderboard.

    Parameters
    ----------
    report : Report

    Examples
    --------
    >>> from autotext.report import Report
    >>> "&lt;mails&gt;" in report_fragment(Report("finished", {"name": "<mails>"}, "accuracy", "fast", 0, 1, {}))
    True
    """
    return render("report_fragment", title=shortened(report.task.get("name", "Report"), 120), task_line=task_line(report),
                  what=what_answers(report), outcome=expectation(report), comparison=comparison(report),
                  search_line=search_line(report), members=sections.pipeline_members(report),
                  rows=sections.leaderboard(report)["first"][:_ROWS], metric=shortened(report.metric),
                  hint="report.save('report.html') writes the whole page.")


def pipeline_fragment(configurations: Sequence[Mapping[str, Any]], weights: Sequence[float], title: str,
                      report: Report | None = None) -> str:
    """The stages of a pipeline, and what is known of how good it is.

    Parameters
    ----------
    configurations : sequence of mapping of str to scalar
        Several are the members of an ensemble.
    weights : sequence of float
        Of the members; empty for a single one.
    title : str
        What it is.
    report : Report, optional
        Of the search that found it.

    Examples
    --------
    >>> html = pipeline_fragment([{"features": "char_tfidf", "model": "ridge"}], [], "TextPipeline")
    >>> html.count('class="stage"')
    2
    """
    what, outcome = ("", "") if report is None else (what_answers(report), expectation(report))
    return render("report_fragment", title="TextPipeline", task_line=title, what=what, outcome=outcome, comparison="",
                  search_line="", members=drawn_members(configurations, weights), rows=[], metric="",
                  hint="" if report is None else "pipeline.report says how it was found.")
