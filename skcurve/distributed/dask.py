"""Rows in the chunks of a Dask collection: they stay on their workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import dask
import dask.array
import numpy as np
import torch
from dask.delayed import Delayed, delayed

from skcurve.blocks import Block, Blocks, Spread
from skcurve.blocks.base import RowNumbers, find_gap
from skcurve.distributed.shelves import AHEAD_BYTES, Part, Shelves
from skcurve.interop import Array, as_tensor

BRANCHES = 8
"""So many sums are added in one task: those of a thousand chunks in four rounds."""

MOST_SHELVES = 64
"""So many tasks a sweep has at most, where its rows were drawn beforehand."""

SHELF_ROWS = 1 << 10
"""So many rows of a sweep, or more, a shelf has, if there are not the most shelves already."""


def open_dask(X: Any) -> Blocks:
    """Make blocks of a Dask array, a Dask frame, or a list of delayed blocks.

    Parameters
    ----------
    X : dask.array.Array, dask.dataframe.DataFrame or sequence of Delayed
        Where sizes are not known, they are counted: that computes each chunk once.

    Returns
    -------
    blocks : DaskBlocks

    Raises
    ------
    TypeError
        If it is another kind of collection.
    ValueError
        If it is no matrix.
    """
    if isinstance(X, list | tuple):
        array = _of_delayed(X)
    elif hasattr(X, "to_dask_array"):
        array = X.to_dask_array(lengths=True)
    elif isinstance(X, dask.array.Array):
        array = X
    else:
        raise TypeError(
            "X must be a Dask array, a Dask frame or a list of delayed blocks; "
            f"got {type(X).__name__}."
        )
    if array.ndim != 2 or not array.shape[1]:
        raise ValueError(f"X must be two-dimensional; got shape {array.shape}.")
    if np.isnan(array.shape[0]):
        array.compute_chunk_sizes()
    return DaskBlocks(array.rechunk({1: -1}))


class DaskBlocks(Spread):
    """The chunks of a Dask array; each is a block.

    With a `dask.distributed` client, workers keep the chunks from the first use to the end of the
    fit; one that is lost is computed again. Up to 64 chunks, all their rows stay where they are; of
    more, the rows of the next sweeps, up to 512 MiB, are laid out on up to 64 shelves on the
    workers, for a task costs more than the few rows of a chunk that a sweep needs. Without a
    client, Dask's scheduler computes chunks when they are used, and there are shelves too, so that
    this is seldom.

    Parameters
    ----------
    array : dask.array.Array
        Of known sizes, and with all columns in one chunk.
    """

    def __init__(self, array: dask.array.Array) -> None:
        self._array = array
        blocks = [
            _Chunk(number, int(n_rows), array) for number, n_rows in enumerate(array.chunks[0])
        ]
        super().__init__(blocks)
        self._shelves = Shelves(self._ranges, self._fetched, AHEAD_BYTES // self.row_bytes)

    @cached_property
    def _chunks(self) -> list[Delayed]:
        """The chunks to learn from, on their workers if there are any."""
        if not _has_client():
            return list(self._array.to_delayed().ravel())
        self._kept = self._array.persist()  # as long as somebody holds it
        return list(self._kept.to_delayed(optimize_graph=False).ravel())

    def take(self, rows: RowNumbers) -> torch.Tensor:
        """Fetch some rows from all blocks at once; see `Blocks`."""
        order = np.argsort(rows, kind="stable")
        parts = self._fetched(rows[order])
        points = torch.empty((len(rows), self.shape[1]), dtype=self.dtype)
        if parts:
            found = torch.cat(list(dask.compute(*parts)))
            points[torch.from_numpy(order)] = found.to(self.dtype)
        return points.to(self.device)

    def scan(self, start: int = 0, stop: int | None = None) -> Iterator[torch.Tensor]:
        """Fetch one block after another; see `Blocks`."""
        stop = len(self) if stop is None else stop
        for number, local, _ in self._divided(np.arange(start, stop)):
            yield self.take(local + self.edges[number])

    def total(
        self,
        rows: RowNumbers | None,
        weights: torch.Tensor | None,
        function: Callable[..., Any],
        generator: np.random.Generator,
        coming: Callable[[int], RowNumbers] | None = None,
    ) -> Any:
        """Sum on the workers, and then the sums, a few at a time; see `Spread`."""
        parts = self._parts(rows, coming)
        seeds = generator.integers(2**63, size=len(parts))
        sent = delayed(function, pure=False, traverse=False)
        sums = [
            delayed(_apply)(
                sent, part.points, part.name, self.shape[1], self.dtype,
                part.local, None if weights is None else weights[part.places], int(seed), place,
            )
            for place, (part, seed) in enumerate(zip(parts, seeds, strict=True))
        ]  # fmt: skip
        while len(sums) > 1:
            groups = range(0, len(sums), BRANCHES)
            sums = [delayed(_sum)(sums[start : start + BRANCHES]) for start in groups]
        return sums[0].compute()

    def map(self, function: Callable[[torch.Tensor], torch.Tensor], out: Any = None) -> Any:
        """Give a Dask array, of which nothing is computed before it is asked for; see `Blocks`."""
        like = function(torch.zeros((1, self.shape[1]), dtype=self.dtype))
        chunks = (self._array.chunks[0], *((size,) for size in like.shape[1:]))
        names = [block.name for block in self.blocks]
        work: Any = _mapped
        result = self._array.map_blocks(
            work, function, names, self.dtype,
            dtype=like.numpy().dtype, chunks=chunks, drop_axis=[] if like.ndim == 2 else [1],
            meta=np.empty((0,) * like.ndim, like.numpy().dtype),
        )  # fmt: skip
        if out is None:
            return result
        dask.array.store(result, out)
        return out

    def _parts(
        self, rows: RowNumbers | None, coming: Callable[[int], RowNumbers] | None
    ) -> list[Part]:
        """Say where rows are: on shelves, or, if that brings nothing, in their chunks."""
        if rows is None:
            chunks = zip(self._chunks, self.blocks, pairwise(self.edges.tolist()), strict=True)
            return [Part(chunk, block.name, None, slice(*ends)) for chunk, block, ends in chunks]
        worthwhile = len(self.blocks) > MOST_SHELVES or not _has_client()
        if worthwhile and coming is not None and self._shelves.has_room(len(rows)):
            return self._shelves.parts(rows, coming)
        order = np.argsort(rows, kind="stable")
        return [
            Part(self._chunks[number], self.blocks[number].name, local, order[part])
            for number, local, part in self._divided(rows[order])
        ]

    def _ranges(self, n_rows: int) -> RowNumbers:
        """Say which rows share a shelf: those of a chunk, or of a number of chunks."""
        if len(self.blocks) <= MOST_SHELVES:
            return self.edges
        n_shelves = min(max(n_rows // SHELF_ROWS, 1), MOST_SHELVES)
        return self.edges[np.arange(n_shelves + 1) * len(self.blocks) // n_shelves]

    def _fetched(self, rows: RowNumbers) -> list[Delayed]:
        """Take sorted rows out of their chunks."""
        return [
            delayed(_rows_of)(self._chunks[number], self.blocks[number].name, self.shape[1], local)
            for number, local, _ in self._divided(rows)
        ]

    def _divided(self, rows: RowNumbers) -> Iterator[tuple[int, RowNumbers, slice]]:
        """Give each block that has some of the sorted rows: its number, those, and their place."""
        edges = np.searchsorted(rows, self.edges)
        for number in np.flatnonzero(np.diff(edges)).tolist():
            part = slice(int(edges[number]), int(edges[number + 1]))
            yield number, rows[part] - self.edges[number], part


class _Chunk(Block):
    """The size of a chunk; its rows are never read one block at a time."""

    def __init__(self, number: int, n_rows: int, array: dask.array.Array) -> None:
        self.name = f"block {number} of X"
        self.n_rows, self.n_features, self.dtype = n_rows, array.shape[1], array.dtype
        self.units = np.array([0, n_rows])

    def scan(self, start: int, stop: int) -> Iterator[Array]:
        """See `DaskBlocks.scan`."""
        raise NotImplementedError


def _of_delayed(parts: Sequence[Any]) -> dask.array.Array:
    """Make an array of delayed blocks, whose sizes are looked at where they are."""
    if not all(isinstance(part, Delayed) for part in parts):
        raise TypeError("X must be a list of delayed blocks, and of nothing else.")
    kept = dask.persist(*parts) if _has_client() else parts
    sizes = dask.compute(*(delayed(_size)(part) for part in kept))
    for number, (shape, _) in enumerate(sizes):
        if len(shape) != 2 or shape[1] != sizes[0][0][-1]:
            raise ValueError(
                f"block {number} of X must have the {sizes[0][0][-1]} features of block 0, "
                f"one row a sample; got shape {shape}."
            )
    arrays = [
        dask.array.from_delayed(part, shape, dtype)
        for part, (shape, dtype) in zip(kept, sizes, strict=True)
    ]
    return dask.array.concatenate(arrays)


def _has_client() -> bool:
    """Whether there is a cluster to compute on."""
    try:
        from distributed import default_client
    except ImportError:
        return False
    try:
        default_client()
    except ValueError:
        return False
    return True


# What runs on a worker.


def _size(block: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    array = np.asarray(block)
    return array.shape, array.dtype


def _rows_of(block: Any, name: str, n_features: int, rows: RowNumbers | None) -> torch.Tensor:
    array = np.asarray(block)
    if array.ndim != 2 or array.shape[1] != n_features:
        raise ValueError(f"{name} must have {n_features} features; got shape {array.shape}.")
    points = as_tensor(array if rows is None else array[rows], name=name)
    _refuse_gaps(points, name, rows)
    return points


def _refuse_gaps(points: torch.Tensor, name: str, rows: RowNumbers | None = None) -> None:
    gap = find_gap(points)
    if gap is not None:
        row = gap[0] if rows is None else int(rows[gap[0]])
        raise ValueError(
            f"{name} must hold finite numbers; got {gap[1]} in its row {row} (from 0)."
        )


def _apply(
    function: Any,
    block: Any,
    name: str,
    n_features: int,
    dtype: torch.dtype,
    rows: RowNumbers | None,
    weights: torch.Tensor | None,
    seed: int,
    place: int,
) -> Any:
    points = _rows_of(block, name, n_features, rows).to(dtype)
    if weights is None:
        weights = points.new_ones(len(points))
    return function(points, torch.arange(len(points)), weights, np.random.default_rng(seed), place)


def _sum(parts: Sequence[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _mapped(
    block: Any,
    function: Callable[[torch.Tensor], torch.Tensor],
    names: Sequence[str],
    dtype: torch.dtype,
    block_id: tuple[int, ...] = (0,),
) -> Any:
    name = names[block_id[0]]
    points = as_tensor(np.asarray(block), name=name)
    _refuse_gaps(points, name)
    return function(points.to(dtype)).numpy()
