"""The solution on the device is that of the banded solver."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve.nn.memory import solve_on_device
from skcurve.nn.tridiagonal import solve_tridiagonal
from skcurve.solvers import Statistics


@given(st.integers(1, 70), st.integers(1, 4), st.integers(0, 2**20))
def test_the_equations_hold(n_vertices, dim, seed):
    rng = np.random.default_rng(seed)
    beside = rng.uniform(-1, 1, n_vertices - 1)
    diagonal = np.pad(abs(beside), (0, 1)) + np.pad(abs(beside), (1, 0)) + rng.uniform(0.01, 1)
    solution = rng.standard_normal((n_vertices, dim))
    matrix = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
    found = solve_tridiagonal(
        torch.from_numpy(diagonal), torch.from_numpy(beside), torch.from_numpy(matrix @ solution)
    )
    np.testing.assert_allclose(found.numpy(), solution, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("n_vertices", [2, 3, 64, 1000])
@pytest.mark.parametrize("smoothness", [0.0, 0.01, 1.0])
def test_the_vertices_are_those_of_the_solver(n_vertices, smoothness):
    generator = torch.Generator().manual_seed(0)
    weight = torch.rand(n_vertices - 1, generator=generator) ** 4
    dither = torch.rand(n_vertices - 1, generator=generator)
    sums = torch.stack([weight * (1 - dither) ** 2, weight * dither**2,
                        weight * dither * (1 - dither), weight, weight])  # fmt: skip
    vertices, moment = torch.randn(2, n_vertices, 3, generator=generator).unbind()
    known = Statistics.of_segments(sums, moment)
    torch.testing.assert_close(
        solve_on_device(known, vertices, smoothness), known.solve(vertices, smoothness),
        rtol=1e-5, atol=1e-5,
    )  # fmt: skip


def test_with_nothing_known_the_vertices_stay():
    vertices = torch.randn(8, 3)
    nothing = Statistics.of_vertices(vertices, 0.0)
    torch.testing.assert_close(solve_on_device(nothing, vertices, 0.0), vertices)
