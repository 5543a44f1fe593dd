"""Hypothesis strategies for curves and data, awkward ones included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skcurve.curve import PolylineCurve

try:
    from hypothesis import assume
    from hypothesis import strategies as st
    from hypothesis.extra.numpy import arrays
except ImportError as error:
    raise ImportError(
        'skcurve.testing needs hypothesis; run: pip install "skcurve[test]"'
    ) from error

if TYPE_CHECKING:
    from skcurve.sfvq import SFVQ

COORDINATES = st.floats(-8.0, 8.0, width=32).map(lambda x: round(x * 2**16) / 2**16)
"""On a grid, so that squared differences do not underflow."""

PLACEMENTS = st.sampled_from([(1.0, 0.0), (1.0, 1e4), (1e-3, 0.0), (1e3, 0.0)])
"""A scale, and how far from the origin to go: float32 keeps three digits at the second."""


@st.composite
def polylines(
    draw: st.DrawFn,
    *,
    min_vertices: int = 2,
    max_vertices: int = 9,
    min_features: int = 1,
    max_features: int = 4,
    dtype: npt.DTypeLike = np.float64,
    degenerate: bool = True,
) -> PolylineCurve:
    """Draw curves.

    Parameters
    ----------
    min_vertices, max_vertices : int, default=2, 9
        Bounds of the number of vertices.
    min_features, max_features : int, default=1, 4
        Bounds of the number of features; equal ones fix it.
    dtype : float dtype, default=float64
        What the vertices are drawn in; a curve keeps float16 as float32.
    degenerate : bool, default=True
        Whether some curves have repeated vertices, segments without length, no length at all, or
        lie far from the origin for their size. If not, every segment has a length.

    Returns
    -------
    strategy : SearchStrategy of PolylineCurve

    Examples
    --------
    >>> from hypothesis import given
    >>> from skcurve.testing import polylines
    >>> @given(polylines(max_features=2))
    ... def test_the_last_vertex_ends_the_curve(curve):
    ...     assert curve.arclength[-1] == curve.length
    >>> test_the_last_vertex_ends_the_curve()
    """
    n_vertices = draw(st.integers(min_vertices, max_vertices))
    n_features = draw(st.integers(min_features, max_features))
    vertices = _points(draw, n_vertices, n_features, dtype, degenerate)
    if not degenerate:
        assume((vertices[1:] != vertices[:-1]).any(axis=1).all())
    return PolylineCurve(vertices)


@st.composite
def point_clouds(
    draw: st.DrawFn,
    *,
    min_rows: int = 2,
    max_rows: int = 30,
    min_features: int = 1,
    max_features: int = 4,
    dtype: npt.DTypeLike = np.float64,
    degenerate: bool = True,
) -> npt.NDArray[np.floating[Any]]:
    """Draw data.

    Parameters
    ----------
    min_rows, max_rows : int, default=2, 30
        Bounds of the number of rows.
    min_features, max_features : int, default=1, 4
        Bounds of the number of features; equal ones fix it.
    dtype : float dtype, default=float64
        Of the data.
    degenerate : bool, default=True
        Whether some clouds have repeated rows, or lie far from the origin for their size.

    Returns
    -------
    strategy : SearchStrategy of array of shape (n, D)

    Examples
    --------
    >>> from hypothesis import given
    >>> from skcurve.testing import point_clouds
    >>> @given(point_clouds(min_rows=3, max_features=2))
    ... def test_there_are_rows(X):
    ...     assert len(X) >= 3
    >>> test_there_are_rows()
    """
    n_rows = draw(st.integers(min_rows, max_rows))
    n_features = draw(st.integers(min_features, max_features))
    return _points(draw, n_rows, n_features, dtype, degenerate)


@st.composite
def fitted_curves(
    draw: st.DrawFn,
    *,
    min_bits: int = 2,
    max_bits: int = 3,
    min_features: int = 1,
    max_features: int = 4,
    dtype: npt.DTypeLike = np.float64,
    degenerate: bool = True,
) -> SFVQ:
    """Draw estimators, each fitted on a cloud of its own.

    Parameters
    ----------
    min_bits, max_bits : int, default=2, 3
        Bounds of the bitrate.
    min_features, max_features : int, default=1, 4
        Bounds of the number of features; equal ones fix it.
    dtype : float dtype, default=float64
        Of the data, and so of the curve; a curve keeps float16 as float32.
    degenerate : bool, default=True
        Whether some of the data has repeated rows, or lies far from the origin for its size.

    Returns
    -------
    strategy : SearchStrategy of SFVQ

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> from skcurve.testing import fitted_curves
    >>> @settings(max_examples=5, deadline=None)
    ... @given(fitted_curves(max_bits=2))
    ... def test_two_bits_make_three_segments(sfvq):
    ...     assert sfvq.curve_.n_segments == 3
    >>> test_two_bits_make_three_segments()
    """
    from skcurve.sfvq import SFVQ

    n_bits = draw(st.integers(min_bits, max_bits))
    n_features = draw(st.integers(min_features, max_features))
    n_rows = draw(st.integers(2**n_bits, 4 * 2**n_bits))
    X = _points(draw, n_rows, n_features, dtype, degenerate)
    return SFVQ(n_bits=n_bits, random_state=draw(st.integers(0, 99))).fit(X)


def _points(
    draw: st.DrawFn, n_rows: int, n_features: int, dtype: npt.DTypeLike, degenerate: bool
) -> npt.NDArray[np.floating[Any]]:
    """Draw a matrix; a degenerate one repeats rows and may lie far from the origin."""
    fill = None if degenerate else st.nothing()
    points = draw(arrays(np.float64, (n_rows, n_features), elements=COORDINATES, fill=fill))
    if degenerate:
        source = draw(st.lists(st.integers(0, n_rows - 1), min_size=n_rows, max_size=n_rows))
        points = points[np.minimum(source, np.arange(n_rows))] if draw(st.booleans()) else points
        scale, offset = draw(PLACEMENTS)
        points = scale * points + offset
    return points.astype(dtype)
