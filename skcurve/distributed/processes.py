"""Rows that the processes of a torch.distributed group hold: one block a process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from skcurve.blocks import Block, Spread
from skcurve.blocks.base import RowNumbers, mapped
from skcurve.interop import Array, as_matrix


class Processes(Spread):
    """All rows of a group of processes, each of which has some, such as those on its GPU.

    Every process makes one of its own rows, and calls `SFVQ.fit` with it, with the same parameters
    and an int as `random_state`: all get the same curve. `transform` gives each the results of its
    own rows.

    Parameters
    ----------
    X : array-like of shape (n, D)
        The rows of this process, at least one.
    group : torch.distributed.ProcessGroup, default=None
        None for all processes.

    Raises
    ------
    RuntimeError
        If there is no process group.
    ValueError
        If X is no finite matrix, or of another width than in another process.

    Examples
    --------
    A group of one process, where there would be one a GPU:

    >>> import os, tempfile
    >>> import numpy as np
    >>> import torch.distributed as dist
    >>> from skcurve import SFVQ
    >>> from skcurve.distributed import Processes
    >>> X = np.random.default_rng(0).standard_normal((500, 3))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     meeting_place = f"file://{os.path.join(folder, 'group')}"
    ...     dist.init_process_group("gloo", init_method=meeting_place, rank=0, world_size=1)
    ...     sfvq = SFVQ(n_bits=3, random_state=0).fit(Processes(X))
    ...     dist.destroy_process_group()
    >>> sfvq.codebook_.shape
    (8, 3)
    """

    def __init__(self, X: Any, group: Any = None) -> None:
        if not dist.is_initialized():
            raise RuntimeError("Processes needs torch.distributed.init_process_group to be called.")
        self._X, self._group = as_matrix(X, name="X"), group
        if not len(self._X):
            raise ValueError("X must have a row in every process; it has none.")
        self._rank, size = dist.get_rank(group), dist.get_world_size(group)
        shapes: list[Any] = [None] * size
        dist.all_gather_object(shapes, (tuple(self._X.shape), str(self._X.dtype)), group=group)
        if len({kind for _, kind in shapes}) > 1:
            raise ValueError(f"X must be of one dtype in all processes; got {shapes}.")
        blocks = [_Part(number, shape, self._X) for number, (shape, _) in enumerate(shapes)]
        like = self._X.new_empty(0) if isinstance(X, torch.Tensor) else None
        super().__init__(blocks, like=like)
        self.device = self._X.device

    def to(self, device: torch.device) -> Processes:
        """Copy the rows of this process to a device; see `Blocks`."""
        moved: Processes = super().to(device)  # type: ignore[assignment]
        moved._X = self._X.to(device)
        return moved

    def take(self, rows: RowNumbers) -> torch.Tensor:
        """Give some rows, of whichever processes; see `Blocks`."""
        self._agree(rows)
        ours, local = self._ours(rows)
        points = self._X.new_zeros((len(rows), self.shape[1]))
        points[ours] = self._X[local]
        dist.all_reduce(points, group=self._group)
        return points

    def scan(self, start: int = 0, stop: int | None = None) -> Iterator[torch.Tensor]:
        """Give the rows of this process."""
        yield self._X

    def map(self, function: Callable[[torch.Tensor], torch.Tensor], out: Any = None) -> Any:
        """Give what a function makes of the rows of this process; see `Blocks`."""
        return mapped(self, function, out)

    def total(
        self,
        rows: RowNumbers | None,
        weights: torch.Tensor | None,
        function: Callable[..., Any],
        generator: np.random.Generator,
        coming: Callable[[int], RowNumbers] | None = None,
    ) -> Any:
        """Sum over the rows of this process, and then over the processes; see `Spread`."""
        seeds = generator.integers(2**63, size=len(self.blocks))
        if rows is None:
            self._agree(seeds)
            first, last = self.edges[self._rank : self._rank + 2].tolist()
            ours, local = torch.arange(first, last), torch.arange(len(self._X))
        else:
            self._agree(rows, seeds)
            ours, local = self._ours(rows)
        local = local.to(self.device)
        if weights is None:
            shares = self._X.new_ones(len(ours))
        else:
            shares = weights[ours.to(weights.device)].to(self.device)
        if not len(local):  # a row that does not count, for sums of the right shapes
            local, shares = (
                torch.zeros(1, dtype=torch.int64, device=self.device),
                shares.new_zeros(1),
            )
        own = np.random.default_rng(seeds[self._rank])
        seen = function(self._X, local, shares, own, self._rank)
        parts = {name: part.contiguous() for name, part in vars(seen).items()}
        for part in parts.values():
            dist.all_reduce(part, group=self._group)
        return type(seen)(**parts)

    def _ours(self, rows: RowNumbers) -> tuple[torch.Tensor, torch.Tensor]:
        """Say at which places there are rows of this process, and which of them."""
        first, last = self.edges[self._rank : self._rank + 2]
        places = np.flatnonzero((rows >= first) & (rows < last))
        found = torch.from_numpy(places), torch.from_numpy(rows[places] - first)
        return found[0].to(self.device), found[1].to(self.device)

    def _agree(self, *drawn: RowNumbers) -> None:
        """Raise in all processes if they are not about to do the same."""
        digest = hashlib.sha256(b"".join(part.tobytes() for part in drawn)).digest()
        mine = int.from_bytes(digest[:7], "little")
        both = torch.tensor([mine, -mine], device=self.device)
        dist.all_reduce(both, op=dist.ReduceOp.MAX, group=self._group)
        if both.tolist() != [mine, -mine]:
            raise ValueError(
                "the processes draw different rows: all must fit with the same parameters, and the "
                "same int as random_state."
            )


class _Part(Block):
    """The size of what a process has."""

    def __init__(self, number: int, shape: tuple[int, int], X: torch.Tensor) -> None:
        self.name = f"the part of process {number}"
        self.n_rows, self.n_features = shape
        self.units, self.dtype = np.array([0, self.n_rows]), X.dtype

    def scan(self, start: int, stop: int) -> Iterator[Array]:
        """See `Processes.scan`."""
        raise NotImplementedError
