"""How wide the data lies around each stretch of a curve."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.utils.extmath import randomized_svd

Numbers = npt.NDArray[np.float64]

POOLED_RANK = 128
"""Directions in which the residuals of all rows are known; exact in so few features."""
LOCAL_RANK = 16
"""Directions in which those of one segment are known."""
LOCAL_ROWS = 64
"""Rows of a segment that its directions are learnt from, in many features."""
POOLED_ROWS = 4096
"""Rows that those of all are learnt from."""
LOCAL_ENTRIES = 2**26
"""So many numbers are kept of all segments: many segments have fewer directions each."""
PRIOR_ROWS = 5.0
"""The residuals of all rows count as much as so many rows of a segment."""


class Spread(NamedTuple):
    """A covariance of low rank and a remainder that is the same in all directions.

    Attributes
    ----------
    factor : ndarray of shape (r, D)
        The covariance is ``factor.T @ factor + remainder * I``.
    remainder : float
        A variance a feature.
    """

    factor: Numbers
    remainder: float

    @property
    def variance(self) -> float:
        """The sum over all features."""
        return float(np.sum(self.factor**2) + self.remainder * self.factor.shape[1])


def spread_of(
    residuals: npt.NDArray[Any], rank: int, n_rows: int, generator: np.random.Generator
) -> Spread:
    """Learn the second moments of residuals.

    Parameters
    ----------
    residuals : ndarray of shape (n, D)
        At least one row.
    rank : int
        How many directions to keep, the widest.
    n_rows : int
        How many rows to learn them from, if there are many features. The variance is that of all.
    generator : numpy.random.Generator
        Chooses the rows.
    """
    rows = np.asarray(residuals, dtype=np.float64)
    variance = float(np.einsum("ij,ij->", rows, rows)) / len(rows)
    if len(rows) <= rank:
        factor = rows / np.sqrt(len(rows))
    elif rows.shape[1] <= 4 * rank:  # all rows, then: their moments are a small matrix
        values, directions = np.linalg.eigh(rows.T @ rows / len(rows))
        factor = np.sqrt(values[-rank:].clip(min=0.0))[:, None] * directions.T[-rank:]
    else:
        if len(rows) > n_rows:
            rows = rows[generator.choice(len(rows), n_rows, replace=False)]
        seed = int(generator.integers(2**31))
        _, singular, directions = randomized_svd(rows, rank, random_state=seed)
        factor = singular[:, None] * directions / np.sqrt(len(rows))
    left = variance - float(np.sum(factor**2))
    # What rounding or a lucky choice of rows leaves below zero is no variance.
    remainder = max(0.0, left) / rows.shape[1] if left > 1e-9 * variance else 0.0
    return Spread(factor, remainder)


class Residuals:
    r"""The covariance of the data around each segment, drawn towards that around all.

    With few rows about a segment, its own second moments :math:`S_i` say little, so

    .. math:: \Sigma_i = \frac{n_i S_i + 5 S}{n_i + 5},

    where :math:`S` are those of all residuals. Only the widest directions of each are kept; the
    variance in all others is spread evenly.

    Parameters
    ----------
    residuals : ndarray of shape (n, D)
        The rows less their nearest points of the curve.
    segment : ndarray of shape (n,)
        Which segment each belongs to.
    n_segments : int
        M-1.
    generator : numpy.random.Generator
        Chooses the rows to learn from, where there are many.
    pool : Spread, default=None
        What to use for S; None for that of these residuals.
    """

    def __init__(
        self,
        residuals: npt.NDArray[Any],
        segment: npt.NDArray[np.int64],
        n_segments: int,
        generator: np.random.Generator,
        *,
        pool: Spread | None = None,
    ) -> None:
        if pool is None:
            pool = spread_of(residuals, POOLED_RANK, POOLED_ROWS, generator)
        self.pool = pool
        n_features = residuals.shape[1]
        rank = int(np.clip(LOCAL_ENTRIES // (n_segments * n_features), 1, LOCAL_RANK))
        counts = np.bincount(segment, minlength=n_segments)
        ends = np.cumsum(counts)
        order = np.argsort(segment, kind="stable")
        self.rank = rank
        self.local: dict[int, Spread] = {}
        for number in np.flatnonzero(counts):
            mine = residuals[order[ends[number] - counts[number] : ends[number]]]
            self.local[int(number)] = spread_of(mine, rank, LOCAL_ROWS, generator)
        self.pooled_share = PRIOR_ROWS / (counts + PRIOR_ROWS)

    def variance(self) -> Numbers:
        """Give the variance around each segment, summed over the features, (M-1,)."""
        own = np.zeros(len(self.pooled_share))
        for number, spread in self.local.items():
            own[number] = spread.variance
        total: Numbers = self.pooled_share * self.pool.variance + (1 - self.pooled_share) * own
        return total

    def draw(self, segment: npt.NDArray[np.int64], generator: np.random.Generator) -> Numbers:
        """Draw a residual for each place, normally distributed with the covariance there.

        Parameters
        ----------
        segment : ndarray of shape (n,)
            The segments of the places.
        generator : numpy.random.Generator
            As many numbers are drawn a row, whatever the segments.

        Returns
        -------
        residuals : ndarray of shape (n, D)
        """
        n_pooled, n_features = self.pool.factor.shape
        normal = generator.standard_normal((len(segment), n_pooled + self.rank + n_features))
        pooled, local, rest = np.split(normal, [n_pooled, n_pooled + self.rank], axis=1)
        share = self.pooled_share[segment][:, None]
        drawn = np.sqrt(share) * (pooled @ self.pool.factor)
        remainder = share[:, 0] * self.pool.remainder
        for number in np.unique(segment):
            own = self.local.get(int(number))
            if own is None:
                continue
            at = np.flatnonzero(segment == number)
            weight = 1.0 - self.pooled_share[number]
            drawn[at] += np.sqrt(weight) * (local[at, : len(own.factor)] @ own.factor)
            remainder[at] += weight * own.remainder
        total: Numbers = drawn + np.sqrt(remainder)[:, None] * rest
        return total
