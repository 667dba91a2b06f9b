"""Pruning: whether a candidate is clearly worse than the best so far, after its first fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autotext.pipeline.calibration import Decision, fit_threshold
from autotext.randomness import generator
from autotext.scoring.bootstrap import makes_scorer, scorer
from autotext.scoring.metrics import Metric

_RESAMPLES = 200
# Largest fraction of resamples in which a candidate that is pruned may be as good as the best.
_CHANCE = 0.05


@dataclass(frozen=True, eq=False)
class Pruner:
    """Prunes candidates that are clearly worse than the best so far, on the rows of the first fold.

    Parameters
    ----------
    rival : array of shape (n_rows, n_classes)
        Margins of the best candidate on these rows.
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    metric : Metric
    n_classes : int
    seed : int

    Examples
    --------
    >>> targets = np.arange(100) % 2
    >>> pruner = Pruner(np.eye(2)[targets], targets, Metric("accuracy", "binary"), 2, seed=0)
    >>> pruner.lost(np.eye(2)[1 - targets])
    True
    """

    rival: NDArray[Any]
    targets: NDArray[Any]
    metric: Metric
    n_classes: int
    seed: int

    def lost(self, margins: NDArray[Any]) -> bool:
        """Whether margins on the same rows are clearly worse than those of the best, by a paired bootstrap.

        Notes
        -----
        With three to five folds, no rank test over folds is significant; a test over rows can be. Cf. Maron & Moore (1994),
        "Hoeffding races", NIPS.

        Examples
        --------
        >>> import numpy as np
        >>> targets = np.arange(100) % 2
        >>> pruner = Pruner(np.eye(2)[targets], targets, Metric("accuracy", "binary"), 2, seed=0)
        >>> pruner.lost(np.eye(2)[1 - targets]), pruner.lost(np.eye(2)[targets])
        (True, False)
        """
        if not makes_scorer(self.metric):
            return False
        predictions = [decide_alone(candidate, self.targets, self.metric) for candidate in (margins, self.rival)]
        score = scorer(self.metric, self.targets, predictions, self.n_classes)
        rows = len(self.targets)
        draws = generator(self.seed, "race").integers(0, rows, (_RESAMPLES, rows))
        weights = np.stack([np.bincount(draw, minlength=rows) for draw in draws]).astype(np.float32)
        scores = score(weights, np.arange(2))
        # Some resamples may lack a class that the metric needs.
        defined = scores[np.isfinite(scores).all(axis=1)]
        return len(defined) > 0 and bool(np.mean(defined[:, 0] >= defined[:, 1]) <= _CHANCE)


def decide_alone(margins: NDArray[Any], targets: NDArray[Any], metric: Metric) -> NDArray[Any]:
    """Predict from margins, where the decision threshold, if the metric rewards one, is fitted on the same rows.

    Parameters
    ----------
    margins : float array of shape (n_rows, n_classes)
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    metric : Metric

    Examples
    --------
    >>> import numpy as np
    >>> margins = np.array([[0.0, -1.0], [0.0, -2.0], [0.0, -5.0]])
    >>> decide_alone(margins, np.array([1, 1, 0]), Metric("f1", "binary")).tolist()
    [1, 1, 0]
    """
    double = margins.astype(np.float64)
    return Decision(metric.kind, 1.0, fit_threshold(double, targets, metric)).predictions(double)
