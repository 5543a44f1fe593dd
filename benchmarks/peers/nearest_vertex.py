"""Searches for the nearest vertex, which know nothing of segments."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from sklearn.cluster import KMeans

from peers.published import sq_distance_to_segment

Matrix = npt.NDArray[np.float32]
Search = Callable[[Matrix], npt.NDArray[np.integer]]


def kmeans_search(vertices: Matrix) -> Search:
    """Give `KMeans.predict` for these centres."""
    model = KMeans(len(vertices), init=vertices, n_init=1, max_iter=1).fit(vertices)
    model.cluster_centers_ = vertices
    return model.predict


def faiss_search(vertices: Matrix) -> Search:
    """Give a search in a flat index of these vectors."""
    import faiss

    index = faiss.IndexFlatL2(vertices.shape[1])
    index.add(vertices)
    return lambda X: index.search(X, 1)[1][:, 0]


def sq_distance_beside(
    X: Matrix, vertices: Matrix, nearest: npt.NDArray[np.integer]
) -> npt.NDArray[np.float32]:
    """Squared distances to the nearer of the segments that each row's vertex belongs to."""
    rows, corners = torch.from_numpy(X), torch.from_numpy(vertices)
    vertex = torch.from_numpy(nearest.astype(np.int64))
    before, after = (vertex - 1).clamp(min=0), (vertex + 1).clamp(max=len(corners) - 1)
    return torch.minimum(
        sq_distance_to_segment(rows, corners[before], corners[vertex]),
        sq_distance_to_segment(rows, corners[vertex], corners[after]),
    ).numpy()
