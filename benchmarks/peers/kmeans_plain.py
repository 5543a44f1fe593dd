"""scikit-learn's k-means as they come: centres in no order.

`KMeans` from one k-means++ start, its default; `MiniBatchKMeans` with its own number of starts and
the batches its documentation advises, 256 rows a core, but at least three a centre.
"""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans, MiniBatchKMeans

ROWS_A_CORE = 256
ROWS_A_CENTER = 3


def fit(
    X: npt.NDArray[np.float32], n_vertices: int, seed: int, *, mini_batches: bool = False
) -> npt.NDArray[np.float32]:
    """Give the (n_vertices, D) centres."""
    if not mini_batches:
        return KMeans(n_vertices, random_state=seed).fit(X).cluster_centers_
    size = min(len(X), max(1024, ROWS_A_CORE * (os.cpu_count() or 1), ROWS_A_CENTER * n_vertices))
    return MiniBatchKMeans(n_vertices, batch_size=size, random_state=seed).fit(X).cluster_centers_
