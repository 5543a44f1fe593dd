"""Leakage is taken out of a direction, and what it is for stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skcurve.explorer import Direction
from skcurve.explorer.purification import regressed_jacobian, smallest_correction

from .conftest import NAMES

numbers = st.floats(-3, 3).map(lambda value: round(value, 3))


def test_a_mixture_becomes_the_pure_direction(explorer, exact):
    mixture = exact.turn[0] + 0.8 * exact.turn[3] - 0.5 * exact.turn[4]
    before = explorer.effects(mixture)
    assert before.entangled == [True]
    pure = explorer.purify(mixture, keep="hue")
    after = explorer.effects(pure)
    assert after.purity[0] > 0.95
    assert pure.vector @ exact.turn[0] > 0.99
    assert after.effects[0, 0] == pytest.approx(before.effects[0, 0], abs=0.05)
    leakage = np.abs(after.effects[0, 1:]).max()
    assert leakage < 0.1 * np.abs(before.effects[0, 1:]).max()
    assert pure.source == "purified"


def test_only_what_is_named_is_removed(explorer, exact):
    mixture = exact.turn[0] + 0.8 * exact.turn[3] + 0.7 * exact.turn[4]
    before = explorer.effects(mixture).effects[0]
    after = explorer.effects(explorer.purify(mixture, remove=[3])).effects[0]
    assert abs(after[3]) < 0.05
    np.testing.assert_allclose(after[[0, 4]], before[[0, 4]], atol=0.06)


def test_the_main_attribute_itself_may_go(explorer, exact):
    mixture = 2 * exact.turn[0] + exact.turn[3]
    pure = explorer.purify(mixture, remove=["hue"])
    assert pure.vector @ exact.turn[3] > 0.99


def test_the_layers_stay(explorer, exact):
    mixture = Direction(exact.turn[0] + exact.turn[1] + exact.turn[4], layers=[0], name="mine")
    pure = explorer.purify(mixture, keep="hue")
    assert (pure.layers, pure.name) == ([0], "mine")
    after = explorer.effects(pure).effects[0]
    assert after[0] > 0.2
    assert np.abs(after[1:]).max() < 0.05


def test_it_is_reproducible(make, exact):
    mixture = exact.turn[0] + exact.turn[1]
    one, other = (make(random_state=3).purify(mixture) for _ in range(2))
    assert (one.vector == other.vector).all()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"keep": "beauty"}, "keep must name attributes, out of hue, .*; got 'beauty'"),
        ({"remove": 6}, "remove must name attributes"),
        ({"keep": "hue", "remove": ["size", "hue"]}, "hue cannot be both kept and removed"),
        ({"keep": [], "remove": NAMES}, "nothing is left of the direction without its effect on"),
    ],
)
def test_bad_questions_are_named(settings, said, explorer, exact):
    with pytest.raises(ValueError, match=said):
        explorer.purify(exact.turn[0], **settings)


@given(arrays(np.float64, (4, 3), elements=numbers))
def test_a_linear_map_is_its_own_jacobian(matrix):
    shifts = np.random.default_rng(0).normal(size=(200, 3))
    np.testing.assert_allclose(regressed_jacobian(shifts, shifts @ matrix.T), matrix, atol=0.01)


@given(arrays(np.float64, 6, elements=numbers), st.integers(0, 99))
def test_a_correction_does_it_and_is_the_smallest(vector, seed):
    rng = np.random.default_rng(seed)
    rows, wanted = rng.normal(size=(2, 6)), rng.normal(size=2)
    changed = smallest_correction(vector, rows, wanted)
    np.testing.assert_allclose(rows @ changed, wanted, atol=1e-9)
    free = rng.normal(size=6)
    free -= np.linalg.pinv(rows) @ (rows @ free)  # moves along what the products do not see
    longer = np.linalg.norm(changed + free - vector)
    assert longer >= np.linalg.norm(changed - vector) - 1e-9
