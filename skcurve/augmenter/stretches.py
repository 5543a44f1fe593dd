"""Stretches of a curve: how they are named, and how places are drawn from them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from skcurve.coordinates import COORDINATES, to_index
from skcurve.curve import PolylineCurve

Numbers = npt.NDArray[np.float64]


class Stretch(NamedTuple):
    """Some intervals of a curve, in index coordinates.

    Attributes
    ----------
    starts, ends : ndarray of shape (k,)
        In order, none of them empty, no two overlapping.
    """

    starts: Numbers
    ends: Numbers

    @classmethod
    def of(cls, intervals: Sequence[tuple[float, float]]) -> Self:
        """Put intervals in order, and join those that touch."""
        joined: list[list[float]] = []
        for start, end in sorted(intervals):
            if joined and start <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], end)
            else:
                joined.append([start, end])
        starts, ends = np.array(joined, dtype=np.float64).reshape(-1, 2).T
        return cls(starts, ends)

    @classmethod
    def of_segments(cls, chosen: npt.NDArray[np.bool_]) -> Self:
        """Make a stretch of whole segments, (M-1,)."""
        return cls.of([(float(i), i + 1.0) for i in np.flatnonzero(chosen)])

    def pieces(self) -> tuple[npt.NDArray[np.int64], Numbers, Numbers]:
        """Cut it at the vertices: the segment each piece is in, where it starts, how long it is."""
        cuts = [
            np.unique(np.r_[start, np.arange(np.ceil(start), end), end])
            for start, end in zip(self.starts, self.ends, strict=True)
        ]
        starts = np.concatenate([cut[:-1] for cut in cuts])
        return np.floor(starts).astype(np.int64), starts, np.concatenate([np.diff(c) for c in cuts])

    def meets(self, n_segments: int) -> npt.NDArray[np.bool_]:
        """Say which segments it has a part of, (M-1,)."""
        return np.isin(np.arange(n_segments), self.pieces()[0])

    def __str__(self) -> str:
        return ", ".join(
            f"{start:.6g} to {end:.6g}" for start, end in zip(self.starts, self.ends, strict=True)
        )


class Places:
    """Where to draw samples: places of a stretch, by a weight for each segment.

    Parameters
    ----------
    stretch : Stretch
        Where they may be.
    weights : ndarray of shape (M-1,)
        How much of all falls on each whole segment; spread evenly over it. Where there is no weight
        on the whole stretch, such as on one without a length, segments count alike.
    """

    def __init__(self, stretch: Stretch, weights: Numbers) -> None:
        segment, self._starts, self._widths = stretch.pieces()
        mass = weights[segment] if weights[segment].any() else np.ones(len(segment))
        self._ends = np.cumsum(self._widths * mass)

    def at(self, uniform: Numbers) -> Numbers:
        """Turn numbers from [0, 1) into index coordinates: the inverse of the distribution.

        Parameters
        ----------
        uniform : ndarray of shape (n,)
            From 0 to below 1.
        """
        target = uniform * self._ends[-1]
        piece = np.searchsorted(self._ends, target, side="right").clip(max=len(self._ends) - 1)
        before = np.r_[0.0, self._ends][piece]
        share = (target - before) / (self._ends[piece] - before)
        places: Numbers = self._starts[piece] + share.clip(0.0, 1.0) * self._widths[piece]
        return places


def even_weights(curve: PolylineCurve, spacing: str) -> Numbers:
    """Say how much of all falls on each segment, (M-1,), where all places are alike.

    Parameters
    ----------
    curve : PolylineCurve
        The curve.
    spacing : {"arclength", "index"}
        Along what the places are spread evenly.
    """
    if spacing == "index":
        return np.ones(curve.n_segments)
    return np.asarray(curve.lengths, dtype=np.float64)


def fair_weights(
    weights: Numbers, solid: npt.NDArray[np.bool_], index: Numbers
) -> tuple[Stretch, Numbers]:
    """Share samples among runs of segments as rows are, and spread them in each by other weights.

    However long or short the runs are, none gets more than its rows speak for.

    Parameters
    ----------
    weights : ndarray of shape (M-1,)
        How samples are spread in a run.
    solid : bool ndarray of shape (M-1,)
        The segments that samples may be on; at least one.
    index : ndarray of shape (n,)
        The index coordinates of the rows. One that is on no such segment counts for the run of the
        nearest one, along the curve.

    Returns
    -------
    stretch : Stretch
        The runs.
    weights : ndarray of shape (M-1,)
        New ones.
    """
    chosen = np.flatnonzero(solid)
    after = np.searchsorted(chosen, index).clip(max=len(chosen) - 1)  # the first at or after it
    before = (after - 1).clip(min=0)
    is_before = index - (chosen[before] + 1) <= chosen[after] - index
    segment = chosen[np.where(is_before, before, after)]
    rows = np.bincount(segment, minlength=len(weights))
    fair = np.zeros(len(weights))
    for start, end in zip(*(ends.astype(int) for ends in Stretch.of_segments(solid)), strict=True):
        run = weights[start:end] if weights[start:end].any() else np.ones(end - start)
        fair[start:end] = run / run.sum() * rows[start:end].sum()
    return Stretch.of_segments(solid), fair


def read_stretch(
    segments: Any, curve: PolylineCurve, coordinate: str, known: Callable[[Any], Stretch]
) -> Stretch:
    """Understand what a user calls a stretch.

    Parameters
    ----------
    segments : None, slice, (start, end), label, name, or list of these
        See `CurveAugmenter.sample`.
    curve : PolylineCurve
        The curve it is on.
    coordinate : str
        What the numbers of ``(start, end)`` are.
    known : callable
        Gives the stretch of a label or name, or raises.

    Raises
    ------
    TypeError, ValueError
        If there is no such stretch, or nothing in it.
    """
    check_coordinate_name(coordinate)
    if segments is None:
        return Stretch.of([(0.0, float(curve.n_segments))])
    if isinstance(segments, list):
        if not segments:
            raise ValueError("segments must name at least one stretch; got an empty list.")
        parts = [read_stretch(part, curve, coordinate, known) for part in segments]
        return Stretch.of([pair for part in parts for pair in zip(*part, strict=True)])
    if isinstance(segments, slice):
        return _of_slice(segments, curve.n_segments)
    if isinstance(segments, tuple):
        return _of_pair(segments, curve, coordinate)
    return known(segments)


def check_coordinate_name(coordinate: Any) -> None:
    """Raise if there is no such coordinate."""
    if coordinate not in COORDINATES:
        raise ValueError(f"coordinate must be one of {', '.join(COORDINATES)}; got {coordinate!r}.")


def _of_slice(segments: slice, n_segments: int) -> Stretch:
    """Read ``slice(12, 20)``, the segments 12 to 19; negative numbers count from the end."""
    said = f"segments={'' if segments.start is None else segments.start}:" + (
        "" if segments.stop is None else str(segments.stop)
    )
    if segments.step is not None:
        raise ValueError(f"a slice of segments has no step; got {segments.step!r}.")
    ends = []
    for value, default in ((segments.start, 0), (segments.stop, n_segments)):
        try:
            number = default if value is None else operator.index(value)
        except TypeError:
            raise TypeError(
                f"{said} must have whole numbers; a tuple (start, end) may begin inside a segment."
            ) from None
        if not -n_segments <= number <= n_segments:
            raise ValueError(f"{said} leaves the curve, which has the segments 0:{n_segments}.")
        ends.append(number % n_segments if number < 0 else number)
    if ends[0] >= ends[1]:
        raise ValueError(f"{said} is empty: it has no segment of the {n_segments} of the curve.")
    return Stretch.of([(float(ends[0]), float(ends[1]))])


def _of_pair(segments: tuple[Any, ...], curve: PolylineCurve, coordinate: str) -> Stretch:
    """Read ``(start, end)`` in any coordinate."""
    if len(segments) != 2 or not all(isinstance(end, Real) for end in segments):
        raise TypeError(
            f"segments={segments!r} must be two numbers (start, end); several stretches are a list."
        )
    try:
        start, end = np.asarray(to_index(curve, np.array(segments, dtype=np.float64), coordinate))
    except ValueError as error:
        reason = str(error).removeprefix("T ")
        raise ValueError(f"segments={segments!r} in {coordinate!r} {reason}") from None
    if not start < end:
        raise ValueError(f"segments={segments!r} is empty: its end has to come after its start.")
    return Stretch.of([(float(start), float(end))])
