"""Which stretches of a curve belong to which label."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from skcurve.curve import PolylineCurve

OWN_SHARE = 0.8
"""A segment belongs to a label if so many of the rows about it have that label."""


class SegmentLabels(NamedTuple):
    """What the segments of a curve are, by the rows about them.

    Attributes
    ----------
    classes : ndarray of shape (K,)
        The labels, sorted.
    counts : int ndarray of shape (M-1, K)
        How many rows of each label are about each segment.
    labels : ndarray of shape (M-1,)
        The most frequent label about each segment; where there are no rows, that of the nearest
        segment, along the curve, that has some.
    purity : ndarray of shape (M-1,)
        The share of the rows about a segment that have its label; 0 where there are none.
    """

    classes: npt.NDArray[Any]
    counts: npt.NDArray[np.int64]
    labels: npt.NDArray[Any]
    purity: npt.NDArray[np.float64]

    @classmethod
    def of(cls, segment: npt.NDArray[np.int64], y: npt.NDArray[Any], curve: PolylineCurve) -> Self:
        """Count the labels of rows about each segment."""
        classes, code = np.unique(y, return_inverse=True)
        counts = np.zeros((curve.n_segments, len(classes)), dtype=np.int64)
        np.add.at(counts, (segment, code), 1)
        rows = counts.sum(1)
        ends = np.asarray(curve.arclength)
        middle = (ends[1:] + ends[:-1]) / 2
        busy = np.flatnonzero(rows)
        after = np.searchsorted(busy, np.arange(curve.n_segments)).clip(max=len(busy) - 1)
        before = (after - 1).clip(min=0)
        nearer = np.abs(middle[busy[after]] - middle) < np.abs(middle[busy[before]] - middle)
        nearest = np.where(nearer, busy[after], busy[before])
        nearest[busy] = busy
        labels = classes[counts[nearest].argmax(1)]
        return cls(classes, counts, labels, counts.max(1) / np.maximum(rows, 1))

    def owned(self, label: Any) -> npt.NDArray[np.bool_]:
        """Say which segments belong to a label, (M-1,)."""
        owned: npt.NDArray[np.bool_] = (self.labels == label) & (self.purity >= OWN_SHARE)
        return owned

    def held(self, label: Any, segments: npt.NDArray[np.bool_]) -> float:
        """Give the share of the rows of a label that are about some segments, (M-1,)."""
        mine = self.counts[:, np.flatnonzero(self.classes == label)[0]]
        return float(mine[segments].sum() / mine.sum())
