"""The polyline as a value: its coordinates, its pieces, and what it refuses."""

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve import PolylineCurve
from skcurve.testing import (
    check_curve_continuity,
    check_projection_optimal,
    point_clouds,
    polylines,
)

FLOATS = ["float16", "float32", "float64"]


@st.composite
def curves_and_points(draw, **options):
    curve = draw(polylines(**options))
    offset = curve.vertices[0]
    X = offset + draw(point_clouds(min_features=curve.n_features, max_features=curve.n_features,
                                   degenerate=False))  # fmt: skip
    return curve, X


def unit_interval(n):
    return np.linspace(0, 1, n)


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def rotation(n_features, seed=0):
    q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((n_features, n_features)))
    return q


# What it is


@given(polylines())
def test_counts_and_lengths_agree_with_the_vertices(curve):
    assert curve.vertices.shape == (curve.n_vertices, curve.n_features)
    assert curve.n_segments == curve.n_vertices - 1
    direct = np.linalg.norm(np.diff(curve.vertices, axis=0), axis=1)
    np.testing.assert_allclose(curve.lengths, direct, rtol=1e-12)
    np.testing.assert_allclose(curve.arclength, np.cumsum([0, *direct]), rtol=1e-12)
    assert curve.length == curve.arclength[-1]


def test_is_immutable():
    source = np.array([[0.0, 0], [3, 0]])
    curve = PolylineCurve(source)
    source[0] = 99
    assert curve.vertices[0, 0] == 0
    with pytest.raises(AttributeError, match="immutable; cannot set 'vertices'"):
        curve.vertices = source
    with pytest.raises(AttributeError, match="immutable; cannot set 'name'"):
        curve.name = "mine"
    with pytest.raises(AttributeError, match="immutable; cannot delete '_vertices'"):
        del curve._vertices
    for array in (curve.vertices, curve.lengths, curve.arclength):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 99


def test_tensors_it_hands_out_are_copies():
    curve = PolylineCurve(torch.tensor([[0.0, 0], [3, 0]]))
    curve.vertices[0] = 99
    curve.lengths[0] = 99
    curve.arclength[0] = 99
    assert curve.vertices[0, 0] == curve.arclength[0] == 0
    assert curve.length == curve.lengths[0] == 3


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))]
)
@pytest.mark.parametrize("make", [np.asarray, torch.asarray])
def test_copies_are_equal_and_of_one_kind(copied, make):
    curve = PolylineCurve(make([[0.0, 0], [3, 0], [3, 4]]))
    other = copied(curve)
    assert type(other.vertices) is type(curve.vertices)
    assert (other.vertices == curve.vertices).all()
    assert other.length == curve.length


def test_repr_says_what_it_is():
    vertices = [[0.0, 0], [3, 0], [3, 4]]
    assert repr(PolylineCurve(vertices)) == (
        "PolylineCurve(n_segments=2, n_features=2, length=7, dtype=float64)"
    )
    assert repr(PolylineCurve(torch.tensor(vertices))) == (
        "PolylineCurve(n_segments=2, n_features=2, length=7, dtype=float32, device='cpu')"
    )


# Coordinates


@given(polylines())
def test_whole_numbers_are_the_vertices(curve):
    np.testing.assert_array_equal(curve.evaluate(np.arange(curve.n_vertices)), curve.vertices)


@given(polylines(), st.floats(0, 1))
def test_evaluate_interpolates_feature_by_feature(curve, share):
    t = share * curve.n_segments
    expected = [np.interp(t, np.arange(curve.n_vertices), column) for column in curve.vertices.T]
    np.testing.assert_allclose(curve.evaluate(t), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3), (2, 0, 4)])
def test_evaluate_takes_any_shape(shape):
    curve = PolylineCurve(np.eye(3))
    assert curve.evaluate(np.ones(shape)).shape == (*shape, 3)


@given(polylines())
def test_continuity(curve):
    check_curve_continuity(curve)


@given(polylines(dtype=np.float32))
def test_continuity_in_single_precision(curve):
    check_curve_continuity(curve)


@given(polylines())
def test_arclength_rises_with_the_index_from_zero_to_length(curve):
    walked = curve.index_to_arclength(unit_interval(101) * curve.n_segments)
    assert walked[0] == 0
    assert walked[-1] == curve.length
    assert (np.diff(walked) >= 0).all()
    np.testing.assert_array_equal(
        curve.index_to_arclength(np.arange(curve.n_vertices, dtype=float)), curve.arclength
    )


