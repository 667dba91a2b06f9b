"""The page of a search: outcome, pipeline, leaderboard, plots, mistakes with texts, and what to mind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from autotext.arguments import check_path
from autotext.errors import ArgumentError, ArtifactError, describe_error, shown
from autotext.html import render
from autotext.report import figures, sections
from autotext.report.wording import comparison, expectation, search_line, shortened, task_line, what_answers
from autotext.writing import check_file, write_file

if TYPE_CHECKING:
    from autotext.report.report import Report

_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


def render_page(report: Report) -> str:
    """Page of a search, which needs no other file and no network; at most 2 MB.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
        HTML, to be written as UTF-8.

    Examples
    --------
    >>> from autotext.report import Report
    >>> html = render_page(Report("finished", {"name": "<mails>"}, "accuracy", "fast", 0, 1, {}, expected_score=0.9))
    >>> "&lt;mails&gt;" in html, "is expected to reach accuracy 0.900" in html
    (True, True)
    """
    language = str(report.task.get("language") or "")
    return render(
        "report", title=shortened(report.task.get("name", "Report"), 120), language="en", task_line=task_line(report),
        text_language=language if _LANGUAGE.fullmatch(language) else "", what=what_answers(report), outcome=expectation(report),
        comparison=comparison(report), search_line=search_line(report), numbers=sections.key_numbers(report),
        members=sections.pipeline_members(report), board=sections.leaderboard(report), metric=shortened(report.metric),
        score=figures.score_figure(report), progress=figures.progress_figure(report), choices=figures.choice_figures(report),
        forecasts=figures.forecast_figure(report), forecast_line=sections.forecast_line(report),
        warm_start=sections.warm_start_line(report), sureness=figures.sureness_figures(report), coverage=report.coverage,
        classes=sections.class_rows(report), matrix=figures.confusion_matrix(report), pairs=sections.confusion_pairs(report),
        check=sections.rows_to_check(report), has_texts=bool(report.errors or report.confusions or report.label_issues),
        is_judged=report.score is not None, remarks=sections.remarks(report), left_out=sections.left_out(report),
        settings=sections.settings(report))


def check_page(path: Path) -> None:
    """Refuse a file for a page that has another ending, or could not be written; nothing is changed.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ArgumentError
        The ending is none of a page.
    ArtifactError
        The file cannot be written there.

    Examples
    --------
    >>> check_page(Path("report.pdf"))
    Traceback (most recent call last):
    autotext.errors.ArgumentError: A report is written as a page: name it 'report.html' instead of 'report.pdf'.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise ArgumentError(f"A report is written as a page: name it {shown(path.stem + '.html')} instead of "
                            f"{shown(path.name)}.")
    try:
        check_file(path)
    except OSError as error:
        raise ArtifactError(f"Cannot write {str(path)!r}: {describe_error(error)}. Choose another file.") from error


def save_page(report: Report, path: str | Path) -> Path:
    """Write the page of a search to a file, which is always whole.

    Parameters
    ----------
    report : Report
    path : str or Path
        Its name ends in .html.

    Returns
    -------
    Path

    Raises
    ------
    ArgumentError
        The ending is none of a page.
    ArtifactError
        The file cannot be written.
    """
    file = check_path(path, "path")
    check_page(file)
    html = render_page(report).encode("utf-8")
    try:
        write_file(file, html)
    except OSError as error:
        raise ArtifactError(f"Cannot write {str(file)!r}: {describe_error(error)}. Choose another file.") from error
    return file
