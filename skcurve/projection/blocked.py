"""The search in torch: any device, six elementwise passes after each block's product."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch

from skcurve.parallel import run_threads
from skcurve.projection.oracle import nearest_on_segment
from skcurve.projection.result import Projection
from skcurve.projection.table import SearchTable

BLOCK_ENTRIES = {"cpu": 1 << 19, "cuda": 1 << 22}
"""Entries of the product of a block: what a core's cache holds, or what keeps a GPU busy."""

SETTLED_PART = 16
"""One part in so many of that, in float64, is what rows are settled with at one time."""

GROUP = 32
"""Values are compared in groups of so many: minima are cheap to take, their places are not."""

ROUNDING = {"ieee": 0.0, "tf32x3": 2.0**-20, "tf32": 2.0**-9}
"""Precisions of a product by name, and the share of |x||c| by which one may be off, beside the
rounding of float32 that `SearchTable.tolerance` stands for."""

REACH_PER_ROUNDING = 12.0
"""A squared distance is off by up to six times as much as a product, and two are compared."""

CANCELLATION = 1e-3
"""Below this share of the squared distance to a vertex, float32 has lost digits of the result."""


def project_blocked(
    X: torch.Tensor, vertices: torch.Tensor, table: SearchTable
) -> Projection[torch.Tensor]:
    """Project in blocks of rows; see `skcurve.projection.project`.

    On the processor, each core takes a share of the rows: what a block needs then stays in that
    core's cache, and no operation waits for the other cores.
    """
    segment = torch.empty(len(X), dtype=torch.int64, device=X.device)
    position, sq_distance = X.new_empty(len(X)), X.new_empty(len(X))

    def settle(rows: slice, values: torch.Tensor, reach: torch.Tensor) -> None:
        nearest = choose(X[rows], vertices, values, reach)
        found = place(X[rows], vertices, table, nearest)
        segment[rows], position[rows], sq_distance[rows] = found

    _in_blocks(X, table, settle)
    return Projection(segment, position, sq_distance)


def choose_exactly(X: torch.Tensor, vertices: torch.Tensor, table: SearchTable) -> torch.Tensor:
    """Give only the numbers of the nearest segments, as `project_blocked` finds them."""
    segment = torch.empty(len(X), dtype=torch.int64, device=X.device)

    def settle(rows: slice, values: torch.Tensor, reach: torch.Tensor) -> None:
        segment[rows] = choose(X[rows], vertices, values, reach)

    _in_blocks(X, table, settle)
    return segment


