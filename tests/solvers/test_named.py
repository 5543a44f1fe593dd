"""Solvers by name: made with the settings they know, and again from what was written down."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from skcurve import SFVQ
from skcurve.solvers import SOLVERS, Adam, Lloyd, make_solver
from skcurve.solvers.named import describe_solver, solver_from


def test_a_solver_takes_the_settings_it_knows():
    settings = {"smoothness": 0.5, "tol": 0.25, "max_iter": 3, "learning_rate": 0.1}
    assert make_solver("lloyd", **settings) == Lloyd(smoothness=0.5, tol=0.25, max_iter=3)
    assert make_solver("adam", **settings) == Adam(max_iter=3, learning_rate=0.1)


@pytest.mark.parametrize(
    "solver",
    [
        Lloyd(),
        Adam(milestones=(0.5, 0.75)),
        Lloyd(smoothness=np.float32(0.25), max_iter=np.int64(3)),
        Adam(milestones=(np.float64(0.5),), batch_size=np.int32(8)),
    ],
    ids=repr,
)
def test_what_is_written_down_is_made_again(solver):
    assert solver_from(json.loads(json.dumps(describe_solver(solver)))) == solver


def test_another_class_is_not_written_down():
    class Other(Lloyd):
        pass

    for solver in (Other(), object()):
        with pytest.raises(TypeError, match="cannot save a solver of type"):
            describe_solver(solver)


@dataclass(frozen=True)
class Slow(Lloyd):
    """A solver that somebody adds."""

    patience: int = 1


def test_a_new_name_is_enough_for_a_new_solver(monkeypatch, tmp_path):
    monkeypatch.setitem(SOLVERS, "slow", Slow)
    monkeypatch.setitem(SFVQ._parameter_constraints, "solver", [str])
    X = np.random.default_rng(0).standard_normal((300, 8))
    found = SFVQ(3, solver="slow", smoothness=0.5, random_state=0).fit(X)
    expected = SFVQ(3, solver="lloyd", smoothness=0.5, random_state=0).fit(X)
    np.testing.assert_array_equal(found.codebook_, expected.codebook_)
    monkeypatch.undo()
    monkeypatch.setitem(SOLVERS, "slow", Slow)
    SFVQ(3, solver=Slow(patience=5), random_state=0).fit(X).save(tmp_path / "curve")
    assert SFVQ.load(tmp_path / "curve").solver == Slow(patience=5)
