"""How good masks are: overlap, pixels, and precision against recall at every threshold.

Every function takes n true masks and n predicted ones, compares each pair by itself, and gives the
mean over the images: each image counts alike, however large the object on it is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skcurve.interop import as_tensor
from skcurve.metrics.inputs import check_real

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SQ_BETA = 0.3
"""The weight of recall against precision that work on saliency uses: precision counts more."""
N_THRESHOLDS = 255
HALF = 0.5


class PrecisionRecall(NamedTuple):
    """Precision and recall at every threshold.

    Attributes
    ----------
    precision, recall : ndarray of shape (t,)
        Means over the images.
    thresholds : ndarray of shape (t,)
        Ascending: a pixel is of the object if its score is above the threshold.
    """

    precision: Numbers
    recall: Numbers
    thresholds: Numbers


def iou(true: Any, predicted: Any) -> float:
    r"""Intersection over union, :math:`|T \cap P| / |T \cup P|`.

    Parameters
    ----------
    true : array-like of shape (n, H, W)
        True masks: 0 and 1, or booleans.
    predicted : array-like of shape (n, H, W)
        Predicted masks; of scores from 0 to 1, those above one half count as the object.

    Returns
    -------
    iou : float
        From 0 to 1. Of two empty masks it is 1.

    Raises
    ------
    TypeError, ValueError
        If the masks are not numbers from 0 to 1, or differ in shape.

    Examples
    --------
    >>> from skcurve.saliency import iou
    >>> iou([[[1, 1], [0, 0]]], [[[1, 0], [0, 0]]])
    0.5
    """
    truth, scores = _checked(true, predicted)
    mask = scores > HALF
    both, either = (truth & mask).sum((1, 2)), (truth | mask).sum((1, 2))
    return float(_share(both, either).mean())


def pixel_accuracy(true: Any, predicted: Any) -> float:
    """Share of the pixels that are predicted as they are.

    Parameters
    ----------
    true, predicted : array-like of shape (n, H, W)
        See `iou`.

    Returns
    -------
    accuracy : float
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        As `iou`.

    Examples
    --------
    >>> from skcurve.saliency import pixel_accuracy
    >>> pixel_accuracy([[[1, 1], [0, 0]]], [[[1, 0], [0, 0]]])
    0.75
    """
    truth, scores = _checked(true, predicted)
    return float(((scores > HALF) == truth).mean())


def mean_absolute_error(true: Any, predicted: Any) -> float:
    r"""Mean of :math:`|t - s|` over the pixels, of the scores as they are: no threshold.

    Parameters
    ----------
    true, predicted : array-like of shape (n, H, W)
        See `iou`.

    Returns
    -------
    error : float
        From 0, the best, to 1.

    Raises
    ------
    TypeError, ValueError
        As `iou`.

    Examples
    --------
    >>> from skcurve.saliency import mean_absolute_error
    >>> mean_absolute_error([[[1, 1], [0, 0]]], [[[1, 0.5], [0, 0.5]]])
    0.25
    """
    truth, scores = _checked(true, predicted)
    return float(np.abs(scores - truth).mean())


def precision_recall_curve(true: Any, predicted: Any) -> PrecisionRecall:
    r"""Precision and recall of the masks that scores give at 255 thresholds.

    At a threshold :math:`\theta`, with the mask :math:`P = \{s > \theta\}` of each image,

    .. math:: \text{precision} = |T \cap P| / |P|, \qquad \text{recall} = |T \cap P| / |T|,

    and each is averaged over the images, as is usual for saliency [1]_. Where nothing is predicted,
    precision is 1; where there is nothing to find, recall is 1.

    Parameters
    ----------
    true, predicted : array-like of shape (n, H, W)
        See `iou`; the scores are used as they are.

    Returns
    -------
    curve : PrecisionRecall
        `precision`, `recall` and `thresholds`, which are 0, 1/255, ..., 254/255.

    Raises
    ------
    TypeError, ValueError
        As `iou`.

    References
    ----------
    .. [1] R. Achanta, S. Hemami, F. Estrada and S. Süsstrunk, "Frequency-tuned salient region
       detection", CVPR 2009.

    Examples
    --------
    >>> from skcurve.saliency import precision_recall_curve
    >>> curve = precision_recall_curve([[[1, 1], [0, 0]]], [[[0.9, 0.4], [0.4, 0.1]]])
    >>> curve.precision[[0, 64, 128]].round(2), curve.recall[[0, 64, 128]]
    (array([0.5 , 0.67, 1.  ]), array([1. , 1. , 0.5]))
    """
    truth, scores = _checked(true, predicted)
    # A score is above so many of the thresholds; count the pixels of each image by that number.
    above = np.ceil(scores * N_THRESHOLDS).astype(np.int64).reshape(len(scores), -1)
    places = above + (N_THRESHOLDS + 1) * np.arange(len(scores))[:, None]
    size = (len(scores), N_THRESHOLDS + 1)

    def counted(weights: Any) -> Numbers:
        counts = np.bincount(places.ravel(), weights, size[0] * size[1]).reshape(size)
        larger = counts[:, ::-1].cumsum(1)[:, ::-1]  # pixels above at least so many thresholds
        found: Numbers = larger[:, 1:].astype(np.float64)
        return found

    marked, found = counted(None), counted(truth.ravel())
    n_true = truth.sum((1, 2)).astype(np.float64)[:, None]
    thresholds = np.arange(N_THRESHOLDS) / N_THRESHOLDS
    return PrecisionRecall(_share(found, marked).mean(0), _share(found, n_true).mean(0), thresholds)


def max_f_beta(true: Any, predicted: Any, *, sq_beta: float = SQ_BETA) -> float:
    r"""Largest F-measure over all thresholds.

    With the mean precision P and the mean recall R at a threshold,

    .. math:: F_\beta = \frac{(1 + \beta^2) P R}{\beta^2 P + R} .

    Parameters
    ----------
    true, predicted : array-like of shape (n, H, W)
        See `precision_recall_curve`.
    sq_beta : float, default=0.3
        β²: the weight of recall. Positive.

    Returns
    -------
    f_beta : float
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        As `iou`; also if `sq_beta` is not positive.

    Examples
    --------
    >>> from skcurve.saliency import max_f_beta
    >>> round(max_f_beta([[[1, 1], [0, 0]]], [[[0.9, 0.4], [0.4, 0.1]]]), 3)
    0.812
    """
    sq_beta = check_real(sq_beta, "sq_beta")
    if not (np.isfinite(sq_beta) and sq_beta > 0):
        raise ValueError(f"sq_beta must be positive and finite; got {sq_beta}.")
    precision, recall, _ = precision_recall_curve(true, predicted)
    below = sq_beta * precision + recall
    return float(((1 + sq_beta) * precision * recall / np.where(below > 0, below, 1.0)).max())


def as_masks(masks: Any, name: str) -> Numbers:
    """Return masks as numbers from 0 to 1, (n, H, W), or say what is wrong with them.

    Parameters
    ----------
    masks : array-like of shape (n, H, W)
        Booleans, or numbers from 0 to 1.
    name : str
        What to call them in an error message.
    """
    rows: Numbers = as_tensor(masks, name=name).cpu().double().numpy()
    if rows.ndim != 3 or 0 in rows.shape:
        raise ValueError(f"{name} must have shape (n, H, W), none of these 0; got {rows.shape}.")
    if not ((rows >= 0) & (rows <= 1)).all():  # NaN is neither
        raise ValueError(
            f"{name} must hold numbers from 0 to 1; got {rows.min():.4g} to {rows.max():.4g}."
        )
    return rows


def as_true_masks(masks: Any, name: str) -> Flags:
    """Return masks of nothing but 0 and 1 as booleans, or say what is wrong with them.

    Parameters
    ----------
    masks, name
        See `as_masks`.
    """
    rows = as_masks(masks, name)
    if not np.isin(rows, (0, 1)).all():
        raise ValueError(f"{name} must be 0 or 1 at every pixel, or False and True.")
    flags: Flags = rows > HALF
    return flags


def _checked(true: Any, predicted: Any) -> tuple[Flags, Numbers]:
    truth, scores = as_true_masks(true, "true"), as_masks(predicted, "predicted")
    if truth.shape != scores.shape:
        raise ValueError(
            f"predicted must have the shape of true, {truth.shape}; got {scores.shape}."
        )
    return truth, scores


def _share(part: Any, whole: Any) -> Numbers:
    """Divide; of nothing, everything."""
    share: Numbers = np.where(whole > 0, part / np.where(whole > 0, whole, 1), 1.0)
    return share