def _in_blocks(
    X: torch.Tensor,
    table: SearchTable,
    settle: Callable[[slice, torch.Tensor, torch.Tensor], None],
) -> None:
    """Search block after block, and call `settle` with the rows of each and what was found."""
    n_rows, n_vertices = len(X), len(table.sq_norm)
    n_values = -(-n_vertices // GROUP) * GROUP
    # Twice the columns, since settling holds several copies of the rows.
    n_block = min(n_rows, max(16, _entries(X) // max(n_values, 2 * X.shape[1])))

    def search_span(span: slice) -> None:
        centered = X.new_empty((n_block, X.shape[1]))
        values = table.product.new_full((n_block, n_values), torch.inf)
        along = torch.empty_like(values[:, 1:n_vertices])
        for start in range(span.start, span.stop, n_block):
            rows = slice(start, min(start + n_block, span.stop))
            block = X[rows]
            space = [part[: len(block)] for part in (centered, values, along)]
            settle(rows, space[1], search(block, table, *space))

    n_cores = torch.get_num_threads() if X.device.type == "cpu" else 1
    n_spans = min(n_cores, -(-n_rows // max(1, n_block)))
    edges = [n_rows * span // n_spans for span in range(n_spans + 1)] if n_rows else [0]
    run_threads(search_span, [slice(*ends) for ends in pairwise(edges)])


def search(
    block: torch.Tensor,
    table: SearchTable,
    centered: torch.Tensor,
    values: torch.Tensor,
    along: torch.Tensor,
) -> torch.Tensor:
    """Fill `values` with the squared distance less |x|² to each segment, and give the reach.

    Parameters
    ----------
    block : (n, D) tensor
        Rows.
    table : SearchTable
        The polyline.
    centered : (n, D) tensor
        Scratch space of the dtype of the rows.
    values : (n, M or more) float32 tensor
        Written to, but for the columns beyond M.
    along : (n, M-1) float32 tensor
        Scratch space.

    Returns
    -------
    reach : (n,) float32 tensor
        How far above the smallest value the nearest segment may stand, by rounding.
    """
    points = torch.sub(block, table.center, out=centered).mul_(table.scale).float()
    values = values[:, : len(table.sq_norm)]
    if points.device.type == "cpu":  # numpy's product is as fast there, and stays on this core
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite counts as close
            np.matmul(points.numpy(), table.product.numpy(), out=values.numpy())
    else:
        torch.mm(points, table.product, out=values)
    values.add_(table.sq_norm)
    torch.sub(values[:, :-1], values[:, 1:], out=along)
    torch.addcmul(table.half[:-1], along, table.slope[:-1], out=along)
    torch.minimum(along.clamp_(min=0.0), table.length[:-1], out=along)
    values[:, :-1].addcmul_(along, along, value=-1.0)
    size = torch.linalg.vector_norm(points, dim=1)
    reach = 2.0 * table.tolerance * (1.0 + size)
    if points.is_cuda and torch.backends.cuda.matmul.fp32_precision == "tf32":  # a user allows it
        reach += REACH_PER_ROUNDING * ROUNDING["tf32"] * size
    return reach


def choose(
    block: torch.Tensor, vertices: torch.Tensor, values: torch.Tensor, reach: torch.Tensor
) -> torch.Tensor:
    """Compute directly the segments that may be the nearest, and keep the first of the best.

    Parameters
    ----------
    block : (n, D) tensor
        Rows.
    vertices : (M, D) tensor
        The polyline.
    values : (n, M or more) tensor
        From `search`; a whole number of groups, infinite beyond column M.
    reach : (n,) tensor
        From `search`.

    Returns
    -------
    segment : (n,) int64 tensor
        The nearest of each row.
    """
    groups = values.view(len(values), -1, GROUP)
    least = groups.amin(dim=2)
    smallest, group = least.min(dim=1, keepdim=True)
    members = groups.gather(1, group[:, :, None].expand(-1, -1, GROUP))[:, 0]
    member = members.argmin(dim=1, keepdim=True)
    limit = smallest[:, 0] + reach
    second = torch.minimum(
        least.scatter_(1, group, torch.inf).amin(dim=1),
        members.scatter_(1, member, torch.inf).amin(dim=1),
    )
    segment = (group * GROUP + member)[:, 0].clamp(max=len(vertices) - 2)
    unsettled = (~(second > limit)).nonzero()[:, 0]  # what is not a number counts as close
    # As if every segment were close to every row, which they are where all vertices are in one
    # place. So memory is bounded.
    for rows in unsettled.split(max(1, _entries(block) // SETTLED_PART // values.shape[1])):
        close = ~(values[rows] > limit[rows, None])
        segment[rows] = _nearest_of_close(block[rows], vertices, close)
    return segment


def place(
    block: torch.Tensor, vertices: torch.Tensor, table: SearchTable, segment: torch.Tensor
) -> Projection[torch.Tensor]:
    """Give the nearest points of rows on the segments that were chosen for them.

    Which rows come with which is chance: here, a row and its segment alone matter.
    """
    position, sq_distance, cancelled = _in_own_precision(block, vertices, segment)
    rows = cancelled.nonzero()[:, 0]
    t, q = _in_full_precision(block, vertices, rows, segment[rows])
    position[rows], sq_distance[rows] = t.to(position.dtype), q.to(position.dtype)
    at_start = position == 0
    position = torch.where(at_start, table.home_position[segment].to(position.dtype), position)
    segment = torch.where(at_start, table.home_segment[segment], segment)
    return Projection(segment, position, sq_distance)


def _nearest_of_close(
    block: torch.Tensor, vertices: torch.Tensor, close: torch.Tensor
) -> torch.Tensor:
    """Compare all the segments marked in the (n, M) mask, and give the first of the nearest.

    A vertex is met at the start of the segment after it: it can be nearest there only by being so.
    """
    row, segment = close.nonzero().unbind(1)
    segment = segment.clamp_(max=len(vertices) - 2)
    t, q = _in_full_precision(block, vertices, row, segment)
    # Where squares overflow, q is no number: the first that is close then counts as the nearest.
    q[((t == 1) & (segment < len(vertices) - 2)) | q.isnan()] = torch.inf
    least = q.new_full((len(block),), torch.inf).scatter_reduce_(0, row, q, "amin")
    pair = torch.arange(len(row), device=row.device)
    pair = torch.where(q == least[row], pair, len(row))
    first_pair = pair.new_full((len(block),), len(row)).scatter_reduce_(0, row, pair, "amin")
    return segment[first_pair]


def _in_own_precision(
    block: torch.Tensor, vertices: torch.Tensor, segment: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Position and squared distance on one segment a row, and where float32 does not do."""
    kind = torch.promote_types(block.dtype, vertices.dtype)
    first = vertices.index_select(0, segment).to(kind)
    step = vertices.index_select(0, segment + 1).to(kind).sub_(first)
    residual = torch.sub(block, first, out=first)
    sq_length = torch.linalg.vecdot(step, step)
    sq_start = torch.linalg.vecdot(residual, residual)
    t = torch.linalg.vecdot(residual, step) / torch.where(sq_length > 0, sq_length, 1.0)
    t.clamp_(0.0, 1.0)
    residual.addcmul_(step, t[:, None], value=-1.0)
    sq_distance = torch.linalg.vecdot(residual, residual)
    return t, sq_distance, ~(sq_distance > CANCELLATION * sq_start)


def _in_full_precision(
    block: torch.Tensor, vertices: torch.Tensor, row: torch.Tensor, segment: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Position and squared distance of pairs of a row and a segment, a bounded number at a time."""
    n_pairs = max(1, _entries(block) // SETTLED_PART // vertices.shape[1])
    t, q = (torch.empty(len(row), dtype=torch.float64, device=row.device) for _ in range(2))
    for start in range(0, len(row), n_pairs):
        pairs = slice(start, start + n_pairs)
        i, j = row[pairs], segment[pairs]
        x, first, second = (part.double() for part in (block[i], vertices[j], vertices[j + 1]))
        t[pairs], q[pairs] = nearest_on_segment(x - first, x - second, second - first)
    return t, q


def _entries(tensor: torch.Tensor) -> int:
    """Give how many entries a block has on the device of a tensor."""
    return BLOCK_ENTRIES.get(tensor.device.type, BLOCK_ENTRIES["cuda"])
