"""The score on held-out test rows, which are never searched on."""

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
# Number of rows that are predicted at once: in the first batch, whose time is not known, and in later ones.
_FIRST, _BATCH = 32, 1024


def score_held_out(report: Report, pipeline: FittedPipeline, task: Task, metric: Metric, seconds: float | None,
                    left: float = math.inf) -> Report:
    """Add the score on a task's test rows, if it has any, and its 90 % bootstrap interval to a report.

    An error becomes a note of the report, since the pipeline itself is complete.

    Parameters
    ----------
    report : Report
    pipeline : FittedPipeline
    task : Task
    metric : Metric
    seconds : float or None
        Time for the interval; None: no limit.
    left : float
        Remaining seconds for everything. If they do not suffice for all rows, random ones are scored as long as there is time.
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
    """Predict as many test rows as there is time for; gives these rows, their predictions and probabilities."""
    if math.isinf(seconds):
        return test, *pipeline.decide(test.texts)
    batches: list[tuple[NDArray[Any], NDArray[np.float64]]] = []
    until, done = time.monotonic() + seconds, 0
    order = generator(seed, "test").permutation(len(test))
    while done < len(order) and (not batches or time.monotonic() < until):
        rows = order[done : done + (_BATCH if batches else _FIRST)]
        batches.append(pipeline.decide([test.texts[row] for row in rows]))
        done += len(rows)
    predictions, probabilities = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    places = np.argsort(order[:done])
    return test.rows(np.sort(order[:done])), predictions[places], probabilities[places]


def _interval(metric: Metric, test: Task, predictions: NDArray[Any], probabilities: NDArray[Any], score: float, seed: int,
              seconds: float | None) -> tuple[float, float] | None:
    summed = makes_scorer(metric)
    of_pipeline: Scorer = (scorer(metric, test.targets, [predictions], len(test.classes)) if summed else
                           Resampled(metric, test.targets, [predictions], [probabilities], []))
    resamples, chunk = (RESAMPLES, CHUNK) if summed else (_SLOW_RESAMPLES, 1)
    return resampled_interval(of_pipeline, score, test.row_groups(), seed, best=metric.best,
                              wrong=metric.wrong(len(test)), resampling=Resampling(resamples, chunk, seconds))
