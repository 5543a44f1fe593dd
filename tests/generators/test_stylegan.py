"""NVIDIA's generators, by a double of their public interface."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skcurve.generators import as_generator


def test_it_says_what_it_is(nvidia):
    generator = as_generator(nvidia())
    assert (generator.latent_shape, generator.n_layers) == ((5,), 3)
    assert generator.differentiable
    assert generator.has_mapping
    assert (generator.space, generator.output_range) == ("W", (-1.0, 1.0))
    assert "synthesis.L1" in generator.feature_names
    assert not any(name.startswith("mapping") for name in generator.feature_names)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(n=st.integers(1, 6), batch_size=st.integers(1, 7), seed=st.integers(0, 99))
def test_w_is_w_plus_with_all_layers_alike(nvidia, n, batch_size, seed):
    network = nvidia()
    generator = as_generator(network, batch_size=batch_size)
    w = np.random.default_rng(seed).standard_normal((n, 5), dtype=np.float32)
    layered = np.repeat(w[:, None], 3, axis=1)
    images = generator(w)
    assert images.shape == (n, 3, 8, 8)
    np.testing.assert_array_equal(images, generator(layered))
    expected = network.synthesis(torch.from_numpy(layered), noise_mode="const", force_fp32=True)
    np.testing.assert_allclose(images, expected.detach().numpy(), atol=1e-5)


def test_the_layers_are_edited_one_by_one(nvidia):
    network = nvidia()
    w = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    expected = network.synthesis(w, noise_mode="const", force_fp32=True).detach()
    torch.testing.assert_close(as_generator(network)(w), expected)


def test_the_same_latent_is_the_same_picture_in_full_precision(nvidia, globals_untouched):
    generator = as_generator(nvidia())
    w = generator.sample(4, 0)
    images = generator(w)
    np.testing.assert_array_equal(images, generator(w))
    assert not np.array_equal(images, images.astype(np.float16))


@pytest.mark.parametrize("truncation", [None, 0.0, 0.5, 1.0])
def test_samples_are_mapped_and_truncated_as_the_network_does_it(nvidia, truncation):
    network = nvidia()
    generator = as_generator(network, truncation=truncation)
    z = np.random.default_rng(7).standard_normal((6, 6), dtype=np.float32)
    psi = 1.0 if truncation is None else truncation
    expected = network.mapping(torch.from_numpy(z), torch.zeros(6, 0), truncation_psi=psi)[:, 0]
    np.testing.assert_allclose(generator.sample(6, 7), expected.detach().numpy(), atol=1e-6)
    np.testing.assert_allclose(generator.mapping(z, batch_size=4), expected.detach(), atol=1e-6)
    if psi == 0:
        np.testing.assert_allclose(generator.sample(3, 1), network.mapping.w_avg.expand(3, -1))


def test_a_network_in_training_keeps_its_mean(nvidia):
    network = nvidia().train()
    before = network.mapping.w_avg.clone()
    as_generator(network).sample(8, 0)
    assert torch.equal(network.mapping.w_avg, before)
    assert network.training


@pytest.mark.parametrize("label", [1, np.int64(1), [0, 1, 0], np.array([0.0, 1.0, 0.0])])
def test_the_class_is_given_to_the_mapping(nvidia, label):
    network = nvidia(c_dim=3)
    z = np.random.default_rng(7).standard_normal((4, 6), dtype=np.float32)
    one_hot = torch.tensor([0.0, 1.0, 0.0]).expand(4, 3)
    expected = network.mapping(torch.from_numpy(z), one_hot)[:, 0].detach().numpy()
    generator = as_generator(network, class_label=label)
    np.testing.assert_allclose(generator.sample(4, 7), expected, atol=1e-6)
    assert not np.allclose(as_generator(network, class_label=2).sample(4, 7), expected)


def test_a_conditional_network_wants_a_class_to_sample_and_none_to_edit(nvidia):
    generator = as_generator(nvidia(c_dim=3))
    assert generator(np.zeros((1, 5))).shape == (1, 3, 8, 8)
    with pytest.raises(ValueError, match="is conditional: pass class_label="):
        generator.sample(2)


@pytest.mark.parametrize("label", [3, -1, 0.5, [1, 0], "cat", [np.nan, 0, 1]])
def test_labels_that_are_no_classes_are_refused(nvidia, label):
    with pytest.raises(ValueError, match="class_label must be an integer from 0 to 2"):
        as_generator(nvidia(c_dim=3), class_label=label)


def test_options_without_meaning_are_refused(nvidia):
    with pytest.raises(ValueError, match=r"not conditional \(c_dim is 0\)"):
        as_generator(nvidia(), class_label=0)
    with pytest.raises(ValueError, match=r"latent_shape=\(5,\) has no meaning for a StyleGAN"):
        as_generator(nvidia(), latent_shape=5)


def test_first_weights_are_the_affine_maps_of_all_layers(nvidia):
    network = nvidia()
    found = as_generator(network).first_layer_weights()
    start, step = torch.randn(2, 5, generator=torch.Generator().manual_seed(0))
    changes = [
        layer.affine((start + step)[None]) - layer.affine(start[None])
        for layer in network.synthesis.children()
    ]
    changed = torch.cat(changes, dim=1)[0].detach().numpy()
    np.testing.assert_allclose(found @ step.numpy(), changed, atol=1e-5)
    found[:] = 0  # a copy
    assert as_generator(network).first_layer_weights().any()


def test_features_and_gradients(nvidia):
    generator = as_generator(nvidia())
    w = torch.zeros(2, 5, requires_grad=True)
    assert generator.features(w, "synthesis.L0").shape == (2, 4 * 4 * 4)
    generator.forward(w).square().sum().backward()
    assert w.grad.abs().sum() > 0
