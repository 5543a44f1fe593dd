"""How far the data is from the curve: exactly, and as the papers' objective has it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from skcurve.curve import PolylineCurve
from skcurve.interop import as_matrix
from skcurve.metrics.inputs import as_rows, as_weights, check_count, resolve_curve
from skcurve.projection import project
from skcurve.randomness import RandomState, as_generator

MAX_BLOCK_ROWS = 1024
"""A new dither is drawn for every so many rows; more would average over too few of them."""

BLOCK_ENTRIES = 1 << 20
"""Where a curve is large, blocks are smaller: the product of one takes 8 MiB."""


def distortion(curve: Any, X: Any, sample_weight: Any = None) -> float:
    r"""Mean squared distance from the rows to the curve, per feature.

    With the nearest point :math:`\pi(x)` of the curve to x, and weights w,

    .. math:: \frac{1}{D} \, \frac{\sum_x w_x \, |x - \pi(x)|^2}{\sum_x w_x} .

    This is the mean squared error as the papers [1]_ print it, but with the exact projection.

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        An estimator is asked for its `curve_`.
    X : array-like of shape (n, D)
        Points.
    sample_weight : array-like of shape (n,), default=None
        How much each row counts; None for equal weights.

    Returns
    -------
    distortion : float
        In squared units of X. Summed in float64; infinite only where that cannot hold it.

    Raises
    ------
    TypeError, sklearn.exceptions.NotFittedError
        If `curve` is not a curve and has none, or the entries of X are not real numbers.
    ValueError
        If X is not a finite matrix of D columns and at least one row, or the weights do not fit.

    References
    ----------
    .. [1] M. H. Vali and T. Bäckström, "Unsupervised panoptic interpretation of latent spaces in
       GANs using space-filling vector quantization", TMLR 2025.

    Examples
    --------
    >>> from skcurve import PolylineCurve
    >>> from skcurve.metrics import distortion
    >>> curve = PolylineCurve([[0, 0], [4, 0]])
    >>> distortion(curve, [[1, 2], [3, 0]])
    1.0
    >>> distortion(curve, [[1, 2], [3, 0]], sample_weight=[1, 3])
    0.5
    """
    curve = resolve_curve(curve)
    rows = as_rows(X, curve)
    weights = as_weights(sample_weight, rows)
    share = weights / weights.sum()
    sq_distance = torch.as_tensor(curve.project(rows).sq_distance).double()
    found = float(sq_distance @ share) / curve.n_features
    if math.isfinite(found) and squares_fit(curve.length, rows.dtype):
        return found
    return _distortion_in_another_unit(curve, rows, share)


def squares_fit(length: float, dtype: torch.dtype) -> bool:
    """Whether a dtype has room for the squares of a curve's size, and of all that it resolves."""
    kind = torch.finfo(dtype)
    return kind.tiny**0.5 / kind.eps < length < kind.max**0.5


def _distortion_in_another_unit(
    curve: PolylineCurve, rows: torch.Tensor, share: torch.Tensor
) -> float:
    """Measure in float64, in a unit in which squares are neither too large for it nor too small."""
    rows, share = rows[share > 0].double(), share[share > 0]  # what does not count sets no unit
    vertices = as_matrix(curve.vertices, name="vertices").to(rows)
    largest = max(float(rows.abs().max()), float(vertices.abs().max()))
    # A power of two: the division rounds nothing.
    unit = 2.0 ** max(math.frexp(largest)[1] - 2, -1022)
    sq_distance = project(rows / unit, vertices / unit).sq_distance
    return float(sq_distance @ share) / curve.n_features * unit * unit


def dithered_distortion(
    curve: Any,
    X: Any,
    *,
    sample_weight: Any = None,
    n_dithers: int = 16,
    random_state: RandomState = None,
) -> float:
    r"""Mean squared distance from the rows to the nearest of one random point a segment.

    This is the objective that the papers [1]_ [2]_ minimise, per feature: with a dither
    :math:`\lambda_i \sim U(0, 1)` for each segment i,

    .. math:: \frac{1}{D} \, \mathbb{E}_x \, \mathbb{E}_\lambda \, \min_i
              \left| x - (1 - \lambda_i)\, c_i - \lambda_i\, c_{i+1} \right|^2 .

    It is never below the `distortion`, and far above it where segments cross empty space: every
    point of a segment has to be near some data, not only its best one.

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        An estimator is asked for its `curve_`.
    X : array-like of shape (n, D)
        Points.
    sample_weight : array-like of shape (n,), default=None
        How much each row counts; None for equal weights.
    n_dithers : int, default=16
        How many dithers each row meets. They are drawn anew for every block of about 1,000 rows, so
        for many rows a few are enough.
    random_state : int, RandomState, Generator or None, default=None
        Where the dithers come from.

    Returns
    -------
    distortion : float
        In squared units of X. Computed in float64.

    Raises
    ------
    TypeError, sklearn.exceptions.NotFittedError
        If `curve` is not a curve and has none, the entries of X are not real numbers, or
        `n_dithers` is no whole number.
    ValueError
        If X is not a finite matrix of D columns and at least one row, the weights do not fit, or
        `n_dithers` is below 1.

    References
    ----------
    .. [1] M. H. Vali and T. Bäckström, "Interpretable latent space using space-filling curves for
       phonetic analysis in voice conversion", Interspeech 2023.
    .. [2] M. H. Vali and T. Bäckström, "Unsupervised panoptic interpretation of latent spaces in
       GANs using space-filling vector quantization", TMLR 2025.

    Examples
    --------
    For a point at one end of a segment of length 1 it is the mean of the squared dither, 1/3.

    >>> from skcurve import PolylineCurve
    >>> from skcurve.metrics import dithered_distortion
    >>> curve = PolylineCurve([[0.0], [1.0]])
    >>> round(dithered_distortion(curve, [[0.0]], n_dithers=10_000, random_state=0), 2)
    0.33
    """
    curve = resolve_curve(curve)
    rows = as_rows(X, curve)
    weights = as_weights(sample_weight, rows)
    n_dithers = check_count(n_dithers, "n_dithers")
    generator = as_generator(random_state)
    vertices = as_matrix(curve.vertices, name="vertices").to(rows.device).double()
    center = vertices.mean(0)
    vertices = vertices - center
    n_block = int(np.clip(BLOCK_ENTRIES // max(vertices.shape), 16, MAX_BLOCK_ROWS))
    total = weights.new_zeros(())
    for block, weight in zip(rows.split(n_block), weights.split(n_block), strict=True):
        points = block.double() - center
        for _ in range(n_dithers):
            dither = torch.from_numpy(generator.random(curve.n_segments)).to(vertices)
            total += weight @ _sq_distance_to_nearest(
                points, torch.lerp(vertices[:-1], vertices[1:], dither[:, None])
            )
    return float(total / weights.sum()) / n_dithers / curve.n_features


def _sq_distance_to_nearest(rows: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Find the nearest point by one product, then measure the distance to it directly."""
    q = torch.addmm((points * points).sum(1), rows, points.T, alpha=-2.0)
    residual = rows - points[q.argmin(1)]
    return (residual * residual).sum(1)
