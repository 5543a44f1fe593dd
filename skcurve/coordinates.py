"""The coordinates that name a point of a curve, by the names `SFVQ(coordinate=...)` takes."""

from __future__ import annotations

from typing import Any

import torch

from skcurve.curve import PolylineCurve, check_coordinate
from skcurve.interop import Array, as_tensor

COORDINATES = ("index", "arclength", "unit")
"""See `PolylineCurve`."""


def to_coordinate(curve: PolylineCurve, index: Array, kind: str) -> torch.Tensor:
    """Turn index coordinates into coordinates of another kind.

    Parameters
    ----------
    curve : PolylineCurve
        The curve they belong to.
    index : array of any shape
        From 0 to M-1 for M vertices.
    kind : {"index", "arclength", "unit"}
        What to turn them into.

    Returns
    -------
    coordinate : tensor of the same shape and dtype

    Examples
    --------
    >>> import torch
    >>> curve = PolylineCurve([[0.0], [1.0], [3.0]])
    >>> to_coordinate(curve, torch.tensor([0.5, 1.5]), "arclength")
    tensor([0.5000, 2.0000])
    """
    if kind == "index":
        return as_tensor(index, name="index")
    walked = as_tensor(curve.index_to_arclength(index), name="index")
    return walked if kind == "arclength" else walked / (curve.length or 1.0)


def to_index(curve: PolylineCurve, T: Any, kind: str) -> Array:
    """Turn coordinates of any kind into index coordinates.

    Parameters
    ----------
    curve : PolylineCurve
        The curve they belong to.
    T : array-like of any shape
        Coordinates.
    kind : {"index", "arclength", "unit"}
        What they are.

    Returns
    -------
    index : array of the same shape
        From 0 to M-1 for M vertices.

    Raises
    ------
    TypeError
        If they are not real numbers.
    ValueError
        If one is NaN or beyond an end of the curve, by more than rounding.

    Examples
    --------
    >>> to_index(PolylineCurve([[0.0], [1.0], [3.0]]), [0.5, 1.0], "unit").tolist()
    [1.25, 2.0]
    """
    if kind == "index":
        return check_coordinate(T, curve.n_segments, name="T")
    if kind == "arclength":
        return curve.arclength_to_index(check_coordinate(T, curve.length, name="T"))
    return curve.arclength_to_index(check_coordinate(T, 1.0, name="T") * curve.length)
