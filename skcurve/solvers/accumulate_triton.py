"""The sweep on a GPU: many blocks of rows at once, each at its own dither."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from skcurve.projection.fused_triton import meet, search_precision
from skcurve.projection.table import line_constants
from skcurve.solvers.accumulate import CLOSE, sum_meetings
from skcurve.solvers.rows import Sample
from skcurve.solvers.statistics import Statistics

MOST_ENTRIES = 1 << 26
"""Of the shares of rows in vertices, and of the rows themselves, at one time."""


def accumulate_triton(
    sample: Sample,
    vertices: torch.Tensor,
    dithers: torch.Tensor,
    exact: torch.Tensor,
    precision: str | None = None,
) -> Statistics:
    """Do it with the Triton kernels; see `accumulate`.

    The products are taken in TF32 where there are tensor cores. What that leaves in doubt is the
    order of points that are nearly as near as each other: the two nearest of a row are then
    compared in the precision of the rows. Nothing waits for the device.
    """
    precision = precision or fit_precision(vertices.device)
    n_passes, n_blocks, _ = dithers.shape
    n_rows = len(sample.chosen)
    edges = np.arange(n_blocks + 1) * n_rows // n_blocks
    wide = max(len(vertices), vertices.shape[1])
    together = max(1, MOST_ENTRIES // (wide * int(np.diff(edges).max()) * n_passes))
    parts = []
    for first in range(0, n_blocks, together):
        blocks = np.arange(first, min(first + together, n_blocks))
        points = sample.points(slice(int(edges[blocks[0]]), int(edges[blocks[-1] + 1])))
        weights = sample.weights[int(edges[blocks[0]]) : int(edges[blocks[-1] + 1])]
        for to_line in (False, True):
            which = np.argwhere(exact[:, blocks].numpy() == to_line)
            if len(which) == 0:
                continue
            begins, ends = (edges[blocks[which[:, 1]] + i] - edges[blocks[0]] for i in (0, 1))
            chosen = dithers[which[:, 0], blocks[which[:, 1]]]
            parts.append(
                _meet(points, weights, vertices, None if to_line else chosen, begins, ends,
                      precision)
            )  # fmt: skip
    return sum(parts[1:], start=parts[0])


def fit_precision(device: torch.device) -> str:
    """Name the precision in which rows are given to segments in a fit."""
    return "tf32" if search_precision(device) == "tf32x3" else "ieee"


def _meet(
    points: torch.Tensor,
    weights: torch.Tensor,
    vertices: torch.Tensor,
    dithers: torch.Tensor | None,
    begins: np.ndarray,
    ends: np.ndarray,
    precision: str,
) -> Statistics:
    """Let blocks of rows meet the points of their dithers, or, without any, the line."""
    device = vertices.device
    sizes = ends - begins
    out = np.concatenate([[0], np.cumsum(sizes)])
    tasks = torch.from_numpy(np.stack([begins, ends, out[:-1]], axis=1)).to(device)
    task = torch.from_numpy(np.repeat(np.arange(len(sizes)), sizes)).to(device)
    row = torch.arange(int(out[-1]), device=device) - tasks[task, 2] + tasks[task, 0]
    corners = (-2.0 * vertices).float()
    rest: dict[str, Any] = {"tasks": tasks, "n_results": len(row), "most_rows": int(sizes.max())}
    if dithers is None:
        met = meet(points, corners, line_constants(vertices), precision, **rest)
    else:
        step = torch.diff(vertices, dim=0)
        along, sq_length = (vertices[:-1] * step).sum(1), (step * step).sum(1)
        norms = (vertices[:-1] ** 2).sum(1) + dithers * (2 * along + dithers * sq_length)
        norms, drawn = (torch.nn.functional.pad(part, (0, 1)).float() for part in (norms, dithers))
        met = meet(points, corners, norms, precision, dithers=drawn, **rest)
    x = points[row]
    last = len(vertices) - 2
    one, two = (number.clamp(max=last).long() for number in (met.nearest, met.runner_up))
    found, other = (
        _measure(x, vertices, segment, None if dithers is None else dithers[task, segment])
        for segment in (one, two)
    )
    # Of two that are nearly as near, the first: see `accumulate`.
    margin = CLOSE * torch.finfo(x.dtype).eps * (x * x).sum(1)
    better = other[1] < torch.where(two < one, found[1] + margin, found[1] - margin)
    segment = torch.where(better, two, one)
    after, sq_error = (torch.where(better, b, a) for a, b in zip(found, other, strict=True))
    if dithers is None:
        at_end = (after == 0.0) & (segment > 0)
        segment = torch.where(at_end, segment - 1, segment)
        after = torch.where(at_end, 1.0, after)
    return sum_meetings(x, weights[row], vertices, segment, after, sq_error, shared=dithers is None)


def _measure(
    x: torch.Tensor, vertices: torch.Tensor, segment: torch.Tensor, after: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Give where rows meet their segments, and the squared distances there."""
    start = vertices[segment]
    step = vertices[segment + 1] - start
    residual = x - start
    if after is None:
        sq_length = torch.linalg.vecdot(step, step)
        after = torch.linalg.vecdot(residual, step) / torch.where(sq_length > 0, sq_length, 1.0)
        after = after.clamp(0.0, 1.0)
    residual = residual - after[:, None] * step
    return after, torch.linalg.vecdot(residual, residual)
