"""Whether neighbours on the curve are alike, and alike things neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import coo_array

from skcurve.interop import as_matrix, as_tensor
from skcurve.metrics.inputs import as_labels, as_rows, resolve_curve
from skcurve.randomness import RandomState, as_generator

MAX_VERTICES = 4096
"""All pairs of so many vertices are compared; of more vertices, a random choice of so many."""

BLOCK_ENTRIES = 1 << 20
"""Distances that are held at one time."""


def smoothness_ratio(curve: Any, *, random_state: RandomState = None) -> float:
    r"""Mean length of a segment over the mean distance of two vertices.

    .. math:: \frac{\frac{1}{M-1} \sum_i |c_{i+1} - c_i|}
                   {\frac{2}{M(M-1)} \sum_{i<j} |c_j - c_i|}

    Small is orderly: consecutive vertices are much nearer than any two. About 1 is no order at all,
    as after shuffling the codebook, and more than 1 is worse than that.

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        An estimator is asked for its `curve_`.
    random_state : int, RandomState, Generator or None, default=None
        Up to 4,096 vertices all pairs are compared, and this has no effect. Of more, all pairs
        among 4,096 vertices that it draws.

    Returns
    -------
    ratio : float
        Without unit; unchanged if the curve is moved, turned, scaled or reversed.

    Raises
    ------
    TypeError, sklearn.exceptions.NotFittedError
        If `curve` is not a curve and has none.
    ValueError
        If all vertices are in one place.

    Examples
    --------
    >>> from skcurve import PolylineCurve
    >>> from skcurve.metrics import smoothness_ratio
    >>> round(smoothness_ratio(PolylineCurve([[0], [1], [2], [3]])), 6)
    0.6
    >>> round(smoothness_ratio(PolylineCurve([[0], [2], [1], [3]])), 6)
    1.0
    """
    curve = resolve_curve(curve)
    lengths = as_tensor(curve.lengths, name="lengths").double()
    if not bool((lengths > 0).any()):
        raise ValueError("curve has all its vertices in one place: no two of them are apart.")
    vertices = as_matrix(curve.vertices, name="vertices").double()
    if len(vertices) > MAX_VERTICES:
        drawn = as_generator(random_state).choice(len(vertices), MAX_VERTICES, replace=False)
        vertices = vertices[torch.from_numpy(drawn).to(vertices.device)]
    vertices = vertices - vertices.mean(0)
    total = vertices.new_zeros(())
    for block in vertices.split(max(1, BLOCK_ENTRIES // len(vertices))):
        total += torch.cdist(block, vertices).sum()
    return float(lengths.mean() / total) * len(vertices) * (len(vertices) - 1)


def topographic_error(curve: Any, X: Any) -> float:
    """Share of rows whose two nearest vertices are not neighbours on the curve.

    The measure of Kiviluoto [1]_ for self-organising maps: a row between two vertices that follow
    each other is well placed; one whose second nearest vertex is elsewhere on the curve lies where
    two stretches of the curve pass each other, and a small step may take it from one to the other.
    A curve that fills more dimensions than one cannot avoid that: compare values at the same number
    of vertices.

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        An estimator is asked for its `curve_`.
    X : array-like of shape (n, D)
        Points.

    Returns
    -------
    error : float
        From 0 to 1.

    Raises
    ------
    TypeError, sklearn.exceptions.NotFittedError
        If `curve` is not a curve and has none, or the entries of X are not real numbers.
    ValueError
        If X is not a finite matrix of D columns and at least one row.

    References
    ----------
    .. [1] K. Kiviluoto, "Topology preservation in self-organizing maps", ICNN 1996.

    Examples
    --------
    The curve goes right, up, and back left; the second point sees both ends of it.

    >>> from skcurve import PolylineCurve
    >>> from skcurve.metrics import topographic_error
    >>> curve = PolylineCurve([[0, 0], [3, 0], [3, 1], [0, 1]])
    >>> topographic_error(curve, [[3, 0.4], [0, 0.4]])
    0.5
    """
    curve = resolve_curve(curve)
    rows = as_rows(X, curve)
    vertices = as_matrix(curve.vertices, name="vertices").to(rows.device).double()
    center = vertices.mean(0)
    vertices = vertices - center
    sq_norm = (vertices * vertices).sum(1)
    n_apart = 0
    for block in rows.split(max(1, BLOCK_ENTRIES // max(vertices.shape))):
        q = torch.addmm(sq_norm, block.double() - center, vertices.T, alpha=-2.0)
        nearest = q.argmin(1)
        second = q.scatter_(1, nearest[:, None], torch.inf).argmin(1)
        n_apart += int(((nearest - second).abs() > 1).sum())
    return n_apart / len(rows)


def neighbor_agreement(curve: Any, X: Any, y: Any) -> float:
    r"""Share of consecutive rows along the curve that have the same label.

    1. Each row is mapped to its coordinate: the nearest point of the curve.
    2. The rows are put in the order of their coordinates.
    3. Each row but the last is compared with the next one.

    Rows that share a coordinate, as all those do that are nearest to the same corner, have no order
    among them. The result is then the mean over all orders they could have, so that it does not
    depend on the order of the rows in X. For g rows at one place, of which :math:`g_k` have label
    k, the mean number of equal pairs among them is :math:`\sum_k g_k (g_k - 1) / g`, and with h
    rows at the next place there is one more with probability :math:`\sum_k g_k h_k / (g h)`.

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        An estimator is asked for its `curve_`.
    X : array-like of shape (n, D)
        Points, at least two.
    y : array-like of shape (n,)
        Their labels: numbers, strings, anything that can be sorted.

    Returns
    -------
    agreement : float
        From 0 to 1. For an order that ignores the labels it is about the sum of their squared
        frequencies.

    Raises
    ------
    TypeError, sklearn.exceptions.NotFittedError
        If `curve` is not a curve and has none, the entries of X are not real numbers, or the
        labels cannot be sorted.
    ValueError
        If X is not a finite matrix of D columns and at least two rows, or y has not one label for
        each.

    Examples
    --------
    >>> from skcurve import PolylineCurve
    >>> from skcurve.metrics import neighbor_agreement
    >>> curve = PolylineCurve([[0], [4]])
    >>> neighbor_agreement(curve, [[0], [3], [2], [1], [4]], ["a", "b", "b", "a", "b"])
    0.75
    """
    curve = resolve_curve(curve)
    rows = as_rows(X, curve, at_least=2)
    labels = as_labels(y, len(rows))
    try:
        label = np.unique(labels, return_inverse=True)[1]
    except TypeError as error:
        raise TypeError(f"y must hold labels that can be sorted: {error}.") from error
    found = curve.project(rows)
    segment, position = (np.asarray(torch.as_tensor(part).cpu()) for part in found[:2])
    order = np.lexsort((position, segment))
    moves = (np.diff(segment[order]) != 0) | (np.diff(position[order]) != 0)
    place = np.empty(len(rows), np.int64)
    place[order] = np.concatenate([[0], np.cumsum(moves)])
    return _equal_pairs(place, label) / (len(rows) - 1)


def _equal_pairs(place: npt.NDArray[np.int64], label: npt.NDArray[np.intp]) -> float:
    """Count equal consecutive labels: the mean, rows of one place being in random order."""
    counts = coo_array((np.ones(len(place)), (place, label))).tocsr()  # sums what coincides
    n_rows = counts.sum(1)
    within = (counts.power(2).sum(1) / n_rows - 1.0).sum()
    share = counts.multiply(1.0 / n_rows[:, None]).tocsr()
    between = share[:-1].multiply(share[1:]).sum()
    return float(within + between)
