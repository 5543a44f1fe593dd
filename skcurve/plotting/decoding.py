"""From vertices to what a person can look at: images or, of sounds and texts, labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from skcurve.interop import Array, as_tensor, restore
from skcurve.plotting.inputs import Numbers, as_numpy

BATCH = 32
"""A generator of images may not have the memory for more at a time."""

LONGEST_SIDE = 256
"""How many pixels of an image are kept: in a grid of them, no more can be seen."""


def decode_vertices(
    vertices: Array,
    decoder: Callable[[Any], Any] | None,
    image_shape: tuple[int, ...] | None,
) -> Numbers | list[str]:
    """Turn vertices into images or labels.

    Parameters
    ----------
    vertices : array of shape (n, D)
        Latents.
    decoder : callable or None
        From (k, D) latents, an array of the kind that `vertices` is, to k images or k strings. A
        torch module, or a method of one, is given tensors of its own dtype on its own device. None
        where the vertices themselves are images.
    image_shape : tuple of int or None
        What shape flat images are to take; None if they have one.

    Returns
    -------
    images : array of shape (n, height, width) or (n, height, width, 3); or list of n strings
        Images larger than 256 pixels are made smaller by averaging.

    Raises
    ------
    RuntimeError
        If the decoder raises.
    ValueError
        If it does not give one image or one string for each latent, or `image_shape` is no shape or
        does not fit.
    """
    if image_shape is not None and not _is_shape(image_shape):
        raise ValueError(
            "image_shape must be (height, width) or (height, width, 3), whole numbers of at least "
            f"1; got {image_shape!r}."
        )
    if decoder is None:
        return _smaller(_as_images(as_numpy(vertices), image_shape))
    parts = [
        _decode_batch(batch, decoder, image_shape, like=vertices)
        for batch in as_tensor(vertices, name="vertices").split(BATCH)
    ]
    if len({part.shape[1:] for part in parts}) > 1:
        raise ValueError(
            f"decoder must give images of one size; got {parts[0].shape[1:]} and others."
        )
    whole = np.concatenate(parts)
    return whole.tolist() if whole.dtype.kind == "U" else whole


def _is_shape(value: Any) -> bool:
    return isinstance(value, Iterable) and all(
        isinstance(side, int | np.integer) and side >= 1 for side in value
    )


def _decode_batch(
    latents: torch.Tensor,
    decoder: Callable[[Any], Any],
    image_shape: tuple[int, ...] | None,
    like: Array,
) -> Numbers:
    """Decode so many latents that a generator has the memory for it."""
    module = getattr(decoder, "__self__", decoder)  # of a method, what it belongs to
    given: Array = restore(latents, like=like)
    if isinstance(module, torch.nn.Module):
        own = next((p for p in module.parameters() if p.is_floating_point()), latents)
        given = latents.to(own.device, own.dtype)
    try:
        with torch.no_grad():
            output = decoder(given)
    except Exception as error:
        raise RuntimeError(
            f"decoder failed on {type(given).__name__} latents of shape {tuple(given.shape)}: "
            f"{type(error).__name__}: {error}"
        ) from error
    try:
        values = _as_array(output)
    except ValueError:  # images of different sizes, say
        raise ValueError(
            f"decoder must give images of one size, or strings; got {type(output).__name__}."
        ) from None
    if values.ndim == 0 or len(values) != len(latents):
        raise ValueError(
            f"decoder must give one image or one string for each of {len(latents)} latents; "
            f"got {type(output).__name__} of shape {values.shape}."
        )
    if values.dtype.kind == "U" and values.ndim == 1:
        return values
    if values.dtype.kind not in "fiub":
        raise ValueError(
            "decoder must give images, as numbers, or strings; "
            f"got {type(output).__name__} of {values.dtype}."
        )
    return _smaller(_as_images(values, image_shape))


def _as_array(output: Any) -> Numbers:
    if isinstance(output, torch.Tensor):
        output = output.detach().cpu()
        output = output.float() if output.is_floating_point() else output
    values = np.asarray(output)
    if values.dtype == bool:
        return values.astype(np.float64)
    is_text = values.ndim == 1 and all(isinstance(value, str) for value in values)
    return values.astype(str) if is_text else values


def _as_images(values: Numbers, image_shape: tuple[int, ...] | None) -> Numbers:
    """Bring images into one of two shapes: grey (n, height, width), or colours last."""
    n, *given = values.shape
    shape = tuple(given) if image_shape is None else tuple(image_shape)
    is_image = len(shape) == 2 or (len(shape) == 3 and (shape[2] in (1, 3) or shape[0] in (1, 3)))
    if not is_image or 0 in shape or np.prod(shape) != np.prod(given):
        what = "decoder's images" if image_shape is None else "image_shape"
        raise ValueError(
            f"{what} must be (height, width) or (height, width, 3), with one value for each of the "
            f"{np.prod(given)} features; got {shape}."
        )
    images = values.reshape(n, *shape)
    if images.ndim == 4 and images.shape[3] not in (1, 3):
        images = np.moveaxis(images, 1, 3)  # as torch has them
    if not np.isfinite(images).all():
        raise ValueError("the images contain NaN or infinity; every pixel must be finite.")
    return images[..., 0] if images.shape[3:] == (1,) else _as_colors(images)


def _as_colors(images: Numbers) -> Numbers:
    """Bring colours into [0, 1]; grey images may have any range."""
    if images.ndim == 3:
        return images
    if images.dtype.kind in "iu":
        images = images / 255
    low, high = np.percentile(images, [1, 99])  # vertices may lie slightly outside
    if low < -0.1 or high > 1.1:
        raise ValueError(
            "colour images must have values in [0, 1], or integers up to 255; got values from "
            f"{images.min():.3g} to {images.max():.3g}. Rescale them in the decoder."
        )
    return images.clip(0, 1)


def _smaller(images: Numbers) -> Numbers:
    """Average square blocks of pixels until no side is longer than `LONGEST_SIDE`."""
    height, width = images.shape[1:3]
    k = -(-max(height, width) // LONGEST_SIDE)
    if k == 1:
        return images
    down, across = min(k, height), min(k, width)
    rows, columns = height // down, width // across
    kept = images[:, : rows * down, : columns * across]
    blocks = kept.reshape(len(images), rows, down, columns, across, *images.shape[3:])
    return blocks.mean((2, 4))
