"""Shards: files of rows that together make up one matrix."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from skcurve.arrays import find_key, read_array
from skcurve.arrays.parquet import columns_as_array, columns_of, require_pyarrow
from skcurve.arrays.reading import as_numpy, understood
from skcurve.blocks.arrays import ArrayBlock, check_shape, step_rows
from skcurve.blocks.base import Block, Blocks, RowNumbers
from skcurve.interop import Array

NUMBERED = re.compile(r"(\d+)-of-(\d+)")
"""How the name of a shard says that there are others."""


class NpyBlock(Block):
    """A .npy file, mapped anew at each step: what was read does not stay in memory.

    Parameters
    ----------
    path : Path
        The file.
    key : str or None
        Which of its arrays; an .npy file has one without a name.
    name : str
        What an error calls it.
    """

    def __init__(self, path: Path, key: str | None, name: str) -> None:
        self.name, self._path, self._key = name, path, key
        opened = ArrayBlock(read_array(path, key), name)
        self.n_rows, self.n_features, self.dtype = opened.n_rows, opened.n_features, opened.dtype
        self.units = opened.units

    def scan(self, start: int, stop: int) -> Iterator[Array]:
        """Give slices; see `Block`."""
        yield from self._opened().scan(start, stop)

    def take(self, rows: RowNumbers) -> Array:
        """Index the mapped array; see `Block`."""
        return self._opened().take(rows)

    def _opened(self) -> ArrayBlock:
        with _naming(self):
            return ArrayBlock(read_array(self._path, self._key), self.name)


class SafetensorsBlock(Block):
    """A tensor of a safetensors file, of which slices are read; parameters as of `NpyBlock`."""

    def __init__(self, path: Path, key: str | None, name: str) -> None:
        from safetensors import safe_open

        self.name, self._path, self._key = name, path, find_key(path, key)
        with safe_open(path, framework="pt") as file:
            part = file.get_slice(self._key)
            self.n_rows, self.n_features = check_shape(_Shape(part.get_shape()), name)
            self.dtype = as_numpy(file.get_slice(self._key)[:0]).dtype
        self.units = np.array([0, self.n_rows])

    def scan(self, start: int, stop: int) -> Iterator[Array]:
        """Give slices; see `Block`."""
        step = step_rows(self.n_features, self.dtype.itemsize)
        for begin in range(start, stop, step):
            yield self._read([slice(begin, min(begin + step, stop))])

    def take(self, rows: RowNumbers) -> Array:
        """Read row by row; see `Block`."""
        return self._read([slice(row, row + 1) for row in rows.tolist()])

    def _read(self, parts: Sequence[slice]) -> Array:
        from safetensors import safe_open

        with _naming(self), understood(self._path), safe_open(self._path, framework="pt") as file:
            held = file.get_slice(self._key)
            return np.concatenate([as_numpy(held[part]) for part in parts])


class ParquetBlock(Block):
    """A column of lists, or all columns, of a Parquet file, read by row groups.

    Parameters as of `NpyBlock`.
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
    ".npy": NpyBlock,
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


class _Shape:
    """What has a shape and nothing else."""

    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = tuple(shape)
