"""Classifiers of scikit-learn that a search space may name by their class.

Their own formats (pickle, skops) restore whatever a file says, and their compiled code uses it without a check; so the fitted
form of each is saved in a format of autotext.
"""

from __future__ import annotations

import importlib
import inspect
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import State, register
from autotext.components.model import Head, Model
from autotext.components.models._heads import BernoulliHead, ForestHead, KernelHead
from autotext.errors import ComponentError
from autotext.space.domains import Anything, Domain, Scalar

ALLOWED = {"BernoulliNB": "sklearn.naive_bayes", "ExtraTreesClassifier": "sklearn.ensemble",
           "RandomForestClassifier": "sklearn.ensemble", "SVC": "sklearn.svm"}
# Limit on the trees of all labels, each of which takes a tenth of a millisecond to read.
_MOST_TREES = 50_000
_HEADS: dict[str, type[BernoulliHead] | type[ForestHead] | type[KernelHead]] = {
    "BernoulliNB": BernoulliHead, "ExtraTreesClassifier": ForestHead, "RandomForestClassifier": ForestHead,
    "SVC": KernelHead}


class ThirdPartyModel(Model):
    """Base class of components for classifiers of scikit-learn, with the parameters of these.

    Parameters
    ----------
    **parameters : scalars
        Keywords of the classifier.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from autotext.components import component
    >>> X = sp.csr_matrix([[1.0, 0.0], [0.0, 1.0]])
    >>> model = component("model", "RandomForestClassifier")(n_estimators=20).fit(X, np.array([0, 1]), n_classes=2)
    >>> isinstance(model, ThirdPartyModel), model.decision_function(X).argmax(axis=1).tolist()
    (True, [0, 1])
    """

    module: ClassVar[str] = ""

    def __init__(self, **parameters: Scalar) -> None:
        self.keywords = parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The keywords of the classifier."""
        return dict(self.keywords)

    def set_params(self, **parameters: Any) -> ThirdPartyModel:
        """Change keywords of the classifier."""
        self.keywords = {**self.keywords, **parameters}
        return self

    def _solve(self, X: sp.csr_matrix, y: NDArray[Any], n_classes: int, seed: int) -> Head:
        estimator = getattr(importlib.import_module(self.module), self.name)(**self.keywords)
        if "random_state" in estimator.get_params() and "random_state" not in self.keywords:
            estimator.set_params(random_state=seed)
        head: Head = _HEADS[self.name].from_estimator(estimator.fit(X, y))
        return head

    def state(self) -> State:
        """The fitted forms of the classifiers, and the classes of training rows."""
        self._check_trees()
        heads, arrays = [], {}
        for number, head in enumerate(self.heads_):
            learned, head_arrays = head.state() if head is not None else (None, {})
            heads.append(learned)
            arrays.update({f"{number}.{name}": array for name, array in head_arrays.items()})
        return ({"n_classes": self.n_classes_, "multilabel": self.multilabel_, "seen": [seen.tolist() for seen in self.seen_],
                 "heads": heads}, arrays)

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore what `state` gave.

        Raises
        ------
        ComponentError
            The state does not make a classifier.
        """
        self._take_seen(learned)
        self.heads_ = []
        by_head: dict[str, dict[str, NDArray[Any]]] = defaultdict(dict)
        for name, array in arrays.items():
            number, _, part = name.partition(".")
            by_head[number][part] = array
        for place, (head, seen) in enumerate(zip(learned["heads"], self.seen_, strict=True)):
            if (head is None) != (len(seen) == 1):
                raise ComponentError(f"a classifier for {len(seen)} classes is missing or unexpected")
            self._check_trees(len(by_head[str(place)].get("sizes", ())))
            self.heads_.append(None if head is None else _HEADS[self.name].from_state(head, by_head[str(place)], len(seen)))

    def _check_trees(self, more: int = 0) -> None:
        """Refuse forests that are too large to be read again."""
        count = more + sum(len(head.trees) for head in self.heads_ if isinstance(head, ForestHead))
        if count > _MOST_TREES:
            raise ComponentError(f"it has {count:,} trees, more than {_MOST_TREES:,}: use a smaller n_estimators")


class _Keywords(Mapping[str, Domain]):
    """The keywords of a classifier, which is imported only when they are asked for, as few spaces name one."""

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def _domains(self) -> dict[str, Domain]:
        estimator = getattr(importlib.import_module(ALLOWED[self._name]), self._name)
        return {keyword: Anything() for keyword in inspect.signature(estimator).parameters}

    def __getitem__(self, keyword: str) -> Domain:
        return self._domains[keyword]

    def __iter__(self) -> Iterator[str]:
        return iter(self._domains)

    def __len__(self) -> int:
        return len(self._domains)


def _component(name: str) -> type[ThirdPartyModel]:
    """Make the component for one classifier, with the keywords of the classifier."""
    consumes = "nonnegative" if name.endswith("NB") else "matrix"
    return type(name, (ThirdPartyModel,), {"name": name, "module": ALLOWED[name], "parameters": _Keywords(name),
                                           "consumes": consumes, "__module__": __name__, "__qualname__": name,
                                           "__doc__": f"The classifier ``{ALLOWED[name]}.{name}`` as a component."})


for _name in ALLOWED:
    globals()[_name] = register(_component(_name))
