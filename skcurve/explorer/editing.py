"""Latents moved along directions, on the layers that are meant and no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from skcurve.interop import all_finite, as_tensor


def as_latents(
    latents: Any, *, n_features: int, n_layers: int | None, name: str = "latents"
) -> torch.Tensor:
    """Return latents as a finite (n, D) or (n, L, D) tensor, or say what is wrong with them.

    Parameters
    ----------
    latents : array-like of shape (n, D) or (n, L, D)
        Points of W, or of W+.
    n_features : int
        D.
    n_layers : int or None
        L; None where there is no W+, and latents are (n, D).
    name : str, default="latents"
        What to call them in an error message.

    Returns
    -------
    latents : torch.Tensor

    Raises
    ------
    TypeError
        If they are not real numbers.
    ValueError
        If they have another shape, no row, or an entry that is not finite.
    """
    tensor = as_tensor(latents, name=name)
    shapes = [(n_features,)] + ([(n_layers, n_features)] if n_layers else [])
    if tensor.ndim < 2 or tuple(tensor.shape[1:]) not in shapes or not len(tensor):
        expected = " or ".join(f"(n, {', '.join(map(str, shape))})" for shape in shapes)
        raise ValueError(f"{name} must have shape {expected}; got {tuple(tensor.shape)}.")
    if not all_finite(tensor):
        raise ValueError(f"{name} contains NaN or infinity; every entry must be finite.")
    return tensor


def shifted(
    latents: torch.Tensor,
    vector: torch.Tensor,
    strength: float,
    layers: Sequence[int] | None,
    n_layers: int | None,
) -> torch.Tensor:
    """Add a multiple of a vector to latents, on chosen layers.

    Parameters
    ----------
    latents : (n, D) or (n, L, D) tensor
        What is edited; left as it is.
    vector : (D,) or (n, D) tensor
        The direction, or one for each latent.
    strength : float
        How much of it is added.
    layers : sequence of int or None
        The layers that change; None for the whole latent.
    n_layers : int or None
        How many there are. Latents in W are first given to each layer.

    Returns
    -------
    edited : tensor
        (n, D) if `latents` are and all layers change, else (n, L, D). The untouched layers hold
        the very numbers that they held.
    """
    step = (strength * vector.double()).to(latents)
    if layers is None:
        return latents + (step[:, None] if step.ndim == 2 and latents.ndim == 3 else step)
    edited = in_layers(latents, n_layers).clone()
    edited[:, list(layers)] += step if step.ndim == 1 else step[:, None]
    return edited


def in_layers(latents: torch.Tensor, n_layers: int | None) -> torch.Tensor:
    """Give each layer its latent: (n, D) to (n, L, D).

    Parameters
    ----------
    latents : (n, D) or (n, L, D) tensor
        Points of W or W+.
    n_layers : int or None
        L, for points of W.
    """
    if latents.ndim == 3 or n_layers is None:
        return latents
    return latents[:, None, :].expand(-1, n_layers, -1)
