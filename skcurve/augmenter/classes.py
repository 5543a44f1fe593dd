"""A curve for the rows of one class, where it has no stretches of a common one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from skcurve.augmenter.drawing import Draw
from skcurve.augmenter.residuals import POOLED_RANK, POOLED_ROWS, Residuals, Spread, spread_of
from skcurve.augmenter.stretches import Places, even_weights, fair_weights
from skcurve.augmenter.support import SHARE, Support
from skcurve.curve import PolylineCurve
from skcurve.sfvq import SFVQ

Rows = npt.NDArray[Any]

ROWS_A_VERTEX = 2
"""A class gets the highest bitrate that leaves so many rows a vertex, within these bounds."""
FEWEST_BITS, MOST_BITS = 2, 8


def bits_for(n_rows: int, rows_a_vertex: int) -> int:
    """Give the bitrate that some rows are enough for."""
    return int(np.clip(np.log2(max(1.0, n_rows / rows_a_vertex)), FEWEST_BITS, MOST_BITS))


class ClassCurve:
    """The rows of a class, and a curve of their own.

    Parameters
    ----------
    rows : ndarray of shape (n, D)
        At least one.
    template : estimator or None
        What to fit a clone of, at a bitrate that these rows are enough for; None for `SFVQ`.
    generator : numpy.random.Generator
        Where the randomness comes from.
    """

    def __init__(self, rows: Rows, template: Any, generator: np.random.Generator) -> None:
        self.rows = rows
        self.curve = _fitted_curve(rows, template, generator)
        found = self.curve.project(rows)
        self.segment: npt.NDArray[np.int64] = np.asarray(found.segment)
        self.index: npt.NDArray[np.float64] = np.asarray(found.index)
        self._residuals = rows - np.asarray(self.curve.evaluate(self.index))
        # As in regression: rows that the curve could follow seem nearer to it than new ones are.
        self._scale = len(rows) / (len(rows) - min(self.curve.n_vertices, len(rows) - 1))

    @property
    def residuals(self) -> Rows:
        """The rows less their nearest points, as large as those of new rows would be, (n, D)."""
        return self._residuals * np.sqrt(self._scale)

    def draw(
        self, spacing: str, jitter: float, pool: Spread | None, generator: np.random.Generator
    ) -> Draw:
        """Draw samples from where the curve is among the rows of the class.

        Parameters
        ----------
        spacing, jitter
            See `CurveAugmenter`.
        pool : Spread or None
            How wide the rows of all classes lie around their curves; needed for a jitter.
        generator : numpy.random.Generator
            Where the randomness comes from.
        """
        n_segments = self.curve.n_segments
        counts = np.bincount(self.segment, minlength=n_segments)
        empty, _ = Support(self.rows, SHARE, generator).crossings(self.curve)
        solid = np.ones(n_segments, dtype=bool) if empty.all() else ~empty
        weights = even_weights(self.curve, spacing) if spacing != "density" else counts
        places = Places(*fair_weights(weights.astype(np.float64), solid, self.index))
        residuals = None
        if pool is not None:
            residuals = Residuals(self.residuals, self.segment, n_segments, generator, pool=pool)
        return Draw(self.curve, places, generator, residuals=residuals, jitter=jitter)


def pooled(curves: list[ClassCurve], generator: np.random.Generator) -> Spread:
    """Learn how wide rows lie around the curves of their classes."""
    residuals = np.concatenate([curve.residuals for curve in curves])
    return spread_of(residuals, POOLED_RANK, POOLED_ROWS, generator)


def fresh(template: Any, n_rows: int, rows_a_vertex: int, generator: np.random.Generator) -> Any:
    """Make an estimator to fit: a clone of one, or `SFVQ` at a bitrate that suits the rows."""
    seed = int(generator.integers(2**31))
    if template is None:
        return SFVQ(bits_for(n_rows, rows_a_vertex), random_state=seed)
    estimator = clone(template)
    parameters = estimator.get_params(deep=False)
    if "random_state" in parameters and parameters["random_state"] is None:
        estimator.set_params(random_state=seed)
    return estimator


def _fitted_curve(rows: Rows, template: Any, generator: np.random.Generator) -> PolylineCurve:
    distinct = np.unique(rows, axis=0)
    if len(distinct) < 2**FEWEST_BITS:
        return _path(distinct)
    estimator = fresh(template, len(distinct), ROWS_A_VERTEX, generator)
    parameters = estimator.get_params(deep=False)
    if "n_bits" in parameters:
        bits = min(parameters["n_bits"], bits_for(len(distinct), ROWS_A_VERTEX))
        estimator.set_params(n_bits=bits)
    if not isinstance(parameters.get("init", ""), str):
        estimator.set_params(init="norm")  # a codebook to begin with is that of all rows
    curve: PolylineCurve = estimator.fit(rows).curve_
    return curve


def _path(rows: Rows) -> PolylineCurve:
    """Go through a few rows in the order of their first principal component."""
    if len(rows) == 1:
        return PolylineCurve(np.repeat(rows, 2, axis=0))
    centred = rows - rows.mean(0)
    axis = np.linalg.svd(centred, full_matrices=False)[2][0]
    return PolylineCurve(rows[np.argsort(centred @ axis, kind="stable")])
