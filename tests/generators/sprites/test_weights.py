"""The weights are small, whole, and the same after a round trip."""

import numpy as np
import torch

from skcurve.generators.sprites import weights
from skcurve.generators.sprites.networks import Scorer


def test_all_weights_together_are_at_most_three_megabytes():
    files = sorted(weights.FOLDER.glob("*.safetensors"))
    assert [file.stem for file in files] == ["discriminator", "generator", "scorer"]
    assert sum(file.stat().st_size for file in files) <= 3e6


def test_nothing_but_half_precision_is_lost(tmp_path):
    first, second = Scorer(9).eval(), Scorer(9)
    path = weights.write("scorer", first, folder=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name] == ["scorer.safetensors"]
    weights.fill("scorer", second, folder=tmp_path)
    images = torch.rand(5, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(second(images), first(images).detach(), atol=2e-3)
    assert not second.training and not any(p.requires_grad for p in second.parameters())


def test_networks_are_read_once_and_draw_nothing_at_random():
    before = torch.get_rng_state()
    weights.scorer.cache_clear()
    assert weights.scorer() is weights.scorer()
    assert torch.equal(torch.get_rng_state(), before)
