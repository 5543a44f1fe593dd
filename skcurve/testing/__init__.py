"""For tests, users' own included: random curves and data, and what has to hold of them.

The strategies make curves, point clouds and fitted estimators for hypothesis, awkward ones
included: repeated vertices, segments without length, a single feature, data far from the origin.
The checks raise an AssertionError that says where an invariant fails; they take any
`PolylineCurve` or fitted estimator, drawn or not.

Examples
--------
>>> from hypothesis import given
>>> from skcurve.testing import check_curve_continuity, polylines
>>> @given(polylines())
... def test_no_jumps(curve):
...     check_curve_continuity(curve)
>>> test_no_jumps()
"""

from skcurve.testing.invariants import (
    check_curve_continuity,
    check_projection_optimal,
    check_roundtrip,
)
from skcurve.testing.strategies import fitted_curves, point_clouds, polylines

__all__ = [
    "check_curve_continuity",
    "check_projection_optimal",
    "check_roundtrip",
    "fitted_curves",
    "point_clouds",
    "polylines",
]
