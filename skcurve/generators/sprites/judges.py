"""What trained networks say of images: which factors they have, and how real they look."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import torch
from torch import nn

from skcurve.generators.sprites import weights
from skcurve.generators.sprites.factors import FACTORS
from skcurve.generators.sprites.scale import decode
from skcurve.interop import Array, as_tensor, restore

BLOCK_ROWS = 256
IMAGE_SHAPE = (3, 32, 32)


class SpriteAttributes:
    """Reads the factors off images of sprites, with a trained network.

    There is one object of this class, `skcurve.generators.sprites.attributes`. On renders it
    explains at least 0.97 of the variance of every factor, of the species and of uniform factors.

    Attributes
    ----------
    names : tuple of str
        `FACTORS`: what the columns are.

    Examples
    --------
    >>> from skcurve.generators.sprites import attributes, render, sample_factors
    >>> factors, species = sample_factors(500, random_state=0)
    >>> found = attributes(render(factors))
    >>> found.shape
    (500, 9)
    >>> bool(((found - factors).var(axis=0) < 0.03 * factors.var(axis=0)).all())
    True
    """

    names = FACTORS

    def __repr__(self) -> str:
        return f"SpriteAttributes(names={self.names})"

    def __call__(self, images: Any) -> Array:
        """Return the factors that images seem to have.

        Parameters
        ----------
        images : array-like of shape (n, 3, 32, 32)
            In [-1, 1].

        Returns
        -------
        factors : array of shape (n, 9), float32
            In the units of `FACTOR_RANGES`, not clipped to them; the hue lies between -0.1 and 0.9.
            A tensor if `images` is one, on its device, and then differentiable.

        Raises
        ------
        ValueError
            If `images` has another shape.
        """
        return _judge(images, weights.scorer(), decode)


attributes = SpriteAttributes()
"""Reads the factors off images; see `SpriteAttributes`."""


def realism(images: Any) -> Array:
    """Say how real images look to a discriminator: like renders of the six species, or not.

    It is the one that `SpriteGenerator` was trained against, and was then taught, image by image,
    also to tell renders of species from damaged ones. How often it prefers a fresh render: to a
    sample of the generator, in 92% of the pairs; mixed styles 97%, what lies half-way between two
    latents 91%; blurred renders 97%, noise 99%, one sprite shining through another 99%, an eye or a
    hat that is half on 90%, halves of two sprites 98%; and, with no damage that it was ever shown,
    a tint 99% and coarse pixels 96%. A sprite that is drawn perfectly but belongs to no species
    (``sample_factors(n, species=False)``) is none of its renders, either: 95%.

    Parameters
    ----------
    images : array-like of shape (n, 3, 32, 32)
        In [-1, 1].

    Returns
    -------
    scores : array of shape (n,), float32
        The log odds of being a render of a species, each image judged alone. A tensor
        if `images` is one, on its device, and then differentiable.

    Raises
    ------
    ValueError
        If `images` has another shape.

    Examples
    --------
    >>> from skcurve.generators.sprites import realism, render, sample_factors
    >>> factors, species = sample_factors(200, random_state=0)
    >>> images = render(factors)
    >>> double = (images + images[::-1]) / 2
    >>> bool(realism(images).mean() > realism(double).mean())
    True
    """
    return _judge(images, weights.discriminator(), lambda scores: scores)


@cache
def _placed(network: nn.Module, device: torch.device) -> nn.Module:
    """Give the network where the images are; of the shipped one, one copy for each device."""
    return network if device.type == "cpu" else copy.deepcopy(network).to(device)


def _judge(images: Any, network: nn.Module, finish: Any) -> Array:
    rows = as_tensor(images, name="images")
    if rows.ndim != 4 or rows.shape[1:] != IMAGE_SHAPE:
        raise ValueError(f"images must have shape (n, 3, 32, 32); got {tuple(rows.shape)}.")
    if isinstance(images, torch.Tensor):
        rows = images  # with its history
    network = _placed(network, rows.device)
    n = len(rows)
    if n == 0:  # some layers want at least one image
        rows = rows.new_zeros((1, *IMAGE_SHAPE))
    blocks = rows.to(torch.float32).split(BLOCK_ROWS)
    judged: torch.Tensor = torch.cat([finish(network(block)) for block in blocks])[:n]
    return judged if isinstance(images, torch.Tensor) else restore(judged, like=images)
