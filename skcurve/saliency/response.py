"""What a direction does to each pixel, and where on the image it does it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BORDER_SHARE = 1 / 8
"""Of the side of an image: the width of its border."""
CENTRE_SHARE = 3 / 8
"""Of the side of an image: the side of its centre."""


class Zones(NamedTuple):
    """Where on an image the background is expected, and where the object.

    Attributes
    ----------
    border : bool array of shape (H, W)
        The frame, an eighth of the sides wide.
    centre : bool array of shape (H, W)
        The box in the middle, three eighths of the sides wide and high.
    """

    border: Flags
    centre: Flags


def zones(height: int, width: int) -> Zones:
    """Give the border and the centre of images.

    Parameters
    ----------
    height, width : int
        Of an image, in pixels.
    """
    border = np.ones((height, width), bool)
    centre = np.zeros((height, width), bool)
    down, across = (max(1, round(BORDER_SHARE * side)) for side in (height, width))
    border[down:-down, across:-across] = False
    first = [round((1 - CENTRE_SHARE) / 2 * side) for side in (height, width)]
    centre[first[0] : height - first[0], first[1] : width - first[1]] = True
    return Zones(border, centre)


class Spread(NamedTuple):
    """Where a direction changes images, each number one an image.

    Attributes
    ----------
    share : ndarray of shape (n,)
        The mean change of a pixel of the border, over that and the mean change of a pixel of the
        centre: 1 if the border alone changes, 1/2 if both change alike. 0 if nothing changes.
    evenness : ndarray of shape (n,)
        Of the changes of the border, the squared mean over the mean square: 1 if all of it changes
        alike, as when a background is recoloured; less when something is moved across it.
    """

    share: Numbers
    evenness: Numbers


def spread_of(there: torch.Tensor, back: torch.Tensor) -> Spread:
    """Measure where images differ that a direction makes, one way and the other.

    Parameters
    ----------
    there, back : (n, C, H, W) tensor
        The same latents moved by plus and by minus the strength.
    """
    change = (there - back).double().cpu().numpy()
    size = np.abs(change).mean(1)
    border, centre = zones(*size.shape[1:])
    on_border, on_centre = size[:, border].mean(1), size[:, centre].mean(1)
    total = on_border + on_centre
    share = on_border / np.where(total > 0, total, 1.0)
    mean = np.square(change[:, :, border].mean(2)).sum(1)
    power = np.square(change[:, :, border]).mean(2).sum(1)
    return Spread(share, mean / np.where(power > 0, power, 1.0))


def difference(there: torch.Tensor, back: torch.Tensor) -> tuple[Numbers, Numbers]:
    r"""Measure how far each pixel is from changing as the border does.

    With the change d(p) of pixel p between the two signs, a vector with an entry a channel, and the
    median change b over the border,

    .. math:: r(p) = |d(p) - b| \, / \, |b| .

    It is 0 where a pixel goes along with the border, 1 where it stays, and anything where it goes
    another way: also an object that changes more than the background differs from it.

    Parameters
    ----------
    there, back : (n, C, H, W) tensor
        The same latents moved by plus and by minus the strength.

    Returns
    -------
    response : ndarray of shape (n, H, W)
        All 0 where the border stays as it is.
    moved : ndarray of shape (n,)
        How far the border changes: the root mean square of b over the channels.
    """
    change = (there - back).double().cpu().numpy()
    border = zones(*change.shape[2:]).border
    along = np.median(change[:, :, border], axis=2)
    length = np.sqrt(np.square(along).sum(1))
    response = np.sqrt(np.square(change - along[:, :, None, None]).sum(1))
    response /= np.where(length > 0, length, np.inf)[:, None, None]
    return response, length / np.sqrt(change.shape[1])


def brightness(shifted: torch.Tensor) -> Numbers:
    """Give the intensity of shifted images, the mean over the channels, (n, H, W).

    Parameters
    ----------
    shifted : (n, C, H, W) tensor
        Latents moved by the strength.
    """
    found: Numbers = shifted.double().mean(1).cpu().numpy()
    return found
