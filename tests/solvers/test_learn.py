"""The loop around every solver, watched with a solver that only takes notes."""

import numpy as np
import pytest
import torch

from skcurve.solvers import Rows, Sweep, learn


class State:
    """What the note-taker hands on: the number of sweeps so far."""

    distortion, perplexity = 4.0, 2.5

    def __init__(self, vertices, sweeps=0):
        self.vertices, self.sweeps = vertices, sweeps


class NoteTaker:
    """A solver that writes down what it is asked to do."""

    max_iter = 5

    def __init__(self, enough=99):
        self.notes, self.enough = [], enough

    def start(self, vertices, rows, generator):
        self.notes.append(f"start {len(vertices)}")
        return State(vertices)

    def step(self, state, rows, generator):
        self.notes.append(f"step {state.sweeps + 1}")
        return State(state.vertices + 1.0, state.sweeps + 1)

    def finished(self, state):
        return state.sweeps >= self.enough

    def grow(self, state):
        self.notes.append("grow")
        return state.vertices.repeat(2, 1)


@pytest.fixture
def rows():
    X = np.random.default_rng(0).standard_normal((50, 3)) * 10.0 + 100.0
    return Rows(torch.from_numpy(X), None, np.random.default_rng(0))


def watch(rows, solver, n_vertices, n_bits):
    vertices = torch.zeros(n_vertices, 3).double()
    return learn(rows, vertices, n_bits, solver, np.random.default_rng(0))


def test_sweeps_come_first_and_then_the_codebook_of_each_bitrate(rows):
    events = list(watch(rows, NoteTaker(enough=2), 4, 4))
    told = [
        (event.bitrate, event.sweep) if isinstance(event, Sweep) else len(event) for event in events
    ]
    assert told == [(2, 1), (2, 2), 4, (3, 1), (3, 2), 8, (4, 1), (4, 2), 16]


def test_growth_is_between_bitrates_and_not_after_the_last(rows):
    solver = NoteTaker(enough=1)
    list(watch(rows, solver, 4, 3))
    assert solver.notes == ["start 4", "step 1", "grow", "start 8", "step 1"]


def test_the_last_bitrate_alone_is_learnt_where_it_is_given(rows):
    solver = NoteTaker(enough=1)
    list(watch(rows, solver, 16, 4))
    assert solver.notes == ["start 16", "step 1"]


def test_a_solver_that_is_never_finished_sweeps_as_often_as_it_may(rows):
    events = list(watch(rows, NoteTaker(), 4, 2))
    assert [event.sweep for event in events[:-1]] == [1, 2, 3, 4, 5]


def test_nothing_is_done_before_it_is_asked_for(rows):
    solver = NoteTaker(enough=1)
    events = watch(rows, solver, 4, 16)
    assert solver.notes == []
    next(events)
    codebook = next(events)
    assert len(codebook) == 4
    assert solver.notes == ["start 4", "step 1"]


def test_codebooks_and_records_are_in_the_units_of_the_data(rows):
    sweep, codebook = list(watch(rows, NoteTaker(enough=1), 4, 2))
    torch.testing.assert_close(codebook, rows.restore(torch.ones(4, 3).double()))
    assert sweep.distortion == pytest.approx(4.0 / rows.scale**2)
    assert sweep.perplexity == 2.5
    assert 0 <= sweep.seconds < 1