@given(polylines())
def test_index_and_arclength_undo_each_other(curve):
    walked = unit_interval(101) * curve.length
    again = curve.index_to_arclength(curve.arclength_to_index(walked))
    np.testing.assert_allclose(again, walked, rtol=1e-12, atol=1e-12 * curve.length)


@given(polylines(degenerate=False))
def test_arclength_and_index_undo_each_other_where_segments_have_length(curve):
    index = unit_interval(101) * curve.n_segments
    again = curve.arclength_to_index(curve.index_to_arclength(index))
    np.testing.assert_allclose(
        curve.evaluate(again), curve.evaluate(index), atol=1e-12 * (1 + curve.length)
    )


def test_the_arclength_of_a_repeated_vertex_is_that_of_the_last():
    curve = PolylineCurve([[0.0], [1.0], [1.0], [1.0], [3.0]])
    assert curve.arclength_to_index(1.0) == 3.0
    assert curve.index_to_arclength(2.5) == 1.0


@given(curves_and_points())
def test_a_projected_point_has_the_index_that_evaluates_to_it(scene):
    curve, X = scene
    found = curve.project(X)
    np.testing.assert_array_equal(found.index, found.segment + found.position)
    distance = np.linalg.norm(curve.evaluate(found.index) - X, axis=1)
    np.testing.assert_allclose(distance, np.sqrt(found.sq_distance), rtol=1e-7, atol=1e-9)


@given(curves_and_points())
def test_projection_is_optimal(scene):
    check_projection_optimal(*scene)


@given(curves_and_points(dtype=np.float32))
def test_projection_is_optimal_in_single_precision(scene):
    curve, X = scene
    check_projection_optimal(curve, X.astype(np.float32))


# Symmetries


@given(curves_and_points(degenerate=False), st.integers(0, 9))
def test_projection_turns_moves_and_scales_with_the_space(scene, seed):
    curve, X = scene
    q = rotation(curve.n_features, seed)
    expected = curve.project(X).sq_distance
    for matrix, shift, factor in [(q, 0.0, 1.0), (np.eye(len(q)), 3.0, 1.0), (3 * q, -1.0, 9.0)]:
        moved = PolylineCurve(curve.vertices @ matrix + shift)
        np.testing.assert_allclose(
            moved.project(X @ matrix + shift).sq_distance, factor * expected, rtol=1e-6, atol=1e-24
        )


@given(curves_and_points())
def test_projection_does_not_mind_the_direction_of_the_curve(scene):
    curve, X = scene
    forth, back = curve.project(X).sq_distance, curve.reversed().project(X).sq_distance
    np.testing.assert_allclose(back, forth, rtol=1e-6, atol=1e-12)


@given(curves_and_points(), st.randoms(use_true_random=False))
def test_projection_of_permuted_rows_is_permuted(scene, random):
    curve, X = scene
    order = random.sample(range(len(X)), len(X))
    straight, permuted = curve.project(X), curve.project(X[order])
    for part, other in zip(straight, permuted, strict=True):
        np.testing.assert_array_equal(part[order], other)


# Pieces of it


@given(polylines())
def test_directions_are_unit_vectors_along_the_segments(curve):
    directions = curve.directions()
    has_length = curve.lengths > 0
    assert (directions[~has_length] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(directions[has_length], axis=1), 1, rtol=1e-12)
    steps = directions * curve.lengths[:, None]
    np.testing.assert_allclose(steps, np.diff(curve.vertices, axis=0), rtol=1e-9, atol=1e-12)


@given(polylines(), st.data())
def test_chord_and_subcurve_go_from_one_vertex_to_another(curve, data):
    numbers = st.integers(-curve.n_vertices, curve.n_vertices - 1)
    i, j = data.draw(numbers), data.draw(numbers)
    start, stop = range(curve.n_vertices)[i], range(curve.n_vertices)[j]
    np.testing.assert_array_equal(curve.chord(i, j), curve.vertices[stop] - curve.vertices[start])
    if start == stop:
        with pytest.raises(ValueError, match=f"two different vertices; got {i} and {j}"):
            curve.subcurve(i, j)
        return
    step = 1 if start < stop else -1
    cut = curve.subcurve(i, j)
    expected = [curve.vertices[k] for k in range(start, stop + step, step)]
    np.testing.assert_array_equal(cut.vertices, expected)


