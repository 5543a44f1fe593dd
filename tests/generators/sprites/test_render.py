"""Each factor moves what it says, and little else."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve.generators.sprites import FACTOR_RANGES, FACTORS, render, sample_factors

PLAIN = dict(
    hue=0.3, size=0.4, x=0.0, y=0.0, aspect=0.0, squareness=1 / 3, background=0.6, eye=0.0, hat=0.0
)
PIXELS = np.arange(32) + 0.5


def draw(**changes):
    return render(np.array([[(PLAIN | changes)[name] for name in FACTORS]]))[0]


def body(image):
    """How saturated each pixel is: the background and the accessories are not."""
    return image.max(0) - image.min(0)


def moments(image):
    """Area in pixels, centre and spread of the body, (right, up)."""
    mask = body(image)
    mask = mask / np.quantile(mask[mask > 0.1], 0.5)
    total = mask.sum()
    across, down = mask.sum(0) / total, mask.sum(1) / total
    centre = np.array([across @ PIXELS, down @ PIXELS])
    spread = np.array([across @ PIXELS**2, down @ PIXELS**2]) - centre**2
    return total, (centre - 16) * [1, -1], np.sqrt(spread)


@given(background=st.floats(0.25, 0.95), hue=st.floats(0, 0.8), squareness=st.floats(0, 1))
def test_the_corner_shows_the_background_and_nothing_else(background, hue, squareness):
    image = draw(background=background, hue=hue, squareness=squareness)
    np.testing.assert_allclose(image[:, 0, 0], 2 * background - 1, atol=1e-6)


@given(first=st.floats(0, 0.8), second=st.floats(0, 0.8))
def test_hue_colours_the_body_and_moves_no_edge(first, second):
    images = draw(hue=first), draw(hue=second)
    outside = np.ptp(images[0], axis=0) == 0
    np.testing.assert_array_equal(outside, np.ptp(images[1], axis=0) == 0)
    np.testing.assert_array_equal(images[0][:, outside], images[1][:, outside])
    if abs(first - second) > 0.02:
        assert abs(images[0][:, 16, 16] - images[1][:, 16, 16]).max() > 0.02


@given(size=st.floats(0.28, 0.46), aspect=st.floats(-0.5, 0.5), squareness=st.floats(0, 1))
def test_the_size_alone_sets_the_area(size, aspect, squareness):
    area, _, _ = moments(draw(size=size, aspect=aspect, squareness=squareness))
    assert area == pytest.approx(np.pi * (size * 16) ** 2, rel=0.08)


@given(x=st.floats(-0.3, 0.3), y=st.floats(-0.3, 0.3))
def test_the_position_is_the_centre(x, y):
    area, centre, spread = moments(draw(x=x, y=y))
    still, _, at_rest = moments(draw())
    np.testing.assert_allclose(centre, [16 * x, 16 * y], atol=0.2)
    np.testing.assert_allclose(spread, at_rest, rtol=0.02)
    assert area == pytest.approx(still, rel=0.03)


@given(aspect=st.floats(-0.5, 0.5), squareness=st.floats(0.1, 1))
def test_the_aspect_is_width_over_height(aspect, squareness):
    _, _, (width, height) = moments(draw(aspect=aspect, squareness=squareness))
    assert np.log(width / height) == pytest.approx(aspect, abs=0.06)


def test_squareness_goes_from_diamond_over_disc_to_square():
    """The mean of x² y² over the body, against that of x⁴: corners on the axes, or between them."""
    ratios = []
    for squareness in np.linspace(0, 1, 9):
        mask = body(draw(squareness=squareness))
        mask = mask / mask.sum()
        ticks = PIXELS - 16
        ratios.append((mask * np.outer(ticks**2, ticks**2)).sum() / (mask.sum(0) @ ticks**4))
    assert (np.diff(ratios) > 0).all()
    disc = body(draw(squareness=1 / 3))
    radius = np.hypot(*np.meshgrid(PIXELS - 16, PIXELS - 16))
    assert (disc[radius < 0.4 * 16 - 1] > 0.5).all() and (disc[radius > 0.4 * 16 + 1] == 0).all()


def test_the_eye_is_a_ring_around_a_pupil_and_changes_nothing_else():
    with_eye, without = draw(eye=1, y=-0.1), draw(eye=0, y=-0.1)
    changed = abs(with_eye - without).max(0) > 0
    assert 10 < changed.sum() < 36  # a disc of radius 2.4 pixels has 18
    inside = with_eye[:, changed]
    assert inside.min() < -0.95  # the pupil
    assert (inside.min(0) > 0.6).sum() >= 4  # white around it
    half = draw(eye=0.5, y=-0.1)
    np.testing.assert_allclose(half, (with_eye + without) / 2, atol=1e-6)


def test_the_hat_is_dark_on_top_and_changes_nothing_else():
    with_hat, without = draw(hat=1), draw(hat=0)
    changed = abs(with_hat - without).max(0) > 0
    rows, columns = np.nonzero(changed)
    top = 16 - 0.4 * 16
    assert rows.max() < top + 3 and rows.min() < top - 2
    assert abs(columns.mean() - 15.5) < 1e-6  # it stands in the middle
    assert with_hat[:, changed].min() < -0.8
    np.testing.assert_allclose(draw(hat=0.5), (with_hat + without) / 2, atol=1e-6)


@pytest.mark.parametrize("species", [True, False])
def test_images_are_float32_in_range_and_the_same_alone_or_in_company(species):
    factors, _ = sample_factors(1200, 0, species)
    images = render(factors)
    assert images.shape == (1200, 3, 32, 32) and images.dtype == np.float32
    assert images.min() >= -1 and images.max() <= 1
    np.testing.assert_allclose(render(factors[[1100]]), images[[1100]], atol=1e-6)


def test_tensors_give_the_same_images_as_arrays():
    factors, _ = sample_factors(20, 0)
    images = render(torch.from_numpy(factors))
    assert isinstance(images, torch.Tensor)
    np.testing.assert_array_equal(images.numpy(), render(factors))


def test_a_gradient_is_the_change_of_the_picture():
    """Along every factor at once, against a finite difference in a sum over many pixels."""
    factors = torch.from_numpy(sample_factors(64, 0, species=False)[0])
    factors[:, -2:] = factors[:, -2:] * 0.5 + 0.25
    weights = torch.randn(64, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    weights = torch.nn.functional.avg_pool2d(weights, 9, 1, 4)
    for column, (low, high) in enumerate(FACTOR_RANGES):
        step = torch.zeros_like(factors)
        step[:, column] = 0.01 * float(high - low)
        rows = factors.clone().requires_grad_()
        slope = torch.autograd.grad((render(rows) * weights).sum(), rows)[0]
        assert torch.isfinite(slope).all()
        change = (render(factors + step) - render(factors - step)) * weights / 2
        expected = change.sum((1, 2, 3)) / step[:, column]
        error = (slope[:, column] - expected).square().mean().sqrt() / expected.std()
        assert error < 0.2, FACTORS[column]


def test_values_outside_the_ranges_are_drawn():
    wild = np.array([[9.0, -1, 0, 0, 3, -5, 7, 2, -2], [-1, 3, 9, 9, -3, 2, -7, -2, 2]])
    images = render(wild)
    assert np.isfinite(images).all() and images.min() >= -1 and images.max() <= 1


def test_no_sprites_is_no_image():
    assert render(np.empty((0, 9))).shape == (0, 3, 32, 32)


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        (np.zeros((2, 8)), "factors has 8 features, but 9"),
        (np.zeros(9), "factors must be two-dimensional"),
        (np.full((1, 9), np.nan), "factors contains NaN or infinity"),
    ],
)
def test_what_cannot_be_drawn(factors, message):
    with pytest.raises(ValueError, match=message):
        render(factors)
