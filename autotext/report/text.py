"""A report rendered as text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autotext.evaluation import HALF_INTERVAL
from autotext.report.classes import HEADER, class_line
from autotext.space import STAGES, Configuration

if TYPE_CHECKING:
    from autotext.evaluation import Evaluation
    from autotext.report.report import Report

MEANING = {"ok": "judged", "part": "judged on one fold", "raced": "given up after one fold",
           "timeout": "out of time", "memory": "out of memory", "failed": "failed"}
ORIGIN = {"warm": "prior tasks", "search": "search", "path": "variant"}
"""How an evaluation ended, and what suggested its configuration, in words."""
_ROWS = 8
_CLASSES = 10
_EXAMPLES = 3
# Remarks and classes of a summary.
_REMARKS, _WORST = 3, 3
# Shares of errors, the first of which that most texts exceed is told of.
_ERRORS = (0.05, 0.02, 0.01)
# Share of the rows that are trained on where a quarter is held out.
_HOLDOUT_TRAINING = 0.75


def render(report: Report) -> str:
    r"""Render a report for a terminal of 100 columns.

    Parameters
    ----------
    report : Report

    Examples
    --------
    >>> from autotext.report import Report
    >>> task = {"name": "mails", "rows": 100, "search_rows": 100, "classes": 2, "kind": "binary", "folds": 5}
    >>> report = Report("finished", task, "accuracy", "default", 0, 1, {}, score=0.9, test_score=0.91, seconds={"total": 5.0})
    >>> print(render(report).split("\n")[0])
    mails: 100 rows, 2 classes, binary; accuracy, 5 folds
    """
    blocks = [_outcome(report), _leaderboard(report), _ensemble(report), _chosen(report), _classes(report), _warm_start(report),
              _forecasts(report), _time(report), _left_out(report)]
    return "\n\n".join(block for block in blocks if block)


def summarize(report: Report) -> str:
    """Render what a report says first: the outcome, what to mind, the pipeline, and the classes that it knows least.

    Parameters
    ----------
    report : Report
    """
    models = [f"Not used: {line}" for line in report.removed if line.split(".")[0] not in STAGES]
    remarks = [*models, *report.findings, *drift_remarks(report), *report.notes, *_label_issues(report)]
    lines = [*_outcome_lines(report), *(f"! {remark}" for remark in remarks[:_REMARKS])]
    if len(remarks) > _REMARKS:
        lines.append(f"! {len(remarks) - _REMARKS:,} more remarks are in the whole report.")
    chosen = next((entry for entry in report.evaluations if entry.fingerprint == report.chosen), None)
    if chosen is not None:
        which = f"An ensemble of {len(report.ensemble)}, the best: " if report.ensemble else "Pipeline: "
        lines.append(which + Configuration(chosen.configuration).describe())
    if report.class_table:
        worst = sorted(report.class_table, key=lambda entry: (entry["f1"], -entry["rows"]))[:_WORST]
        lines.append("Lowest F1: " + ", ".join(f"{entry['label']!r:.40} {entry['f1']:.2f}" for entry in worst))
    return "\n".join(lines)


def _validation(task: Mapping[str, Any]) -> str:
    return "a quarter of the rows held out" if task.get("holdout") else f"{task['folds']} folds"


def _outcome(report: Report) -> str:
    remarks = (*report.findings, *drift_remarks(report), *report.notes, *_label_issues(report))
    return "\n".join([*_outcome_lines(report), *(f"! {remark}" for remark in remarks)])


def _outcome_lines(report: Report) -> list[str]:
    task = report.task
    lines = [f"{task['name']}: {task['rows']:,} rows, {task['classes']:,} classes, {task['kind']}; "
             f"{report.metric}, {_validation(task)}"
             + (f" on {task['search_rows']:,} of the rows" if task["search_rows"] < task["rows"] else "")]
    count = len(report.evaluations)
    how = {"finished": "", "interrupted": " (interrupted)", "running": " (running)"}[report.status]
    outcomes = [f"{report.statuses[status]:,} {meaning}" for status, meaning in MEANING.items() if status in report.statuses]
    lines.append(f"{report.trials:,} trial{'s' * (report.trials != 1)}"
                 + (f", with variants in regularization {count:,} configurations," if count else "")
                 + f" in {report.seconds.get('total', 0.0):.1f} s{how}" + (f": {', '.join(outcomes)}" if outcomes else "")
                 + (f"; {report.resumed:,} by earlier calls" if report.resumed else ""))
    lines += [*_expected(report), *_coverage(report)]
    if report.score is not None:
        which = f"an ensemble of {len(report.ensemble)}" if report.ensemble else f"the best of {count:,}"
        less = ", so expect a little less" if report.expected_score is None else ""
        name = "Held-out" if task.get("holdout") else "Cross-validated"
        lines.append(f"{name} {report.metric}: {report.score:.4f} ({which}{less})")
        lines += explain_difference(report)
    lines += _baseline(report)
    if report.test_score is not None:
        lines.append(f"Test {report.metric}: {report.test_score:.4f} (rows never searched on)")
    return lines


def _baseline(report: Report) -> list[str]:
    """Sentence about what is obvious to try instead."""
    if report.baseline.get("most_frequent") is None:
        return []
    if (plain := report.baseline["tfidf_logistic"]) is None:
        second = "TF-IDF with logistic regression was not evaluated"
    else:
        second = f"TF-IDF with logistic regression: {plain:.4f} on the same rows, in {report.baseline['seconds']:.1f} s"
    return [f"Always answering the most frequent label: {report.baseline['most_frequent']:.4f}; {second}"]


def _label_issues(report: Report) -> list[str]:
    """Sentence about rows whose label is probably wrong."""
    if not report.label_issues:
        return []
    first = report.label_issues[0]
    return [f"{len(report.label_issues):,} rows look mislabelled, most of all row {first['row']:,}: {first['text']!r:.60} is "
            f"{first['label']!r:.40} and looks like {first['suggested']!r:.40} (report.label_issues, --label-issues FILE)."]


def drift_remarks(report: Report) -> list[str]:
    """Sentences about how test rows differ from training rows, or newer rows from older ones.

    Parameters
    ----------
    report : Report
    """
    if report.drift is None:
        return []
    drift, newer = report.drift, report.drift["between"] != "train and test"
    sides = "Older and newer rows" if newer else "Training and test rows"
    if drift.get("skipped"):
        return [f"{sides} were not compared, for want of time."]
    lines = []
    if drift.get("found"):
        examples = ", ".join(map(repr, drift["words"][:_EXAMPLES]))
        lines.append(f"{sides} can be told apart (AUC {drift['auc']:.2f}{'; e.g. ' if examples else ''}{examples}): expect the "
                     f"score on new texts to follow {'the newer ones' if newer else 'those that they are like'}.")
    if drift.get("labels"):
        moved = "; ".join(f"{entry['label']!r:.40} {entry['shares'][0]:.1%} and {entry['shares'][1]:.1%}"
                          for entry in drift["labels"][:_EXAMPLES])
        lines.append(f"{sides} have other shares of labels: {moved}.")
    if drift.get("repeated"):
        rows = ", ".join(map(str, drift["repeated_rows"]))
        more = ", ..." if drift["repeated"] > len(drift["repeated_rows"]) else ""
        lines.append(f"{drift['repeated']:,} test rows repeat a training text, and are easier than new ones: "
                     f"rows {rows}{more} of those with text and label.")
    return lines


def _expected(report: Report) -> list[str]:
    if report.expected_score is None:
        return []
    low_high = "90 % interval {:.4f} to {:.4f}; ".format(*report.expected_interval) if report.expected_interval else ""
    source = f"selection repeated in {report.resamples:,} resamples" if report.resamples else "from rows never searched on"
    return [f"Expected {report.metric} on new texts: {report.expected_score:.4f} ({low_high}{source})"]


def _coverage(report: Report) -> list[str]:
    """Sentences about how many texts can be answered with few errors, where all cannot."""
    for most in _ERRORS:
        allowed = [row for row in report.coverage if row["error"] <= most < report.coverage[-1]["error"]]
        if allowed:
            row = max(allowed, key=lambda row: row["answered"])
            return [f"{row['answered']:.0%} of texts can be answered with at most {most:.0%} errors: those whose score is "
                    f"{row['min_score']:.2f} or more (out of fold)"]
    return []


def explain_difference(report: Report) -> list[str]:
    """Sentence that explains a difference between the expected and the cross-validated score that exceeds the interval.

    Parameters
    ----------
    report : Report
    """
    if report.score is None or report.expected_score is None or report.expected_interval is None:
        return []
    low, high = report.expected_interval
    difference = report.expected_score - report.score
    if abs(difference) <= high - low:
        return []
    more = f"The two numbers differ by {difference:+.4f}, as "
    if not report.resamples:
        return [f"{more}the test rows are {'easier' if difference > 0 else 'harder'} than those that were searched on, or "
                "differ from them."]
    if difference > 0:
        held = _HOLDOUT_TRAINING if report.task.get("holdout") else 1.0 - 1.0 / report.task["folds"]
        learned = report.task["rows"] / (held * report.task["search_rows"]) - 1.0
        return [f"{more}the pipeline learns from {learned:.0%} more rows than in validation."]
    return [f"{more}the best of {len(report.evaluations):,} configurations on {report.task['search_rows']:,} rows owes so much "
            "to luck."]


def _classes(report: Report) -> str:
    """Table of the classes with the lowest F1, worst first."""
    if not report.class_table:
        return ""
    worst = sorted(report.class_table, key=lambda entry: (entry["f1"], -entry["rows"]))[:_CLASSES]
    which = f", the worst {_CLASSES} of {len(report.class_table):,}" if len(report.class_table) > _CLASSES else ""
    return "\n".join([f"{HEADER}class (out of fold{which})", *map(class_line, worst)])


def _row(evaluation: Evaluation) -> str:
    folds = [score for score in evaluation.fold_scores if math.isfinite(score)]
    return (f"{evaluation.score:8.4f}  {min(folds, default=0.0):.4f}-{max(folds, default=0.0):.4f}  {evaluation.seconds:7.2f}  "
            f"{ORIGIN[evaluation.origin]:11}  {Configuration(evaluation.configuration).describe()}")


def _leaderboard(report: Report) -> str:
    best = report.leaderboard[:_ROWS]
    if not best:
        return ""
    return "\n".join([f"{'score':>8}  {'folds':^13}  {'seconds':>7}  {'from':11}  pipeline", *map(_row, best)])


def _ensemble(report: Report) -> str:
    if not report.ensemble:
        return ""
    evaluations = {evaluation.fingerprint: evaluation for evaluation in report.evaluations}
    lines = [f"{100 * member['weight']:6.0f} %  {evaluations[member['fingerprint']].score:.4f}  "
             f"{Configuration(evaluations[member['fingerprint']].configuration).describe()}"
             for member in report.ensemble if member["fingerprint"] in evaluations]
    return "\n".join([f"Ensemble, whose mean probability answers; {report.metric} out of fold {report.ensemble_gain:+.4f} "
                      "beside the best alone:", *lines])


def _chosen(report: Report) -> str:
    chosen = next((evaluation for evaluation in report.evaluations if evaluation.fingerprint == report.chosen), None)
    if chosen is None:
        return ""
    title = "Best pipeline of the ensemble:" if report.ensemble else "Chosen pipeline:"
    return "\n".join([title, *(f"  {name}: {value}" for name, value in sorted(chosen.configuration.items()))])


def _warm_start(report: Report) -> str:
    warm = report.warm_start
    if not warm:
        return "Cold start: nothing was learned from earlier tasks."
    if not warm["suggested"]:
        return "Warm start: nothing that did well on prior tasks has a place in this search space."
    return f"Warm start: of {warm['suggested']} suggested configurations, {warm['tried']} were tried."


def _forecasts(report: Report) -> str:
    """What was expected of candidates, and what came true: a line for each of the first, and the quality of all."""
    expected = [entry for entry in report.evaluations if "score" in entry.forecast and entry.score is not None]
    if not expected:
        return ""
    lines = [f"{entry.forecast['score']:8.4f} ± {HALF_INTERVAL * entry.forecast['deviation']:.4f}  {entry.score:7.4f}  "
             f"{entry.forecast.get('seconds', 0.0):8.2f}  {entry.forecast.get('took', entry.seconds):7.2f}  "
             f"{Configuration(entry.configuration).describe()}" for entry in expected[:_ROWS]]
    quality = report.forecasts
    return "\n".join([f"{'expected, 90 %':>17}  {'score':>7}  {'expected':>8}  {'seconds':>7}  pipeline", *lines,
                      f"{quality['within']:,} of {quality['scores']:,} scores were in the interval that the meta-learner "
                      f"expected; seconds were off by a factor of {quality['factor']:.1f} in the median."])


def _time(report: Report) -> str:
    return "Time: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in report.seconds.items() if name != "total") + "."


def _left_out(report: Report) -> str:
    lines = [f"Not used: {line}" for line in report.removed]
    bad = [evaluation for evaluation in report.evaluations if evaluation.status not in ("ok", "part", "raced")]
    reasons = Counter((evaluation.status, evaluation.error.strip().splitlines()[-1] if evaluation.error.strip() else "")
                      for evaluation in bad)
    lines += [f"{count:,} {MEANING[status]}: {reason}" for (status, reason), count in reasons.most_common(5)]
    return "\n".join(lines)