@given(polylines(), st.integers(2, 30))
def test_resample_keeps_the_ends_and_the_curve(curve, m):
    again = curve.resample(m)
    assert again.n_vertices == m
    np.testing.assert_array_equal(again.vertices[[0, -1]], curve.vertices[[0, -1]])
    assert again.length <= curve.length * (1 + 1e-12)
    scale = 1 + np.abs(curve.vertices).max()
    assert np.sqrt(curve.project(again.vertices).sq_distance).max() <= 1e-12 * scale
    np.testing.assert_array_less(again.lengths, curve.length / (m - 1) + 1e-11 * scale)


@given(polylines(), st.integers(0, 9))
def test_samples_lie_on_the_curve(curve, seed):
    drawn = curve.sample(50, random_state=seed)
    assert drawn.shape == (50, curve.n_features)
    np.testing.assert_array_equal(drawn, curve.sample(50, random_state=seed))
    scale = 1 + np.abs(curve.vertices).max()
    assert np.sqrt(curve.project(drawn).sq_distance).max() <= 1e-12 * scale


def test_samples_are_uniform_in_arclength():
    curve = PolylineCurve([[0.0], [1.0], [10.0]])
    drawn = np.sort(curve.sample(10_000, random_state=0)[:, 0]) / 10
    assert np.abs(drawn - (np.arange(10_000) + 0.5) / 10_000).max() < 0.02  # Kolmogorov


@given(polylines())
def test_reversing_twice_changes_nothing(curve):
    np.testing.assert_array_equal(curve.reversed().vertices, curve.vertices[::-1])
    np.testing.assert_array_equal(curve.reversed().reversed().vertices, curve.vertices)


# Kinds of array


@pytest.mark.parametrize("dtype", FLOATS)
def test_precision_is_kept_and_half_is_computed_in_single(dtype):
    curve = PolylineCurve(np.array([[0, 0], [3, 0], [3, 4]], dtype))
    expected = np.float64 if dtype == "float64" else np.float32
    arrays = [
        curve.vertices, curve.lengths, curve.arclength, curve.evaluate([0.5]), curve.directions(),
        curve.chord(0, 1), curve.resample(5).vertices, curve.sample(3, 0),
    ]  # fmt: skip
    assert {array.dtype for array in arrays} == {np.dtype(expected)}
    found = curve.project(np.ones((4, 2), dtype))
    assert found.segment.dtype == np.int64
    assert {found.position.dtype, found.sq_distance.dtype, found.index.dtype} == {
        np.dtype(expected)
    }


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_tensors_give_tensors(dtype):
    curve = PolylineCurve(torch.tensor([[0, 0], [3, 0], [3, 4]], dtype=dtype))
    expected = torch.float64 if dtype == torch.float64 else torch.float32
    found = curve.project(torch.ones((4, 2), dtype=dtype))
    tensors = [
        curve.vertices, curve.lengths, curve.arclength, curve.evaluate(0.5), curve.directions(),
        curve.chord(0, 1), curve.reversed().vertices, curve.sample(3, 0), found.position,
        found.sq_distance, found.index, curve.resample(5).vertices, curve.evaluate([0.5, 1]),
    ]  # fmt: skip
    assert all(isinstance(tensor, torch.Tensor) for tensor in tensors)
    assert {tensor.dtype for tensor in tensors} == {expected}


def test_the_argument_decides_what_comes_back():
    of_arrays = PolylineCurve(np.eye(2))
    of_tensors = PolylineCurve(torch.eye(2))
    assert isinstance(of_arrays.project(torch.eye(2)).index, torch.Tensor)
    assert isinstance(of_arrays.evaluate(torch.tensor([0.5])), torch.Tensor)
    assert isinstance(of_tensors.project(np.eye(2)).index, np.ndarray)
    assert isinstance(of_tensors.evaluate(np.array([0.5])), np.ndarray)
    assert isinstance(of_arrays.project([[1, 2]]).index, np.ndarray)
    assert isinstance(of_tensors.project([[1, 2]]).index, torch.Tensor)


def test_whole_numbers_become_double_precision():
    assert PolylineCurve(np.eye(2, dtype=np.int32)).vertices.dtype == np.float64
    assert PolylineCurve([[True], [False]]).vertices.dtype == np.float64


@pytest.mark.parametrize("scale", [1e25, 1e-25])
def test_squares_out_of_the_range_of_float32_do_no_harm(scale):
    curve = PolylineCurve((np.array([[0, 0], [3, 0], [3, 4]]) * scale).astype(np.float32))
    np.testing.assert_allclose(curve.lengths, [3 * scale, 4 * scale], rtol=1e-6)
    np.testing.assert_allclose(curve.directions(), np.eye(2), rtol=1e-6)
    np.testing.assert_allclose(curve.evaluate(1.5), [3 * scale, 2 * scale], rtol=1e-6)
    np.testing.assert_allclose(curve.resample(8).lengths, scale, rtol=1e-5)
    assert np.isfinite(curve.sample(5, 0)).all()


