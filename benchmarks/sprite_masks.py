"""The true masks of sprites: which pixels are the sprite, and which the background."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skcurve.generators.sprites import FACTORS, render

BACKGROUND = FACTORS.index("background")


def true_masks(factors: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Render on black and on white: what the ground does not show through is the sprite.

    Parameters
    ----------
    factors : (n, 9) array
        See `render`.

    Returns
    -------
    masks : bool array of shape (n, 32, 32)
        True where the sprite covers at least half of the pixel.
    """
    black, white = np.array(factors), np.array(factors)
    black[:, BACKGROUND], white[:, BACKGROUND] = 0.0, 1.0
    ground = (np.asarray(render(white)) - np.asarray(render(black))).mean(1) / 2
    return np.asarray(ground <= 0.5)
