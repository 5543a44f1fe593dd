"""Distortion, exact and dithered, against sums written out row by row."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve import SFVQ, PolylineCurve
from skcurve.metrics import distortion, dithered_distortion
from skcurve.testing import point_clouds, polylines


@st.composite
def scenes(draw, **options):
    curve = draw(polylines(**options))
    cloud = draw(point_clouds(min_features=curve.n_features, max_features=curve.n_features,
                              degenerate=False))  # fmt: skip
    return curve, curve.vertices[0] + cloud


def slow_distortion(curve, X, weights):
    """The definition, one row and one segment at a time."""
    total = 0.0
    for x, weight in zip(X, weights, strict=True):
        distances = []
        for start, stop in zip(curve.vertices[:-1], curve.vertices[1:], strict=True):
            step = stop - start
            t = np.clip((x - start) @ step / (step @ step), 0, 1) if step.any() else 0.0
            distances.append(np.sum((x - start - t * step) ** 2))
        total += weight * min(distances)
    return total / sum(weights) / curve.n_features


def slow_dithered_distortion(curve, X, dithers):
    """The definition, one dither and one row at a time."""
    start, stop = curve.vertices[:-1], curve.vertices[1:]
    values = [
        np.sum((x - (1 - dither) * start - dither * stop) ** 2, axis=1).min()
        for dither in dithers[:, :, None]
        for x in X
    ]
    return np.mean(values) / curve.n_features


@given(scenes(), st.integers(0, 9))
def test_distortion_is_its_definition(scene, seed):
    curve, X = scene
    weights = np.random.default_rng(seed).integers(0, 4, len(X)) + np.eye(len(X))[0]
    expected = slow_distortion(curve, X, weights)
    assert distortion(curve, X, weights) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(scenes(), st.integers(0, 9))
def test_dithered_distortion_is_its_definition(scene, seed):
    curve, X = scene
    dithers = np.random.default_rng(seed).random((3, curve.n_segments))
    expected = slow_dithered_distortion(curve, X, dithers)
    found = dithered_distortion(curve, X, n_dithers=3, random_state=seed)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(scenes())
def test_a_dither_never_brings_a_row_nearer(scene):
    curve, X = scene
    plain = distortion(curve, X)
    assert dithered_distortion(curve, X, random_state=0) >= plain * (1 - 1e-6) - 1e-12


@given(scenes())
def test_no_dither_takes_a_row_farther_than_the_farthest_vertex(scene):
    curve, X = scene
    farthest = ((X[:, None] - curve.vertices) ** 2).sum(2).max()
    assert dithered_distortion(curve, X, random_state=0) <= farthest / curve.n_features


@given(scenes(), st.integers(0, 9))
def test_whole_weights_are_repeated_rows(scene, seed):
    curve, X = scene
    times = np.random.default_rng(seed).integers(1, 4, len(X))
    repeated = np.repeat(X, times, axis=0)
    for measure in (distortion, lambda *a, **k: dithered_distortion(*a, random_state=0, **k)):
        weighted = measure(curve, X, sample_weight=times)
        assert weighted == pytest.approx(measure(curve, repeated), rel=1e-9, abs=1e-15)


@given(scenes(degenerate=False), st.floats(0.01, 100))
def test_both_grow_with_the_square_of_the_scale(scene, factor):
    curve, X = scene
    larger = PolylineCurve(curve.vertices * factor)
    for measure in (distortion, lambda c, X: dithered_distortion(c, X, random_state=0)):
        expected = factor**2 * measure(curve, X)
        assert measure(larger, X * factor) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(scenes())
def test_a_feature_that_is_zero_everywhere_only_shares_the_error(scene):
    curve, X = scene
    wider = PolylineCurve(np.pad(curve.vertices, ((0, 0), (0, 1))))
    D = curve.n_features
    expected = distortion(curve, X) * D / (D + 1)
    found = distortion(wider, np.pad(X, ((0, 0), (0, 1))))
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("measure", [distortion, dithered_distortion])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64"])
def test_a_python_float_in_every_precision(measure, dtype):
    value = measure(PolylineCurve(np.eye(3, dtype=dtype)), np.eye(3, dtype=dtype))
    assert type(value) is float


def test_sums_do_not_lose_small_rows_beside_large_ones():
    curve = PolylineCurve(np.array([[0.0], [0.0]], np.float32))
    X = np.full((100_001, 1), 1e-2, np.float32)
    X[0] = 1e3
    exact = (1e6 + 100_000 * float(X[1, 0]) ** 2) / 100_001
    assert distortion(curve, X) == pytest.approx(exact, rel=1e-7)


def test_dithered_distortion_is_as_exact_far_from_the_origin():
    rng = np.random.default_rng(0)
    X, vertices = rng.random((50, 3)), rng.random((9, 3))
    near = dithered_distortion(PolylineCurve(vertices), X, random_state=0)
    far = dithered_distortion(PolylineCurve(vertices + 1e6), X + 1e6, random_state=0)
    assert far == pytest.approx(near, rel=1e-8)


def test_small_distances_in_single_precision_are_resolved():
    # The expanded form, in float32, could not tell these points apart.
    rng = np.random.default_rng(0)
    vertices = np.linspace(0, 1, 1000, dtype=np.float32)[:, None]
    X = rng.random((200, 1), dtype=np.float32)
    dithers = np.random.default_rng(1).random((4, 999))
    curve = PolylineCurve(vertices)
    expected = slow_dithered_distortion(PolylineCurve(vertices.astype(float)), X.astype(float),
                                        dithers)  # fmt: skip
    found = dithered_distortion(curve, X, n_dithers=4, random_state=1)
    assert found == pytest.approx(expected, rel=1e-9)


def test_each_block_of_rows_has_its_own_dither():
    # One segment and rows at its end: one dither for all would give one squared number.
    curve = PolylineCurve([[0.0], [1.0]])
    values = [
        dithered_distortion(curve, np.zeros((n, 1)), n_dithers=1, random_state=0)
        for n in (1024, 1025, 64 * 1024)
    ]
    first, second = np.random.default_rng(0).random(2) ** 2
    assert values[0] == pytest.approx(first)
    assert values[1] == pytest.approx((1024 * first + second) / 1025)
    assert values[2] == pytest.approx(1 / 3, abs=0.12)


def test_the_mean_over_many_dithers_is_the_integral():
    # Two segments and a row at their corner: the smaller of two squared dithers, mean 1/6.
    curve = PolylineCurve([[-1.0], [0.0], [1.0]])
    found = dithered_distortion(curve, [[0.0]], n_dithers=50_000, random_state=0)
    assert found == pytest.approx(1 / 6, rel=0.03)


def test_the_same_seed_gives_the_same_bits():
    rng = np.random.default_rng(0)
    curve, X = PolylineCurve(rng.random((20, 5))), rng.random((3000, 5))
    first = dithered_distortion(curve, X, random_state=3)
    assert dithered_distortion(curve, X, random_state=3) == first
    assert dithered_distortion(curve, X, random_state=4) != first
    assert dithered_distortion(curve, torch.from_numpy(X), random_state=3) == first


@pytest.mark.parametrize("n_dithers", [0, -1])
def test_at_least_one_dither_is_needed(n_dithers):
    with pytest.raises(ValueError, match=f"n_dithers must be at least 1; got {n_dithers}"):
        dithered_distortion(PolylineCurve(np.eye(2)), np.eye(2), n_dithers=n_dithers)
    with pytest.raises(TypeError, match=r"n_dithers must be a whole number; got 1.5"):
        dithered_distortion(PolylineCurve(np.eye(2)), np.eye(2), n_dithers=1.5)


@pytest.mark.parametrize(
    ("dtype", "exponent", "fits"),
    [
        (np.float32, 60, True),
        (np.float32, 100, True),
        (np.float32, 127, True),
        (np.float64, 500, True),
        (np.float64, 513, True),  # the squares do not fit, their mean does
        (np.float64, 700, False),
        (np.float64, 1023, False),
    ],
)
def test_numbers_whose_squares_are_too_large(dtype, exponent, fits):
    rng = np.random.default_rng(0)
    vertices, X = rng.random((8, 3)).astype(dtype), rng.random((200, 3)).astype(dtype)
    vertices[0] = 1.5, 0.0, 1.0
    plain = distortion(PolylineCurve(vertices.astype(np.float64)), X.astype(np.float64))
    scale = 2.0**exponent
    sfvq = SFVQ.from_codebook(vertices * dtype(scale))
    found = distortion(sfvq, X * dtype(scale))
    assert found == pytest.approx(plain * scale * scale, rel=1e-6)
    assert np.isfinite(found) == fits
    assert sfvq.score(X * dtype(scale)) == -found


@pytest.mark.parametrize(
    ("dtype", "exponent"),
    [(np.float32, -60), (np.float32, -100), (np.float32, -130), (np.float64, -500)],
)
def test_numbers_whose_squares_are_too_small(dtype, exponent):
    rng = np.random.default_rng(0)
    vertices, X = (np.ldexp(rng.random((n, 3)), exponent).astype(dtype) for n in (8, 200))
    large = (np.ldexp(part.astype(np.float64), -exponent) for part in (vertices, X))
    expected = distortion(PolylineCurve(next(large)), next(large))
    sfvq = SFVQ.from_codebook(vertices)
    found = distortion(sfvq, X)
    assert np.ldexp(found, -2 * exponent) == pytest.approx(expected, rel=1e-6)
    assert sfvq.score(X) == -found


@pytest.mark.parametrize("large", [1e30, 1e200])
def test_a_large_row_that_does_not_count_is_not_met(large):
    X = np.array([[large, 0.0], [1.0, 2.0]], dtype=np.float32 if large < 1e38 else np.float64)
    assert distortion(PolylineCurve([[0, 0], [4, 0]]), X, [0, 1]) == 2.0
