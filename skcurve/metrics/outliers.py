"""Vertices that no data is near."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from skcurve.interop import Array, as_matrix, restore
from skcurve.metrics.inputs import as_rows, resolve_curve

MAX_ROWS = 16_384
"""Of more rows, a fixed random choice of so many stands for the data."""


def outlier_vertices(curve: Any, X: Any, *, quantile: float = 0.99) -> Array:
    """Mark the vertices that are farther from the data than the data is from itself.

    A vertex is an outlier if the distance to its nearest row is above the given quantile of the
    distances from the rows to *their* nearest other rows: a data point in its place would be among
    the most isolated. The curve leaves the distribution there, so that a sample, a direction or a
    mean label taken from it says little.

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        An estimator is asked for its `curve_`.
    X : array-like of shape (n, D)
        Points, at least two. Of more than 16,384, a random choice of so many is looked at, the same
        one every time.
    quantile : float, default=0.99
        Share of the rows that are less isolated, from 0 to 1. At 1 a vertex has to be farther away
        than the most isolated row.

    Returns
    -------
    outlier : bool array of shape (M,)
        One entry a vertex. A tensor if X is one.

    Raises
    ------
    TypeError, sklearn.exceptions.NotFittedError
        If `curve` is not a curve and has none, or the entries of X are not real numbers.
    ValueError
        If X is not a finite matrix of D columns and at least two rows, or `quantile` is outside
        [0, 1].

    Notes
    -----
    Where most rows are exact copies of others, the distance that data has from itself is zero, and
    every vertex that is not on a row is an outlier.

    Examples
    --------
    >>> from skcurve import PolylineCurve
    >>> from skcurve.metrics import outlier_vertices
    >>> curve = PolylineCurve([[0.4], [2.5], [9]])
    >>> outlier_vertices(curve, [[0], [1], [2], [3]])
    array([False, False,  True])
    """
    curve = resolve_curve(curve)
    rows = as_rows(X, curve, at_least=2)
    if not 0.0 <= quantile <= 1.0:
        raise ValueError(f"quantile must lie in [0, 1]; got {quantile}.")
    if len(rows) > MAX_ROWS:
        chosen = np.random.default_rng(0).choice(len(rows), MAX_ROWS, replace=False)
        rows = rows[torch.from_numpy(np.sort(chosen)).to(rows.device)]
    rows = rows.cpu().double()
    center = rows.mean(0)
    vertices = as_matrix(curve.vertices, name="vertices").cpu().double()
    search = NearestNeighbors(n_neighbors=1).fit((rows - center).numpy())
    isolation = search.kneighbors()[0][:, 0]
    distance = search.kneighbors((vertices - center).numpy())[0][:, 0]
    outlier = torch.from_numpy(distance > np.quantile(isolation, quantile))
    return restore(outlier.to(X.device) if isinstance(X, torch.Tensor) else outlier, like=X)
