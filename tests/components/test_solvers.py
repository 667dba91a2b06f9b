"""Solvers of our own give what scikit-learn's give."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import naive_bayes
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model import Ridge as RidgeRegression
from sklearn.svm import LinearSVC

from autotext.components import component, linear_model, registry
from autotext.components.linear_model import LinearHead
from autotext.components.models import _dual, ridge
from autotext.components.models._dual import Columns, solve_together

# Coefficients are rounded to this share of the largest one.
ROUNDED = 3e-5


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
    np.testing.assert_allclose(ours, theirs, rtol=ROUNDED)


@pytest.mark.parametrize("alpha", [0.01, 1.0])
@pytest.mark.parametrize("norm", [True, False])
def test_complement_nb_is_that_of_scikit_learn(alpha, norm):
    X, y = rows()
    theirs = naive_bayes.ComplementNB(alpha=alpha, norm=norm).fit(X, y).predict_joint_log_proba(X)
    ours = component("model", "complement_nb")(alpha=alpha, norm=norm).fit(X, y, 3).decision_function(X)
    np.testing.assert_allclose(ours, theirs, rtol=ROUNDED)


def test_ridge_in_the_dual_is_the_ridge_of_the_primal(monkeypatch):
    X, y = rows()
    targets = np.where(y[:, None] == np.arange(3), 1.0, -1.0)
    monkeypatch.setattr(ridge, "_dual_is_cheaper", lambda X, n_columns: True)
    models = component("model", "ridge")().fit_regularization_path(X, y, 3, 0, [0.1, 5.0])
    for alpha, model in zip([0.1, 5.0], models, strict=True):
        theirs = RidgeRegression(alpha=alpha, solver="cholesky").fit(X.toarray(), targets).predict(X.toarray())
        np.testing.assert_allclose(model.decision_function(X), theirs, rtol=ROUNDED, atol=1e-4)


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", ["linear_svm", "logistic"])
def test_a_path_solved_together_is_that_of_liblinear(monkeypatch, name, n_classes, balanced):
    X, y = rows(n_classes=n_classes)
    y = np.where(np.arange(len(y)) % 5 == 0, 0, y)
    solved = []

    def exactly(*given):
        solved.append(solve_together(*given, tolerance=1e-6, epochs=3000))
        return solved[-1]

    monkeypatch.setattr(_dual, "solve_together", exactly)
    precise = {"tol": 1e-8, "max_iter": 100_000, "dual": True, "class_weight": "balanced" if balanced else None}
    values = [0.05, 1.0, 20.0]
    models = component("model", name)(balanced=balanced).fit_regularization_path(X, y, n_classes, 0, values)
    for C, model in zip(values, models, strict=True):
        if name == "linear_svm":
            theirs = LinearSVC(C=C, **precise).fit(X, y).decision_function(X)
        else:
            targets = [y] if n_classes == 2 else [(y == number).astype(int) for number in range(n_classes)]
            solver = LogisticRegression(C=C, solver="liblinear", **precise)
            theirs = np.column_stack([solver.fit(X, target).decision_function(X) for target in targets])
        theirs = theirs.reshape(len(y), -1)
        ours = model.decision_function(X)
        ours = ours[:, 1:] - ours[:, :1] if n_classes == 2 else ours
        assert len(solved) == 1
        np.testing.assert_allclose(ours, theirs, atol=2e-3 if name == "linear_svm" else 0.03)


@pytest.mark.parametrize("loss", ["squared_hinge", "log"])
def test_columns_are_solved_the_same_in_parts_as_together(monkeypatch, loss):
    X, y = rows()
    columns = Columns(y[:, None] == np.arange(3), np.tile(np.arange(3), 4), np.repeat([0.1, 1.0, 5.0, 9.0], 3), np.ones(12))
    together = solve_together(X, columns, loss, 0, 1e-4, 400)
    monkeypatch.setattr(_dual, "_WEIGHTS", 1)
    parts = solve_together(X, columns, loss, 0, 1e-4, 400)
    for whole, part in zip(together, parts, strict=True):
        np.testing.assert_allclose(part, whole, atol=2e-3)


@pytest.mark.parametrize("n_rows", [3, 50])
def test_a_large_model_gives_the_same_margins_by_parts(monkeypatch, n_rows):
    rng = np.random.default_rng(0)
    X = sp.random(n_rows, 40, density=0.3, random_state=0, format="csr")
    head = LinearHead(rng.normal(size=(40, 7)), rng.normal(size=7))
    expected = X @ head.weights.astype(np.float64) + head.intercept
    monkeypatch.setattr(linear_model, "_DOUBLES", 100)
    assert head.margins(X) == pytest.approx(expected, abs=1e-12)
    assert ("coefficients" in vars(head)) == (n_rows == 3)


@pytest.mark.parametrize("name", [name for name, cls in registry()["model"].items() if cls.regularization_parameter])
@pytest.mark.parametrize("y", [np.zeros(60, dtype=int), np.zeros((60, 2), dtype=int)], ids=["one class", "no label"])
def test_a_path_on_rows_that_are_all_alike_is_fitted(name, y):
    model = component("model", name)()
    value = getattr(model, model.regularization_parameter)
    path = model.fit_regularization_path(rows()[0], y, 2, 0, [value, value])
    alone = component("model", name)().fit(rows()[0], y, 2)
    for each in path:
        np.testing.assert_array_equal(each.decision_function(rows()[0]), alone.decision_function(rows()[0]))
