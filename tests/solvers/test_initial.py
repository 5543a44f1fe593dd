"""Where a curve begins, against the same said plainly in numpy."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_info, threadpool_limits

from skcurve.solvers import STARTS, Rows
from skcurve.testing import point_clouds

every_start = pytest.mark.parametrize("name", STARTS)


def begin(name, X, n_vertices=16, *, weights=None, seed=0):
    """The first vertices, in the units of the data."""
    X = torch.as_tensor(X)
    generator = np.random.default_rng(seed)
    rows = Rows(X, None if weights is None else torch.as_tensor(weights).to(X), generator)
    return rows.restore(STARTS[name](rows, n_vertices, generator)).numpy()


def means_of_quarters(X, key):
    """Four means, of the rows sorted by a key; their number is divisible by four."""
    return X[np.argsort(key, kind="stable")].reshape(4, -1, X.shape[1]).mean(1)


@every_start
@given(X=point_clouds(), seed=st.integers(0, 9))
def test_every_start_gives_vertices_within_the_data(name, X, seed):
    vertices = begin(name, X, 8, seed=seed)
    assert vertices.shape == (8 if name == "tour" else 4, X.shape[1])
    slack = 1e-9 * (1 + np.abs(X).max())
    assert (vertices >= X.min(0) - slack).all()
    assert (vertices <= X.max(0) + slack).all()


@pytest.mark.parametrize("offset", [0.0, 3.0])
def test_the_norm_sorts_rows_as_published(offset):
    X = np.random.default_rng(0).standard_normal((400, 5)) + offset
    expected = means_of_quarters(X, np.linalg.norm(X, axis=1))
    np.testing.assert_allclose(begin("norm", X), expected, atol=1e-9)


@pytest.mark.parametrize("exponent", [-100, 100])
def test_the_norm_sorts_rows_whose_squares_leave_the_range(exponent):
    X = np.random.default_rng(0).standard_normal((400, 5)).astype(np.float32)
    found = np.ldexp(begin("norm", np.ldexp(X, exponent)), -exponent)
    np.testing.assert_allclose(found, begin("norm", X), atol=1e-6)


def test_the_first_principal_component_sorts_rows():
    X = np.random.default_rng(1).standard_normal((400, 5)) * [1, 1, 6, 1, 1] + 2.0
    first = np.linalg.svd(X - X.mean(0), full_matrices=False)[2][0]
    expected = means_of_quarters(X, (X - X.mean(0)) @ (first * np.sign(first[2])))
    np.testing.assert_allclose(begin("pca", X), expected, atol=1e-9)


@pytest.mark.parametrize("name", ["norm", "pca"])
@given(data=st.data())
def test_rows_of_weight_two_are_rows_that_come_twice(name, data):
    n_rows = data.draw(st.integers(2, 20))
    X = np.random.default_rng(data.draw(st.integers(0, 99))).standard_normal((n_rows, 3))
    times = data.draw(st.lists(st.integers(1, 4), min_size=n_rows, max_size=n_rows))
    weighted = begin(name, X, weights=times)
    np.testing.assert_allclose(weighted, begin(name, np.repeat(X, times, axis=0)), atol=1e-9)


def test_random_vertices_are_rows():
    X = np.random.default_rng(2).standard_normal((50, 3))
    vertices = begin("random", X)
    distances = np.linalg.norm(vertices[:, None] - X, axis=2).min(1)
    assert distances.max() < 1e-9
    assert not np.allclose(vertices, begin("random", X, seed=1))


@pytest.mark.parametrize("n_rows", [1, 2, 3, 4, 5])
def test_random_vertices_are_different_rows_while_there_are_any(n_rows):
    X = np.arange(float(n_rows))[:, None]
    for seed in range(20):
        vertices = begin("random", np.repeat(X, 3, axis=0), seed=seed).ravel()
        places, first, times = np.unique(vertices.round(9), return_index=True, return_counts=True)
        assert len(vertices) == 4
        assert len(places) == min(n_rows, 4)
        assert times.max() - times.min() <= 1
        # A row that is taken twice is so at once, and the curve does not go back to it.
        assert all(len(set(vertices[i : i + n])) == 1 for i, n in zip(first, times, strict=True))


def test_heavy_rows_are_chosen_often():
    X = np.arange(100.0)[:, None]
    weights = np.where(np.arange(100) < 50, 1.0, 9.0)
    chosen = np.concatenate([begin("random", X, weights=weights, seed=s) for s in range(100)])
    assert np.mean(chosen > 49.5) == pytest.approx(0.9, abs=0.06)


@pytest.mark.parametrize("name", ["random", "tour"])
def test_neither_the_order_of_the_rows_nor_their_repetition_matters_to_a_draw(name):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((60, 3))
    expected = begin(name, X)
    np.testing.assert_allclose(begin(name, X[rng.permutation(60)]), expected, atol=1e-9)
    np.testing.assert_allclose(begin(name, np.repeat(X, 2, axis=0)), expected, atol=1e-9)
    weights = np.full(60, 2.0)
    np.testing.assert_allclose(begin(name, X, weights=weights), expected, atol=1e-9)


def test_the_tour_goes_through_the_clusters_in_a_short_order():
    centers = np.random.default_rng(4).permutation(16)[:, None] * np.array([[10.0, 5.0]])
    X = np.repeat(centers, 20, axis=0) + 0.1 * np.random.default_rng(5).standard_normal((320, 2))
    vertices = begin("tour", X, 16)
    steps = np.linalg.norm(np.diff(vertices, axis=0), axis=1)
    np.testing.assert_allclose(steps, np.hypot(10, 5), rtol=0.05)


def test_the_clusters_do_not_depend_on_which_thread_ends_first(monkeypatch):
    # Three threads or more add their sums up in the order in which they finish.
    seen = []

    class Watched(KMeans):
        def fit(self, *arguments, **options):
            seen.extend(pool["num_threads"] for pool in openmp_pools())
            return super().fit(*arguments, **options)

    monkeypatch.setattr("skcurve.solvers.initial.KMeans", Watched)
    with threadpool_limits(3, user_api="openmp"):
        before = openmp_pools()
        begin("tour", np.random.default_rng(8).standard_normal((60, 3)))
        assert openmp_pools() == before
    assert set(seen) == {1}


def openmp_pools():
    return [pool for pool in threadpool_info() if pool["user_api"] == "openmp"]


def test_where_rows_are_fewer_than_vertices_the_last_one_stands_for_the_rest():
    X = np.array([[0.0], [1.0], [2.0], [2.0]])
    vertices = begin("tour", X, 8).ravel()
    assert sorted(set(vertices.round(9))) == [0.0, 1.0, 2.0]
    assert (vertices[2:] == vertices[2]).all()


@every_start
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(name, dtype):
    X = np.random.default_rng(6).standard_normal((40, 2)).astype(dtype)
    assert begin(name, X).dtype == dtype


@every_start
def test_the_same_generator_gives_the_same_vertices(name):
    X = np.random.default_rng(7).standard_normal((300, 4))
    np.testing.assert_array_equal(begin(name, X, seed=5), begin(name, X, seed=5))
