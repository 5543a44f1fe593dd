"""One sweep: every row meets the dithered curve, and the statistics remember where."""

from __future__ import annotations

import torch

from skcurve.parallel import HAS_NUMBA
from skcurve.solvers.rows import Sample
from skcurve.solvers.statistics import Statistics


def accumulate(sample: Sample, vertices: torch.Tensor, dithers: torch.Tensor) -> Statistics:
    """Assign rows to the nearest dithered point and sum the statistics.

    Parameters
    ----------
    sample : Sample
        m rows and their weights.
    vertices : (M, D) tensor
        The curve, in the space of the sample's points.
    dithers : (n_passes, n_blocks, M-1) tensor
        Numbers in [0, 1): in every pass each row meets the curve once, a row of block b at the
        points ``(1 - dithers[:, b]) * vertices[:-1] + dithers[:, b] * vertices[1:]``. The blocks
        share the rows out evenly, in order.

    Returns
    -------
    statistics : Statistics
        Of ``n_passes * m`` assignments.
    """
    if HAS_NUMBA and vertices.device.type == "cpu":
        from skcurve.solvers.accumulate_fused import accumulate_fused

        return accumulate_fused(sample, vertices, dithers)
    return accumulate_blocked(sample, vertices, dithers)


def accumulate_blocked(sample: Sample, vertices: torch.Tensor, dithers: torch.Tensor) -> Statistics:
    """Do it in torch, on any device; see `accumulate`."""
    n_passes, n_blocks, _ = dithers.shape
    n_rows = len(sample.chosen)
    edges = [n_rows * block // n_blocks for block in range(n_blocks + 1)]
    parts = []
    for block in range(n_blocks):
        part = slice(edges[block], edges[block + 1])
        points, weights = sample.points(part), sample.weights[part]
        parts += [_meet(points, weights, vertices, dithers[i, block]) for i in range(n_passes)]
    return sum(parts[1:], start=parts[0])


def _meet(
    points: torch.Tensor, weights: torch.Tensor, vertices: torch.Tensor, dither: torch.Tensor
) -> Statistics:
    """Give the statistics of rows that all meet the same dithered points."""
    n_segments = len(dither)
    dithered = torch.lerp(vertices[:-1], vertices[1:], dither[:, None])
    q, segment = torch.addmm((dithered * dithered).sum(1), points, dithered.T, alpha=-2).min(1)
    q = (q + (points * points).sum(1)).clamp_(min=0.0)
    after = dither[segment]
    before = 1.0 - after
    sums = points.new_zeros((5, n_segments))
    terms = (before * before, after * after, before * after, torch.ones_like(q), q)
    for total, term in zip(sums, terms, strict=True):
        total.scatter_add_(0, segment, weights * term)
    shares = points.new_zeros((len(points), n_segments + 1))
    shares.scatter_(1, segment[:, None], (weights * before)[:, None])
    shares.scatter_(1, segment[:, None] + 1, (weights * after)[:, None])
    return Statistics.of_segments(sums, shares.T @ points)
