"""The search on a GPU: a tile of the product at a time, and of each row only the nearest kept."""

from __future__ import annotations

from typing import NamedTuple

import torch
import triton
import triton.language as tl
from triton.compiler import CompilationError
from triton.runtime.errors import OutOfResources, PTXASError

from skcurve.projection.blocked import REACH_PER_ROUNDING, ROUNDING, choose_exactly
from skcurve.projection.result import Projection
from skcurve.projection.streamed import DOUBTFUL_ROWS
from skcurve.projection.table import SearchTable

TILE_ROWS, TILE_VERTICES, TILE_FEATURES = 128, 128, 32
PLACED_ROWS, PLACED_FEATURES = 32, 64
OPTIONS = {"num_warps": 8, "num_stages": 3}

FARTHEST = 1e15
"""Rows farther from the curve, in sizes of it, are in doubt: squares could leave float32."""

UNFIT = (OutOfResources, PTXASError, CompilationError)
"""What Triton raises where a device is too small for the kernels, or cannot run them."""


class Met(NamedTuple):
    """The two nearest segments of each row, and the squared distances there, less |x|².

    Attributes
    ----------
    nearest, runner_up : (n,) int32 tensor
        Of segments; the last vertex counts as one more.
    least, second : (n,) float32 tensor
    """

    nearest: torch.Tensor
    runner_up: torch.Tensor
    least: torch.Tensor
    second: torch.Tensor


def project_triton(
    X: torch.Tensor, vertices: torch.Tensor, table: SearchTable, precision: str | None = None
) -> Projection[torch.Tensor]:
    """Project with Triton kernels; see `skcurve.projection.project`.

    1. A tile of rows meets the vertices, a tile of them at a time. The product stays on the chip;
       of each row, the two nearest segments are kept (`meet`).
    2. Another kernel measures each row and its segment directly, in float64, and says whether the
       second may be as near as the first.
    3. The few rows where it may are compared with all segments that are close, by the rule of the
       other searches, and measured again (`project_doubtful`).

    Nothing waits for the device before the third step.

    Parameters
    ----------
    X, vertices, table
        As for the other searches.
    precision : {"ieee", "tf32x3", "tf32"}, optional
        Of the products. The answer is exact with each of them: a lower one leaves more rows in
        doubt. By default `search_precision`.
    """
    found, doubt = project_undoubted(X, vertices, table, precision)
    for rows in doubt.nonzero()[:, 0].split(DOUBTFUL_ROWS):
        for part, settled in zip(found, project_doubtful(X[rows], vertices, table), strict=True):
            part[rows] = settled
    return found


def project_undoubted(
    X: torch.Tensor, vertices: torch.Tensor, table: SearchTable, precision: str | None = None
) -> tuple[Projection[torch.Tensor], torch.Tensor]:
    """Do the first two steps of `project_triton`, and mark in (n,) the rows left in doubt."""
    precision = precision or search_precision(X.device)
    lines = torch.stack([table.sq_norm, table.slope, table.half, table.length])
    met = meet(X, table.product.T, lines, precision, frame=frame_of(table))
    doubt = torch.empty(len(X), dtype=torch.int8, device=X.device)
    return _place(X, vertices, table, met.nearest, precision, met, doubt), doubt


def project_doubtful(
    X: torch.Tensor, vertices: torch.Tensor, table: SearchTable
) -> Projection[torch.Tensor]:
    """Do the third step of `project_triton`, for rows that are all in doubt."""
    return _place(X, vertices, table, choose_exactly(X, vertices, table).int())


def search_precision(device: torch.device) -> str:
    """Name the fastest way in which a device takes products as good as those of float32.

    Three products in TF32 are, and tensor cores take them sooner than one in float32.
    """
    if device.type != "cuda" or torch.version.hip is not None:
        return "ieee"
    return "tf32x3" if torch.cuda.get_device_capability(device) >= (8, 0) else "ieee"


