"""From a grey picture to a mask: a threshold, no specks and no pinholes, and what is no object."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_fill_holes

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

THRESHOLDS = ("otsu", "li", "isodata")
N_BINS = 256
ROUNDING = 1e-12
"""Of the largest number of a picture: so near each other, numbers do not fill that many bins."""


class Limits(NamedTuple):
    """What a mask has to be to be used.

    Attributes
    ----------
    speck : float
        Of the area of the image: smaller parts are taken away, and smaller holes filled.
    min_area, max_area : float
        Of the area of the image.
    min_largest : float
        Of the mask: how much of it its largest part has to be.
    """

    speck: float
    min_area: float
    max_area: float
    min_largest: float


def require_skimage() -> Any:
    """Return scikit-image, with its thresholds and measures, or say what to install.

    Raises
    ------
    ImportError
        If it cannot be imported.
    """
    try:
        import skimage.filters
        import skimage.measure
    except ImportError as error:
        raise ImportError(
            'masks need scikit-image: run pip install "skcurve[saliency]".'
        ) from error
    return skimage


def find_threshold(picture: Numbers, threshold: str | float) -> float:
    """Give the threshold between the dark and the bright part of a picture.

    Parameters
    ----------
    picture : (H, W) array
        Not all of one value, if the threshold is to be found.
    threshold : "otsu", "li", "isodata" or float
        How to find it; a number is taken as it is.
    """
    if not isinstance(threshold, str):
        return float(threshold)
    filters = require_skimage().filters
    if threshold == "li":
        return float(filters.threshold_li(picture))
    found = {"otsu": filters.threshold_otsu, "isodata": filters.threshold_isodata}[threshold]
    # It is the middle of the last bin of the dark part, all of which is dark.
    return float(found(picture, nbins=N_BINS) + np.ptp(picture) / (2 * N_BINS))


def separability(picture: Numbers) -> float:
    """Say how well a threshold tells two parts of a picture apart.

    It is the variance between the parts that Otsu's threshold makes over that of the picture: 1 for
    a picture of two values, 0 for one of a single value, up to rounding.

    Parameters
    ----------
    picture : (H, W) array
        Of any numbers.
    """
    whole = float(picture.var())
    if whole == 0 or np.ptp(picture) <= ROUNDING * np.abs(picture).max():
        return 0.0
    upper = picture > find_threshold(picture, "otsu")
    share = float(upper.mean())
    if share in (0.0, 1.0):
        return 0.0
    apart = float(picture[upper].mean() - picture[~upper].mean())
    return share * (1 - share) * apart**2 / whole


def cleaned(mask: Flags, speck: float) -> Flags:
    """Take small parts away, and fill small holes.

    What reaches the edge of the image is no hole.

    Parameters
    ----------
    mask : (H, W) bool array
        Left as it is.
    speck : float
        Of the area of the image: what is smaller than this is small.
    """
    solid = _without_small(mask, speck)
    holes = binary_fill_holes(solid) & ~solid
    found: Flags = solid | (holes & ~_without_small(holes, speck))
    return found


def _without_small(mask: Flags, speck: float) -> Flags:
    labels = require_skimage().measure.label(mask, connectivity=1)
    sizes = np.bincount(labels.ravel())
    kept = sizes >= speck * mask.size
    kept[0] = False  # what is not of the mask
    found: Flags = kept[labels]
    return found


def verdict(mask: Flags, limits: Limits) -> str:
    """Say why a mask is of no use: "too small", "too large" or "split"; or nothing.

    Parameters
    ----------
    mask : (H, W) bool array
        Cleaned.
    limits : Limits
        What is asked of it.
    """
    area = float(mask.mean())
    if area == 0 or area < limits.min_area:
        return "too small"
    if area > limits.max_area:
        return "too large"
    labels = require_skimage().measure.label(mask, connectivity=2)
    largest = np.bincount(labels.ravel())[1:].max()
    return "split" if largest < limits.min_largest * mask.sum() else ""
