"""faiss's k-means: 25 iterations from random rows, on at most 256 rows a centre, as it comes.

With `ordered`, a short tour through the centres after it; see `kmeans_tour`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from peers.kmeans_tour import ordered as in_short_order


def fit(
    X: npt.NDArray[np.float32], n_vertices: int, seed: int, *, ordered: bool = False
) -> npt.NDArray[np.float32]:
    """Give the (n_vertices, D) centres."""
    import faiss

    kmeans = faiss.Kmeans(X.shape[1], n_vertices, seed=seed, min_points_per_centroid=1)
    kmeans.train(X)
    return in_short_order(kmeans.centroids) if ordered else kmeans.centroids
