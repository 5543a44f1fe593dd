"""The statistics of a sweep: they add up, and give the vertices of the least squares."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skcurve.solvers import Statistics
from skcurve.solvers.statistics import ANCHOR

NUMBERS = st.floats(-8.0, 8.0, width=32)


def statistics_of(points, weights, segment, dither, vertices):
    """The definition, one row at a time."""
    n_vertices = len(vertices)
    sums = np.zeros((5, n_vertices - 1))
    moment = np.zeros((n_vertices, points.shape[1]))
    for x, w, i, after in zip(points, weights, segment, dither, strict=True):
        before = 1.0 - after
        error = np.sum((x - before * vertices[i] - after * vertices[i + 1]) ** 2)
        sums[:, i] += w * np.array([before**2, after**2, before * after, 1.0, error])
        moment[i] += w * before * x
        moment[i + 1] += w * after * x
    return Statistics.of_segments(torch.from_numpy(sums), torch.from_numpy(moment))


@st.composite
def assignments(draw, max_vertices=7):
    """Rows, weights, and the segment and dither that each row met, on some vertices."""
    n_vertices = draw(st.integers(2, max_vertices))
    n_rows, n_features = draw(st.integers(2, 20)), draw(st.integers(1, 3))
    points = draw(arrays(np.float64, (n_rows, n_features), elements=NUMBERS))
    weights = draw(arrays(np.float64, n_rows, elements=st.floats(0.125, 4.0)))
    segment = draw(arrays(np.int64, n_rows, elements=st.integers(0, n_vertices - 2)))
    dither = draw(arrays(np.float64, n_rows, elements=st.floats(0.0, 1.0, exclude_max=True)))
    vertices = draw(arrays(np.float64, (n_vertices, n_features), elements=NUMBERS))
    return points, weights, segment, dither, vertices


def assert_same(first, second):
    for name in ("diagonal", "beside", "moment", "usage", "sq_error"):
        torch.testing.assert_close(getattr(first, name), getattr(second, name))


def penalised_error(rows, old, vertices, stiffness, anchor):
    """What `solve` minimises, as it reads; `stiffness` is a number a segment."""
    points, weights, segment, dither = rows
    start, stop = vertices[segment], vertices[segment + 1]
    dithered = (1 - dither[:, None]) * start + dither[:, None] * stop
    error = weights @ np.sum((points - dithered) ** 2, axis=1)
    tension = stiffness @ np.sum(np.diff(vertices, axis=0) ** 2, axis=1)
    return error + tension + anchor * np.sum((vertices - old) ** 2)


def least_squares(rows, old, stiffness, anchor):
    """The same minimum by a dense solver."""
    points, weights, segment, dither = rows
    n_rows, n_vertices = len(points), len(old)
    row, root = np.arange(n_rows), np.sqrt(weights)[:, None]
    design = np.zeros((n_rows, n_vertices))
    design[row, segment] = 1 - dither
    design[row, segment + 1] = dither
    pull = np.sqrt(stiffness)[:, None] * np.diff(np.eye(n_vertices), axis=0)
    hold = np.sqrt(anchor) * np.eye(n_vertices)
    target = np.concatenate([root * points, 0 * old[1:], hold @ old])
    return np.linalg.lstsq(np.concatenate([root * design, pull, hold]), target)[0]


@given(assignments(), st.data())
def test_the_statistics_of_two_halves_sum_to_those_of_the_whole(assignment, data):
    *rows, vertices = assignment
    cut = data.draw(st.integers(1, len(rows[0]) - 1))
    halves = [
        statistics_of(*(part[half] for part in rows), vertices)
        for half in (slice(cut), slice(cut, None))
    ]
    whole = statistics_of(*rows, vertices)
    assert_same(halves[0] + halves[1], whole)
    assert (halves[0] + halves[1]).weight == pytest.approx(whole.weight)


@given(assignments(), st.floats(0.01, 10.0))
def test_a_factor_is_a_factor_of_every_weight(assignment, factor):
    points, weights, *rest = assignment
    scaled = statistics_of(points, factor * weights, *rest)
    plain = statistics_of(points, weights, *rest)
    assert_same(plain * factor, scaled)
    assert (plain * factor).distortion == pytest.approx(plain.distortion)
    assert (plain * factor).perplexity == pytest.approx(plain.perplexity, rel=1e-5)


@given(assignments(max_vertices=4))
def test_the_matrix_is_that_of_the_normal_equations(assignment):
    points, weights, segment, dither, vertices = assignment
    known = statistics_of(*assignment)
    design = np.zeros((len(points), len(vertices)))
    design[np.arange(len(points)), segment] = 1 - dither
    design[np.arange(len(points)), segment + 1] = dither
    matrix = design.T @ (weights[:, None] * design)
    np.testing.assert_allclose(known.diagonal, np.diagonal(matrix), atol=1e-12)
    np.testing.assert_allclose(known.beside, np.diagonal(matrix, 1), atol=1e-12)
    np.testing.assert_allclose(known.moment, design.T @ (weights[:, None] * points), atol=1e-9)


@given(assignments(), st.sampled_from([0.0, 0.01, 0.3, 5.0]))
def test_the_solution_is_that_of_dense_least_squares(assignment, smoothness):
    *rows, old = assignment
    known = statistics_of(*assignment)
    mean = float(known.diagonal.mean())
    solved = known.solve(torch.from_numpy(old), smoothness).numpy()
    expected = least_squares(rows, old, np.full(len(old) - 1, smoothness * mean), ANCHOR * mean)
    np.testing.assert_allclose(solved, expected, atol=1e-6)


@given(assignments(), st.integers(0, 99))
def test_no_other_vertices_have_a_lower_penalised_error(assignment, seed):
    *rows, old = assignment
    known = statistics_of(*assignment)
    mean = float(known.diagonal.mean())
    rng = np.random.default_rng(seed)
    firmness = rng.uniform(0.0, 2.0, len(old) - 1)
    solved = known.solve(torch.from_numpy(old), torch.from_numpy(firmness)).numpy()
    least = penalised_error(rows, old, solved, mean * firmness, mean * ANCHOR)
    others = [solved + size * rng.standard_normal(solved.shape) for size in (1e-2, 1.0)]
    for other in (old, *others):
        value = penalised_error(rows, old, other, mean * firmness, mean * ANCHOR)
        assert least <= value * (1 + 1e-9) + 1e-9


def test_vertices_that_no_row_asks_to_move_stay():
    vertices = np.array([[0.0], [1.0], [5.0], [7.0], [9.0]])
    rows = np.array([[0.5], [1.5]]), np.ones(2), np.array([0, 0]), np.array([0.0, 0.9])
    solved = statistics_of(*rows, vertices).solve(torch.from_numpy(vertices), 0.0)
    assert solved[2:].tolist() == [[5.0], [7.0], [9.0]]
    assert float(solved[0, 0]) == pytest.approx(0.5, abs=ANCHOR + 1e-6)


def test_smoothness_pulls_the_vertices_together():
    rng = np.random.default_rng(0)
    points, vertices = rng.standard_normal((200, 2)), rng.standard_normal((9, 2))
    rows = points, np.ones(200), rng.integers(0, 8, 200), rng.random(200)
    known = statistics_of(*rows, vertices)
    lengths = [
        float(torch.diff(known.solve(torch.from_numpy(vertices), s), dim=0).norm(dim=1).sum())
        for s in (0.0, 0.01, 0.1, 1.0, 100.0)
    ]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] < 0.05 * lengths[0]


def test_a_smoothness_of_its_own_for_each_segment_shortens_that_segment():
    rng = np.random.default_rng(1)
    points, vertices = rng.standard_normal((300, 2)), rng.standard_normal((6, 2))
    known = statistics_of(points, np.ones(300), rng.integers(0, 5, 300), rng.random(300), vertices)
    plain = torch.full((5,), 0.01, dtype=torch.float64)
    stiff = plain.clone()
    stiff[2] = 10.0
    old, new = (
        torch.diff(known.solve(torch.from_numpy(vertices), s), dim=0).norm(dim=1)
        for s in (plain, stiff)
    )
    assert new[2] < 0.2 * old[2]


@given(assignments(), st.floats(0.5, 100.0))
def test_rows_on_the_vertices_hold_them_there(assignment, weight):
    vertices = torch.from_numpy(assignment[-1])
    known = Statistics.of_vertices(vertices, weight)
    assert known.weight == pytest.approx(weight)
    assert float(known.diagonal.sum()) == pytest.approx(weight)
    assert known.distortion == 0.0
    torch.testing.assert_close(known.solve(vertices, 0.0), vertices)
    back = vertices + 3.0 * ANCHOR / (1.0 + ANCHOR)
    torch.testing.assert_close(known.solve(vertices + 3.0, 0.0), back, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_without_any_row_no_vertex_moves(dtype):
    vertices = torch.tensor([[1.0], [2.0], [4.0]], dtype=dtype)
    moved = Statistics.of_vertices(vertices, 0.0).solve(vertices, 0.0)
    torch.testing.assert_close(moved, vertices)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_precision_is_kept(dtype):
    vertices = torch.tensor([[0.0], [1.0], [2.0]], dtype=dtype)
    known = Statistics.of_vertices(vertices, 3.0)
    assert known.solve(vertices, 0.01).dtype == dtype
    assert (known * 0.5).diagonal.dtype == (known + known).moment.dtype == dtype


def test_distortion_and_perplexity_are_their_definitions():
    sums = torch.zeros(5, 4)
    sums[3], sums[4] = torch.tensor([4.0, 0.0, 4.0, 0.0]), torch.tensor([8.0, 0.0, 4.0, 0.0])
    known = Statistics.of_segments(sums, torch.zeros(5, 3))
    assert known.weight == 8.0
    assert known.distortion == pytest.approx(12 / (8 * 3))
    assert known.perplexity == pytest.approx(2.0)
