"""The mixture of directions that moves the border of images most and the rest of them least."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.linalg import eigh
from torch.nn import functional as F

from skcurve import LatentDirectionExplorer
from skcurve.explorer import Direction
from skcurve.saliency.images import both_ways
from skcurve.saliency.response import zones

STEP = 0.1
"""Of the strengths: so near, the changes of several directions add up."""
RIDGE = 0.1
"""Of the mean of what is to be small: keeps mixtures of few latents from fitting these alone."""
LARGEST_SIDE = 32
"""Larger changes are averaged down to this many pixels."""


def mixture(
    explorer: LatentDirectionExplorer, directions: Sequence[Direction], latents: Any
) -> Direction:
    r"""Mix directions into the one that changes the border most, and the rest least.

    For small steps, the change of an image by a sum of directions is the sum of their changes. Of
    direction k, let :math:`a_k` be the mean changes of the border, an entry a latent and a channel,
    and :math:`r_k` what is not wanted: by how much the pixels of the border differ from that mean,
    and the changes of the pixels of the centre, so that the squared length is the mean square over
    border and over centre. The weights w maximise

    .. math:: \frac{|\sum_k w_k a_k|^2}{|\sum_k w_k r_k|^2 + \lambda |w|^2} ,

    which is the first eigenvector of a symmetric problem of as many rows as directions. The
    background is what changes alike, so the changes are averaged down to 32 × 32 pixels first.

    Parameters
    ----------
    explorer : LatentDirectionExplorer
        Of a generator of images.
    directions : sequence of Direction
        For the same layers, at strengths that change the images alike.
    latents : array-like of shape (n, D) or (n, L, D)
        Where to look at their changes.

    Returns
    -------
    mixture : Direction
        For these layers, at the mean of their strengths.
    """
    along, rest = [], []
    for one in directions:
        there, back = both_ways(explorer, one.replace(strength=STEP * one.strength), latents)
        height, width = (min(side, LARGEST_SIDE) for side in there.shape[2:])
        change = F.adaptive_avg_pool2d((there - back).double(), (height, width)).cpu().numpy()
        border, centre = zones(height, width)
        on_border, on_centre = change[:, :, border], change[:, :, centre]
        mean = on_border.mean(2, keepdims=True)
        along.append(mean.ravel())
        parts = [(on_border - mean) / np.sqrt(border.sum()), on_centre / np.sqrt(centre.sum())]
        rest.append(np.concatenate(parts, axis=2).ravel())
    a, r, n = np.array(along), np.array(rest), len(directions)
    wanted, unwanted = a @ a.T, r @ r.T
    floor = RIDGE * np.trace(wanted + unwanted) / n or 1.0
    _, found = eigh(wanted, unwanted + floor * np.eye(n), subset_by_index=[n - 1, n - 1])
    weights = found[:, 0] * (-1 if found[:, 0] @ a.sum(1) < 0 else 1)  # the border gets brighter
    strengths = np.array([one.strength for one in directions])
    vectors = np.array([one.vector for one in directions], np.float64)
    vector = (weights * strengths) @ vectors
    first = directions[0]
    return Direction(
        vector.astype(first.vector.dtype),
        name=f"mixture of {n}",
        strength=float(strengths.mean()),
        layers=first.layers,
        space=first.space,
        source="mixture",
    )
