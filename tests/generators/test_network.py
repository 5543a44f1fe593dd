"""Torch modules: evaluated, not trained, and left as they were found."""

import numpy as np
import pytest
import torch

from skcurve.generators import GeneratorError, as_generator


class Decoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Linear(3, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(0.5)
        )
        self.head = torch.nn.Linear(8, 12)
        self.spare = torch.nn.Linear(8, 8)

    def forward(self, z):
        return self.head(torch.relu(self.body(z))).view(-1, 3, 2, 2)


class Styled(torch.nn.Module):
    """With the optional members of a generator."""

    latent_shape, n_layers, z_dim = (4,), 2, 3

    def __init__(self):
        super().__init__()
        self.to_w = torch.nn.Linear(3, 4)
        self.layers = torch.nn.ModuleList(
            torch.nn.ModuleDict({"affine": torch.nn.Linear(4, 5)}) for _ in range(2)
        )

    def mapping(self, z):
        return self.to_w(z)

    def synthesis(self, w):
        return sum(layer["affine"](w[:, i]) for i, layer in enumerate(self.layers))

    def forward(self, z):
        raise AssertionError("synthesis is to be called")


@pytest.fixture
def decoder(make_seeded):
    return make_seeded(Decoder)


Z = np.random.default_rng(0).standard_normal((7, 3)).astype(np.float32)


def modes(module):
    return {name: part.training for name, part in module.named_modules()}


def state(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize("training", [True, False])
def test_a_network_is_left_as_it_was_found(decoder, training):
    decoder.train(training)
    decoder.body[1].training = not training  # by hand, as when fine-tuning
    decoder.head.bias.requires_grad_(False)
    before, weights = modes(decoder), state(decoder)
    generator = as_generator(decoder)
    generator(Z)
    generator.features(Z, "body")
    generator.forward(torch.from_numpy(Z)).sum()
    for _ in generator.iter_batches(Z, 3):
        assert modes(decoder) == before
    assert modes(decoder) == before
    assert [p.requires_grad for p in decoder.parameters()].count(False) == 1
    for name, tensor in decoder.state_dict().items():
        assert torch.equal(tensor, weights[name])


def test_a_network_that_fails_is_left_as_it_was_found(decoder):
    decoder.train()
    before = modes(decoder)
    with pytest.raises(GeneratorError):
        as_generator(decoder)(np.zeros((2, 5)))
    assert modes(decoder) == before
    assert all(p.requires_grad for p in decoder.parameters())


def test_it_is_evaluated(decoder, globals_untouched):
    expected = decoder.eval()(torch.from_numpy(Z)).detach().numpy()
    decoder.train()
    for batch_size in (1, 3, 64):
        outputs = as_generator(decoder)(Z, batch_size=batch_size)
        np.testing.assert_allclose(outputs, expected, atol=1e-6)


def test_gradients_flow_to_the_latents_alone(decoder):
    generator = as_generator(decoder)
    assert generator.differentiable
    z = torch.from_numpy(Z).requires_grad_()
    generator.forward(z).square().sum().backward()
    assert z.grad is not None
    assert z.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in decoder.parameters())
    decoder.eval()
    other = torch.from_numpy(Z).requires_grad_()
    decoder(other).square().sum().backward()
    torch.testing.assert_close(z.grad, other.grad)


def test_a_network_without_gradients_says_so():
    class Still(torch.nn.Module):
        def forward(self, z):
            return z.detach() * 2

    with pytest.raises(GeneratorError, match="no gradient goes from the outputs of Still"):
        as_generator(Still()).forward(torch.ones(2, 3, requires_grad=True))


