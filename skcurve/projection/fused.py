"""The search compiled: a block's product and one fused pass over it while it is in the cache."""

from __future__ import annotations

import numpy as np
import torch

from skcurve.parallel import jit, run_threads
from skcurve.projection.result import Projection
from skcurve.projection.table import SearchTable

BLOCK_ENTRIES = 1 << 18
MAX_BLOCK_ROWS = 512
SPAN_BYTES = 1 << 23
"""Rows that are not contiguous are copied, this many bytes at a time on each core."""

CHUNK, FEW = 64, 4
OVERFLOW, EVERY_BITS = 1e30, 2**31 - 1
NO_FIRST, NO_LAST = np.int32(2**31 - 1), np.int32(-1)

CANCELLATION = {4: 1e-6, 8: 0.1}
"""Below this share of the squared distance to a vertex, float64 has lost digits of the result that
rows of so many bytes an entry need."""

REORDER = {"reassoc", "contract", "nsz", "arcp"}
"""Sums may be reordered, so that they use vector instructions; not-a-number keeps its meaning."""


def project_fused(
    X: torch.Tensor, vertices: torch.Tensor, table: SearchTable
) -> Projection[torch.Tensor]:
    """Project with the compiled kernel, on all cores; see `skcurve.projection.project`."""
    n_rows = len(X)
    points, corners = X.numpy(), np.ascontiguousarray(vertices.numpy())
    segment = np.empty(n_rows, np.int64)
    position, sq_distance = np.empty(n_rows, points.dtype), np.empty(n_rows, points.dtype)
    n_block = block_rows(*vertices.shape)
    constants = tuple(part.numpy() if isinstance(part, torch.Tensor) else part for part in table)
    cancellation = CANCELLATION[points.itemsize]
    n_spans = max(2 * torch.get_num_threads(), points.nbytes // SPAN_BYTES)
    edges = np.linspace(0, n_rows, min(n_spans, 1 + n_rows // n_block) + 1).astype(np.int64)

    def project_one(span: int) -> None:
        rows = slice(edges[span], edges[span + 1])
        _project_rows(
            np.ascontiguousarray(points[rows]), corners, *constants, n_block, cancellation,
            segment[rows], position[rows], sq_distance[rows],
        )  # fmt: skip

    run_threads(project_one, range(len(edges) - 1))
    return Projection(*(torch.from_numpy(part) for part in (segment, position, sq_distance)))


def block_rows(n_vertices: int, n_features: int) -> int:
    """How many rows to take at once, so that their product stays in the cache."""
    return int(np.clip(BLOCK_ENTRIES // max(n_vertices, n_features), 16, MAX_BLOCK_ROWS))


@jit(fastmath=REORDER)
def _project_rows(
    X, vertices, center, scale, product, sq_norm, slope, half, length, tolerance,
    home_segment, home_position, n_block, cancellation, segment, position, sq_distance,
):  # fmt: skip
    n_rows, n_vertices = X.shape[0], len(vertices)
    points = np.empty((min(n_block, n_rows), X.shape[1]), np.float32)
    values = np.empty((len(points), n_vertices), np.float32)
    q = np.empty(n_vertices, np.float32)
    limit = np.empty(1, np.float32)
    q_bits, limit_bits = q.view(np.int32), limit.view(np.int32)
    numbers = np.arange(n_vertices).astype(np.int32)
    for start in range(0, n_rows, n_block):
        n = min(n_block, n_rows - start)
        center_rows(X[start : start + n], center, scale, points)
        np.dot(points[:n], product, values[:n])
        for row in range(n):
            sq_size = squared_norm(points[row])
            reach = np.float32(2.0 * tolerance * (1.0 + np.sqrt(sq_size)))
            segment_values(values[row], sq_norm, slope, half, length, sq_size + reach, q)
            limit_bits[0] = smallest(q_bits)
            limit[0] += reach
            if not limit[0] < OVERFLOW:
                limit_bits[0] = EVERY_BITS
            x = X[start + row]
            best_t, best_q, best_segment = 0.0, np.inf, 0
            # Nearly always there is one candidate, or a few side by side.
            first, last = ends_within(q_bits, limit_bits[0], numbers)
            for chunk in range(first, last + 1, CHUNK):
                stop = min(chunk + CHUNK, last + 1)
                if stop - chunk > FEW and not any_within(q_bits[chunk:stop], limit_bits[0]):
                    continue
                for j in range(chunk, stop):
                    if q[j] > limit[0]:
                        continue
                    # A vertex is met at the start of the segment after it, whichever was found.
                    i, t, sq = min(j, n_vertices - 2) - 1, 1.0, np.inf
                    while t == 1.0 and i < n_vertices - 2:
                        i += 1
                        t, sq = _nearest_on_segment(x, vertices[i], vertices[i + 1], cancellation)
                    if sq < best_q:
                        best_t, best_q, best_segment = t, sq, i
            if best_t == 0.0:
                best_t = home_position[best_segment]
                best_segment = home_segment[best_segment]
            segment[start + row] = best_segment
            position[start + row] = best_t
            sq_distance[start + row] = best_q


@jit(fastmath=REORDER)
def center_rows(X, center, scale, out):
    """Write the rows less `center`, times `scale`, in single precision."""
    scale = X.dtype.type(scale)
    for row in range(len(X)):
        x, y = X[row], out[row]
        for k in range(len(center)):
            y[k] = (x[k] - center[k]) * scale


@jit(fastmath=REORDER)
def squared_norm(x):
    """Sum the squares of a row."""
    total = x.dtype.type(0)
    for k in range(len(x)):
        total += x[k] * x[k]
    return total


@jit(fastmath=REORDER)
def segment_values(value, sq_norm, slope, half, length, shift, q):
    """Write the squared distances, from the products of a row with minus twice the vertices.

    `shift` is |x|², and more if that is needed to keep them positive. The last entry is the
    distance to the last vertex; see `SearchTable`.
    """
    zero = np.float32(0)
    last = len(value) - 1
    after, after_norm = value[1:], sq_norm[1:]
    for j in range(last):
        v = sq_norm[j] + value[j]
        s = (v - (after_norm[j] + after[j])) * slope[j] + half[j]
        s = s if s > zero else zero
        s = s if s < length[j] else length[j]
        q[j] = v - s * s + shift
    q[last] = sq_norm[last] + value[last] + shift


@jit()
def smallest(bits):
    """Take the minimum of positive floats by their bits, which have the same order.

    A minimum of integers compiles to vector instructions; of floats, it would be a chain of
    comparisons, ten times slower.
    """
    least = bits[0]
    for j in range(1, len(bits)):
        least = bits[j] if bits[j] < least else least
    return least


@jit()
def ends_within(bits, limit, numbers):
    """Find the first and the last entry not above the limit, by bits; at least one is.

    `numbers` are those of the entries, as wide as these, for the vector instructions.
    """
    first, last = NO_FIRST, NO_LAST
    for j in range(len(bits)):
        low = numbers[j] if bits[j] <= limit else NO_FIRST
        high = numbers[j] if bits[j] <= limit else NO_LAST
        first = low if low < first else first
        last = high if high > last else last
    return first, last


@jit()
def any_within(bits, limit):
    """Whether any entry is not above the limit, by bits."""
    count = 0
    for j in range(len(bits)):
        count += bits[j] <= limit
    return count > 0


@jit(fastmath=REORDER)
def _nearest_on_segment(x, first, second, cancellation):
    """Give the position and the squared distance, in float64.

    The distance follows from three sums of one pass, unless little is left of them: then the
    difference is computed, and squared.
    """
    along, sq_length, sq_start = 0.0, 0.0, 0.0
    for k in range(len(x)):
        c = np.float64(first[k])
        d = np.float64(second[k]) - c
        y = np.float64(x[k]) - c
        along += y * d
        sq_length += d * d
        sq_start += y * y
    t = 0.0
    if sq_length > 0.0:
        t = min(max(along / sq_length, 0.0), 1.0)
    total = sq_start - t * (2.0 * along - t * sq_length)
    if total > cancellation * sq_start:
        return t, total
    total = 0.0
    for k in range(len(x)):
        y = np.float64(x[k])
        residual = (1.0 - t) * (y - first[k]) + t * (y - second[k])
        total += residual * residual
    return t, total
