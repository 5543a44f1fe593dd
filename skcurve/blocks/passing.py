"""Blocks that come one after another and are gone: an iterator, a DataLoader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, RandomSampler

from skcurve.blocks.base import InMemory, RowNumbers, find_gap, mapped
from skcurve.interop import Array, as_tensor


class Passing:
    """Rows that are read in one pass, a block at a time, and not kept.

    Parameters
    ----------
    source : iterable of (m, D) arrays
        Or of lists, tuples of them, such as a `DataLoader` gives: the first of each is taken.

    Attributes
    ----------
    like : array
        What users get is an array of the kind of the first block, once that has come.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.blocks import as_blocks
    >>> passing = as_blocks(np.full((2, 3), float(i)) for i in range(5))
    >>> rows, numbers = passing.sample(96, np.random.default_rng(0))
    >>> rows.shape, len(numbers)
    ((4, 3), 4)
    """

    def __init__(self, source: Iterable[Any]) -> None:
        self._source = source
        self._n_features: int | None = None
        self.like: Array = np.empty(0)
        self.n_rows = 0
        self._device: torch.device | None = None

    def to(self, device: torch.device) -> Passing:
        """Have the rows put on a device."""
        self._device = device
        return self

    def expect(self, n_features: int) -> Passing:
        """Have blocks of another width refused."""
        self._n_features = n_features
        return self

    def scan(self) -> Iterator[torch.Tensor]:
        """Give the blocks that have rows.

        Raises
        ------
        TypeError
            If a block holds no real numbers.
        ValueError
            If one is no matrix, of another width than the first, or not finite; or none comes.
        """
        self.n_rows, first = 0, None
        for number, block in enumerate(self._source):
            points = self._checked(block, number)
            self._n_features = points.shape[1]
            first = points.new_empty(0) if first is None else first
            self.n_rows += len(points)
            if len(points):
                yield points.to(self._device or points.device, first.dtype)
        if first is None:
            raise ValueError("X has no blocks: it gives none, or was read to its end before.")

    def sample(
        self, most_bytes: int, generator: np.random.Generator
    ) -> tuple[InMemory, RowNumbers]:
        """Read everything and keep a fair sample, each set of rows being as likely as another.

        Parameters
        ----------
        most_bytes : int
            How much of them is kept, at most; all if there is no more.
        generator : numpy.random.Generator
            Chooses them.

        Returns
        -------
        rows : InMemory
        numbers : (m,) array of int
            Which rows they are, of all that came.

        References
        ----------
        Algorithm R of Vitter, "Random sampling with a reservoir", ACM Trans. Math. Software 11
        (1985).
        """
        kept: list[torch.Tensor] = []
        numbers = np.empty(0, np.int64)
        reservoir = None
        for points in self.scan():
            most = most_bytes // (points.shape[1] * points.element_size())
            start = self.n_rows - len(points)
            free = max(0, most - start)
            if free:
                kept.append(points[:free].cpu().clone())
                numbers = np.append(numbers, np.arange(start, start + len(kept[-1])))
            if len(points) <= free:
                continue
            reservoir = torch.cat(kept) if reservoir is None else reservoir
            coming = np.arange(start + free, self.n_rows)
            place = generator.integers(0, coming + 1)
            inside = np.flatnonzero(place < most)
            # Of several that go to one place, the last stays.
            _, last = np.unique(place[inside][::-1], return_index=True)
            chosen = inside[::-1][last]
            numbers[place[chosen]] = coming[chosen]
            reservoir[torch.from_numpy(place[chosen])] = points[
                torch.from_numpy(chosen + free).to(points.device)
            ].cpu()
        rows = torch.cat(kept) if reservoir is None else reservoir
        return InMemory(rows.to(points.device), like=self.like), numbers

    def map(self, function: Callable[[torch.Tensor], torch.Tensor], out: Any = None) -> Any:
        """Give what a function makes of all rows; see `Blocks.map`."""
        sampler = self._source.sampler if isinstance(self._source, DataLoader) else None
        if isinstance(sampler, RandomSampler):
            raise ValueError(
                "X is a DataLoader that shuffles: nobody could tell which row a result belongs to. "
                "Make it with shuffle=False."
            )
        return mapped(self, function, out)

    def _checked(self, block: Any, number: int) -> torch.Tensor:
        name = f"block {number} of X"
        if isinstance(block, Mapping):
            raise TypeError(
                f"{name} must be an array; got {type(block).__name__} with the keys "
                f"{', '.join(map(repr, block))}. Choose one, as in (b['x'] for b in loader)."
            )
        if isinstance(block, list | tuple) and block and hasattr(block[0], "shape"):
            block = block[0]
        points = as_tensor(block, name=name)
        if points.ndim != 2 or not points.shape[1]:
            raise ValueError(
                f"{name} must be two-dimensional, one row a sample; "
                f"got shape {tuple(points.shape)}."
            )
        if self._n_features not in (None, points.shape[1]):
            raise ValueError(
                f"{name} has {points.shape[1]} features, but {self._n_features} are expected."
            )
        gap = find_gap(points)
        if gap is not None:
            raise ValueError(
                f"{name} must hold finite numbers; got {gap[1]} in its row {gap[0]}, "
                f"row {self.n_rows + gap[0]} of X (from 0)."
            )
        if number == 0:
            self.like = points.new_empty(0) if isinstance(block, torch.Tensor) else np.empty(0)
        return points
