"""What an augmenter returns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skcurve.interop import Array

Numbers = npt.NDArray[np.float64]


class Samples(NamedTuple):
    """New samples, and where on the curve they are from.

    Attributes
    ----------
    latents : array of shape (n, D)
        In the space of the curve, in the kind of array and the dtype of its vertices.
    coordinates : ndarray of shape (n,)
        The place of the curve that each was drawn at, before `jitter`.
    outputs : array of shape (n, ...) or None
        What the generator makes of the latents; None without one.
    labels : ndarray of shape (n,) or None
        The label of the segment each is from; None if the augmenter was fitted without labels.
    """

    latents: Array
    coordinates: Numbers
    outputs: Array | None
    labels: npt.NDArray[Any] | None


class Validity(NamedTuple):
    """How far samples are from the data they shall resemble.

    Attributes
    ----------
    distance : ndarray of shape (n,)
        From each sample to the nearest row of the data.
    ratio : ndarray of shape (n,)
        The distance over the threshold, the distance from its nearest neighbour that all but a few
        rows keep below: up to 1 a sample lies where rows lie.
    valid : bool ndarray of shape (n,)
        Whether the sample is inside the support.
    """

    distance: Numbers
    ratio: Numbers
    valid: npt.NDArray[np.bool_]


class Coverage(NamedTuple):
    """Which part of some rows each segment of the curve covers.

    Attributes
    ----------
    share : ndarray of shape (M-1,)
        The share of the rows that lie about each segment: the segment is the nearest, and not
        farther than rows of the training data are from the curve.
    outside : float
        The share that is about none: together they are 1.
    segment : ndarray of shape (n,)
        The nearest segment of each row, covered or not.
    covered : bool ndarray of shape (n,)
        Whether that segment covers the row.
    """

    share: Numbers
    outside: float
    segment: npt.NDArray[np.int64]
    covered: npt.NDArray[np.bool_]


class Gap(NamedTuple):
    """A run of segments that cross empty space.

    Attributes
    ----------
    start, end : int
        Segments ``start:end``.
    ratio : float
        How far the emptiest place of it is from the data, in thresholds; see `Validity`.
    """

    start: int
    end: int
    ratio: float
