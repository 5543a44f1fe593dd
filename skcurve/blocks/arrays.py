"""Blocks that are arrays already: in memory, mapped, or in a store that reads parts of them."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from skcurve.blocks.base import SCAN_BYTES, Block, RowNumbers
from skcurve.interop import Array


class ArrayBlock(Block):
    """An array or a tensor; the pages of a mapped file are let go after each step.

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
        self._array, self._map = array, _mapping(array)

    def scan(self, start: int, stop: int) -> Iterator[Array]:
        """Give slices; see `Block`."""
        if self._map is None:
            yield self._array[start:stop]
            return
        step = step_rows(self.n_features, self._array.dtype.itemsize)
        for begin in range(start, stop, step):
            part = np.array(self._array[begin : min(begin + step, stop)])
            self._let_go()
            yield part

    def take(self, rows: RowNumbers) -> Array:
        """Index the array; see `Block`."""
        found: Array
        if isinstance(self._array, torch.Tensor):
            return self._array[torch.from_numpy(rows).to(self._array.device)]
        found = np.asarray(self._array[rows])
        self._let_go()
        return found

    def _let_go(self) -> None:
        """Drop the pages that were read: the system has them yet, and they are no longer ours."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)


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


def _mapping(array: Array) -> mmap.mmap | None:
    """Find the map that an array lies in, if it is one whose pages can be read again.

    Those of a private one, which was written to, cannot.
    """
    base: Any = array
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap) and base.mode == "c":
            return None
        base = base.base
    return base if isinstance(base, mmap.mmap) else None
