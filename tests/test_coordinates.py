"""The names of coordinates: each says the same of a point, and each has its own ends."""

import numpy as np
import pytest
import torch

from skcurve import PolylineCurve
from skcurve.coordinates import COORDINATES, to_coordinate, to_index

CURVE = PolylineCurve([[0.0, 0.0], [1.0, 0.0], [1.0, 3.0]])
LAST = {"index": 2.0, "arclength": 4.0, "unit": 1.0}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("index", [0.5, 1.5, 2.0]), ("arclength", [0.5, 2.5, 4.0]), ("unit", [0.125, 0.625, 1.0])],
)
def test_what_the_names_mean(kind, expected):
    index = torch.tensor([0.5, 1.5, 2.0], dtype=torch.float64)
    assert to_coordinate(CURVE, index, kind).tolist() == expected
    np.testing.assert_allclose(to_index(CURVE, np.array(expected), kind), index)


@pytest.mark.parametrize("kind", COORDINATES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_there_and_back(kind, dtype):
    index = torch.linspace(0, 2, 41, dtype=dtype)
    there = to_coordinate(CURVE, index, kind)
    assert there.dtype == dtype
    torch.testing.assert_close(to_index(CURVE, there, kind), index)


@pytest.mark.parametrize("kind", COORDINATES)
@pytest.mark.parametrize("beyond", [-0.1, 0.1, np.nan])
def test_beyond_the_ends_there_is_no_point(kind, beyond):
    T = [0.0, LAST[kind] + beyond if beyond > 0 else beyond]
    with pytest.raises(ValueError, match=rf"^T must lie in \[0, {LAST[kind]:g}\]"):
        to_index(CURVE, T, kind)


@pytest.mark.parametrize("kind", COORDINATES)
def test_a_curve_without_length(kind):
    curve = PolylineCurve(np.ones((3, 2)))
    there = to_coordinate(curve, torch.tensor([0.0, 1.5]), kind)
    assert torch.isfinite(there).all()
    assert torch.isfinite(torch.as_tensor(to_index(curve, there, kind))).all()
