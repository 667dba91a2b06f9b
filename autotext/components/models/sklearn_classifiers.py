"""scikit-learn classifiers that a search space may name by their class.

Their own formats (pickle, skops) restore whatever a file says, and their compiled code follows it without a check; so each
is kept as a head of ours.
"""

from __future__ import annotations

import importlib
import inspect
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, ClassVar

import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.component import State, register
from autotext.components.model import Head, Model
from autotext.components.models._heads import BernoulliHead, ForestHead, KernelHead
from autotext.errors import ComponentError
from autotext.space.domains import Anything, Scalar

ALLOWED = {"BernoulliNB": "sklearn.naive_bayes", "ExtraTreesClassifier": "sklearn.ensemble",
           "RandomForestClassifier": "sklearn.ensemble", "SVC": "sklearn.svm"}
# Of all labels; each takes a tenth of a millisecond to read.
_MOST_TREES = 50_000
_HEADS: dict[str, type[BernoulliHead] | type[ForestHead] | type[KernelHead]] = {
    "BernoulliNB": BernoulliHead, "ExtraTreesClassifier": ForestHead, "RandomForestClassifier": ForestHead,
    "SVC": KernelHead}


class ThirdPartyModel(Model):
    """A classifier of scikit-learn, with its own parameters.

    Parameters
    ----------
    **parameters : scalars
        Keywords of the classifier.
    """

    module: ClassVar[str] = ""

    def __init__(self, **parameters: Scalar) -> None:
        self.keywords = parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Keywords given."""
        return dict(self.keywords)

    def set_params(self, **parameters: Any) -> ThirdPartyModel:
        """Change keywords."""
        self.keywords = {**self.keywords, **parameters}
        return self

    def _solve(self, X: sp.csr_matrix, y: NDArray[Any], n_classes: int, seed: int) -> Head:
        estimator = getattr(importlib.import_module(self.module), self.name)(**self.keywords)
        if "random_state" in estimator.get_params() and "random_state" not in self.keywords:
            estimator.set_params(random_state=seed)
        head: Head = _HEADS[self.name].from_estimator(estimator.fit(X, y))
        return head

    def state(self) -> State:
        """What is left of the classifiers, and the classes seen."""
        self._check_trees()
        heads, arrays = [], {}
        for number, head in enumerate(self.heads_):
            learned, own = head.state() if head is not None else (None, {})
            heads.append(learned)
            arrays.update({f"{number}.{name}": array for name, array in own.items()})
        return ({"n_classes": self.n_classes_, "multilabel": self.multilabel_, "seen": [seen.tolist() for seen in self.seen_],
                 "heads": heads}, arrays)

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `state` gave.

        Raises
        ------
        ComponentError
            It does not make a classifier.
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
        """Refuse forests so large that they could not be read again."""
        count = more + sum(len(head.trees) for head in self.heads_ if isinstance(head, ForestHead))
        if count > _MOST_TREES:
            raise ComponentError(f"it has {count:,} trees, more than {_MOST_TREES:,}: use a smaller n_estimators")


def _component(name: str) -> type[ThirdPartyModel]:
    """Component for one classifier; its legal keywords are the classifier's own."""
    estimator = getattr(importlib.import_module(ALLOWED[name]), name)
    parameters = {keyword: Anything() for keyword in inspect.signature(estimator).parameters}
    consumes = "nonnegative" if name.endswith("NB") else "matrix"
    return type(name, (ThirdPartyModel,), {"name": name, "module": ALLOWED[name], "parameters": parameters,
                                           "consumes": consumes, "__module__": __name__, "__qualname__": name,
                                           "__doc__": f"``{ALLOWED[name]}.{name}``."})


for _name in ALLOWED:
    globals()[_name] = register(_component(_name))
