import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from skcurve.directions import ContrastiveDirections
from skcurve.directions.contrastive import contrast

KINDS = ["global", "linear", "nonlinear"]


def direct_loss(changes, temperature):
    """The loss as it is written down, one term after the other."""
    n, k, _ = changes.shape
    unit = changes / np.linalg.norm(changes, axis=2, keepdims=True)
    total = 0.0
    for i in range(n):
        for a in range(k):
            near = sum(np.exp(unit[i, a] @ unit[j, a] / temperature) for j in range(n) if j != i)
            far = sum(
                np.exp(unit[i, a] @ unit[j, b] / temperature)
                for j in range(n)
                for b in range(k)
                if b != a
            )
            total -= np.log(near / far)
    return total / (n * k)


@given(st.integers(0, 1000), st.integers(2, 4), st.integers(2, 4), st.floats(0.1, 2.0))
def test_the_loss_is_the_published_one(seed, n, k, temperature):
    changes = np.random.default_rng(seed).standard_normal((n, k, 3))
    loss, numbers = contrast(torch.from_numpy(changes), temperature)
    assert float(loss) == pytest.approx(direct_loss(changes, temperature), rel=1e-9)
    assert 0.0 <= numbers["agreement"] <= 1.0


def direct_agreement(changes):
    """How often a change by another direction is less alike than those by the same, on average."""
    n, k, _ = changes.shape
    unit = changes / np.linalg.norm(changes, axis=2, keepdims=True)
    won = [
        np.mean([unit[i, a] @ unit[j, a] for j in range(n) if j != i]) > unit[i, a] @ unit[j, b]
        for i in range(n)
        for a in range(k)
        for j in range(n)
        for b in range(k)
        if b != a
    ]
    return np.mean(won)


@given(st.integers(0, 1000), st.integers(2, 4), st.integers(2, 4))
def test_agreement_counts_the_others_that_are_less_alike(seed, n, k):
    changes = np.random.default_rng(seed).standard_normal((n, k, 3))
    _, numbers = contrast(torch.from_numpy(changes), 0.5)
    assert numbers["agreement"] == pytest.approx(direct_agreement(changes), abs=1e-6)


def test_it_is_changes_that_are_compared_and_no_constant_matters(network, latents):
    def fit(offset):
        def generate(rows):
            return network(rows) + offset

        return ContrastiveDirections(3, n_steps=3, random_state=0).fit(generate, latents)

    np.testing.assert_allclose(fit(0.0).directions_, fit(4.0).directions_, atol=1e-3)


def test_effects_of_their_own_have_a_low_loss_and_agree():
    own = torch.eye(3).expand(4, 3, 3)
    alike = torch.ones(4, 3, 3)
    assert contrast(own, 0.5)[0] < contrast(alike, 0.5)[0]
    assert contrast(own, 0.5)[1]["agreement"] == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_directions_at_latents_are_unit_vectors_whose_mean_is_kept(kind, network, latents):
    found = ContrastiveDirections(3, conditioning=kind, n_steps=20, random_state=0)
    found.fit(network, latents)
    at = found.directions_at(latents)
    assert at.shape == (200, 3, 6) and at.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(at, axis=2), 1.0, rtol=1e-5)
    mean = at.astype(np.float64).mean(0)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    np.testing.assert_allclose(found.directions_, mean, atol=1e-5)
    spread = np.abs(at - at[:1]).max()
    assert spread == 0.0 if kind == "global" else spread > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_tensors_give_tensors_and_layers_count_by_their_mean(kind, network, latents):
    found = ContrastiveDirections(3, conditioning=kind, n_steps=5, random_state=0)
    found.fit(network, latents)
    rows = torch.from_numpy(latents[:4]).double()
    at = found.directions_at(rows)
    assert isinstance(at, torch.Tensor) and at.dtype == torch.float64
    layers = torch.stack([rows - 1, rows + 1], dim=1)
    torch.testing.assert_close(found.directions_at(layers), at)


def test_directions_at_needs_a_fit_and_the_same_features(network, latents):
    with pytest.raises(NotFittedError):
        ContrastiveDirections().directions_at(latents)
    found = ContrastiveDirections(2, n_steps=2, random_state=0).fit(network, latents)
    with pytest.raises(ValueError, match="latents have 5 features"):
        found.directions_at(latents[:, :5])
    with pytest.raises(ValueError, match="NaN"):
        found.directions_at(np.full((2, 6), np.nan))


@pytest.mark.parametrize("layer", [None, "0", "1"])
def test_the_features_are_those_of_the_layer(layer, network, latents):
    found = ContrastiveDirections(3, layer=layer, n_steps=5, random_state=0).fit(network, latents)
    plain = ContrastiveDirections(3, layer="2", n_steps=5, random_state=0).fit(network, latents)
    same = np.array_equal(found.directions_, plain.directions_)
    assert same == (layer is None)  # the last layer gives the outputs


def test_of_two_effects_in_four_features_each_direction_finds_one():
    def two_effects(latents):  # the first two features move one thing, the last two the other
        return torch.stack([latents[:, 0] + latents[:, 1], latents[:, 2] + latents[:, 3]], dim=1)

    latents = np.random.default_rng(0).standard_normal((300, 4))
    found = ContrastiveDirections(2, n_steps=300, random_state=0).fit(two_effects, latents)
    effects = found.directions_ @ np.array([[1, 0], [1, 0], [0, 1], [0, 1]])
    effects /= np.linalg.norm(effects, axis=1, keepdims=True)
    # Two effects that have nothing in common, or are opposite, whatever they are made of.
    assert effects[0] @ effects[1] < 0.1
    assert found.history_[-1]["agreement"] > 0.99
