"""Whether a candidate has lost against the best so far, told from the first rows that it was judged on."""

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
# A candidate that is better in no more than this share of the resamples has lost.
_CHANCE = 0.05


@dataclass(frozen=True, eq=False)
class Pruner:
    """The best candidate so far, on the rows of the first fold.

    Parameters
    ----------
    rival : array of shape (n_rows, n_classes)
        Its margins there.
    targets : array of shape (n_rows,) or (n_rows, n_classes)
    metric : Metric
    n_classes : int
    seed : int
    """

    rival: NDArray[Any]
    targets: NDArray[Any]
    metric: Metric
    n_classes: int
    seed: int

    def lost(self, margins: NDArray[Any]) -> bool:
        """Whether margins on the same rows are clearly worse, by a paired bootstrap.

        Notes
        -----
        With three to five folds no rank test over folds can stop early; rows can. Cf. Maron & Moore (1994), "Hoeffding races",
        NIPS.

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
        both = [decide_alone(found, self.targets, self.metric) for found in (margins, self.rival)]
        of = scorer(self.metric, self.targets, both, self.n_classes)
        rows = len(self.targets)
        draws = generator(self.seed, "race").integers(0, rows, (_RESAMPLES, rows))
        weights = np.stack([np.bincount(draw, minlength=rows) for draw in draws]).astype(np.float32)
        scores = of(weights, np.arange(2))
        # Some draws may lack a class that the metric needs.
        defined = scores[np.isfinite(scores).all(axis=1)]
        return len(defined) > 0 and bool(np.mean(defined[:, 0] >= defined[:, 1]) <= _CHANCE)


def decide_alone(margins: NDArray[Any], targets: NDArray[Any], metric: Metric) -> NDArray[Any]:
    """Predictions of a candidate whose threshold, if the metric rewards one, is learned on these rows themselves."""
    found = margins.astype(np.float64)
    return Decision(metric.kind, 1.0, fit_threshold(found, targets, metric)).predictions(found)
