"""The strategies draw what they promise, the awkward things included."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import skcurve
from skcurve.testing import (
    check_curve_continuity,
    check_projection_optimal,
    check_roundtrip,
    fitted_curves,
    point_clouds,
    polylines,
)

until_found = settings(max_examples=2000, phases=[Phase.generate])
DTYPES = [np.float16, np.float32, np.float64]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("degenerate", [True, False])
@given(data=st.data())
def test_polylines_keep_to_their_bounds(dtype, degenerate, data):
    curve = data.draw(
        polylines(min_vertices=3, max_vertices=5, min_features=2, max_features=3,
                  dtype=dtype, degenerate=degenerate)
    )  # fmt: skip
    assert 3 <= curve.n_vertices <= 5
    assert 2 <= curve.n_features <= 3
    assert curve.vertices.dtype == (np.float64 if dtype == np.float64 else np.float32)
    assert np.isfinite(curve.vertices).all()
    assert degenerate or (curve.lengths > 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_point_clouds_keep_to_their_bounds(dtype, data):
    X = data.draw(point_clouds(min_rows=3, max_rows=5, min_features=2, max_features=3, dtype=dtype))
    assert 3 <= len(X) <= 5
    assert 2 <= X.shape[1] <= 3
    assert X.dtype == dtype
    assert np.isfinite(X).all()


@pytest.mark.parametrize(
    "wanted",
    [
        lambda curve: curve.length == 0,
        lambda curve: curve.length > 0 and (curve.lengths[1:-1] == 0).any(),
        lambda curve: curve.n_features == 1 and curve.length > 0,
        lambda curve: curve.n_segments == 1 and curve.length > 0,
        lambda curve: 0 < np.ptp(curve.vertices) < 1e-3 * np.abs(curve.vertices).max(),
        lambda curve: (
            len(np.unique(curve.vertices, axis=0)) < curve.n_vertices and (curve.lengths > 0).all()
        ),
    ],
    ids=["no length", "empty segment", "one feature", "one segment", "far away", "comes back"],
)
def test_awkward_curves_are_drawn(wanted):
    find(polylines(), wanted, settings=until_found)


@pytest.mark.parametrize(
    "wanted",
    [
        lambda X: len(np.unique(X, axis=0)) < len(X) and np.ptp(X) > 0,
        lambda X: 0 < np.ptp(X) < 1e-3 * np.abs(X).max(),
        lambda X: X.shape[1] == 1,
    ],
    ids=["repeated rows", "far away", "one feature"],
)
def test_awkward_clouds_are_drawn(wanted):
    find(point_clouds(), wanted, settings=until_found)


@settings(max_examples=15)
@given(fitted_curves(), st.data())
def test_fitted_curves_are_fitted_and_keep_the_invariants(sfvq, data):
    n_features = sfvq.curve_.n_features
    X = data.draw(point_clouds(min_features=n_features, max_features=n_features))
    assert sfvq.curve_.n_vertices == 2**sfvq.n_bits
    check_curve_continuity(sfvq)
    check_projection_optimal(sfvq, X)
    check_roundtrip(sfvq, X)


def test_without_hypothesis_the_extra_is_named():
    source = "import sys; sys.modules['hypothesis'] = None; import skcurve.testing"
    run = subprocess.run(
        [sys.executable, "-c", source],
        cwd=Path(skcurve.__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert 'ImportError: skcurve.testing needs hypothesis; run: pip install "skcurve[test]"' in (
        run.stderr
    )
