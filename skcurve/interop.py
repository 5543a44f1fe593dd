"""numpy in, numpy out; torch in, torch out on the same device.

Inside the package everything is a torch tensor: a numpy array is wrapped without a copy, so one
implementation serves both. This module is the only place where the two meet.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

Array: TypeAlias = "npt.NDArray[Any] | torch.Tensor"
"""What users pass and receive: a numpy array or a torch tensor."""


def as_tensor(array: Any, *, name: str) -> torch.Tensor:
    """Return `array` as a float32 or float64 tensor, sharing its memory where possible.

    Parameters
    ----------
    array : array-like
        A torch tensor, a numpy array, or anything `numpy.asarray` turns into numbers.
    name : str
        What to call it in an error message.

    Returns
    -------
    tensor : torch.Tensor
        float32 and float64 stay as they are, half precisions become float32, integers and booleans
        float64. A tensor keeps its device and loses its gradient history.

    Raises
    ------
    TypeError
        If the entries are not real numbers.
    """
    if isinstance(array, torch.Tensor):
        if array.layout != torch.strided:
            raise TypeError(f"{name} must be a dense tensor; got layout {array.layout}.")
        tensor = array.detach()
    else:
        array = _without_objects(np.asarray(array))
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name} must hold real numbers; got dtype {array.dtype}.")
        if array.dtype.newbyteorder("=") not in (np.float16, np.float32, np.float64):
            array = array.astype(np.float64)
        tensor = _wrap(array)
    if tensor.dtype in (torch.float32, torch.float64):
        return tensor
    if tensor.dtype in (torch.float16, torch.bfloat16):
        return tensor.to(torch.float32)
    if tensor.is_complex():
        raise TypeError(f"{name} must hold real numbers; got dtype {tensor.dtype}.")
    return tensor.to(torch.float64)


def as_matrix(array: Any, *, name: str, n_features: int | None = None) -> torch.Tensor:
    """Return `array` as a finite two-dimensional tensor, or say what is wrong with it.

    Parameters
    ----------
    array : array-like of shape (n, D)
        See `as_tensor`.
    name : str
        What to call it in an error message.
    n_features : int, optional
        The number of columns it must have.

    Returns
    -------
    tensor : torch.Tensor of shape (n, D)

    Raises
    ------
    ValueError
        If it is not two-dimensional, has another number of columns, or holds NaN or infinity.
    """
    tensor = as_tensor(array, name=name)
    if tensor.ndim != 2:
        raise ValueError(f"{name} must be two-dimensional; got shape {tuple(tensor.shape)}.")
    if n_features is not None and tensor.shape[1] != n_features:
        raise ValueError(
            f"{name} has {tensor.shape[1]} features, but {n_features} features are expected."
        )
    if not all_finite(tensor):
        raise ValueError(f"{name} contains NaN or infinity; every entry must be finite.")
    return tensor


def all_finite(tensor: torch.Tensor) -> bool:
    """Whether no entry is NaN or infinite; the sum settles it unless the sum itself overflows.

    On the processor numpy takes the sum, on one core: torch's threads would go on spinning for a
    while, on the cores that the compiled kernels are about to need.
    """
    if tensor.device.type == "cpu":
        with np.errstate(over="ignore", invalid="ignore"):
            total = float(np.add.reduce(tensor.numpy(), axis=None))
    else:
        total = float(tensor.sum())
    return math.isfinite(total) or bool(torch.isfinite(tensor).all())


def restore(tensor: torch.Tensor, *, like: Any) -> Array:
    """Return `tensor` on the device of `like` if that is a tensor, else as a numpy array."""
    return tensor.to(like.device) if isinstance(like, torch.Tensor) else tensor.cpu().numpy()


def _without_objects(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give numbers that came as objects, as from a frame with columns of two kinds, as numbers."""
    if array.dtype.kind != "O":
        return array
    if any(entry is None or isinstance(entry, str | bytes) for entry in array.flat):
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError):
        return array


def _wrap(array: npt.NDArray[Any]) -> torch.Tensor:
    """Share an array's memory with a tensor; nothing in the package writes to its input."""
    # torch counts strides in entries, none of them negative: a field of records may lie otherwise.
    odd = any(stride < 0 or stride % array.itemsize for stride in array.strides)
    if odd or not array.flags.aligned or not array.dtype.isnative:
        array = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
    if array.flags.writeable:
        return torch.from_numpy(array)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)