# What it refuses


@pytest.mark.parametrize(
    ("vertices", "error", "message"),
    [
        ([1.0, 2.0], ValueError, r"vertices must be two-dimensional; got shape \(2,\)"),
        ([[1.0, 2.0]], ValueError, r"at least 2 rows and 1 column; got shape \(1, 2\)"),
        (np.zeros((3, 0)), ValueError, r"at least 2 rows and 1 column; got shape \(3, 0\)"),
        ([[0.0], [np.nan]], ValueError, "vertices contains NaN or infinity"),
        ([[0.0], [np.inf]], ValueError, "vertices contains NaN or infinity"),
        ([["a"], ["b"]], TypeError, "vertices must hold real numbers"),
        ([[1j], [2]], TypeError, "vertices must hold real numbers; got dtype complex128"),
        (None, TypeError, "vertices must hold real numbers; got dtype object"),
    ],
)
def test_bad_vertices_are_named(vertices, error, message):
    with pytest.raises(error, match=message):
        PolylineCurve(vertices)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda c: c.evaluate(2.1), ValueError, r"t must lie in \[0, 2\]; got 2.1"),
        (lambda c: c.evaluate([0.0, -0.1]), ValueError, r"t must lie in \[0, 2\]; got -0.1"),
        (lambda c: c.evaluate(np.nan), ValueError, r"t must lie in \[0, 2\]; got nan"),
        (lambda c: c.evaluate("a"), TypeError, "t must hold real numbers"),
        (lambda c: c.index_to_arclength(3), ValueError, r"t must lie in \[0, 2\]; got 3"),
        (lambda c: c.arclength_to_index(7.5), ValueError, r"s must lie in \[0, 7\]; got 7.5"),
        (lambda c: c.project([1, 2]), ValueError, r"X must be two-dimensional; got shape \(2,\)"),
        (lambda c: c.project([[1]]), ValueError, "X has 1 features, but 2 features are expected"),
        (lambda c: c.project([[1, np.inf]]), ValueError, "X contains NaN or infinity"),
        (lambda c: c.chord(0, 3), IndexError, "no vertex 3 on a curve of 3 vertices"),
        (lambda c: c.chord(-4, 0), IndexError, "no vertex -4 on a curve of 3 vertices"),
        (lambda c: c.chord(0, 1.5), TypeError, "'float' object"),
        (lambda c: c.subcurve(0, -3), ValueError, "two different vertices; got 0 and -3"),
        (lambda c: c.resample(1), ValueError, "m must be at least 2; got 1"),
        (lambda c: c.sample(-1), ValueError, "n must be at least 0; got -1"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(PolylineCurve([[0, 0], [3, 0], [3, 4]]))


def test_coordinates_may_be_off_by_rounding():
    curve = PolylineCurve([[0.0], [0.1], [0.3]])
    np.testing.assert_array_equal(curve.evaluate([-1e-16, 2 + 1e-15]), [[0.0], [0.3]])
    np.testing.assert_array_equal(curve.arclength_to_index([-1e-17, 0.3 + 1e-16]), [0.0, 2.0])


@pytest.mark.parametrize("make", [np.asarray, torch.asarray])
def test_a_long_curve_in_single_precision_is_resampled_finely(make):
    # 65,536 vertices a hundredth apart: in single precision the place in a segment would have
    # steps of a tenth of it.
    walked = np.arange(65536)
    vertices = np.stack([walked * 0.01, walked % 2 * 1e-5], axis=1).astype(np.float32)
    curve = PolylineCurve(make(vertices))
    spaced = np.asarray(curve.resample(65537).lengths, dtype=np.float64)
    assert abs(spaced - spaced.mean()).max() < 0.01 * spaced.mean()
    exact = PolylineCurve(vertices.astype(np.float64))
    points = np.asarray(curve.sample(2000, random_state=0))
    np.testing.assert_allclose(points, exact.sample(2000, random_state=0), atol=1e-4)


@pytest.mark.parametrize("make", [np.asarray, torch.asarray])
def test_a_pickle_keeps_the_kind_of_array(make):
    curve = pickle.loads(pickle.dumps(PolylineCurve(make(np.eye(3, dtype=np.float32)))))
    assert isinstance(curve.vertices, torch.Tensor) == (make is torch.asarray)
    np.testing.assert_array_equal(curve.vertices, np.eye(3))
