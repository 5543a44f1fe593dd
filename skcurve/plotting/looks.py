"""What the displays have in common for the eye: colours, and axes to draw on."""

from __future__ import annotations

from typing import Any

import numpy as np

POINTS_PER_INCH = 72

CURVE_COLORS = "viridis"
"""From dark to light along the curve, or with a quantity: with any colour vision, and in grey."""

LABEL_COLORS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
    "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd",
)  # fmt: skip
"""Ten colours that are told apart with any colour vision (Petroff, arXiv:2107.02270)."""

LABEL_MARKERS = ("o", "^", "s", "D")
"""Labels beyond ten take the same colours again, in another shape."""

WIDE_RANGE = 5.0
"""Largest over least distortion; beyond, the axis is logarithmic."""


def reference_look() -> dict[str, Any]:
    """Say how a line looks that was not measured: what would be even, or at most possible."""
    from matplotlib import rcParams

    color = rcParams["text.color"]  # which any style shows on its ground
    return {"color": color, "alpha": 0.65, "linestyle": "--", "linewidth": 1.2}


def check_axes(ax: Any) -> Any:
    """Give back axes on which these figures can be drawn.

    Parameters
    ----------
    ax : object
        What the user calls axes.

    Returns
    -------
    ax : matplotlib Axes

    Raises
    ------
    TypeError
        If they are something else, or have a third dimension.
    """
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes) or ax.name == "3d":
        raise TypeError(f"ax must be matplotlib Axes of two dimensions; got {type(ax).__name__}.")
    return ax


def open_axes(ax: Any, figsize: tuple[float, float] | None = None) -> Any:
    """Give the axes to draw on: those of the user, or new ones in which nothing is cut off.

    Parameters
    ----------
    ax : matplotlib Axes or None
        The user's.
    figsize : (float, float), default=None
        Width and height of a new figure in inches; None for matplotlib's setting.

    Returns
    -------
    ax : matplotlib Axes

    Raises
    ------
    TypeError
        As by `check_axes`.
    """
    if ax is not None:
        return check_axes(ax)
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=figsize, layout="constrained")[1]


def count_ticks(axis: Any) -> None:
    """Mark an axis at whole numbers, as many as there is room for; thousands are written "k"."""
    from matplotlib.ticker import EngFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(EngFormatter(sep=""))


def scale_distortion(ax: Any, low: float, high: float) -> None:
    """Choose an axis for distortions from `low` to `high`: logarithmic where they differ much."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    if not 0 < WIDE_RANGE * low < high:
        ax.set_yscale("linear")
        ax.set_ylim(0, 1.08 * high or 1.0)
        return
    ax.set_yscale("log")
    ax.set_ylim(0.8 * low, 1.25 * high)
    room = inches(ax)[1] / (1.6 * font_points("medium") / POINTS_PER_INCH)
    decades = np.log10(1.6 * high / low)
    fitting = [subs for subs in ((1, 2, 5), (1, 3)) if len(subs) * decades <= room]
    ax.yaxis.set_major_locator(LogLocator(subs=[*fitting, (1,)][0], numticks=max(2, int(room))))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())


def add_colorbar(ax: Any, mappable: Any, label: str) -> Any:
    """Put a colour bar beside axes, as high as they are, whatever their proportions.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes.
    mappable : matplotlib artist
        What has the colours.
    label : str
        What they stand for.

    Returns
    -------
    colorbar : matplotlib Colorbar
    """
    gap, width = (size / min(inches(ax)) for size in (0.08, 0.12))  # equal aspects shrink one side
    beside = ax.inset_axes((1.0 + gap, 0.0, width, 1.0))
    return ax.figure.colorbar(mappable, cax=beside, label=label)


def place_legend_above(ax: Any, named: list[Any], **look: Any) -> None:
    """Put the legend above axes in as many columns as have room: inside, data may be anywhere.

    Parameters
    ----------
    ax : matplotlib Axes
        The axes.
    named : list of matplotlib artists
        What to explain first, by its label as it stands, even one such as "_a", "$a" or "". Then
        comes what else has a label.
    **look
        More for matplotlib's legend.
    """
    others = [artist for artist in ax.get_legend_handles_labels()[0] if artist not in named]
    labels = [str(artist.get_label()) for artist in [*named, *others]]
    column = (0.6 * max(map(len, labels)) + 2.5) * font_points("small") / POINTS_PER_INCH
    n_rows = -(-len(labels) // max(1, int(inches(ax)[0] / column)))
    legend = ax.legend(
        [*named, *others],
        [" "] * len(labels),  # matplotlib before 3.10 leaves out those that begin with "_"
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=-(-len(labels) // n_rows),
        handletextpad=0.3,
        columnspacing=0.8,
        borderaxespad=0.1,
        frameon=False,
        fontsize="small",
        title_fontsize="small",
        **look,
    )
    for text, label in zip(legend.get_texts(), labels, strict=True):
        text.set_text(label)
    for text in legend.get_texts()[: len(named)]:
        text.set_parse_math(False)


def name_axes(ax: Any, x: str, y: str) -> None:
    """Write the names of features beside axes, as they stand: they are no mathematics."""
    for axis, name in ((ax.xaxis, x), (ax.yaxis, y)):
        axis.set_label_text(name, parse_math=False)


def inches(ax: Any) -> tuple[float, float]:
    """Give the width and height that axes have at present; a layout may change them slightly."""
    box = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
    return box.width, box.height


def font_points(size: str) -> float:
    """Give a relative size of letters, such as "small", in points."""
    from matplotlib.font_manager import FontProperties

    points: float = FontProperties(size=size).get_size_in_points()
    return points
