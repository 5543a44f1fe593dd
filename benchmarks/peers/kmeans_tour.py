"""The strongest plain peer: k-means, then a short tour through its centres.

Both halves at their best: scikit-learn's `KMeans` from one k-means++ start, and 2-opt and Or-opt
moves until none shortens the tour. The tour is made by `skcurve.solvers.short_order`, the same code
that untangles our own curves: a second implementation would compare two tours, not two methods.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from sklearn.cluster import KMeans

from skcurve.solvers import short_order


def fit_centers(X: npt.NDArray[np.float32], n_vertices: int, seed: int) -> npt.NDArray[np.float32]:
    """Cluster the rows, and give the (n_vertices, D) centres as they come."""
    return KMeans(n_vertices, n_init=1, random_state=seed).fit(X).cluster_centers_


def ordered(centers: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Put centres in the order of a short open tour."""
    return centers[short_order(torch.from_numpy(centers)).numpy()]


def fit(X: npt.NDArray[np.float32], n_vertices: int, seed: int) -> npt.NDArray[np.float32]:
    """Do both."""
    return ordered(fit_centers(X, n_vertices, seed))
