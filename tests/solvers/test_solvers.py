"""What holds of every solver, whatever it does inside."""

import copy
import inspect
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skcurve import PolylineCurve
from skcurve.metrics import dithered_distortion
from skcurve.solvers import SOLVERS, STARTS, Adam, Lloyd, Rows, Solver, Sweep, learn
from skcurve.testing import point_clouds

EVERY = [
    Lloyd(),
    Lloyd(smoothness=0.0),
    Lloyd(max_iter=1),
    Lloyd(tol=0.0, rows_per_vertex=16, most_dithers=1),
    Adam(batch_size=16, learning_rate=1e-2),
    Adam(max_iter=1),
]
every_solver = pytest.mark.parametrize("solver", EVERY, ids=repr)
some_examples = settings(max_examples=20)


def gaussian(n_rows=300, n_features=3, dtype=np.float64, seed=0):
    X = np.random.default_rng(seed).standard_normal((n_rows, n_features))
    return X.astype(dtype)


def run(solver, X, n_bits=3, *, weights=None, seed=0, init="pca"):
    """Everything that learning tells: the records and the codebooks, as they come."""
    generator = np.random.default_rng(seed)
    weights = None if weights is None else torch.from_numpy(weights).to(torch.from_numpy(X))
    rows = Rows(torch.from_numpy(X), weights, generator)
    return list(learn(rows, STARTS[init](rows, 2**n_bits, generator), n_bits, solver, generator))


def codebooks(solver, X, n_bits=3, **options):
    return [part for part in run(solver, X, n_bits, **options) if isinstance(part, torch.Tensor)]


def records(solver, X, n_bits=3, **options):
    return [part for part in run(solver, X, n_bits, **options) if isinstance(part, Sweep)]


def test_the_names_stand_for_solvers():
    assert set(SOLVERS) == {"lloyd", "adam"}
    methods = [name for name, _ in inspect.getmembers(Solver, inspect.isfunction)]
    for kind in SOLVERS.values():
        assert all(callable(getattr(kind, name)) for name in methods if name[0] != "_")
        assert kind().max_iter >= 1


@every_solver
def test_a_solver_is_a_value(solver):
    with pytest.raises(AttributeError):
        solver.max_iter = 3
    for same in (pickle.loads(pickle.dumps(solver)), copy.deepcopy(solver), eval(repr(solver))):
        assert same == solver
        assert hash(same) == hash(solver)


@every_solver
def test_each_bitrate_has_twice_the_vertices_and_no_more_sweeps_than_allowed(solver):
    events = run(solver, gaussian(), 4)
    found = [part for part in events if isinstance(part, torch.Tensor)]
    assert [len(part) for part in found] == [4, 8, 16]
    for bitrate in (2, 3, 4):
        sweeps = [part.sweep for part in events if isinstance(part, Sweep)
                  and part.bitrate == bitrate]  # fmt: skip
        assert sweeps == list(range(1, len(sweeps) + 1))
        assert 1 <= len(sweeps) <= solver.max_iter


@every_solver
@some_examples
@given(X=point_clouds(), seed=st.integers(0, 9))
def test_whatever_the_data_the_vertices_are_finite(solver, X, seed):
    for part in codebooks(solver, X, seed=seed):
        assert part.isfinite().all()
        assert part.shape[1] == X.shape[1]


@every_solver
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept_and_the_data_left_alone(solver, dtype):
    X = gaussian(dtype=dtype)
    before = X.copy()
    assert all(part.dtype == torch.from_numpy(X).dtype for part in codebooks(solver, X))
    np.testing.assert_array_equal(X, before)


@every_solver
def test_codebooks_have_no_history_of_gradients(solver):
    assert not any(part.requires_grad for part in codebooks(solver, gaussian()))


@every_solver
def test_a_step_leaves_the_state_it_began_with(solver):
    # Adam's optimiser moves its vertices in place, by design; what is passed to it stays.
    rows = Rows(torch.from_numpy(gaussian()), None, np.random.default_rng(0))
    generator = np.random.default_rng(0)
    vertices = STARTS["pca"](rows, 4, generator)
    before = vertices.clone()
    state = solver.start(vertices, rows, generator)
    state = solver.step(state, rows, generator)
    solver.grow(state)
    assert torch.equal(vertices, before)


@every_solver
def test_the_same_randomness_gives_the_same_bits(solver):
    X = gaussian()
    for first, second in zip(codebooks(solver, X), codebooks(solver, X), strict=True):
        assert torch.equal(first, second)


@every_solver
def test_other_randomness_gives_another_curve(solver):
    X = gaussian()
    assert not torch.equal(codebooks(solver, X, seed=0)[0], codebooks(solver, X, seed=1)[0])


@pytest.mark.parametrize(
    ("solver", "close"),
    [(Lloyd(), 0.3), (Lloyd(smoothness=0.0), 0.3), (Adam(learning_rate=1e-9), 0.02)],
    ids=str,
)
def test_a_record_says_how_far_the_data_was_from_the_dithered_curve(solver, close):
    X = 10.0 * gaussian(2000)
    for record in records(solver, X):
        assert 1.0 <= record.perplexity <= 2**record.bitrate - 1 + 1e-6
        assert record.seconds >= 0.0
    # It is from before the last sweep moved the vertices, which by then move little.
    last, codebook = run(solver, X)[-2:]
    measured = dithered_distortion(PolylineCurve(codebook.detach().numpy()), X, random_state=0)
    assert last.distortion == pytest.approx(measured, rel=close)


@pytest.mark.parametrize(
    "solver", [Lloyd(), Lloyd(smoothness=0.0), Adam(batch_size=16, learning_rate=0.1)], ids=repr
)
def test_more_vertices_come_closer_to_the_data(solver):
    X = gaussian(2000)
    values = [
        dithered_distortion(PolylineCurve(part.detach().numpy()), X, random_state=0)
        for part in codebooks(solver, X, 4)
    ]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.5 * np.var(X)


@pytest.mark.parametrize("solver", [Lloyd(), Adam(batch_size=16)], ids=repr)
@pytest.mark.parametrize(("scale", "shift"), [(2.0**10, 0.0), (1.0, 64.0), (2.0**-8, -3.0)])
def test_neither_the_unit_nor_the_place_of_the_data_matters(solver, scale, shift):
    if isinstance(solver, Adam):  # its learning rate has a unit
        moved_solver = Adam(batch_size=16, learning_rate=scale * solver.learning_rate)
    else:
        moved_solver = solver
    X = gaussian()
    for plain, moved in zip(
        codebooks(solver, X), codebooks(moved_solver, scale * X + shift), strict=True
    ):
        torch.testing.assert_close(moved, scale * plain + shift, rtol=1e-6, atol=1e-5 * scale)


@every_solver
def test_heavy_rows_draw_the_curve(solver):
    X = np.concatenate([gaussian(200, seed=1), gaussian(200, seed=2) + 8.0])
    there = np.repeat([1.0, 100.0], 200)
    heavy, light = (codebooks(solver, X, weights=w)[-1] for w in (there, there[::-1].copy()))
    assert float(heavy.mean()) > float(light.mean()) + 0.5
