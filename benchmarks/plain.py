"""Configurations as plain scikit-learn pipelines, refitted on every fold: the other side of `evaluations.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import wordllama
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, normalize
from sklearn.svm import LinearSVC
from wordllama import WordLlama

from autotext.components import Feature, component
from autotext.pipeline import Chain
from autotext.space import Configuration

# Models that may decide otherwise on equal features, and why.
OTHERWISE = {"ridge": "ours is exact where the dual is cheaper", "neighbours": "ours smooths votes by the class shares",
             "sgd": "its steps amplify rounding: the order of columns alone changes labels, in scikit-learn too"}


class NBRatio(TransformerMixin, BaseEstimator):
    """Presence of terms times their largest absolute log-count ratio, after Wang & Manning (2012)."""

    def __init__(self, counter: CountVectorizer, alpha: float) -> None:
        self.counter = counter
        self.alpha = alpha

    def fit_transform(self, texts, y):
        """Learn ratios; weighted features of the same texts."""
        found = self._present(self.counter.fit_transform(texts))
        inside = np.vstack([np.asarray(found[y == label].sum(axis=0)).ravel() for label in np.unique(y)]) + self.alpha
        outside = np.asarray(found.sum(axis=0)).ravel() + 2 * self.alpha - inside
        ratio = np.log(inside / inside.sum(axis=1, keepdims=True)) - np.log(outside / outside.sum(axis=1, keepdims=True))
        self.weights_ = np.maximum(np.abs(ratio).max(axis=0), 1e-3)
        return self._weighted(found)

    def fit(self, texts, y):
        """Learn ratios."""
        self.fit_transform(texts, y)
        return self

    def transform(self, texts):
        """Weighted features."""
        return self._weighted(self._present(self.counter.transform(texts)))

    def _present(self, counts: sp.csr_matrix) -> sp.csr_matrix:
        counts.data = np.ones(len(counts.data))
        return counts

    def _weighted(self, found: sp.csr_matrix) -> sp.csr_matrix:
        found.data = self.weights_[found.indices]
        return normalize(found, copy=False)


class Ours(TransformerMixin, BaseEstimator):
    """A component of ours that scikit-learn has no counterpart of: the same on both sides."""

    def __init__(self, feature: Feature) -> None:
        self.feature = feature

    def fit(self, texts, y):
        """Fit it on counts of texts."""
        self.feature.fit(self.feature.count(texts), y)
        return self

    def transform(self, texts):
        """Features of texts."""
        return self.feature.transform(self.feature.count(texts))


def pipeline(configuration: Configuration, n_classes: int, seed: int) -> Pipeline:
    """Unfitted pipeline of a configuration."""
    chain = Chain(configuration)
    steps = [("normalize", FunctionTransformer(chain.normalize))] if chain.normalizers else []
    blocks = [(feature.name, _feature(feature.name, feature.get_params(), chain)) for feature in chain.features]
    weights = dict(zip((name for name, _ in blocks), chain.weights, strict=True))
    union = blocks[0][1] if len(blocks) == 1 else FeatureUnion(blocks, transformer_weights=weights)
    model = _model(chain.model.name, chain.model.get_params(), n_classes, seed)
    return Pipeline([*steps, ("features", union), ("model", model)])


def _vectors(texts: list[str]) -> sp.csr_matrix:
    model = WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    return sp.csr_matrix(model.embed([text[:4000] for text in texts], norm=True).astype(np.float64))


def _feature(name: str, given: dict, chain: Chain) -> BaseEstimator:
    if name == "wordllama":
        return FunctionTransformer(_vectors)
    if name == "surface":
        return Ours(component("features", name)(**given))
    low, high = map(int, given["span" if name == "char_tfidf" else "ngrams"].split("-"))
    how = {"lowercase": False, "ngram_range": (low, high)}
    kept = {"min_df": given.get("min_df", 1), "max_features": given.get("max_features")}
    if name == "char_tfidf":
        return TfidfVectorizer(analyzer="char_wb", sublinear_tf=given["sublinear"], **how, **kept)
    how |= {"tokenizer": _one_text(chain.tokenizer.transform), "token_pattern": None}
    if name == "word_tfidf":
        return TfidfVectorizer(sublinear_tf=given["sublinear"], **how, **kept)
    if name == "nb_ratio":
        return NBRatio(CountVectorizer(**how, **kept), given["alpha"])
    hashing = HashingVectorizer(n_features=2 ** given["bits"], alternate_sign=False, norm=None, **how)
    return make_pipeline(hashing, TfidfTransformer(sublinear_tf=given["sublinear"]))


def _one_text(transform: Callable[[list[str]], list[list[str]]]) -> Callable[[str], list[str]]:
    return lambda text: transform([text])[0]


def _model(name: str, given: dict, n_classes: int, seed: int) -> BaseEstimator:
    weight = {"class_weight": "balanced" if given.pop("balanced", False) else None}
    if name == "linear_svm":
        return LinearSVC(C=given["C"], dual=True, tol=0.1, max_iter=300, random_state=seed, **weight)
    if name == "logistic":
        binary = LogisticRegression(C=given["C"], solver="liblinear", dual=True, tol=0.1, max_iter=300, random_state=seed,
                                    **weight)
        return binary if n_classes == 2 else OneVsRestClassifier(binary)
    if name == "ridge":
        return RidgeClassifier(alpha=given["alpha"], solver="sparse_cg", tol=1e-3, **weight)
    if name == "sgd":
        return SGDClassifier(loss=given["loss"], alpha=given["alpha"], max_iter=30, tol=1e-3, n_iter_no_change=3,
                             random_state=seed, **weight)
    if name == "neighbours":
        power = given["power"]
        return KNeighborsClassifier(n_neighbors=given["k"], metric="cosine", algorithm="brute",
                                    weights=lambda distances: np.clip(1.0 - distances, 1e-12, None) ** power)
    if name == "complement_nb":
        return ComplementNB(alpha=given["alpha"], norm=given["norm"])
    return MultinomialNB(alpha=given["alpha"], fit_prior=given["prior"])
