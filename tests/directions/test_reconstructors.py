import pytest
import torch
from torch import nn

from skcurve.directions.reconstructors import make_reconstructor


def make(kind, shape, k=5, seed=0):
    return make_reconstructor(kind, shape, k, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("lenet", (3, 32, 32)),
        ("lenet", (1, 28, 28)),
        ("lenet", (3, 7, 9)),
        ("lenet", (3, 100, 60)),
        ("resnet18", (3, 32, 32)),
        ("resnet18", (1, 96, 80)),
        ("mlp", (7,)),
        ("mlp", (3, 8, 8)),
        ("mlp", ()),
        ("auto", (4, 5)),
        ("auto", (1, 16, 16)),
    ],
)
def test_a_pair_of_any_size_gives_logits_and_a_shift(kind, shape):
    random = torch.Generator().manual_seed(1)
    before, after = (torch.randn((6, *shape), generator=random) for _ in range(2))
    logits, shift = make(kind, shape)(before, after)
    assert logits.shape == (6, 5) and shift.shape == (6,)
    assert torch.isfinite(logits).all() and torch.isfinite(shift).all()


def test_what_has_been_swapped_looks_different():
    network = make("lenet", (3, 16, 16)).eval()
    before, after = torch.randn(2, 4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert not torch.allclose(network(before, after)[0], network(after, before)[0])


def test_resnet18_has_18_layers_with_weights_and_its_known_size():
    network = make("resnet18", (3, 96, 96), k=1000)
    weighted = [
        m for m in network.body.modules() if isinstance(m, nn.Conv2d) and m.kernel_size != (1, 1)
    ]
    assert len(weighted) + 1 == 18  # and the head
    # That of the published network: 11,689,512, here with six channels for three, and a shift.
    n_parameters = sum(p.numel() for p in network.parameters())
    assert n_parameters == 11_689_512 + 3 * 64 * 7 * 7 + 513


@pytest.mark.parametrize("kind", ["lenet", "resnet18", "mlp"])
def test_the_initial_weights_come_from_the_given_generator_alone(kind):
    before = torch.get_rng_state()
    first, again, other = (make(kind, (3, 8, 8), seed=seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)
    assert all(torch.isfinite(part).all() for part in first.values())


def test_signals_neither_vanish_nor_explode_at_first():
    random = torch.Generator().manual_seed(1)
    pair = torch.randn(2, 64, 3, 32, 32, generator=random)
    for kind in ("lenet", "resnet18", "mlp"):
        logits, _ = make(kind, (3, 32, 32))(*pair)
        assert 0.1 < float(logits.detach().std()) < 10
