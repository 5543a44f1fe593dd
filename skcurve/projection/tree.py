"""The search in less than M: boxes around stretches of the curve, opened where they may matter."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from skcurve.parallel import jit
from skcurve.projection.fused import (
    ENOUGH_LEFT,
    REORDER,
    by_sums,
    nearest_from,
    project_in_spans,
    two_smallest,
)
from skcurve.projection.result import Projection
from skcurve.projection.table import SearchTable

LEAF, WIDTH = 8, 8
"""How many segments a smallest box holds, and how many boxes a larger one."""

ROWS_PER_BOX, FEWEST_ROWS, MOST_ENTRIES = 8, 4096, 1 << 17
"""A block has so many rows for each box, so that an open one meets enough of them at once; but not
so few that boxes are opened for nothing, nor so many that they leave the cache."""

MOST_FEATURES, FEWEST_PROJECTED = 16, 4096
"""Beyond, boxes hardly ever exclude anything; below, the product is done before a tree is built."""

COST, COST_MET = 450, 7
"""What a row costs by the tree, and what each segment does that it meets, in vertices of the
product. As benchmarks/bench_tree.py measured them."""

MOST_PROBES, PROBED_SHARE = 256, 1 / 64
"""On how many rows it is found out, and what share of them at most."""


class CurveTree(NamedTuple):
    """A polyline with boxes around stretches of it, centred and scaled as in `SearchTable`.

    The curve is its own hierarchy. The smallest boxes, the leaves, hold eight consecutive segments,
    a larger one eight consecutive boxes, up to one for the whole. They are in the order in which
    they are looked at: first the box, then what is in it.

    Attributes
    ----------
    corners : (D, M) float32 array
        The vertices.
    low, high : (n_boxes, D) float32 array
        Two corners of each box.
    first, last : (n_boxes,) int64 array
        The vertices at which its stretch begins and ends.
    depth, beyond : (n_boxes,) int64 array
        How many boxes it is in, and the number of the first box after it that is not in it.
    starts : (n_starts,) int64 array
        About √M leaves, evenly spread: where a search begins.
    longest : float
        The length of the longest segment.
    center, scale, slope, half, length, home_segment, home_position
        Those of `SearchTable`, as arrays.
    """

    corners: npt.NDArray[Any]
    low: npt.NDArray[Any]
    high: npt.NDArray[Any]
    first: npt.NDArray[Any]
    last: npt.NDArray[Any]
    depth: npt.NDArray[Any]
    beyond: npt.NDArray[Any]
    starts: npt.NDArray[Any]
    longest: float
    center: npt.NDArray[Any]
    scale: float
    slope: npt.NDArray[Any]
    half: npt.NDArray[Any]
    length: npt.NDArray[Any]
    home_segment: npt.NDArray[Any]
    home_position: npt.NDArray[Any]

    @classmethod
    def of(cls, vertices: torch.Tensor, table: SearchTable) -> CurveTree:
        """Build the tree of a polyline with the given (M, D) vertices and their table."""
        points = ((vertices - table.center) * table.scale).float().numpy()
        n_segments = len(points) - 1
        low, high = np.minimum(points[:-1], points[1:]), np.maximum(points[:-1], points[1:])
        levels: list[tuple[npt.NDArray[Any], ...]] = []  # of leaves first, the whole curve last
        size, width = 1, LEAF
        while not levels or len(low) > 1:
            parts = np.arange(0, len(low), width)
            low, high = np.minimum.reduceat(low, parts), np.maximum.reduceat(high, parts)
            size, width = size * width, WIDTH
            first = np.arange(0, n_segments, size)
            depth = np.full(len(first), -len(levels))
            levels.append((low, high, first, np.minimum(first + size, n_segments), depth))
        low, high, first, last, depth = map(np.concatenate, zip(*levels, strict=True))
        order = np.lexsort((depth, first))
        first, last, depth = first[order], last[order], depth[order] + len(levels) - 1
        leaves = np.flatnonzero(depth == len(levels) - 1)
        n_starts = min(len(leaves), max(1, round(n_segments**0.5)))
        return cls(
            corners=np.ascontiguousarray(points.T),
            low=low[order],
            high=high[order],
            first=first,
            last=last,
            depth=depth,
            beyond=np.searchsorted(first, last),
            starts=leaves[np.arange(n_starts) * len(leaves) // n_starts],
            longest=float(table.length.max()),
            center=table.center.numpy(),
            scale=table.scale,
            slope=table.slope.numpy(),
            half=table.half.numpy(),
            length=table.length.numpy(),
            home_segment=table.home_segment.numpy(),
            home_position=table.home_position.numpy(),
        )


def find_tree(X: torch.Tensor, vertices: torch.Tensor, table: SearchTable) -> CurveTree | None:
    """Build a tree, and give it if a search with it is faster than the product.

    How much of a curve has to be looked at depends on how the curve lies and on where the rows are,
    so it is counted, on a few rows. Both searches give the same bits, so nothing else depends on
    the choice.

    Parameters
    ----------
    X : (n, D) tensor
        Rows to project.
    vertices : (M, D) tensor
        The polyline.
    table : SearchTable
        The same, prepared.
    """
    n_rows, n_features = X.shape
    n_vertices = len(vertices)
    if n_features > MOST_FEATURES or n_vertices <= COST or n_rows < FEWEST_PROJECTED:
        return None
    tree = CurveTree.of(vertices, table)
    n_probes = min(MOST_PROBES, int(PROBED_SHARE * n_rows))
    probes = X[torch.arange(n_probes) * n_rows // n_probes]
    met = (n_vertices - 1) * share_met(probes, vertices, tree)
    return tree if COST + COST_MET * met < n_vertices else None


def project_by_tree(
    X: torch.Tensor, vertices: torch.Tensor, table: SearchTable, tree: CurveTree | None = None
) -> Projection[torch.Tensor]:
    """Project with the tree, on all cores; see `skcurve.projection.project`."""
    corners = np.ascontiguousarray(vertices.numpy())
    tree = CurveTree.of(vertices, table) if tree is None else tree
    n_block = max(FEWEST_ROWS, ROWS_PER_BOX * len(tree.low))
    n_block = max(1, min(n_block, MOST_ENTRIES // X.shape[1]))

    def project_span(rows: npt.NDArray[Any], *found: npt.NDArray[Any]) -> None:
        _project_rows(rows, corners, tree, n_block, *found)

    return project_in_spans(X, project_span, n_block)


def share_met(X: torch.Tensor, vertices: torch.Tensor, tree: CurveTree) -> float:
    """Count how many segments rows meet, on average, as a share of all.

    Parameters
    ----------
    X : (n, D) tensor
        At least one row.
    vertices : (M, D) tensor
        The polyline.
    tree : CurveTree
        The same, prepared.
    """
    rows = np.ascontiguousarray(X.numpy())
    found = np.empty(len(X), np.int64), np.empty(len(X), rows.dtype), np.empty(len(X), rows.dtype)
    n_met = _project_rows(rows, np.ascontiguousarray(vertices.numpy()), tree, len(X), *found)
    return n_met / (len(X) * (len(vertices) - 1))


class _Space(NamedTuple):
    """What a block of rows needs, taken once.

    A box is met by the rows that are inside, those of depth d by `inside[d, :n_inside[d]]`, whose
    coordinates are `points[d]`. Depth 0 is all of them.
    """

    points: npt.NDArray[Any]
    inside: npt.NDArray[Any]
    n_inside: npt.NDArray[Any]
    size: npt.NDArray[Any]
    bound: npt.NDArray[Any]
    least: npt.NDArray[Any]
    second: npt.NDArray[Any]
    limit: npt.NDArray[Any]
    nearest: npt.NDArray[Any]
    start: npt.NDArray[Any]
    begins: npt.NDArray[Any]
    packed: npt.NDArray[Any]
    values: npt.NDArray[Any]
    found: npt.NDArray[Any]
    where: npt.NDArray[Any]


@jit(fastmath=REORDER)
def _project_rows(X, vertices, tree, n_block, segment, position, sq_distance):
    """Project block by block, and give how many pairs of a row and a segment met."""
    n_rows, n_features, n_met = X.shape[0], X.shape[1], 0
    n_block = max(1, min(n_block, n_rows))
    n_depths = tree.depth.max() + 2
    space = _Space(
        np.empty((n_depths, n_features, n_block), np.float32),
        np.empty((n_depths, n_block), np.int32),
        np.empty(n_depths, np.int64),
        np.empty(n_block, np.float32),
        np.empty(n_block, np.float32),
        np.empty(n_block, np.float32),
        np.empty(n_block, np.float32),
        np.empty(n_block, np.float32),
        np.empty(n_block, np.int32),
        np.empty(n_block, np.int64),
        np.empty(len(tree.starts) + 2, np.int64),
        np.empty((n_features, n_block), np.float32),
        np.empty((LEAF + 1) * n_block, np.float32),
        np.empty((2, n_block), np.float32),
        np.empty((2, n_block), np.int32),
    )
    in_full = np.empty(0, np.float64)
    in_short = np.empty(0, X.dtype) + np.empty(0, vertices.dtype)  # of the finer of the two
    for start in range(0, n_rows, n_block):
        n = min(n_block, n_rows - start)
        _center_columns(X[start : start + n], tree, space)
        n_met += _begin(n, tree, space)
        n_met += _open(n, tree, space)
        for row in range(n):
            best = min(space.nearest[row], len(vertices) - 2)
            if not space.second[row] > space.limit[row]:  # what is not a number counts as close
                best = _settle(X, start + row, vertices, row, tree, space, in_full)
            at = start + row
            # As after the product. Compiled code that is called takes longer than this does.
            t, q, sq_start = by_sums(X, at, vertices, best, in_short)
            if t == 1.0 or not q > ENOUGH_LEFT * sq_start:
                best, t, q = nearest_from(X, at, vertices, best, in_short, in_full)
            if t == 0.0:
                t, best = tree.home_position[best], tree.home_segment[best]
            segment[at], position[at], sq_distance[at] = best, t, q
    return n_met


@jit(fastmath=REORDER)
def _center_columns(X, tree, space):
    """Write the rows, centred and scaled, as columns in single precision; and their norms."""
    points, center, scale = space.points[0], tree.center, X.dtype.type(tree.scale)
    for row in range(len(X)):
        sq_size = np.float32(0)
        for k in range(len(center)):
            y = np.float32((X[row, k] - center[k]) * scale)
            points[k, row] = y
            sq_size += y * y
        space.size[row] = np.sqrt(sq_size)


@jit(fastmath=REORDER)
def _begin(n, tree, space):
    """Let each row meet a leaf that is probably near, so that it knows how far to look."""
    points, bound, least, start = space.points[0], space.bound, space.least, space.start
    least[:n], start[:n] = np.inf, 0
    for i in range(len(tree.starts)):
        box = tree.starts[i]
        middle = (tree.first[box] + tree.last[box]) // 2
        bound[:n] = np.float32(0)
        for k in range(len(points)):
            c = tree.corners[k, middle]
            for row in range(n):
                y = points[k, row] - c
                bound[row] += y * y
        for row in range(n):
            closer = bound[row] < least[row]
            least[row] = bound[row] if closer else least[row]
            start[row] = i if closer else start[row]
    # Sort the rows by where they start: i, then, has those from begins[i] to begins[i + 1].
    begins, by_start = space.begins, space.inside[0]
    begins[:] = 0
    for row in range(n):
        begins[start[row] + 2] += 1
    for i in range(len(tree.starts)):
        begins[i + 2] += begins[i + 1]
    for row in range(n):
        i = start[row]
        by_start[begins[i + 1]] = row
        begins[i + 1] += 1
        start[row] = tree.starts[i]
    least[:n], space.second[:n], space.nearest[:n] = np.inf, np.inf, -1
    n_met = 0
    for i in range(len(tree.starts)):
        if begins[i] < begins[i + 1]:
            n_met += _meet(by_start[begins[i] : begins[i + 1]], tree.starts[i], tree, space)
    return n_met


@jit(fastmath=REORDER)
def _open(n, tree, space):
    """Open every box that is no farther from a row than what it has found."""
    points, inside, n_inside, bound = space.points, space.inside, space.n_inside, space.bound
    limit, start, n_depths = space.limit, space.start, len(space.n_inside)
    n_inside[0] = n
    for row in range(n):
        inside[0, row] = row
    n_met, box = 0, 0
    while box < len(tree.low):
        d = tree.depth[box]
        n_here, n_in = n_inside[d], 0
        bound[:n_here] = np.float32(0)
        for k in range(points.shape[1]):
            low, high = tree.low[box, k], tree.high[box, k]
            for i in range(n_here):
                y = points[d, k, i]
                under, over = low - y, y - high
                gap = under if under > over else over
                gap = gap if gap > np.float32(0) else np.float32(0)
                bound[i] += gap * gap
        for i in range(n_here):
            row = inside[d, i]
            inside[d + 1, n_in] = row
            n_in += (not bound[i] > limit[row]) & (start[row] != box)
        if n_in == 0:
            box = tree.beyond[box]
            continue
        rows = inside[d + 1, :n_in]
        n_inside[d + 1] = n_in
        if d + 2 == n_depths:
            n_met += _meet(rows, box, tree, space)
        else:
            for k in range(points.shape[1]):
                for i in range(n_in):
                    points[d + 1, k, i] = points[0, k, rows[i]]
        box += 1
    return n_met


@jit(fastmath=REORDER)
def _meet(rows, box, tree, space):
    """Compare rows with all segments of a leaf, and keep the two nearest of all so far.

    Give how many pairs that were.
    """
    n, first, last = len(rows), tree.first[box], tree.last[box]
    points, packed, longest = space.points[0], space.packed, tree.longest
    for k in range(len(points)):
        for i in range(n):
            packed[k, i] = points[k, rows[i]]
    n_corners = last - first + 1
    values = space.values[: n_corners * n].reshape(n_corners, n)
    for j in range(n_corners):
        value = values[j]
        value[:] = np.float32(0)
        for k in range(len(points)):
            c = tree.corners[k, first + j]
            for i in range(n):
                y = packed[k, i] - c
                value[i] += y * y
    stretch = slice(first, last + 1)
    two_smallest(
        values, np.zeros(n_corners, np.float32),
        tree.slope[stretch], tree.half[stretch], tree.length[stretch],
        space.found[0, :n], space.found[1, :n], space.where[0, :n], space.where[1, :n],
    )  # fmt: skip
    least, second, nearest = space.least, space.second, space.nearest
    for i in range(n):
        row, q, next_q = rows[i], space.found[0, i], space.found[1, i]
        number = np.int32(first + space.where[0, i])
        if number == nearest[row]:  # the vertex between two leaves, met in both
            least[row] = min(least[row], q)
            second[row] = min(second[row], next_q)
        elif q < least[row]:
            second[row] = min(least[row], next_q)
            least[row], nearest[row] = q, number
        else:
            second[row] = min(second[row], q)
        space.limit[row] = least[row] + _rounding(least[row], space.size[row], longest, len(points))
    return n * (last - first)


@jit(fastmath=REORDER)
def _rounding(q, size, longest, n_features):
    """Bound the difference of two squared distances that may be equal but for rounding.

    Points are rounded by a share of their distance from the centre, squares by one of themselves;
    a segment is measured by its distances to both ends.
    """
    reach = np.sqrt(max(q, np.float32(0))) + np.float32(longest)
    shift = np.float32(2.0**-22) * (np.float32(1) + size)
    share = np.float32((4 + n_features) * 2.0**-23)
    return np.float32(2) * (np.float32(2) * reach * shift + shift * shift + share * reach * reach)


@jit(fastmath=REORDER)
def _settle(X, row, vertices, column, tree, space, in_full):
    """Compare in full all segments that are no farther than the limit; the first of equals wins."""
    points, limit = space.points[0], space.limit[column]
    deepest = len(space.n_inside) - 2
    best, least_q, box = 0, np.inf, 0
    while box < len(tree.low):
        bound = np.float32(0)
        for k in range(len(points)):
            y = points[k, column]
            gap = max(tree.low[box, k] - y, y - tree.high[box, k], np.float32(0))
            bound += gap * gap
        if bound > limit:
            box = tree.beyond[box]
            continue
        if tree.depth[box] == deepest:
            after = _sq_distance(points, column, tree.corners, tree.first[box])
            for j in range(tree.first[box], tree.last[box] + 1):
                v = after
                if j < len(vertices) - 1:
                    after = _sq_distance(points, column, tree.corners, j + 1)
                    s = (v - after) * tree.slope[j] + tree.half[j]
                    s = min(max(s, np.float32(0)), tree.length[j])
                    v -= s * s
                if v > limit:
                    continue
                i = min(j, len(vertices) - 2)
                i, _, q = nearest_from(X, row, vertices, i, in_full, in_full)
                if q < least_q:
                    best, least_q = i, q
        box += 1
    return best


@jit(fastmath=REORDER)
def _sq_distance(points, column, corners, j):
    total = np.float32(0)
    for k in range(len(points)):
        y = points[k, column] - corners[k, j]
        total += y * y
    return total
