"""Put vertices in a short order: an open travelling-salesman tour, improved by exchanges."""

from __future__ import annotations

import numpy as np
import torch

from skcurve.parallel import has_numba

N_NEIGHBORS = 10
"""A vertex is joined only to one of so many near ones."""

MAX_MATRIX = 4096
"""Up to so many vertices all distances are held; beyond, they are computed as they are needed."""

FEWEST_TO_KICK, KICKS = 8, 5
"""A path of fewer vertices is as good as it gets; a longer one is kicked so often a vertex."""


def short_order(vertices: torch.Tensor, *, thorough: bool = True) -> torch.Tensor:
    """Reorder vertices so that the polyline through them gets shorter, or stays as it is.

    From the present order, two exchanges are applied while one of them shortens the path:

    1. *2-opt* turns a stretch around, which removes a crossing;
    2. *Or-opt* takes up to three vertices in a row to another place, either way round.

    Each considers only joining a vertex to one of its ten nearest, so that a pass costs little.
    The ends are free. If `thorough`, and the compiled code is at hand (the `fast` extra), the path
    is then kicked five times a vertex, by exchanging two short stretches that follow each other,
    and improved again; a kick that leaves it longer is taken back.

    Parameters
    ----------
    vertices : (M, D) tensor
        At least two, in some order.
    thorough : bool, default=True
        Whether to look beyond the first local optimum, for 8 to 4,096 vertices.

    Returns
    -------
    order : (M,) int64 tensor
        ``vertices[order]`` is the shorter polyline.

    References
    ----------
    Croes, "A method for solving traveling-salesman problems", Operations Research 6 (1958);
    Or, "Traveling salesman-type combinatorial problems", Northwestern University (1976);
    Bentley, "Fast algorithms for geometric traveling salesman problems", ORSA J. Comput. 4 (1992);
    Martin, Otto and Felten, "Large-step Markov chains for the traveling salesman problem", Complex
    Systems 5 (1991).

    Examples
    --------
    >>> import torch
    >>> short_order(torch.tensor([[0.0], [2.0], [1.0], [3.0]]))
    tensor([0, 2, 1, 3])
    """
    n_vertices = len(vertices)
    if n_vertices < 3:
        return torch.arange(n_vertices)
    from skcurve.solvers.untangle_fused import shorten  # imports the compiler, if there is one

    points = vertices.detach().cpu().double()
    points = points - points.mean(0)  # far from the origin, distances lose their digits
    neighbors = _nearest(points)
    distances = points.new_empty(0, 0)
    if n_vertices <= MAX_MATRIX:
        distances = torch.cdist(points, points)
        distances = (distances + distances.T) / 2  # rounding must not tell one way from the other
    tour = np.arange(n_vertices + 1)  # the last place stands for the gap between the two ends
    geometry = points.numpy(), distances.numpy(), neighbors.numpy()
    worthwhile = FEWEST_TO_KICK <= n_vertices <= MAX_MATRIX
    kicks = KICKS * n_vertices if thorough and worthwhile and has_numba() else 0
    shorten(tour, *geometry, kicks)
    gap = int(np.flatnonzero(tour == n_vertices)[0])
    order = np.concatenate([tour[gap + 1 :], tour[:gap]])
    if order[0] > order[-1]:  # keep the end that came first, first
        order = order[::-1].copy()
    return torch.from_numpy(order)


def _nearest(points: torch.Tensor) -> torch.Tensor:
    """Give the ten nearest other vertices of each, the nearest first."""
    found = []
    for rows in torch.arange(len(points)).split(max(1, (1 << 22) // len(points))):
        distances = torch.cdist(points[rows], points)
        distances[torch.arange(len(rows)), rows] = torch.inf
        found.append(distances.topk(min(N_NEIGHBORS, len(points) - 1), largest=False).indices)
    return torch.cat(found)