def meet(
    X: torch.Tensor,
    corners: torch.Tensor,
    lines: torch.Tensor,
    precision: str,
    *,
    dithers: torch.Tensor | None = None,
    tasks: torch.Tensor | None = None,
    n_results: int | None = None,
    most_rows: int | None = None,
    frame: torch.Tensor | None = None,
) -> Met:
    """Find the two nearest segments of every row, or the two nearest dithered points.

    Parameters
    ----------
    X : (n, D) tensor
        Rows.
    corners : (M, D) float32 tensor
        Minus two times the vertices.
    lines : (4, M) or (n_tasks, M) float32 tensor
        Squared norm, slope, half and length, as in `SearchTable`. With dithers, the squared norms
        of the points of each task, and a last column that is not read.
    precision : str
        Of the products; a key of `ROUNDING`.
    dithers : (n_tasks, M) float32 tensor, optional
        Segment i is then the point so far along it; the last column is not read.
    tasks : (n_tasks, 3) int64 tensor, optional
        The first row of each task, the one after its last, and where its results go. By default
        all rows are one task.
    n_results, most_rows : int, optional
        How many results there are, and how many rows a task has at most; with `tasks`.
    frame : (D + 1,) tensor, optional
        The centre of the rows and their scale, as of `frame_of`; 0 and 1 by default.
    """
    n_rows, n_features = X.shape
    if tasks is None:
        tasks = torch.tensor([[0, n_rows, 0]]).to(X.device, non_blocking=True)
    n_results = n_rows if n_results is None else n_results
    most_rows = n_rows if most_rows is None else most_rows
    kinds = (torch.int32, torch.int32, torch.float32, torch.float32)
    met = Met(*(torch.empty(n_results, dtype=kind, device=X.device) for kind in kinds))
    corners = laid_out(corners, precision)
    if most_rows > 0:
        grid = (triton.cdiv(most_rows, TILE_ROWS), len(tasks))
        _meet_kernel[grid](
            X, corners, lines, lines if dithers is None else dithers,
            unmoved(X) if frame is None else frame, tasks, *met,
            len(corners), n_features, *X.stride(), *corners.stride(),
            DITHERED=dithers is not None, PRECISION=precision, ROWS=TILE_ROWS,
            VERTICES=TILE_VERTICES, FEATURES=TILE_FEATURES, **OPTIONS,
        )  # fmt: skip
    return met


def laid_out(corners: torch.Tensor, precision: str) -> torch.Tensor:
    """Put beside each other in memory what the units that multiply read together.

    Tensor cores read the features of a vertex, many at a time. Where there are none, threads beside
    each other read vertices beside each other. The other way round, they would queue for the same
    bank of the memory on the chip.

    Parameters
    ----------
    corners : (M, D) tensor
        See `meet`.
    precision : str
        Of the products.

    Returns
    -------
    corners : (M, D) tensor
        The same numbers.
    """
    return corners.T.contiguous().T if precision == "ieee" else corners.contiguous()


def frame_of(table: SearchTable) -> torch.Tensor:
    """Put the centre and the scale of a table in one tensor, in their own precision.

    A number that is passed to a kernel is single, and the scale of float64 rows may not be.
    """
    return torch.cat([table.center, table.center.new_full((1,), table.scale)])


def unmoved(X: torch.Tensor) -> torch.Tensor:
    """Give the frame of rows that stand for themselves."""
    return torch.nn.functional.pad(X.new_zeros(X.shape[1]), (0, 1), value=1.0)


def _place(
    X: torch.Tensor,
    vertices: torch.Tensor,
    table: SearchTable,
    segment: torch.Tensor,
    precision: str = "ieee",
    met: Met | None = None,
    doubt: torch.Tensor | None = None,
) -> Projection[torch.Tensor]:
    """Measure rows and the segments that were found for them; mark what is in doubt, if asked."""
    n_rows, n_features = X.shape
    found = Projection(
        torch.empty(n_rows, dtype=torch.int64, device=X.device),
        X.new_empty(n_rows),
        X.new_empty(n_rows),
    )
    if n_rows > 0:
        least, second = (found.position, found.position) if met is None else met[2:]
        _place_kernel[(triton.cdiv(n_rows, PLACED_ROWS),)](
            X, vertices.contiguous(), segment, frame_of(table), table.home_segment,
            table.home_position, least, second, *found, found.segment if doubt is None else doubt,
            n_rows, len(vertices), n_features, X.stride(0), X.stride(1),
            2.0 * table.tolerance, REACH_PER_ROUNDING * ROUNDING[precision], FARTHEST,
            DOUBT=doubt is not None, ROWS=PLACED_ROWS, FEATURES=PLACED_FEATURES, num_warps=4,
        )  # fmt: skip
    return found


