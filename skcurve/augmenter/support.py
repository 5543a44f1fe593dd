"""Where the data is: how far samples may be from it, by how far its rows are from each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

from skcurve.augmenter.records import Gap, Validity
from skcurve.curve import PolylineCurve

SHARE = 0.99
"""The share of the rows that counts as data, unless something else is said."""
N_REFERENCE = 4096
"""Rows that stand for all: distances to more of them would take longer and tell little more."""
PROBES = np.linspace(0.0, 1.0, 5)
"""Where on a segment is looked for empty space."""
BLOCK = 4096
"""Segments whose probes are made at a time."""

Test = Callable[[Any], Any]


class Support:
    """The support of some rows, by the distances of nearest neighbours.

    A point is inside if it is no farther from the nearest row than a share of the rows, such as
    0.99, are from theirs.

    Parameters
    ----------
    rows : ndarray of shape (n, D)
        The data.
    share : float
        The share.
    generator : numpy.random.Generator
        Chooses the rows that stand for all.
    test : callable, default=None
        Says instead what is inside: from points (n, D) to booleans, or to scores that are negative
        outside, as `decision_function` of scikit-learn's outlier detectors.

    Attributes
    ----------
    threshold : float
        The largest distance inside.
    """

    def __init__(
        self,
        rows: npt.NDArray[Any],
        share: float,
        generator: np.random.Generator,
        test: Test | None = None,
    ) -> None:
        if len(rows) > N_REFERENCE:
            rows = rows[np.sort(generator.choice(len(rows), N_REFERENCE, replace=False))]
        rows = np.unique(rows, axis=0)  # a row is no neighbour of its copy
        self._neighbors = NearestNeighbors(n_neighbors=1).fit(rows)
        own = self._neighbors.kneighbors()[0] if len(rows) > 1 else np.zeros(1)
        self.threshold = float(np.quantile(own, share))
        self._test = test

    def measure(self, points: npt.NDArray[Any]) -> Validity:
        """Measure points, (n, D)."""
        distance = self._neighbors.kneighbors(points)[0][:, 0].astype(np.float64)
        if self.threshold > 0:
            ratio = distance / self.threshold
        else:
            ratio = np.where(distance > 0, np.inf, 0.0)
        valid = ratio <= 1.0 if self._test is None else self._tested(points)
        return Validity(distance, ratio, valid)

    def _tested(self, points: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        assert self._test is not None
        found = np.asarray(self._test(points))
        if found.shape != (len(points),) or found.dtype.kind not in "bfiu":
            raise ValueError(
                f"support must give one boolean or score a point, of shape ({len(points)},); got "
                f"shape {found.shape} of dtype {found.dtype}."
            )
        return found if found.dtype.kind == "b" else found >= 0

    def crossings(
        self, curve: PolylineCurve
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
        """Say of each segment whether it crosses empty space, and how far it goes from the data.

        Parameters
        ----------
        curve : PolylineCurve
            The curve.

        Returns
        -------
        empty : bool ndarray of shape (M-1,)
            Whether one of five places of the segment is outside.
        ratio : ndarray of shape (M-1,)
            The largest of their ratios.
        """
        empty = np.zeros(curve.n_segments, dtype=bool)
        ratio = np.zeros(curve.n_segments)
        for start in range(0, curve.n_segments, BLOCK):
            numbers = np.arange(start, min(start + BLOCK, curve.n_segments))
            places = (numbers[:, None] + PROBES).ravel()
            found = self.measure(np.asarray(curve.evaluate(places)))
            empty[numbers] = ~found.valid.reshape(len(numbers), -1).all(1)
            ratio[numbers] = found.ratio.reshape(len(numbers), -1).max(1)
        return empty, ratio


def runs(empty: npt.NDArray[np.bool_], ratio: npt.NDArray[np.float64]) -> list[Gap]:
    """List the runs of segments that cross empty space."""
    edges = np.flatnonzero(np.diff(np.r_[False, empty, False]))
    return [
        Gap(int(start), int(end), float(ratio[start:end].max()))
        for start, end in edges.reshape(-1, 2)
    ]
