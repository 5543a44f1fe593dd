"""Where a curve begins: a few vertices that follow the data, or a tour through its clusters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from skcurve.solvers.rows import Rows, Sample
from skcurve.solvers.untangle import short_order

FIRST_VERTICES = 4
MAX_ROWS = 1 << 12
TOUR_ROWS_PER_VERTEX = 256


def by_norm(rows: Rows, n_vertices: int, generator: np.random.Generator) -> torch.Tensor:
    """Sort rows by their norm, and take the means of four equal parts, as published."""
    sample = rows.draw(MAX_ROWS)
    points = sample.points()
    # In float64: the squares of float32 could leave its range, and all norms would be alike.
    norms = torch.linalg.vector_norm(rows.restore(points), dim=1, dtype=torch.float64)
    return _means_in_order(points, sample.weights, norms)


def by_component(rows: Rows, n_vertices: int, generator: np.random.Generator) -> torch.Tensor:
    """Sort rows along their first principal component, and take the means of four equal parts."""
    sample = rows.draw(MAX_ROWS)
    points = sample.points()
    share = (sample.weights / sample.weights.sum())[:, None]
    centered = points - (share * points).sum(0)
    _, _, components = torch.linalg.svd(share.sqrt() * centered, full_matrices=False)
    first = components[0] * torch.sign(components[0][components[0].abs().argmax()])
    return _means_in_order(points, sample.weights, centered @ first)


def at_random(rows: Rows, n_vertices: int, generator: np.random.Generator) -> torch.Tensor:
    """Draw four different rows in proportion to their weights; of fewer, take some again."""
    points, weights = _distinct(rows.draw(MAX_ROWS))
    n_drawn = min(FIRST_VERTICES, len(points))
    chosen = generator.choice(len(points), n_drawn, replace=False, p=weights / weights.sum())
    return rows.like(points[chosen[np.arange(FIRST_VERTICES) * n_drawn // FIRST_VERTICES]])


def by_tour(rows: Rows, n_vertices: int, generator: np.random.Generator) -> torch.Tensor:
    """Cluster the rows by k-means, and visit the centres on a short tour."""
    points, weights = _distinct(rows.draw(TOUR_ROWS_PER_VERTEX * n_vertices))
    n_clusters = min(n_vertices, len(points))
    kmeans = KMeans(n_clusters, n_init=1, random_state=int(generator.integers(2**31)))
    # Its threads add up their sums in the order in which they finish: of three or more, that order
    # shows in the last digits, and a seed would not give the same bits again.
    with threadpool_limits(1, user_api="openmp"):
        kmeans.fit(points, sample_weight=weights)
    centers = rows.like(kmeans.cluster_centers_)
    centers = centers[short_order(centers).to(centers.device)]
    # Fewer rows than vertices: the last centre stands for all that are missing.
    return torch.cat([centers, centers[-1:].expand(n_vertices - n_clusters, -1)])


STARTS: dict[str, Callable[[Rows, int, np.random.Generator], torch.Tensor]] = {
    "norm": by_norm,
    "pca": by_component,
    "random": at_random,
    "tour": by_tour,
}
"""The ways to begin, by the name that `SFVQ(init=...)` takes. Each is called with the rows, the
final number of vertices and a generator, and gives (m, D) vertices in the rows' normalised form."""


def _distinct(sample: Sample) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Sort rows and merge equal ones, so that neither order nor repetition matters to a draw."""
    points, group = np.unique(sample.points().cpu().numpy(), axis=0, return_inverse=True)
    weights = sample.weights.cpu().double().numpy()
    return points, np.bincount(group.ravel(), weights, minlength=len(points))


def _means_in_order(points: torch.Tensor, weights: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """Cut rows, sorted by a key, into four parts of equal weight, and take the mean of each.

    A row on a cut counts for both sides, by the weight it has there: a row of weight two is two
    rows.
    """
    order = torch.argsort(key, stable=True)
    share = (weights[order] / weights.sum()).double() * FIRST_VERTICES
    end = share.cumsum(0)
    part = torch.arange(FIRST_VERTICES, device=end.device)[:, None]
    inside = torch.minimum(end, part + 1) - torch.maximum(end - share, part)
    return inside.clamp_(min=0.0).to(points) @ points[order]
