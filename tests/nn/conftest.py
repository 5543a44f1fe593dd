import pytest
import torch

from skcurve.nn import SpaceFillingVQ, VectorQuantizer


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def latents():
    """Latents of four features that lie near a spiral, away from the origin."""
    generator = seeded()
    turn = torch.rand(600, generator=generator) * 6.0
    spiral = torch.stack([turn * turn.cos(), turn * turn.sin(), turn, 3.0 - turn], dim=1)
    return spiral + 0.1 * torch.randn(600, 4, generator=generator)


@pytest.fixture(params=[SpaceFillingVQ, VectorQuantizer], ids=["curve", "plain"])
def kind(request):
    return request.param
