"""How far the vertices of a curve are from each other, in its order."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch

from skcurve.interop import as_tensor
from skcurve.metrics.inputs import resolve_curve
from skcurve.plotting.inputs import Numbers, as_numpy, require_matplotlib, spread_numbers
from skcurve.plotting.looks import CURVE_COLORS, add_colorbar, count_ticks, open_axes

MOST_VERTICES = 512
"""More would be narrower than a pixel, and their distances need not be computed."""


class OrderingDisplay:
    """The distances between all codebook vectors, as a matrix in the order of the curve.

    Make one with `OrderingDisplay.from_estimator`. Dark is near. A good curve has a dark band along
    the diagonal: vertices with similar numbers are similar. A dark patch away from it is a place
    that the curve comes back to; a gap in the band, a jump. The darkest colour stands for the
    smallest distance between two vertices, and for the diagonal itself, which is zero.

    Parameters
    ----------
    distances : array of shape (K, K)
        Euclidean distances, in the units of the data.
    numbers : int array of shape (K,)
        The numbers of the vertices that were compared.

    Attributes
    ----------
    image_ : matplotlib AxesImage
        The matrix.
    colorbar_ : matplotlib Colorbar or None
        Which distance a colour stands for.
    ax_ : matplotlib Axes
        Where they are.
    figure_ : matplotlib Figure
        The figure of these axes.

    See Also
    --------
    skcurve.metrics.smoothness_ratio : The order of a curve as one number.

    Examples
    --------
    >>> from skcurve import PolylineCurve
    >>> from skcurve.plotting import OrderingDisplay
    >>> display = OrderingDisplay.from_estimator(PolylineCurve([[0.0], [1.0], [3.0]]))
    >>> display.distances
    array([[0., 1., 3.],
           [1., 0., 2.],
           [3., 2., 0.]])
    """

    def __init__(self, *, distances: Numbers, numbers: Numbers) -> None:
        self.distances = distances
        self.numbers = numbers

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, ax: Any = None, cmap: str = CURVE_COLORS, colorbar: bool = True
    ) -> Self:
        """Compute the distances between the vertices of a fitted curve, and draw them.

        Of a curve with more than 512 vertices, 512 are compared, evenly spaced by their numbers.

        Parameters
        ----------
        estimator : fitted estimator or PolylineCurve
            An estimator is asked for its `curve_`.
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.
        cmap : str, default="viridis"
            The colours of the distances, the nearest first.
        colorbar : bool, default=True
            Whether to say beside the axes which distance a colour stands for.

        Returns
        -------
        display : OrderingDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError, sklearn.exceptions.NotFittedError
            If `estimator` is not a curve and has none, or `ax` is something other than Axes of two
            dimensions.

        Examples
        --------
        >>> from skcurve import PolylineCurve
        >>> from skcurve.plotting import OrderingDisplay
        >>> hook = PolylineCurve([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0], [0.0, 1.0]])
        >>> display = OrderingDisplay.from_estimator(hook, colorbar=False)
        >>> display.distances[0].round(2).tolist()  # the last is nearer than the second
        [0.0, 3.0, 3.16, 1.0]
        """
        require_matplotlib(f"{cls.__name__}.from_estimator")
        curve = resolve_curve(estimator)
        numbers = spread_numbers(curve.n_vertices, MOST_VERTICES)
        vertices = as_tensor(curve.vertices, name="vertices")[numbers].double()
        # The product form would lose the small distances, which are the ones to look at.
        distances = torch.cdist(vertices, vertices, compute_mode="donot_use_mm_for_euclid_dist")
        display = cls(distances=as_numpy(distances), numbers=numbers)
        return display.plot(ax, cmap=cmap, colorbar=colorbar)

    def plot(self, ax: Any = None, *, cmap: str = CURVE_COLORS, colorbar: bool = True) -> Self:
        """Draw what was computed.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.
        cmap : str, default="viridis"
            The colours of the distances, the nearest first.
        colorbar : bool, default=True
            Whether to say beside the axes which distance a colour stands for.

        Returns
        -------
        display : OrderingDisplay
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
        >>> from skcurve import PolylineCurve
        >>> from skcurve.plotting import OrderingDisplay
        >>> display = OrderingDisplay.from_estimator(PolylineCurve([[0.0], [1.0], [3.0]]))
        >>> figure, ax = plt.subplots()
        >>> display.plot(ax, cmap="magma").ax_ is ax
        True
        """
        require_matplotlib(f"{type(self).__name__}.plot")
        ax = open_axes(ax)
        between = np.asarray(self.distances)[~np.eye(len(self.numbers), dtype=bool)]
        first, last = self.numbers[0] - 0.5, self.numbers[-1] + 0.5
        self.image_ = ax.imshow(
            self.distances, cmap=cmap, vmin=between.min(), extent=(first, last, last, first)
        )
        ax.set(xlabel="vertex number", ylabel="vertex number")
        for axis in (ax.xaxis, ax.yaxis):
            count_ticks(axis)
        self.ax_, self.figure_ = ax, ax.figure
        self.colorbar_ = None
        if colorbar:
            self.colorbar_ = add_colorbar(ax, self.image_, "distance (units of the data)")
        return self
