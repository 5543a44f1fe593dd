"""A response brought to the edges of its image: the guided filter."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

Numbers = npt.NDArray[np.float64]

SMOOTHNESS = 0.05
"""Of the variance of the pixels of the image: a smaller one is no edge."""
ROUNDING = 1e-6
"""Of the largest pixel: what differs by less is of one colour."""


def refined(response: Numbers, image: Numbers, radius: int) -> Numbers:
    r"""Make a response change where the image does.

    What a direction does to an image is often made on a coarser grid than the image, and is blurred
    at the edges of the object. In each window of the image I, the response is fitted by a linear
    function of the colours, :math:`a \cdot I + b`, with a ridge on a; each pixel gets the mean of
    what the windows say that it is in [1]_.

    Parameters
    ----------
    response : (H, W) array
        About 0 or 1; what is beyond 1 counts as 1.
    image : (C, H, W) array
        Of the same size.
    radius : int
        Of the windows, at least 1.

    Returns
    -------
    refined : (H, W) array
        The response itself, if the image is of one colour.

    References
    ----------
    .. [1] K. He, J. Sun and X. Tang, "Guided image filtering", ECCV 2010.
    """
    centred = image - image.mean((1, 2), keepdims=True)
    scale = np.sqrt(np.square(centred).mean())
    if scale <= ROUNDING * np.abs(image).max():
        return response
    guide: Numbers = centred / scale
    response = np.minimum(response, 1.0)
    inside = _sums(np.ones_like(response), radius)

    def mean(grids: npt.NDArray[Any]) -> Numbers:
        found: Numbers = _sums(grids, radius) / inside
        return found

    colour, level = mean(guide), mean(response)
    shared = mean(guide * response) - colour * level
    spread = mean(guide[:, None] * guide) - colour[:, None] * colour
    spread += SMOOTHNESS * np.eye(len(guide))[:, :, None, None]
    slope = np.linalg.solve(spread.transpose(2, 3, 0, 1), shared.transpose(1, 2, 0)[..., None])
    slope = slope[..., 0].transpose(2, 0, 1)
    offset = level - (slope * colour).sum(0)
    found: Numbers = (mean(slope) * guide).sum(0) + mean(offset)
    return found


def _sums(grids: npt.NDArray[Any], radius: int) -> Numbers:
    """Sum over the part of each window that is on the grid, up to a factor."""
    sizes = (1,) * (grids.ndim - 2) + (2 * radius + 1,) * 2
    found: Numbers = uniform_filter(grids, sizes, mode="constant")
    return found
