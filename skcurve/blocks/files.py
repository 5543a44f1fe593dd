"""Shards: files of rows that together make up one matrix."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from skcurve.arrays import find_key, read_array
from skcurve.arrays.parquet import columns_as_array, columns_of, require_pyarrow
from skcurve.arrays.reading import as_numpy, map_safetensors, understood
from skcurve.blocks.arrays import ArrayBlock, step_rows
from skcurve.blocks.base import Block, Blocks, RowNumbers
from skcurve.interop import Array

NUMBERED = re.compile(r"(\d+)-of-(\d+)")
"""How the name of a shard says that there are others."""


class MappedBlock(Block):
    """A file that is mapped, anew at each step: what was read does not stay in memory.

    Parameters
    ----------
    path : Path
        The file.
    key : str or None
        Which of its arrays; None if there is only one.
    name : str
        What an error calls it.
    """

    def __init__(self, path: Path, key: str | None, name: str) -> None:
        self.name, self._path, self._key = name, path, find_key(path, key)
        opened = ArrayBlock(self._mapped(), name)
        self.n_rows, self.n_features = opened.n_rows, opened.n_features
        self.units, self.dtype = opened.units, self._read(self._mapped()[:0]).dtype

    def scan(self, start: int, stop: int) -> Iterator[Array]:
        """Give slices; see `Block`."""
        yield from map(self._read, self._opened().scan(start, stop))

    def take(self, rows: RowNumbers) -> Array:
        """Index the mapped array; see `Block`."""
        return self._read(self._opened().take(rows))

    def _opened(self) -> ArrayBlock:
        with _naming(self):
            opened = ArrayBlock(self._mapped(), self.name)
            if (opened.n_rows, opened.n_features) != (self.n_rows, self.n_features):
                raise ValueError("it has another shape than before.")
            return opened

    def _mapped(self) -> Array:
        """Map the file."""
        return read_array(self._path, self._key or None)

    def _read(self, part: Array) -> Array:
        """Make numbers of what is in the file."""
        return part


class SafetensorsBlock(MappedBlock):
    """A tensor of a safetensors file; see `MappedBlock`."""

    def _mapped(self) -> Array:
        return map_safetensors(self._path, self._key)[0]

    def _read(self, part: Array) -> Array:
        return as_numpy(torch.from_numpy(np.array(part)).view(self._kind))

    @cached_property
    def _kind(self) -> torch.dtype:
        return map_safetensors(self._path, self._key)[1]


class ParquetBlock(Block):
    """A column of lists, or all columns, of a Parquet file, read by row groups.

    Parameters as of `MappedBlock`.
    """

    def __init__(self, path: Path, key: str | None, name: str) -> None:
        self.name, self._path = name, path
        parquet = require_pyarrow().parquet
        self._key = find_key(path, key)
        with understood(path), parquet.ParquetFile(path) as file:
            groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
            self._columns = columns_of(file.schema_arrow, self._key)
            few = next(file.iter_batches(1, columns=self._columns), None)
        self.units = np.cumsum([0, *groups], dtype=np.int64)
        self.n_rows = int(self.units[-1])
        if few is None:
            raise ValueError(f"{name} must have a row; it is empty.")
        first = self._array(few)
        self.n_features, self.dtype = first.shape[1], first.dtype

    def scan(self, start: int, stop: int) -> Iterator[Array]:
        """Give what the row groups between hold; see `Block`."""
        parquet = require_pyarrow().parquet
        groups = range(
            int(np.searchsorted(self.units, start, "right")) - 1,
            int(np.searchsorted(self.units, stop, "left")),
        )
        place, step = int(self.units[groups.start]), step_rows(self.n_features, self.dtype.itemsize)
        with _naming(self), understood(self._path), parquet.ParquetFile(self._path) as file:
            for batch in file.iter_batches(step, row_groups=list(groups), columns=self._columns):
                part = slice(max(0, start - place), min(len(batch), stop - place))
                place += len(batch)
                if part.start < part.stop:
                    yield self._array(batch)[part]

    def _array(self, batch: object) -> Array:
        return columns_as_array(batch, is_list=bool(self._key), source=str(self._path))


SHARDS: dict[str, Callable[[Path, str | None, str], Block]] = {
    ".npy": MappedBlock,
    ".safetensors": SafetensorsBlock,
    ".parquet": ParquetBlock,
}
"""How a shard is opened, by its suffix."""

COSTLY = {".parquet"}
"""Those of which no single row can be read."""


def open_shards(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], key: str | None = None
) -> Blocks:
    """Open a file, the shards in a folder, in the order of their names, or a list of shards.

    Nothing but their headers is read.

    Parameters
    ----------
    source : path-like, or sequence of them
        Of a folder, the files count that end in .npy, .safetensors or .parquet, and do not begin
        with a dot; all must be of one format.
    key : str, default=None
        Which array of each; None if there is only one.

    Returns
    -------
    blocks : Blocks
        A block a shard.

    Raises
    ------
    FileNotFoundError
        If a shard is missing: in the list, or by names such as ``part-00003-of-00010.npy``.
    ValueError
        If there are none, or one is damaged, cut short, in another format, or of another width.
    """
    single = isinstance(source, str | os.PathLike)
    given = [Path(source)] if single else [Path(path) for path in source]  # type: ignore[arg-type, union-attr]
    if single and not given[0].exists():
        raise FileNotFoundError(
            f"X={os.fspath(given[0])!r}: there is no file or folder of that name."
        )
    paths = _shards_in(given[0]) if single and given[0].is_dir() else given
    suffixes = {path.suffix.lower() for path in paths}
    if suffixes - SHARDS.keys() or len(suffixes) != 1:
        raise ValueError(
            f"the shards of X must all end in one of {', '.join(SHARDS)}; "
            f"got {', '.join(sorted(map(repr, suffixes)))}."
        )
    blocks = []
    for number, path in enumerate(paths):
        name = f"block {number} of X ({str(path)!r})"
        if not path.is_file():
            raise FileNotFoundError(f"{name} is missing: there is no such file.")
        try:
            blocks.append(SHARDS[path.suffix.lower()](path, key, name))
        except (OSError, ValueError) as error:
            raise type(error)(_told_once(name, error)) from error
    return Blocks(blocks, costly=bool(suffixes & COSTLY))


def _shards_in(folder: Path) -> list[Path]:
    """List the shards of a folder, and say which is missing if their names tell."""
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SHARDS and not path.name.startswith(".")
    )
    if not found:
        raise ValueError(f"the folder {str(folder)!r} has no shards: no {', '.join(SHARDS)} files.")
    numbers = [match for path in found if (match := NUMBERED.search(path.name))]
    totals = {int(match[2]) for match in numbers}
    if len(numbers) == len(found) and len(totals) == 1:
        total, there = totals.pop(), {int(match[1]) for match in numbers}
        first = 0 if 0 in there else 1
        missing = sorted(set(range(first, total + first)) - there)
        if missing:
            raise FileNotFoundError(
                f"the folder {str(folder)!r} lacks {len(missing)} of {total} shards: "
                f"number {missing[0]} is missing."
            )
    return found


@contextmanager
def _naming(block: Block) -> Iterator[None]:
    """Say in any error of reading a shard which it was."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise type(error)(_told_once(block.name, error)) from error


def _told_once(name: str, error: Exception) -> str:
    said = str(error)
    return said if said.startswith(name) else f"{name} cannot be read: {said}"
