"""What rows that were never searched on say."""

from __future__ import annotations

from autotext.honest import CHUNK, RESAMPLES, resampled_interval
from autotext.metrics import Metric
from autotext.pipeline import TextPipeline
from autotext.report import Report
from autotext.task import Task, row_groups
from autotext.weighted import Resampled, Scorer, makes_scorer, scorer

_SLOW_RESAMPLES = 100


def with_test_score(report: Report, pipeline: TextPipeline, task: Task, metric: Metric, seconds: float | None) -> Report:
    """The report with the score on a task's test rows, if it has any, and its 90 % bootstrap interval.

    Parameters
    ----------
    report : Report
    pipeline : TextPipeline
    task : Task
    metric : Metric
    seconds : float or None
        For the interval; None: as long as it takes.
    """
    if task.test is None:
        return report
    try:
        targets = pipeline.encode(task.test.labels)
        predictions, probabilities = pipeline.decided(list(task.test.texts))
        score = metric.score(targets, predictions, probabilities)
        report = report.replace(test_score=score, honest_score=score, resamples=0)
        summed = makes_scorer(metric)
        of: Scorer = (scorer(metric, targets, [predictions], len(pipeline.classes_)) if summed else
                      Resampled(metric, targets, [predictions], [probabilities], []))
        given = (of, score, row_groups(task.test.texts, task.test.groups), report.seed)
        resamples, chunk = (RESAMPLES, CHUNK) if summed else (_SLOW_RESAMPLES, 1)
        interval = resampled_interval(*given, best=metric.best, wrong=metric.wrong(len(targets)), resamples=resamples,
                                      chunk=chunk, seconds=seconds)
        return report.replace(honest_interval=interval)
    except KeyboardInterrupt:
        missing = "The test rows were not scored." if report.test_score is None else "The interval was not computed."
        return report.replace(status="interrupted", notes=(*report.notes, missing))
