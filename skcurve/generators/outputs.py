"""Whatever a callable gives, as one tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch


def as_outputs(outputs: Any, dtype: torch.dtype) -> torch.Tensor:
    """Return what a callable gave as a tensor.

    Parameters
    ----------
    outputs : tensor or array-like
        Real numbers. Sparse matrices become dense.
    dtype : torch.dtype
        Floating-point outputs are given this one; integers and booleans, such as bytes of pixels
        or labels, keep theirs.

    Returns
    -------
    outputs : torch.Tensor
        A tensor keeps its device and its gradient history.

    Raises
    ------
    TypeError
        If these are not real numbers in one array.
    """
    if not isinstance(outputs, torch.Tensor):
        outputs = torch.from_numpy(_as_numbers(outputs))
    if outputs.is_complex():
        raise TypeError(f"outputs must be real numbers; got dtype {outputs.dtype}.")
    if outputs.layout != torch.strided:
        outputs = outputs.to_dense()
    return outputs.to(dtype) if outputs.is_floating_point() else outputs


def _as_numbers(outputs: Any) -> np.ndarray[Any, Any]:
    if isinstance(outputs, dict) or outputs is None:
        raise TypeError(f"outputs must be an array or a tensor; got {type(outputs).__name__}.")
    if hasattr(outputs, "toarray"):
        outputs = outputs.toarray()
    try:
        array = np.asarray(outputs)
    except ValueError:  # ragged
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"outputs must be an array or a tensor of real numbers; got {type(outputs).__name__}"
            f" of dtype {array.dtype}."
        )
    if array.dtype == np.longdouble:
        array = array.astype(np.float64)
    # torch knows native bytes alone, no negative strides, and nothing that is read-only.
    array = np.asarray(array, dtype=array.dtype.newbyteorder("="), order="C")
    return array if array.flags.writeable else array.copy()
