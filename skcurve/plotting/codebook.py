"""A codebook of images, in the order of the curve."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Self

import numpy as np

from skcurve.curve import PolylineCurve
from skcurve.interop import as_tensor
from skcurve.metrics.inputs import as_rows, resolve_curve
from skcurve.plotting.inputs import Numbers, as_labels, require_matplotlib

TILE = 0.8
"""The side of an image; from one image to the next it is 1."""

ROW = 1.3
"""From one row of images to the next: room for the labels between them."""

BESIDE = 0.7
"""How far beside the last image of a row the ribbon turns into the next row."""


class CodebookDisplay:
    """The vertices of a curve as little images, in the order of the curve.

    Make one with `CodebookDisplay.from_estimator`. A ribbon with arrowheads leads from image to
    image: along the first row, back along the second, and so on. It has the colours that
    `CurveDisplay` gives the same stretches of the curve.

    Parameters
    ----------
    images : array of shape (M, height, width) or (M, height, width, 3)
        The vertices.
    labels : list of length M or None, default=None
        What to write under each image: nothing for a label of None.
    n_columns : int, default=16
        How many images a row.

    Attributes
    ----------
    images_ : list of matplotlib AxesImage
        The images, in the order of the curve.
    frames_ : list of matplotlib Rectangle
        A frame around each.
    labels_ : list of matplotlib Text
        What is written under them; empty if there are no labels.
    ribbon_ : matplotlib LineCollection
        What leads from image to image, one piece a segment of the curve.
    ax_ : matplotlib Axes
        Where they are.
    figure_ : matplotlib Figure
        The figure of these axes.

    See Also
    --------
    CurveDisplay : The curve over the data.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skcurve import SFVQ
    >>> from skcurve.plotting import CodebookDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> sfvq = SFVQ(n_bits=4, random_state=0).fit(X)
    >>> display = CodebookDisplay.from_estimator(sfvq, image_shape=(8, 8), X=X, y=y)
    >>> len(display.images_), len(display.labels_)
    (16, 16)
    """

    def __init__(
        self, *, images: Numbers, labels: list[Any] | None = None, n_columns: int = 16
    ) -> None:
        self.images = images
        self.labels = labels
        self.n_columns = n_columns

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        image_shape: tuple[int, ...],
        X: Any = None,
        y: Any = None,
        n_columns: int = 16,
        ax: Any = None,
        cmap: str = "viridis",
    ) -> Self:
        """Turn the vertices of a fitted curve into images, find their labels, and draw them.

        A vertex gets the most frequent label of the rows whose index coordinate rounds to its
        number. Where several labels are equally frequent, it gets the first in sorted order; where
        there are no rows, none.

        Parameters
        ----------
        estimator : fitted estimator or PolylineCurve
            An estimator is asked for its `curve_`.
        image_shape : (height, width) or (height, width, 3)
            The shape of a vertex as an image; with three channels, its values are colours in
            [0, 1].
        X : array-like of shape (n, D), default=None
            The rows that `y` belongs to.
        y : array-like of shape (n,), default=None
            Their labels; None for images without labels.
        n_columns : int, default=16
            How many images a row.
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.
        cmap : str, default="viridis"
            The colours along the curve.

        Returns
        -------
        display : CodebookDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` is not a curve and has none.
        ValueError
            If `image_shape` does not fit the features, `n_columns` is below 1, only one of X and y
            is given, or they do not fit the curve and each other.
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        curve = resolve_curve(estimator)
        is_image = len(image_shape) == 2 or (len(image_shape) == 3 and image_shape[2] == 3)
        if not is_image or np.prod(image_shape) != curve.n_features:
            raise ValueError(
                "image_shape must be (height, width) or (height, width, 3), with one value for "
                f"each of the {curve.n_features} features; got {tuple(image_shape)}."
            )
        if n_columns < 1:
            raise ValueError(f"n_columns must be at least 1; got {n_columns}.")
        if (X is None) != (y is None):
            raise ValueError(
                "X and y go together, to give each image a label; "
                f"got {'y without X' if X is None else 'X without y'}."
            )
        vertices = as_tensor(curve.vertices, name="vertices").cpu().numpy()
        display = cls(
            images=vertices.reshape(-1, *image_shape),
            labels=None if y is None else _dominant_labels(curve, X, y),
            n_columns=n_columns,
        )
        return display.plot(ax, cmap=cmap)

    def plot(self, ax: Any = None, *, cmap: str = "viridis") -> Self:
        """Draw what was computed.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.
        cmap : str, default="viridis"
            The colours along the curve.

        Returns
        -------
        display : CodebookDisplay
            This one, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        require_matplotlib(f"{type(self).__name__}.plot")
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        centers = self._centers()
        if ax is None:
            from matplotlib import pyplot as plt

            n_rows = -(-len(centers) // self.n_columns)
            _, ax = plt.subplots(figsize=(0.7 * self.n_columns + 0.7, 0.7 * ROW * n_rows + 0.2))
        colors = ScalarMappable(Normalize(0, len(centers) - 1), cmap)
        self._plot_ribbon(ax, centers, colors)
        self._plot_images(ax, centers, colors)
        self.labels_ = [
            ax.text(x, y - TILE / 2 - 0.05, "" if label is None else label, ha="center", va="top")
            for label, (x, y) in zip(self.labels or [], centers, strict=self.labels is not None)
        ]
        ax.set(
            xlim=(-BESIDE - 0.1, self.n_columns - 1 + BESIDE + 0.1),
            ylim=(centers[-1, 1] - ROW / 2 - 0.1, TILE / 2 + 0.1),
            aspect="equal",
        )
        ax.set_axis_off()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _centers(self) -> Numbers:
        """Place the images: along the first row and back along the next, so that none is far."""
        row, step = np.divmod(np.arange(len(self.images)), self.n_columns)
        column = np.where(row % 2 == 0, step, self.n_columns - 1 - step)
        return np.stack([column, -ROW * row], axis=1)

    def _plot_ribbon(self, ax: Any, centers: Numbers, colors: Any) -> None:
        """Draw the ribbon under the images, and an arrowhead where it shows between two."""
        from matplotlib.collections import LineCollection

        ways = [_way(start, stop) for start, stop in pairwise(centers)]
        rgba = colors.to_rgba(np.arange(len(ways)) + 0.5)
        self.ribbon_ = LineCollection(ways, colors=rgba, linewidths=2.5, zorder=1)
        ax.add_collection(self.ribbon_)
        middle = np.array([way[len(way) // 2 - 1 :][:2].mean(axis=0) for way in ways])
        step = np.diff(centers, axis=0)
        for mark, is_so in ((">", step[:, 0] > 0), ("<", step[:, 0] < 0), ("v", step[:, 1] < 0)):
            ax.scatter(*middle[is_so].T, c=rgba[is_so], marker=mark, s=60, linewidths=0, zorder=1)

    def _plot_images(self, ax: Any, centers: Numbers, colors: Any) -> None:
        """Draw the images, each in a frame of the colour that the curve has there."""
        from matplotlib.patches import Rectangle

        # Single extreme pixels would take the contrast from all the others.
        darkest, brightest = np.percentile(self.images, [1, 99])
        corners = centers - TILE / 2
        self.images_ = [
            ax.imshow(
                image,
                extent=(x, x + TILE, y, y + TILE),
                cmap="gray_r",
                vmin=darkest,
                vmax=brightest,
                interpolation="bicubic",
                zorder=2,
            )
            for image, (x, y) in zip(self.images, corners, strict=True)
        ]
        rgba = colors.to_rgba(np.arange(len(centers)))
        self.frames_ = [
            ax.add_patch(
                Rectangle(corner, TILE, TILE, fill=False, color=color, linewidth=2, zorder=3)
            )
            for corner, color in zip(corners, rgba, strict=True)
        ]


def _way(start: Numbers, stop: Numbers) -> Numbers:
    """Lead from one image to the next: straight, or around the end of a row."""
    if start[1] == stop[1]:
        return np.array([start, stop])
    beside = np.array([BESIDE if start[0] > 0 else -BESIDE, 0.0])
    return np.array([start, start + beside, stop + beside, stop])


def _dominant_labels(curve: PolylineCurve, X: Any, y: Any) -> list[Any]:
    """Find the most frequent label around each vertex; None where there is no row."""
    rows = as_rows(X, curve)
    names, label = np.unique(as_labels(y, len(rows)), return_inverse=True)
    index = as_tensor(curve.project(rows).index, name="index").cpu().double().numpy()
    counts = np.zeros((curve.n_vertices, len(names)), np.int64)
    np.add.at(counts, (np.floor(index + 0.5).astype(np.int64), label), 1)
    return [names[count.argmax()] if count.any() else None for count in counts]
