"""What blocks of rows have in common: sizes that fit, rows in any order, errors that say where."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.interop import Array, all_finite, as_tensor, restore

SCAN_BYTES = 1 << 24
"""So much of a block is read at a time where all rows are wanted, in order."""

TAKE_ROWS = 1 << 12
"""So many rows are read at a time where some are wanted."""

RowNumbers = npt.NDArray[np.int64]


class Block(ABC):
    """Some rows that lie together: an array, a shard, a chunk on another machine.

    Attributes
    ----------
    name : str
        What an error calls it.
    n_rows, n_features : int
        Its size.
    dtype : numpy or torch dtype
        Of its numbers.
    units : (m+1,) array of int
        Where the parts begin that can only be read whole, and where the last one ends.
    """

    name: str
    n_rows: int
    n_features: int
    dtype: Any
    units: RowNumbers

    @abstractmethod
    def scan(self, start: int, stop: int) -> Iterator[Array]:
        """Give rows from `start` to `stop`, in order and in parts of a bounded size."""

    def take(self, rows: RowNumbers) -> Array:
        """Give some rows, whose numbers are sorted: of each unit that has one, those."""
        found = []
        first = np.searchsorted(self.units, rows, "right") - 1
        for unit in np.unique(first):
            wanted, start = rows[first == unit], int(self.units[unit])
            for part in self.scan(start, int(self.units[unit + 1])):
                inside = wanted[(wanted >= start) & (wanted < start + len(part))]
                if len(inside):
                    found.append(np.asarray(part)[inside - start])
                start += len(part)
        return np.concatenate(found)


class Blocks:
    """A matrix whose rows lie in blocks, in order; only what is asked for is read.

    Parameters
    ----------
    blocks : sequence of Block
        At least one, all as wide.
    costly : bool, default=False
        Whether one row costs as much as its whole unit, so that it pays to ask for many at a time.
    like : array, default=empty ndarray
        What users get is an array of this kind.

    Attributes
    ----------
    shape : (int, int)
        Rows and features.
    dtype : torch.dtype
        float32 or float64: of the rows that are given.
    edges : (n_blocks+1,) array of int
        The number of the first row of each block, and of all rows.

    Raises
    ------
    ValueError
        If a block has another width than the first.
    TypeError
        If one holds no real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.blocks import as_blocks
    >>> blocks = as_blocks([np.zeros((2, 3)), np.ones((4, 3))])
    >>> blocks.shape
    (6, 3)
    >>> blocks.take(np.array([5, 0]))
    tensor([[1., 1., 1.],
            [0., 0., 0.]], dtype=torch.float64)
    """

    def __init__(
        self, blocks: Sequence[Block], *, costly: bool = False, like: Array | None = None
    ) -> None:
        self.blocks, self.costly = list(blocks), costly
        self.like = np.empty(0) if like is None else like
        self.device = torch.device("cpu")
        first = self.blocks[0]
        for block in self.blocks:
            if block.n_features != first.n_features:
                raise ValueError(
                    f"{block.name} has {block.n_features} features, but {first.name} has "
                    f"{first.n_features}; all blocks of X must be as wide."
                )
        kinds = {_float_dtype(block) for block in self.blocks}
        self.dtype = torch.float64 if torch.float64 in kinds else torch.float32
        self.edges = np.cumsum([0] + [block.n_rows for block in self.blocks], dtype=np.int64)
        self.shape = int(self.edges[-1]), first.n_features

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def empty(self) -> torch.Tensor:
        """A tensor of no rows, of the dtype and on the device of those that are given."""
        return torch.empty((0, self.shape[1]), dtype=self.dtype, device=self.device)

    @property
    def row_bytes(self) -> int:
        """What a row takes in memory."""
        return self.shape[1] * self.dtype.itemsize

    def to(self, device: torch.device) -> Blocks:
        """Give the same blocks, whose rows are put on a device."""
        moved = copy(self)
        moved.device = device
        return moved

    def take(self, rows: RowNumbers) -> torch.Tensor:
        """Give some rows, in the order of their numbers as given.

        Parameters
        ----------
        rows : (m,) array of int
            Any numbers below `len`, repeated or not.

        Returns
        -------
        points : (m, D) tensor

        Raises
        ------
        ValueError
            If one of them holds NaN or infinity: it names the block.
        """
        order = np.argsort(rows, kind="stable")
        points = torch.empty((len(rows), self.shape[1]), dtype=self.dtype)
        edges = np.searchsorted(rows[order], self.edges)
        for number in np.flatnonzero(np.diff(edges)):
            for start in range(edges[number], edges[number + 1], TAKE_ROWS):
                places = order[start : min(start + TAKE_ROWS, edges[number + 1])]
                local = rows[places] - self.edges[number]
                found = self.checked(self.blocks[number].take(local), int(number), local)
                points[torch.from_numpy(places)] = found
        return points.to(self.device)

    def gather(self, rows: RowNumbers) -> tuple[torch.Tensor, torch.Tensor]:
        """Give a tensor that holds some rows, and where in it they are, in the order asked for."""
        points = self.take(rows)
        return points, torch.arange(len(points), device=points.device)

    def scan(self, start: int = 0, stop: int | None = None) -> Iterator[torch.Tensor]:
        """Give all rows, or those from `start` to `stop`, in order and in parts of a bounded size.

        Yields
        ------
        points : (m, D) tensor

        Raises
        ------
        ValueError
            If one of them holds NaN or infinity: it names the block.
        """
        stop = len(self) if stop is None else stop
        for number, (first, last) in enumerate(pairwise(self.edges.tolist())):
            begin, end = max(start, first) - first, min(stop, last) - first
            if begin >= end:
                continue
            for part in self.blocks[number].scan(begin, end):
                rows = np.arange(begin, begin + len(part))
                yield self.checked(part, number, rows).to(self.device)
                begin += len(part)
            if begin != end:
                name, n_rows = self.blocks[number].name, self.blocks[number].n_rows
                raise ValueError(f"{name} must give {n_rows} rows; it ended after {begin}.")

    def whole(self) -> InMemory:
        """Read everything."""
        points = torch.empty(self.shape, dtype=self.dtype)
        start = 0
        for part in self.scan():
            points[start : start + len(part)] = part
            start += len(part)
        return InMemory(points.to(self.device), like=self.like)

    def map(self, function: Callable[[torch.Tensor], torch.Tensor], out: Any = None) -> Any:
        """Give what a function makes of all rows, one part of them after another.

        Parameters
        ----------
        function : callable
            From an (m, D) tensor to one of m rows.
        out : array, default=None
            Where to write it; anything that has a shape and takes ``out[start:stop] = rows``.

        Returns
        -------
        result : array
            `out` if there is one.

        Raises
        ------
        ValueError
            If `out` has another number of rows.
        """
        return mapped(self, function, out)

    def checked(self, part: Array, number: int, rows: RowNumbers) -> torch.Tensor:
        """Turn what a block gave into a tensor, unless it is not what the block had promised.

        Parameters
        ----------
        part : array
            What should be rows of a block.
        number : int
            Of the block.
        rows : (m,) array of int
            Of the rows, counted within the block.
        """
        name = self.blocks[number].name
        points = as_tensor(part, name=name)
        if points.shape != (len(rows), self.shape[1]):
            raise ValueError(
                f"{name} must give {len(rows)} rows of {self.shape[1]} features; "
                f"got shape {tuple(points.shape)}."
            )
        gap = find_gap(points)
        if gap is not None:
            row, value = gap
            there, everywhere = int(rows[row]), int(rows[row] + self.edges[number])
            whole = f", row {everywhere} of X" if len(self.blocks) > 1 else ""
            raise ValueError(
                f"{name} must hold finite numbers; got {value} in its row {there}{whole} (from 0)."
            )
        return points.to(self.dtype)


class InMemory(Blocks):
    """A tensor, as blocks: nothing is copied, and it has been checked already.

    Parameters
    ----------
    X : (n, D) tensor
        float32 or float64, finite.
    like : array, default=None
        As for `Blocks`.
    """

    def __init__(self, X: torch.Tensor, *, like: Array | None = None) -> None:
        self.X, self.costly = X, False
        self.like = np.empty(0) if like is None else like
        self.device, self.dtype, self.shape = X.device, X.dtype, (len(X), X.shape[1])
        self.blocks, self.edges = [], np.array([0, len(X)])

    def to(self, device: torch.device) -> InMemory:
        """Copy it to a device, if it is not there."""
        return InMemory(self.X.to(device), like=self.like)

    def take(self, rows: RowNumbers) -> torch.Tensor:
        """Give some rows; see `Blocks`."""
        return self.X[torch.from_numpy(rows).to(self.device)]

    def gather(self, rows: RowNumbers) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the tensor itself; see `Blocks`."""
        return self.X, torch.from_numpy(rows).to(self.device)

    def scan(self, start: int = 0, stop: int | None = None) -> Iterator[torch.Tensor]:
        """Give all at once; see `Blocks`."""
        yield self.X[start:stop]


