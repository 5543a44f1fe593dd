"""What is measured of vertices that something has learnt: how near the data, and in what order."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from sklearn.metrics import pairwise_distances_argmin_min

from skcurve import PolylineCurve
from skcurve.metrics import (
    distortion,
    dithered_distortion,
    neighbor_agreement,
    perplexity,
    smoothness_ratio,
    topographic_error,
    usage,
)

Matrix = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

N_DITHERS = 4

BETTER = {
    "seconds": "small",
    "exact": "small",
    "dithered": "small",
    "mean segment": "small",
    "largest segment": "small",
    "smoothness": "small",
    "usage": "large",
    "topographic": "small",
    "agreement": "large",
}
"""What is measured, and when it is better. `seconds` is measured elsewhere."""


def of_curve(
    vertices: Matrix,
    X: Matrix,
    y: Labels | None,
    sq_errors: npt.NDArray[np.float64] | None = None,
) -> dict[str, float]:
    """Measure a polyline on rows that it has not seen.

    Parameters
    ----------
    vertices : (M, D) array
        In order.
    X : (n, D) array
        The rows, and `y` their labels, if any.
    sq_errors : (n,) array or None
        The squared distances to where the method itself sends the rows; None for the nearest point.
    """
    curve = PolylineCurve(vertices)
    exact = distortion(curve, X) if sq_errors is None else float(sq_errors.mean()) / X.shape[1]
    return {
        "exact": exact,
        "dithered": dithered_distortion(curve, X, n_dithers=N_DITHERS, random_state=0),
        **_order(curve, X),
        "usage": perplexity(usage(curve, X)) / curve.n_segments,
        "agreement": math.nan if y is None else neighbor_agreement(curve, X, y),
    }


def of_centers(centers: Matrix, X: Matrix, y: Labels | None) -> dict[str, float]:
    """Measure centres in the order they come, each row at the nearest of them.

    There is no curve, so there is no dithered distortion. The other numbers say what the order is
    worth.
    """
    nearest, sq_distance = pairwise_distances_argmin_min(X, centers, metric="sqeuclidean")
    counts = np.bincount(nearest, minlength=len(centers))
    # Rows at one centre share a place, as they would at a vertex of a curve through the numbers.
    places = PolylineCurve(np.arange(len(centers), dtype=np.float64)[:, None])
    return {
        "exact": float(sq_distance.mean(dtype=np.float64)) / X.shape[1],
        "dithered": math.nan,
        **_order(PolylineCurve(centers), X),
        "usage": perplexity(counts) / len(centers),
        "agreement": math.nan if y is None else neighbor_agreement(places, nearest[:, None], y),
    }


def _order(curve: PolylineCurve, X: Matrix) -> dict[str, float]:
    return {
        "mean segment": float(curve.lengths.mean()),
        "largest segment": float(curve.lengths.max()),
        "smoothness": smoothness_ratio(curve),
        "topographic": topographic_error(curve, X),
    }
