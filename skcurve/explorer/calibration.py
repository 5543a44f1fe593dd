"""How far to go along a direction: for a given change of the output; inside the distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from sklearn.neighbors import NearestNeighbors

from skcurve.explorer.direction import Direction

Numbers = npt.NDArray[np.float64]

TOLERANCE = 0.02
"""How near to the wanted change is near enough, relative to it."""
MOST_STEPS = 14
FARTHEST = 32.0
"""In natural steps: a direction that has not changed the output by then does not change it."""
REACH = 8.0
"""In strengths: as far out as the range is looked for."""
QUANTILE = 0.95
"""Latents more isolated than this share of the reference are outside."""


class Calibration(NamedTuple):
    """Strengths at which directions compare fairly, and how far one may go.

    Attributes
    ----------
    strengths : ndarray of shape (k,)
        At which the output changes by `amount`, on average over latents and both ways.
    ranges : ndarray of shape (k, 2)
        The strengths between which an edit stays inside the distribution.
    changes : ndarray of shape (k,)
        How much the output really changes at `strengths`.
    reached : bool array of shape (k,)
        False where no strength was found that changes the output as much; the one given is then
        the last that was tried, as a rule the largest.
    amount : float
        The change that was asked for, in the units of `spread`.
    spread : float
        The distance of two outputs that have nothing to do with each other, in the units of the
        distance function.
    """

    strengths: Numbers
    ranges: Numbers
    changes: Numbers
    reached: npt.NDArray[np.bool_]
    amount: float
    spread: float

    def apply(self, directions: Sequence[Direction]) -> list[Direction]:
        """Give the directions at these strengths, with these ranges.

        Parameters
        ----------
        directions : sequence of Direction
            Those that were calibrated, in the same order.
        """
        found = zip(directions, self.strengths, self.ranges, strict=True)
        return [
            one.replace(strength=strength, strength_range=tuple(span))
            for one, strength, span in found
        ]


def solve_strength(
    change: Callable[[float], float], target: float, natural: float, start: float | None = None
) -> tuple[float, float, bool]:
    """Find the strength that changes the output by a given amount.

    The change grows with some power of the strength, nearly 1 at first and less later. Each guess
    is that of the power between the last two: a secant in logarithms. It is kept between a strength
    that is too small and one that is too large, once there are such.

    Parameters
    ----------
    change : callable
        The mean change of the output, of the strength.
    target : float
        The change that is wanted, positive.
    natural : float
        The natural step of the direction: 32 of them are the farthest that is tried.
    start : float or None, default=None
        A strength to begin with; None for the natural one.

    Returns
    -------
    strength, change : float
        The strength, and the change there.
    reached : bool
        Whether the change is within 2% of the target.
    """
    low, high, farthest = 0.0, np.inf, FARTHEST * natural
    strength, power = min(start or natural, farthest), 1.0
    before: tuple[float, float] | None = None
    for step in range(MOST_STEPS):
        found = change(strength)
        if abs(found - target) <= TOLERANCE * target:
            return strength, found, True
        if step == MOST_STEPS - 1 or (found < target and strength >= farthest):
            break
        if found < target:
            low = max(low, strength)
        else:
            high = min(high, strength)
        if before is not None and min(found, before[1]) > 0 and strength != before[0]:
            power = np.log(found / before[1]) / np.log(strength / before[0])
        before = strength, found
        strength = _next_guess(strength, target / found if found > 0 else np.inf, power, low, high)
        strength = min(strength, farthest)
    return strength, found, False


def _next_guess(strength: float, growth: float, power: float, low: float, high: float) -> float:
    """Give the strength at which the change has grown as it should, between low and high."""
    factor = min(growth ** (1.0 / min(max(power, 0.2), 3.0)), 8.0)
    guess = strength * max(factor, 0.02)
    if np.isinf(high):
        return max(guess, 1.5 * low)
    if low < guess < high:
        return guess
    return float(np.sqrt(max(low, 0.01 * high) * high))


class Neighbourhood:
    """Where the latents are: how isolated a point is, among those that stand for all.

    Parameters
    ----------
    reference : ndarray of shape (n, D)
        Latents of the distribution.
    """

    def __init__(self, reference: Numbers) -> None:
        self._center = reference.mean(0)
        rows = reference - self._center
        isolation = NearestNeighbors(n_neighbors=1).fit(rows).kneighbors()[0][:, 0]
        self._rows = torch.from_numpy(rows)
        self.limit = float(np.quantile(isolation, QUANTILE))

    def own(self, latents: torch.Tensor) -> torch.Tensor | None:
        """Find latents that are themselves among those that stand for all.

        They must not count as their own neighbours once they are edited, or every edit would stay
        inside for as long as it is near where it began.

        Parameters
        ----------
        latents : (m, D) tensor
            Before the edit.

        Returns
        -------
        own : bool tensor of shape (m, n) or None
            Which rows of the reference are the latent itself; None if there are none.
        """
        own = self._distances(latents) == 0
        return own if bool(own.any()) else None

    def excess(self, latents: torch.Tensor, own: torch.Tensor | None = None) -> float:
        """Say how much too isolated the median latent is; below zero, it is inside.

        Parameters
        ----------
        latents : (m, D) tensor
            Edited ones.
        own : bool tensor of shape (m, n), default=None
            Rows of the reference that do not count; see `own`.
        """
        distance = self._distances(latents)
        if own is not None:
            distance = distance.masked_fill(own, torch.inf)
        return float(np.median(distance.min(1).values.numpy())) - self.limit

    def _distances(self, latents: torch.Tensor) -> torch.Tensor:
        rows = latents.double().cpu() - torch.from_numpy(self._center)
        # Of a few rows this is faster than a search, which has its own overhead.
        return torch.cdist(rows, self._rows, compute_mode="donot_use_mm_for_euclid_dist")


def inside_range(excess: Callable[[float], float], strength: float) -> tuple[float, float]:
    """Find how far an edit goes either way before it leaves the distribution.

    Parameters
    ----------
    excess : callable
        Of a strength, signed; above zero outside.
    strength : float
        The unit of the search, which ends at eight of them.

    Returns
    -------
    low, high : float
        Not above, and not below, zero.
    """
    steps = strength * np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, REACH])
    return -_first_crossing(excess, -steps), _first_crossing(excess, steps)


def _first_crossing(excess: Callable[[float], float], steps: Numbers) -> float:
    """Walk outwards until outside, and give the distance at which it happened."""
    before = excess(0.0)
    if before > 0:
        return 0.0
    for start, stop in pairwise(steps):
        after = excess(float(stop))
        if after > 0:
            return float(abs(start + (stop - start) * -before / (after - before)))
        before = after
    return float(abs(steps[-1]))
