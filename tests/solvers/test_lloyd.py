"""The fast solver: its phases, its sweeps, and what it minimises."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve import PolylineCurve
from skcurve.metrics import distortion, dithered_distortion
from skcurve.solvers import Lloyd, Rows, meeting
from skcurve.solvers.lloyd import LloydState


def gaussian(n_rows, n_features=2, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((n_rows, n_features)))


def rows_of(X, seed=0):
    return Rows(X, None, np.random.default_rng(seed))


def sweep_all(solver, rows, vertices, seed=0):
    """Every state of one bitrate."""
    generator = np.random.default_rng(seed)
    states = [solver.start(vertices, rows, generator)]
    for _ in range(solver.max_iter):
        states.append(solver.step(states[-1], rows, generator))
        if solver.finished(states[-1]):
            break
    return states


def spread_out(n_vertices, n_features=2, seed=0):
    vertices = np.random.default_rng(seed).standard_normal((n_vertices, n_features))
    return torch.from_numpy(vertices)


@given(st.integers(1, 30))
def test_the_phases_share_out_the_sweeps(max_iter):
    solver = Lloyd(max_iter=max_iter, tol=0.0)
    assert solver.moving_sweeps + solver.settling_sweeps == max_iter
    assert solver.settling_sweeps >= 1
    assert solver.moving_sweeps >= 0


@pytest.mark.parametrize("max_iter", [1, 2, 3, 7, 12])
def test_moving_comes_first_and_then_settling(max_iter):
    solver = Lloyd(max_iter=max_iter, tol=0.0)
    states = sweep_all(solver, rows_of(gaussian(500)), spread_out(8))
    assert len(states) == max_iter + 1
    n_moving, n_settling = solver.moving_sweeps, solver.settling_sweeps
    assert [state.moved for state in states] == [
        *range(n_moving), *[n_moving] * (n_settling + 1)
    ]  # fmt: skip
    assert [state.settled for state in states] == [*[0] * (n_moving + 1), *range(1, n_settling + 1)]


def test_a_curve_that_hardly_moves_settles_early():
    rows = rows_of(gaussian(4000))
    patient = sweep_all(Lloyd(max_iter=30, tol=0.0), rows, spread_out(4))
    hasty = sweep_all(Lloyd(max_iter=30, tol=1.0), rows, spread_out(4))
    assert len(patient) == 31
    assert len(hasty) < 20
    assert hasty[-1].settled == 10


@pytest.mark.parametrize(
    ("n_rows", "solver", "n_vertices", "expected"),
    [
        (100_000, Lloyd(), 64, (1, 8, 63)),
        (100_000, Lloyd(), 4, (1, 2, 3)),
        (100_000, Lloyd(rows_per_vertex=256), 64, (1, 16, 63)),
        (1024, Lloyd(), 64, (8, 1, 63)),
        (100, Lloyd(), 64, (16, 1, 63)),
        (100, Lloyd(most_dithers=3), 64, (3, 1, 63)),
        (3000, Lloyd(), 64, (3, 2, 63)),
        (3000, Lloyd(exact_share=0.0), 64, (3, 2, 63)),
        (3000, Lloyd(exact_share=1.0), 64, (3, 2, 63)),
    ],
)
def test_many_rows_are_sampled_and_few_rows_meet_many_dithers(
    monkeypatch, n_rows, solver, n_vertices, expected
):
    seen = {}

    def note(sample, vertices, dithers, exact):
        seen["n_rows"], seen["shape"] = len(sample.chosen), tuple(dithers.shape)
        assert abs(float(exact.sum()) - solver.exact_share * exact.numel()) < 1
        assert ((dithers >= 0) & (dithers < 1)).all()
        raise StopIteration

    monkeypatch.setattr(meeting, "accumulate", note)
    rows = rows_of(torch.zeros(n_rows, 1).double())
    with pytest.raises(StopIteration):
        solver.step(LloydState(torch.zeros(n_vertices, 1).double()), rows, np.random.default_rng(0))
    assert seen["shape"] == expected
    assert seen["n_rows"] == min(n_rows, max(2048, solver.rows_per_vertex * n_vertices))


@pytest.mark.parametrize("n_features", [1, 2, 16])
def test_sweeps_lower_the_dithered_distortion(n_features):
    X = gaussian(2000, n_features)
    rows = rows_of(X)
    states = sweep_all(Lloyd(), rows, 0.3 * spread_out(16, n_features))
    first, last = (
        dithered_distortion(
            PolylineCurve(rows.restore(state.vertices).numpy()), X, random_state=0, n_dithers=4
        )
        for state in (states[0], states[-1])
    )
    assert last < 0.97 * first


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("exact_share", "measure"), [(0.3, distortion), (0.0, dithered_distortion)]
)
def test_more_smoothness_makes_a_shorter_curve_farther_from_the_data(seed, exact_share, measure):
    X = gaussian(3000, 6, seed)
    lengths, values = [], []
    for smoothness in (0.01, 0.1, 1.0):
        rows, solver = rows_of(X), Lloyd(smoothness=smoothness, exact_share=exact_share)
        state = sweep_all(solver, rows, spread_out(32, 6, seed))[-1]
        curve = PolylineCurve(rows.restore(state.vertices).numpy())
        lengths.append(curve.length)
        values.append(measure(curve, X))
    assert lengths == sorted(lengths, reverse=True)
    assert values == sorted(values)


@pytest.mark.parametrize("seed", range(3))
def test_rows_that_meet_the_line_itself_bring_it_nearer_and_make_it_longer(seed):
    X = gaussian(3000, 4, seed)
    curves = []
    for exact_share in (0.0, 0.3):
        rows = rows_of(X)
        state = sweep_all(Lloyd(exact_share=exact_share), rows, spread_out(32, 4, seed))[-1]
        curves.append(PolylineCurve(rows.restore(state.vertices).numpy()))
    assert distortion(curves[1], X) < distortion(curves[0], X)
    assert curves[1].length > curves[0].length


@pytest.mark.parametrize(
    "settings",
    [{"exact_share": -0.1}, {"exact_share": 1.1}, {"exact_share": math.nan},
     {"smoothness": math.inf}, {"smoothness": 2e9}, {"tol": math.nan}, {"max_iter": 0}],
    ids=str,
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=name):
        Lloyd(**settings)


def test_the_stiffest_curve_is_nearly_a_point():
    X = gaussian(1000, 3, 0)
    end = sweep_all(Lloyd(smoothness=1e9), rows_of(X), spread_out(64, 3, 0))[-1].vertices
    assert float((end - end.mean(0)).norm(dim=1).max()) < 1e-3


@pytest.mark.parametrize("n_features", [2, 8])
@pytest.mark.parametrize("seed", range(3))
def test_no_segment_runs_away(n_features, seed):
    X = gaussian(1000, n_features, seed)
    X[:3] *= 30.0  # rows far from all the others
    state = sweep_all(Lloyd(), rows_of(X), spread_out(32, n_features, seed))[-1]
    lengths = torch.diff(state.vertices, dim=0).norm(dim=1)
    assert lengths.max() <= 2.0 * lengths.mean()


def test_dead_vertices_are_given_work():
    # Half of the vertices begin where no row is.
    X = gaussian(2000)
    vertices = torch.cat([spread_out(16), spread_out(16) + 100.0])
    state = sweep_all(Lloyd(), rows_of(X), vertices)[-1]
    curve = PolylineCurve(rows_of(X).restore(state.vertices).numpy())
    usage = np.bincount(curve.project(X.numpy()).segment, minlength=31)
    assert (usage > 0).mean() > 0.9


def test_without_smoothness_the_curve_is_closer_to_the_data():
    X = gaussian(500, 4)
    free, tied = (
        sweep_all(Lloyd(smoothness=s), rows_of(X), spread_out(16, 4))[-1].distortion
        for s in (0.0, 1.0)
    )
    assert free < tied


def test_the_curve_is_untangled():
    # The vertices of a circle, shuffled: moving alone would keep the crossings.
    angle = torch.linspace(0, 6, 33).double()[:-1]
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    X = circle.repeat_interleave(60, 0) + 0.01 * gaussian(60 * 32)
    rows = rows_of(X)
    shuffled = rows.normalise(circle[np.random.default_rng(0).permutation(32)])
    state = sweep_all(Lloyd(), rows, shuffled)[-1]
    assert PolylineCurve(rows.restore(state.vertices).numpy()).length < 7.0


def test_growth_halves_the_segments():
    rows = rows_of(gaussian(500))
    solver = Lloyd()
    state = sweep_all(solver, rows, spread_out(8))[-1]
    grown = solver.grow(state)
    before, after = (PolylineCurve(part.numpy()) for part in (state.vertices, grown))
    assert after.n_vertices == 16
    assert after.length == pytest.approx(before.length)
    worst = int(state.statistics.sq_error.argmax())
    inside = (before.project(grown.numpy()).index > worst) & (
        before.project(grown.numpy()).index < worst + 1 - 1e-6
    )
    assert inside.sum() == 2


def test_few_features_have_settings_of_their_own():
    few, more = Lloyd(**Lloyd.suited_to(7)), Lloyd(**Lloyd.suited_to(8))
    assert few.max_iter > more.max_iter
    assert few.exact_share > more.exact_share
    assert more == Lloyd()
