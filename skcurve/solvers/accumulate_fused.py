"""The sweep compiled: the product of a block, the nearest point of each row, and its sums."""

from __future__ import annotations

import numpy as np
import torch

from skcurve.parallel import jit, run_threads
from skcurve.projection.fused import REORDER, smallest, squared_norm
from skcurve.solvers.rows import Sample
from skcurve.solvers.statistics import Statistics

MAX_GROUPS = 8
GROUP_MEMORY = 1 << 26
"""Groups of blocks are summed side by side, and then in order: as many groups on one core as on
many, so that the number of cores does not change the result. Together they take this many bytes."""


def accumulate_fused(sample: Sample, vertices: torch.Tensor, dithers: torch.Tensor) -> Statistics:
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
    draws = dithers.numpy().reshape(tasks, n_segments)
    # Integers as wide as the floats, to compare these by their bits.
    integers = np.empty(0, np.int32 if corners.itemsize == 4 else np.int64)

    def one_group(g: int) -> None:
        _accumulate_blocks(
            *data, scale, corners, draws, n_blocks, edges[g], edges[g + 1], integers,
            sums[g], moment[g],
        )  # fmt: skip

    run_threads(one_group, range(n_groups))
    return Statistics.of_segments(
        torch.from_numpy(sums.sum(0)).to(vertices), torch.from_numpy(moment.sum(0))
    )


@jit(fastmath=REORDER)
def _accumulate_blocks(
    X, chosen, weights, center, scale, vertices, dithers, n_blocks, begin, end, integers,
    sums, moment,
):  # fmt: skip
    n_rows, n_features = len(chosen), len(center)
    n_segments = len(vertices) - 1
    kind = vertices.dtype
    points = np.empty((n_rows // n_blocks + 1, n_features), kind)
    values = np.empty((len(points), n_segments), kind)
    dithered = np.empty((n_segments, n_features), kind)
    sq_norm = np.empty(n_segments, kind)
    q = np.empty(n_segments, kind)
    bits = q.view(integers.dtype)
    for task in range(begin, end):
        block = task % n_blocks
        start, stop = n_rows * block // n_blocks, n_rows * (block + 1) // n_blocks
        n = stop - start
        dither = dithers[task]
        _dither(vertices, dither, dithered, sq_norm)
        _take_rows(X, chosen[start:stop], center, scale, points)
        np.dot(points[:n], dithered.T, values[:n])
        for row in range(n):
            x = points[row]
            sq_size = squared_norm(x)
            # A little more than the squared norm keeps every value positive.
            _point_values(values[row], sq_norm, sq_size * kind.type(1.001), q)
            least = smallest(bits)
            i = 0
            while bits[i] != least:
                i += 1
            weight, after = weights[start + row], dither[i]
            before = kind.type(1) - after
            sums[0, i] += weight * before * before
            sums[1, i] += weight * after * after
            sums[2, i] += weight * before * after
            sums[3, i] += weight
            sums[4, i] += weight * max(q[i] - sq_size * kind.type(0.001), kind.type(0))
            _add_row(x, weight * before, weight * after, moment[i], moment[i + 1])


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
