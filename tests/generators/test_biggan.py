"""The BigGAN of pytorch-pretrained-biggan, small and with random weights."""

import numpy as np
import pytest
import torch

from skcurve.generators import as_generator

biggan = pytest.importorskip("pytorch_pretrained_biggan")

N_CLASSES, Z_DIM = 6, 8


@pytest.fixture
def network(make_seeded):
    config = biggan.BigGANConfig(
        output_dim=16,
        z_dim=Z_DIM,
        class_embed_dim=Z_DIM,
        channel_width=4,
        num_classes=N_CLASSES,
        layers=[(True, 16, 8), (False, 8, 4), (False, 4, 2), (True, 2, 1)],
        attention_layer_position=1,
        n_stats=11,
    )

    def make():
        made = biggan.BigGAN(config)
        # The package leaves these uninitialised: so small that no pixel is at its limit.
        torch.nn.init.constant_(made.generator.bn.weight, 0.1)
        torch.nn.init.zeros_(made.generator.bn.bias)
        with torch.no_grad():
            # Statistics of its own for every truncation, as the trained networks have them.
            made.generator.bn.running_means.normal_()
            for _ in range(5):  # in training, to let the spectral norms converge
                made(torch.randn(2, Z_DIM), torch.eye(2, N_CLASSES), 1.0)
        return made

    return make_seeded(make).eval()


@pytest.fixture
def z():
    return np.random.default_rng(0).standard_normal((5, Z_DIM), dtype=np.float32)


def test_one_class_for_all_latents(network, z):
    generator = as_generator(network, class_label=2, truncation=0.4)
    assert generator.latent_shape == (Z_DIM,)
    labels = torch.from_numpy(biggan.one_hot_from_int([2] * 5, batch_size=5))[:, :N_CLASSES]
    expected = network(torch.from_numpy(z), labels, 0.4).detach().numpy()
    for batch_size in (1, 2, 8):
        outputs = generator(z, batch_size=batch_size)
        assert outputs.shape == (5, 3, 16, 16)
        assert 0.01 < np.abs(outputs).max() < 0.999
        np.testing.assert_allclose(outputs, expected, atol=1e-5)


def test_classes_may_be_mixed(network, z):
    mixture = np.linspace(0, 1, N_CLASSES)
    labels = torch.from_numpy(mixture).float().expand(5, -1)
    expected = network(torch.from_numpy(z), labels, 1.0).detach().numpy()
    np.testing.assert_allclose(as_generator(network, class_label=mixture)(z), expected, atol=1e-5)


def test_without_a_class_the_latents_bring_it_along(network, z):
    generator = as_generator(network)
    assert generator.latent_shape == (Z_DIM + N_CLASSES,)
    labels = np.eye(N_CLASSES, dtype=np.float32)[[2] * 5]
    one = as_generator(network, class_label=2)(z)
    np.testing.assert_allclose(generator(np.concatenate([z, labels], axis=1)), one, atol=1e-6)


@pytest.mark.parametrize("truncation", [0.1, 0.5, 1.0])
def test_samples_are_truncated_noise_and_one_class_each(network, truncation, globals_untouched):
    drawn = as_generator(network, truncation=truncation).sample(3000, 0)
    noise, labels = drawn[:, :Z_DIM], drawn[:, Z_DIM:]
    assert np.abs(noise).max() <= 2 * truncation
    assert np.abs(noise).max() > 1.8 * truncation
    # of a normal distribution cut at two standard deviations, 0.774 of the variance is left
    np.testing.assert_allclose(noise.var() / truncation**2, 0.774, rtol=0.03)
    assert set(np.unique(labels)) == {0, 1}
    np.testing.assert_array_equal(labels.sum(1), 1)
    np.testing.assert_allclose(labels.mean(0), 1 / N_CLASSES, atol=0.03)
    fixed = as_generator(network, truncation=truncation, class_label=1).sample(10, 0)
    assert fixed.shape == (10, Z_DIM)


@pytest.mark.parametrize("truncation", [0, -1, 1.5])
def test_truncations_that_the_network_has_no_statistics_for(network, truncation):
    with pytest.raises(ValueError, match=r"truncation of a BigGAN must lie in \(0, 1\]"):
        as_generator(network, truncation=truncation)


@pytest.mark.parametrize("label", [N_CLASSES, [1, 2]])
def test_labels_that_are_no_classes(network, label):
    with pytest.raises(ValueError, match="class_label must be an integer from 0 to 5"):
        as_generator(network, class_label=label)


@pytest.mark.parametrize("label", [None, 2])
def test_first_weights_act_as_the_layer_does(network, label):
    generator = as_generator(network, class_label=label)
    weights = generator.first_layer_weights()
    assert weights.shape == (4 * 4 * 16 * 4, generator.latent_shape[0])
    start, step = generator.sample(2, 0)
    before, after = generator.features(np.stack([start, start + step]), "generator.gen_z")
    np.testing.assert_allclose(after - before, weights @ step, atol=1e-4)


def test_spectral_norms_are_not_advanced(network, z):
    network.train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    as_generator(network, class_label=0)(z)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert network.training


def test_gradients_reach_the_latents(network, z):
    latents = torch.from_numpy(z).requires_grad_()
    as_generator(network, class_label=0).forward(latents).square().sum().backward()
    assert latents.grad.abs().sum() > 0


def test_it_is_edited_in_z(network):
    generator = as_generator(network, class_label=0)
    assert (generator.space, generator.has_mapping) == ("z", False)
    assert generator.output_range == (-1.0, 1.0)
