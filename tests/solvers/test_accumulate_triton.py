"""A sweep by the Triton kernels leaves behind what the blocked one does."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch

from skcurve.solvers import accumulate as accumulating
from skcurve.solvers.accumulate import accumulate_blocked
from skcurve.solvers.rows import Rows

pytest.importorskip("triton")
from skcurve.solvers import accumulate_triton as triton_path

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
DTYPES = [torch.float32, torch.float64]


def scene(n, n_vertices, n_features, dtype, weighted, seed=0):
    rng = np.random.default_rng(seed)
    X = torch.from_numpy(rng.standard_normal((n, n_features))).to(DEVICE, dtype)
    weights = torch.from_numpy(rng.random(n) + 0.5).to(X) if weighted else None
    sample = Rows(X, weights, rng).everything()
    vertices = torch.from_numpy(rng.standard_normal((n_vertices, n_features))).to(X)
    return sample, vertices, rng


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: str(dtype)[6:])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("together", [1, 1 << 26])
@pytest.mark.parametrize(
    ("n", "n_vertices", "n_features"), [(70, 2, 1), (300, 4, 3), (500, 130, 7)]
)
def test_the_statistics_are_those_of_the_blocked_sweep(
    monkeypatch, dtype, weighted, together, n, n_vertices, n_features
):
    monkeypatch.setattr(triton_path, "MOST_ENTRIES", together)
    sample, vertices, rng = scene(n, n_vertices, n_features, dtype, weighted)
    dithers = torch.from_numpy(rng.random((3, 4, n_vertices - 1))).to(vertices)
    exact = torch.from_numpy(rng.random((3, 4)) < 0.4)
    found = triton_path.accumulate_triton(sample, vertices, dithers, exact, "ieee")
    expected = accumulate_blocked(sample, vertices, dithers, exact)
    for name, part in vars(expected).items():
        torch.testing.assert_close(
            getattr(found, name), part, rtol=1e-3, atol=1e-3 * float(part.abs().max())
        )
    assert found.weight == pytest.approx(3 * float(sample.weights.sum()), rel=1e-5)


@pytest.mark.parametrize("to_line", [False, True])
def test_of_two_that_are_in_doubt_the_nearer_wins_whatever_the_product_says(monkeypatch, to_line):
    sample, vertices, rng = scene(400, 20, 3, torch.float32, False)
    dithers = torch.from_numpy(rng.random((1, 2, 19))).to(vertices)
    exact = torch.full((1, 2), to_line)
    meet = triton_path.meet

    def swapped(*arguments, **options):
        met = meet(*arguments, **options)
        return met._replace(nearest=met.runner_up, runner_up=met.nearest)

    expected = triton_path.accumulate_triton(sample, vertices, dithers, exact, "ieee")
    monkeypatch.setattr(triton_path, "meet", swapped)
    found = triton_path.accumulate_triton(sample, vertices, dithers, exact, "ieee")
    for name, part in vars(expected).items():
        torch.testing.assert_close(getattr(found, name), part)


def test_the_kernels_start_on_the_device_of_the_vertices(monkeypatch):
    sample, vertices, rng = scene(40, 4, 3, torch.float32, False)
    dithers = torch.from_numpy(rng.random((1, 1, 3))).to(vertices)
    inside = []

    @contextmanager
    def device_of(tensor):
        inside.append(tensor)
        yield
        inside.pop()

    def meet(*arguments, **options):
        assert [tensor is vertices for tensor in inside] == [True]
        return kernel(*arguments, **options)

    kernel = triton_path.meet
    monkeypatch.setattr(torch.cuda, "device_of", device_of)
    monkeypatch.setattr(triton_path, "meet", meet)
    monkeypatch.setattr(accumulating, "has_numba", lambda: False)
    monkeypatch.setattr(accumulating, "has_triton", lambda device: True)
    exact = torch.zeros((1, 1), dtype=torch.bool)
    assert accumulating.accumulate(sample, vertices, dithers, exact).weight == 40
    assert inside == []
