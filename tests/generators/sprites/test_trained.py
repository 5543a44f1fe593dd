"""The trained generator draws sprites of all species, and is a torch module like any other."""

import copy
import pickle

import numpy as np
import pytest
import torch

from skcurve.generators import as_generator
from skcurve.generators.sprites import (
    FACTORS,
    SpriteGenerator,
    attributes,
    realism,
    render,
    sample_factors,
)

EYE_AND_HAT = [FACTORS.index("eye"), FACTORS.index("hat")]


@pytest.fixture(scope="module")
def generator():
    return SpriteGenerator()


@pytest.fixture(scope="module")
def images(generator):
    return generator(generator.sample(1000, random_state=0))


def off(images, others):
    return np.sqrt(np.mean((images - others) ** 2, axis=(1, 2, 3)))


def test_samples_are_sprites(images):
    """Drawn again from the factors that the scorer finds, they are nearly the same pictures."""
    drawn = render(attributes(images))
    assert np.median(off(images, drawn)) < 0.08
    assert np.median(off(images, drawn[::-1])) > 0.3  # pictures that have nothing in common


def test_mixed_styles_are_sprites(generator):
    """The coarse layers of one latent and the fine ones of another make a sprite, too."""
    one, other = generator.sample(400, 0).reshape(2, 200, 1, 64)
    for first in range(1, generator.n_layers):
        fine = np.arange(generator.n_layers)[:, None] >= first
        images = generator(np.where(fine, other, one))
        assert np.median(off(images, render(attributes(images)))) < 0.1


def test_factors_spread_as_those_of_renders(images):
    found = attributes(images)
    expected = attributes(render(sample_factors(1000, 1)[0]))
    ratio = found.std(0) / expected.std(0)
    assert (ratio > 0.75).all() and (ratio < 1.15).all(), dict(zip(FACTORS, ratio, strict=True))


def test_eyes_and_hats_are_mostly_on_or_off(images):
    found = attributes(images)[:, EYE_AND_HAT]
    assert ((found > 0.2) & (found < 0.8)).mean(0).max() < 0.22


def test_all_species_are_there(images):
    """By hue, in which they do not overlap."""
    factors, kinds = sample_factors(2000, 1)
    middles = np.array([np.median(factors[kinds == kind, 0]) for kind in range(6)])
    guess = abs(attributes(images)[:, :1] - middles).argmin(1)
    shares = [np.bincount(array, minlength=6) / len(array) for array in (guess, kinds)]
    np.testing.assert_allclose(*shares, atol=0.06)


def test_the_discriminator_tells_renders_from_samples(images):
    renders = realism(render(sample_factors(1000, 1)[0]))
    assert (realism(images)[:, None] < renders).mean() > 0.88


def test_arrays_and_tensors_agree(generator):
    w = generator.sample(3, 0)
    drawn = generator(torch.from_numpy(w))
    assert isinstance(drawn, torch.Tensor)
    np.testing.assert_array_equal(generator(w), drawn.numpy())
    stacked = np.repeat(w[:, None], generator.n_layers, axis=1)
    np.testing.assert_allclose(generator(stacked), drawn, atol=1e-5)
    np.testing.assert_allclose(generator.synthesis(torch.from_numpy(w)), drawn, atol=1e-5)
    np.testing.assert_allclose(generator(w.astype(np.float64)), drawn, atol=1e-5)


def test_every_layer_has_a_say(generator):
    one, other = generator.sample(2, 0)
    stacked = np.tile(one, (generator.n_layers + 1, generator.n_layers, 1))
    for layer in range(generator.n_layers):
        stacked[layer + 1, layer] = other
    drawn = generator(stacked)
    assert (abs(drawn[1:] - drawn[0]).max((1, 2, 3)) > 0.01).all()


def test_samples_depend_on_the_seed_alone(generator):
    before = torch.get_rng_state()
    w = SpriteGenerator().sample(4, 0)
    assert w.shape == (4, 64) and w.dtype == np.float32
    np.testing.assert_array_equal(w, generator.sample(4, 0))
    assert abs(w - generator.sample(4, 1)).max() > 0.1
    assert torch.equal(torch.get_rng_state(), before)


def test_truncation_draws_towards_the_mean(generator):
    w, w_avg = generator.sample(2000, 0), generator.w_avg.numpy()
    spread = np.abs(w.mean(0) - w_avg) / w.std(0)
    assert spread.max() < 0.15  # w_avg is the mean
    np.testing.assert_allclose(
        generator.sample(2000, 0, truncation=0.5), (w + w_avg) / 2, atol=1e-5
    )
    np.testing.assert_allclose(generator.sample(2, 0, truncation=0), [w_avg, w_avg], atol=1e-6)


def test_gradients_flow_from_the_factors_to_the_latent(generator):
    w = torch.from_numpy(generator.sample(2, 0)).requires_grad_()
    for column in range(len(FACTORS)):
        (slope,) = torch.autograd.grad(attributes(generator(w))[:, column].sum(), w)
        assert torch.isfinite(slope).all() and (slope.norm(dim=1) > 0).all()
    assert not any(parameter.requires_grad for parameter in generator.parameters())


def test_copies_draw_the_same(generator):
    w = generator.sample(2, 0)
    for twin in (copy.deepcopy(generator), pickle.loads(pickle.dumps(generator))):
        np.testing.assert_array_equal(twin(w), generator(w))


def test_the_rows_for_sefa_act_on_w(generator):
    """Between two latents, the scales of features differ by the matrix times the difference."""
    weight = generator.first_layer_weights()
    one, other = torch.from_numpy(generator.sample(2, 0))
    scales = [
        torch.cat([layer.style(w) for layer in generator.synthesis.layers]) for w in (one, other)
    ]
    np.testing.assert_allclose(weight @ (other - one).numpy(), scales[1] - scales[0], atol=1e-4)


def test_adapted_it_is_the_same_generator(generator):
    adapted = as_generator(generator)
    assert adapted.latent_shape == (64,) and adapted.n_layers == 8 and adapted.differentiable
    w = adapted.sample(3, random_state=0)
    np.testing.assert_array_equal(w, generator.sample(3, random_state=0))
    np.testing.assert_allclose(adapted(w), generator(w), atol=1e-5)
    np.testing.assert_allclose(
        adapted.first_layer_weights(), generator.first_layer_weights(), atol=1e-6
    )


@pytest.mark.parametrize("shape", [(64,), (2, 63), (2, 7, 64), (2, 8, 63)])
def test_latents_of_another_shape_are_refused(generator, shape):
    message = r"latents must have shape \(n, 64\) or \(n, 8, 64\); got "
    with pytest.raises(ValueError, match=message):
        generator(np.zeros(shape))
    with pytest.raises(ValueError, match="n must be at least 0"):
        generator.sample(-1)


def test_no_latents_are_no_images(generator):
    assert generator(generator.sample(0)).shape == (0, 3, 32, 32)
