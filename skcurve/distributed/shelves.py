"""Rows that sweeps will want, laid out together: few tasks a sweep, however many the chunks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import dask
import numpy as np
import torch
from dask.delayed import Delayed, delayed

from skcurve.blocks.base import RowNumbers

AHEAD_BYTES = 1 << 29
"""So much of the rows lies on all shelves together."""

SWEEPS_AHEAD = 64
"""For no more sweeps than so many, for those to come have more rows and want more shelves."""

CROWDED = 4
"""So many times as many shelves are wanted before all is laid out again for that."""


class Part(NamedTuple):
    """Some of the rows that were asked for, and where they are.

    Attributes
    ----------
    points : Delayed
        A matrix.
    name : str
        What an error calls it.
    local : (m,) array of int or None
        Which rows of it; None for all.
    places : (m,) array of int or slice
        Where these are among those that were asked for.
    """

    points: Delayed
    name: str
    local: RowNumbers | None
    places: RowNumbers | slice


class Shelves:
    """Rows laid out before they are wanted, on shelves that take the rows of a range each.

    Parameters
    ----------
    ranges : callable
        Given how many rows are wanted at a time, it says where the ranges begin, and how many rows
        there are in all.
    fetch : callable
        Given sorted numbers of rows of a range, it gives delayed matrices that hold them in order.
    most : int
        How many rows there is room for.
    """

    def __init__(
        self,
        ranges: Callable[[int], RowNumbers],
        fetch: Callable[[RowNumbers], Sequence[Delayed]],
        most: int,
    ) -> None:
        self._ranges, self._fetch, self._most = ranges, fetch, most
        self._rows, self._edges = np.array([-1]), np.empty(0, np.int64)  # nothing is there yet
        self._starts = self._edges
        self._kept: Sequence[Delayed] = ()

    def has_room(self, n_rows: int) -> bool:
        """Whether so many rows fit."""
        return n_rows <= self._most

    def parts(self, rows: RowNumbers, coming: Callable[[int], RowNumbers]) -> list[Part]:
        """Find rows on the shelves; if they are not there, lay them out with those that come next.

        Parameters
        ----------
        rows : (m,) array of int
            Which; there is room for them.
        coming : callable
            Given a number, it says so many rows, or fewer, that will be wanted next.
        """
        edges = self._ranges(len(rows))
        at = np.searchsorted(self._rows, rows)
        is_there = np.array_equal(self._rows[np.minimum(at, len(self._rows) - 1)], rows)
        if len(edges) > CROWDED * len(self._edges) or not is_there:
            self._edges = edges
            if edges[-1] <= self._most:
                self._lay_out(np.arange(edges[-1]))
            else:
                ahead = min(self._most, SWEEPS_AHEAD * len(rows)) - len(rows)
                self._lay_out(np.union1d(rows, coming(ahead)))
            at = np.searchsorted(self._rows, rows)
        order = np.argsort(rows, kind="stable")
        cuts = np.searchsorted(rows[order], self._edges[1:-1])
        found = []
        for number, places in enumerate(np.split(order, cuts)):
            if len(places):
                local = at[places] - self._starts[number]
                found.append(Part(self._kept[number], "the rows of X", local, places))
        return found

    def _lay_out(self, rows: RowNumbers) -> None:
        """Ask for sorted rows, each on its shelf."""
        self._kept = ()  # makes room
        self._rows, self._starts = rows, np.searchsorted(rows, self._edges)
        ranges = np.split(rows, self._starts[1:-1])
        self._kept = dask.persist(*(delayed(_shelf)(self._fetch(part)) for part in ranges))


def _shelf(parts: Sequence[Any]) -> Any:
    """Put what the chunks gave together; nothing if none of them has such a row."""
    return torch.cat(list(parts)) if parts else None
