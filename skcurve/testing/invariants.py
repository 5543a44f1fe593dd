"""What has to hold of every curve and every fitted estimator, whatever the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.curve import PolylineCurve
from skcurve.interop import as_tensor
from skcurve.metrics import distortion
from skcurve.metrics.inputs import resolve_curve
from skcurve.projection import Projection, project_oracle
from skcurve.randomness import RandomState, as_generator

Vector = npt.NDArray[np.float64]

N_POINTS = 256
"""How many random points of a curve are looked at."""


def check_curve_continuity(curve: Any, random_state: RandomState = 0) -> None:
    """Check that a step of s along a curve moves the point by s at most, and never jumps.

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        An estimator is asked for its `curve_`.
    random_state : int, RandomState, Generator or None, default=0
        Where the random positions come from, besides those at the vertices.

    Raises
    ------
    AssertionError
        If the point moves farther than the step; the message says where.

    Examples
    --------
    >>> from skcurve import PolylineCurve
    >>> from skcurve.testing import check_curve_continuity
    >>> check_curve_continuity(PolylineCurve([[0, 0], [3, 0], [3, 4]]))
    """
    curve = resolve_curve(curve)
    walked = _arclengths(curve, as_generator(random_state))
    points = curve.evaluate(curve.arclength_to_index(walked))
    moved, step = _gap(points[1:], points[:-1]), np.diff(walked)
    rounding = _rounding(curve.vertices) + 4 * _eps(curve.vertices) * curve.length
    _hold(
        moved <= step + rounding,
        lambda i: (
            f"between arclength {walked[i]:.9g} and {walked[i + 1]:.9g} the point moves "
            f"{moved[i]:.6g}, farther than the step of {step[i]:.6g}"
        ),
    )


def check_projection_optimal(curve: Any, X: Any, random_state: RandomState = 0) -> None:
    """Check that no point of a curve is nearer to a row than the one that `project` finds.

    1. `segment` and `position` are in range, and `index` is their sum.
    2. `sq_distance` is the squared distance to the point at `index`.
    3. No vertex, and none of many random points of the curve, is nearer.
    4. It is the distance that `project_oracle` computes, over all segments in float64: relative to
       the squared distance within 1e-6 in float64 and 1e-4 in float32, and within rounding where
       that is zero.

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        An estimator is asked for its `curve_`.
    X : array-like of shape (n, D)
        Points.
    random_state : int, RandomState, Generator or None, default=0
        Where the random points of the curve come from.

    Raises
    ------
    AssertionError
        If one of these does not hold; the message names the row.

    Examples
    --------
    >>> from skcurve import PolylineCurve
    >>> from skcurve.testing import check_projection_optimal
    >>> check_projection_optimal(PolylineCurve([[0, 0], [3, 0], [3, 4]]), [[1, 2], [4, 3]])
    """
    curve = resolve_curve(curve)
    found = curve.project(X)
    _check_indices(curve, found)
    _check_distances(curve, X, found)
    _check_nothing_is_nearer(curve, X, found, as_generator(random_state))
    _check_against_oracle(curve, X, found)


def check_roundtrip(estimator: Any, X: Any) -> None:
    """Check that the methods of a fitted estimator tell one story.

    1. ``inverse_transform(transform(X))`` is ``quantize(X)``.
    2. Quantising twice is quantising once.
    3. ``transform(X)`` lies on the segment that ``predict(X)`` names.
    4. ``score(X)`` is minus the distortion.

    All but rounding errors count.

    Parameters
    ----------
    estimator : fitted estimator
        An `SFVQ`, or anything with its methods and its `curve_`.
    X : array-like of shape (n, D)
        Points.

    Raises
    ------
    AssertionError
        If one of these does not hold; the message names the row.

    Examples
    --------
    >>> from skcurve import SFVQ
    >>> from skcurve.testing import check_roundtrip
    >>> check_roundtrip(SFVQ.from_codebook([[0, 0], [3, 0], [3, 4], [0, 4]]), [[1, 2], [4, 3]])
    """
    curve = resolve_curve(estimator)
    coordinate = estimator.transform(X)
    quantized = estimator.quantize(X)
    # The rounding of a coordinate moves a point along the curve.
    eps = max(_eps(coordinate), _eps(curve.vertices))
    along = 8 * eps * (curve.n_segments * np.max(_numbers(curve.lengths)) + curve.length)
    rounding = along + _rounding(X, curve.vertices)

    restored = _gap(estimator.inverse_transform(coordinate), quantized)
    _hold(
        restored <= rounding,
        lambda i: f"row {i}: inverse_transform(transform(X)) is {restored[i]:.6g} from quantize(X)",
    )
    again = _gap(estimator.quantize(quantized), quantized)
    _hold(
        again <= rounding,
        lambda i: f"row {i}: quantize(quantize(X)) is {again[i]:.6g} from quantize(X)",
    )

    segment = _numbers(estimator.predict(X)).astype(np.int64)
    _hold(
        (segment >= 0) & (segment < curve.n_segments),
        lambda i: f"row {i}: predict(X) is {segment[i]}, of {curve.n_segments} segments",
    )
    ends = _coordinates_of_vertices(estimator, curve)
    start, stop, slack = ends[segment], ends[segment + 1], 8 * eps * ends[-1]
    t = _numbers(coordinate)[:, 0]
    _hold(
        (start - slack <= t) & (t <= stop + slack),
        lambda i: (
            f"row {i}: transform(X) is {t[i]:.9g}, but segment {segment[i]}, which predict(X) "
            f"names, goes from {start[i]:.9g} to {stop[i]:.9g}"
        ),
    )

    score, expected = float(estimator.score(X)), -distortion(curve, X)
    if not abs(score - expected) <= 1e-5 * abs(expected) + rounding**2:
        raise AssertionError(f"score(X) is {score:.9g}, but minus the distortion is {expected:.9g}")


def _coordinates_of_vertices(estimator: Any, curve: PolylineCurve) -> Vector:
    """Give the coordinate of each vertex, in the coordinate that the estimator uses."""
    if getattr(estimator, "coordinate", "index") == "index":
        return np.arange(curve.n_vertices, dtype=np.float64)
    walked = _numbers(curve.arclength)
    is_unit = estimator.coordinate == "unit" and curve.length > 0
    return walked / curve.length if is_unit else walked


def _check_indices(curve: PolylineCurve, found: Projection) -> None:
    segment, position = _numbers(found.segment), _numbers(found.position)
    _hold(
        (segment >= 0) & (segment < curve.n_segments) & (position >= 0) & (position <= 1),
        lambda i: (
            f"row {i} is put at position {position[i]:.9g} of segment {segment[i]:.0f}, "
            f"on a curve of {curve.n_segments} segments"
        ),
    )
    index = _numbers(found.index)
    _hold(
        np.abs(index - segment - position) <= _eps(found.index) * curve.n_segments,
        lambda i: (
            f"row {i} has index {index[i]:.9g}, "
            f"but segment {segment[i]:.0f} and position {position[i]:.9g}"
        ),
    )


def _check_distances(curve: PolylineCurve, X: Any, found: Projection) -> None:
    sq_distance = _numbers(found.sq_distance)
    there = _gap(X, curve.evaluate(found.index))
    # The rounding of an index moves the point along its segment.
    along = _eps(found.index) * curve.n_segments * np.max(_numbers(curve.lengths))
    _hold(
        np.abs(there - np.sqrt(sq_distance)) <= along + _rounding(X, curve.vertices),
        lambda i: (
            f"row {i} has sq_distance {sq_distance[i]:.9g}, "
            f"but {there[i] ** 2:.9g} to the point at its index"
        ),
    )


def _check_nothing_is_nearer(
    curve: PolylineCurve, X: Any, found: Projection, generator: np.random.Generator
) -> None:
    rows, vertices = _numbers(X), _numbers(curve.vertices)
    sq_distance = _numbers(found.sq_distance)
    limit = np.sqrt(sq_distance) - _rounding(X, curve.vertices)
    walked = _arclengths(curve, generator)
    points = _numbers(curve.evaluate(curve.arclength_to_index(walked)))
    names = [f"vertex {number}" for number in range(len(vertices))]
    names += [f"the point at arclength {s:.9g}" for s in walked]
    nearest, which = np.full(len(rows), np.inf), np.zeros(len(rows), np.int64)
    for number, point in enumerate(np.concatenate([vertices, points])):
        distance = np.linalg.norm(rows - point, axis=1)
        which[distance < nearest] = number
        nearest = np.minimum(distance, nearest)
    _hold(
        limit <= nearest,
        lambda i: (
            f"row {i} has sq_distance {sq_distance[i]:.9g}, "
            f"but {nearest[i] ** 2:.9g} to {names[which[i]]}"
        ),
    )


def _check_against_oracle(curve: PolylineCurve, X: Any, found: Projection) -> None:
    rows, vertices = _numbers(X), _numbers(curve.vertices)
    sq_distance = _numbers(found.sq_distance)
    oracle = project_oracle(torch.from_numpy(rows), torch.from_numpy(vertices))
    direct = _numbers(oracle.sq_distance)
    # Differences come first, so it is the extent that is rounded, not the place.
    extent = [
        np.linalg.norm(part - vertices[0], axis=1).max(initial=0) for part in (rows, vertices)
    ]
    floor = (32 * _eps(found.sq_distance) * sum(extent)) ** 2
    tolerance = 1e-6 if _eps(found.sq_distance) < 1e-12 else 1e-4
    _hold(
        np.abs(sq_distance - direct) <= tolerance * direct + floor,
        lambda i: (
            f"row {i} has sq_distance {sq_distance[i]:.9g}, "
            f"but {direct[i]:.9g} by direct computation"
        ),
    )


def _hold(condition: npt.NDArray[np.bool_], describe: Callable[[int], str]) -> None:
    """Raise an AssertionError that describes the first place where the condition is false."""
    broken = np.flatnonzero(~condition)
    if len(broken) > 0:
        others = f" (and {len(broken) - 1} more like it)" if len(broken) > 1 else ""
        raise AssertionError(describe(int(broken[0])) + others)


def _arclengths(curve: PolylineCurve, generator: np.random.Generator) -> Vector:
    """Choose places along the curve, in order: random ones, the vertices, both sides of each."""
    at_vertices = _numbers(curve.arclength)
    beside = 1e-4 * curve.length
    places = [
        generator.random(N_POINTS) * curve.length, at_vertices,
        at_vertices - beside, at_vertices + beside,
    ]  # fmt: skip
    return np.sort(np.concatenate(places).clip(0.0, curve.length))


def _numbers(array: Any) -> npt.NDArray[np.float64]:
    """Return an array or tensor as float64 numpy."""
    return as_tensor(array, name="array").cpu().double().numpy()


def _eps(array: Any) -> float:
    """Give the relative rounding error of the precision that an array is computed in."""
    return torch.finfo(as_tensor(array, name="array").dtype).eps


def _rounding(*matrices: Any) -> float:
    """Bound the distance by which rounding moves points, in the coarsest of their precisions."""
    largest = max(np.linalg.norm(_numbers(part), axis=1).max(initial=0.0) for part in matrices)
    return float(16 * max(_eps(part) for part in matrices) * largest)


def _gap(first: Any, second: Any) -> Vector:
    """Measure the distance between the rows of two matrices."""
    return np.linalg.norm(_numbers(first) - _numbers(second), axis=1)