# How many rows and vertices there are says nothing of how they lie in memory: one kernel does.
@triton.jit(do_not_specialize=["n_vertices"])
def _meet_kernel(
    X, corners, lines, dithers, frame, tasks, nearest, runner_up, least, second,
    n_vertices, n_features, row_stride, column_stride, vertex_stride, feature_stride,
    DITHERED: tl.constexpr, PRECISION: tl.constexpr, ROWS: tl.constexpr, VERTICES: tl.constexpr,
    FEATURES: tl.constexpr,
):  # fmt: skip
    task = tl.program_id(1).to(tl.int64)
    begin, end = tl.load(tasks + 3 * task), tl.load(tasks + 3 * task + 1)
    local = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    row = begin + local
    there = row < end
    scale = tl.load(frame + n_features)
    column = tl.arange(0, VERTICES)
    n_targets = n_vertices - 1 if DITHERED else n_vertices
    best = tl.full((ROWS,), float("inf"), tl.float32)
    other = tl.full((ROWS,), float("inf"), tl.float32)
    best_at = tl.zeros((ROWS,), tl.int32)
    other_at = tl.zeros((ROWS,), tl.int32)
    # A segment needs the values of both its ends: tiles share a vertex.
    for first in range(0, n_vertices - 1, VERTICES - 1):
        vertex = first + column
        values = tl.zeros((ROWS, VERTICES), tl.float32)
        for start in range(0, n_features, FEATURES):
            k = start + tl.arange(0, FEATURES)
            inside = k < n_features
            x = tl.load(
                X + row[:, None] * row_stride + k[None, :] * column_stride,
                mask=there[:, None] & inside[None, :], other=0.0,
            )  # fmt: skip
            c = tl.load(frame + k, mask=inside, other=0.0)
            point = ((x - c[None, :]) * scale).to(tl.float32)
            corner = tl.load(
                corners + k[:, None] * feature_stride + vertex[None, :] * vertex_stride,
                mask=inside[:, None] & (vertex < n_vertices)[None, :], other=0.0,
            )  # fmt: skip
            values = tl.dot(point, corner, values, input_precision=PRECISION)
        after = tl.broadcast_to(tl.minimum(column + 1, VERTICES - 1)[None, :], (ROWS, VERTICES))
        known = vertex < n_vertices
        if DITHERED:
            t = tl.load(dithers + task * n_vertices + vertex, mask=known, other=0.0)[None, :]
            norm = tl.load(lines + task * n_vertices + vertex, mask=known, other=0.0)[None, :]
            values += t * (tl.gather(values, after, 1) - values) + norm
        else:
            values += tl.load(lines + vertex, mask=known, other=0.0)[None, :]
            slope = tl.load(lines + n_vertices + vertex, mask=known, other=0.0)[None, :]
            half = tl.load(lines + 2 * n_vertices + vertex, mask=known, other=0.0)[None, :]
            length = tl.load(lines + 3 * n_vertices + vertex, mask=known, other=0.0)[None, :]
            s = (values - tl.gather(values, after, 1)) * slope + half
            s = tl.minimum(tl.maximum(s, 0.0), length)
            values -= s * s
        # The vertex that tiles share is the next one's, but for the last of all.
        own = (vertex < n_targets) & ((column < VERTICES - 1) | (vertex == n_vertices - 1))
        values = tl.where(own[None, :], values, float("inf"))
        here, at = tl.min(values, 1, return_indices=True)
        values = tl.where(column[None, :] == at[:, None], float("inf"), values)
        beside, beside_at = tl.min(values, 1, return_indices=True)
        closer = here < best
        # The second of all is the loser of the two first, or the second beside the winner.
        loser, loser_at = tl.where(closer, best, here), tl.where(closer, best_at, first + at)
        rest = tl.where(closer, beside, other)
        rest_at = tl.where(closer, first + beside_at, other_at)
        nearer = loser <= rest
        other, other_at = tl.where(nearer, loser, rest), tl.where(nearer, loser_at, rest_at)
        best, best_at = tl.where(closer, here, best), tl.where(closer, first + at, best_at)
    out = tl.load(tasks + 3 * task + 2) + local
    tl.store(nearest + out, best_at, mask=there)
    tl.store(runner_up + out, other_at, mask=there)
    tl.store(least + out, best, mask=there)
    tl.store(second + out, other, mask=there)