class Spread(Blocks, ABC):
    """Blocks that stay where they are, in other processes: functions go there, sums come back."""

    @abstractmethod
    def total(
        self,
        rows: RowNumbers | None,
        weights: torch.Tensor | None,
        function: Callable[..., Any],
        generator: np.random.Generator,
        coming: Callable[[int], RowNumbers] | None = None,
    ) -> Any:
        """Give the sum of what a function makes of some rows of each block.

        Parameters
        ----------
        rows : (m,) array of int or None
            Which; None for all, whose numbers then go nowhere.
        weights : (m,) tensor or None
            Theirs; None for ones.
        function : callable
            Given a tensor, where in it the rows are, their weights, a generator, and the number of
            the block among those that have such rows, it returns a data class of tensors that can
            be added. It can be pickled.
        generator : numpy.random.Generator
            Seeds those of the function, one a block: where a block is makes no difference.
        coming : callable, default=None
            Given a number, it says so many rows, or fewer, that will be asked for next, for those
            that would fetch them with these; None if nobody knows.
        """


def find_gap(points: torch.Tensor) -> tuple[int, float] | None:
    """Say where the first number is that is none, in a tensor of rows, and which it is.

    Parameters
    ----------
    points : (n, ...) tensor
        Numbers.

    Returns
    -------
    gap : (int, float) or None
        The row, and NaN or infinity.
    """
    if all_finite(points):
        return None
    flat = points.reshape(len(points), -1)
    row = int((~flat.isfinite()).any(1).int().argmax())
    return row, float(flat[row][~flat[row].isfinite()][0])


def mapped(rows: Any, function: Callable[[torch.Tensor], torch.Tensor], out: Any) -> Any:
    """Call a function with parts of rows, and put together what it gives.

    Parameters
    ----------
    rows : Blocks or Passing
        They, and what the result is like.
    function, out
        See `Blocks.map`.
    """
    results = (function(part) for part in rows.scan())
    if out is None:
        return restore(torch.cat(list(results)), like=rows.like)
    start, n_rows = 0, out.shape[0]
    for part in results:
        stop = start + len(part)
        if stop > n_rows:
            raise ValueError(f"out has room for {n_rows} rows; X has more.")
        given = part.to(out.device) if isinstance(out, torch.Tensor) else part.cpu().numpy()
        out[start:stop] = given
        start = stop
    if start < n_rows:
        raise ValueError(f"out has {n_rows} rows, but X only {start}.")
    return out


def _float_dtype(block: Block) -> torch.dtype:
    """Say in which dtype the rows of a block are computed with."""
    if isinstance(block.dtype, torch.dtype):
        return as_tensor(torch.empty(0, dtype=block.dtype), name=block.name).dtype
    return as_tensor(np.empty(0, block.dtype), name=block.name).dtype
