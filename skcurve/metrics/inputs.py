"""What every metric accepts, and the one error for what it does not."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.exceptions import NotFittedError

from skcurve.curve import PolylineCurve
from skcurve.interop import as_matrix, as_tensor


def resolve_curve(curve: Any) -> PolylineCurve:
    """Return a curve, or the curve that a fitted estimator has learnt.

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        An estimator keeps its curve as `curve_`.

    Returns
    -------
    curve : PolylineCurve

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If it is an estimator that has not been fitted.
    TypeError
        If it is neither.
    """
    if isinstance(curve, PolylineCurve):
        return curve
    name = type(curve).__name__
    learnt = getattr(curve, "curve_", None)
    if isinstance(learnt, PolylineCurve):
        return learnt
    if learnt is None and hasattr(curve, "fit") and not isinstance(curve, type):
        raise NotFittedError(f"this {name} has no curve yet; call its `fit` first.")
    raise TypeError(
        "curve must be a PolylineCurve or a fitted estimator with a `curve_`; "
        f"got {name if learnt is None else f'{name} whose curve_ is {type(learnt).__name__}'}."
    )


def as_rows(X: Any, curve: PolylineCurve, *, at_least: int = 1) -> torch.Tensor:
    """Return X as a finite (n, D) tensor with the curve's number of features.

    Parameters
    ----------
    X : array-like of shape (n, D)
        Points.
    curve : PolylineCurve
        What they are measured against.
    at_least : int, default=1
        How few rows make sense.

    Returns
    -------
    rows : torch.Tensor of shape (n, D)

    Raises
    ------
    TypeError
        If the entries of X are not real numbers.
    ValueError
        If X is not such a matrix, or has too few rows.
    """
    rows = as_matrix(X, name="X", n_features=curve.n_features)
    if len(rows) < at_least:
        raise ValueError(f"X must have at least {at_least} row(s); got {len(rows)}.")
    return rows


def as_weights(sample_weight: Any, rows: torch.Tensor) -> torch.Tensor:
    """Return one weight a row, in the precision and on the device that sums are made with.

    Parameters
    ----------
    sample_weight : array-like of shape (n,) or None
        Weights; None for equal ones.
    rows : torch.Tensor of shape (n, D)
        What they belong to.

    Returns
    -------
    weights : torch.Tensor of shape (n,)

    Raises
    ------
    TypeError
        If the weights are not real numbers.
    ValueError
        If there is not one for each row, or one is negative, NaN or infinite, or all are zero.
    """
    if sample_weight is None:
        return rows.new_ones(len(rows), dtype=torch.float64)
    weights = as_tensor(sample_weight, name="sample_weight").to(rows.device).double()
    if weights.shape != (len(rows),):
        raise ValueError(
            f"sample_weight must hold one number for each of the {len(rows)} rows; "
            f"got shape {tuple(weights.shape)}."
        )
    if not bool((torch.isfinite(weights) & (weights >= 0)).all()):
        raise ValueError("sample_weight must be finite and not negative.")
    if not bool((weights > 0).any()):
        raise ValueError("sample_weight must have a positive entry; all are zero.")
    return weights


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


def check_count(value: Any, name: str, *, at_least: int = 1) -> int:
    """Return a whole number, or say what is wrong with it.

    Parameters
    ----------
    value : int
        Of any library.
    name : str
        What to call it in an error message.
    at_least : int, default=1
        The least that makes sense.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number; got {value!r}.") from None
    if number < at_least:
        raise ValueError(f"{name} must be at least {at_least}; got {number}.")
    return number


def check_real(value: Any, name: str) -> float:
    """Return a number, NaN and infinity included, or say what is wrong with it.

    Parameters
    ----------
    value : float
        Of any library.
    name : str
        What to call it in an error message.
    """
    try:
        number = as_tensor(value, name=name)
    except (TypeError, ValueError):  # numpy raises the latter for lists of lists
        number = None
    if number is None or number.ndim:
        raise TypeError(f"{name} must be a number; got {value!r}.")
    return float(number)
