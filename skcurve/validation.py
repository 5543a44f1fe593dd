"""What an estimator accepts: rows and weights, as arrays or tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_sample_weight, validate_data

from skcurve.interop import as_matrix, as_tensor


def check_rows(estimator: BaseEstimator, X: Any, *, reset: bool, at_least: int) -> torch.Tensor:
    """Return rows as a tensor, after scikit-learn's checks, or their like for a tensor.

    Parameters
    ----------
    estimator : estimator
        Its `n_features_in_` and `feature_names_in_` are set, or compared with.
    X : array-like of shape (n, D)
        A tensor stays on its device; nothing is copied that need not be.
    reset : bool
        Whether this is the data that sets the number of features.
    at_least : int
        The fewest rows.

    Returns
    -------
    rows : (n, D) tensor
        float32 or float64.
    """
    if not isinstance(X, torch.Tensor):
        if getattr(X, "dtype", None) == np.float16:
            X = np.asarray(X, dtype=np.float32)
        checked = validate_data(
            estimator, X, reset=reset, dtype=[np.float64, np.float32], ensure_min_samples=at_least
        )
        return as_tensor(checked, name="X")
    rows = as_matrix(X, name="X")
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    if len(rows) < at_least or rows.shape[1] < 1:
        raise ValueError(
            f"X must have at least {at_least} row(s) and 1 feature; got shape {tuple(rows.shape)}."
        )
    return rows


def check_weights(sample_weight: Any, rows: torch.Tensor) -> torch.Tensor | None:
    """Return the weights of rows as a tensor like these, or None for equal weights.

    Parameters
    ----------
    sample_weight : array-like of shape (n,) or None
        Not negative, not all zero.
    rows : (n, D) tensor
        The rows.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, torch.Tensor):
        sample_weight = sample_weight.cpu().numpy()
    shape = np.empty((len(rows), 0))
    checked = _check_sample_weight(sample_weight, shape, ensure_non_negative=True)
    if not checked.any():
        raise ValueError("sample_weight must have a positive entry; all are zero.")
    return torch.from_numpy(np.array(checked)).to(rows)
