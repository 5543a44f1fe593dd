"""Exact projection: search in float32, settle what is close in float64."""

from __future__ import annotations

import torch

from skcurve.parallel import has_numba
from skcurve.projection.blocked import project_blocked
from skcurve.projection.result import Projection
from skcurve.projection.streamed import project_streamed
from skcurve.projection.table import SearchTable


def project(X: torch.Tensor, vertices: torch.Tensor) -> Projection[torch.Tensor]:
    """Find the nearest point of a polyline to every row.

    1. One product of the rows with the vertices, a block at a time, gives the squared distance to
       every segment (see `SearchTable`), in float32 whatever the input. With few features and many
       vertices, boxes around stretches of the curve take its place where that is faster: most
       segments are then never looked at (see `CurveTree`).
    2. Every segment within rounding error of the smallest is computed again, directly and in
       float64; the nearest of them wins, the first of equals.

    So the result is that of `project_oracle`, does not depend on the other rows of the call, and
    holds where the expanded form alone would cancel: far from the origin, on repeated vertices, on
    points of the curve itself.

    Parameters
    ----------
    X : (n, D) tensor
        Points, float32 or float64, finite.
    vertices : (M, D) tensor
        The vertices of the polyline, finite, M at least 2. Where they are is computed: rows that
        are elsewhere go there block by block. Nothing of this is checked here:
        `PolylineCurve.project` does.

    Returns
    -------
    projection : Projection
        Where X is; `position` and `sq_distance` have the dtype of X.

    Examples
    --------
    >>> import torch
    >>> from skcurve.projection import project
    >>> vertices = torch.tensor([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0]])
    >>> found = project(torch.tensor([[1.0, 2.0], [5.0, 1.5]]), vertices)
    >>> found.index, found.sq_distance
    (tensor([0.2500, 1.5000]), tensor([4., 1.]))
    """
    table = SearchTable.of(vertices)
    if {X.device.type, vertices.device.type} != {"cpu"}:
        return project_streamed(X, vertices, table)
    if has_numba():
        from skcurve.projection.fused import project_fused
        from skcurve.projection.tree import find_tree, project_by_tree

        tree = find_tree(X, vertices, table)
        if tree is not None:
            return project_by_tree(X, vertices, table, tree)
        return project_fused(X, vertices, table)
    return project_blocked(X, vertices, table)
