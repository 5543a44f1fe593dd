"""The guided filter is its definition, window by window, and finds edges that were blurred."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from skcurve.saliency.refining import SMOOTHNESS, refined


def window_by_window(response, image, radius):
    """Fit each window by ridge regression, and average what the windows say of a pixel."""
    response = np.minimum(response, 1)
    height, width = response.shape
    floor = SMOOTHNESS * image.var((1, 2)).mean()
    total, count = np.zeros(response.shape), np.zeros(response.shape)
    for row in range(height):
        for column in range(width):
            part = np.s_[max(0, row - radius) : row + radius + 1,
                         max(0, column - radius) : column + radius + 1]  # fmt: skip
            colours, levels = image[:, *part].reshape(len(image), -1), response[part].ravel()
            away = colours - colours.mean(1, keepdims=True)
            spread = away @ away.T / len(levels) + floor * np.eye(len(image))
            slope = np.linalg.solve(spread, away @ (levels - levels.mean()) / len(levels))
            offset = levels.mean() - slope @ colours.mean(1)
            total[part] += np.tensordot(slope, image[:, *part], 1) + offset
            count[part] += 1
    return total / count


@given(st.integers(0, 10**6), st.integers(1, 4), st.sampled_from([1, 3]))
def test_it_is_its_definition(seed, radius, n_channels):
    random = np.random.default_rng(seed)
    response, image = random.random((8, 9)) * 1.5, random.random((n_channels, 8, 9))
    found = refined(response, image, radius)
    np.testing.assert_allclose(found, window_by_window(response, image, radius), atol=1e-9)


@given(st.integers(0, 10**6), st.floats(0.1, 100), st.floats(-5, 5))
def test_the_unit_of_the_pixels_does_not_matter(seed, scale, shift):
    random = np.random.default_rng(seed)
    response, image = random.random((8, 9)), random.random((3, 8, 9))
    found = refined(response, scale * image + shift, 2)
    np.testing.assert_allclose(found, refined(response, image, 2), atol=1e-6)


def test_blurred_edges_come_back():
    truth = np.zeros((32, 32))
    truth[8:22, 10:25] = 1
    image = (
        np.array([0.2, 0.5, 0.4])[:, None, None] + truth * np.array([0.3, -0.2, 0.1])[:, None, None]
    )
    blurred = gaussian_filter(truth, 2)
    assert ((blurred > 0.5) != truth).mean() > 0.003
    np.testing.assert_array_equal(refined(blurred, image, 4) > 0.5, truth > 0.5)


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_what_is_even_stays_so(level):
    image = np.random.default_rng(0).random((3, 16, 16))
    np.testing.assert_allclose(refined(np.full((16, 16), level), image, 2), level)


def test_an_image_of_one_colour_has_no_edges():
    response = np.random.default_rng(0).random((16, 16))
    np.testing.assert_array_equal(refined(response, np.full((3, 16, 16), 0.3), 2), response)
