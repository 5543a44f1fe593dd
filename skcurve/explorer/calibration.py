"""How far to go along a direction: for a given change of the output; inside the distribution."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from sklearn.neighbors import NearestNeighbors

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
        False where no strength changes the output as much; the one given is then the largest
        that was tried.
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


def solve_strength(
    change: Callable[[float], float], target: float, natural: float
) -> tuple[float, float, bool]:
    """Find the strength that changes the output by a given amount.

    The change is zero at strength zero and grows nearly in proportion at first, so the next guess
    is that of proportion; once there is a strength on either side, the secant between them, kept
    off the ends.

    Parameters
    ----------
    change : callable
        The mean change of the output, of the strength.
    target : float
        The change that is wanted, positive.
    natural : float
        A strength to begin with.

    Returns
    -------
    strength, change : float
        The strength, and the change there.
    reached : bool
        Whether it is within 2% of the target.
    """
    low, low_change, high, high_change = 0.0, 0.0, np.inf, np.inf
    strength, farthest = natural, FARTHEST * natural
    found = 0.0
    for _ in range(MOST_STEPS):
        found = change(strength)
        if abs(found - target) <= TOLERANCE * target:
            return strength, found, True
        if found < target:
            if strength >= farthest:
                return strength, found, False
            low, low_change = strength, found
        else:
            high, high_change = strength, found
        if np.isfinite(high):
            share = (target - low_change) / max(high_change - low_change, 1e-300)
            strength = low + (high - low) * min(max(share, 0.1), 0.9)
        else:
            growth = target / found if found > 0 else 4.0
            strength = min(strength * min(max(growth, 1.5), 4.0), farthest)
    return strength, found, abs(found - target) <= 5 * TOLERANCE * target


class Neighbourhood:
    """Where the latents are: how isolated a point is, among those that stand for all.

    Parameters
    ----------
    reference : ndarray of shape (n, D)
        Latents of the distribution.
    """

    def __init__(self, reference: Numbers) -> None:
        self._center = reference.mean(0)
        self._search = NearestNeighbors(n_neighbors=1).fit(reference - self._center)
        isolation = self._search.kneighbors()[0][:, 0]
        self.limit = float(np.quantile(isolation, QUANTILE))

    def excess(self, latents: torch.Tensor) -> float:
        """Say how much too isolated the median latent is; below zero, it is inside.

        Parameters
        ----------
        latents : (n, D) tensor
            Edited ones.
        """
        rows = latents.double().cpu().numpy() - self._center
        distance = self._search.kneighbors(rows)[0][:, 0]
        return float(np.median(distance)) - self.limit


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
