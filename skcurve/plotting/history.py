"""How a curve was learnt: distortion and perplexity, sweep by sweep."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Self

import numpy as np

from skcurve.plotting.inputs import Numbers, require_learnt, require_matplotlib
from skcurve.plotting.looks import (
    LABEL_COLORS,
    POINTS_PER_INCH,
    check_axes,
    count_ticks,
    font_points,
    inches,
    reference_look,
    scale_distortion,
)


class HistoryDisplay:
    """Distortion and perplexity over the sweeps of a fit, with the bitrates marked.

    Make one with `HistoryDisplay.from_estimator`. There are two panels, one above the other. Every
    other bitrate has a grey ground, and its number is written at the top. Distortion is that of the
    dithered curve on the rows a sweep read; it should fall, and be level at the end of a bitrate.
    Perplexity should come near the number of segments, the dashed line.

    Parameters
    ----------
    bitrate : int array of shape (n_sweeps,)
        The curve had ``2**bitrate`` vertices.
    distortion : array of shape (n_sweeps,)
        Mean squared error a feature.
    perplexity : array of shape (n_sweeps,)
        How many segments were in use.

    Attributes
    ----------
    distortion_line_, perplexity_line_ : matplotlib Line2D
        What was measured.
    limit_line_ : matplotlib Line2D
        The number of segments, which perplexity cannot exceed.
    bands_ : list of matplotlib Rectangle
        The grey grounds, in the upper panel and then in the lower one.
    bitrate_axis_ : matplotlib SecondaryAxis
        Where the bitrates are written; as many of them as there is room for.
    axes_ : array of two matplotlib Axes
        The panels.
    figure_ : matplotlib Figure
        The figure of these panels.

    See Also
    --------
    RateDistortionDisplay : Only the end of each bitrate, on rows of your choice.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skcurve import SFVQ
    >>> from skcurve.plotting import HistoryDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> sfvq = SFVQ(n_bits=4, random_state=0).fit(X)
    >>> display = HistoryDisplay.from_estimator(sfvq)
    >>> [int(bitrate) for bitrate in np.unique(display.bitrate)]
    [2, 3, 4]
    """

    def __init__(self, *, bitrate: Numbers, distortion: Numbers, perplexity: Numbers) -> None:
        self.bitrate = bitrate
        self.distortion = distortion
        self.perplexity = perplexity

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Read the history of a fitted estimator, and draw it.

        Parameters
        ----------
        estimator : fitted estimator
            It is asked for its `history_`.
        ax : array-like of two matplotlib Axes, default=None
            Where to draw distortion and perplexity; None for a new figure.

        Returns
        -------
        display : HistoryDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` has no curve, or `ax` holds something other than Axes of two dimensions.
        ValueError
            If its `history_` is missing or empty, as after `SFVQ.from_codebook`; or if `ax` is not
            two axes.

        Examples
        --------
        >>> import numpy as np
        >>> from skcurve import SFVQ
        >>> from skcurve.plotting import HistoryDisplay
        >>> X = np.random.default_rng(0).normal(size=(200, 3))
        >>> display = HistoryDisplay.from_estimator(SFVQ(n_bits=3, random_state=0).fit(X))
        >>> len(display.distortion) == len(display.perplexity)
        True
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        remedy = "its codebook was given, not learnt. `fit` or `partial_fit` keeps a history"
        records = require_learnt(estimator, "history_", remedy=remedy)
        names = ("bitrate", "distortion", "perplexity")
        return cls(**{name: np.array([r[name] for r in records]) for name in names}).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw what was computed.

        Parameters
        ----------
        ax : array-like of two matplotlib Axes, default=None
            Where to draw distortion and perplexity; None for a new figure.

        Returns
        -------
        display : HistoryDisplay
            This one, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` holds something other than Axes of two dimensions.
        ValueError
            If `ax` is not two axes.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skcurve.plotting import HistoryDisplay
        >>> numbers = np.array([[2, 2, 3], [0.4, 0.3, 0.2], [3.0, 3.0, 6.5]])
        >>> bitrate, distortion, perplexity = numbers
        >>> display = HistoryDisplay(bitrate=bitrate, distortion=distortion, perplexity=perplexity)
        >>> figure, axes = plt.subplots(2, sharex=True)
        >>> display.plot(axes).figure_ is figure
        True
        """
        require_matplotlib(f"{type(self).__name__}.plot")
        from matplotlib.ticker import LogLocator, StrMethodFormatter

        if ax is None:
            from matplotlib import pyplot as plt

            _, ax = plt.subplots(2, sharex=True, layout="constrained")
        self.axes_ = np.ravel(ax)
        if len(self.axes_) != 2:
            raise ValueError(
                f"ax must be two axes, for distortion and for perplexity; got {len(self.axes_)}."
            )
        above, below = map(check_axes, self.axes_)
        self.figure_ = above.figure
        sweeps = np.arange(1, len(self.bitrate) + 1)
        look: dict[str, Any] = {"marker": ".", "markersize": 4, "linewidth": 1.2}
        self._plot_bitrates()
        (self.distortion_line_,) = above.plot(
            sweeps, self.distortion, color=LABEL_COLORS[0], **look
        )
        (self.perplexity_line_,) = below.plot(
            sweeps, self.perplexity, color=LABEL_COLORS[2], **look
        )
        above.set_ylabel("distortion\n(squared error)", fontsize="small")
        above.tick_params(labelbottom=False)
        scale_distortion(above, np.min(self.distortion), np.max(self.distortion))
        below.set_yscale("log", base=2)
        below.yaxis.set_major_locator(LogLocator(base=2, numticks=6))
        below.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        below.set_xlabel("sweep over the data")
        below.set_ylabel("perplexity\n(segments)", fontsize="small")
        count_ticks(below.xaxis)
        # Early curves have few segments, so the legend has the upper left to itself.
        below.set_ylim(1, 2.0 ** max(self.bitrate[-1] + 0.4, 1.7 * self.bitrate[0]))
        below.legend(fontsize="small", loc="upper left", borderaxespad=0.2, handlelength=1.5)
        self.figure_.align_ylabels([above, below])
        return self

    def _plot_bitrates(self) -> None:
        """Draw what depends on the bitrate alone: grounds, numbers, and the number of segments."""
        above, below = self.axes_
        begins = np.flatnonzero(np.diff(self.bitrate, prepend=-1))
        edges = np.append(begins, len(self.bitrate)) + 0.5
        spans = list(pairwise(edges))
        self.bands_ = [
            panel.axvspan(*span, color="0.68", alpha=0.25, linewidth=0, zorder=0)
            for panel in self.axes_
            for span in spans[1::2]
        ]
        for panel in self.axes_:
            panel.set_xlim(edges[0], edges[-1])
        bitrates = self.bitrate[begins]
        (self.limit_line_,) = below.plot(
            np.repeat(edges, 2)[1:-1],
            np.repeat(2.0**bitrates - 1, 2),
            label="all segments",
            **reference_look(),
        )
        self.bitrate_axis_ = above.secondary_xaxis("top")
        self.bitrate_axis_.set_xlabel("bitrate (bits)")
        centers = edges[:-1] + np.diff(edges) / 2
        shown = _with_room(centers, 1.0 / (edges[-1] - edges[0]), inches(above)[0])
        self.bitrate_axis_.set_xticks(centers[shown], [f"{b}" for b in bitrates[shown]])
        self.bitrate_axis_.tick_params(length=0)


def _with_room(centers: Numbers, scale: float, width: float) -> list[int]:
    """Choose the bitrates whose numbers can be written without touching, the last one first."""
    room = 2.0 * font_points("medium") / POINTS_PER_INCH  # two digits and a gap
    inch = centers * scale * width
    shown: list[int] = []
    for i in reversed(range(len(centers))):
        if not shown or inch[shown[0]] - inch[i] >= room:
            shown.insert(0, i)
    return shown
