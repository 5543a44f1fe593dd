"""What the benchmarks of sprites measure is what they say."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from skcurve.generators.sprites import FACTORS, SPECIES, render, sample_factors

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def beside_the_scripts(monkeypatch):
    """Import their modules as the scripts do."""
    monkeypatch.syspath_prepend(BENCHMARKS)


def test_the_mean_difference_is_that_of_all_pairs():
    from sprite_space import mean_difference

    items = np.random.default_rng(0).normal(size=(17, 5))
    assert mean_difference(items) == pytest.approx(pdist(items, "cityblock").mean() / 5)


def test_without_an_order_neighbours_change_as_much_as_any_two():
    from sprite_space import change_ratio

    items = np.random.default_rng(0).normal(size=(4000, 3))
    assert change_ratio(items) == pytest.approx(1.0, abs=0.03)
    assert change_ratio(np.sort(items, axis=0)) < 0.01


def test_species_are_told_by_their_hue():
    from sprite_space import is_no_species, species_of

    factors, species = sample_factors(2000, 0)
    assert np.array_equal(species_of(factors), species)
    assert not is_no_species(factors).any()


def test_a_sprite_between_species_is_none():
    from sprite_space import is_no_species

    factors, species = sample_factors(200, 0)
    frogs = factors[species == SPECIES.index("frog")]
    for name, value in [("hue", 0.43), ("squareness", 1.0), ("size", 0.28)]:
        changed = frogs.copy()
        changed[:, FACTORS.index(name)] = value
        assert is_no_species(changed).all()


def test_a_render_is_drawn_again_and_a_blurred_one_is_not():
    from sprite_space import read_images

    factors, _ = sample_factors(50, 0)
    images = np.asarray(render(factors))
    blurred = (images + np.roll(images, 3, axis=3)) / 2
    sharp, soft = read_images(images), read_images(blurred)
    assert sharp.off.mean() < 0.03
    assert soft.off.mean() > 3 * sharp.off.mean()


def test_the_best_cuts_are_the_best_of_all():
    from bench_ordering import best_cuts

    random = np.random.default_rng(0)
    for _ in range(5):
        counts = random.integers(0, 9, size=(9, len(SPECIES))).astype(float)

        def kept(labels, counts=counts):
            return sum(counts[labels == one].sum(0).max() for one in np.unique(labels))

        found = best_cuts(counts)
        assert (np.diff(found) >= 0).all()
        assert len(np.unique(found)) == len(SPECIES)
        every = [
            np.searchsorted(edges, np.arange(9), side="right")
            for edges in itertools.combinations(range(1, 9), len(SPECIES) - 1)
        ]
        assert kept(found) == max(map(kept, every))


def test_ward_cuts_are_stretches():
    from bench_ordering import ward_cuts

    vertices = np.random.default_rng(0).normal(size=(40, 3)).cumsum(0)
    found = ward_cuts(vertices)
    assert (np.diff(found) != 0).sum() == len(SPECIES) - 1


def test_purity_is_the_share_of_the_commonest():
    from bench_ordering import purity

    assert purity(np.array([0, 0, 1, 2, 2]), np.array([0, 0, 0, 1, 1])) == pytest.approx(4 / 5)
