"""The training of the sprites' networks: stopped runs go on as if nothing had happened."""

from pathlib import Path

import numpy as np
import pytest
import torch

from skcurve.generators.sprites import attributes

SPRITES = Path(__file__).resolve().parents[2] / "benchmarks" / "sprites"


@pytest.fixture(autouse=True)
def beside_the_scripts(monkeypatch):
    """Import their modules as the scripts do."""
    monkeypatch.syspath_prepend(SPRITES)
    monkeypatch.syspath_prepend(SPRITES.parent)


def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path):
    from learn_generator import Renders, Run

    def go_on(run, until):
        renders = Renders(0)
        while run.seen < until:
            run.batch(renders.batch(run.seen // 16), 1e-3)

    whole = Run(tmp_path / "whole.pt", seed=0)
    go_on(whole, 64)
    first = Run(tmp_path / "stopped.pt", seed=0)
    go_on(first, 32)
    first.save()
    torch.manual_seed(99)
    second = Run(tmp_path / "stopped.pt", seed=0)
    assert second.seen == 32
    go_on(second, 64)
    for name in ("generator", "discriminator", "average"):
        pairs = zip(whole.parts[name].parameters(), second.parts[name].parameters(), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs), name
    start = Run(tmp_path / "none.pt", seed=0).generator.mapping.layers[0].weight
    assert not torch.equal(start, second.generator.mapping.layers[0].weight)


def test_real_images_depend_on_the_seed_and_their_number_alone():
    from learn_generator import POOL, Renders

    renders = Renders(0)
    later = renders.batch(POOL + 3)
    assert not torch.equal(renders.batch(3), later)
    assert torch.equal(renders.batch(POOL + 3), later)
    assert not torch.equal(Renders(1).batch(POOL + 3), later)


def test_every_damage_is_one():
    """Nothing is drawn again as it was, but for what is drawn well and is of no species."""
    from damage import DAMAGES, TAUGHT, renders
    from sprite_space import is_no_species, read_images

    assert set(TAUGHT) < set(DAMAGES)
    whole = np.median(read_images(renders(64, np.random.default_rng(0)).numpy()).off)
    for name, damaged in DAMAGES.items():
        images = damaged(64, np.random.default_rng(0)).numpy()
        assert images.shape == (64, 3, 32, 32) and images.dtype == np.float32
        if name == "no species":
            assert is_no_species(attributes(images)).mean() > 0.8
        elif name == "half on":
            found = attributes(images)[:, -2:]
            assert ((found > 0.1) & (found < 0.9)).any(1).mean() > 0.9
        else:
            assert np.median(read_images(images).off) > 1.5 * whole, name


def test_precision_and_recall_are_one_for_the_same_and_none_for_others():
    from measure_generator import precision_recall

    points = torch.randn(300, 4, generator=torch.Generator().manual_seed(0))
    more = torch.randn(300, 4, generator=torch.Generator().manual_seed(1))
    assert precision_recall(points, points) == (1, 1)
    assert precision_recall(points, points + 100) == (0, 0)
    precision, recall = precision_recall(points, more)
    assert 0.5 < precision < 1 and 0.5 < recall < 1
    narrow_precision, narrow_recall = precision_recall(points, more / 4)
    assert narrow_precision > precision and narrow_recall < 0.6 * recall
