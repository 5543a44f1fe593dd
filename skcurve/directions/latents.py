"""The latents that finders look at: checked, sampled where none are given, moved, measured."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from skcurve.generators import AdaptedGenerator
from skcurve.generators.latents import check_rows

Numbers = npt.NDArray[np.floating]


def check_latents(latents: object, generator: AdaptedGenerator | None) -> torch.Tensor:
    """Return latents as rows that fit the generator, if there is one: it is what checks them.

    Parameters
    ----------
    latents : array-like of shape (n, D) or (n, L, D)
        Rows of the edited space, or of its W+; with a generator, also in its native shape.
    generator : AdaptedGenerator or None
        See `AdaptedGenerator.check_latents`.

    Returns
    -------
    latents : tensor of shape (n, D) or (n, L, D)
        float32 or float64; it may share the memory of what was given, and is never written to.

    Raises
    ------
    TypeError, ValueError, skcurve.generators.GeneratorError
        See `AdaptedGenerator.check_latents`.
    """
    return (
        check_rows(latents, None, None) if generator is None else generator.check_latents(latents)
    )


def as_rows(latents: torch.Tensor) -> Numbers:
    """Give latents as an (n, D) array, every layer of W+ a row of its own."""
    rows: Numbers = latents.reshape(-1, latents.shape[-1]).cpu().numpy()
    return rows


def spread_along(latents: torch.Tensor | None, directions: Numbers) -> Numbers:
    """Give the standard deviation of latents along directions: one natural step of each.

    Parameters
    ----------
    latents : tensor of shape (n, D) or (n, L, D), or None
        What there is to measure; of none, or of a single one, the steps are 1.
    directions : array of shape (k, D)
        Unit rows.

    Returns
    -------
    steps : array of shape (k,)
        Positive: where the latents do not vary along a direction, their mean deviation.
    """
    k = len(directions)
    if latents is None:
        return np.ones(k)
    rows = as_rows(latents).astype(np.float64)
    rows -= rows.mean(0)
    typical = float(np.sqrt((rows**2).mean()))
    if typical == 0.0:
        return np.ones(k)
    steps: Numbers = (rows @ directions.T.astype(np.float64)).std(0)
    # Along what is constant but for rounding, a step of its own size would be no step at all.
    return np.where(steps > 1e-6 * typical, steps, typical)


def shifted(latents: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Add a shift to latents, the same one to all layers of W+.

    Parameters
    ----------
    latents : tensor of shape (n, D) or (n, L, D)
        Where to begin.
    shift : tensor of shape (n, D) or (D,)
        How far to go.

    Returns
    -------
    latents : tensor of the same shape
    """
    if latents.ndim == 3 and shift.ndim == 2:
        shift = shift[:, None, :]
    return latents + shift


def unit_length(unit: str | float, latents: torch.Tensor) -> float:
    """Say how far a shift of 1 goes.

    Parameters
    ----------
    unit : "std" or float
        "std" for the standard deviation of the latents, root mean square over the features, or 1
        if they do not vary; a number is that length.
    latents : tensor of shape (n, D) or (n, L, D)
        What is measured.
    """
    if not isinstance(unit, str):
        return float(unit)
    rows = as_rows(latents).astype(np.float64)
    typical = float(np.sqrt(rows.var(0).mean()))
    return typical if typical > 0 else 1.0
