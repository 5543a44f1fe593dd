"""What both displays ask for before they compute: matplotlib, rows, and labels that fit them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Numbers = npt.NDArray[Any]
"""Points, images, coordinates: numbers of any kind."""


def require_matplotlib(caller: str) -> None:
    """Say what to install if matplotlib is missing.

    Parameters
    ----------
    caller : str
        Who needs it.

    Raises
    ------
    ImportError
        If it cannot be imported.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(f'{caller} needs matplotlib: run pip install "skcurve[plot]".') from error


def as_labels(y: Any, n_rows: int) -> npt.NDArray[Any]:
    """Return one label a row.

    Parameters
    ----------
    y : array-like of shape (n,)
        Numbers, strings, anything that can be sorted.
    n_rows : int
        How many there must be.

    Returns
    -------
    labels : ndarray of shape (n,)

    Raises
    ------
    ValueError
        If there is not one for each row.
    """
    labels = np.asarray(y.detach().cpu() if isinstance(y, torch.Tensor) else y)
    if labels.shape != (n_rows,):
        raise ValueError(
            f"y must hold one label for each of the {n_rows} rows; got shape {labels.shape}."
        )
    return labels
