"""A short order of the vertices: never a longer one, and it is found in the end."""

from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skcurve.parallel import has_numba
from skcurve.solvers import short_order
from skcurve.solvers import untangle as untangle_module

some_examples = settings(max_examples=100)
needs_numba = pytest.mark.skipif(not has_numba(), reason="needs numba")
thorough_or_not = pytest.mark.parametrize("thorough", [True, False])


def length(points):
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def shortest(points):
    """The length of the best of all orders."""
    return min(length(points[list(order)]) for order in permutations(range(len(points))))


def reorder(points, **options):
    """The points in short order, once it is certain that all of them are there."""
    order = short_order(torch.from_numpy(points), **options)
    assert order.dtype == torch.int64
    assert sorted(order.tolist()) == list(range(len(points)))
    assert order[0] < order[-1]  # the end that came first stays first
    return points[order.numpy()]


@st.composite
def clouds(draw, max_points=24):
    """Points, in places few enough that they repeat, lie on lines, and are at equal distances."""
    shape = draw(st.integers(2, max_points)), draw(st.integers(1, 3))
    places = st.integers(0, draw(st.sampled_from([0, 1, 3, 50]))).map(float)
    return draw(arrays(np.float64, shape, elements=places))


@thorough_or_not
@some_examples
@given(points=clouds())
def test_the_order_is_a_permutation_and_not_a_longer_one(thorough, points):
    assert length(reorder(points, thorough=thorough)) <= length(points) * (1 + 1e-9) + 1e-9


@thorough_or_not
@pytest.mark.parametrize("n", [3, 16, 200])
def test_points_that_are_all_the_same_come_to_an_end(thorough, n):
    assert length(reorder(np.full((n, 3), 0.1), thorough=thorough)) == 0.0


@thorough_or_not
@pytest.mark.parametrize("n", [26, 64, 300])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_points_that_come_several_times_come_to_an_end(thorough, n, scale):
    # Away from the origin, so that the distance of a point to its copy is rounding, not zero.
    rng = np.random.default_rng(n)
    points = scale * (rng.standard_normal((n // 4, 5)) + 3.0)[rng.integers(0, n // 4, n)]
    assert length(reorder(points, thorough=thorough)) <= length(points)


@needs_numba
@pytest.mark.parametrize("n", [5, 30, 200])
def test_points_on_a_line_come_in_their_order(n):
    rng = np.random.default_rng(n)
    on = rng.permutation(n)[:, None] * np.array([[0.3, -0.4, 1.2]])
    assert length(reorder(on)) == pytest.approx(1.3 * (n - 1))


@needs_numba
def test_few_points_are_nearly_always_in_the_shortest_order():
    rng = np.random.default_rng(0)
    clouds = [rng.standard_normal((rng.integers(2, 8), 2)) for _ in range(100)]
    excess = np.array([length(reorder(points)) / shortest(points) for points in clouds])
    assert np.mean(excess < 1 + 1e-9) >= 0.8
    assert excess.max() < 1.3


def test_a_local_optimum_has_no_crossing_that_two_near_points_would_undo():
    # 2-opt over neighbours: no two edges may be exchanged for shorter ones that join neighbours.
    points = np.random.default_rng(1).random((80, 2))
    path = reorder(points)
    distances = np.linalg.norm(path[:, None] - path[None], axis=2)
    for i in range(len(path) - 1):
        for j in range(i + 1, len(path) - 1):
            old = distances[i, i + 1] + distances[j, j + 1]
            new = distances[i, j] + distances[i + 1, j + 1]
            joined = min(distances[i, j], distances[i + 1, j + 1])
            is_near = joined < np.sort(distances[i])[untangle_module.N_NEIGHBORS]
            assert new >= old * (1 - 1e-9) or not is_near


@needs_numba
@pytest.mark.parametrize("n", [16, 64, 256])
def test_random_orders_get_as_short_as_tours_are(n):
    # For many random points in the unit square the shortest tour is near 0.7124 * sqrt(n).
    points = np.random.default_rng(n).random((n, 2))
    assert length(reorder(points)) < 1.12 * (0.7124 * n**0.5 + 0.5)


def test_looking_further_never_makes_it_longer():
    rng = np.random.default_rng(2)
    for _ in range(20):
        points = rng.standard_normal((60, 3))
        first = length(reorder(points, thorough=False))
        assert length(reorder(points, thorough=True)) <= first * (1 + 1e-9)


def test_an_order_that_is_best_already_stays():
    angle = np.linspace(0, np.pi, 40)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert short_order(torch.from_numpy(points)).tolist() == list(range(40))


def test_the_same_points_get_the_same_order_every_time():
    points = torch.from_numpy(np.random.default_rng(3).standard_normal((100, 4)))
    assert torch.equal(short_order(points), short_order(points))
    assert torch.equal(short_order(points), short_order(points.clone()))


def test_far_from_the_origin_it_is_as_good():
    points = np.random.default_rng(4).random((100, 2))
    near = length(reorder(points))
    assert length(reorder(points + 1e7)) < 1.05 * near


@pytest.mark.parametrize("n", [1, 2])
def test_what_is_too_short_to_be_improved(n):
    assert short_order(torch.zeros(n, 3)).tolist() == list(range(n))


def test_many_vertices_do_without_a_matrix_of_distances(monkeypatch):
    points = np.random.default_rng(5).random((150, 2))
    with_matrix = length(reorder(points, thorough=False))
    monkeypatch.setattr(untangle_module, "MAX_MATRIX", 100)
    without = length(reorder(points))
    assert without == pytest.approx(with_matrix, rel=0.1)
    assert without < 0.2 * length(points)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_any_precision_and_a_history_of_gradients(dtype):
    points = torch.from_numpy(np.random.default_rng(6).standard_normal((30, 3))).to(dtype)
    assert sorted(short_order(points.requires_grad_()).tolist()) == list(range(30))
