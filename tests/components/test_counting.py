"""Counting and products by arrays give what the plain way gives."""

import numpy as np
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from autotext.components.features import _grams
from autotext.components.features._sparse import damped, select_columns
from autotext.components.models._products import row_products
from autotext.components.models.neighbours import _largest
from autotext.components.token_lists import number_strings


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6))),
    table=st.sampled_from([0, 1000]),
)
def test_ranks_are_those_of_unique(pairs, table):
    prefixes, lasts = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    kept, _grams._TABLE_PER_KEY = _grams._TABLE_PER_KEY, table
    try:
        level, ranks = _grams._ranked(prefixes, lasts, 10, 7)
    finally:
        _grams._TABLE_PER_KEY = kept
    expected = np.unique(prefixes * 7 + lasts, return_inverse=True)
    assert level.tolist() == expected[0].tolist()
    assert ranks.tolist() == expected[1].tolist()


@settings(max_examples=30, deadline=None)
@given(n_rows=st.integers(0, 40), n_columns=st.integers(1, 30), heavy=st.integers(0, 20), seed=st.integers(0, 99))
def test_row_products_are_matrix_products(n_rows, n_columns, heavy, seed):
    rng = np.random.default_rng(seed)
    share = np.where(np.arange(50) < heavy, 0.8, 0.05)
    X, columns = (sp.csr_matrix(rng.random((n, 50)) * (rng.random((n, 50)) < share)) for n in (n_rows, n_columns))
    expected = X.toarray() @ columns.toarray().T
    np.testing.assert_allclose(row_products(X, columns.T.tocsr()), expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.lists(st.integers(0, 4), min_size=7, max_size=7), min_size=1, max_size=5), k=st.integers(1, 7))
def test_the_largest_are_those_of_a_stable_sort(values, k):
    found = _largest(np.array(values, dtype=np.float64), k)
    expected = np.sort(np.argsort(-np.array(values), axis=1, kind="stable")[:, :k], axis=1)
    assert found.tolist() == expected.tolist()


def test_damped_counts_are_one_plus_the_logarithm():
    for counts in ([1, 2, 3, 3, 1], [1_000_000], []):
        numbers = np.array(counts, dtype=np.int32)
        assert np.array_equal(damped(numbers), np.log(numbers.astype(np.float64)) + 1.0)


def test_columns_are_selected_without_touching_the_matrix():
    matrix = sp.csr_matrix(np.arange(12).reshape(3, 4))
    assert np.array_equal(select_columns(matrix, np.array([1, 3])).toarray(), matrix.toarray()[:, [1, 3]])
    assert np.array_equal(matrix.toarray(), np.arange(12).reshape(3, 4))


def test_distinct_strings_stand_in_the_order_of_code_points():
    distinct, numbers = number_strings(["b", "가", "a", "b"])
    assert distinct == ["a", "b", "가"]
    assert numbers.tolist() == [1, 2, 0, 1]
