"""What each further bit buys: distortion against bitrate."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Self

import numpy as np

from skcurve.curve import PolylineCurve
from skcurve.metrics import distortion, dithered_distortion
from skcurve.plotting.inputs import Numbers, require_learnt, require_matplotlib
from skcurve.plotting.looks import (
    LABEL_COLORS,
    LABEL_MARKERS,
    count_ticks,
    open_axes,
    place_legend_above,
    scale_distortion,
)
from skcurve.randomness import RandomState, as_generator

DITHERED = "_dithered"
"""The label of a dashed line, which is not in the legend; the solid line that follows it is."""


class RateDistortionDisplay:
    """Distortion against bitrate, for every bitrate that a fit went through.

    Make one with `RateDistortionDisplay.from_estimator`. There are two lines: the exact distortion,
    from each row to the nearest point of the curve; and above it the dithered one, to the nearest
    of one random point a segment. Far apart, they say that much of the curve lies where there is no
    data. To compare estimators, draw each on the same axes: ``ax=display.ax_``.

    Parameters
    ----------
    bitrate : int array of shape (B,)
        The bitrates, ascending.
    exact : array of shape (B,)
        The distortion at each.
    dithered : array of shape (B,)
        The dithered distortion at each.
    name : str, default="SFVQ"
        What the legend calls the estimator.

    Attributes
    ----------
    exact_line_ : matplotlib Line2D
        Solid.
    dithered_line_ : matplotlib Line2D
        Dashed, with hollow marks.
    ax_ : matplotlib Axes
        Where they are.
    figure_ : matplotlib Figure
        The figure of these axes.

    See Also
    --------
    skcurve.metrics.distortion : The exact one.
    skcurve.metrics.dithered_distortion : The other.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skcurve import SFVQ
    >>> from skcurve.plotting import RateDistortionDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> short = SFVQ(n_bits=5, smoothness=1.0, random_state=0).fit(X[::2])
    >>> near = SFVQ(n_bits=5, random_state=0).fit(X[::2])
    >>> display = RateDistortionDisplay.from_estimator(short, X[1::2], name="smoothness 1")
    >>> other = RateDistortionDisplay.from_estimator(
    ...     near, X[1::2], name="smoothness 0.01", ax=display.ax_
    ... )
    >>> bool(other.exact[-1] < display.exact[-1])
    True
    """

    def __init__(
        self, *, bitrate: Numbers, exact: Numbers, dithered: Numbers, name: str = "SFVQ"
    ) -> None:
        self.bitrate = bitrate
        self.exact = exact
        self.dithered = dithered
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        sample_weight: Any = None,
        n_dithers: int = 16,
        random_state: RandomState = None,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Measure the codebook of every bitrate on some rows, and draw the distortions.

        Parameters
        ----------
        estimator : fitted estimator
            It is asked for its `codebooks_`, such as ``{2: ..., 3: ...}``.
        X : array-like of shape (n, D)
            The rows; best such that the estimator was not fitted to.
        sample_weight : array-like of shape (n,), default=None
            How much each row counts; None for equal weights.
        n_dithers : int, default=16
            How many dithers each row meets. For many rows a few are enough.
        random_state : int, RandomState, Generator or None, default=None
            Where the dithers come from.
        name : str, default=None
            What the legend calls the estimator; None for the name of its class.
        ax : matplotlib Axes, default=None
            Where to draw, beside what is there; None for a new figure.

        Returns
        -------
        display : RateDistortionDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` has no curve, or `ax` is something other than Axes of two dimensions.
        ValueError
            If it has no `codebooks_`, X is not a finite matrix of D columns and at least one row,
            the weights do not fit, or `n_dithers` is below 1.

        Examples
        --------
        >>> import numpy as np
        >>> from skcurve import SFVQ
        >>> from skcurve.plotting import RateDistortionDisplay
        >>> train, test = np.random.default_rng(0).normal(size=(2, 200, 3))
        >>> sfvq = SFVQ(n_bits=4, random_state=0).fit(train)
        >>> display = RateDistortionDisplay.from_estimator(sfvq, test, random_state=0)
        >>> display.bitrate.tolist(), bool(display.exact[0] > display.exact[-1])
        ([2, 3, 4], True)
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        remedy = "only an estimator that grows its curve, such as SFVQ, keeps one for each bitrate"
        codebooks = require_learnt(estimator, "codebooks_", remedy=remedy)
        generator = as_generator(random_state)
        bitrates = sorted(codebooks)
        curves = [PolylineCurve(codebooks[bitrate]) for bitrate in bitrates]
        display = cls(
            bitrate=np.array(bitrates),
            exact=np.array([distortion(curve, X, sample_weight) for curve in curves]),
            dithered=np.array(
                [
                    dithered_distortion(
                        curve,
                        X,
                        sample_weight=sample_weight,
                        n_dithers=n_dithers,
                        random_state=generator,
                    )
                    for curve in curves
                ]
            ),
            name=type(estimator).__name__ if name is None else name,
        )
        return display.plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw what was computed, beside what the axes already show.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        display : RateDistortionDisplay
            This one, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is something other than Axes of two dimensions.

        Examples
        --------
        Two estimators on the same axes:

        >>> from skcurve.plotting import RateDistortionDisplay
        >>> near = RateDistortionDisplay(
        ...     bitrate=[2, 3], exact=[0.4, 0.2], dithered=[0.5, 0.3], name="near"
        ... )
        >>> far = RateDistortionDisplay(
        ...     bitrate=[2, 3], exact=[0.5, 0.4], dithered=[0.6, 0.5], name="far"
        ... )
        >>> len(far.plot(near.plot().ax_).ax_.lines)
        4
        """
        require_matplotlib(f"{type(self).__name__}.plot")
        ax = open_axes(ax)
        n_before = len(ax.lines) // 2  # each estimator has two lines
        look: dict[str, Any] = {
            "color": LABEL_COLORS[n_before % len(LABEL_COLORS)],
            "marker": LABEL_MARKERS[n_before % len(LABEL_MARKERS)],
            "markersize": 5,
        }
        (self.dithered_line_,) = ax.plot(
            self.bitrate,
            self.dithered,
            linestyle="--",
            markerfacecolor=ax.get_facecolor(),
            label=DITHERED,
            **look,
        )
        (self.exact_line_,) = ax.plot(self.bitrate, self.exact, **look)
        self.exact_line_.set_label(self.name)  # `plot` would replace an empty one
        ax.set(
            xlabel="bitrate (bits)",
            ylabel="distortion\n(squared error per feature)",
            xlim=(ax.dataLim.x0 - 0.3, ax.dataLim.x1 + 0.3),
        )
        scale_distortion(ax, ax.dataLim.y0, ax.dataLim.y1)
        count_ticks(ax.xaxis)
        named = [after for before, after in pairwise(ax.lines) if before.get_label() == DITHERED]
        place_legend_above(ax, named, title="solid: exact, dashed: dithered")
        self.ax_, self.figure_ = ax, ax.figure
        return self
