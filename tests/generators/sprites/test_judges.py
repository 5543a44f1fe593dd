"""The shipped scorer reads factors off renders, and the discriminator knows them from others."""

import numpy as np
import pytest
import torch

from skcurve.generators.sprites import (
    FACTOR_RANGES,
    FACTORS,
    attributes,
    realism,
    render,
    sample_factors,
)
from skcurve.generators.sprites.scale import decode, encode


@pytest.mark.parametrize("species", [True, False])
def test_the_scorer_explains_every_factor_of_fresh_renders(species):
    factors, _ = sample_factors(3000, 20260, species)
    found = attributes(render(factors))
    assert found.shape == factors.shape and found.dtype == np.float32
    r_squared = 1 - ((found - factors) ** 2).mean(0) / factors.var(0)
    assert (r_squared >= 0.97).all(), dict(zip(FACTORS, r_squared, strict=True))


def test_names_are_the_columns():
    assert attributes.names == FACTORS
    assert "hue" in repr(attributes)


def test_what_is_encoded_is_decoded():
    factors = torch.from_numpy(sample_factors(200, 0, species=False)[0])
    codes = encode(factors)
    assert codes.shape == (200, 10) and codes.abs().max() <= 1 + 1e-6
    np.testing.assert_allclose(decode(codes), factors, atol=1e-6)
    # The length of the hue's vector means nothing.
    codes[:, :2] *= 3
    np.testing.assert_allclose(decode(codes), factors, atol=1e-6)


@pytest.mark.parametrize("judge", [attributes, realism])
def test_arrays_tensors_and_batches_agree(judge):
    images = render(sample_factors(300, 0)[0])
    judged = judge(images)
    assert isinstance(judged, np.ndarray)
    tensors = judge(torch.from_numpy(images))
    assert isinstance(tensors, torch.Tensor)
    np.testing.assert_array_equal(tensors, judged)
    np.testing.assert_allclose(judge(images[280:]), judged[280:], atol=1e-4)
    np.testing.assert_allclose(judge(images.astype(np.float64)), judged, atol=1e-4)
    assert len(judge(images[:0])) == 0


def test_the_gradient_of_a_factor_says_how_to_change_it():
    """Through the renderer and the scorer: each factor found moves with the factor drawn."""
    factors, _ = sample_factors(50, 0, species=False)
    rows = torch.from_numpy(factors)
    rows[:, -2:] = rows[:, -2:] * 0.5 + 0.25
    rows.requires_grad_()
    found = attributes(render(rows))
    for column, width in enumerate(np.ptp(FACTOR_RANGES, axis=1)):
        (slope,) = torch.autograd.grad(found[:, column].sum(), rows, retain_graph=True)
        scaled = slope.median(0).values * torch.from_numpy(np.ptp(FACTOR_RANGES, axis=1)) / width
        assert scaled[column] > 0.6, FACTORS[column]
        assert scaled.abs().argmax() == column, FACTORS[column]


def test_damaged_pictures_look_less_real_than_renders():
    images = torch.from_numpy(render(sample_factors(200, 0)[0]))
    blurred = torch.nn.functional.avg_pool2d(images, 3, 1, 1, count_include_pad=False)
    real = realism(images)
    assert real.shape == (200,)
    noisy = images + 0.1 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    for worse in (blurred, noisy, (images + images.flip(0)) / 2):
        assert (realism(worse)[:, None] < real).float().mean() > 0.95


def test_sprites_of_no_species_look_less_real():
    real = realism(render(sample_factors(500, 0)[0]))
    of_none = realism(render(sample_factors(500, 0, species=False)[0]))
    assert (of_none[:, None] < real).mean() > 0.9


@pytest.mark.parametrize("judge", [attributes, realism])
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 32, 32, 3), (1, 1, 32, 32), (1, 3, 64, 64)])
def test_images_of_another_shape_are_refused(judge, shape):
    with pytest.raises(ValueError, match=r"images must have shape \(n, 3, 32, 32\); got "):
        judge(np.zeros(shape))


def test_text_is_refused():
    with pytest.raises(TypeError, match="images must hold real numbers"):
        attributes(["frog"])
