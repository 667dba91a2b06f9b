"""The plain pipeline that a search is compared with, and tries itself: TF-IDF with logistic regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.evaluation import Evaluation
from autotext.scoring.metrics import Kind, Metric
from autotext.space import Configuration, Domain, Scalar, SearchSpace

# As it is usually written: words and pairs of words, the rest by default.
_USUAL: Mapping[str, Scalar] = {"features": "word_tfidf", "features.word_tfidf.ngrams": "1-2", "model": "logistic",
                                "model.logistic.C": 10.0}
_STRENGTH = "model.logistic.C"
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
        return _USUAL[name] if name in _USUAL and _USUAL[name] in domain else domain.default

    configuration = Configuration(space.walk(choose))
    is_plain = all(configuration[stage] == _USUAL[stage] for stage in ("features", "model"))
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


def summarize_baseline(baseline: Configuration | None, evaluations: Sequence[Evaluation], targets: NDArray[Any], n_classes: int,
                       metric: Metric) -> dict[str, Any]:
    """What a report says of the baselines.

    Parameters
    ----------
    baseline : Configuration or None
    evaluations : sequence of Evaluation
        Of the search.
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
    >>> summarize_baseline(None, [], np.array([0, 0, 0, 1]), 2, Metric("accuracy", "binary"))
    {'most_frequent': 0.75, 'tfidf_logistic': None, 'seconds': 0.0}
    """
    same = [entry for entry in evaluations if baseline is not None and _without_strength(entry.configuration)
            == _without_strength(baseline)]
    answer, rates = answer_most_frequent(targets, n_classes, metric.kind)
    constant = metric.score(targets, np.repeat(answer[None], len(targets), axis=0), np.tile(rates, (len(targets), 1)))
    return {"most_frequent": float(constant) if np.isfinite(constant) else None,
            "tfidf_logistic": max((entry.score for entry in same if entry.score is not None), default=None),
            "seconds": float(sum(entry.seconds for entry in same))}


def _without_strength(values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {name: value for name, value in values.items() if name != _STRENGTH}


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
