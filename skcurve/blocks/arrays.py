"""Blocks that are arrays already: in memory, mapped, or in a store that reads parts of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import FileIO
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch

from skcurve.blocks.base import SCAN_BYTES, Block, RowNumbers
from skcurve.interop import Array


class ArrayBlock(Block):
    """An array or a tensor; of one that is mapped from a file, the file is read.

    Pages of a map that were touched count as memory, with megabytes around each, until the system
    wants them back; what is read from the file does not.

    Parameters
    ----------
    array : (n, D) ndarray or tensor
        Rows.
    name : str
        What an error calls it.
    """

    def __init__(self, array: Array, name: str) -> None:
        self.name, self.dtype = name, array.dtype
        self.n_rows, self.n_features = check_shape(array, name)
        self.units = np.array([0, self.n_rows])
        self._array, self._file = array, _file_of(array)

    def scan(self, start: int, stop: int) -> Iterator[Array]:
        """Give slices; see `Block`."""
        step = step_rows(self.n_features, self._array.dtype.itemsize)
        for begin in range(start, stop, step):
            end = min(begin + step, stop)
            if self._file is None:
                yield self._array[begin:end]
            else:
                yield self._file.read(np.arange(begin, end), self.name)

    def take(self, rows: RowNumbers) -> Array:
        """Index the array, or read the rows; see `Block`."""
        if self._file is not None:
            return self._file.read(rows, self.name)
        if isinstance(self._array, torch.Tensor):
            return self._array[torch.from_numpy(rows).to(self._array.device)]
        return np.asarray(self._array[rows])


class _File(NamedTuple):
    """Where in a file the rows of a mapped array are."""

    path: str
    place: int
    stride: int
    n_features: int
    dtype: np.dtype[Any]

    def read(self, rows: RowNumbers, name: str) -> Array:
        """Read rows, each run of neighbours at once."""
        found = np.empty((len(rows), self.n_features), self.dtype)
        size = self.n_features * self.dtype.itemsize
        apart = np.diff(rows) != 1 if self.stride == size else np.ones(max(0, len(rows) - 1), bool)
        edges = [0, *(np.flatnonzero(apart) + 1).tolist(), len(rows)]
        content = found.view(np.uint8).data.cast("B") if found.size else memoryview(b"")
        try:
            with open(self.path, "rb", buffering=0) as file:
                if len(edges) > 2 and hasattr(os, "posix_fadvise"):  # no reading ahead
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
                for first, last in pairwise(edges):
                    if first < last:
                        file.seek(self.place + int(rows[first]) * self.stride)
                        self._fill(file, content[first * size : last * size], name)
        except OSError as error:
            raise type(error)(f"{name} cannot be read: {error}") from error
        return found

    def _fill(self, file: FileIO, content: memoryview, name: str) -> None:
        while len(content):
            n_bytes = file.readinto(content)
            if not n_bytes:
                raise ValueError(f"{name} cannot be read: {self.path!r} is cut short.")
            content = content[n_bytes:]


class StoredBlock(Block):
    """An array of Zarr or HDF5: slices of it are read, whole chunks if it has any.

    Parameters
    ----------
    array : zarr.Array or h5py.Dataset
        Of two dimensions.
    name : str
        What an error calls it.
    """

    def __init__(self, array: Any, name: str) -> None:
        self.name, self.dtype = name, np.dtype(array.dtype)
        self.n_rows, self.n_features = check_shape(array, name)
        self._array = array
        self._chunk = array.chunks[0] if array.chunks else self.n_rows or 1
        self.units = np.append(np.arange(0, self.n_rows, self._chunk), self.n_rows)

    def scan(self, start: int, stop: int) -> Iterator[Array]:
        """Give slices of whole chunks; see `Block`."""
        step = step_rows(self.n_features, self.dtype.itemsize)
        if self._array.chunks:
            step = max(self._chunk, step // self._chunk * self._chunk)
        while start < stop:
            end = min(stop, (start // step + 1) * step)
            yield np.asarray(self._array[start:end])
            start = end

    def take(self, rows: RowNumbers) -> Array:
        """Read the chunks that hold them, or, where there are none, row by row; see `Block`."""
        if self._array.chunks:
            return super().take(rows)
        return np.stack([np.asarray(self._array[row]) for row in rows.tolist()])


def check_shape(array: Any, name: str) -> tuple[int, int]:
    """Return the shape of a block, or say that it is no matrix."""
    if len(array.shape) != 2 or not array.shape[1]:
        raise ValueError(
            f"{name} must be two-dimensional, one row a sample; got shape {tuple(array.shape)}."
        )
    return int(array.shape[0]), int(array.shape[1])


def step_rows(n_features: int, itemsize: int) -> int:
    """Say how many rows are read at a time where all are wanted."""
    return max(1, SCAN_BYTES // (n_features * itemsize))


def _file_of(array: Array) -> _File | None:
    """Find the file that an array is mapped from, if its rows are whole there."""
    root: Any = array
    while isinstance(root, np.ndarray) and isinstance(root.base, np.ndarray):
        root = root.base
    if not isinstance(array, np.ndarray) or not isinstance(root, np.memmap):
        return None
    scattered = array.shape[1] > 1 and array.strides[1] != array.itemsize
    private = root.mode == "c"  # may hold what the file does not
    if scattered or private or root.filename is None or not os.path.isfile(root.filename):
        return None
    place = root.offset + array.ctypes.data - root.ctypes.data
    return _File(os.fspath(root.filename), place, array.strides[0], array.shape[1], array.dtype)
