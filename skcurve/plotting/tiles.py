"""Where the tiles of a grid lie, so that a curve can be followed from one to the next."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from skcurve.plotting.inputs import Numbers

MARGIN = 0.1
"""Around everything."""

MOST_COLUMNS = 32


class Tile(NamedTuple):
    """The shape of a tile, where from the middle of one to that of the next is 1.

    Attributes
    ----------
    width, height : float
        Of the tile itself.
    gap : float
        Between two rows: room for arrows, and for labels if there are any.
    beside : float
        How far from the last middle of a row the ribbon turns into the next row.
    """

    width: float
    height: float
    gap: float
    beside: float


class Tiles(NamedTuple):
    """A grid of tiles: along the first row, back along the second, and so on.

    Attributes
    ----------
    n_tiles : int
        How many there are.
    n_columns : int
        How many a row.
    tile : Tile
        Their shape.
    """

    n_tiles: int
    n_columns: int
    tile: Tile

    @classmethod
    def filling(cls, n_tiles: int, tile: Tile, room: tuple[float, float]) -> Tiles:
        """Choose as many columns as make the tiles largest, a power of two."""
        options = [
            cls(n_tiles, 2**k, tile)
            for k in range(MOST_COLUMNS.bit_length())
            if 2**k <= max(1, n_tiles)
        ]
        return max(options, key=lambda tiles: (tiles.scale(room), tiles.n_columns))

    @property
    def n_rows(self) -> int:
        """How many rows it takes."""
        return -(-self.n_tiles // self.n_columns)

    @property
    def xlim(self) -> tuple[float, float]:
        """What has to be in sight from left to right."""
        beside = MARGIN + (self.tile.beside if self.n_rows > 1 else self.tile.width / 2)
        return -beside, self.n_columns - 1 + beside

    @property
    def ylim(self) -> tuple[float, float]:
        """What has to be in sight from bottom to top."""
        top = self.tile.height / 2 + MARGIN
        return top - MARGIN - self.n_rows * (self.tile.height + self.tile.gap), top

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of all of it."""
        return self.xlim[1] - self.xlim[0], self.ylim[1] - self.ylim[0]

    def scale(self, room: tuple[float, float]) -> float:
        """Give the unit of length in inches, if the grid is to fit into a room of so many."""
        return min(room[0] / self.size[0], room[1] / self.size[1])

    def centers(self) -> Numbers:
        """Give the middles of the tiles, (n_tiles, 2): none is far from the one before."""
        row, step = np.divmod(np.arange(self.n_tiles), self.n_columns)
        column = np.where(row % 2 == 0, step, self.n_columns - 1 - step)
        return np.stack([column, -(self.tile.height + self.tile.gap) * row], axis=1)

    def ways(self) -> list[Numbers]:
        """Lead from each tile to the next: straight, or around the end of a row."""
        return [self._way(start, stop) for start, stop in pairwise(self.centers())]

    def _way(self, start: Numbers, stop: Numbers) -> Numbers:
        if start[1] == stop[1]:
            return np.array([start, stop])
        beside = np.array([self.tile.beside if start[0] > 0 else -self.tile.beside, 0.0])
        return np.array([start, start + beside, stop + beside, stop])
