"""The search in fixed shapes, for compilers and recorded graphs: no size hangs on the data."""

from __future__ import annotations

import torch

from skcurve.projection.oracle import nearest_on_segment
from skcurve.projection.result import Projection
from skcurve.projection.table import first_holders

CANDIDATES = 4
"""So many segments a row are compared in float64, the nearest by the search in float32. Single
precision takes two or three for the same at the most, unless vertices repeat."""


def project_fixed(X: torch.Tensor, vertices: torch.Tensor) -> Projection[torch.Tensor]:
    """Find the nearest point of a polyline to every row, in operations of fixed shapes.

    What `skcurve.projection.project` does, for `torch.compile`, `torch.export` and CUDA graphs,
    none of which can wait for the data to say which rows need a closer look. So every row gets it:
    its four nearest segments by the search in float32 (see `SearchTable`) are computed again,
    directly and in float64, and the first of the nearest wins. Where more than four segments are
    equally near by the measure of float32, as on a curve whose vertices repeat, it may be another
    of them than that of `project`; the distance differs by no more than that rounding.

    Parameters
    ----------
    X : (n, D) tensor
        Points, float32 or float64, finite.
    vertices : (M, D) tensor
        The vertices of the polyline on the same device, M at least 2.

    Returns
    -------
    projection : Projection
        `position` and `sq_distance` have the dtype of X.

    Examples
    --------
    >>> import torch
    >>> vertices = torch.tensor([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]])
    >>> found = project_fixed(torch.tensor([[1.0, 2.0], [5.0, 1.5]]), vertices)
    >>> found.index, found.sq_distance
    (tensor([0.2500, 1.5000]), tensor([4., 1.]))
    """
    n_vertices = len(vertices)
    values = _values(X, vertices)
    nearest = values.topk(min(CANDIDATES, n_vertices), dim=1, largest=False).indices
    # The last vertex is met at the end of the last segment; the first of equals comes first.
    candidates = nearest.clamp(max=n_vertices - 2).sort(dim=1).values
    points, exact = X.double(), vertices.double()
    steps = torch.diff(exact, dim=0)
    segment = candidates[:, 0]
    position, least = _on(points, exact, steps, segment)
    for candidate in candidates.unbind(1)[1:]:
        t, q = _on(points, exact, steps, candidate)
        closer = q < least
        segment = torch.where(closer, candidate, segment)
        position = torch.where(closer, t, position)
        least = torch.where(closer, q, least)
    home_segment, home_position = first_holders((steps * steps).sum(1) > 0)
    at_start = position == 0
    position = torch.where(at_start, home_position[segment], position)
    segment = torch.where(at_start, home_segment[segment], segment)
    return Projection(segment, position.to(X.dtype), least.to(X.dtype))


def _values(X: torch.Tensor, vertices: torch.Tensor) -> torch.Tensor:
    """Give the squared distance less |x|² to each segment and the last vertex, in float32."""
    center = vertices.mean(0)
    largest = torch.linalg.vector_norm(vertices - center, dim=1).amax()
    scale = torch.where(largest > 0, 1.0 / largest, 1.0)
    scaled = ((vertices - center) * scale).float()
    points = ((X - center) * scale).float()
    length = torch.linalg.vector_norm(torch.diff(scaled, dim=0), dim=1)
    slope = torch.where(length > 0, 0.5 / length, 0.0)
    to_vertex = torch.addmm((scaled * scaled).sum(1), points, scaled.T, alpha=-2.0)
    along = (to_vertex[:, :-1] - to_vertex[:, 1:]) * slope + length / 2
    along = torch.minimum(along.clamp(min=0.0), length)
    return torch.cat([to_vertex[:, :-1] - along * along, to_vertex[:, -1:]], dim=1)


def _on(
    points: torch.Tensor, vertices: torch.Tensor, steps: torch.Tensor, segment: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Position and squared distance on one segment a row."""
    first, second = (points - vertices[segment + end] for end in (0, 1))
    return nearest_on_segment(first, second, steps[segment])
