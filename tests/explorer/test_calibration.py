"""Strengths of equal change, and how far an edit stays inside the distribution."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skcurve.explorer.calibration import (
    FARTHEST,
    Neighbourhood,
    inside_range,
    solve_strength,
)

from .conftest import N_LAYERS


@given(st.floats(0.05, 20), st.floats(0.3, 3), st.floats(0.1, 10))
def test_a_growing_change_is_met(unit, power, natural):
    def change(strength):
        return (strength / unit) ** power

    strength, found, reached = solve_strength(change, 1.0, natural)
    if unit < 0.9 * FARTHEST * natural and unit > natural / 100:
        assert reached
    assert not reached or abs(change(strength) - 1) <= 0.02
    assert not reached or found == change(strength)


@given(st.floats(0.01, 0.95), st.floats(0.1, 10))
def test_a_change_that_saturates_below_is_not_met_and_says_so(ceiling, natural):
    strength, found, reached = solve_strength(lambda s: ceiling * np.tanh(s), 1.0, natural)
    assert not reached
    assert strength == pytest.approx(FARTHEST * natural)
    assert found < 1


def test_a_change_that_jumps_over_the_target_is_told_as_it_is_there():
    def jump(strength):
        return 0.0 if strength < 1 else 1.0

    strength, found, reached = solve_strength(jump, 0.5, 0.3)
    assert not reached
    assert found == jump(strength)


def test_a_calibration_is_applied_to_its_directions(explorer):
    directions = explorer.directions(layers=1)
    found = explorer.calibrate(directions, n_latents=4)
    applied = found.apply(directions)
    assert [one.strength for one in applied] == found.strengths.tolist()
    assert [one.strength_range for one in applied] == [tuple(span) for span in found.ranges]
    assert {(*one.layers, one.source) for one in applied} == {(1, directions[0].source)}


def test_directions_change_the_output_by_the_amount(explorer, exact):
    rows = [exact.turn[0], 0.1 * exact.turn[1], 4 * (exact.turn[2] + exact.turn[3])]
    latents = exact.sample(32, 3)
    found = explorer.calibrate(rows, amount=0.25, latents=latents)
    assert found.reached.all()
    still = exact(latents)
    for row, strength, change in zip(rows, found.strengths, found.changes, strict=True):
        unit = np.array(row) / np.linalg.norm(row)
        moved = [exact(latents + sign * strength * unit) for sign in (1, -1)]
        measured = np.mean([np.sqrt(((m - still) ** 2).mean((1, 2, 3))) for m in moved])
        assert measured / found.spread == pytest.approx(change)
        assert change == pytest.approx(0.25, rel=0.03)
    assert found.strengths[0] == pytest.approx(found.strengths[1], rel=0.2)  # whatever the length


def test_a_direction_that_changes_nothing_is_not_reached(make, exact):
    explorer = make(layers=0)
    found = explorer.calibrate([exact.turn[0], exact.turn[5]], n_latents=4)
    assert found.reached.tolist() == [True, False]
    assert found.changes[1] == pytest.approx(0)


def test_the_range_ends_where_the_data_does(make, exact):
    """Wide along the first direction, narrow along the second."""
    scales = np.array([4.0, 0.25, 1, 1, 1, 1])
    data = (np.random.default_rng(0).normal(size=(1500, 6)) * scales) @ exact.turn
    found = make(latents=data).calibrate([exact.turn[0], exact.turn[1]], amount=0.2)
    (wide_low, wide_high), (narrow_low, narrow_high) = found.ranges
    assert wide_low < -1.5 * narrow_high and wide_high > -1.5 * narrow_low
    assert (found.ranges[:, 0] < 0).all() and (found.ranges[:, 1] > 0).all()


def test_a_latent_of_the_data_is_not_its_own_neighbour(make):
    data = np.random.default_rng(0).normal(size=(200, 6))
    distances = np.linalg.norm(data[:, None] - data, axis=2)
    np.fill_diagonal(distances, np.inf)
    limit = np.quantile(distances.min(1), 0.95)
    explorer = make(latents=data)
    chosen, vector = np.arange(16), np.eye(6)[0]
    (_, high) = explorer.calibrate([vector], latents=data[chosen]).ranges[0]

    def isolation(strength):
        away = np.linalg.norm(data[chosen, None] + strength * vector - data, axis=2)
        away[chosen, chosen] = np.inf
        return np.median(away.min(1))

    assert isolation(0.9 * high) < limit < isolation(1.1 * high)


@pytest.mark.parametrize(
    "copied",
    [
        lambda data: np.repeat(data[:, None], N_LAYERS, axis=1),  # W+ as a mapping network gives it
        lambda data: np.repeat(data, 2, axis=0),
    ],
)
def test_copies_of_a_latent_are_not_its_neighbours(copied, make):
    data = np.random.default_rng(0).normal(size=(300, 6))
    once, again = make(latents=data), make(latents=copied(data))
    settings = {"latents": data[:8], "amount": 0.2}
    expected, found = (one.effects(n_steps=2, **settings) for one in (once, again))
    assert not expected.outside.any() and not expected.outlier.any()
    assert not found.outside.any() and not found.outlier.any()
    # What the outputs differ by depends on the order of the latents: calibration stops elsewhere.
    spans = [one.calibrate(np.eye(6), **settings).ranges for one in (once, again)]
    np.testing.assert_allclose(spans[1], spans[0], rtol=0.1)


def test_latents_that_are_all_one_are_nobodys_neighbours(make):
    explorer = make(latents=np.zeros((5, 3, 6)))
    assert explorer.effects(n_latents=4).outlier.all()


def test_realism_decides_where_it_is_given(make, exact):
    def realism(outputs):
        return -np.abs(outputs.reshape(len(outputs), -1)[:, 0])  # hue near zero is real

    found = make(realism=realism).calibrate([exact.turn[0], exact.turn[1]], amount=0.2)
    assert found.ranges[1, 1] == pytest.approx(8 * found.strengths[1])
    assert found.ranges[0, 1] < 0.6 * found.ranges[1, 1]


@given(st.floats(0.1, 7.9), st.floats(0.1, 7.9), st.floats(0.1, 10))
def test_a_range_is_where_it_is_inside(left, right, strength):
    def excess(step):
        return step / strength / right - 1 if step >= 0 else -step / strength / left - 1

    low, high = inside_range(excess, strength)
    assert (low, high) == pytest.approx((-left * strength, right * strength))


def test_outside_from_the_beginning_is_no_range():
    assert inside_range(lambda step: 1.0, 1.0) == (0, 0)


def test_isolation_is_the_distance_to_the_nearest():
    import torch

    rng = np.random.default_rng(0)
    data = rng.normal(size=(300, 3)) + 100
    near = Neighbourhood(data)
    points = rng.normal(size=(7, 3)) + 103
    distances = np.linalg.norm(points[:, None] - data, axis=2).min(1)
    assert near.excess(torch.from_numpy(points)) == pytest.approx(np.median(distances) - near.limit)
