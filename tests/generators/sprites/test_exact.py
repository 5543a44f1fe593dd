"""The bijection is one, its directions are the true ones, and layers govern what they say."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve.generators.sprites import (
    FACTOR_RANGES,
    FACTORS,
    SPECIES,
    ExactSprites,
    render,
    sample_factors,
)

sizes = st.integers(len(FACTORS), 16)
seeds = st.integers(0, 1000)


@given(n_latents=sizes, seed=seeds, random_state=seeds)
def test_there_and_back_is_where_it_began(n_latents, seed, random_state):
    sprites = ExactSprites(n_latents, seed)
    factors, _ = sample_factors(20, random_state, species=False)
    factors = factors.astype(np.float64)
    factors[:, -2:] = np.random.default_rng(random_state).random((20, 2))
    latents = sprites.to_latents(factors)
    assert latents.shape == (20, n_latents)
    np.testing.assert_allclose(sprites.to_factors(latents), factors, atol=1e-8)
    idle = np.random.default_rng(seed).standard_normal((20, n_latents - len(FACTORS)))
    other = sprites.to_latents(factors, idle=idle)
    np.testing.assert_allclose(sprites.to_factors(other), factors, atol=1e-8)
    # The idle coordinates are all of the difference: no information is lost.
    distance = np.linalg.norm(other - latents, axis=1)
    np.testing.assert_allclose(distance, np.linalg.norm(idle, axis=1), atol=1e-9)


@given(seed=seeds, random_state=seeds)
def test_back_and_there_is_where_it_began(seed, random_state):
    sprites = ExactSprites(seed=seed)
    latents = sprites.sample(20, random_state)
    np.testing.assert_allclose(sprites.to_latents(sprites.to_factors(latents)), latents, atol=1e-6)


@given(seed=seeds, column=st.integers(0, len(FACTORS) - 1), n_latents=sizes)
def test_a_chord_along_one_factor_is_its_true_direction(seed, column, n_latents):
    sprites = ExactSprites(n_latents, seed)
    directions = sprites.true_directions(256)
    assert directions.shape == (len(FACTORS), n_latents)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    start = sprites.to_factors(sprites.sample(50, 0))
    end = start.copy()
    low, high = FACTOR_RANGES[column]
    start[:, column] = low + 0.1 * (high - low)
    end[:, column] = low + 0.9 * (high - low)
    chords = sprites.to_latents(end) - sprites.to_latents(start)
    cosines = chords @ directions[column] / np.linalg.norm(chords, axis=1)
    assert cosines.min() > 0.95


def test_a_true_direction_is_the_mean_inverse_of_the_jacobian():
    sprites = ExactSprites(12, seed=3)
    latents = np.random.default_rng(0).standard_normal((64, 12))
    step = 1e-5
    units = []
    for latent in latents:
        moved = latent + step * np.concatenate([np.eye(12), -np.eye(12)])
        change = sprites.to_factors(moved)
        jacobian = (change[:12] - change[12:]).T / (2 * step)
        inverse = np.linalg.pinv(jacobian)
        units.append(inverse / np.linalg.norm(inverse, axis=0))
    mean = np.mean(units, axis=0).T
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    np.testing.assert_allclose(sprites.true_directions(64), mean, atol=1e-6)


def test_directions_bend_so_that_no_straight_line_is_exact():
    sprites = ExactSprites()
    latents = sprites.sample(2, 0)
    change = np.diff(sprites.to_factors(latents + sprites.true_directions()[0]), axis=0)
    assert abs(change[0, 1:] - np.diff(sprites.to_factors(latents), axis=0)[0, 1:]).max() > 1e-3


@given(seed=seeds)
def test_a_layer_governs_its_own_factors_alone(seed):
    sprites = ExactSprites(seed=seed)
    one, other = sprites.sample(2, seed)
    governed = [name for names in sprites.layer_factors for name in names]
    assert sorted(governed) == sorted(FACTORS) and len(sprites.layer_factors) == sprites.n_layers
    for layer, names in enumerate(sprites.layer_factors):
        mixed = np.tile(one, (1, sprites.n_layers, 1))
        mixed[0, layer] = other
        found = sprites.to_factors(mixed)[0]
        expected = sprites.to_factors(one[None])[0]
        chosen = [FACTORS.index(name) for name in names]
        expected[chosen] = sprites.to_factors(other[None])[0, chosen]
        np.testing.assert_allclose(found, expected)


def test_one_latent_for_all_layers_is_the_same_as_one_alone():
    sprites = ExactSprites(10)
    latents = sprites.sample(5, 0)
    stacked = np.repeat(latents[:, None], sprites.n_layers, axis=1)
    np.testing.assert_array_equal(sprites(stacked), sprites(latents))
    np.testing.assert_array_equal(sprites(latents), render(sprites.to_factors(latents)))


def test_samples_are_normal_or_of_the_species():
    normal = ExactSprites(11).sample(5000, 0)
    assert normal.shape == (5000, 11)
    np.testing.assert_allclose(np.cov(normal.T), np.eye(11), atol=0.1)
    clustered = ExactSprites(11, species=True)
    factors = clustered.to_factors(clustered.sample(500, 0))
    expected, kinds = sample_factors(500, 0)
    np.testing.assert_allclose(factors[:, :-2], expected[:, :-2], atol=1e-5)
    np.testing.assert_array_equal(factors[:, -2:] > 0.5, expected[:, -2:] > 0.5)
    assert set(kinds) == set(range(len(SPECIES)))


def test_eyes_and_hats_are_mostly_on_or_off():
    factors = ExactSprites().to_factors(ExactSprites().sample(5000, 0))
    assert ((factors[:, -2:] < 0.2) | (factors[:, -2:] > 0.8)).mean() > 0.7


def test_seeds_decide_everything():
    latents = ExactSprites().sample(3, 7)
    np.testing.assert_array_equal(latents, ExactSprites().sample(3, 7))
    same, other = ExactSprites(seed=0).to_factors(latents), ExactSprites(seed=1).to_factors(latents)
    np.testing.assert_array_equal(ExactSprites().to_factors(latents), same)
    assert abs(same - other).max() > 0.01


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tensors_agree_with_arrays_and_keep_their_precision(dtype):
    sprites = ExactSprites(10)
    latents = sprites.sample(6, 0)
    tensor = torch.from_numpy(latents).to(dtype)
    factors = sprites.to_factors(tensor)
    assert factors.dtype == dtype and sprites.to_latents(factors).dtype == dtype
    np.testing.assert_allclose(factors, sprites.to_factors(latents), atol=1e-6)
    np.testing.assert_allclose(sprites(tensor), sprites(latents), atol=1e-5)


def test_gradients_flow_to_the_latents_and_to_the_factors():
    sprites = ExactSprites()
    latents = torch.from_numpy(sprites.sample(3, 0))
    assert torch.autograd.gradcheck(sprites.to_factors, latents.requires_grad_())
    factors = sprites.to_factors(latents).detach().requires_grad_()
    assert torch.autograd.gradcheck(sprites.to_latents, factors)
    (slope,) = torch.autograd.grad(sprites(latents).square().sum(), latents)
    assert (slope.abs().sum(1) > 0).all()


@pytest.mark.parametrize("shape", [(9,), (3, 8), (3, 3, 9), (3, 4, 8), (2, 2, 4, 9)])
def test_latents_of_another_shape_are_refused(shape):
    message = r"latents must have shape \(n, 9\) or \(n, 4, 9\); got "
    with pytest.raises(ValueError, match=message):
        ExactSprites()(np.zeros(shape))


def test_what_else_is_refused():
    with pytest.raises(ValueError, match="n_latents must be at least 9; got 8"):
        ExactSprites(8)
    with pytest.raises(TypeError, match="species must be True or False"):
        ExactSprites(species="frog")
    with pytest.raises(ValueError, match="NaN or infinity"):
        ExactSprites()(np.full((1, 9), np.inf))
    with pytest.raises(ValueError, match="n must be at least 0"):
        ExactSprites().sample(-1)
    with pytest.raises(ValueError, match=r"idle must have shape \(2, 1\); got \(2, 2\)"):
        ExactSprites(10).to_latents(np.full((2, 9), 0.3), idle=np.zeros((2, 2)))


def test_a_repr_says_what_it_is():
    assert repr(ExactSprites(12)) == "ExactSprites(n_latents=12, seed=0, species=False)"
