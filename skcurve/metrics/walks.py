"""How smooth a walk through a latent space is, by what is seen on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.curve import PolylineCurve
from skcurve.interop import all_finite, as_matrix, as_tensor, restore
from skcurve.metrics.inputs import check_count, check_real, resolve_curve

Numbers = npt.NDArray[np.float64]


def path_length(
    path: Any,
    features: Callable[[Any], Any],
    *,
    n_places: int = 8,
    epsilon: float = 0.01,
    batch_size: int = 256,
) -> Numbers:
    r"""Perceptual path length of each segment of a path, on features of one's own.

    With features f of what a generator makes, and a segment from a to b, this is the squared speed
    at which the features change along it [1]_, at the middles t of `n_places` equal parts:

    .. math:: L = \frac{1}{n} \sum_t \frac{1}{\epsilon^2} \left|
              f(x(t + \tfrac{\epsilon}{2})) - f(x(t - \tfrac{\epsilon}{2})) \right|^2 ,
              \qquad x(t) = (1 - t)\, a + t\, b .

    It is small where the outputs change slowly, and at a given change from end to end the smaller,
    the more evenly they do: by Jensen's inequality, L is at least :math:`|f(b) - f(a)|^2`, for
    speeds that the places sample well.

    Parameters
    ----------
    path : PolylineCurve, fitted estimator or array-like of shape (M, D)
        The curve, or the latents that are joined by straight lines, in order.
    features : callable
        From latents (m, D) to (m, ...) numbers: a generator, followed by a network whose features
        mean something, or by nothing for the pixels. It is given arrays for a path of arrays,
        tensors for one of tensors.
    n_places : int, default=8
        Where each segment is looked at.
    epsilon : float, default=0.01
        The step, as a share of the segment; above 0, at most 1. In single precision, too small a
        step measures rounding.
    batch_size : int, default=256
        Latents at one time.

    Returns
    -------
    lengths : ndarray of shape (M - 1,)
        One a segment.

    Raises
    ------
    TypeError, ValueError, sklearn.exceptions.NotFittedError
        If an argument is not what is said above.

    Notes
    -----
    A small number is no merit by itself: L grows with the square of the way, so that a walk that
    hardly moves, or shows little, beats any other. Compare walks that show as much, such as the
    same vertices in another order; or L over the squared length of the segment in the latent space
    (how fast the features change for a step of one length), or over the bound above (how unevenly:
    1 is the best), and say beside it how much of the distribution the walk shows, such as the
    standard deviation of its features over that of samples.

    `torchmetrics.image.PerceptualPathLength` has the mean over random pairs of latents, with
    features of a network of its own; here it is a number for each segment of a path, with features
    of the user's.

    References
    ----------
    .. [1] T. Karras, S. Laine and T. Aila, "A style-based generator architecture for generative
       adversarial networks", CVPR 2019, section 4.1.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.metrics import path_length
    >>> path_length([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]], lambda latents: latents).round(6)
    array([25.,  1.])
    """
    if isinstance(path, PolylineCurve) or hasattr(path, "curve_") or hasattr(path, "fit"):
        path = resolve_curve(path).vertices
    vertices = as_matrix(path, name="path")
    if len(vertices) < 2:
        raise ValueError(f"path must have at least 2 latents; got {len(vertices)}.")
    if not callable(features):
        raise TypeError(f"features must be a function of latents; got {type(features).__name__}.")
    n_places = check_count(n_places, "n_places")
    batch_size = check_count(batch_size, "batch_size")
    epsilon = check_real(epsilon, "epsilon")
    if not 0 < epsilon <= 1:
        raise ValueError(f"epsilon must be above 0 and at most 1; got {epsilon}.")
    places = (torch.arange(n_places, device=vertices.device).double() + 0.5) / n_places
    # Inside the segment, also where the step is longer than a part.
    places = places.clamp(epsilon / 2, 1 - epsilon / 2)
    ends = torch.stack([places - epsilon / 2, places + epsilon / 2], dim=1).reshape(-1, 1)
    start, way = vertices[:-1, None].double(), vertices.double().diff(dim=0)[:, None]
    latents = (start + ends * way).to(vertices.dtype).flatten(0, 1)
    like = path if isinstance(path, torch.Tensor) else np.empty(0)
    with torch.no_grad():
        rows = [
            _as_rows(features(restore(part, like=like)), len(part))
            for part in latents.split(2 * max(1, batch_size // 2))
        ]
    speeds = [np.square(part[1::2] - part[::2]).sum(1) / epsilon**2 for part in rows]
    found: Numbers = np.concatenate(speeds).reshape(len(vertices) - 1, n_places).mean(1)
    return found


def temporal_consistency(frames: Any, *, reference: Any = None) -> float:
    r"""How little a rendered traversal changes from frame to frame.

    .. math:: 1 - \frac{\frac{1}{m - 1} \sum_j |f_{j+1} - f_j|^2}
                       {2 \cdot \frac{1}{n} \sum_i |r_i - \bar r|^2}

    The denominator is the mean squared distance of two rows of the reference that have nothing to
    do with each other: 1 means that the picture stands still, 0 that each frame might be any other.
    With the frames as their own reference, this is one minus half of von Neumann's ratio [1]_; it
    does not change if all is scaled, shifted or turned.

    Parameters
    ----------
    frames : array-like of shape (m, ...)
        What is seen, in order: pictures, or features of these. At least 2.
    reference : array-like of shape (n, ...), default=None
        Outputs, or features, that stand for the distribution, at least 2: with the same ones,
        walks compare. None for the frames themselves.

    Returns
    -------
    consistency : float
        At most 1. It depends on the number of frames: compare walks of as many. 1 if nothing
        changes at all.

    Raises
    ------
    TypeError, ValueError
        If these are no finite numbers, are too few, or differ in shape.

    References
    ----------
    .. [1] J. von Neumann, "Distribution of the ratio of the mean square successive difference to
       the variance", Annals of Mathematical Statistics 12 (1941).

    Examples
    --------
    >>> from skcurve.metrics import temporal_consistency
    >>> temporal_consistency([[0.0], [1.0], [2.0], [3.0], [4.0]])
    0.75
    >>> temporal_consistency([[0.0], [4.0], [0.0], [4.0]])
    -1.0
    """
    rows = _as_numbers(frames, "frames")
    others = rows if reference is None else _as_numbers(reference, "reference")
    if others.shape[1:] != rows.shape[1:]:
        raise ValueError(
            f"reference must have rows as frames has, of shape {rows.shape[1:]}; got "
            f"{others.shape[1:]}."
        )
    rows, others = rows.reshape(len(rows), -1), others.reshape(len(others), -1)
    steps = float(np.square(np.diff(rows, axis=0)).sum(1).mean())
    if steps == 0:
        return 1.0
    apart = 2 * float(np.square(others - others.mean(0)).sum(1).mean())
    if apart == 0:
        raise ValueError("reference must not be all alike: there is nothing to compare with.")
    return 1 - steps / apart


def _as_numbers(array: Any, name: str) -> Numbers:
    tensor = as_tensor(array, name=name)
    if tensor.ndim < 1 or len(tensor) < 2:
        raise ValueError(f"{name} must be at least 2, (m, ...); got {tuple(tensor.shape)}.")
    if not all_finite(tensor):
        raise ValueError(f"{name} contains NaN or infinity; every entry must be finite.")
    numbers: Numbers = tensor.cpu().double().numpy()
    return numbers


def _as_rows(found: Any, n_rows: int) -> Numbers:
    """Check what the features are, one row a latent."""
    tensor = as_tensor(found, name="the result of features")
    if tensor.ndim < 1 or len(tensor) != n_rows:
        raise ValueError(
            f"features must give a row for each of {n_rows} latents; got {tuple(tensor.shape)}."
        )
    if not all_finite(tensor):
        raise ValueError("features gives NaN or infinity; every entry must be finite.")
    rows: Numbers = tensor.reshape(n_rows, -1).cpu().double().numpy()
    return rows
