"""The sweep compiled: the product of a block, the nearest point of each row, and its sums."""

from __future__ import annotations

import numpy as np
import torch

from skcurve.parallel import jit, run_threads
from skcurve.projection.fused import REORDER, segment_values, smallest, squared_norm
from skcurve.solvers.accumulate import CLOSE
from skcurve.solvers.rows import Sample
from skcurve.solvers.statistics import Statistics

MAX_GROUPS = 8
GROUP_MEMORY = 1 << 26
"""Groups of blocks are summed side by side, and then in order: as many groups on one core as on
many, so that the number of cores does not change the result. Together they take this many bytes."""


def accumulate_fused(
    sample: Sample, vertices: torch.Tensor, dithers: torch.Tensor, exact: torch.Tensor
) -> Statistics:
    """Do it with the compiled kernel, on all cores; see `accumulate`."""
    n_passes, n_blocks, n_segments = dithers.shape
    corners = vertices.numpy()
    tasks = n_passes * n_blocks
    n_groups = max(1, min(MAX_GROUPS, tasks, GROUP_MEMORY // corners.nbytes))
    edges = np.linspace(0, tasks, n_groups + 1).astype(np.int64)
    sums = np.zeros((n_groups, 5, n_segments))
    moment = np.zeros((n_groups, *corners.shape), corners.dtype)
    data = tuple(part.numpy() for part in sample[:4])
    scale = corners.dtype.type(sample.scale)
    draws, to_line = dithers.numpy().reshape(tasks, n_segments), exact.numpy().ravel()
    # Integers as wide as the floats, to compare these by their bits.
    integers = np.empty(0, np.int32 if corners.itemsize == 4 else np.int64)

    def one_group(g: int) -> None:
        _accumulate_blocks(
            *data, scale, corners, draws, to_line, n_blocks, edges[g], edges[g + 1], integers,
            sums[g], moment[g],
        )  # fmt: skip

    run_threads(one_group, range(n_groups))
    return Statistics.of_segments(
        torch.from_numpy(sums.sum(0)).to(vertices), torch.from_numpy(moment.sum(0))
    )


@jit(fastmath=REORDER)
def _accumulate_blocks(
    X, chosen, weights, center, scale, vertices, dithers, exact, n_blocks, begin, end, integers,
    sums, moment,
):  # fmt: skip
    n_rows, n_features = len(chosen), len(center)
    n_vertices = len(vertices)
    last = n_vertices - 2
    kind = vertices.dtype
    points = np.empty((n_rows // n_blocks + 1, n_features), kind)
    table = np.empty((4, n_vertices), kind)
    _describe(vertices, table)
    dithered, sq_norm = np.empty((n_vertices - 1, n_features), kind), np.empty(n_vertices - 1, kind)
    products = np.empty((len(points), n_vertices), kind)
    few_products = products.ravel()[: len(points) * (n_vertices - 1)].reshape(len(points), -1)
    q = np.empty(n_vertices, kind)
    few_q = q[:-1]
    bits, few_bits = q.view(integers.dtype), few_q.view(integers.dtype)
    limit = np.empty(1, kind)
    limit_bits, close = limit.view(integers.dtype), kind.type(CLOSE * np.finfo(kind).eps)
    for task in range(begin, end):
        block = task % n_blocks
        start, stop = n_rows * block // n_blocks, n_rows * (block + 1) // n_blocks
        n = stop - start
        _take_rows(X, chosen[start:stop], center, scale, points)
        if exact[task]:
            np.dot(points[:n], vertices.T, products[:n])
            products[:n] *= kind.type(-2)
        else:
            _dither(vertices, dithers[task], dithered, sq_norm)
            np.dot(points[:n], dithered.T, few_products[:n])
        for row in range(n):
            x = points[row]
            sq_size = squared_norm(x)
            shift = sq_size * kind.type(1.001)  # a little more keeps every value positive
            if exact[task]:
                segment_values(products[row], table[0], table[1], table[2], table[3], shift, q)
                limit_bits[0] = smallest(bits)
                limit[0] += close * sq_size
                best = 0
                while q[best] > limit[0]:
                    best += 1
                i, after = _place_on_line(products[row], table, best)
            else:
                _point_values(few_products[row], sq_norm, shift, few_q)
                least, best = smallest(few_bits), 0
                while few_bits[best] != least:
                    best += 1
                i = best
                after = dithers[task, i]
            weight, before = weights[start + row], kind.type(1) - after
            beside, share = i, kind.type(0)
            if exact[task]:
                beside = min(max(i - 1 if after < before else i + 1, 0), last)
                share = kind.type(0.5) - min(before, after)
            sq_error = max(q[best] - sq_size * kind.type(0.001), kind.type(0))
            sums[0, i] += weight * before * before
            sums[1, i] += weight * after * after
            sums[2, i] += weight * before * after
            sums[3, i] += weight * (kind.type(1) - share)
            sums[3, beside] += weight * share
            sums[4, i] += weight * (kind.type(1) - share) * sq_error
            sums[4, beside] += weight * share * sq_error
            _add_row(x, weight * before, weight * after, moment[i], moment[i + 1])


@jit(fastmath=REORDER)
def _describe(vertices, table):
    """Write what `segment_values` needs to know of the vertices."""
    kind, last = vertices.dtype.type, len(vertices) - 1
    for j in range(len(vertices)):
        table[0, j] = squared_norm(vertices[j])
        length = kind(0)
        if j < last:
            length = np.sqrt(squared_norm(vertices[j + 1] - vertices[j]))
        table[1, j] = kind(0.5) / length if length > kind(0) else kind(0)
        table[2, j] = length / kind(2)
        table[3, j] = length


@jit(fastmath=REORDER)
def _place_on_line(product, table, best):
    """Give the segment of the smallest value, and the share of it that lies before the point.

    A vertex counts as the end of the segment before it.
    """
    kind, last = table.dtype.type, len(product) - 1
    length, walked = table[3, best], kind(0)
    if length > kind(0):
        ahead = table[0, best] + product[best] - table[0, best + 1] - product[best + 1]
        walked = ahead * table[1, best] + table[2, best]
    if best == last or (best > 0 and walked <= kind(0)):
        return best - 1, kind(1)
    return best, min(max(walked / length, kind(0)), kind(1)) if length > kind(0) else kind(0)


@jit(fastmath=REORDER)
def _take_rows(X, chosen, center, scale, points):
    for row in range(len(chosen)):
        x, y = X[chosen[row]], points[row]
        for k in range(len(center)):
            y[k] = (x[k] - center[k]) * scale


@jit(fastmath=REORDER)
def _dither(vertices, dither, dithered, sq_norm):
    for i in range(len(dithered)):
        first, second, point, after = vertices[i], vertices[i + 1], dithered[i], dither[i]
        for k in range(len(point)):
            point[k] = first[k] + after * (second[k] - first[k])
        sq_norm[i] = squared_norm(point)


@jit(fastmath=REORDER)
def _point_values(value, sq_norm, shift, q):
    for j in range(len(q)):
        q[j] = sq_norm[j] - 2 * value[j] + shift


@jit(fastmath=REORDER)
def _add_row(x, before, after, first, second):
    for k in range(len(x)):
        first[k] += before * x[k]
        second[k] += after * x[k]
