"""Fitted forms of classifiers of scikit-learn that are not linear, as arrays that can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import State
from autotext.components.linear_model import LinearHead
from autotext.components.state_checks import numbers, sparse, whole, within
from autotext.errors import ComponentError

_BATCH, _NUMBERS_AT_ONCE = 256, 4_000_000
# Limit on the classes of an SVC, which has a classifier for each pair of them.
_MOST_CLASSES = 1000
_KERNELS = ("linear", "poly", "rbf", "sigmoid")


class BernoulliHead(LinearHead):
    """Fitted Bernoulli naive Bayes, which is linear in whether a feature is above a threshold."""

    threshold: float | None

    @classmethod
    def from_estimator(cls, estimator: Any) -> BernoulliHead:
        """Head of a fitted classifier."""
        present = np.clip(estimator.feature_log_prob_, -700.0, -1e-12)
        absent = np.log1p(-np.exp(present))
        intercept = estimator.class_log_prior_ + absent.sum(axis=1)
        # The part that all classes share does not matter, and would cost digits of single precision.
        head = cls((present - absent).T, intercept - intercept.mean())
        head.threshold = estimator.binarize
        return head

    def margins(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """One column per class."""
        present = X.data if self.threshold is None else (X.data > self.threshold).astype(np.float64)
        return super().margins(sp.csr_matrix((present, X.indices, X.indptr), shape=X.shape))

    def state(self) -> State:
        """Threshold and coefficients."""
        return {"threshold": self.threshold}, self.arrays()

    @classmethod
    def from_state(cls, learned: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], n_classes: int) -> BernoulliHead:
        """Head from what `state` gave."""
        head = cls.from_arrays(arrays, n_classes)
        head.threshold = None if learned["threshold"] is None else float(learned["threshold"])
        return head


class ForestHead:
    """Fitted trees of a forest, which `from_state` checks, since the compiled code of scikit-learn follows them blindly."""

    def __init__(self, trees: list[Any], n_features: int, n_classes: int) -> None:
        self.trees = trees
        self.n_features = n_features
        self.n_classes = n_classes

    @classmethod
    def from_estimator(cls, estimator: Any) -> ForestHead:
        """Head of a fitted classifier."""
        return cls([tree.tree_ for tree in estimator.estimators_], estimator.n_features_in_, len(estimator.classes_))

    def margins(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """Logarithms of the mean class shares of the leaves, one column per class."""
        if X.shape[1] != self.n_features:
            raise ComponentError(f"a forest over {self.n_features} features cannot take {X.shape[1]}")
        if not X.shape[0]:
            return np.zeros((0, self.n_classes))
        numbers32 = X.data.astype(np.float32), X.indices.astype(np.int32), X.indptr.astype(np.int32)
        single = sp.csr_matrix(numbers32, shape=X.shape)
        total = np.zeros((X.shape[0], self.n_classes))
        for tree in self.trees:
            total += tree.predict(single)
        return np.asarray(np.log(np.clip(total / len(self.trees), 1e-6, None)))

    def state(self) -> State:
        """The nodes of all trees, one tree after the other."""
        nodes = np.concatenate([tree.__getstate__()["nodes"] for tree in self.trees])
        return ({"n_features": self.n_features},
                {"sizes": np.array([tree.node_count for tree in self.trees], dtype=np.int64),
                 "left": nodes["left_child"].astype(np.int32), "right": nodes["right_child"].astype(np.int32),
                 "feature": nodes["feature"].astype(np.int32), "threshold": nodes["threshold"],
                 "values": np.concatenate([tree.value[:, 0, :] for tree in self.trees])})

    @classmethod
    def from_state(cls, learned: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], n_classes: int) -> ForestHead:
        """Head from what `state` gave."""
        n_features = whole(learned, "n_features", 0, 2**31 - 1)
        values = numbers(arrays, "values", "f", None, n_classes)
        sizes = within(numbers(arrays, "sizes", "i", None), "sizes", 1, len(values) + 1)
        if not len(sizes) or sizes.sum() != len(values):
            raise ComponentError("the array 'sizes' does not divide the nodes into trees")
        threshold = numbers(arrays, "threshold", "f", len(values))
        left, right, feature = (numbers(arrays, name, "i", len(values)) for name in ("left", "right", "feature"))
        nodes = [np.split(part, np.cumsum(sizes)[:-1]) for part in (left, right, feature, threshold, values)]
        return cls([_tree(n_features, *parts) for parts in zip(*nodes, strict=True)], n_features, n_classes)


def _tree(n_features: int, left: NDArray[Any], right: NDArray[Any], feature: NDArray[Any], threshold: NDArray[Any],
          values: NDArray[Any]) -> Any:
    """Build a tree of scikit-learn, after checking that its branches lead to later nodes and to features that exist."""
    from sklearn.tree._tree import NODE_DTYPE, Tree

    inner, place = left != -1, np.arange(len(left))
    for child in (left, right):
        if (child[inner] <= place[inner]).any() or (child[inner] >= len(left)).any() or (child[~inner] != -1).any():
            raise ComponentError("a branch of a tree leads to no later node")
    within(feature[inner], "feature", 0, n_features)
    nodes = np.zeros(len(left), dtype=NODE_DTYPE)
    nodes["left_child"], nodes["right_child"], nodes["feature"], nodes["threshold"] = left, right, feature, threshold
    tree = Tree(n_features, np.array([values.shape[1]], dtype=np.intp), 1)
    tree.__setstate__({"max_depth": len(left), "node_count": len(left), "nodes": nodes,
                       "values": np.ascontiguousarray(values[:, None, :])})
    return tree


class KernelHead:
    """Fitted support vector machine: support vectors, and their weights in the classifier of each pair of classes."""

    def __init__(self, kernel: Mapping[str, Any], vectors: sp.csr_matrix, counts: NDArray[Any], dual: NDArray[Any],
                 intercept: NDArray[Any]) -> None:
        self.kernel = dict(kernel)
        self.vectors, self.counts, self.dual, self.intercept = vectors, counts, dual, intercept

    @classmethod
    def from_estimator(cls, estimator: Any) -> KernelHead:
        """Head of a fitted classifier."""
        _check_classes(len(estimator.classes_))
        if estimator.kernel not in _KERNELS:
            raise ComponentError(f"SVC.kernel must be one of {', '.join(_KERNELS)}, not {estimator.kernel!r}")
        kernel = {"kernel": estimator.kernel, "gamma": float(estimator._gamma), "degree": int(estimator.degree),
                  "coef0": float(estimator.coef0)}
        dual = estimator.dual_coef_.toarray() if sp.issparse(estimator.dual_coef_) else estimator.dual_coef_
        # For two classes, scikit-learn flips the signs, so that the second class is the positive one.
        sign = -1.0 if len(estimator.classes_) == 2 else 1.0
        return cls(kernel, sp.csr_matrix(estimator.support_vectors_), estimator.n_support_.astype(np.int64), sign * dual,
                   sign * estimator.intercept_)

    def margins(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """Votes of the classifiers of pairs, whose margins decide ties; one column per class."""
        batch = max(1, min(_BATCH, _NUMBERS_AT_ONCE // len(self.counts) ** 2))
        parts = [self._votes(self._similarity(X[start : start + batch])) for start in range(0, X.shape[0], batch)]
        return np.vstack(parts or [np.zeros((0, len(self.counts)))])

    def _similarity(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        products = (X @ self.vectors.T).toarray()
        kind, gamma, shift = self.kernel["kernel"], self.kernel["gamma"], self.kernel["coef0"]
        if kind == "rbf":
            lengths = X.multiply(X).sum(axis=1), self.vectors.multiply(self.vectors).sum(axis=1)
            return np.exp(-gamma * (np.asarray(lengths[0]) + np.asarray(lengths[1]).T - 2.0 * products))
        if kind == "linear":
            return np.asarray(products)
        inner = gamma * products + shift
        return np.asarray(inner ** self.kernel["degree"] if kind == "poly" else np.tanh(inner))

    def _votes(self, similarity: NDArray[np.float64]) -> NDArray[np.float64]:
        n_classes, ends = len(self.counts), np.cumsum(self.counts)
        # Sums over the support vectors of a class, in its classifier against each other class.
        sums = np.zeros((n_classes, n_classes, len(similarity)))
        for number, (end, count) in enumerate(zip(ends, self.counts, strict=True)):
            vectors = slice(end - count, end)
            sums[number, np.arange(n_classes) != number] = self.dual[:, vectors] @ similarity[:, vectors].T
        votes, margins = np.zeros((len(similarity), n_classes)), np.zeros((len(similarity), n_classes))
        start = 0
        for number in range(n_classes - 1):
            others = slice(number + 1, n_classes)
            margin = sums[number, others] + sums[others, number] + self.intercept[start : start + n_classes - number - 1, None]
            votes[:, number] += (margin >= 0).sum(axis=0)
            votes[:, others] += (margin < 0).T
            margins[:, number] += margin.sum(axis=0)
            margins[:, others] -= margin.T
            start += n_classes - number - 1
        return margins / 2.0 if n_classes == 2 else votes + margins / (3.0 * (np.abs(margins) + 1.0))

    def state(self) -> State:
        """The kernel, the support vectors and their weights."""
        return ({**self.kernel, "n_features": self.vectors.shape[1]},
                {"data": self.vectors.data, "indices": self.vectors.indices, "indptr": self.vectors.indptr,
                 "counts": self.counts, "dual": self.dual, "intercept": self.intercept})

    @classmethod
    def from_state(cls, learned: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], n_classes: int) -> KernelHead:
        """Head from what `state` gave."""
        _check_classes(n_classes)
        if learned["kernel"] not in _KERNELS:
            raise ComponentError(f"unknown kernel {learned['kernel']!r}")
        kernel = {"kernel": learned["kernel"], "gamma": float(learned["gamma"]), "degree": whole(learned, "degree", 0, 1000),
                  "coef0": float(learned["coef0"])}
        dual = numbers(arrays, "dual", "f", n_classes - 1, None)
        counts = within(numbers(arrays, "counts", "i", n_classes), "counts", 0, dual.shape[1] + 1)
        if counts.sum() != dual.shape[1]:
            raise ComponentError("the array 'counts' does not divide the support vectors into classes")
        vectors = sparse(arrays, dual.shape[1], whole(learned, "n_features", 0, 2**31 - 1))
        return cls(kernel, vectors, counts, dual, numbers(arrays, "intercept", "f", n_classes * (n_classes - 1) // 2))


def _check_classes(n_classes: int) -> None:
    if n_classes > _MOST_CLASSES:
        raise ComponentError(f"SVC takes up to {_MOST_CLASSES:,} classes, not {n_classes:,}: use linear_svm")
