"""What a command reads: rows, coordinates, labels, and the curve itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, TypeAlias

import numpy.typing as npt
import torch
import typer

from skcurve import SFVQ
from skcurve.arrays import read_array, read_npy
from skcurve.blocks import Blocks, find_gap
from skcurve.blocks.files import open_shards
from skcurve.files import is_stream
from skcurve.interop import as_tensor

NumpyArray: TypeAlias = npt.NDArray[Any]

STREAM = Path("-")
"""Standard input or output, as unix commands spell it."""

STDIN = {STREAM, Path("/dev/stdin"), Path("/dev/fd/0")}
"""How standard input is named, whatever it comes from."""

BLOCK = 16_384
"""Rows of a file that are looked at together for numbers that are none."""


def read_input(path: Path, key: str | None = None) -> NumpyArray:
    """Read an array from a file, or from standard input.

    Parameters
    ----------
    path : Path
        See `read_array`.
    key : str, default=None
        Which of several arrays.

    Raises
    ------
    OSError
        If it is a folder; and as by `read_array`.
    ValueError
        If standard input is a terminal, or is given a key; and as by `read_array`.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{named(path)} is a folder; expected one file.")
    if path not in STDIN:
        return read_array(path, key)
    if key is not None:
        raise ValueError(f"--key does not go with {str(path)!r}: an .npy stream holds one array.")
    if sys.stdin.isatty():
        raise ValueError(
            f"{str(path)!r} reads an .npy stream from standard input, which is a terminal; "
            "pipe one in, as in: cat X.npy | skcurve transform curve.safetensors -."
        )
    return read_npy(sys.stdin.buffer, "standard input")


def read_rows(path: Path, key: str | None = None, *, n_features: int | None = None) -> NumpyArray:
    """Read a matrix of real numbers, of which nothing is looked at yet.

    Parameters
    ----------
    path : Path
        As for `read_input`.
    key : str, default=None
        Which of several arrays.
    n_features : int, default=None
        The number of columns it must have.

    Returns
    -------
    rows : ndarray of shape (n, D)

    Raises
    ------
    ValueError
        If it is no such matrix, or has no rows; and as by `read_input`.
    """
    rows = _real(read_input(path, key), path)
    if rows.ndim != 2:
        raise ValueError(
            f"{named(path)} must hold a matrix, one vector a row; got shape {rows.shape}."
        )
    _refuse_columns(rows, path, n_features)
    _refuse_empty(rows, path)
    return rows


def open_rows(
    path: Path, key: str | None = None, *, n_features: int | None = None
) -> NumpyArray | Blocks:
    """Open a matrix in a file, or the shards of one in a folder.

    Parameters
    ----------
    path : Path
        As for `read_input`, or a folder.
    key : str, default=None
        Which of several arrays.
    n_features : int, default=None
        The number of columns it must have.

    Returns
    -------
    rows : ndarray of shape (n, D), or Blocks

    Raises
    ------
    ValueError
        As by `read_rows`, and as by `open_shards`.
    """
    if not path.is_dir():
        return read_rows(path, key, n_features=n_features)
    rows = open_shards(path, key)
    _refuse_columns(rows, path, n_features)
    _refuse_empty(rows, path)
    return rows


def _refuse_columns(rows: NumpyArray | Blocks, path: Path, n_features: int | None) -> None:
    if n_features is not None and rows.shape[1] != n_features:
        raise ValueError(
            f"{named(path)} must have {n_features} columns, as the curve has; "
            f"got shape {rows.shape}."
        )


def _refuse_empty(rows: NumpyArray | Blocks, path: Path) -> None:
    if 0 in rows.shape:
        raise ValueError(f"{named(path)} must have a row and a column; got shape {rows.shape}.")


def refuse_key(option: str, key: str | None, path: Path | None, whose: str) -> None:
    """Say that a key was given without the file that it is one of.

    Parameters
    ----------
    option : str
        The option that gave it.
    key : str or None
        The key.
    path : Path or None
        The file.
    whose : str
        How the file would be given.

    Raises
    ------
    typer.BadParameter
        If there is a key, and no file.
    """
    if key is not None and path is None:
        raise typer.BadParameter(
            f"it names an array of {whose}, which is not given.", param_hint=option
        )


def part_of(rows: NumpyArray | Blocks, start: int, stop: int) -> NumpyArray:
    """Read rows from `start` to `stop` of what was opened."""
    if isinstance(rows, Blocks):
        return torch.cat(list(rows.scan(start, stop))).numpy()
    return rows[start:stop]


def read_coordinates(path: Path, key: str | None = None) -> NumpyArray:
    """Read one coordinate a row, as `skcurve transform` writes them.

    Parameters
    ----------
    path : Path
        As for `read_input`.
    key : str, default=None
        Which of several arrays.

    Returns
    -------
    coordinates : ndarray of shape (n, 1)

    Raises
    ------
    ValueError
        If there are several a row, or none at all; and as by `read_input`.
    """
    values = _real(read_input(path, key), path)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[1] != 1 or not len(values):
        raise ValueError(
            f"{named(path)} must hold coordinates, one a row; got shape {values.shape}."
        )
    return values


def _real(array: NumpyArray, path: Path) -> NumpyArray:
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{named(path)} must hold real numbers; got dtype {array.dtype}.")
    return array


def refuse_gaps(rows: NumpyArray | Blocks, path: Path) -> None:
    """Say which entry is NaN or infinite, if one is.

    Parameters
    ----------
    rows : ndarray of shape (n, ...) or Blocks
        What was read from `path`. Blocks have said so themselves.
    path : Path
        Its name.

    Raises
    ------
    ValueError
        Naming the first such row.
    """
    if isinstance(rows, Blocks):
        return
    for start in range(0, len(rows), BLOCK):
        gap = find_gap(as_tensor(rows[start : start + BLOCK], name=named(path)))
        if gap is not None:
            row, value = start + gap[0], gap[1]
            raise ValueError(
                f"{named(path)} must hold finite numbers; got {value} in row {row} (from 0)."
            )


def load_curve(path: Path, bits: int | None = None, **parameters: Any) -> SFVQ:
    """Read a fitted curve.

    Parameters
    ----------
    path : Path
        A file that `skcurve fit` or `SFVQ.save` wrote.
    bits : int, default=None
        An earlier bitrate; None for the last.
    **parameters
        Parameters to set; those that are None are left as they are.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If it holds no curve, or none of that bitrate.
    """
    if path in STDIN or is_stream(path):
        raise ValueError(f"a curve is read from a file, not from a stream; got {str(path)!r}.")
    if path.suffix.lower() != ".safetensors" and path.is_file():
        raise ValueError(
            f"{named(path)} is not a curve, which ends in .safetensors; `skcurve fit` makes one "
            "from vectors, and `skcurve convert` from a codebook."
        )
    if path.is_dir():
        raise IsADirectoryError(f"{named(path)} is a folder; expected a curve.")
    path.stat()  # says that there is no such file as a system does
    curve = SFVQ.load(path)
    # Where it was fitted does not matter here.
    chosen = {name: value for name, value in parameters.items() if value is not None}
    curve.set_params(**{"device": "auto", **chosen})
    return curve if bits is None else curve.at_bitrate(bits)


def named(path: Path) -> str:
    """Call a path by its name in an error message."""
    return "standard input" if path in STDIN else repr(str(path))