@triton.jit(do_not_specialize=["n_rows", "n_vertices"])
def _place_kernel(
    X, vertices, chosen, frame, home_segment, home_position, least, second, segment, position,
    sq_distance, doubt, n_rows, n_vertices, n_features, row_stride, column_stride,
    tolerance, rounding, farthest,
    DOUBT: tl.constexpr, ROWS: tl.constexpr, FEATURES: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    there = row < n_rows
    number = tl.load(chosen + row, mask=there, other=0)
    number = tl.minimum(number, n_vertices - 2).to(tl.int64)
    scale = tl.load(frame + n_features)
    along = tl.zeros((ROWS,), tl.float64)
    sq_length = tl.zeros((ROWS,), tl.float64)
    sq_size = tl.zeros((ROWS,), tl.float32)
    for start in range(0, n_features, FEATURES):
        k = start + tl.arange(0, FEATURES)
        inside = k < n_features
        mask = there[:, None] & inside[None, :]
        x = tl.load(X + row[:, None] * row_stride + k[None, :] * column_stride, mask, 0.0)
        at = vertices + number[:, None] * n_features + k[None, :]
        before = tl.load(at, mask, 0.0).to(tl.float64)
        step = tl.load(at + n_features, mask, 0.0).to(tl.float64) - before
        along += tl.sum((x.to(tl.float64) - before) * step, 1)
        sq_length += tl.sum(step * step, 1)
        if DOUBT:
            c = tl.load(frame + k, mask=inside, other=0.0)
            point = ((x - c[None, :]) * scale).to(tl.float32)
            sq_size += tl.sum(tl.where(mask, point * point, 0.0), 1)
    t = tl.where(sq_length > 0.0, along / tl.where(sq_length > 0.0, sq_length, 1.0), 0.0)
    t = tl.minimum(tl.maximum(t, 0.0), 1.0)
    q = tl.zeros((ROWS,), tl.float64)
    for start in range(0, n_features, FEATURES):
        k = start + tl.arange(0, FEATURES)
        mask = there[:, None] & (k < n_features)[None, :]
        x = tl.load(X + row[:, None] * row_stride + k[None, :] * column_stride, mask, 0.0)
        at = vertices + number[:, None] * n_features + k[None, :]
        a = x.to(tl.float64) - tl.load(at, mask, 0.0).to(tl.float64)
        b = x.to(tl.float64) - tl.load(at + n_features, mask, 0.0).to(tl.float64)
        residual = (1.0 - t)[:, None] * a + t[:, None] * b
        q += tl.sum(residual * residual, 1)
    at_start = t == 0.0
    t = tl.where(at_start, tl.load(home_position + number, mask=there, other=0.0), t)
    home = tl.load(home_segment + number, mask=there, other=0)
    tl.store(segment + row, tl.where(at_start, home, number), mask=there)
    tl.store(position + row, t, mask=there)
    tl.store(sq_distance + row, q, mask=there)
    if DOUBT:
        size = tl.sqrt(sq_size)
        limit = tl.load(least + row, mask=there, other=0.0)
        limit += tolerance * (1.0 + size) + rounding * size
        certain = (tl.load(second + row, mask=there, other=0.0) > limit) & (size < farthest)
        tl.store(doubt + row, tl.where(certain, 0, 1).to(tl.int8), mask=there)
