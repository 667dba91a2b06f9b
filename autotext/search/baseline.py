"""The plain pipeline that a search is compared with, and tries itself: TF-IDF with logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.components.baseline import BASELINE
from autotext.evaluation import Evaluation
from autotext.scoring.metrics import Kind, Metric
from autotext.search.proposer import regularization_path
from autotext.space import Configuration, Domain, Scalar, SearchSpace

# Configurations that are tried before it, as each may be better.
_BEFORE = 5


def baseline_configuration(space: SearchSpace) -> Configuration | None:
    """TF-IDF of words and pairs of words with logistic regression, in a space; None if the space has no such pipeline.

    Parameters
    ----------
    space : SearchSpace
        Checked for a task.
    """
    def choose(name: str, domain: Domain) -> Scalar:
        return BASELINE[name] if name in BASELINE and BASELINE[name] in domain else domain.default

    configuration = Configuration(space.walk(choose))
    is_plain = all(configuration[stage] == BASELINE[stage] for stage in ("features", "model"))
    return configuration if is_plain and not space.incompatibility(configuration) else None


def add_baseline(configurations: Sequence[Configuration], baseline: Configuration | None) -> list[Configuration]:
    """Add the baseline to what a search tries first, unless it is there.

    Parameters
    ----------
    configurations : sequence of Configuration
    baseline : Configuration or None

    Examples
    --------
    >>> plain = Configuration({"features": "word_tfidf", "model": "logistic"})
    >>> add_baseline([], plain) == add_baseline([plain], plain) == [plain]
    True
    """
    if baseline is None or baseline in configurations:
        return list(configurations)
    return [*configurations[:_BEFORE], baseline, *configurations[_BEFORE:]]


def evaluations_of_baseline(baseline: Configuration | None, space: SearchSpace,
                            evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Evaluations of the baseline with any strength of regularization on its path.

    Parameters
    ----------
    baseline : Configuration or None
    space : SearchSpace
    evaluations : sequence of Evaluation
        Of the search.
    """
    if baseline is None:
        return []
    fingerprints = {configuration.fingerprint for configuration in (baseline, *regularization_path(space, baseline))}
    return [entry for entry in evaluations if entry.fingerprint in fingerprints]


def summarize_baseline(evaluations: Sequence[Evaluation], targets: NDArray[Any], n_classes: int,
                       metric: Metric) -> dict[str, Any]:
    """What a report says of the baselines.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        Of the baseline.
    targets : array of shape (n_rows,) or (n_rows, n_classes)
        Of the rows that are searched on.
    n_classes : int
    metric : Metric

    Returns
    -------
    dict
        ``most_frequent``: score of always answering what is most frequent; ``tfidf_logistic``: cross-validated score of the
        baseline at its best strength of regularization, None if it was not evaluated; ``seconds``: what that took.

    Examples
    --------
    >>> summarize_baseline([], np.array([0, 0, 0, 1]), 2, Metric("accuracy", "binary"))
    {'most_frequent': 0.75, 'tfidf_logistic': None, 'seconds': 0.0}
    """
    answer, rates = answer_most_frequent(targets, n_classes, metric.kind)
    constant = metric.score(targets, np.repeat(answer[None], len(targets), axis=0), np.tile(rates, (len(targets), 1)))
    return {"most_frequent": float(constant) if np.isfinite(constant) else None,
            "tfidf_logistic": max((entry.score for entry in evaluations if entry.score is not None), default=None),
            "seconds": float(sum(entry.seconds for entry in evaluations))}


def answer_most_frequent(targets: NDArray[Any], n_classes: int, kind: Kind) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The answer that is most often right, and the shares of the classes.

    Parameters
    ----------
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    n_classes : int
    kind : {"binary", "multiclass", "multilabel"}

    Returns
    -------
    array of shape () or (n_classes,), array of shape (n_classes,)
        Of several labels, those of most rows are answered; if there are none, the most frequent.

    Examples
    --------
    >>> answer_most_frequent(np.array([2, 0, 2]), 3, "multiclass")[0]
    array(2)
    >>> answer_most_frequent(np.array([[1, 0], [1, 1], [1, 0]]), 2, "multilabel")[0]
    array([1, 0])
    """
    if kind == "multilabel":
        rates = targets.mean(axis=0)
        return (rates >= min(0.5, rates.max())).astype(int), rates
    rates = np.bincount(targets, minlength=n_classes) / len(targets)
    return np.asarray(rates.argmax()), rates
