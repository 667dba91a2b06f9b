"""A feature and a model as a user would write them, and a sampler."""

import numpy as np
import optuna
import scipy.sparse as sp

from autotext.components import Counts, Feature, Model, register
from autotext.space import Choice, Float


@register
class LetterShares(Feature):
    """Share of some letters in each text, around their mean: numbers of either sign."""

    name = "letter_shares"
    produces = "matrix"
    parameters = {"letters": Choice(("aeiou", "etaoin"))}

    def __init__(self, letters="aeiou"):
        self.letters = letters

    def count(self, documents):
        rows = [[text.count(letter) / max(len(text), 1) for letter in self.letters] for text in documents]
        return Counts(sp.csr_matrix(np.array(rows).reshape(len(rows), len(self.letters))))

    def fit(self, counts, y):
        self.mean_ = np.asarray(counts.matrix.mean(axis=0)).ravel()
        return self

    def transform(self, counts):
        return sp.csr_matrix(counts.matrix.toarray() - self.mean_)

    def state(self):
        return {}, {"mean": self.mean_}

    def set_state(self, learned, arrays):
        self.mean_ = arrays["mean"]


class _Nearest:
    def __init__(self, centres):
        self.centres = centres

    def margins(self, X):
        return np.asarray(X @ self.centres.T) - (self.centres**2).sum(axis=1) / 2


@register
class Centroid(Model):
    """The class with the nearest mean."""

    name = "centroid"
    parameters = {"shrink": Float(0.0, 1.0)}

    def __init__(self, shrink=0.0):
        self.shrink = shrink

    def _solve(self, X, y, n_classes, seed):
        means = np.vstack([np.asarray(X[y == code].mean(axis=0)) for code in range(n_classes)])
        return _Nearest((1.0 - self.shrink) * means)

    def state(self):
        arrays = {f"centres{label}": head.centres for label, head in enumerate(self.heads_) if head is not None}
        return {"n_classes": self.n_classes_, "multilabel": self.multilabel_,
                "seen": [seen.tolist() for seen in self.seen_]}, arrays

    def set_state(self, learned, arrays):
        self.n_classes_, self.multilabel_ = learned["n_classes"], learned["multilabel"]
        self.seen_ = [np.array(seen) for seen in learned["seen"]]
        self.heads_ = [_Nearest(arrays[f"centres{label}"]) if f"centres{label}" in arrays else None
                       for label in range(len(self.seen_))]


class LastChoice(optuna.samplers.BaseSampler):
    """Picks the last choice or the top of the range, until that was tried; then at random."""

    def __init__(self):
        self.rest = optuna.samplers.RandomSampler(seed=1)
        self.asked = 0

    def infer_relative_search_space(self, study, trial):
        return {}

    def sample_relative(self, study, trial, search_space):
        return {}

    def sample_independent(self, study, trial, param_name, param_distribution):
        self.asked += 1
        if trial.number:
            return self.rest.sample_independent(study, trial, param_name, param_distribution)
        if isinstance(param_distribution, optuna.distributions.CategoricalDistribution):
            return param_distribution.choices[-1]
        return param_distribution.high
