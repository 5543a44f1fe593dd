"""Whatever comes in blocks, made one thing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from skcurve.blocks.arrays import ArrayBlock, StoredBlock
from skcurve.blocks.base import Block, Blocks, InMemory
from skcurve.blocks.files import SHARDS, open_shards
from skcurve.blocks.passing import Passing
from skcurve.notices import warn

ELSEWHERE = {"dask": "skcurve.distributed"}
"""Which module opens the types of a package. It is imported when such data comes, and has a
function `open_blocks`; so data that lives on other machines needs nothing here."""

STORES = {"zarr", "h5py"}
"""The packages whose arrays are read chunk by chunk."""


def as_blocks(X: Any, *, key: str | None = None) -> Blocks | Passing | None:
    """Make blocks of rows of data that comes in blocks.

    =====================================  =========================================================
    a folder, a file, a list of files      shards in .npy, .safetensors or Parquet
    `numpy.memmap`                         read by need, or a part at a time
    a Zarr or HDF5 array                   the same, by chunks
    a list of any arrays                   a block each
    a Dask array, frame, list of delayed   stays where it is; see `skcurve.distributed`
    an iterator, a torch `DataLoader`      read in one pass
    =====================================  =========================================================

    Parameters
    ----------
    X : object
        The data. Blocks are returned as they are.
    key : str, default=None
        Which array of each shard, where they hold several.

    Returns
    -------
    blocks : Blocks, Passing or None
        None for anything else, such as an array that is in memory.

    Raises
    ------
    TypeError, ValueError, OSError
        If it cannot be what it seems: the error names the block. Only sizes are looked at yet.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from skcurve.blocks import as_blocks
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for i in range(3):
    ...         np.save(os.path.join(folder, f"part-{i}.npy"), np.zeros((10, 4)))
    ...     as_blocks(folder).shape
    (30, 4)
    """
    if isinstance(X, Blocks | Passing):
        return X
    several = isinstance(X, list | tuple) and len(X) > 0
    first = X[0] if several else X
    package = type(first).__module__.partition(".")[0]
    if package in ELSEWHERE:
        opened: Blocks = import_module(ELSEWHERE[package]).open_blocks(X)
        return opened
    if isinstance(X, str | os.PathLike) or (several and all(map(_is_path, X))):
        return open_shards(X, key)
    if isinstance(X, np.memmap) or (package in STORES and not several):
        return _of_arrays([X])
    if several and all(_is_matrix(part) for part in X):
        return _of_arrays(X)
    if isinstance(X, Iterator | DataLoader | IterableDataset):
        return Passing(X)
    return None


def send(rows: Blocks | Passing, device: torch.device) -> Blocks | Passing:
    """Put rows on a device: all of them if they are in memory here and fit there.

    Parameters
    ----------
    rows : Blocks or Passing
        What was opened.
    device : torch.device
        Where to.

    Returns
    -------
    rows : Blocks or Passing
        The same, there.

    Warns
    -----
    RuntimeWarning
        If they do not fit, so that they are sent when they are needed.
    """
    try:
        return rows.to(device)
    except torch.OutOfMemoryError:
        if not isinstance(rows, InMemory):
            raise
        warn(
            f"{len(rows):,} rows do not fit in the memory of {device}; skcurve sends there what it "
            "needs at a time.",
            RuntimeWarning,
        )
        return Blocks([ArrayBlock(rows.X, "X")], like=rows.like).to(device)


def _of_arrays(arrays: Any) -> Blocks:
    """Make a block of each array."""
    blocks: list[Block] = []
    costly = False
    for number, array in enumerate(arrays):
        name = f"block {number} of X" if len(arrays) > 1 else "X"
        stored = type(array).__module__.partition(".")[0] in STORES
        blocks.append(StoredBlock(array, name) if stored else ArrayBlock(array, name))
        costly |= stored and bool(array.chunks)
    like = arrays[0][:0, 0] if isinstance(arrays[0], torch.Tensor) else None
    return Blocks(blocks, costly=costly, like=like)


def _is_path(part: Any) -> bool:
    if isinstance(part, str):
        return part.endswith(tuple(SHARDS))
    return isinstance(part, os.PathLike)


def _is_matrix(part: Any) -> bool:
    return hasattr(part, "shape") and hasattr(part, "dtype") and len(part.shape) == 2
