"""Populations of sprites: ranges, clusters, correlations, and nothing from a global generator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skcurve.generators.sprites import FACTOR_RANGES, FACTORS, SPECIES, sample_factors
from skcurve.generators.sprites.species import POPULATIONS

LOW, HIGH = FACTOR_RANGES.astype(np.float32).T
EYE_AND_HAT = [FACTORS.index("eye"), FACTORS.index("hat")]


@given(n=st.integers(0, 50), seed=st.integers(0, 2**32), species=st.booleans())
def test_factors_lie_in_their_ranges_and_eye_and_hat_are_on_or_off(n, seed, species):
    factors, kinds = sample_factors(n, seed, species)
    assert factors.shape == (n, len(FACTORS)) and factors.dtype == np.float32
    assert kinds.shape == (n,) and kinds.dtype == np.int64
    assert (factors >= LOW).all() and (factors <= HIGH).all()
    assert np.isin(factors[:, EYE_AND_HAT], [0, 1]).all()
    assert (kinds < len(SPECIES)).all() and (kinds >= (0 if species else -1)).all()


@given(seed=st.integers(0, 2**32), species=st.booleans())
def test_the_same_seed_gives_the_same_sprites(seed, species):
    for first, second in zip(
        sample_factors(7, seed, species),
        sample_factors(7, np.random.default_rng(seed), species),
        strict=True,
    ):
        np.testing.assert_array_equal(first, second)


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    sample_factors(10, 0)
    sample_factors(10)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_without_species_factors_are_uniform_and_independent():
    factors, kinds = sample_factors(20_000, 0, species=False)
    assert (kinds == -1).all()
    others = np.delete(factors, EYE_AND_HAT, axis=1)
    share = (others - np.delete(LOW, EYE_AND_HAT)) / np.delete(HIGH - LOW, EYE_AND_HAT)
    np.testing.assert_allclose(
        np.quantile(share, [0.1, 0.5, 0.9], axis=0).T - [0.1, 0.5, 0.9], 0, atol=0.02
    )
    np.testing.assert_allclose(factors[:, EYE_AND_HAT].mean(0), 0.5, atol=0.02)
    np.testing.assert_allclose(np.corrcoef(factors.T), np.eye(len(FACTORS)), atol=0.03)


def test_species_have_their_own_ranges_shares_and_accessories():
    factors, kinds = sample_factors(20_000, 0)
    for kind, (name, population) in enumerate(POPULATIONS.items()):
        members = factors[kinds == kind]
        assert SPECIES[kind] == name
        assert abs(len(members) / len(factors) - population.share) < 0.02
        for factor, (low, high) in population.ranges.items():
            column = members[:, FACTORS.index(factor)]
            # They fill their range evenly, and do not leave it.
            np.testing.assert_allclose([column.min(), column.max()], [low, high], atol=0.01)
            quarters = (np.quantile(column, [0.25, 0.75]) - low) / (high - low)
            np.testing.assert_allclose(quarters, [0.25, 0.75], atol=0.04)
        for factor, share in population.shares_with.items():
            assert abs(members[:, FACTORS.index(factor)].mean() - share) < 0.03


def test_within_a_species_some_factors_go_together():
    factors, kinds = sample_factors(20_000, 0)
    for kind, population in enumerate(POPULATIONS.values()):
        for first, second, correlation in population.together:
            columns = factors[kinds == kind][:, [FACTORS.index(first), FACTORS.index(second)]]
            found = np.corrcoef(columns.T)[0, 1]
            # An accessory is on or off, and a little of the correlation is lost in that.
            assert np.sign(found) == np.sign(correlation) and abs(found) > 0.45


def test_shares_add_up_and_ranges_are_inside():
    assert sum(population.share for population in POPULATIONS.values()) == pytest.approx(1)
    for population in POPULATIONS.values():
        seconds = [second for _, second, _ in population.together]
        assert len(set(seconds)) == len(seconds)
        for factor, (low, high) in population.ranges.items():
            column = FACTORS.index(factor)
            assert FACTOR_RANGES[column, 0] <= low < high <= FACTOR_RANGES[column, 1]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": -1}, ValueError, "n must be at least 0; got -1"),
        ({"n": 3, "species": "frog"}, TypeError, "species must be True or False; got 'frog'"),
    ],
)
def test_what_cannot_be_drawn(arguments, error, message):
    with pytest.raises(error, match=message):
        sample_factors(**arguments)
