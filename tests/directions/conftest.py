import numpy as np
import pytest
import torch
from torch import nn

N_FEATURES = 6


def make_network(n_features=N_FEATURES, seed=0):
    """A small network from latents to vectors; its weights are drawn without the global state."""
    random = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        network = nn.Sequential(nn.Linear(n_features, 12), nn.Tanh(), nn.Linear(12, 8))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=random) / 3)
    network.latent_shape = (n_features,)
    return network


@pytest.fixture
def network():
    return make_network()


@pytest.fixture
def latents():
    spread = np.linspace(3.0, 0.5, N_FEATURES)
    rows = np.random.default_rng(0).standard_normal((200, N_FEATURES)) * spread
    return rows.astype(np.float32)


class Counter:
    """A callback that counts parts."""

    def __init__(self):
        self.n_parts, self.n_told, self.ended = 0, None, False

    def setup(self, estimator, context):
        self.n_told = context.max_subtasks

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.n_parts += context.task_name == "part"
        self.ended = hasattr(estimator, "directions_")

    def teardown(self, estimator, context):
        pass
