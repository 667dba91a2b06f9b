"""A model with a regularization path, as a user would write it."""

import numpy as np

from autotext.components import Model, register
from autotext.space import Float


class _Nearest:
    def __init__(self, centres):
        self.centres = centres

    def margins(self, X):
        return np.asarray(X @ self.centres.T) - (self.centres**2).sum(axis=1) / 2


@register
class ShrunkenCentroid(Model):
    """The class with the nearest mean, after each mean was drawn to the mean of all rows."""

    name = "shrunken_centroid"
    regularization_parameter = "shrinkage"
    regularization_factors = (0.5, 2.0)
    cost_parameters = ("shrinkage",)
    parameters = {"shrinkage": Float(1e-3, 10.0, log=True)}

    def __init__(self, shrinkage=0.1):
        self.shrinkage = shrinkage

    def _solve(self, X, y, n_classes, seed):
        return self._solve_regularization_path([self], X, y, n_classes, seed)[0]

    def _solve_regularization_path(self, models, X, y, n_classes, seed):
        # The means are computed once for all models.
        means = np.vstack([np.asarray(X[y == code].mean(axis=0)) for code in range(n_classes)])
        overall = means.mean(axis=0)
        return [_Nearest(overall + (means - overall) / (1.0 + model.shrinkage)) for model in models]

    def state(self):
        arrays = {f"centres{label}": head.centres for label, head in enumerate(self.heads_) if head is not None}
        return {"n_classes": self.n_classes_, "multilabel": self.multilabel_,
                "seen": [seen.tolist() for seen in self.seen_]}, arrays

    def set_state(self, learned, arrays):
        self.n_classes_, self.multilabel_ = learned["n_classes"], learned["multilabel"]
        self.seen_ = [np.array(seen) for seen in learned["seen"]]
        self.heads_ = [_Nearest(arrays[f"centres{label}"]) if f"centres{label}" in arrays else None
                       for label in range(len(self.seen_))]
