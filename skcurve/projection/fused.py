"""The search compiled: a block's product and one fused pass over it while it is in the cache."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from skcurve.parallel import jit, run_threads
from skcurve.projection.result import Projection
from skcurve.projection.table import SearchTable

BLOCK_ENTRIES = 1 << 18
MAX_BLOCK_ROWS = 512
SPAN_BYTES = 1 << 23
"""Rows that are not contiguous are copied, this many bytes at a time on each core."""

ENOUGH_LEFT, CANCELLATION = 0.1, 1e-6
"""Where sums cancel to less than the first share of the largest, they have lost digits of a result
in their own precision; to less than the second, float64 has lost digits of one in float32."""

REORDER = {"reassoc", "contract", "nsz", "arcp"}
"""Sums may be reordered, so that they use vector instructions; not-a-number keeps its meaning."""


def project_fused(
    X: torch.Tensor, vertices: torch.Tensor, table: SearchTable
) -> Projection[torch.Tensor]:
    """Project with the compiled kernel, on all cores; see `skcurve.projection.project`."""
    corners = np.ascontiguousarray(vertices.numpy())
    n_block = block_rows(*vertices.shape)
    constants = tuple(part.numpy() if isinstance(part, torch.Tensor) else part for part in table)

    def project_span(rows: np.ndarray, *found: np.ndarray) -> None:
        _project_rows(rows, corners, *constants, n_block, *found)

    return project_in_spans(X, project_span, n_block)


def project_in_spans(
    X: torch.Tensor, project_span: Callable[..., None], n_block: int
) -> Projection[torch.Tensor]:
    """Share the rows out to all cores.

    Parameters
    ----------
    X : (n, D) tensor
        The rows, on the processor.
    project_span : callable
        Called with contiguous rows, and with the segments, positions and squared distances to fill
        in for them.
    n_block : int
        Spans have so many rows at least.
    """
    n_rows, points = len(X), X.numpy()
    segment = np.empty(n_rows, np.int64)
    position, sq_distance = np.empty(n_rows, points.dtype), np.empty(n_rows, points.dtype)
    n_spans = max(2 * torch.get_num_threads(), points.nbytes // SPAN_BYTES)
    edges = np.linspace(0, n_rows, min(n_spans, 1 + n_rows // n_block) + 1).astype(np.int64)

    def project_one(span: int) -> None:
        rows = slice(edges[span], edges[span + 1])
        project_span(
            np.ascontiguousarray(points[rows]), segment[rows], position[rows], sq_distance[rows]
        )

    run_threads(project_one, range(len(edges) - 1))
    return Projection(*(torch.from_numpy(part) for part in (segment, position, sq_distance)))


def block_rows(n_vertices: int, n_features: int) -> int:
    """How many rows to take at once, so that their product stays in the cache."""
    return int(np.clip(BLOCK_ENTRIES // max(n_vertices, n_features), 16, MAX_BLOCK_ROWS))


@jit(fastmath=REORDER)
def _project_rows(
    X, vertices, center, scale, product, sq_norm, slope, half, length, tolerance,
    home_segment, home_position, n_block, segment, position, sq_distance,
):  # fmt: skip
    n_rows, n_vertices = X.shape[0], len(vertices)
    points = np.empty((min(n_block, n_rows), X.shape[1]), np.float32)
    space = np.empty(len(points) * n_vertices, np.float32)
    least, second = np.empty(len(points), np.float32), np.empty(len(points), np.float32)
    nearest, runner_up = np.empty(len(points), np.int32), np.empty(len(points), np.int32)
    sizes = np.empty(len(points), np.float32)
    # Compiled functions take a precision with an array of it, and a row by its number: views of
    # rows would take longer to make than to use.
    in_full = np.empty(0, np.float64)
    in_short = np.empty(0, X.dtype) + np.empty(0, vertices.dtype)  # of the finer of the two
    for start in range(0, n_rows, n_block):
        n = min(n_block, n_rows - start)
        _center_rows(X[start : start + n], center, scale, points, sizes)
        values = space[: n_vertices * n].reshape(n_vertices, n)
        np.dot(product.T, points[:n].T, values)
        two_smallest(
            values, sq_norm, slope, half, length, least[:n], second[:n], nearest[:n], runner_up[:n]
        )
        for row in range(n):
            limit = least[row] + np.float32(2.0 * tolerance) * (np.float32(1) + sizes[row])
            best = min(nearest[row], n_vertices - 2)
            if not second[row] > limit:  # what is not a number counts as close
                best, least_q = 0, np.inf
                for j in range(n_vertices):
                    if value_at(values, j, row, sq_norm, slope, half, length) > limit:
                        continue
                    j = min(j, n_vertices - 2)
                    i, _, q = nearest_from(X, start + row, vertices, j, in_full, in_full)
                    if q < least_q:
                        best, least_q = i, q
            # From here on, a row and its segment alone matter, not whether there was a doubt.
            t, q, sq_start = by_sums(X, start + row, vertices, best, in_short)
            if t == 1.0 or not q > ENOUGH_LEFT * sq_start:
                best, t, q = nearest_from(X, start + row, vertices, best, in_short, in_full)
            if t == 0.0:
                t, best = home_position[best], home_segment[best]
            segment[start + row], position[start + row], sq_distance[start + row] = best, t, q


@jit(fastmath=REORDER)
def two_smallest(values, sq_norm, slope, half, length, least, second, nearest, runner_up):
    """Keep the two smallest squared distances of each row, less |x|², and where they are.

    `values` has a row for each vertex: what is done for one segment is done for all rows at once,
    by vector instructions that need no sums or minima across. See `SearchTable`.
    """
    zero, last = values.dtype.type(0), len(values) - 1
    for row in range(len(least)):
        least[row] = values[last, row] + sq_norm[last]
        second[row] = np.inf
        nearest[row] = runner_up[row] = last
    for j in range(last):
        here, after = values[j], values[j + 1]
        here_norm, after_norm = sq_norm[j], sq_norm[j + 1]
        k, middle, most, number = slope[j], half[j], length[j], np.int32(j)
        for row in range(len(least)):
            v = here[row] + here_norm
            s = (v - (after[row] + after_norm)) * k + middle
            s = s if s > zero else zero
            s = s if s < most else most
            q = v - s * s
            best, i = least[row], nearest[row]
            closer = q < best
            other, i_other = (best, i) if closer else (q, number)
            nearer = other < second[row]
            second[row] = other if nearer else second[row]
            runner_up[row] = i_other if nearer else runner_up[row]
            least[row] = q if closer else best
            nearest[row] = number if closer else i


@jit(fastmath=REORDER)
def value_at(values, j, row, sq_norm, slope, half, length):
    """Give one of the numbers that `two_smallest` compares."""
    v = values[j, row] + sq_norm[j]
    if j == len(values) - 1:
        return v
    s = (v - (values[j + 1, row] + sq_norm[j + 1])) * slope[j] + half[j]
    s = min(max(s, values.dtype.type(0)), length[j])
    return v - s * s


@jit(fastmath=REORDER)
def _center_rows(X, center, scale, out, sizes):
    """Write the rows less `center`, times `scale`, in single precision, and their norms."""
    scale = X.dtype.type(scale)
    for row in range(len(X)):
        sq_size = np.float32(0)
        for k in range(len(center)):
            y = np.float32((X[row, k] - center[k]) * scale)
            out[row, k] = y
            sq_size += y * y
        sizes[row] = np.sqrt(sq_size)


@jit(fastmath=REORDER)
def nearest_from(X, row, vertices, i, in_short, in_full):
    """Give the segment, the position and the squared distance; see `_nearest_on_segment`.

    A vertex is met at the start of the segment after it, whichever of the two was found.
    """
    t, q = _nearest_on_segment(X, row, vertices, i, in_short, in_full)
    while t == 1.0 and i < len(vertices) - 2:
        i += 1
        t, q = _nearest_on_segment(X, row, vertices, i, in_short, in_full)
    return i, t, q


@jit(fastmath=REORDER)
def _nearest_on_segment(X, row, vertices, i, in_short, in_full):
    """Give the position and the squared distance.

    They follow from three sums of one pass, in the precision of `in_short`, unless little is left
    of them: then from sums in float64, and if that is not enough either, the difference is
    computed, and squared.
    """
    t, q, sq_start = by_sums(X, row, vertices, i, in_short)
    if q > ENOUGH_LEFT * sq_start:
        return t, q
    t, q, sq_start = by_sums(X, row, vertices, i, in_full)
    if X.itemsize == 4 and q > CANCELLATION * sq_start:
        return t, q
    q = 0.0
    for k in range(X.shape[1]):
        y = np.float64(X[row, k])
        residual = (1.0 - t) * (y - vertices[i, k]) + t * (y - vertices[i + 1, k])
        q += residual * residual
    return t, q


@jit(fastmath=REORDER)
def by_sums(X, row, vertices, i, sums):
    """Give the position, the squared distance, and that to the start of the segment.

    From three sums of one pass, taken in the precision of `sums`.
    """
    kind = sums.dtype.type
    along, sq_length, sq_start = kind(0), kind(0), kind(0)
    for k in range(X.shape[1]):
        c = kind(vertices[i, k])
        d = kind(vertices[i + 1, k]) - c
        y = kind(X[row, k]) - c
        along += y * d
        sq_length += d * d
        sq_start += y * y
    along_, sq_length_, sq_start_ = np.float64(along), np.float64(sq_length), np.float64(sq_start)
    t = 0.0
    if sq_length_ > 0.0:
        t = min(max(along_ / sq_length_, 0.0), 1.0)
    return t, sq_start_ - t * (2.0 * along_ - t * sq_length_), sq_start_
