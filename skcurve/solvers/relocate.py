"""Vertices where they are needed: from where no row is to where rows or distance are too many."""

from __future__ import annotations

import torch

from skcurve.solvers.statistics import Statistics

DEAD = 0.05
"""A vertex whose two segments won less than this share of the mean is dead."""
MOST_MOVED = 0.1
"""At most this share of the vertices moves in a sweep."""


def relocate(vertices: torch.Tensor, statistics: Statistics, longest: float) -> torch.Tensor:
    """Take dead vertices out of the curve, and put each in the middle of a segment in need.

    In need are, first, segments that run away: a vertex in their middle holds them, and the least
    used vertex is taken for it even if it is not dead. Then those with the largest squared error.

    Parameters
    ----------
    vertices : (M, D) tensor
        The curve.
    statistics : Statistics
        Of the last sweep.
    longest : float
        A segment longer than this many times the mean runs away from the curve.

    Returns
    -------
    vertices : (M, D) tensor
        As many as before, in the order of the curve.
    """
    usage = torch.nn.functional.pad(statistics.usage, (1, 0))
    usage[:-1] += statistics.usage
    mean = usage.mean()
    usage = _rounded(torch.where(mean > 0, usage / mean, 1.0))
    dead = usage < DEAD
    lengths = _spans(vertices, 1)
    limit = longest * lengths.mean()
    # A dead vertex whose place would be taken by a runaway segment is in use, if not by rows.
    bridges = torch.nn.functional.pad(_spans(vertices, 2) > limit, (1, 1))
    # Not so beyond the last vertex that is alive: that stretch leads nowhere.
    ahead, behind = (~dead).cumsum(0) > 0, (~dead).flip(0).cumsum(0).flip(0) > 0
    needed = ahead & behind
    dead &= ~(bridges & needed)
    runaway = (lengths > limit) & needed[:-1] & needed[1:]
    n_moved = max(int(dead.sum()), int(runaway.sum()))
    n_moved = min(n_moved, int(MOST_MOVED * len(vertices)))
    if n_moved == 0:
        return vertices
    usage = torch.where(bridges & needed, torch.inf, torch.where(needed, usage, -1.0))
    taken = torch.zeros(len(vertices), dtype=torch.bool, device=vertices.device)
    taken[usage.argsort(stable=True)[:n_moved]] = True
    need = torch.where(runaway, lengths / lengths.max() + 1.0, 0.0)
    need += _rounded(statistics.sq_error / statistics.sq_error.max().clamp(min=1e-30))
    need[taken[:-1] | taken[1:]] = -1.0
    split = need.argsort(descending=True, stable=True)[:n_moved]
    split = split[need[split] > 0.0]
    taken[usage.argsort(stable=True)[len(split) : n_moved]] = False
    place = torch.arange(len(vertices), device=vertices.device)
    places = torch.cat([place[~taken].double(), split + 0.5])
    middles = torch.lerp(vertices[split], vertices[split + 1], 0.5)
    return torch.cat([vertices[~taken], middles])[places.argsort()]


def _rounded(shares: torch.Tensor) -> torch.Tensor:
    """Make equals of what differs by rounding alone, so that their order does not hang on it."""
    return torch.round(shares, decimals=4)


def _spans(vertices: torch.Tensor, steps: int) -> torch.Tensor:
    return torch.linalg.vector_norm(vertices[steps:] - vertices[:-steps], dim=1)
