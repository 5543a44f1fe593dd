"""How the segments share the data among them."""

from __future__ import annotations

from typing import Any

import torch

from skcurve.interop import Array, as_tensor, restore
from skcurve.metrics.inputs import as_rows, as_weights, resolve_curve


def usage(curve: Any, X: Any, sample_weight: Any = None) -> Array:
    """Count how many rows each segment wins, or sum their weights.

    A row belongs to the segment that holds the nearest point of the curve. A point that two
    segments share, a vertex, counts for the first.

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        An estimator is asked for its `curve_`.
    X : array-like of shape (n, D)
        Points.
    sample_weight : array-like of shape (n,), default=None
        How much each row counts; None to count rows.

    Returns
    -------
    usage : array of shape (M-1,)
        One entry a segment: int64 counts, or float64 sums of weights. Together they are n, or the
        sum of the weights. A tensor if X is one.

    Raises
    ------
    TypeError, sklearn.exceptions.NotFittedError
        If `curve` is not a curve and has none, or the entries of X are not real numbers.
    ValueError
        If X is not a finite matrix of D columns and at least one row, or the weights do not fit.

    Examples
    --------
    >>> from skcurve import PolylineCurve
    >>> from skcurve.metrics import usage
    >>> curve = PolylineCurve([[0], [1], [2], [3]])
    >>> usage(curve, [[0.2], [0.7], [2.5]])
    array([2, 0, 1])
    >>> usage(curve, [[0.2], [0.7], [2.5]], sample_weight=[0.5, 1, 2])
    array([1.5, 0. , 2. ])
    """
    curve = resolve_curve(curve)
    rows = as_rows(X, curve)
    weights = None if sample_weight is None else as_weights(sample_weight, rows)
    segment = torch.as_tensor(curve.project(rows).segment)
    return restore(torch.bincount(segment, weights, minlength=curve.n_segments), like=X)


def perplexity(usage: Any) -> float:
    r"""How many segments would be as busy if the data were shared evenly among them.

    With the shares :math:`p_i` of the segments,

    .. math:: \exp\left( - \sum_i p_i \log p_i \right) .

    It is 1 if one segment wins every row, and the number of segments if all win equally many.

    Parameters
    ----------
    usage : array-like of shape (n_segments,)
        How many rows, or how much weight, each segment wins: from `usage`, or `SFVQ.usage_`.

    Returns
    -------
    perplexity : float
        From 1 to the number of segments.

    Raises
    ------
    TypeError
        If the usage is not real numbers.
    ValueError
        If the usage is not one-dimensional, or has a negative or non-finite entry, or only zeros.

    Examples
    --------
    >>> from skcurve.metrics import perplexity
    >>> round(perplexity([5, 5, 5, 0]), 6)
    3.0
    """
    counts = as_tensor(usage, name="usage").double()
    if counts.ndim != 1:
        raise ValueError(f"usage must be one-dimensional; got shape {tuple(counts.shape)}.")
    if not bool((torch.isfinite(counts) & (counts >= 0)).all()):
        raise ValueError("usage must be finite and not negative.")
    if not bool((counts > 0).any()):
        raise ValueError("usage is zero for every segment; at least one must win something.")
    counts = counts / counts.max()  # the sum may be more than a float can hold
    return float(torch.special.entr(counts / counts.sum()).sum().exp())
