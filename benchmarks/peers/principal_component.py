"""The first principal component as a polyline: what one straight line gives.

Its vertices are at even steps of rank, so that every segment has as many rows as any other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA


def fit(X: npt.NDArray[np.float32], n_vertices: int, seed: int) -> npt.NDArray[np.float32]:
    """Give (n_vertices, D) points of the line, from the first row along it to the last."""
    pca = PCA(1, random_state=seed)
    along = pca.fit_transform(X)[:, 0]
    places = np.quantile(along, np.linspace(0.0, 1.0, n_vertices))
    return pca.inverse_transform(places[:, None])
