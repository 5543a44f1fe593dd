"""Give rows and labels back as they came: a list, a frame, a tensor, or an array."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length

NumpyArray = npt.NDArray[Any]


def read_labels(y: Any, X: Any) -> NumpyArray:
    """Return labels as an array of shape (n,), or say what is wrong with them.

    Parameters
    ----------
    y : array-like of shape (n,), (n, 1), or (n, K) of one-hot rows
        One label a row.
    X : array-like of shape (n, D)
        The rows.

    Raises
    ------
    ValueError
        If they are not labels of classes, or not one a row.
    """
    plain = y.detach().cpu().numpy() if isinstance(y, torch.Tensor) else y
    check_consistent_length(X, plain)
    try:
        check_classification_targets(plain)
        kind = type_of_target(plain, input_name="y")
    except TypeError as error:  # that of sorting them
        raise ValueError(f"y must have labels of one kind, one a row: {error}.") from error
    if kind == "multilabel-indicator":
        table = np.asarray(plain)
        if (table.sum(1) != 1).any():
            raise ValueError("y must have one label a row; got rows of several labels, or of none.")
        labels: NumpyArray = table.argmax(1)
        return labels
    if kind == "multiclass-multioutput":
        raise ValueError(
            f"y must have one label a row, of shape (n,); got shape {np.shape(plain)}."
        )
    labels = column_or_1d(plain)
    return labels


def dense(X: Any) -> Any:
    """Return a pandas frame with columns of dense numbers; anything else as it is."""
    if not _is_pandas(X) or not any(_is_sparse(dtype) for dtype in X.dtypes):
        return X
    return X.astype({name: t.subtype for name, t in X.dtypes.items() if _is_sparse(t)})


def like_rows(rows: NumpyArray, X: Any) -> Any:
    """Return rows in the kind of X: a list, a pandas frame, a tensor, else an array."""
    if isinstance(X, torch.Tensor):
        return torch.from_numpy(rows).to(X.device)
    if isinstance(X, list):
        return rows.tolist()
    if _is_pandas(X):
        frame = type(X)(rows, columns=X.columns)
        kept = {
            name: dtype for name, dtype in X.dtypes.items() if getattr(dtype, "kind", "O") == "f"
        }
        return frame.astype(kept)
    return rows


def like_labels(labels: NumpyArray, y: Any) -> Any:
    """Return labels in the kind of y; one-hot rows if it had these."""
    if isinstance(y, torch.Tensor):
        return torch.from_numpy(_shaped(labels, np.empty(tuple(y.shape)))).to(y)
    if isinstance(y, list):
        return _shaped(labels, np.asarray(y)).tolist()
    if _is_pandas(y):
        if y.ndim == 2:
            shaped = _shaped(labels, np.asarray(y)).reshape(len(labels), -1)
            return type(y)(shaped, columns=y.columns).astype(y.dtypes)
        return type(y)(labels, dtype=y.dtype, name=y.name)
    return _shaped(labels, np.asarray(y))


def _shaped(labels: NumpyArray, y: NumpyArray) -> NumpyArray:
    """Give labels as one-hot rows if they were read from such, else as they are, (n,)."""
    if y.ndim == 2 and y.shape[1] > 1:
        one_hot: NumpyArray = np.eye(y.shape[1], dtype=y.dtype)[labels]
        return one_hot
    return labels


def _is_sparse(dtype: Any) -> bool:
    return type(dtype).__name__ == "SparseDtype"


def _is_pandas(obj: Any) -> bool:
    return type(obj).__module__.partition(".")[0] == "pandas"
