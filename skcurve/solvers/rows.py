"""The training rows as a solver sees them: centred, scaled, and no more of them than it needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch

from skcurve.blocks import Blocks, InMemory, Spread
from skcurve.solvers.order import RandomOrder, RowNumbers

MAX_MOMENT_ROWS = 1 << 11

PART_BYTES = 1 << 27
"""So much of the rows, and of what meeting them takes, is in memory at a time."""


class Sample(NamedTuple):
    """Some rows of a data set, by reference: nothing is copied until a block of them is used.

    Attributes
    ----------
    X : (n, D) tensor
        The whole data.
    chosen : (m,) int64 tensor
        Which rows.
    weights : (m,) tensor
        Their weights.
    center : (D,) tensor
    scale : float
        A row x stands for the point ``(x - center) * scale``.
    """

    X: torch.Tensor
    chosen: torch.Tensor
    weights: torch.Tensor
    center: torch.Tensor
    scale: float

    def points(self, part: slice = slice(None)) -> torch.Tensor:
        """Give the points themselves, of shape (m, D), or those of a part of the rows."""
        return self.X[self.chosen[part]].sub_(self.center).mul_(self.scale)


class Meet(Protocol):
    """What `Rows.sum` calls with each part of a sample: a `Meeting`, as far as it has to know."""

    @property
    def n_passes(self) -> int:
        """How many times each row meets the curve."""

    @property
    def exact_share(self) -> float:
        """The share of meetings that is spread evenly over the parts."""

    @property
    def row_bytes(self) -> int:
        """How much memory it takes a row."""

    def __call__(
        self, sample: Sample, generator: np.random.Generator, before: float | None = None
    ) -> Any:
        """Give what the rows leave behind, which adds up."""


class Rows:
    """Rows to learn from, in normalised form.

    Every row is moved by the same vector and scaled by the same number, so that the data has about
    its mean at the origin and a mean square of one a feature: products then lose no digits to the
    distance from the origin, and no solver depends on the unit of the data.

    Parameters
    ----------
    X : (n, D) tensor or Blocks
        The data. A tensor is not copied if its rows are contiguous and none is left out; of blocks,
        the rows are read that are asked for.
    weights : (n,) tensor or None
        Weight of each row; None for ones. Rows of weight zero are left out.
    generator : numpy.random.Generator
        Chooses rows, in the order of a random permutation of all of them.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from skcurve.solvers import Rows
    >>> X = torch.tensor([[0.0, 0.0], [4.0, 4.0]])
    >>> rows = Rows(X, None, np.random.default_rng(0))
    >>> rows.normalise(X), rows.scale
    (tensor([[-1., -1.],
             [ 1.,  1.]]), 0.5)
    """

    def __init__(
        self, X: torch.Tensor | Blocks, weights: torch.Tensor | None, generator: np.random.Generator
    ) -> None:
        blocks = X if isinstance(X, Blocks) else InMemory(X)
        self._kept: RowNumbers | None = None
        if weights is not None and not bool((weights > 0).all()):
            if isinstance(blocks, InMemory):
                blocks = InMemory(blocks.X[weights > 0])
            else:
                self._kept = np.flatnonzero(weights.cpu().numpy() > 0)
            weights = weights[weights > 0]
        if isinstance(blocks, InMemory):
            blocks = InMemory(blocks.X.contiguous())
        self._blocks, self._weights, self._generator = blocks, weights, generator
        self._n_rows = len(blocks) if self._kept is None else len(self._kept)
        self._like = blocks.empty
        self._ahead = ReadAhead(blocks)
        self.order = RandomOrder(self._n_rows, generator)
        step = max(1, self._n_rows // MAX_MOMENT_ROWS)
        some = blocks.take(self._numbers(np.arange(0, self._n_rows, step)))
        self._center, self._scale = _moments(some, None if weights is None else weights[::step])

    def __len__(self) -> int:
        return self._n_rows

    @property
    def n_features(self) -> int:
        """The number of columns."""
        return self._blocks.shape[1]

    @property
    def weights(self) -> torch.Tensor | None:
        """Of each row; None for ones."""
        return self._weights

    @property
    def center(self) -> torch.Tensor:
        """What is at the origin in normalised form."""
        return self._center

    @property
    def scale(self) -> float:
        """What a distance in the data's units is multiplied with."""
        return self._scale

    def everything(self) -> Sample:
        """Give all rows with their weights."""
        return self._sample(*self._everyone())

    def batch(self, start: int, n: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Give the points of up to n rows in their own order, and their weights, None for ones."""
        stop = min(start + n, len(self))
        if isinstance(self._blocks, InMemory):
            points = self._blocks.X[start:stop] - self._center
        else:
            following = range(stop, len(self))
            X, chosen = self._ahead.gather(
                self._numbers(np.arange(start, stop)),
                lambda most: self._numbers(np.asarray(following[:most])),
            )
            points = X[chosen] - self._center
        weights = None if self._weights is None else self._weights[start:stop]
        return points.mul_(self._scale), weights

    def draw(self, n: int) -> Sample:
        """Give the next n rows of the permutation, or, where there are no more than n, all.

        Weighted rows are drawn in proportion to their weights, and then weigh the same.
        """
        return self._sample(*self._drawn(n))

    def sum(self, n: int, meet: Meet, generator: np.random.Generator) -> Any:
        """Draw n rows, and give the sum of what they leave behind.

        Few enough to hold are read at a time; or, where their blocks are in other processes, what
        they leave behind is summed there.

        Parameters
        ----------
        n : int
            As for `draw`.
        meet : callable
            From a sample and a generator to `Statistics`. Its attribute `row_bytes` says how much
            memory it takes a row.
        generator : numpy.random.Generator
            For `meet`.
        """
        rows, weights = self._drawn(n)
        if isinstance(self._blocks, Spread):
            start = generator.random() / max(meet.exact_share * meet.n_passes, 1e-9)
            function = partial(_meet, meet, self._center, self._scale, start)
            coming = self._coming if self._weights is None else None
            return self._blocks.total(self._numbers(rows), weights, function, generator, coming)
        row_bytes = max(self._blocks.row_bytes, meet.row_bytes)
        n_parts = max(1, min(len(rows), -(-len(rows) * row_bytes // PART_BYTES)))
        edges = [len(rows) * part // n_parts for part in range(n_parts + 1)]
        total = None
        for part in (slice(*ends) for ends in pairwise(edges)):
            seen = meet(self._sample(rows[part], weights[part]), generator)
            total = seen if total is None else total + seen
        return total

    def like(self, points: npt.NDArray[Any]) -> torch.Tensor:
        """Turn an array into a tensor of the rows' dtype and device."""
        return torch.from_numpy(points).to(self._like)

    def normalise(self, points: torch.Tensor) -> torch.Tensor:
        """Turn points of the data's space into the solver's."""
        return (points.to(self._like) - self._center).mul_(self._scale)

    def restore(self, points: torch.Tensor) -> torch.Tensor:
        """Turn points of the solver's space into the data's."""
        return points / self._scale + self._center

    def _everyone(self) -> tuple[RowNumbers, torch.Tensor]:
        weights = self._like.new_ones(len(self)) if self._weights is None else self._weights
        return np.arange(len(self)), weights

    def _drawn(self, n: int) -> tuple[RowNumbers, torch.Tensor]:
        if n >= len(self):
            return self._everyone()
        if self._weights is None:
            rows = self.order.next(n)
        else:
            share = self._weights.cpu().double().numpy()
            rows = self._generator.choice(len(self), n, p=share / share.sum())
        return rows, self._like.new_ones(n)

    def _sample(self, rows: RowNumbers, weights: torch.Tensor) -> Sample:
        X, chosen = self._ahead.gather(
            self._numbers(rows), self._coming if self._blocks.costly else None
        )
        return Sample(X, chosen, weights, self._center, self._scale)

    def _coming(self, n: int) -> RowNumbers:
        return self._numbers(self.order.coming(n))

    def _numbers(self, rows: RowNumbers) -> RowNumbers:
        """Say which rows of the blocks these are: those of no weight are none of ours."""
        return rows if self._kept is None else self._kept[rows]


class ReadAhead:
    """Reads rows before their turn, where one costs as much as many.

    Parameters
    ----------
    blocks : Blocks
        To read from.
    """

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._rows, self._place = np.empty(0, np.int64), 0
        self._X = torch.empty(0)

    def gather(
        self, rows: RowNumbers, coming: Callable[[int], RowNumbers] | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Give a tensor that holds some rows, and where in it they are.

        Parameters
        ----------
        rows : (m,) array of int
            Those that are needed.
        coming : callable or None
            Given a number, it says so many rows, or fewer, that will be needed next; None where no
            more shall be read than is needed.
        """
        most = PART_BYTES // self._blocks.row_bytes
        if coming is None or len(rows) >= most:
            return self._blocks.gather(rows)
        stop = self._place + len(rows)
        if not np.array_equal(self._rows[self._place : stop], rows):
            self._rows = np.concatenate([rows, coming(most - len(rows))])
            self._X = self._blocks.take(self._rows)
            self._place, stop = 0, len(rows)
        chosen = torch.arange(self._place, stop, device=self._X.device)
        self._place = stop
        return self._X, chosen


def _meet(
    meet: Meet,
    center: torch.Tensor,
    scale: float,
    start: float,
    X: torch.Tensor,
    chosen: torch.Tensor,
    weights: torch.Tensor,
    generator: np.random.Generator,
    number: int,
) -> Any:
    """Meet rows in another process."""
    return meet(Sample(X, chosen, weights, center, scale), generator, start + number)


def _moments(X: torch.Tensor, weights: torch.Tensor | None) -> tuple[torch.Tensor, float]:
    part = X.double()
    share = part.new_ones(len(part)) if weights is None else weights.double()
    share = share / share.sum()
    center = share @ part
    deviation = part - center
    largest = float(deviation.abs().max())
    if largest == 0.0:
        return center.to(X.dtype), 1.0
    spread = largest * float((share @ deviation.div_(largest).square_()).mean().sqrt())
    return center.to(X.dtype), 1.0 / spread
