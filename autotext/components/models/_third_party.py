"""scikit-learn classifiers that a search space may name by their class."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from autotext.components.models._base import Head, Model
from autotext.components.registry import State, register
from autotext.errors import ComponentError
from autotext.space.domains import Anything, Scalar

ALLOWED = {"BernoulliNB": "sklearn.naive_bayes", "ExtraTreesClassifier": "sklearn.ensemble",
           "RandomForestClassifier": "sklearn.ensemble", "SVC": "sklearn.svm"}
# Besides what skops trusts by itself.
_TRUSTED = ("scipy.sparse._csr.csr_matrix", "sklearn.tree._tree.Tree")


class _EstimatorHead:
    """Margins of a fitted classifier of scikit-learn."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def margins(self, X: sp.csr_matrix) -> NDArray[np.float64]:
        """One column per class."""
        if not X.shape[0]:
            return np.zeros((0, len(self.estimator.classes_)))
        if not hasattr(self.estimator, "decision_function"):
            found: NDArray[np.float64] = np.log(np.clip(self.estimator.predict_proba(X), 1e-6, None))
            return found
        found = np.asarray(self.estimator.decision_function(X), dtype=np.float64)
        return np.column_stack([-found / 2, found / 2]) if found.ndim == 1 else found


class ThirdPartyModel(Model):
    """A classifier of scikit-learn, with its own parameters; saved by skops.

    Parameters
    ----------
    **parameters : scalars
        Keywords of the classifier.
    """

    module: ClassVar[str] = ""

    def __init__(self, **parameters: Scalar) -> None:
        self.given = parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Keywords given."""
        return dict(self.given)

    def set_params(self, **parameters: Any) -> ThirdPartyModel:
        """Change keywords."""
        self.given = {**self.given, **parameters}
        return self

    def _solve(self, X: sp.csr_matrix, y: NDArray[np.intp], n_classes: int, seed: int) -> Head:
        estimator = getattr(importlib.import_module(self.module), self.name)(**self.given)
        if "random_state" in estimator.get_params() and "random_state" not in self.given:
            estimator.set_params(random_state=seed)
        return _EstimatorHead(estimator.fit(X, y))

    def state(self) -> State:
        """The classifiers, as bytes of skops."""
        from skops.io import dumps

        arrays = {f"estimator{number}": np.frombuffer(dumps(head.estimator), dtype=np.uint8)
                  for number, head in enumerate(self.heads_) if head is not None}
        return ({"n_classes": self.n_classes_, "multilabel": self.multilabel_, "seen": [seen.tolist() for seen in self.seen_]},
                arrays)

    def set_state(self, learned: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over what `state` gave.

        Raises
        ------
        ComponentError
            The bytes hold types that are not trusted.
        """
        from skops.io import loads
        from skops.io.exceptions import UntrustedTypesFoundException

        self.n_classes_, self.multilabel_ = learned["n_classes"], learned["multilabel"]
        self.seen_ = [np.array(seen, dtype=np.intp) for seen in learned["seen"]]
        try:
            self.heads_ = [_EstimatorHead(loads(arrays[name].tobytes(), trusted=list(_TRUSTED))) if name in arrays else None
                           for name in (f"estimator{number}" for number in range(len(self.seen_)))]
        except UntrustedTypesFoundException as error:
            raise ComponentError(f"{self.name}: {error}") from error


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
