"""The search in fixed shapes finds what the definition does."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skcurve.projection import project_oracle
from skcurve.projection.fixed import project_fixed
from skcurve.testing import point_clouds, polylines


@st.composite
def scenes(draw):
    curve = draw(polylines(max_vertices=12, dtype=np.float64))
    cloud = draw(point_clouds(min_features=curve.n_features, max_features=curve.n_features,
                              degenerate=False))  # fmt: skip
    spread = draw(st.sampled_from([0.0, 1e-3, 1.0, 1e3]))
    on = np.linspace(0, curve.n_segments, len(cloud))
    size = np.ptp(curve.vertices) or 1.0
    X = curve.evaluate(on) + spread * size / 8 * cloud
    return torch.from_numpy(X), torch.from_numpy(curve.vertices.copy())


@settings(max_examples=80)
@given(scenes())
def test_no_segment_is_nearer_by_more_than_rounding(scene):
    X, vertices = scene
    found, oracle = project_fixed(X, vertices), project_oracle(X, vertices)
    size = (vertices - vertices.mean(0)).norm(dim=1).max()
    reach = (X - vertices.mean(0)).norm(dim=1)
    slack = 2.0**-19 * (size + reach) * size + 1e-12
    assert (found.sq_distance <= oracle.sq_distance + slack).all()
    # And it is the point that it says.
    first, second = vertices[found.segment], vertices[found.segment + 1]
    points = torch.lerp(first, second, found.position[:, None])
    scale = 1e-12 * (1 + vertices.abs().max() + X.abs().max()) ** 2
    assert ((X - points).square().sum(1) - found.sq_distance).abs().max() <= scale


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shift", [0.0, 1e3])
def test_on_curves_whose_vertices_differ_it_is_the_definition(dtype, shift):
    rng = np.random.default_rng(0)
    X = torch.from_numpy(rng.standard_normal((500, 4)) + shift).to(dtype)
    vertices = torch.from_numpy(rng.standard_normal((64, 4)) + shift).to(dtype)
    found, oracle = project_fixed(X, vertices), project_oracle(X, vertices)
    assert found.position.dtype == found.sq_distance.dtype == dtype
    assert torch.equal(found.segment, oracle.segment)
    torch.testing.assert_close(found.position, oracle.position.to(dtype), rtol=1e-6, atol=1e-6)


def test_points_of_the_curve_keep_their_coordinate():
    vertices = torch.tensor([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]])
    X = torch.tensor([[0.0, 0.0], [1.0, 0.0], [4.0, 0.0], [4.0, 3.0]])
    assert torch.equal(project_fixed(X, vertices).index, torch.tensor([0.0, 0.25, 1.0, 2.0]))
    assert torch.equal(project_fixed(X, vertices).segment, torch.tensor([0, 0, 0, 1]))
