"""The decoder of a diffusers AutoencoderKL, small and with random weights."""

import numpy as np
import pytest
import torch

from skcurve.generators import as_generator

diffusers = pytest.importorskip("diffusers")


@pytest.fixture(scope="module")
def make_vae():
    def make(**config):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return diffusers.AutoencoderKL(
                down_block_types=("DownEncoderBlock2D",) * 2,
                up_block_types=("UpDecoderBlock2D",) * 2,
                block_out_channels=(4, 8),
                latent_channels=2,
                norm_num_groups=2,
                sample_size=8,
                **config,
            ).eval()

    return make


@pytest.fixture(scope="module")
def vae(make_vae):
    return make_vae()


Z = np.random.default_rng(0).standard_normal((5, 2, 4, 4), dtype=np.float32)


def test_latents_are_small_pictures_or_rows(vae):
    generator = as_generator(vae)
    assert (generator.space, generator.has_mapping) == ("VAE latent", False)
    assert generator.latent_shape == (32,)
    assert generator.native_shape == (2, 4, 4)
    expected = vae.decode(torch.from_numpy(Z)).sample.detach().numpy()
    assert expected.shape == (5, 3, 8, 8)
    for batch_size in (1, 3, 8):
        np.testing.assert_allclose(generator(Z, batch_size=batch_size), expected, atol=1e-5)
        rows = Z.reshape(5, 32)
        np.testing.assert_allclose(generator(rows, batch_size=batch_size), expected, atol=1e-5)


def test_latents_of_the_encoder_are_decoded_as_the_package_does(vae):
    images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        latents = vae.encode(images).latent_dist.mean
        expected = vae.decode(latents).sample
    torch.testing.assert_close(as_generator(vae)(latents), expected, atol=1e-5, rtol=1e-5)


def test_pictures_of_another_size(vae):
    generator = as_generator(vae, latent_shape=(2, 2, 6))
    assert generator.latent_shape == (24,)
    assert generator(generator.sample(2, 0)).shape == (2, 3, 4, 12)
    with pytest.raises(ValueError, match=r"must be \(2, height, width\); got \(3, 4, 4\)"):
        as_generator(vae, latent_shape=(3, 4, 4))


def test_samples_have_the_spread_of_encoded_images(make_vae, globals_untouched):
    drawn = as_generator(make_vae(scaling_factor=0.25, shift_factor=1.5)).sample(500, 0)
    np.testing.assert_allclose(drawn.std(), 4, rtol=0.05)
    np.testing.assert_allclose(drawn.mean(), 1.5, atol=0.15)


def test_features_are_those_of_the_decoder(vae):
    generator = as_generator(vae)
    assert "decoder.mid_block" in generator.feature_names
    assert not any(name.startswith("encoder") for name in generator.feature_names)
    assert generator.features(Z, "decoder.mid_block").shape == (5, 8 * 4 * 4)


def test_gradients_reach_the_latents(vae):
    rows = torch.from_numpy(Z.reshape(5, 32)).requires_grad_()
    as_generator(vae).forward(rows).square().sum().backward()
    assert rows.grad.abs().sum() > 0


def test_half_precision_networks_take_single_precision_latents(make_vae):
    half = make_vae().to(torch.bfloat16)
    outputs = as_generator(half)(Z)
    assert outputs.dtype == np.float32
    with torch.no_grad():
        expected = half.decode(torch.from_numpy(Z).bfloat16()).sample.float().numpy()
    np.testing.assert_allclose(outputs, expected, atol=1e-2)
