"""One sweep: every row meets the dithered curve, and the statistics remember where."""

from __future__ import annotations

from contextlib import suppress

import torch

from skcurve.parallel import has_numba, has_triton
from skcurve.solvers.rows import Sample
from skcurve.solvers.statistics import Statistics

CLOSE = 64.0
"""Of segments this many roundings of |x|² apart, the first is met: where a line passes a row twice,
the row goes to the same segment however the distances were computed."""


def accumulate(
    sample: Sample, vertices: torch.Tensor, dithers: torch.Tensor, exact: torch.Tensor
) -> Statistics:
    """Assign rows to points of the curve and sum the statistics.

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
    exact : (n_passes, n_blocks) bool tensor
        Where it is true, the block meets the curve itself in that pass: a row goes to the nearest
        point of the whole line, and no dither is used. Its weight and error count for the segment
        it is on and, the nearer it is to an end, the more for the one beyond, up to half: where a
        row lies on a vertex, rounding must not decide between two segments.

    Returns
    -------
    statistics : Statistics
        Of ``n_passes * m`` assignments.
    """
    if vertices.device.type == "cpu" and has_numba():
        from skcurve.solvers.accumulate_fused import accumulate_fused

        return accumulate_fused(sample, vertices, dithers, exact)
    if has_triton(vertices.device):
        from skcurve.projection.fused_triton import UNFIT
        from skcurve.solvers.accumulate_triton import accumulate_triton

        # Kernels start on the current device. Those that do not fit: `project` says so, where it
        # matters more.
        with torch.cuda.device_of(vertices), suppress(*UNFIT):
            return accumulate_triton(sample, vertices, dithers, exact)
    return accumulate_blocked(sample, vertices, dithers, exact)


def accumulate_blocked(
    sample: Sample, vertices: torch.Tensor, dithers: torch.Tensor, exact: torch.Tensor
) -> Statistics:
    """Do it in torch, on any device; see `accumulate`."""
    n_passes, n_blocks, _ = dithers.shape
    n_rows = len(sample.chosen)
    edges = [n_rows * block // n_blocks for block in range(n_blocks + 1)]
    parts = []
    for block in range(n_blocks):
        part = slice(edges[block], edges[block + 1])
        points, weights = sample.points(part), sample.weights[part]
        for i in range(n_passes):
            if not exact[i, block]:
                met = _meet_points(points, vertices, dithers[i, block])
                parts.append(sum_meetings(points, weights, vertices, *met, shared=False))
        if n_exact := int(exact[:, block].sum()):  # they all meet it where the first does
            met = _meet_line(points, vertices)
            parts.append(sum_meetings(points, weights, vertices, *met, shared=True) * n_exact)
    return sum(parts[1:], start=parts[0])


def _meet_points(
    points: torch.Tensor, vertices: torch.Tensor, dither: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Give the segment whose dithered point is nearest, the dither, and the squared distance."""
    dithered = torch.lerp(vertices[:-1], vertices[1:], dither[:, None])
    q, segment = torch.addmm((dithered * dithered).sum(1), points, dithered.T, alpha=-2).min(1)
    return segment, dither[segment], q + (points * points).sum(1)


def _meet_line(
    points: torch.Tensor, vertices: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Give the nearest segment, the place of the nearest point on it, and the squared distance."""
    step = torch.diff(vertices, dim=0)
    sq_length = (step * step).sum(1)
    product = points @ vertices.T
    ahead = torch.diff(product) - (vertices[:-1] * step).sum(1)
    place = (ahead / torch.where(sq_length > 0, sq_length, 1.0)).clamp_(0.0, 1.0)
    sq_norm = (vertices * vertices).sum(1)
    q = sq_norm[:-1] - 2 * product[:, :-1] + place * (place * sq_length - 2 * ahead)
    sq_size = (points * points).sum(1)
    least = q.amin(1) + CLOSE * torch.finfo(q.dtype).eps * sq_size
    segment = (q <= least[:, None]).int().argmax(1)
    place, q = (part.gather(1, segment[:, None])[:, 0] for part in (place, q))
    at_end = (place == 0.0) & (segment > 0)  # a vertex counts as the end of the segment before it
    segment, place = torch.where(at_end, segment - 1, segment), torch.where(at_end, 1.0, place)
    return segment, place, q + sq_size


def sum_meetings(
    points: torch.Tensor,
    weights: torch.Tensor,
    vertices: torch.Tensor,
    segment: torch.Tensor,
    after: torch.Tensor,
    sq_distance: torch.Tensor,
    *,
    shared: bool,
) -> Statistics:
    """Give the statistics of rows that met the given places of the given segments."""
    n_segments = len(vertices) - 1
    before = 1.0 - after
    sums = points.new_zeros((5, n_segments))
    for total, term in zip(sums, (before * before, after * after, before * after), strict=False):
        _add_at(total, segment, weights * term)
    beyond = torch.where(after < before, segment - 1, segment + 1).clamp_(0, n_segments - 1)
    share = 0.5 - torch.minimum(before, after) if shared else torch.zeros_like(after)
    for total, term in zip(sums[3:], (weights, weights * sq_distance.clamp(min=0.0)), strict=True):
        _add_at(total, segment, (1.0 - share) * term)
        _add_at(total, beyond, share * term)
    shares = points.new_zeros((len(points), n_segments + 1))
    shares.scatter_(1, segment[:, None], (weights * before)[:, None])
    shares.scatter_(1, segment[:, None] + 1, (weights * after)[:, None])
    return Statistics.of_segments(sums, shares.T @ points)


def _add_at(total: torch.Tensor, where: torch.Tensor, terms: torch.Tensor) -> None:
    """Add terms where they belong, in an order that is the same in every run."""
    if total.is_cuda:  # the one that sorts first; the other adds as threads arrive
        total.index_put_((where,), terms, accumulate=True)
    else:
        total.scatter_add_(0, where, terms)
