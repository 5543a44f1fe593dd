"""Latents moved along directions, on the layers that are meant and no others."""

from __future__ import annotations

from collections.abc import Sequence

import torch


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