@pytest.mark.parametrize("network_dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_it_computes_in_its_own_dtype(decoder, network_dtype):
    generator = as_generator(decoder.to(network_dtype), latent_shape=3)
    for dtype in (np.float32, np.float64):
        assert generator(Z.astype(dtype)).dtype == dtype
    expected = np.float64 if network_dtype == torch.float64 else np.float32
    assert generator.sample(2, 0).dtype == expected


def test_features_are_what_a_layer_computes(decoder):
    generator = as_generator(decoder, batch_size=3)
    assert {"body", "body.0", "head"} <= set(generator.feature_names)
    decoder.eval()
    expected = decoder.body(torch.from_numpy(Z)).detach()
    np.testing.assert_allclose(generator.features(Z, "body"), expected.numpy(), atol=1e-6)
    found = generator.features(torch.from_numpy(Z), "body")
    torch.testing.assert_close(found, expected)
    z = torch.from_numpy(Z).requires_grad_()
    trained = generator.forward(z, layer="body")
    assert torch.autograd.grad(trained.sum(), z)[0].abs().sum() > 0


def test_features_of_a_layer_of_pictures_are_flat(make_seeded):
    network = make_seeded(
        lambda: torch.nn.Sequential(
            torch.nn.Unflatten(1, (3, 1, 1)), torch.nn.ConvTranspose2d(3, 2, 4), torch.nn.ReLU()
        )
    )
    assert as_generator(network).features(Z, "1").shape == (7, 2 * 4 * 4)


def test_of_a_layer_that_runs_again_the_last_counts_and_of_its_outputs_the_first():
    class Double(torch.nn.Module):
        def forward(self, z):
            return 2 * z, z

    class Again(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.twice = Double()

        def forward(self, z):
            return self.twice(self.twice(z)[0])[1]

    np.testing.assert_array_equal(as_generator(Again()).features(Z, "twice"), 4 * Z)


def test_layers_that_are_not_there_or_do_not_run(decoder):
    generator = as_generator(decoder)
    with pytest.raises(ValueError, match=r"layer must be one of body, body\.0.*; got 'neck'"):
        generator.features(Z, "neck")
    with pytest.raises(GeneratorError, match="the layer 'spare' did not run"):
        generator.features(Z, "spare")
    assert not any(module._forward_hooks for module in decoder.modules())


def test_the_first_weights_are_those_that_meet_the_latent(decoder, make_seeded):
    generator = as_generator(decoder, latent_shape=3)
    np.testing.assert_array_equal(
        generator.first_layer_weights(), decoder.body[0].weight.detach().numpy()
    )
    network = make_seeded(
        lambda: torch.nn.Sequential(
            torch.nn.Unflatten(1, (3, 1, 1)), torch.nn.ConvTranspose2d(3, 2, 4, bias=False)
        )
    )
    weights = as_generator(network, latent_shape=3).first_layer_weights()
    assert weights.shape == (2 * 4 * 4, 3)
    outputs = network(torch.from_numpy(Z)).detach().numpy().reshape(7, -1)
    np.testing.assert_allclose(Z @ weights.T, outputs, atol=1e-5)


def test_a_table_of_classes_is_no_first_layer(make_seeded):
    class Classified(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.body = torch.nn.Embedding(10, 3), torch.nn.Linear(3, 4)

        def forward(self, z):
            return self.body(z + self.table(torch.zeros(len(z), dtype=torch.long)))

    network = make_seeded(Classified)
    found = as_generator(network, latent_shape=3).first_layer_weights()
    np.testing.assert_array_equal(found, network.body.weight.detach().numpy())


def test_a_network_without_a_first_layer_asks_for_the_weights():
    with pytest.raises(ValueError, match="pass `weight=`"):
        as_generator(torch.nn.Tanh(), latent_shape=3).first_layer_weights()
    with pytest.raises(ValueError, match="pass latent_shape="):
        as_generator(torch.nn.Tanh()).first_layer_weights()


def test_the_optional_members_of_a_module_are_used(make_seeded, globals_untouched):
    styled = make_seeded(Styled)
    generator = as_generator(styled)
    assert (generator.latent_shape, generator.n_layers) == ((4,), 2)
    noise = np.random.default_rng(0).standard_normal((5, 3), dtype=np.float32)
    w = generator.sample(5, 0)
    np.testing.assert_allclose(w, styled.to_w(torch.from_numpy(noise)).detach().numpy(), atol=1e-6)
    expected = styled.synthesis(torch.from_numpy(w)[:, None].repeat(1, 2, 1)).detach().numpy()
    np.testing.assert_allclose(generator(w), expected, atol=1e-6)
    stacked = [layer["affine"].weight.detach().numpy() for layer in styled.layers]
    np.testing.assert_array_equal(generator.first_layer_weights(), np.concatenate(stacked))


def test_a_module_without_parameters_computes_where_and_in_what_the_latents_are():
    generator = as_generator(torch.nn.Tanh())
    for dtype in (np.float32, np.float64):
        np.testing.assert_allclose(generator(Z.astype(dtype)), np.tanh(Z.astype(dtype)), rtol=1e-6)


def test_several_outputs_are_not_one():
    class Pair(torch.nn.Module):
        def forward(self, z):
            return {"sample": z}

    with pytest.raises(GeneratorError, match="must be an array or a tensor; got dict"):
        as_generator(Pair())(Z)
