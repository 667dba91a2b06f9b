"""Solvers of our own give what scikit-learn's give."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import naive_bayes
from sklearn.linear_model import Ridge as RidgeRegression

from autotext.components import component
from autotext.components.models import ridge


def rows(n_rows=60, n_features=40, n_classes=3):
    rng = np.random.default_rng(0)
    X = sp.csr_matrix(rng.random((n_rows, n_features)) * (rng.random((n_rows, n_features)) < 0.3))
    return X, np.arange(n_rows) % n_classes


@pytest.mark.parametrize("alpha", [0.01, 1.0])
@pytest.mark.parametrize("prior", [True, False])
def test_multinomial_nb_is_that_of_scikit_learn(alpha, prior):
    X, y = rows()
    theirs = naive_bayes.MultinomialNB(alpha=alpha, fit_prior=prior).fit(X, y).predict_joint_log_proba(X)
    ours = component("model", "multinomial_nb")(alpha=alpha, prior=prior).fit(X, y, 3).decision_function(X)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize("alpha", [0.01, 1.0])
@pytest.mark.parametrize("norm", [True, False])
def test_complement_nb_is_that_of_scikit_learn(alpha, norm):
    X, y = rows()
    theirs = naive_bayes.ComplementNB(alpha=alpha, norm=norm).fit(X, y).predict_joint_log_proba(X)
    ours = component("model", "complement_nb")(alpha=alpha, norm=norm).fit(X, y, 3).decision_function(X)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_ridge_in_the_dual_is_the_ridge_of_the_primal(monkeypatch):
    X, y = rows()
    targets = np.where(y[:, None] == np.arange(3), 1.0, -1.0)
    monkeypatch.setattr(ridge, "_dual_is_cheaper", lambda X, n_columns: True)
    for alpha, model in zip([0.1, 5.0], component("model", "ridge")().fit_path(X, y, 3, 0, [0.1, 5.0]), strict=True):
        theirs = RidgeRegression(alpha=alpha, solver="cholesky").fit(X.toarray(), targets).predict(X.toarray())
        np.testing.assert_allclose(model.decision_function(X), theirs, rtol=1e-5, atol=1e-6)
