"""Cyclic reduction solves what the banded Cholesky factorisation solves."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import solveh_banded

from skcurve.solvers import Statistics
from skcurve.solvers.tridiagonal import solve_tridiagonal


@given(n=st.integers(2, 70), n_columns=st.integers(1, 3), seed=st.integers(0, 2**32 - 1))
def test_is_the_solution_of_a_banded_factorisation(n, n_columns, seed):
    rng = np.random.default_rng(seed)
    beside = rng.standard_normal(n - 1)
    room = np.abs(np.pad(beside, (1, 0))) + np.abs(np.pad(beside, (0, 1)))
    diagonal, target = room + rng.random(n) + 0.02, rng.standard_normal((n, n_columns))
    expected = solveh_banded(np.stack([np.pad(beside, (1, 0)), diagonal]), target)
    found = solve_tridiagonal(*map(torch.from_numpy, (diagonal, beside, target)))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n_vertices", [2, 3, 12, 1000])
@pytest.mark.parametrize("smoothness", [0.0, 0.01, 1.0, "one a segment"])
@pytest.mark.parametrize("weightless", [False, True])
def test_statistics_are_solved_on_a_device_as_they_are_here(n_vertices, smoothness, weightless):
    if smoothness == "one a segment":
        smoothness = torch.linspace(0, 1, n_vertices - 1)
    rng = np.random.default_rng(0)
    weights, t = rng.random((2, n_vertices - 1))
    weights = weights**4
    weights[3:5] = 0.0
    sums = np.stack([weights * (1 - t) ** 2, weights * t**2, weights * t * (1 - t), weights, t])
    moment = rng.standard_normal((n_vertices, 4))
    known = Statistics.of_segments(torch.from_numpy(sums), torch.from_numpy(moment))
    known = known * (0.0 if weightless else 1.0)
    vertices = torch.from_numpy(rng.standard_normal((n_vertices, 4)))
    solved = known.solve_on_device(vertices, smoothness)
    torch.testing.assert_close(solved, known.solve(vertices, smoothness), rtol=1e-6, atol=1e-6)


def test_with_nothing_known_the_vertices_stay():
    vertices = torch.randn(8, 3)
    nothing = Statistics.of_vertices(vertices, 0.0)
    torch.testing.assert_close(nothing.solve_on_device(vertices, 0.0), vertices)
