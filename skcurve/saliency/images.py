"""Outputs of a generator as images, channels first, whatever their layout is; and moved ones."""

from __future__ import annotations

from typing import Any

import torch

from skcurve import LatentDirectionExplorer
from skcurve.explorer import Direction
from skcurve.interop import all_finite, as_tensor

N_CHANNELS = (1, 3)
SMALLEST_SIDE = 8


def as_images(outputs: Any, *, name: str = "images") -> torch.Tensor:
    """Return images as (n, C, H, W), or say that these are none.

    Parameters
    ----------
    outputs : array-like of shape (n, C, H, W), (n, H, W, C) or (n, H, W)
        With 1 or 3 channels.
    name : str
        What to call them in an error message.

    Returns
    -------
    images : float32 or float64 tensor of shape (n, C, H, W)

    Raises
    ------
    TypeError
        If they do not hold real numbers.
    ValueError
        If they have another shape, are smaller than 8 × 8 pixels, or are not finite.
    """
    tensor = as_tensor(outputs, name=name)
    shape = tuple(tensor.shape)
    if tensor.ndim == 3:
        tensor = tensor[:, None]
    elif tensor.ndim == 4 and shape[1] not in N_CHANNELS and shape[3] in N_CHANNELS:
        tensor = tensor.permute(0, 3, 1, 2)
    is_image = tensor.ndim == 4 and tensor.shape[1] in N_CHANNELS
    if not is_image or min(tensor.shape[2:]) < SMALLEST_SIDE:
        raise ValueError(
            f"{name} must be images, (n, C, H, W), (n, H, W, C) or (n, H, W), with 1 or 3 channels "
            f"and at least {SMALLEST_SIDE} × {SMALLEST_SIDE} pixels; got shape {shape}."
        )
    if not all_finite(tensor):
        raise ValueError(f"{name} contain NaN or infinity; every pixel must be finite.")
    return tensor


def both_ways(explorer: LatentDirectionExplorer, direction: Direction, latents: Any) -> Any:
    """Make the images of latents moved by plus and by minus the strength of a direction.

    Parameters
    ----------
    explorer : LatentDirectionExplorer
        Of a generator of images.
    direction : Direction
        Which, at which strength, on which layers.
    latents : array-like of shape (n, D) or (n, L, D)
        Where to begin.

    Returns
    -------
    there, back : (n, C, H, W) tensor
    """
    strengths = [direction.strength, -direction.strength]
    outputs = as_tensor(explorer.traverse(latents, direction, strengths), name="outputs")
    return tuple(
        as_images(outputs[:, number], name="the outputs of the generator") for number in (0, 1)
    )
