"""Tables and lists of the page of a search."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from autotext.evaluation import Evaluation
from autotext.html.numbers import format_number, format_seconds
from autotext.report.stages import drawn_members
from autotext.report.text import MEANING, ORIGIN, drift_remarks, explain_difference
from autotext.report.wording import chosen_evaluation, counted, row_about, shortened
from autotext.space import Configuration

if TYPE_CHECKING:
    from autotext.report.report import Report

# Rows of each list, the first number of which is open and the rest folded.
_BOARD, _CLASSES, _PAIRS, _ROWS, _REMARKS = (10, 50), (12, 300), (8, 40), (8, 40), 60
# Shares of errors, the first of which that most texts exceed is told of.
_ERRORS = (0.05, 0.02, 0.01)


def key_numbers(report: Report) -> list[tuple[str, str, str]]:
    """What matters most, as names, numbers and remarks.

    Parameters
    ----------
    report : Report
    """
    numbers = []
    if report.expected_score is not None:
        low_high = "–".join(map(format_number, report.expected_interval)) if report.expected_interval else "no interval"
        source = "on test rows" if not report.resamples else "after correction for the choice"
        numbers.append((f"Expected {shortened(report.metric)}", format_number(report.expected_score), f"{low_high}, {source}"))
    plain = report.baseline.get("tfidf_logistic")
    if report.score is not None and plain is not None:
        sign = "+" if report.score >= plain else ""
        numbers.append(("Against TF-IDF + logistic", f"{sign}{format_number(report.score - plain)}",
                        f"{format_number(report.score)} and {format_number(plain)} in validation"))
    for most in _ERRORS:
        allowed = [row for row in report.coverage if row["error"] <= most < report.coverage[-1]["error"]]
        if allowed:
            row = max(allowed, key=lambda row: row["answered"])
            numbers.append((f"Answered with ≤ {most:.0%} errors", f"{row['answered']:.0%}",
                            f"texts with a score of {row['min_score']:.2f} or more"))
            break
    if report.evaluations:
        numbers.append(("Configurations", f"{len(report.evaluations):,}", f"in {counted(report.trials, 'trial')}"))
    if "total" in report.seconds:
        parts = ", ".join(f"{shortened(name)} {format_seconds(value)}" for name, value in list(report.seconds.items())[:8]
                          if name != "total" and value >= 0.05)
        numbers.append(("Time", format_seconds(report.seconds["total"]), parts))
    return numbers


def pipeline_members(report: Report) -> list[dict[str, Any]]:
    """The pipeline, or the members of an ensemble, as boxes.

    Parameters
    ----------
    report : Report
    """
    by_fingerprint = {entry.fingerprint: entry for entry in report.evaluations}
    pairs = [(by_fingerprint[member["fingerprint"]], member["weight"]) for member in report.ensemble
             if member["fingerprint"] in by_fingerprint]
    if pairs:
        about = [f"of the answer; {format_number(entry.score, 4)} alone" for entry, _ in pairs]
        return drawn_members([entry.configuration for entry, _ in pairs], [weight for _, weight in pairs], about)
    chosen = chosen_evaluation(report)
    return [] if chosen is None else drawn_members([chosen.configuration])


def leaderboard(report: Report) -> dict[str, Any]:
    """Evaluations with a score, best first; those that answer are marked.

    Parameters
    ----------
    report : Report
    """
    used = {member["fingerprint"] for member in report.ensemble} or {report.chosen}
    board = report.leaderboard
    numbers = {id(entry): number for number, entry in enumerate(report.evaluations, 1)}
    rows = [{"rank": rank, "pipeline": shortened(Configuration(entry.configuration).describe(), 160),
             "is_used": entry.fingerprint in used, "score": format_number(entry.score, 4), "folds": _folds(entry),
             "seconds": format_seconds(entry.seconds), "size": f"{entry.size:,}" if entry.size else "–",
             "origin": ORIGIN[entry.origin], "number": numbers[id(entry)], "tuned": _strength(entry)}
            for rank, entry in enumerate(board[: _BOARD[1]], 1)]
    return {"first": rows[: _BOARD[0]], "more": rows[_BOARD[0]:], "total": len(board), "is_ensemble": bool(report.ensemble)}


def _folds(entry: Evaluation) -> str:
    folds = [score for score in entry.fold_scores if math.isfinite(score)]
    return f"{format_number(min(folds), 4)}–{format_number(max(folds), 4)}" if folds else "–"


def _strength(entry: Evaluation) -> str:
    """Parameters of the model, in which neighbours on the board often differ alone."""
    prefix = f"model.{entry.configuration.get('model')}."
    values = [f"{name.removeprefix(prefix)} {value:.3g}" for name, value in entry.configuration.items()
              if name.startswith(prefix) and isinstance(value, int | float) and not isinstance(value, bool)]
    return shortened(", ".join(values), 60)


def class_rows(report: Report) -> dict[str, Any]:
    """Precision, recall and F1 of each class, the worst first.

    Parameters
    ----------
    report : Report
    """
    worst = sorted(report.class_table, key=lambda entry: (entry["f1"], -entry["rows"]))
    rows = [{"label": shortened(entry["label"]), "rows": f"{entry['rows']:,}", "f1": entry["f1"],
             "numbers": [format_number(entry[name]) for name in ("precision", "recall", "f1")]}
            for entry in worst[: _CLASSES[1]]]
    return {"first": rows[: _CLASSES[0]], "more": rows[_CLASSES[0]:], "total": len(worst)}


def confusion_pairs(report: Report) -> dict[str, Any]:
    """Labels that are answered instead of others, with texts.

    Parameters
    ----------
    report : Report
    """
    n_rows = {_key(entry["label"]): entry["rows"] for entry in report.class_table}
    pairs = [{"label": shortened(pair["label"]), "answer": shortened(pair["predicted"]), "count": counted(pair["rows"], "row"),
              "share": f"{pair['rows'] / rows:.0%} of its rows" if (rows := n_rows.get(_key(pair["label"]))) else "",
              "examples": [{"row": f"{row['row']:,}", "text": shortened(row["text"], 300)} for row in pair["examples"]]}
             for pair in report.confusions[: _PAIRS[1]]]
    return {"first": pairs[: _PAIRS[0]], "more": pairs[_PAIRS[0]:], "total": len(report.confusions)}


def _key(label: Any) -> tuple[type, Any]:
    """A label, told apart from one of another type that equals it."""
    return type(label), label


def rows_to_check(report: Report) -> dict[str, dict[str, Any]]:
    """Rows whose label is probably wrong, and the surest of the other wrong answers.

    Parameters
    ----------
    report : Report
    """
    issues = [row_about(entry, "suggested") for entry in report.label_issues[: _ROWS[1]]]
    suspected = {entry["row"] for entry in report.label_issues}
    others = [entry for entry in report.errors if entry["row"] not in suspected]
    errors = [row_about(entry, "predicted") for entry in others[: _ROWS[1]]]
    return {"issues": {"first": issues[: _ROWS[0]], "more": issues[_ROWS[0]:], "total": len(report.label_issues)},
            "errors": {"first": errors[: _ROWS[0]], "more": errors[_ROWS[0]:], "total": len(others)}}


def remarks(report: Report) -> list[str]:
    """What was noticed about the data and the search.

    Parameters
    ----------
    report : Report
    """
    lines = [*explain_difference(report), *report.findings, *drift_remarks(report), *report.notes]
    cut = [f"And {len(lines) - _REMARKS:,} more."] if len(lines) > _REMARKS else []
    return [shortened(line, 1000) for line in lines[:_REMARKS]] + cut


def left_out(report: Report) -> list[tuple[str, list[str]]]:
    """What was not tried, or failed, with reasons; a title and lines for each kind.

    Parameters
    ----------
    report : Report
    """
    bad = Counter((entry.status, _last_line(entry.error)) for entry in report.evaluations
                  if entry.status not in ("ok", "part", "raced"))
    warm = report.warm_start
    groups = [("Components that could not be used", [shortened(line, 300) for line in report.removed]),
              ("Configurations without a score", [f"{count:,} {MEANING[status]}" + (f": {reason}" if reason else "")
                                                  for (status, reason), count in bad.most_common()]),
              ("Suggestions of prior tasks that were changed", _counts(warm.get("changed"))),
              ("Suggestions of prior tasks that were rejected", _counts(warm.get("rejected"))),
              ("Suggestions of the search that were not evaluated", [f"{count:,} {why}" for count, why in (
                  (report.duplicates, "had been tried before"), (report.illegal, "have components that do not fit together"))
                  if count])]
    return [(title, lines[:_REMARKS] + ([f"And {len(lines) - _REMARKS:,} more."] if len(lines) > _REMARKS else []))
            for title, lines in groups if lines]


def _counts(reasons: Any) -> list[str]:
    """Reasons, and how often there was each."""
    parts = Counter(part for reason in reasons or () for part in str(reason)[:2000].split("; "))
    return [f"{shortened(reason, 300)} ({count:,}×)" for reason, count in parts.most_common()]


def _last_line(error: str) -> str:
    return shortened(error.strip().splitlines()[-1], 300) if error.strip() else ""


def warm_start_line(report: Report) -> str:
    """Where the search began.

    Parameters
    ----------
    report : Report
    """
    warm = report.warm_start
    if not warm:
        return "It was a cold start: nothing was learned from prior tasks."
    if not warm.get("suggested"):
        return "Nothing that did well on prior tasks has a place in this search space."
    return f"Prior tasks suggested {counted(warm['suggested'], 'configuration')}, of which {warm.get('tried', 0):,} were tried."


def forecast_line(report: Report) -> str:
    """How far forecasts could be trusted.

    Parameters
    ----------
    report : Report
    """
    quality = report.forecasts
    if not quality["scores"]:
        return ""
    return (f"{quality['within']:,.0f} of {quality['scores']:,.0f} scores were in the 90 % interval of their forecast; seconds "
            f"were off by a factor of {quality['factor']:.1f} in the median.")


def settings(report: Report) -> list[tuple[str, str]]:
    """What it takes to do the search again.

    Parameters
    ----------
    report : Report
    """
    limits = [f"{value:g} {unit}" for name, unit in (("seconds", "s"), ("trials", "trials"), ("memory_mib", "MiB per worker"))
              if isinstance(value := report.budget.get(name), int | float)]
    facts = [("Budget", ", ".join(limits)), ("Search space", shortened(report.space)), ("Workers", f"{report.workers}"),
             ("Seed", f"{report.seed}"), ("Fingerprint of the rows", shortened(report.task.get("fingerprint", "")))]
    return [(name, shortened(value)) for name, value in facts if value]
