"""Path lengths against closed forms; consistency against its definition."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve import SFVQ, PolylineCurve
from skcurve.metrics import path_length, temporal_consistency


@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(1, 5), st.integers(1, 9))
def test_linear_features_have_the_squared_length_of_their_way(seed, n, width, n_places):
    random = np.random.default_rng(seed)
    path, matrix = random.normal(size=(n, 3)), random.normal(size=(3, width))
    found = path_length(path, lambda latents: latents @ matrix, n_places=n_places)
    expected = (np.diff(path @ matrix, axis=0) ** 2).sum(1)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_it_is_the_mean_squared_derivative():
    # Along the segment from 0 to 1, sin(3 t) has the derivative 3 cos(3 t).
    found = path_length([[0.0], [1.0]], lambda latents: np.sin(3 * latents), n_places=200,
                        epsilon=1e-4)  # fmt: skip
    t = (np.arange(100_000) + 0.5) / 100_000
    assert found == pytest.approx(np.mean((3 * np.cos(3 * t)) ** 2), rel=1e-4)


def test_a_jump_costs_more_than_an_even_change():
    even = path_length([[0.0], [1.0]], lambda x: x, n_places=64)
    jump = path_length([[0.0], [1.0]], lambda x: 1 / (1 + np.exp(-40 * (x - 0.5))), n_places=64)
    assert jump > 5 * even


def test_curves_estimators_and_tensors():
    vertices = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]])
    seen = []

    def features(latents):
        seen.append(type(latents))
        return latents[:, None, :] * 2

    for path in (vertices, vertices.tolist(), PolylineCurve(vertices)):
        np.testing.assert_allclose(path_length(path, features), [100, 4])
    assert set(seen) == {np.ndarray}
    seen.clear()
    np.testing.assert_allclose(path_length(torch.from_numpy(vertices), features), [100, 4])
    assert set(seen) == {torch.Tensor}
    estimator = SFVQ(2, random_state=0).fit(np.random.default_rng(0).normal(size=(50, 2)))
    assert path_length(estimator, features).shape == (3,)


@given(st.integers(1, 40))
def test_batches_change_nothing(batch_size):
    path = np.random.default_rng(0).normal(size=(4, 2))
    np.testing.assert_allclose(
        path_length(path, np.tanh, batch_size=batch_size), path_length(path, np.tanh)
    )


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        (([[0.0]], np.tanh), {}, "path must have at least 2 latents; got 1"),
        (([[0.0], [np.nan]], np.tanh), {}, "path contains NaN"),
        (([[0.0], [1.0]], lambda x: x[:1]), {}, "features must give a row for each of 16 latents"),
        (([[0.0], [1.0]], lambda x: x * np.nan), {}, "features gives NaN"),
        (([[0.0], [1.0]], np.tanh), {"epsilon": 0}, "epsilon must be above 0"),
        (([[0.0], [1.0]], np.tanh), {"n_places": 0}, "n_places must be at least 1; got 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments, settings, message):
    with pytest.raises(ValueError, match=message):
        path_length(*arguments, **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epsilon": "a"}, "epsilon must be a number; got 'a'"),
        ({"n_places": 2.5}, "n_places must be a whole number; got 2.5"),
        ({"batch_size": None}, "batch_size must be a whole number; got None"),
    ],
)
def test_what_is_no_number_is_refused(settings, message):
    with pytest.raises(TypeError, match=message):
        path_length([[0.0], [1.0]], np.tanh, **settings)


def test_features_are_a_function():
    with pytest.raises(TypeError, match="features must be a function of latents; got NoneType"):
        path_length([[0.0], [1.0]], None)


@given(st.integers(0, 10**6), st.floats(0.1, 10), st.floats(-5, 5))
def test_consistency_is_its_definition_and_knows_no_unit(seed, scale, shift):
    frames = np.random.default_rng(seed).normal(size=(9, 2, 3))
    steps = np.mean([((b - a) ** 2).sum() for a, b in pairwise(frames)])
    pairs = np.mean([((a - b) ** 2).sum() for a in frames for b in frames])  # twice the variance
    assert temporal_consistency(frames) == pytest.approx(1 - steps / pairs)
    assert temporal_consistency(scale * frames + shift) == pytest.approx(1 - steps / pairs)


def test_unrelated_frames_have_none_and_slow_ones_have_all_of_it():
    random = np.random.default_rng(0)
    noise = random.normal(size=(2000, 5))
    assert temporal_consistency(noise) == pytest.approx(0, abs=0.05)
    slow = np.cumsum(0.01 * noise, axis=0)
    assert temporal_consistency(slow, reference=noise) > 0.999
    assert temporal_consistency(np.ones((3, 2))) == 1.0


@pytest.mark.parametrize(
    ("frames", "reference", "message"),
    [
        ([[1.0]], None, "frames must be at least 2"),
        ([[1.0], [np.inf]], None, "frames contains NaN"),
        ([[1.0], [2.0]], [[1.0, 2.0]] * 2, r"rows as frames has, of shape \(1,\); got \(2,\)"),
        (np.eye(3, 4).reshape(3, 2, 2), np.eye(3, 4), r"of shape \(2, 2\); got \(4,\)"),
        ([[1.0], [2.0]], [[1.0], [1.0]], "reference must not be all alike"),
    ],
)
def test_what_cannot_be_compared_is_refused(frames, reference, message):
    with pytest.raises(ValueError, match=message):
        temporal_consistency(frames, reference=reference)
