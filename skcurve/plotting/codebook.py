"""A codebook of images, or of whatever has a label, in the order of the curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from skcurve.curve import PolylineCurve
from skcurve.metrics.inputs import as_labels, as_rows, resolve_curve
from skcurve.plotting.decoding import decode_vertices
from skcurve.plotting.inputs import (
    Numbers,
    as_numpy,
    group_labels,
    require_matplotlib,
    spread_numbers,
)
from skcurve.plotting.lettering import fitting
from skcurve.plotting.looks import CURVE_COLORS, check_axes, inches, open_axes
from skcurve.plotting.tiles import Tile, Tiles

MOST_TILES = 256
"""Of more vertices than this, so many are shown."""

FULL_WIDTH = 7.0
"""Of a new figure, in inches: the text of a page."""

LARGEST_IMAGE, LARGEST_TEXT = 0.7, 2.0
"""From tile to tile in a new figure, in inches."""

TITLE_HEIGHT = 0.3
"""Room for it in a new figure, in inches."""

IMAGE_COLUMNS, TEXT_COLUMNS = 16, 4
"""In a new figure, at most."""

TEXT_LINES = 3
"""In a box, at most."""

SLIMMEST, TALLEST = 0.2, 3.0
"""Height over width of an image; beyond, it is stretched."""

BARE_IMAGE = Tile(width=0.8, height=0.8, gap=0.25, beside=0.7)
LABELLED_IMAGE = BARE_IMAGE._replace(gap=0.55)
TEXT = Tile(width=0.88, height=0.34, gap=0.14, beside=0.54)

BELOW = 0.05
"""From an image to its label."""


class CodebookDisplay:
    """The vertices of a curve as little images, in the order of the curve.

    Make one with `CodebookDisplay.from_estimator`. A ribbon with arrowheads leads from image to
    image: along the first row, back along the second, and so on. It has the colours that
    `CurveDisplay` gives the same stretches of the curve. What is no image (sounds, texts) is shown
    as labels in boxes.

    Parameters
    ----------
    images : array of shape (K, height, width) or (K, height, width, 3), or None
        The vertices; None if their labels are all there is.
    labels : list of length K or None, default=None
        What to write under each image, or in its box: nothing for a label of None.
    numbers : int array of shape (K,) or None, default=None
        The numbers of these vertices on the curve; None for 0, 1, and so on.
    n_vertices : int or None, default=None
        How many vertices the curve has; None for K.
    n_columns : int or None, default=None
        How many images a row; None for as many as make them largest, a power of two.

    Attributes
    ----------
    images_ : list of matplotlib AxesImage
        The images, in the order of the curve; empty if there are only labels.
    frames_ : list of matplotlib Rectangle
        A frame around each image or label.
    labels_ : list of matplotlib Text
        What is written under or in them; empty if there are no labels, or no room for any.
    ribbon_ : matplotlib LineCollection
        What leads from image to image, one piece a step.
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
    >>> from sklearn.decomposition import PCA
    >>> from skcurve import SFVQ
    >>> from skcurve.plotting import CodebookDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> sfvq = SFVQ(n_bits=4, random_state=0).fit(X)
    >>> display = CodebookDisplay.from_estimator(sfvq, image_shape=(8, 8), X=X, y=y)
    >>> len(display.images_), len(display.labels_)
    (16, 16)

    A codebook of latents wants their decoder:

    >>> pca = PCA(10, random_state=0).fit(X)
    >>> sfvq = SFVQ(n_bits=4, random_state=0).fit(pca.transform(X))
    >>> display = CodebookDisplay.from_estimator(
    ...     sfvq, decoder=pca.inverse_transform, image_shape=(8, 8)
    ... )
    >>> display.images.shape
    (16, 8, 8)
    """

    def __init__(
        self,
        *,
        images: Numbers | None,
        labels: list[Any] | None = None,
        numbers: Numbers | None = None,
        n_vertices: int | None = None,
        n_columns: int | None = None,
    ) -> None:
        self.images = images
        self.labels = labels
        self.numbers = numbers
        self.n_vertices = n_vertices
        self.n_columns = n_columns

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        image_shape: tuple[int, ...] | None = None,
        decoder: Callable[[Any], Any] | None = None,
        X: Any = None,
        y: Any = None,
        n_images: int | None = None,
        n_columns: int | None = None,
        ax: Any = None,
        cmap: str = CURVE_COLORS,
    ) -> Self:
        """Turn the vertices of a fitted curve into images, find their labels, and draw them.

        A vertex gets the most frequent label of the rows whose index coordinate is nearest to its
        number. Where several labels are equally frequent, it gets the first in sorted order; where
        there are no rows, none. Rows without a label do not count.

        Parameters
        ----------
        estimator : fitted estimator or PolylineCurve
            An estimator is asked for its `curve_`.
        image_shape : (height, width), (height, width, 3) or (3, height, width), default=None
            The shape of a vertex, or of what the decoder makes of it, as an image. None if the
            decoder gives images as they are.
        decoder : callable, default=None
            What the vertices stand for: any function from (k, D) latents to k images, or to a list
            of k strings, for what can only be named. It is given the kind of array that the curve
            was fitted to, some 30 rows at a time; a torch module, or a method of one, is given
            tensors of its own dtype on its own device. Grey images may have any range; colours are
            in [0, 1], or integers up to 255. None if the vertices themselves are images.
        X : array-like of shape (n, D), default=None
            The rows that `y` belongs to.
        y : array-like of shape (n,), default=None
            Their labels; None for images without labels. A row whose label is None, NaN or
            pandas.NA has none.
        n_images : int, default=None
            How many vertices to show, evenly spaced by their numbers; None for all, up to 256.
        n_columns : int, default=None
            How many images a row; None for as many as make them largest, a power of two.
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
            If `estimator` is not a curve and has none; `ax` is something other than Axes of
            two dimensions; or the labels cannot be sorted, as strings and numbers cannot.
        ValueError
            If there is neither `image_shape` nor `decoder`, or they do not give one image or one
            string a vertex; `n_images` is below 2 or `n_columns` below 1; only one of X and y is
            given; or they do not fit the curve and each other.
        RuntimeError
            If the decoder raises.

        Examples
        --------
        >>> import numpy as np
        >>> from skcurve import PolylineCurve
        >>> from skcurve.plotting import CodebookDisplay
        >>> curve = PolylineCurve(np.eye(9))  # each vertex is one white field of nine
        >>> display = CodebookDisplay.from_estimator(curve, image_shape=(3, 3), n_images=4)
        >>> display.numbers.tolist()
        [0, 3, 5, 8]

        Vertices that are no pictures, in words:

        >>> display = CodebookDisplay.from_estimator(
        ...     curve, decoder=lambda vertices: [f"unit {row.argmax()}" for row in vertices]
        ... )
        >>> display.labels[:2]
        ['unit 0', 'unit 1']
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        curve = resolve_curve(estimator)
        if image_shape is None and decoder is None:
            raise ValueError("image_shape or decoder must say how to see a vertex; got neither.")
        if decoder is not None and not callable(decoder):
            raise TypeError(f"decoder must be callable; got {type(decoder).__name__}.")
        for name, value, least in (("n_images", n_images, 2), ("n_columns", n_columns, 1)):
            if value is not None and value < least:
                raise ValueError(f"{name} must be at least {least}; got {value}.")
        if (X is None) != (y is None):
            raise ValueError(
                "X and y go together, to give each image a label; "
                f"got {'y without X' if X is None else 'X without y'}."
            )
        numbers = spread_numbers(curve.n_vertices, n_images or MOST_TILES)
        labels = None if y is None else _dominant_labels(curve, X, y, numbers)
        decoded = decode_vertices(curve.vertices[numbers], decoder, image_shape)
        images = None
        if not isinstance(decoded, list):
            images = decoded
        elif labels is None:
            labels = decoded
        else:
            raise ValueError("X and y are for images; the decoder gives labels already.")
        display = cls(
            images=images,
            labels=labels,
            numbers=numbers,
            n_vertices=curve.n_vertices,
            n_columns=n_columns,
        )
        return display.plot(ax, cmap=cmap)

    def plot(self, ax: Any = None, *, cmap: str = CURVE_COLORS) -> Self:
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
        TypeError
            If `ax` is something other than Axes of two dimensions.

        Examples
        --------
        The same images again, in other colours and on axes of one's own:

        >>> import matplotlib.pyplot as plt
        >>> import numpy as np
        >>> from skcurve import PolylineCurve
        >>> from skcurve.plotting import CodebookDisplay
        >>> display = CodebookDisplay.from_estimator(PolylineCurve(np.eye(4)), image_shape=(2, 2))
        >>> _, ax = plt.subplots()
        >>> len(display.plot(ax, cmap="magma").images_)
        4
        """
        require_matplotlib(f"{type(self).__name__}.plot")
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        n_tiles = len(self.labels or []) if self.images is None else len(self.images)
        numbers = np.arange(n_tiles) if self.numbers is None else np.asarray(self.numbers)
        n_vertices = n_tiles if self.n_vertices is None else self.n_vertices
        tiles = self._tiles(n_tiles, None if ax is None else inches(check_axes(ax)))
        if ax is None:
            largest = LARGEST_TEXT if self.images is None else LARGEST_IMAGE
            scale = min(FULL_WIDTH / tiles.size[0], largest)
            width, height = scale * np.array(tiles.size)
            ax = open_axes(None, (width, height + TITLE_HEIGHT))
        else:
            scale = tiles.scale(inches(ax))
        colors = ScalarMappable(Normalize(0, n_vertices - 1), cmap)
        self._plot_ribbon(ax, tiles, colors.to_rgba((numbers[:-1] + numbers[1:]) / 2), scale)
        self._plot_tiles(ax, tiles, colors.to_rgba(numbers), scale)
        self._plot_labels(ax, tiles, scale)
        if n_tiles < n_vertices:
            ax.set_title(f"{n_tiles} of {n_vertices:,} vertices, in order", fontsize="medium")
        ax.set(xlim=tiles.xlim, ylim=tiles.ylim, aspect="equal")
        ax.set_axis_off()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _tiles(self, n_tiles: int, room: tuple[float, float] | None) -> Tiles:
        """Choose the shape of the grid: as told, or by the room there is."""
        if self.images is None:
            tile, most = TEXT, TEXT_COLUMNS
        else:
            tile, most = BARE_IMAGE if self.labels is None else LABELLED_IMAGE, IMAGE_COLUMNS
            n_rows, n_columns = self.images.shape[1:3]
            shape = float(np.clip(n_rows / n_columns, SLIMMEST, TALLEST))
            tile = tile._replace(height=tile.width * shape)
        if self.n_columns is None and room is not None:
            return Tiles.filling(n_tiles, tile, room)
        return Tiles(n_tiles, self.n_columns or min(most, n_tiles), tile)

    def _plot_ribbon(self, ax: Any, tiles: Tiles, rgba: Numbers, scale: float) -> None:
        """Draw the ribbon under the tiles, and an arrowhead where it shows between two."""
        from matplotlib.collections import LineCollection

        ways, centers = tiles.ways(), tiles.centers()
        width = min(2.5, 5.0 * scale)
        self.ribbon_ = LineCollection(ways, colors=rgba, linewidths=width, zorder=1)
        ax.add_collection(self.ribbon_)
        middle = np.array([way[len(way) // 2 - 1 :][:2].mean(axis=0) for way in ways])
        step = np.diff(centers, axis=0)
        size = min(60.0, (72 * scale * (1 - tiles.tile.width)) ** 2)
        for mark, is_so in ((">", step[:, 0] > 0), ("<", step[:, 0] < 0), ("v", step[:, 1] < 0)):
            ax.scatter(*middle[is_so].T, c=rgba[is_so], marker=mark, s=size, linewidths=0, zorder=1)

    def _plot_tiles(self, ax: Any, tiles: Tiles, rgba: Numbers, scale: float) -> None:
        """Draw the images, each in a frame of the colour that the curve has there."""
        from matplotlib import rcParams
        from matplotlib.patches import Rectangle

        width, height = tiles.tile[:2]
        corners = tiles.centers() - (width / 2, height / 2)
        self.images_ = []
        if self.images is not None:
            images = np.asarray(self.images)
            images = images.astype(float) if images.dtype == bool else images
            # Single extreme pixels would take the contrast from all the others.
            darkest, brightest = np.percentile(np.asarray(images, float), [1, 99])
            self.images_ = [
                ax.imshow(
                    image,
                    extent=(x, x + width, y, y + height),
                    cmap="gray_r",
                    vmin=darkest,
                    vmax=brightest,
                    interpolation="bicubic",
                    zorder=2,
                )
                for image, (x, y) in zip(images, corners, strict=True)
            ]
        ground = rcParams["axes.facecolor"] if self.images is None else "none"
        line = min(2.0, 4.0 * scale)
        self.frames_ = [
            ax.add_patch(
                Rectangle(corner, width, height, fc=ground, ec=color, linewidth=line, zorder=3)
            )
            for corner, color in zip(corners, rgba, strict=True)
        ]

    def _plot_labels(self, ax: Any, tiles: Tiles, scale: float) -> None:
        """Write the labels under the images, or in their boxes; none into the next one's."""
        texts = ["" if label is None else str(label) for label in self.labels or []]
        tile = tiles.tile
        look: dict[str, Any] = {"ha": "center", "va": "center", "linespacing": 1.0, "zorder": 4}
        look["parse_math"] = False
        if self.images is None:
            below, room, n_lines = 0.0, (0.92 * tile.width, 0.92 * tile.height), TEXT_LINES
        else:
            look["va"] = "top"
            below, room, n_lines = tile.height / 2 + BELOW, (0.95, tile.gap - 2 * BELOW), 1
        size, written = fitting(texts, (72 * scale * room[0], 72 * scale * room[1]), n_lines)
        self.labels_ = [
            ax.text(x, y - below, text, fontsize=size, **look)
            for text, (x, y) in zip(written, tiles.centers(), strict=bool(written))
        ]


def _dominant_labels(curve: PolylineCurve, X: Any, y: Any, numbers: Numbers) -> list[Any]:
    """Find the most frequent label around each vertex shown; None where there is no row."""
    rows = as_rows(X, curve)
    names, label = group_labels(as_labels(y, len(rows)))
    index = as_numpy(curve.project(rows).index).astype(np.float64)
    nearest = np.searchsorted((numbers[:-1] + numbers[1:]) / 2, index, side="right")
    counts = np.zeros((len(numbers), len(names)), np.int64)
    np.add.at(counts, (nearest[label >= 0], label[label >= 0]), 1)
    return [names[count.argmax()] if count.any() else None for count in counts]
