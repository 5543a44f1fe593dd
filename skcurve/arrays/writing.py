"""How an array is written, by the suffix of the file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from skcurve.arrays.parquet import require_pyarrow
from skcurve.files import is_stream, replacing

NumpyArray: TypeAlias = npt.NDArray[Any]

GROUP_BYTES = 1 << 24
"""So much of a Parquet file can only be read whole."""


def write_array(
    path: str | os.PathLike[str], blocks: Iterable[NumpyArray], n_rows: int, *, name: str
) -> None:
    """Write the rows of an array, which come in blocks, to a file.

    Parameters
    ----------
    path : path-like
        The file, complete or not there: see `replacing`. Its suffix names the format; what is no
        regular file, such as a pipe, gets a stream in the .npy format.
    blocks : iterable of arrays of shape (n, D)
        The rows in order, all of one dtype; at least one block. In the .npy format they are written
        one at a time, so that the whole is never in memory.
    n_rows : int
        How many rows they have together.
    name : str
        The key of the array, in a format that has keys.

    Raises
    ------
    ValueError
        If the suffix names no format.
    OSError
        If the file cannot be written.
    ImportError
        If it is Parquet and pyarrow is not installed.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from skcurve.arrays import read_array, write_array
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "T.npz")
    ...     write_array(path, [np.zeros((2, 1)), np.ones((1, 1))], 3, name="coordinate")
    ...     read_array(path, "coordinate").ravel()
    array([0., 0., 1.])
    """
    writer = find_writer(path)
    with replacing(path) as file:
        if writer is None:
            write_npy(file, blocks, n_rows)
        else:
            writer(file, np.ascontiguousarray(np.concatenate(list(blocks))), name)


def find_writer(
    path: str | os.PathLike[str],
) -> Callable[[BinaryIO, NumpyArray, str], None] | None:
    """Say how to write an array to this file, before there is one: None for blocks of .npy.

    Parameters
    ----------
    path : path-like
        As for `write_array`.

    Raises
    ------
    ValueError, ImportError
        As by `write_array`.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix == ".npy" or is_stream(target):
        return None
    if suffix not in WRITERS:
        raise ValueError(
            f"{str(target)!r} does not end in the name of a format that can be written; "
            f"expected .npy, {', '.join(WRITERS)}."
        )
    if suffix == ".parquet":
        require_pyarrow()
    return WRITERS[suffix]


def write_npy(stream: BinaryIO, blocks: Iterable[NumpyArray], n_rows: int) -> None:
    """Write the rows of an array to a stream in the .npy format, one block at a time.

    Parameters
    ----------
    stream : binary file
        Such as standard output; it need not be able to go back.
    blocks : iterable of arrays of shape (n, D)
        The rows in order, all of one dtype; at least one block.
    n_rows : int
        How many rows they have together.
    """
    for number, block in enumerate(blocks):
        rows = np.ascontiguousarray(block)
        if number == 0:
            header = {
                "descr": np.lib.format.dtype_to_descr(rows.dtype),
                "fortran_order": False,
                "shape": (n_rows, *rows.shape[1:]),
            }
            np.lib.format.write_array_header_1_0(stream, header)
        stream.write(rows.data)


def _write_npz(file: BinaryIO, array: NumpyArray, name: str) -> None:
    arrays: dict[str, Any] = {name: array}
    np.savez(file, **arrays)


def _write_pt(file: BinaryIO, array: NumpyArray, name: str) -> None:
    import torch

    torch.save(torch.from_numpy(array), file)


def _write_safetensors(file: BinaryIO, array: NumpyArray, name: str) -> None:
    from safetensors.numpy import save

    file.write(save({name: array}))


def _write_parquet(file: BinaryIO, array: NumpyArray, name: str) -> None:
    """Write a column of numbers if there is one number a row, else a column of lists."""
    pyarrow = require_pyarrow()
    values = pyarrow.array(array.reshape(-1))
    if array.shape[1] > 1:
        values = pyarrow.FixedSizeListArray.from_arrays(values, array.shape[1])
    group = max(1, GROUP_BYTES // (array.itemsize * array.shape[1]))
    pyarrow.parquet.write_table(pyarrow.table({name: values}), file, row_group_size=group)


WRITERS: dict[str, Callable[[BinaryIO, NumpyArray, str], None]] = {
    ".npz": _write_npz,
    ".pt": _write_pt,
    ".pth": _write_pt,
    ".safetensors": _write_safetensors,
    ".parquet": _write_parquet,
}
"""How to write an array to an open file, by its suffix; all but .npy, which goes in blocks."""
