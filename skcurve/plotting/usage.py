"""How many rows each segment of a curve wins."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from skcurve.metrics import perplexity, usage
from skcurve.plotting.inputs import Numbers, as_numpy, require_learnt, require_matplotlib
from skcurve.plotting.looks import LABEL_COLORS, count_ticks, open_axes, reference_look

MOST_BARS = 512
"""More would be narrower than a pixel."""


class UsageDisplay:
    """How many rows each segment of a curve wins, as bars along the curve.

    Make one with `UsageDisplay.from_estimator`. A dashed line shows what each segment would win if
    all won equally many; the perplexity in the title says how many segments that would take to be
    as busy as these are. Bars that are missing are segments that win nothing. Of more than 512 of
    them, neighbours share a bar, which shows their mean.

    Parameters
    ----------
    usage : array of shape (M-1,)
        How many rows each segment wins, or their weight.
    perplexity : float
        From 1 to M-1: see `skcurve.metrics.perplexity`.
    unit : str, default="rows"
        What was counted.

    Attributes
    ----------
    bars_ : matplotlib StepPatch
        A bar for each segment, or for so many neighbours.
    even_line_ : matplotlib Line2D
        The mean.
    ax_ : matplotlib Axes
        Where they are.
    figure_ : matplotlib Figure
        The figure of these axes.

    See Also
    --------
    skcurve.metrics.usage : The counts.
    skcurve.metrics.perplexity : Their perplexity.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skcurve import SFVQ
    >>> from skcurve.plotting import UsageDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> sfvq = SFVQ(n_bits=4, random_state=0).fit(X)
    >>> display = UsageDisplay.from_estimator(sfvq)
    >>> int(display.usage.sum())
    1797
    """

    def __init__(self, *, usage: Numbers, perplexity: float, unit: str = "rows") -> None:
        self.usage = usage
        self.perplexity = perplexity
        self.unit = unit

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any = None, *, sample_weight: Any = None, ax: Any = None
    ) -> Self:
        """Count the rows of each segment, and draw them.

        Parameters
        ----------
        estimator : fitted estimator or PolylineCurve
            An estimator is asked for its `curve_`, or, without X, for its `usage_`.
        X : array-like of shape (n, D), default=None
            The rows to count; None for those the estimator was fitted to.
        sample_weight : array-like of shape (n,), default=None
            How much each row of X counts.
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        display : UsageDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` is not a curve and has none, or `ax` is something other than Axes of two
            dimensions.
        ValueError
            If X is None and the estimator has no `usage_`, X is not a finite matrix of D columns,
            or the weights do not fit.

        Examples
        --------
        >>> from skcurve import PolylineCurve
        >>> from skcurve.plotting import UsageDisplay
        >>> curve = PolylineCurve([[0.0], [1.0], [2.0]])
        >>> UsageDisplay.from_estimator(curve, [[0.2], [0.4], [1.5]]).usage.tolist()
        [2.0, 1.0]
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        if X is not None:
            counts = as_numpy(usage(estimator, X, sample_weight))
            unit = "rows" if sample_weight is None else "weight of rows"
        elif sample_weight is not None:
            raise ValueError("sample_weight belongs to the rows of X; got sample_weight without X.")
        else:
            remedy = "only `fit` counts the rows of each segment. Give X, the rows to count"
            found = np.asarray(require_learnt(estimator, "usage_", remedy=remedy))
            unit = "training rows" if found.dtype.kind in "iu" else "weight of training rows"
            counts = as_numpy(found)
        return cls(usage=counts, perplexity=perplexity(counts), unit=unit).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw what was computed.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        display : UsageDisplay
            This one, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is something other than Axes of two dimensions.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skcurve.plotting import UsageDisplay
        >>> figure, ax = plt.subplots()
        >>> UsageDisplay(usage=np.array([2, 1]), perplexity=1.9).plot(ax).ax_ is ax
        True
        """
        require_matplotlib(f"{type(self).__name__}.plot")
        ax = open_axes(ax)
        n_segments = len(self.usage)
        n_together = -(-n_segments // MOST_BARS)
        begins = np.arange(0, n_segments, n_together)
        edges = np.append(begins, n_segments)
        heights = np.add.reduceat(self.usage, begins) / np.diff(edges)
        self.bars_ = ax.stairs(heights, edges - 0.5, fill=True, color=LABEL_COLORS[0])
        self.even_line_ = ax.axhline(
            np.mean(self.usage), label="if shared evenly", **reference_look()
        )
        ax.set(
            xlabel="segment number, along the curve",
            ylabel=f"{self.unit} won"
            + (f"\n(mean of {n_together} neighbours)" if n_together > 1 else ""),
            xlim=(-0.5, n_segments - 0.5),
            ylim=(0, 1.3 * heights.max()),  # the legend is above the bars
        )
        count_ticks(ax.xaxis)
        ax.set_title(self._title(), fontsize="small")
        ax.legend(fontsize="small", loc="upper right", borderaxespad=0.2)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _title(self) -> str:
        """Say how many segments would be as busy, and how many are idle."""
        n_segments, n_idle = len(self.usage), int((np.asarray(self.usage) == 0).sum())
        number = f"{self.perplexity:,.{1 if n_segments < 1000 else 0}f}"
        title = f"perplexity {number} of {n_segments:,} segments"
        return title + (f"\n{n_idle:,} win nothing" if n_idle else "")
