"""The definition of the projection, computed as it reads: slow, and the judge of the fast ones."""

from __future__ import annotations

import torch

from skcurve.projection.result import Projection


def project_oracle(X: torch.Tensor, vertices: torch.Tensor) -> Projection[torch.Tensor]:
    r"""Project every point on every segment in float64 and keep the nearest.

    With :math:`a = x - c_i` and :math:`b = x - c_{i+1}`, the nearest point of segment i is at

    .. math:: t = \mathrm{clip}\left(\frac{a \cdot (a - b)}{|a - b|^2},\ 0,\ 1\right),
              \qquad q_i = |(1 - t)\, a + t\, b|^2 .

    Parameters
    ----------
    X : (n, D) tensor
        Points.
    vertices : (M, D) tensor
        The vertices of the polyline, M at least 2.

    Returns
    -------
    projection : Projection
        In float64; ties go to the lowest segment.

    Examples
    --------
    >>> import torch
    >>> from skcurve.projection import project_oracle
    >>> vertices = torch.tensor([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]])
    >>> found = project_oracle(torch.tensor([[1.0, 2.0], [5.0, 1.5]]), vertices)
    >>> found.segment.tolist(), found.sq_distance.tolist()
    ([0, 1], [4.0, 1.0])
    """
    X, vertices = X.double(), vertices.double()
    n_rows = len(X)
    best = X.new_full((n_rows,), torch.inf)
    position = X.new_zeros(n_rows)
    segment = torch.zeros(n_rows, dtype=torch.int64, device=X.device)
    for i in range(len(vertices) - 1):
        a, b = X - vertices[i], X - vertices[i + 1]
        t, q = nearest_on_segment(a, b, vertices[i + 1] - vertices[i])
        closer = q < best
        segment[closer] = i
        position[closer] = t[closer]
        best[closer] = q[closer]
    return Projection(segment, position, best)


def nearest_on_segment(
    a: torch.Tensor, b: torch.Tensor, d: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Position on a segment and squared distance, from the differences to its two ends.

    Parameters
    ----------
    a, b : (n, D) tensor
        Point minus the first, and minus the second vertex.
    d : (n, D) or (D,) tensor
        Second vertex minus the first.

    Returns
    -------
    t, q : (n,) tensor
        Position in [0, 1], 0 where the segment has no length, and squared distance there.
    """
    sq_length = (d * d).sum(-1)
    t = ((a * d).sum(-1) / torch.where(sq_length > 0, sq_length, 1.0)).clamp(0.0, 1.0)
    residual = torch.lerp(a, b, t[:, None])
    return t, (residual * residual).sum(-1)
