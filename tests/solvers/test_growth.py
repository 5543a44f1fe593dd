"""Doubling the vertices: where the new ones are, and that the curve stays the curve."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve import PolylineCurve
from skcurve.solvers.growth import split_segments, split_vertices
from skcurve.testing import polylines


def tensor_of(curve):
    return torch.from_numpy(curve.vertices.copy())


@given(polylines(), st.data())
def test_splitting_segments_keeps_the_polyline(curve, data):
    errors = data.draw(
        st.lists(st.floats(0, 9), min_size=curve.n_segments, max_size=curve.n_segments)
    )
    vertices = split_segments(tensor_of(curve), torch.tensor(errors)).numpy()
    assert len(vertices) == 2 * curve.n_vertices
    grown = PolylineCurve(vertices)
    assert grown.length == pytest.approx(curve.length, rel=1e-9, abs=1e-9)
    # The old vertices are among the new ones, in order, and every new one is on the curve.
    size = 1e-12 * (1 + np.abs(curve.vertices).max())
    assert (np.sqrt(curve.project(vertices).sq_distance) <= 1e3 * size).all()
    place = 0
    for corner in curve.vertices:
        while not np.allclose(vertices[place], corner, rtol=0, atol=size):
            place += 1
        place += 1


@given(polylines(degenerate=False))
def test_the_segment_with_the_largest_error_gets_two_new_vertices(curve):
    worst = curve.n_segments // 2
    errors = torch.ones(curve.n_segments)
    errors[worst] = 2.0
    expected = []
    for i in range(curve.n_segments):
        pieces = 3 if i == worst else 2
        expected += [
            curve.vertices[i] + p / pieces * (curve.vertices[i + 1] - curve.vertices[i])
            for p in range(pieces)
        ]
    expected.append(curve.vertices[-1])
    np.testing.assert_allclose(split_segments(tensor_of(curve), errors), expected, atol=1e-9)


@given(st.integers(1, 8), st.floats(0.001, 0.5), st.integers(0, 99))
def test_twins_are_a_share_of_a_segment_towards_the_middle(half, share, seed):
    old = np.random.default_rng(seed).standard_normal((2 * half, 3))
    new = split_vertices(torch.from_numpy(old), share).numpy()
    assert new.shape == (4 * half, 3)
    for i in range(2 * half):
        towards = i + 1 if i < half else i - 1
        twin = (1 - share) * old[i] + share * old[towards]
        pair = [old[i], twin] if i < half else [twin, old[i]]
        np.testing.assert_allclose(new[2 * i : 2 * i + 2], pair, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_precision_is_kept_and_the_input_too(dtype):
    vertices = torch.tensor([[0.0], [1.0], [3.0], [4.0]], dtype=dtype)
    before = vertices.clone()
    assert split_segments(vertices, torch.ones(3, dtype=dtype)).dtype == dtype
    assert split_vertices(vertices).dtype == dtype
    assert torch.equal(vertices, before)
