"""A curve over the data it was learnt from, in two dimensions."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA

from skcurve.metrics.inputs import as_labels, as_rows, resolve_curve
from skcurve.plotting.inputs import Numbers, as_numpy, group_labels, require_matplotlib
from skcurve.plotting.looks import (
    CURVE_COLORS,
    LABEL_COLORS,
    LABEL_MARKERS,
    add_colorbar,
    count_ticks,
    inches,
    name_axes,
    open_axes,
    place_legend_above,
)

MOST_LABELS = len(LABEL_COLORS) * len(LABEL_MARKERS)

MISSING = {"color": "0.5", "marker": "X", "label": "missing"}
"""How rows without a label look, and what the legend calls them."""

ROOMY = 3.0
"""Axes of so many inches have lines and dots of full size; smaller ones have smaller ones."""

FEW_ROWS = 2000
"""More of them are drawn smaller."""

FEW_SEGMENTS = 256
"""More of them are thinner, and have no white edge, which would take long to draw."""


class CurveDisplay:
    """A curve over its data, in two dimensions or in the data's first two principal components.

    Make one with `CurveDisplay.from_estimator`. The curve is coloured along its length, and each
    row has the colour of its place on the curve, or one for its label.

    Parameters
    ----------
    points : array of shape (n, 2)
        The data.
    coordinates : array of shape (n,)
        Where on the curve each row is nearest, from 0 to M-1.
    vertices : array of shape (M, 2)
        The vertices of the curve, in order.
    labels : array of shape (n,) or None, default=None
        What the data is coloured by, if not by `coordinates`. None, NaN and pandas.NA are no label.
    axis_names : (str, str), default=("feature 0", "feature 1")
        What the two dimensions are called; principal components with the share of the variance of
        the data that they show.

    Attributes
    ----------
    line_ : matplotlib LineCollection
        The curve, one piece a segment. Its array holds the coordinate of each segment's middle.
    points_ : list of matplotlib PathCollection
        The data: one for all, or one for each label, in sorted order, and a last one for the rows
        without a label, if there are any.
    colorbar_ : matplotlib Colorbar or None
        Which coordinate a colour stands for.
    ax_ : matplotlib Axes
        Where they are.
    figure_ : matplotlib Figure
        The figure of these axes.

    See Also
    --------
    CodebookDisplay : The vertices themselves, where they are images.

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from skcurve import SFVQ
    >>> from skcurve.plotting import CurveDisplay
    >>> X, y = make_moons(500, noise=0.1, random_state=0)
    >>> sfvq = SFVQ(n_bits=4, random_state=0).fit(X)
    >>> display = CurveDisplay.from_estimator(sfvq, X)
    >>> len(display.line_.get_segments())
    15
    """

    def __init__(
        self,
        *,
        points: Numbers,
        coordinates: Numbers,
        vertices: Numbers,
        labels: npt.NDArray[Any] | None = None,
        axis_names: tuple[str, str] = ("feature 0", "feature 1"),
    ) -> None:
        self.points = points
        self.coordinates = coordinates
        self.vertices = vertices
        self.labels = labels
        self.axis_names = axis_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        y: Any = None,
        ax: Any = None,
        cmap: str = CURVE_COLORS,
        colorbar: bool = True,
    ) -> Self:
        """Project a fitted curve and its data to two dimensions, and draw them.

        Parameters
        ----------
        estimator : fitted estimator or PolylineCurve
            An estimator is asked for its `curve_`.
        X : array-like of shape (n, D)
            The data. Of more than two features, the first two principal components are shown.
        y : array-like of shape (n,), default=None
            Labels to colour the data by, at most 40 different ones, of which every ten are drawn in
            another shape; None to colour each row by its place on the curve. Rows whose label is
            None, NaN or pandas.NA are grey, and called "missing" in the legend.
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.
        cmap : str, default="viridis"
            The colours along the curve.
        colorbar : bool, default=True
            Whether to say beside the axes which coordinate a colour stands for.

        Returns
        -------
        display : CurveDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` is not a curve and has none; `ax` is something other than Axes of
            two dimensions; or the labels cannot be sorted, as strings and numbers cannot.
        ValueError
            If X is not a finite matrix of D columns, has a single feature or, of more than two, a
            single row; or if y does not hold one label a row, or more than 40 different ones.

        Examples
        --------
        >>> from skcurve import PolylineCurve
        >>> from skcurve.plotting import CurveDisplay
        >>> corner = PolylineCurve([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
        >>> display = CurveDisplay.from_estimator(corner, [[0.5, 0.1], [0.9, 0.5]], y=["a", "b"])
        >>> display.coordinates.tolist()
        [0.5, 1.5]
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        curve = resolve_curve(estimator)
        if curve.n_features < 2:
            raise ValueError("the curve must have at least two features to be drawn; it has 1.")
        X = as_rows(X, curve, at_least=1 if curve.n_features == 2 else 2)
        labels = None if y is None else as_labels(y, len(X))
        n_labels = 0 if labels is None else len(group_labels(labels)[0])
        if n_labels > MOST_LABELS:
            raise ValueError(
                f"y has {n_labels:,} different labels; no more than {MOST_LABELS} "
                "can be told apart in a figure."
            )
        rows, coordinates, vertices = map(as_numpy, (X, curve.project(X).index, curve.vertices))
        if curve.n_features == 2:
            first, second = getattr(estimator, "feature_names_in_", ("feature 0", "feature 1"))
            names = (str(first), str(second))
        else:
            with np.errstate(invalid="ignore"):  # of no variance, a share is 0 / 0
                pca = PCA(2, svd_solver="full").fit(rows)
            has_shares = (rows != rows[0]).any() and pca.explained_variance_.any()
            rows, vertices = pca.transform(rows), pca.transform(vertices)
            names = ("principal component 1", "principal component 2")
            if has_shares:
                first, second = pca.explained_variance_ratio_
                names = (f"{names[0]} ({first:.0%})", f"{names[1]} ({second:.0%})")
        display = cls(
            points=rows, coordinates=coordinates, vertices=vertices, labels=labels, axis_names=names
        )
        return display.plot(ax, cmap=cmap, colorbar=colorbar)

    def plot(self, ax: Any = None, *, cmap: str = CURVE_COLORS, colorbar: bool = True) -> Self:
        """Draw what was computed.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.
        cmap : str, default="viridis"
            The colours along the curve.
        colorbar : bool, default=True
            Whether to say beside the axes which coordinate a colour stands for.

        Returns
        -------
        display : CurveDisplay
            This one, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `ax` is something other than Axes of two dimensions, or the labels cannot be
            sorted, as strings and numbers cannot.

        Examples
        --------
        >>> import matplotlib.pyplot as plt
        >>> from skcurve import PolylineCurve
        >>> from skcurve.plotting import CurveDisplay
        >>> corner = PolylineCurve([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
        >>> display = CurveDisplay.from_estimator(corner, [[0.5, 0.1], [0.9, 0.5]])
        >>> figure, ax = plt.subplots()
        >>> display.plot(ax, cmap="magma", colorbar=False).ax_ is ax, len(figure.axes)
        (True, 1)
        """
        require_matplotlib(f"{type(self).__name__}.plot")
        from matplotlib.collections import LineCollection
        from matplotlib.colors import Normalize
        from matplotlib.patheffects import Normal, Stroke

        ax = open_axes(ax)
        n_segments = len(self.vertices) - 1
        colors: dict[str, Any] = {"cmap": cmap, "norm": Normalize(0, n_segments)}
        zoom = float(np.clip(min(inches(ax)) / ROOMY, 0.6, 1.0))
        width = 2.2 * zoom * min(1.0, np.sqrt(FEW_SEGMENTS / n_segments))
        edge = [Stroke(linewidth=1.9 * width, foreground=ax.get_facecolor()), Normal()]
        self._plot_points(ax, colors, zoom)
        self.line_ = LineCollection(
            list(np.stack([self.vertices[:-1], self.vertices[1:]], axis=1)),
            array=np.arange(n_segments) + 0.5,
            linewidths=width,
            capstyle="round",
            path_effects=edge if n_segments <= FEW_SEGMENTS else None,
            zorder=3,
            **colors,
        )
        ax.add_collection(self.line_)
        name_axes(ax, *self.axis_names)
        ax.set(aspect="equal")
        ax.autoscale_view()
        self.ax_, self.figure_ = ax, ax.figure
        self.colorbar_ = None
        if colorbar:
            self.colorbar_ = add_colorbar(ax, self.line_, "coordinate on the curve")
            count_ticks(self.colorbar_.ax.yaxis)
        return self

    def _plot_points(self, ax: Any, colors: dict[str, Any], zoom: float) -> None:
        """Draw the data under the curve."""
        look: dict[str, Any] = {"linewidths": 0, "zorder": 2}
        look["s"] = 14 * zoom**2 * min(1.0, np.sqrt(FEW_ROWS / len(self.points)))
        if self.labels is None:
            self.points_ = [
                ax.scatter(*self.points.T, c=self.coordinates, alpha=0.5, **colors, **look)
            ]
            return
        names, number = group_labels(self.labels)
        self.points_ = [
            ax.scatter(
                *self.points[number == i].T,
                color=LABEL_COLORS[i % len(LABEL_COLORS)],
                marker=LABEL_MARKERS[i // len(LABEL_COLORS) % len(LABEL_MARKERS)],
                alpha=0.7,
                **look,
            )
            for i in range(len(names))
        ]
        for points, name in zip(self.points_, names, strict=True):
            points.set_label(str(name))  # `scatter` would replace an empty one
        if (number < 0).any():
            missing = self.points[number < 0]
            self.points_.append(ax.scatter(*missing.T, alpha=0.7, **MISSING, **look))
        place_legend_above(ax, self.points_, markerscale=2 / zoom, handlelength=0.8)
