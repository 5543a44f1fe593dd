"""Draw samples from a stretch, one batch after another, until there are enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from skcurve.augmenter.residuals import Residuals
from skcurve.augmenter.stretches import Places
from skcurve.augmenter.support import Support
from skcurve.curve import PolylineCurve

Numbers = npt.NDArray[np.float64]
Points = npt.NDArray[Any]

MAX_TRIES = 100
"""Candidates a sample, at most, where only valid ones are wanted."""
NOISY_ROWS = 4096
"""Rows that get their noise at a time: it is drawn from more numbers than they have themselves."""
FEWEST_CANDIDATES = 64
"""So many are tried at a time at least: a look at the support takes the same time for one."""


class Draw:
    """A stream of samples; how it is cut into batches changes nothing.

    Places and noise are drawn from two generators, a row of numbers for each candidate.

    Parameters
    ----------
    curve : PolylineCurve
        What the samples are near.
    places : Places
        Where on it.
    generator : numpy.random.Generator
        Where the randomness comes from.
    residuals : Residuals, default=None
        How wide the data lies around the curve; needed for a jitter.
    jitter : float, default=0.0
        How much of that width the samples get.
    support : Support, default=None
        Where samples have to be; None for anywhere.
    """

    def __init__(
        self,
        curve: PolylineCurve,
        places: Places,
        generator: np.random.Generator,
        *,
        residuals: Residuals | None = None,
        jitter: float = 0.0,
        support: Support | None = None,
    ) -> None:
        self._curve = curve
        self._places = places
        self._position, self._noise = (
            np.random.default_rng(generator.integers(2**63, size=2)) for _ in range(2)
        )
        self._residuals = residuals
        self._jitter = jitter
        self._support = support
        self._left: tuple[Numbers, Points] = self._candidates(0)

    def next(self, n: int) -> tuple[Numbers, Points]:
        """Draw the next samples.

        Parameters
        ----------
        n : int
            How many.

        Returns
        -------
        places : ndarray of shape (n,)
            Index coordinates.
        points : ndarray of shape (n, D)

        Raises
        ------
        RuntimeError
            If after `MAX_TRIES` candidates a sample there are not enough valid ones.
        """
        if self._support is None:
            return self._candidates(n)
        found, n_found, n_tried = [self._left], len(self._left[0]), 0
        size = max(n, FEWEST_CANDIDATES)
        while n_found < n:
            if n_tried >= MAX_TRIES * size:
                raise RuntimeError(
                    f"valid_only=True: {n_found} of the {n} samples wanted were valid after "
                    f"{n_tried} tries. The stretch hardly touches the data"
                    + (", or jitter is too large." if self._jitter else ".")
                )
            places, points = self._candidates(size)
            valid = self._support.measure(points).valid
            found.append((places[valid], points[valid]))
            n_found, n_tried = n_found + int(valid.sum()), n_tried + size
        places = np.concatenate([part[0] for part in found])
        points = np.concatenate([part[1] for part in found])
        self._left = places[n:], points[n:]
        return places[:n], points[:n]

    def _candidates(self, n: int) -> tuple[Numbers, Points]:
        places = self._places.at(self._position.random(n))
        points = np.asarray(self._curve.evaluate(places))
        if self._jitter and self._residuals is not None:
            segment = np.floor(places).astype(np.int64).clip(max=self._curve.n_segments - 1)
            for start in range(0, n, NOISY_ROWS):
                block = slice(start, start + NOISY_ROWS)
                noise = self._jitter * self._residuals.draw(segment[block], self._noise)
                points[block] = points[block] + noise
        return places, points
