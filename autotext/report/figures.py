"""Plots of a search: scores beside the baselines, progress, what mattered, forecasts, and how sure answers are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from autotext.evaluation import HALF_INTERVAL, Evaluation
from autotext.html import (
    Axis,
    Bar,
    Bin,
    Cloud,
    Figure,
    Series,
    Strip,
    bars,
    cloud_plot,
    heat_table,
    line_plot,
    reliability,
    strips,
)
from autotext.report.importance import explained_shares, scores_by_choice
from autotext.report.wording import counted, shortened
from autotext.scoring.reliability import calibration_error, share_interval
from autotext.space import Configuration

if TYPE_CHECKING:
    from autotext.report.report import Report

_ORIGINS = (("path", "variant in regularization", 6, 2.5), ("search", "from the search", 0, 3.2),
            ("warm", "from prior tasks", 1, 4.2))
# Rows of a plot of choices, choices that are ranked by what they explain, classes up to which all pairs are shown, and the
# share that a choice must explain to be ranked.
_CHOICES, _EXPLAINED, _MATRIX = 14, 8, 12
_LEAST_SHARE = 0.01
# Answers of about the same confidence from which on their share of right ones is drawn.
_BIN = 10


def score_figure(report: Report) -> list[Figure]:
    """Expected score with its interval, beside the score in validation and those of the baselines.

    Parameters
    ----------
    report : Report
    """
    low, high = report.expected_interval or (np.nan, np.nan)
    rows = [("expected", report.expected_score, low, high, 0), ("test rows", report.test_score, np.nan, np.nan, 0),
            ("validation", report.score, np.nan, np.nan, 0),
            ("TF-IDF + LR", report.baseline.get("tfidf_logistic"), np.nan, np.nan, 1),
            ("most frequent label", report.baseline.get("most_frequent"), np.nan, np.nan, 1)]
    shown = [Bar(name, value, _number(lower), _number(upper), group) for name, value, lower, upper, group in rows
             if value is not None]
    about = "The line is the 90 % interval. Validation and baselines have the same rows and folds."
    return [Figure("Score beside the baselines", about,
                   bars(shown, Axis(shortened(report.metric)), "Score and baselines", 4))] if shown else []


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def progress_figure(report: Report) -> list[Figure]:
    """Best score so far by evaluation, and the score of each.

    Parameters
    ----------
    report : Report
    """
    scored = [(number, entry) for number, entry in enumerate(report.evaluations, 1) if entry.score is not None]
    if not scored:
        return []
    best, steps = -np.inf, []
    for number, entry in scored:
        if float(entry.score or 0.0) > best:
            best = float(entry.score or 0.0)
            steps.append((float(number), best))
    steps.append((float(max(len(report.evaluations), 2)), best))
    clouds = [Cloud(name, [number for number, entry in scored if entry.origin == origin],
                    [float(entry.score or 0.0) for _, entry in scored if entry.origin == origin],
                    [_described(number, entry) for number, entry in scored if entry.origin == origin], colour, radius,
                    origin != "path")
              for origin, name, colour, radius in _ORIGINS]
    scores = [float(entry.score or 0.0) for _, entry in scored]
    axis = Axis(shortened(report.metric), low=_floor(scores))
    rings = " Rings at the lower edge are below it." if min(scores) < _floor(scores) else ""
    return [Figure("Best score so far", f"A dot for each configuration, the line at the best until then.{rings}",
                   cloud_plot([cloud for cloud in clouds if len(cloud.x)], Axis("configuration"), axis,
                              "Best score by configuration", steps=steps))]


def _described(number: int, entry: Evaluation) -> str:
    return f"{number}: {_pipeline(entry)}, {entry.score:.4f}"


def _pipeline(entry: Evaluation) -> str:
    return shortened(Configuration(entry.configuration).describe(), 100)


def _floor(scores: Sequence[float]) -> float:
    """Score at which an axis begins, so that a few bad ones do not squeeze what matters."""
    low, tenth, best = float(min(scores)), float(np.quantile(scores, 0.1)), float(max(scores))
    return max(low, tenth - 0.5 * (best - tenth)) if best > tenth else low


def choice_figures(report: Report) -> list[Figure]:
    """Scores by features, by model and by how texts are normalized, and what explains most of the differences.

    Parameters
    ----------
    report : Report
    """
    scored = [entry for entry in report.evaluations if entry.score is not None]
    if len(scored) < 2:
        return []
    axis = Axis(shortened(report.metric), low=_floor([float(entry.score or 0.0) for entry in scored]))
    figures = []
    for stage in ("features", "model", "tokenizer"):
        groups = scores_by_choice(scored, stage)
        if len(groups) > 1 or (stage == "features" and groups):
            rows = [Strip(f"{str(name).replace('+', ' + ')} ({len(scores)})", scores) for name, scores in groups.items()]
            figures.append(_strips(f"By {stage}", rows, axis))
    switches = _switches(scored)
    if switches:
        figures.append(_strips("By normalizer", switches, axis))
    shares = [pair for pair in explained_shares(scored).items() if pair[1] >= _LEAST_SHARE][:_EXPLAINED]
    if shares:
        shown = [Bar(shortened(" ".join(name.split(".")[1:]) or name), share) for name, share in shares]
        figures.append(Figure("What explains the differences", "Share of the differences in rank that each choice explains by "
                              "itself, among configurations that have it (epsilon²). Choices that were made together share "
                              "what they explain.",
                              bars(shown, Axis("share explained", low=0.0), "Explained differences", 2, from_zero=True)))
    return figures


def _strips(title: str, rows: Sequence[Strip], axis: Axis) -> Figure:
    cut = f"The best {_CHOICES} of {len(rows)}." if len(rows) > _CHOICES else ""
    return Figure(title, cut,
                  strips(rows[:_CHOICES], axis, f"Scores {title[0].lower()}{title[1:]}", 4))


def _switches(scored: Sequence[Evaluation]) -> list[Strip]:
    """Scores with each step of normalizing on and off, where both were tried."""
    names = dict.fromkeys(name for entry in scored for name in entry.configuration
                          if name == "normalizer" or (name.startswith("normalizer.") and name.endswith(".use")))
    rows = []
    for number, name in enumerate(names):
        groups = scores_by_choice(scored, name)
        step = name.removeprefix("normalizer.").removesuffix(".use")
        if len(groups) > 1:
            rows += [Strip(f"{_switched(step, value)} ({len(scores)})", scores, number % 2) for value, scores in groups.items()]
    return rows


def _switched(step: str, value: object) -> str:
    return f"{step} {'on' if value else 'off'}" if isinstance(value, bool) else str(value)


def forecast_figure(report: Report) -> list[Figure]:
    """Scores that prior tasks forecast, against those that came true.

    Parameters
    ----------
    report : Report
    """
    pairs = [(entry, float(entry.forecast["score"]), float(entry.score), HALF_INTERVAL * entry.forecast.get("deviation", 0.0))
             for entry in report.evaluations if entry.score is not None and "score" in entry.forecast]
    if not pairs:
        return []
    clouds = []
    for name, is_within, number in (("within its 90 % interval", True, 0), ("outside of it", False, 1)):
        some = [pair for pair in pairs if (abs(pair[1] - pair[2]) <= pair[3]) == is_within]
        titles = [f"{_pipeline(entry)}: {expected:.4f} ± {half:.4f}, came {score:.4f}"
                  for entry, expected, score, half in some]
        clouds.append(Cloud(f"{name} ({len(some)})", [pair[1] for pair in some], [pair[2] for pair in some], titles, number,
                            is_filled=is_within))
    return [Figure("Forecasts and what came true", "What the search expected of each configuration before it tried it. On the "
                   "dashed line, both are equal.",
                   cloud_plot(clouds, Axis("expected score"), Axis("score"), "Forecasts", has_diagonal=True))]


def sureness_figures(report: Report) -> list[Figure]:
    """How often answers are right at each confidence, and how few are wrong if only sure texts are answered.

    Parameters
    ----------
    report : Report
    """
    figures = []
    if report.reliability:
        # A share of a few answers says nothing; where all are few, they are shown.
        many = [entry for entry in report.reliability if entry["rows"] >= _BIN] or report.reliability
        few = sum(int(entry["rows"]) for entry in report.reliability) - sum(int(entry["rows"]) for entry in many)
        bins = [Bin(entry["confidence"], entry["accuracy"], int(entry["rows"]),
                    *share_interval(entry["accuracy"], max(int(entry["rows"]), 1))) for entry in many]
        error = calibration_error(report.reliability)
        figures.append(Figure("Can its confidence be believed?", f"On the dashed line, answers are right as often as their "
                              f"score says. They are {100 * error:.1f} points off on average (expected calibration error)."
                              + (f" {counted(few, 'answer')} in bins of fewer than {_BIN} are left out." if few else ""),
                              reliability(bins, "Reliability", "score of an answer")))
    if report.coverage:
        answered, wrong = ([100 * row[name] for row in report.coverage] for name in ("answered", "error"))
        figures.append(Figure("Leaving unsure texts to people", "If only the surest texts are answered, fewer are wrong.",
                              line_plot([Series("wrong", answered, wrong)],
                                        Axis("% of texts that are answered", low=0.0, high=100.0),
                                        Axis("% of these answers that are wrong", low=0.0), "Coverage", has_legend=False)))
    return figures


def confusion_matrix(report: Report) -> Markup | None:
    """How often each label is answered for each other; None where there are many, several for a text, or texts were not kept.

    Parameters
    ----------
    report : Report
    """
    labels = [entry["label"] for entry in report.class_table]
    if not report.confusions or not 1 < len(labels) <= _MATRIX or report.task.get("kind") == "multilabel":
        return None
    place = {label: number for number, label in enumerate(labels)}
    counts = np.diag([round(entry["recall"] * entry["rows"]) for entry in report.class_table])
    for pair in report.confusions:
        counts[place[pair["label"]], place[pair["predicted"]]] = pair["rows"]
    names = [shortened(label) for label in labels]
    # What is right is written, and coloured no more than what is wrong.
    values = np.where(np.eye(len(labels), dtype=bool), 0, counts).astype(float)
    texts = [[f"{count:,}" if count else "" for count in row] for row in counts.tolist()]
    title = "Rows: label; columns: answer out of fold; coloured: what is wrong."
    return heat_table(values.tolist(), names, names, title, texts)
