"""Projection on an accelerator: rows that are there stay, others come block by block."""

from __future__ import annotations

from collections.abc import Callable

import torch

from skcurve.notices import warn
from skcurve.parallel import has_triton
from skcurve.projection.blocked import project_blocked
from skcurve.projection.result import Projection
from skcurve.projection.table import SearchTable

BLOCK_BYTES = 1 << 28
"""Of rows, that travel together: beginning a copy takes no time beside that."""

FEWEST_ROWS = 256
"""A block that does not fit in memory is halved, but not below so many rows."""

DOUBTFUL_ROWS = 1 << 16
"""So many rows that are in doubt are gathered at a time, also where all rows are one block."""

Search = Callable[[torch.Tensor], tuple[Projection[torch.Tensor], torch.Tensor | None]]
"""From rows on the device to their projection, and marks of those in doubt, if there may be any."""

Settle = Callable[[torch.Tensor], Projection[torch.Tensor]]
"""From rows on the device that were in doubt to their projection."""


def project_streamed(
    X: torch.Tensor, vertices: torch.Tensor, table: SearchTable
) -> Projection[torch.Tensor]:
    """Project on the device of the vertices; see `skcurve.projection.project`.

    With the Triton kernels where there are some, else with `project_blocked`.
    """
    with torch.cuda.device_of(vertices):  # kernels start on the current device
        if has_triton(vertices.device):
            from skcurve.projection import fused_triton

            def search(block: torch.Tensor) -> tuple[Projection[torch.Tensor], torch.Tensor]:
                return fused_triton.project_undoubted(block, vertices, table)

            def settle(block: torch.Tensor) -> Projection[torch.Tensor]:
                return fused_triton.project_doubtful(block, vertices, table)

            try:
                return stream(X, vertices.device, search, settle)
            except fused_triton.UNFIT as error:
                warn(
                    f"the Triton kernels do not run on this GPU ({type(error).__name__}: {error}). "
                    "skcurve computes without them, which takes longer.",
                    RuntimeWarning,
                )

        def project_block(block: torch.Tensor) -> tuple[Projection[torch.Tensor], None]:
            return project_blocked(block, vertices, table), None

        return stream(X, vertices.device, project_block, None)


def stream(
    X: torch.Tensor, device: torch.device, search: Search, settle: Settle | None
) -> Projection[torch.Tensor]:
    """Send rows to a device block by block, and collect what is found there.

    There are two lanes. A lane holds a block of rows in memory that the device reads by itself
    (pinned), the same block on the device, and its results. While the device works on one lane, the
    other is filled; the only wait is for the lane to be filled next. Rows that are on the device
    already are one block, and stay where they are. Where memory does not suffice, blocks are
    halved.

    Parameters
    ----------
    X : (n, D) tensor
        Rows.
    device : torch.device
        Where to project them.
    search : Search
        Waits for nothing.
    settle : Settle or None
        For the rows in doubt, in the end.

    Returns
    -------
    projection : Projection
        Where X is.

    Warns
    -----
    RuntimeWarning
        Once, if blocks are halved.
    """
    n_rows, stays = len(X), X.device == device
    found = Projection(
        torch.empty(n_rows, dtype=torch.int64, device=X.device),
        X.new_empty(n_rows),
        X.new_empty(n_rows),
    )
    doubt = torch.zeros(n_rows, dtype=torch.int8, device=X.device)
    n_block = n_rows if stays else BLOCK_BYTES // (X.element_size() * max(1, X.shape[1]))
    n_block = max(FEWEST_ROWS, min(n_block, n_rows))
    lanes: list[_Lane] = []
    first, turn, halved = 0, 0, False
    while first < n_rows:
        try:
            lanes = lanes or [_Lane((*found, doubt), X, n_block, device) for _ in range(2)]
            rows = slice(first, min(first + n_block, n_rows))
            lanes[turn % 2].send(rows, search)
        except torch.OutOfMemoryError:
            for lane in lanes:
                lane.collect()
            if n_block <= FEWEST_ROWS:
                raise
            if not halved:
                warn(
                    f"a block of {n_block:,} rows does not fit in the memory of {device}; "
                    "skcurve goes on with smaller ones.",
                    RuntimeWarning,
                )
            lanes, n_block, halved = [], max(FEWEST_ROWS, n_block // 2), True
        else:
            first, turn = rows.stop, turn + 1
    for lane in lanes:
        lane.collect()
    if settle is not None:
        for part in doubt.nonzero()[:, 0].split(min(n_block, DOUBTFUL_ROWS)):
            for whole, settled in zip(found, settle(X[part].to(device)), strict=True):
                whole[part] = settled.to(X.device)
    return found


class _Lane:
    """Room for a block of rows here and on the device, and for what is found.

    Parameters
    ----------
    parts : tuple of (n,) tensor
        Where results go: of the projection, and the marks of doubt.
    X : (n, D) tensor
        All rows.
    n_block : int
        The most rows of a block.
    device : torch.device
        Where blocks go.
    """

    def __init__(
        self,
        parts: tuple[torch.Tensor, ...],
        X: torch.Tensor,
        n_block: int,
        device: torch.device,
    ) -> None:
        self._parts, self._X, self._device = parts, X, device
        self._under_way: slice | None = None
        self._stays = X.device == device
        self._by_itself = device.type == "cuda" and X.device.type == "cpu"
        if self._stays:
            return
        self._there = torch.empty((n_block, X.shape[1]), dtype=X.dtype, device=device)
        self._results = [
            torch.empty(n_block, dtype=part.dtype, device=X.device, pin_memory=self._by_itself)
            for part in parts
        ]
        self._pinned: torch.Tensor | None = None
        if self._by_itself:
            self._copies, self._done = torch.cuda.Stream(device), torch.cuda.Event()
            # The memory may have been that of others, who are not done with it on the other stream.
            self._copies.wait_stream(torch.cuda.current_stream(device))
            if not X.is_pinned():
                self._pinned = torch.empty((n_block, X.shape[1]), dtype=X.dtype, pin_memory=True)

    def send(self, rows: slice, search: Search) -> None:
        """Let the device search for the given rows; wait only for those sent in here before."""
        self.collect()
        block = self._X[rows]
        if self._stays:
            for whole, part in zip(self._parts, _flat(search(block)), strict=True):
                if part is not None:
                    whole[rows] = part
            return
        n = len(block)
        source = block if self._pinned is None else self._pinned[:n].copy_(block)
        with torch.cuda.stream(self._copies if self._by_itself else None):
            block = self._there[:n].copy_(source, non_blocking=self._by_itself)
        if self._by_itself:
            torch.cuda.current_stream(self._device).wait_stream(self._copies)
        for result, part in zip(self._results, _flat(search(block)), strict=True):
            if part is None:
                result[:n] = 0
            else:
                result[:n].copy_(part, non_blocking=self._by_itself)
        if self._by_itself:
            self._done.record(torch.cuda.current_stream(self._device))
        self._under_way = rows

    def collect(self) -> None:
        """Wait for what is under way, if anything is, and put it where it belongs."""
        if self._under_way is None:
            return
        if self._by_itself:
            self._done.synchronize()
        rows, self._under_way = self._under_way, None
        for whole, result in zip(self._parts, self._results, strict=True):
            whole[rows] = result[: rows.stop - rows.start]


def _flat(
    answer: tuple[Projection[torch.Tensor], torch.Tensor | None],
) -> tuple[torch.Tensor | None, ...]:
    found, doubt = answer
    return (*found, doubt)
