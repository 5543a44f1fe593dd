"""What a curve makes of a part of the rows: functions of tensors that can be sent elsewhere."""

from __future__ import annotations

from typing import Any

import torch

from skcurve.coordinates import to_coordinate, to_index
from skcurve.curve import PolylineCurve
from skcurve.interop import as_tensor
from skcurve.projection import Projection, project


def projected(
    curve: PolylineCurve, rows: torch.Tensor, device: torch.device | None = None
) -> Projection[torch.Tensor]:
    """Find the nearest point of a curve to rows that have been checked.

    Parameters
    ----------
    curve : PolylineCurve
        The curve.
    rows : (n, D) tensor
        The rows.
    device : torch.device, default=None
        Where to compute; None for where the rows are. Rows from elsewhere are sent there in parts.
    """
    vertices = as_tensor(curve.vertices, name="vertices")
    return project(rows, vertices.to(rows.device if device is None else device))


def coordinates(
    curve: PolylineCurve, kind: str, rows: torch.Tensor, device: torch.device | None = None
) -> torch.Tensor:
    """Give the coordinate of the nearest point, of shape (n, 1); see `SFVQ.transform`."""
    return to_coordinate(curve, projected(curve, rows, device).index, kind)[:, None]


def segments(
    curve: PolylineCurve, rows: torch.Tensor, device: torch.device | None = None
) -> torch.Tensor:
    """Give the segment of the nearest point, of shape (n,); see `SFVQ.predict`."""
    return projected(curve, rows, device).segment


def quantized(
    curve: PolylineCurve, kind: str, rows: torch.Tensor, device: torch.device | None = None
) -> torch.Tensor:
    """Give the nearest point, by way of its coordinate; see `SFVQ.quantize`."""
    return points_at(curve, kind, coordinates(curve, kind, rows, device)[:, 0])


def points_at(curve: PolylineCurve, kind: str, T: Any) -> torch.Tensor:
    """Give the points at coordinates, of their dtype if that is a floating one.

    Parameters
    ----------
    curve : PolylineCurve
        The curve.
    kind : {"index", "arclength", "unit"}
        What the coordinates are.
    T : array of shape (n,)
        They.
    """
    points = as_tensor(curve.evaluate(to_index(curve, T, kind)), name="X")
    return points.to(as_tensor(T, name="T").dtype)
