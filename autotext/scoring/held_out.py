"""The score on held-out rows, which were never searched on."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autotext.errors import describe_error
from autotext.randomness import generator
from autotext.scoring.bias_correction import CHUNK, RESAMPLES, Resampling, resampled_interval
from autotext.scoring.bootstrap import Resampled, Scorer, makes_scorer, scorer
from autotext.scoring.metrics import Metric

if TYPE_CHECKING:
    from autotext.pipeline import FittedPipeline
    from autotext.report import Report
    from autotext.task import Task

_SLOW_RESAMPLES = 100
# Rows that are predicted at once: at first, when it is not known how long they take, and later.
_FIRST, _BATCH = 32, 1024


def score_held_out(report: Report, pipeline: FittedPipeline, task: Task, metric: Metric, seconds: float | None,
                    left: float = math.inf) -> Report:
    """The report with the score on a task's test rows, if it has any, and its 90 % bootstrap interval.

    Whatever keeps the rows from being scored becomes a note: the pipeline is there already.

    Parameters
    ----------
    report : Report
    pipeline : FittedPipeline
    task : Task
    metric : Metric
    seconds : float or None
        For the interval; None: as long as it takes.
    left : float
        Seconds for all; where they do not suffice, as many rows are scored as they do for, drawn by chance.
    """
    test = task.test
    if test is None:
        return report
    try:
        n_rows = len(test)
        test, predictions, probabilities = _decide(pipeline, test, report.seed, left)
        if len(test) < n_rows:
            note = f"Only {len(test):,} of {n_rows:,} test rows were scored, for want of time."
            report = report.replace(notes=(*report.notes, note))
        report = report.replace(notes=(*report.notes, *metric.remarks(test.targets, test.classes)))
        score = metric.score(test.targets, predictions, probabilities)
        if not np.isfinite(score):
            return report
        report = report.replace(test_score=score, expected_score=score, resamples=0)
        interval = _interval(metric, test, predictions, probabilities, score, report.seed, seconds)
        return report.replace(expected_interval=interval)
    except (Exception, KeyboardInterrupt) as error:
        missing = "The test rows were not scored" if report.test_score is None else "The interval was not computed"
        if isinstance(error, KeyboardInterrupt):
            return report.replace(status="interrupted", notes=(*report.notes, f"{missing}."))
        return report.replace(notes=(*report.notes, f"{missing}: {describe_error(error)}."))


def _decide(pipeline: FittedPipeline, test: Task, seed: int, seconds: float) -> tuple[Task, NDArray[Any], NDArray[np.float64]]:
    """Test rows that there is time for, their predictions and probabilities."""
    if math.isinf(seconds):
        return test, *pipeline.decide(test.texts)
    found: list[tuple[NDArray[Any], NDArray[np.float64]]] = []
    until, done = time.monotonic() + seconds, 0
    order = generator(seed, "test").permutation(len(test))
    while done < len(order) and (not found or time.monotonic() < until):
        rows = order[done : done + (_BATCH if found else _FIRST)]
        found.append(pipeline.decide([test.texts[row] for row in rows]))
        done += len(rows)
    predictions, probabilities = (np.concatenate(parts) for parts in zip(*found, strict=True))
    places = np.argsort(order[:done])
    return test.rows(np.sort(order[:done])), predictions[places], probabilities[places]


def _interval(metric: Metric, test: Task, predictions: NDArray[Any], probabilities: NDArray[Any], score: float, seed: int,
              seconds: float | None) -> tuple[float, float] | None:
    summed = makes_scorer(metric)
    of: Scorer = (scorer(metric, test.targets, [predictions], len(test.classes)) if summed else
                  Resampled(metric, test.targets, [predictions], [probabilities], []))
    resamples, chunk = (RESAMPLES, CHUNK) if summed else (_SLOW_RESAMPLES, 1)
    return resampled_interval(of, score, test.row_groups(), seed, best=metric.best,
                              wrong=metric.wrong(len(test)), resampling=Resampling(resamples, chunk, seconds))
