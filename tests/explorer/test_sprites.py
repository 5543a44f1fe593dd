"""On sprites, whose factors are known: the explorer finds what is there, and says what is mixed."""

import numpy as np
import pytest

from skcurve import LatentDirectionExplorer, PolylineCurve
from skcurve.directions import SegmentDirections
from skcurve.generators.sprites import FACTOR_RANGES, FACTORS, ExactSprites

SPRITES = ExactSprites()
LOW, HIGH = np.asarray(FACTOR_RANGES, float).T
MIDDLE = (LOW + HIGH) / 2


class Factors:
    """The exact sprites, read off without an error: what they are drawn with, and the drawing."""

    latent_shape, n_layers, sample = SPRITES.latent_shape, SPRITES.n_layers, SPRITES.sample

    def __call__(self, latents):
        images = SPRITES(latents).reshape(len(latents), -1)
        return np.concatenate([SPRITES.to_factors(latents), images], axis=1)


def along_one_factor(number, share):
    """The latents at both ends of a stretch of one factor, all others in the middle."""
    ends = np.tile(MIDDLE, (2, 1))
    ends[:, number] += np.array([-share, share]) * (HIGH - LOW)[number] / 2
    return SPRITES.to_latents(ends)


@pytest.fixture(scope="module")
def curve():
    """From end to end of every factor, one after another."""
    return PolylineCurve(np.concatenate([along_one_factor(k, 0.8) for k in range(len(FACTORS))]))


@pytest.fixture(scope="module")
def explorer(curve):
    return LatentDirectionExplorer(
        curve,
        Factors(),
        attributes=lambda outputs: outputs[:, : len(FACTORS)],
        attribute_names=FACTORS,
        distance=lambda one, other: np.sqrt(((one - other)[:, len(FACTORS) :] ** 2).mean(1)),
        random_state=0,
    )


def test_chords_along_one_factor_are_its_true_direction(explorer, curve):
    chords = [(2 * k, 2 * k + 1) for k in range(len(FACTORS))]
    finder = SegmentDirections(curve, chords=chords).fit()
    effects = explorer.effects(finder)
    for k, true in enumerate(SPRITES.true_directions()):
        found = effects.directions[k]
        assert abs(found.vector @ true) > 0.95, FACTORS[k]
        assert effects.attribute_names[effects.main[k]] == FACTORS[k]
        assert effects.monotonicity[k, k] > 0.99
        assert found.ends == (2 * k, 2 * k + 1) and found.segment is None
    assert not effects.entangled.any()


def test_a_true_direction_is_pure_and_a_mixture_is_not(explorer):
    true = SPRITES.true_directions()
    pure = explorer.effects(true)
    assert (pure.purity > 0.9).all(), pure.purity
    mixed = explorer.effects([true[k] - true[(k + 4) % len(true)] for k in range(len(true))])
    assert mixed.entangled.all()


def test_a_layer_has_its_factors_and_no_others(explorer):
    random = np.random.default_rng(0).normal(size=(3, SPRITES.latent_shape[0]))
    for layer, names in enumerate(SPRITES.layer_factors):
        effects = explorer.effects(random, layers=layer).effects
        others = [k for k, name in enumerate(FACTORS) if name not in names]
        np.testing.assert_allclose(effects[:, others], 0, atol=1e-9)


def test_a_mixture_is_purified(explorer):
    true = SPRITES.true_directions()
    mixture = true[0] + 0.8 * true[2]
    pure = explorer.purify(mixture, keep=FACTORS[0])
    assert explorer.effects(mixture).entangled == [True]
    assert explorer.effects(pure).purity > [0.9]


def test_the_table_names_every_stretch(explorer):
    changes = [name for name in explorer._interpretation(2)["changes"] if name]
    assert tuple(changes[::2]) == FACTORS
