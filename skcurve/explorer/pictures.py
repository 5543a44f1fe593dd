"""Outputs of any generator as pixels, and pixels side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from skcurve.interop import as_tensor

Pixels = npt.NDArray[np.uint8]

GAP = 1
"""Pixels between two pictures of a strip."""


def as_pixels(outputs: Any, *, span: tuple[float, float] | None = None) -> Pixels:
    """Turn outputs into pictures, guessing what they are from their shape and their range.

    Parameters
    ----------
    outputs : array-like
        Of shape (n, C, H, W) or (n, H, W, C) with 1 or 3 channels, (n, H, W), or (n, F): of F
        numbers that are a square, the square; else a row of F grey fields. Bytes are taken as they
        are; of numbers, those with negative ones as -1 to 1, those up to 1 as 0 to 1, those up to
        255 as such; of anything else, the least is black and the largest white. Each channel that
        is not finite there would be an error of the generator's before.

    Returns
    -------
    pixels : uint8 array of shape (n, H, W) or (n, H, W, 3)

    Raises
    ------
    ValueError
        If the shape is none of these.
    """
    tensor = as_tensor(outputs, name="outputs")
    values = _as_rows_and_columns(tensor.cpu().double().numpy())
    low, high = guess_span(values) if span is None else span
    scaled = (values - low) * (255.0 / (high - low))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def _as_rows_and_columns(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bring outputs to (n, H, W) or (n, H, W, 3)."""
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim == 2:
        n_fields = values.shape[1]
        side = int(np.sqrt(n_fields))
        is_square = side * side == n_fields and side > 3
        return values.reshape(len(values), *((side, side) if is_square else (1, n_fields)))
    if values.ndim == 4 and values.shape[1] in (1, 3):
        values = np.moveaxis(values, 1, -1)
    if values.ndim == 4 and values.shape[3] in (1, 3):
        return values[..., 0] if values.shape[3] == 1 else values
    if values.ndim == 3:
        return values
    raise ValueError(
        "outputs must be pictures, (n, C, H, W), (n, H, W, C) or (n, H, W), or rows, (n, F); "
        f"got shape {values.shape}. Give `image`, a function that makes pictures of them."
    )


def guess_span(outputs: Any) -> tuple[float, float]:
    """Guess which numbers are black and white, as `as_pixels` does.

    Parameters
    ----------
    outputs : array-like
        Some pictures; the more there are, the better the guess.

    Examples
    --------
    >>> from skcurve.explorer.pictures import guess_span
    >>> guess_span([[0.2, 0.9]]), guess_span([[-0.8, 0.9]]), guess_span([[3, 200]])
    ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
    """
    values = as_tensor(outputs, name="outputs")
    least, largest = float(values.min()), float(values.max())
    for low, high in ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)):
        slack = 0.1 * (high - low)
        inside = low - slack * (low < 0) <= least and largest <= high + slack
        if inside:
            return low, high
    return least, largest if largest > least else least + 1.0


def strip(pixels: Sequence[Pixels] | Pixels, *, smallest: int = 0) -> Pixels:
    """Put pictures beside each other, with a gap of white.

    Parameters
    ----------
    pixels : sequence of uint8 array
        Of one shape.
    smallest : int, default=0
        Fewer rows than this are repeated, so that a row of fields can be seen.
    """
    pictures = [np.repeat(one, -(-smallest // len(one)) or 1, axis=0) for one in pixels]
    gap = np.full((pictures[0].shape[0], GAP, *pictures[0].shape[2:]), 255, np.uint8)
    parts = [part for one in pictures for part in (one, gap)][:-1]
    return np.concatenate(parts, axis=1)


def grid(pixels: Pixels, *, smallest: int = 0) -> Pixels:
    """Put strips below each other.

    Parameters
    ----------
    pixels : uint8 array of shape (rows, columns, H, W) or (rows, columns, H, W, 3)
        The pictures.
    smallest : int, default=0
        See `strip`.
    """
    strips = [strip(row, smallest=smallest) for row in pixels]
    gap = np.full((GAP, *strips[0].shape[1:]), 255, np.uint8)
    parts = [part for one in strips for part in (one, gap)][:-1]
    return np.concatenate(parts, axis=0)
