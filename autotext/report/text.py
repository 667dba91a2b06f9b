"""A report as text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from autotext.space import Configuration

if TYPE_CHECKING:
    from autotext.evaluation import Evaluation
    from autotext.report.report import Report

_ROWS = 8


def render(report: Report) -> str:
    """The report, for a terminal of 100 columns."""
    blocks = [_outcome(report), _leaderboard(report), _chosen(report), _warm(report), _time(report), _left_out(report)]
    return "\n\n".join(block for block in blocks if block)


def _outcome(report: Report) -> str:
    task = report.task
    lines = [f"{task['name']}: {task['rows']:,} rows, {task['classes']:,} classes, {task['kind']}; "
             f"{report.metric}, {task['folds']} folds"
             + (f" on {task['search_rows']:,} of the rows" if task["search_rows"] < task["rows"] else "")]
    count = len(report.evaluations)
    how = {"finished": "", "interrupted": " (interrupted)", "running": " (running)"}[report.status]
    lines.append(f"{count:,} configurations tried in {report.seconds.get('total', 0.0):.1f} s{how}: "
                 + (", ".join(f"{number:,} {status}" for status, number in sorted(report.statuses.items())) or "none"))
    if report.score is not None:
        lines.append(f"Cross-validated {report.metric}: {report.score:.4f} (the best of {count:,}, so expect a little less)")
    if report.test_score is not None:
        lines.append(f"Test {report.metric}: {report.test_score:.4f} (rows never searched on)")
    return "\n".join([*lines, *(f"! {finding}" for finding in (*report.findings, *report.notes))])


def _row(evaluation: Evaluation) -> str:
    folds = evaluation.fold_scores
    return (f"{evaluation.score:8.4f}  {min(folds, default=0.0):.4f}-{max(folds, default=0.0):.4f}  {evaluation.seconds:7.2f}  "
            f"{evaluation.origin:6}  {Configuration(evaluation.configuration).describe()}")


def _leaderboard(report: Report) -> str:
    best = report.leaderboard[:_ROWS]
    if not best:
        return ""
    return "\n".join([f"{'score':>8}  {'folds':^13}  {'seconds':>7}  {'from':6}  pipeline", *map(_row, best)])


def _chosen(report: Report) -> str:
    chosen = next((evaluation for evaluation in report.evaluations if evaluation.fingerprint == report.chosen), None)
    if chosen is None:
        return ""
    return "\n".join(["Chosen pipeline:", *(f"  {name}: {value}" for name, value in sorted(chosen.configuration.items()))])


def _warm(report: Report) -> str:
    warm = report.warm
    if not warm:
        return "Cold start: nothing was learned from earlier tasks."
    lines = [f"Warm start: {warm['suggested']} suggestions, {warm['tried']} tried, {len(warm['changed'])} translated, "
             f"{len(warm['rejected'])} with no place in this space."]
    for kind in ("changed", "rejected"):
        lines += [f"  {kind}, {number} times: {reason}" for reason, number in Counter(warm[kind]).most_common(3)]
    return "\n".join(lines)


def _time(report: Report) -> str:
    stages = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report.seconds.items() if name != "total")
    inside: Counter[str] = Counter()
    for evaluation in report.evaluations:
        inside.update(evaluation.stage_seconds)
    work = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in inside.most_common())
    return f"Time: {stages}." + (f"\nIn evaluations: {work}." if work else "")


def _left_out(report: Report) -> str:
    lines = [f"Not used: {line}" for line in report.removed]
    if report.duplicates or report.illegal:
        lines.append(f"Never evaluated: {report.duplicates} suggestions tried before, {report.illegal} whose parts do not fit.")
    bad = [evaluation for evaluation in report.evaluations if evaluation.status != "ok"]
    reasons = Counter((evaluation.status, evaluation.error.strip().splitlines()[-1] if evaluation.error.strip() else "")
                      for evaluation in bad)
    lines += [f"{status}, {count} times: {reason}" for (status, reason), count in reasons.most_common(5)]
    return "\n".join(lines)
