"""The latents that a generator takes: their shape, checked once, and rows of it for all layers."""

from __future__ import annotations

from math import prod
from typing import Any

import torch

from skcurve.interop import all_finite, as_tensor


def check_latents(
    latents: Any, native_shape: tuple[int, ...] | None, n_layers: int | None
) -> torch.Tensor:
    """Return latents as a tensor of a shape that fits, or say what is wrong with them.

    Parameters
    ----------
    latents : array-like
        Of shape (n, D), (n, *native_shape), or with n_layers after n.
    native_shape : tuple of int or None
        The shape of one latent, D numbers in all; None if any will do.
    n_layers : int or None
        Layers of W+, if there are any.

    Returns
    -------
    latents : tensor of the same shape
        Sharing its memory; float32 or float64.
    """
    tensor = as_tensor(latents, name="latents")
    check_latent_shape(tuple(tensor.shape), native_shape, n_layers)
    if not all_finite(tensor):
        raise ValueError("latents contain NaN or infinity; every entry must be finite.")
    return tensor


def check_rows(
    latents: Any, native_shape: tuple[int, ...] | None, n_layers: int | None
) -> torch.Tensor:
    """Return latents as rows, one for a latent or one for each of its layers.

    Parameters
    ----------
    latents, native_shape, n_layers : see `check_latents`
        If any shape will do, the latents must be rows already.

    Returns
    -------
    latents : (n, D) or (n, L, D) tensor
        Sharing their memory; float32 or float64.
    """
    tensor = check_latents(latents, native_shape, n_layers)
    shape = tuple(tensor.shape)
    if native_shape is None:
        if len(shape) > 3:
            raise ValueError(f"latents must have shape (n, D) or (n, L, D); got {shape}.")
        return tensor
    width = prod(native_shape)
    if shape[1:] in {(width,), native_shape}:
        return tensor.reshape(len(tensor), width)
    return tensor.reshape(*shape[:2], width)


def check_latent_shape(
    shape: tuple[int, ...], native_shape: tuple[int, ...] | None, n_layers: int | None
) -> None:
    """Raise if an array of latents cannot have this shape.

    Parameters
    ----------
    shape : tuple of int
        Of the array.
    native_shape, n_layers : see `check_latents`
        What the generator takes.
    """
    if native_shape is None:
        fits = len(shape) > 1
        takes = ["(n, D)"]
    else:
        one = dict.fromkeys([(prod(native_shape),), native_shape])
        each = dict.fromkeys((n_layers, *rest) for rest in one) if n_layers is not None else {}
        fits = shape[1:] in {**one, **each}
        takes = [f"(n, {', '.join(map(str, rest))})" for rest in {**one, **each}]
    if not fits:
        raise ValueError(f"latents must have shape {' or '.join(takes)}; got {shape}.")
    if 0 in shape:
        raise ValueError(f"latents must not be empty; got shape {shape}.")


def learn_shape(shape: tuple[int, ...], n_layers: int | None) -> tuple[int, ...]:
    """Tell the shape of one latent from that of several.

    Parameters
    ----------
    shape : tuple of int
        Of an array of latents.
    n_layers : int or None
        Layers of W+, if there are any.
    """
    layered = len(shape) > 2 and shape[1] == n_layers
    return shape[2:] if layered else shape[1:]


def shape_latents(
    latents: torch.Tensor, native_shape: tuple[int, ...], n_layers: int | None
) -> torch.Tensor:
    """Give checked latents the shape that the generator takes: of W+, one for each layer.

    Parameters
    ----------
    latents : tensor
        See `check_latents`.
    native_shape, n_layers : see `check_latents`
        What the generator takes.

    Returns
    -------
    latents : (n, *native_shape) or (n, n_layers, *native_shape) tensor
    """
    n = len(latents)
    if n_layers is None:
        return latents.reshape(n, *native_shape)
    layered = latents.reshape(n, -1, *native_shape)
    return layered.expand(n, n_layers, *native_shape)
