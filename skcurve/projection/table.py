"""What a search needs to know of a polyline, prepared once for all rows."""

from __future__ import annotations

from typing import NamedTuple

import torch


class SearchTable(NamedTuple):
    r"""A polyline centred, scaled to a largest vertex norm of one, in float32.

    The squared distance from x to segment i, less :math:`|x|^2`, needs one product with the
    vertices. With :math:`v_i = |c_i|^2 - 2\, x \cdot c_i`, :math:`r_i = |c_{i+1} - c_i|` and
    :math:`k_i = 1 / (2 r_i)`, the distance along the segment and the value at the nearest point are

    .. math:: s = \mathrm{clip}\left((v_i - v_{i+1})\, k_i + r_i / 2,\ 0,\ r_i\right),
              \qquad q_i = v_i - s^2 .

    Past the far end :math:`q_i` is too large, but there segment i+1 holds the right value, and
    after the last segment the last vertex does, which is why there are M values for M-1 segments.

    Attributes
    ----------
    center : (D,) tensor
        Subtracted from points and vertices.
    scale : float
        Multiplies the differences.
    product : (D, M) float32 tensor
        Minus two times the centred, scaled vertices.
    sq_norm : (M,) float32 tensor
        Their squared norms.
    slope, half, length : (M,) float32 tensor
        k, r/2 and r of each segment, and three zeros for the last vertex.
    tolerance : float
        The rounding error of :math:`q` is below `tolerance * (1 + |x|)`: candidates closer to the
        smallest than twice that are settled in float64.
    home_segment, home_position : (M,) int64 and float64 tensor
        The first segment that holds each vertex, and where.
    """

    center: torch.Tensor
    scale: float
    product: torch.Tensor
    sq_norm: torch.Tensor
    slope: torch.Tensor
    half: torch.Tensor
    length: torch.Tensor
    tolerance: float
    home_segment: torch.Tensor
    home_position: torch.Tensor

    @classmethod
    def of(cls, vertices: torch.Tensor) -> SearchTable:
        """Prepare the search of a polyline with the given (M, D) vertices."""
        center = vertices.mean(0)
        centered = vertices - center
        largest = float(torch.linalg.vector_norm(centered, dim=1, dtype=torch.float64).max())
        scale = 1.0 / largest if largest > 0 else 1.0
        scaled = (centered * scale).float()
        steps = torch.diff(vertices, dim=0)
        length = torch.linalg.vector_norm(steps, dim=1, dtype=torch.float64) * scale
        slope = torch.where(length > 0, 0.5 / length, 0.0)
        padding = (0, 1)
        home_segment, home_position = first_holders(length > 0)
        return cls(
            center=center,
            scale=scale,
            product=(-2.0 * scaled).T.contiguous(),
            sq_norm=(scaled * scaled).sum(1),
            slope=torch.nn.functional.pad(slope, padding).float(),
            half=torch.nn.functional.pad(length / 2, padding).float(),
            length=torch.nn.functional.pad(length, padding).float(),
            tolerance=2.0**-21 * (4.0 + vertices.shape[1] ** 0.5),
            home_segment=home_segment,
            home_position=home_position,
        )


def line_constants(vertices: torch.Tensor) -> torch.Tensor:
    """Give the squared norms, slopes, halves and lengths of a polyline as it is: (4, M) float32."""
    length = torch.linalg.vector_norm(torch.diff(vertices, dim=0), dim=1, dtype=torch.float64)
    slope = torch.where(length > 0, 0.5 / length, 0.0)
    lines = torch.nn.functional.pad(torch.stack([slope, length / 2, length]), (0, 1))
    return torch.cat([(vertices * vertices).sum(1)[None], lines]).float()


def first_holders(has_length: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the first segment on which each vertex lies.

    Vertex j ends segment j-1, unless that has no length; then it is vertex j-1 over again. A run of
    repeated vertices thus belongs to the end of the segment before it, or to segment 0.
    """
    n_segments = len(has_length)
    vertex = torch.arange(n_segments + 1, device=has_length.device)
    ends_a_segment = torch.nn.functional.pad(has_length, (1, 0))
    first_of_run = torch.cummax(torch.where(ends_a_segment, vertex, 0), dim=0).values
    segment = (first_of_run - 1).clamp(min=0)
    return segment, (first_of_run > 0).double()
