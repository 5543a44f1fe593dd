"""The sweep compiled: the product of a block, the nearest point of each row, and its sums."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from skcurve.parallel import has_half_products, jit, run_threads
from skcurve.projection.fused import REORDER, by_sums, two_smallest, value_at
from skcurve.solvers.accumulate import CLOSE
from skcurve.solvers.rows import Sample
from skcurve.solvers.statistics import Statistics

MAX_GROUPS = 8
GROUP_MEMORY = 1 << 26
"""Groups of blocks are summed side by side, and then in order: as many groups on one core as on
many, so that the number of cores does not change the result. Together they take this many bytes."""

HALF_ENTRIES = 1 << 13
"""From so many entries of the vertices on, a product in half precision is worth its conversions."""
HALF_ROUNDING = 2.0**-7
"""Two numbers rounded to bfloat16 differ from the true ones by this share, together."""


def accumulate_fused(
    sample: Sample, vertices: torch.Tensor, dithers: torch.Tensor, exact: torch.Tensor
) -> Statistics:
    """Do it with the compiled kernel, on all cores; see `accumulate`.

    Where the processor multiplies bfloat16, which is several times as fast, large products of
    float32 rows are taken in it. What it leaves in doubt is the order of points that are nearly as
    near as each other: the nearest two of a row are then compared in full.
    """
    n_passes, n_blocks, n_segments = dithers.shape
    corners = np.ascontiguousarray(vertices.numpy())
    tasks = n_passes * n_blocks
    n_groups = max(1, min(MAX_GROUPS, tasks, GROUP_MEMORY // corners.nbytes))
    edges = np.linspace(0, tasks, n_groups + 1).astype(np.int64)
    sums = np.zeros((n_groups, 5, n_segments))
    moment = np.zeros((n_groups, *corners.shape), corners.dtype)
    data = tuple(part.numpy() for part in sample[:4])
    scale = corners.dtype.type(sample.scale)
    draws, to_line = dithers.numpy().reshape(tasks, n_segments), exact.numpy().ravel()
    in_half = corners.dtype == np.float32 and corners.size >= HALF_ENTRIES and has_half_products()
    meet: Callable[..., None] = _meet_in_half if in_half else _meet

    def one_group(g: int) -> None:
        blocks = np.arange(edges[g], edges[g + 1])
        meet(*data, scale, corners, draws, to_line, n_blocks, blocks, sums[g], moment[g])

    run_threads(one_group, range(n_groups))
    return Statistics.of_segments(
        torch.from_numpy(sums.sum(0)).to(vertices), torch.from_numpy(moment.sum(0))
    )


@jit(fastmath=REORDER)
def _meet(
    X, chosen, weights, center, scale, vertices, dithers, exact, n_blocks, blocks, sums, moment
):  # fmt: skip
    n_block = len(chosen) // n_blocks + 1
    points = np.empty((n_block, X.shape[1]), vertices.dtype)
    targets, table = np.empty_like(vertices), np.empty((4, len(vertices)), vertices.dtype)
    space = np.empty(n_block * len(vertices), vertices.dtype)
    for block in blocks:
        start, stop = _rows_of(block, n_blocks, len(chosen))
        n, dither, to_line = stop - start, dithers[block], exact[block]
        _take_rows(X, chosen[start:stop], center, scale, points)
        n_targets = _aim(vertices, dither, to_line, targets, table)
        values = space[: n_targets * n].reshape(n_targets, n)
        np.dot(targets[:n_targets], points[:n].T, values)
        _sum(
            points, weights[start:stop], vertices, dither, to_line, targets, table, values, 0.0,
            sums, moment,
        )  # fmt: skip


def _meet_in_half(
    X, chosen, weights, center, scale, vertices, dithers, exact, n_blocks, blocks, sums, moment
):  # fmt: skip
    """Do the same with products in bfloat16; torch takes those, outside of compiled code.

    All memory is taken once: new memory for every block would cost as much as the products.
    """
    n_block = len(chosen) // n_blocks + 1
    points = np.empty((n_block, X.shape[1]), vertices.dtype)
    targets, table = np.empty_like(vertices), np.empty((4, len(vertices)), vertices.dtype)
    space = np.empty(n_block * len(vertices), vertices.dtype)
    left, right, products = (
        torch.from_numpy(whole).bfloat16() for whole in (targets, points, space)
    )
    for block in blocks:
        start, stop = _rows_of(block, n_blocks, len(chosen))
        n, dither, to_line = stop - start, dithers[block], exact[block]
        _take_rows(X, chosen[start:stop], center, scale, points)
        n_targets = _aim(vertices, dither, to_line, targets, table)
        left.copy_(torch.from_numpy(targets))
        right.copy_(torch.from_numpy(points))
        product = products[: n_targets * n].view(n_targets, n)
        torch.mm(left[:n_targets], right[:n].T, out=product)
        values = space[: n_targets * n].reshape(n_targets, n)
        torch.from_numpy(values).copy_(product)
        _sum(
            points, weights[start:stop], vertices, dither, to_line, targets, table, values,
            HALF_ROUNDING, sums, moment,
        )  # fmt: skip


@jit()
def _rows_of(block, n_blocks, n_rows):
    block %= n_blocks  # a pass is as many blocks
    return n_rows * block // n_blocks, n_rows * (block + 1) // n_blocks


@jit(fastmath=REORDER)
def _take_rows(X, chosen, center, scale, points):
    for row in range(len(chosen)):
        i = chosen[row]
        for k in range(len(center)):
            points[row, k] = (X[i, k] - center[k]) * scale


@jit(fastmath=REORDER)
def _aim(vertices, dither, to_line, targets, table):
    """Write minus twice the points to meet, and what `two_smallest` needs to know of them.

    Give how many there are. For dithered points, which are met alone, segments have no length.
    """
    n_segments, kind = len(vertices) - 1, vertices.dtype.type
    n_targets = n_segments + 1 if to_line else n_segments
    table[:] = kind(0)
    for i in range(n_targets):
        after = kind(0) if to_line else dither[i]
        beyond = min(i + 1, n_segments)
        sq_norm, sq_length = kind(0), kind(0)
        for k in range(vertices.shape[1]):
            c, step = vertices[i, k], vertices[beyond, k] - vertices[i, k]
            point = c + after * step
            targets[i, k] = -2 * point
            sq_norm += point * point
            sq_length += step * step
        table[0, i] = sq_norm
        if to_line and sq_length > kind(0):
            length = np.sqrt(sq_length)
            table[1, i], table[2, i], table[3, i] = kind(0.5) / length, length / kind(2), length
    return n_targets


@jit(fastmath=REORDER)
def _sum(
    points, weights, vertices, dither, to_line, targets, table, values, rounding, sums, moment
):  # fmt: skip
    """Find the nearest target of each row, and add what `Statistics` are made of."""
    n = values.shape[1]
    last, kind = len(vertices) - 2, vertices.dtype.type
    least, second = np.empty(n, values.dtype), np.empty(n, values.dtype)
    nearest, runner_up = np.empty(n, np.int32), np.empty(n, np.int32)
    sq_norm, slope, half, length = table[0], table[1], table[2], table[3]
    two_smallest(values, sq_norm, slope, half, length, least, second, nearest, runner_up)
    close = kind(CLOSE * np.finfo(vertices.dtype).eps)
    for row in range(n):
        sq_size = kind(0)
        for k in range(points.shape[1]):
            sq_size += points[row, k] * points[row, k]
        best = nearest[row]
        limit = least[row] + close * sq_size
        if rounding == 0.0:
            if second[row] <= limit:  # of equals, the first
                best = 0
                while value_at(values, best, row, sq_norm, slope, half, length) > limit:
                    best += 1
            after, sq_error = _meeting(points, row, vertices, dither, to_line, targets, best)
        else:
            after, sq_error = _meeting(points, row, vertices, dither, to_line, targets, best)
            if second[row] <= limit + kind(rounding) * abs(least[row] - sq_norm[best]):
                other = runner_up[row]
                after_other, sq_other = _meeting(
                    points, row, vertices, dither, to_line, targets, other
                )
                margin = close * sq_size if other < best else -close * sq_size
                if sq_other < sq_error + margin:
                    best, after, sq_error = other, after_other, sq_other
        i = min(best, last)
        if to_line and best > 0 and after <= kind(0):
            i, after = best - 1, kind(1)  # a vertex counts as the end of the segment before it
        weight, before = weights[row], kind(1) - after
        beside, share = i, kind(0)
        if to_line:
            beside = min(max(i - 1 if after < before else i + 1, 0), last)
            share = kind(0.5) - min(before, after)
        sums[0, i] += weight * before * before
        sums[1, i] += weight * after * after
        sums[2, i] += weight * before * after
        sums[3, i] += weight * (kind(1) - share)
        sums[3, beside] += weight * share
        sums[4, i] += weight * (kind(1) - share) * sq_error
        sums[4, beside] += weight * share * sq_error
        for_first, for_second = weight * before, weight * after
        for k in range(points.shape[1]):
            moment[i, k] += for_first * points[row, k]
            moment[i + 1, k] += for_second * points[row, k]


@jit(fastmath=REORDER)
def _meeting(points, row, vertices, dither, to_line, targets, i):
    """Give where on segment i a row meets it, and the squared distance there."""
    kind = vertices.dtype.type
    if to_line:
        t, q, _ = by_sums(points, row, vertices, min(i, len(vertices) - 2), vertices)
        return kind(t), kind(max(q, 0.0))
    sq_error = kind(0)
    for k in range(points.shape[1]):
        rest = points[row, k] + kind(0.5) * targets[i, k]
        sq_error += rest * rest
    return dither[i], sq_error
