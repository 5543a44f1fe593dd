"""An exact generator in miniature: every factor is a known function of one latent direction."""

import numpy as np
import pytest
import torch

from skcurve import LatentDirectionExplorer, PolylineCurve

N_FACTORS, N_LAYERS = 6, 3
NAMES = ["hue", "size", "left", "tilt", "light", "hat"]


class Exact:
    """Latents are turned, each coordinate is squashed, and each is painted into a picture.

    Factor k is tanh of the latent's product with row k of an orthogonal matrix; layer l governs the
    factors 2l and 2l + 1. Works on arrays and tensors alike.
    """

    latent_shape = (N_FACTORS,)
    n_layers = N_LAYERS

    def __init__(self, seed=0):
        turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(N_FACTORS, N_FACTORS)))
        self.turn = turn
        self.n_calls = 0

    def factors(self, latents):
        is_tensor = isinstance(latents, torch.Tensor)
        turn = torch.as_tensor(self.turn).to(latents) if is_tensor else self.turn
        turned = latents @ turn.T
        if turned.ndim == 3:
            parts = [turned[:, layer, 2 * layer : 2 * layer + 2] for layer in range(N_LAYERS)]
            turned = torch.cat(parts, 1) if is_tensor else np.concatenate(parts, 1)
        return torch.tanh(turned / 2) if is_tensor else np.tanh(turned / 2)

    def __call__(self, latents):
        self.n_calls += 1
        factors = self.factors(latents)
        double = torch.cat if isinstance(factors, torch.Tensor) else np.concatenate
        return double([factors, factors], 1).reshape(len(latents), 1, 3, 4)

    def sample(self, n, random_state):
        return np.random.default_rng(random_state).normal(size=(n, N_FACTORS))


def read_factors(outputs):
    """What the pictures were painted with."""
    return outputs.reshape(len(outputs), -1)[:, :N_FACTORS]


@pytest.fixture
def exact():
    return Exact()


@pytest.fixture
def curve(exact):
    """Along each factor in turn, from -1 to 1 of its direction; then over to the next one."""
    ends = [sign * row for row in exact.turn for sign in (-1.0, 1.0)]
    return PolylineCurve(np.array(ends))


@pytest.fixture
def make(exact, curve):
    """An explorer of it, with settings of one's own."""

    def make(curve=curve, generator=exact, **settings):
        defaults = {"attributes": read_factors, "attribute_names": NAMES, "random_state": 0}
        return LatentDirectionExplorer(curve, generator, **{**defaults, **settings})

    return make


@pytest.fixture
def explorer(make):
    return make()
