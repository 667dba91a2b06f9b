"""The pipeline that prior tasks promise most of, without a search."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autotext.arguments import check_number, names_unknown_arguments
from autotext.components import registry
from autotext.components.costs import feature_classes
from autotext.cross_validation.count_cache import CountCache
from autotext.cross_validation.cross_validate import cross_validate, fit_chain
from autotext.errors import ArgumentError, SearchError
from autotext.evaluation import Evaluation
from autotext.meta import Experience, ExperienceFolder, MetaLearner, check_learner, describe
from autotext.meta.kriging import Kriging, scores_on_alike_tasks
from autotext.pipeline import FittedPipeline, TextPipeline, learn_decision
from autotext.randomness import check_seed
from autotext.report import Report, class_table
from autotext.scoring.coverage import confidences, coverage_table, rows_right
from autotext.scoring.held_out import score_held_out
from autotext.scoring.metrics import Metric
from autotext.scoring.validation import Validation
from autotext.search.proposer import regularization_path
from autotext.search.setup import find_scripts, note_cut_texts, resolve_learner, summarize_task
from autotext.space import Configuration, SearchSpace
from autotext.task import Split, Task, guess_language
from autotext.task.columns import Names
from autotext.task.split import SEARCH_ROWS, default_n_folds

# Fits of a prior evaluation, by their rows: five on four fifths. Factor by which fits may take longer than predicted.
_PRIOR_FITS, _SAFETY = 4.0, 2.0
# Seconds of counting what features consume, for each character.
_COUNTING = {"tokens": 2e-7, "text": 5e-7}
_ALTERNATIVES = 5
# Suggestions of a meta-learner that does not say what it expects.
_SUGGESTIONS = 16


@dataclass(frozen=True)
class Recommendation:
    """A configuration that prior tasks promise much of on a task, and what to expect of it.

    Parameters
    ----------
    configuration : Configuration
    metric : str
    expected_score : float or None
        Mean score on prior tasks, those that are most like the task counting most; None where no prior task has the metric.
    expected_interval : tuple of float, or None
        In which 90 % of these scores lie.
    seconds : float
        That `fit` will probably take.
    alternatives : tuple of Configuration
        The next best.
    regularization_path : tuple of Configuration
        The same with other strengths of regularization, of which `fit` takes the best.
    task : Task
    space : str
        Name of the search space.
    seed : int
    """

    configuration: Configuration
    metric: str
    expected_score: float | None
    expected_interval: tuple[float, float] | None
    seconds: float
    alternatives: tuple[Configuration, ...]
    regularization_path: tuple[Configuration, ...]
    task: Task
    space: str
    seed: int

    def fit(self) -> TextPipeline:
        """Cross-validate the configuration with some strengths of regularization, and fit the best one on all rows of the task.

        Returns
        -------
        TextPipeline
            Its report has the cross-validated score.
        """
        started, task, seed = time.monotonic(), self.task, self.seed
        metric, split = Metric.named(self.metric, task.kind), Split.make(task, seed)
        texts, n_classes = split.read(task.texts), len(task.classes)
        cache = CountCache([texts[row] for row in split.rows])
        validation = Validation(task.targets[split.rows], split.folds, n_classes, metric, seed)
        candidates = (self.configuration, *self.regularization_path)
        results = cross_validate(candidates, cache, validation)
        validated = time.monotonic()
        best, result = max(zip(candidates, results, strict=True), key=lambda pair: pair[1].score)
        everything = cache if len(split.rows) == len(task) else CountCache(texts)
        chain = fit_chain(best, everything, task.targets, n_classes, seed)
        targets = task.targets[split.rows[split.validation_rows]]
        margins = result.margins.astype(np.float64)
        decision = learn_decision(margins, targets, metric)
        fitted = FittedPipeline.from_task([best], chain, decision, task, metric.name, seed)
        evaluations = tuple(
            Evaluation(number, candidate.to_json(), candidate.fingerprint, "path" if number else "warm", "ok", each.score,
                       each.fold_scores, 0.0 if number else validated - started, each.stage_seconds, size=each.size)
            for number, (candidate, each) in enumerate(zip(candidates, results, strict=True)))
        ended = time.monotonic()
        report = Report(
            "finished", summarize_task(task, split), metric.name, self.space, seed, 1, {}, evaluations, best.fingerprint,
            result.score, seconds={"search": validated - started, "refit": ended - validated, "total": ended - started},
            warm_start={"suggested": 1 + len(self.alternatives), "tried": 1, "changed": [], "rejected": []},
            findings=(*task.findings, *note_cut_texts(split)),
            class_table=class_table(targets, result.predictions, task.classes),
            coverage=coverage_table(confidences(result.predictions, decision.probabilities(margins)),
                                    rows_right(result.predictions, targets)))
        return TextPipeline.from_fitted(fitted, score_held_out(report, fitted, task, metric, None))

    def __str__(self) -> str:
        lines = [f"Recommended for {self.task.name}: {self.configuration.describe()}, fitted in about {self.seconds:.1f} s"]
        if self.expected_score is not None and self.expected_interval is not None:
            low, high = self.expected_interval
            lines.append(f"Expected {self.metric}: {self.expected_score:.2f} ({low:.2f} to {high:.2f} on prior tasks, by their "
                         "likeness; nothing was tried on these rows)")
        else:
            lines.append(f"No prior task has {self.metric}, so that no score is expected.")
        others = dict.fromkeys(other.describe() for other in self.alternatives)
        return "\n".join([*lines, *(f"Next best: {other}" for other in others if other != self.configuration.describe())])


@names_unknown_arguments
def recommend_pipeline(dataset: Any, y: Any = None, *, text: Names = None, label: Names = None, separator: str | None = None,
                       language: str | None = None, encoding: str | None = None, space: str | Path | SearchSpace = "default",
                       metric: str | None = None, seconds: float = 5.0, meta_learner: str | MetaLearner = "hierarchical",
                       experience: str | Path | None = None, seed: int = 0) -> Recommendation:
    """Recommend a pipeline for a data set from what prior tasks taught a meta-learner, without trying any.

    Parameters
    ----------
    dataset, y, text, label, separator, language, encoding : optional
        Labelled texts, as in `optimize_pipeline`.
    space, metric, experience, seed : optional
        As in `optimize_pipeline`; to the folder `experience` nothing is added.
    seconds : float, default=5.0
        That fitting may take, as far as can be told before.
    meta_learner : str or MetaLearner, default="hierarchical"
        A registered name, or a fitted one.

    Returns
    -------
    Recommendation
        Its method ``fit`` gives the fitted pipeline.

    Raises
    ------
    AutotextError
        An argument cannot be used; or nothing that prior tasks had can be fitted in so few seconds.

    Examples
    --------
    >>> texts = ["so good", "very nice", "so bad", "very poor"] * 10
    >>> recommendation = recommend_pipeline(texts, ["+", "+", "-", "-"] * 10)
    >>> recommendation.fit().predict(["so nice"])
    array(['+'], dtype=object)
    """
    seconds, seed = check_number(seconds, "seconds", 1e9), check_seed(seed)
    space = space if isinstance(space, SearchSpace) else SearchSpace.read(space)
    further = Experience() if experience is None else _read(experience)
    checked_learner = check_learner(meta_learner)
    task = Task.read(dataset, y, text=text, label=label, separator=separator, language=language, encoding=encoding)
    learner, _ = resolve_learner(checked_learner, further, task)
    chosen_metric = Metric.named(metric, task.kind)
    shares = find_scripts(task)
    checked, _ = space.check(registry(), shares, task.language or guess_language(shares), {})
    if learner is None:
        raise SearchError("Without a meta-learner nothing can be recommended: leave meta_learner out, or name one.")
    meta_features = describe(task)
    ranked = _rank(learner, meta_features, checked)
    seconds_of = {configuration: _seconds(configuration, usual, task) for configuration, usual in ranked.items()}
    affordable = [configuration for configuration in ranked if seconds_of[configuration] <= seconds]
    if not affordable:
        raise SearchError(_explain(seconds_of, seconds, checked))
    best = affordable[0]
    prior = Experience.shipped().merge(further).without_rows(task.fingerprint)
    score, interval = _expect(best, meta_features, prior, checked, chosen_metric.name)
    return Recommendation(best, chosen_metric.name, score, interval, seconds_of[best],
                          tuple(affordable[1 : 1 + _ALTERNATIVES]), tuple(regularization_path(checked, best)), task,
                          space.name, seed)


def _read(experience: str | Path) -> Experience:
    folder = ExperienceFolder(experience)
    if not folder.path.is_dir():
        raise ArgumentError(f"experience: there is no folder {str(folder.path)!r}; a search that is given it makes it.")
    return folder.read()


def _rank(learner: MetaLearner, meta_features: dict[str, float], space: SearchSpace) -> dict[Configuration, float]:
    """Configurations by what is expected of them, best first, and the usual seconds of an evaluation of each."""
    posterior = learner.start(meta_features, space)
    if posterior is None:
        ranking = learner.suggest(meta_features, space, _SUGGESTIONS)
        return {suggestion.configuration: ranking.seconds.get(suggestion.configuration.structure, suggestion.seconds)
                for suggestion in ranking.suggestions}
    order = np.argsort(-posterior.predict(posterior.pool)[0], kind="stable")
    # What is not known takes as long as what takes longest.
    longest = max(posterior.seconds.values(), default=0.0)
    return {posterior.pool[place]: posterior.seconds.get(posterior.pool[place].structure, longest) for place in order}


def _seconds(configuration: Configuration, usual: float, task: Task) -> float:
    classes = feature_classes(configuration).values()
    encoding = sum(cls.encoding_seconds(task.texts) for cls in classes)
    # Prior evaluations found most texts counted already.
    characters = sum(map(len, task.texts))
    counting = characters * sum(_COUNTING[kind] for kind in {cls.consumes for cls in classes} & set(_COUNTING))
    n_search = min(len(task), SEARCH_ROWS)
    fits = ((default_n_folds(n_search) - 1) * n_search + len(task)) / n_search
    return _SAFETY * (usual * fits / _PRIOR_FITS + encoding + counting)


def _explain(seconds_of: dict[Configuration, float], seconds: float, space: SearchSpace) -> str:
    if not seconds_of:
        return (f"Nothing that was tried on prior tasks has a place in the search space {space.name!r}; only a search can tell "
                "what is best there.")
    least = min(seconds_of.values())
    return (f"Nothing that was tried on prior tasks can be fitted in {seconds:g} s here; the quickest takes about "
            f"{least:.2g} s: give {math.ceil(least)} seconds or more.")


def _expect(configuration: Configuration, meta_features: dict[str, float], experience: Experience, space: SearchSpace,
            metric: str) -> tuple[float | None, tuple[float, float] | None]:
    """Score of a configuration on prior tasks with a metric, by their likeness, and its interval."""
    columns = [number for number, values in enumerate(experience.configurations) if space.project(values)[0] == configuration]
    if not columns:
        return None, None
    scores = experience.scores[:, columns[0]]
    rows = [number for number, task in enumerate(experience.tasks) if task.metric == metric and np.isfinite(scores[number])]
    if not rows:
        return None, None
    likeness = Kriging([experience.tasks[number].meta_features for number in rows]).likeness(meta_features)
    mean, low, high = scores_on_alike_tasks(scores[rows], likeness)
    return mean, (low, high)
