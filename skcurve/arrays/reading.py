"""How an array is read, by the suffix of the file."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from skcurve.arrays.parquet import (
    NotThereError,
    array_names,
    columns_as_array,
    columns_of,
    require_pyarrow,
    value_columns,
)
from skcurve.files import is_stream

NumpyArray: TypeAlias = npt.NDArray[Any]

Contents: TypeAlias = dict[str, Callable[[], NumpyArray]]
"""How to load each array of a file, by its key; "" is the key of one without a name."""

OBJECTS = re.compile("Python objects|Object arrays")
"""What numpy says of objects, which it does not read."""

MOST_KEYS = 20
"""So many an error lists; a state dict may have thousands."""


def read_array(path: str | os.PathLike[str], key: str | None = None) -> NumpyArray:
    """Read an array from a file.

    ============  ==================================================================================
    .npy          one array, mapped: what is not used is not read
    .npz          several arrays
    .pt, .pth     a tensor, or a dict of tensors; nothing else in it is loaded
    .safetensors  several tensors
    .parquet      columns of lists of numbers, each an array; or, if all columns are numbers, one
    ============  ==================================================================================

    Parameters
    ----------
    path : path-like
        The file. Its suffix names the format; what is no regular file, such as a pipe, is read as a
        stream in the .npy format.
    key : str, default=None
        The name of the array; None if there is only one.

    Returns
    -------
    array : ndarray
        Of any shape and any dtype but object; bfloat16 becomes float32. One that is mapped cannot
        be written to.

    Raises
    ------
    OSError
        If there is no such file, or it may not be read.
    ValueError
        If the suffix names no format, the file is damaged, it has no array of that name, it has
        several and no key says which, or it is of a kind that no array of numbers can be.
    ImportError
        If it is Parquet and pyarrow is not installed.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from skcurve.arrays import read_array
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "data.npz")
    ...     np.savez(path, X=np.zeros((3, 2)), y=np.ones(3))
    ...     read_array(path, "y")
    array([1., 1., 1.])
    """
    source = Path(path)
    with source.open("rb") as file:  # says whether it is there and may be read
        if is_stream(source):
            contents: Contents = {"": lambda: read_npy(file, str(source))}
            return contents[_choose(contents, source, key)]()
    with understood(source) as suffix:
        contents = READERS[suffix](source)
        return contents[_choose(contents, source, key)]()


def find_key(path: str | os.PathLike[str], key: str | None = None) -> str:
    """Give the key of the array that `read_array` would read from a file, without reading it.

    Parameters
    ----------
    path, key
        As for `read_array`.

    Returns
    -------
    key : str
        "" for an array without a name.

    Raises
    ------
    OSError, ValueError, ImportError
        As by `read_array`.
    """
    source = Path(path)
    source.open("rb").close()  # says whether it is there and may be read
    with understood(source) as suffix:
        return _choose(READERS[suffix](source), source, key)


@contextmanager
def understood(source: Path) -> Iterator[str]:
    """Say of any failure that the file cannot be read.

    Yields
    ------
    suffix : str
        That of the file, which names the format.

    Raises
    ------
    ValueError
        If the suffix names no format, or something inside fails.
    """
    suffix = source.suffix.lower()
    if suffix not in READERS:
        raise ValueError(
            f"{str(source)!r} does not end in the name of a format that can be read; "
            f"expected {', '.join(READERS)}."
        )
    try:
        yield suffix
    except (ImportError, MemoryError, NotThereError, FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # each library has its own for a file that it cannot read
        _refuse_kind(error, repr(str(source)))
        raise ValueError(
            f"{str(source)!r} cannot be read as a {suffix} file: it is damaged, cut short, or in "
            f"another format ({_first_sentence(error)})."
        ) from error


def read_npy(stream: BinaryIO, name: str) -> NumpyArray:
    """Read an array from a stream in the .npy format, such as standard input.

    Parameters
    ----------
    stream : binary file
        It is read to the end of the array; it need not be able to go back.
    name : str
        What to call it in an error message.

    Returns
    -------
    array : ndarray

    Raises
    ------
    ValueError
        If it is in another format, or ends early.
    """
    try:
        return np.asarray(np.lib.format.read_array(_Reader(stream), allow_pickle=False))
    except (ValueError, EOFError) as error:
        _refuse_kind(error, name)
        raise ValueError(
            f"{name} is no complete .npy stream ({_first_sentence(error)})."
        ) from error


class _Reader:
    """A stream that can only be read: numpy asks a file where it is, and a pipe cannot say."""

    def __init__(self, stream: BinaryIO) -> None:
        self.read = stream.read


def _choose(contents: Contents, source: Path, key: str | None) -> str:
    """Give the key of the array of that name, or of the only one."""
    names = ", ".join(map(repr, list(contents)[:MOST_KEYS]))
    if len(contents) > MOST_KEYS:
        names += f" and {len(contents) - MOST_KEYS} more"
    if not contents:
        raise NotThereError(f"{str(source)!r} holds no array of numbers.")
    if key is None and len(contents) > 1:
        raise NotThereError(
            f"{str(source)!r} holds {len(contents)} arrays; name one of them by its key: {names}."
        )
    if key is not None and (key not in contents or not key):
        there = "its only array has no name" if "" in contents else f"it has {names}"
        raise NotThereError(f"{str(source)!r} has no key {key!r}; {there}.")
    return next(iter(contents)) if key is None else key


def _refuse_kind(error: Exception, name: str) -> None:
    """Say so if what failed is no damage, but that something sound is no array of numbers."""
    if isinstance(error, OtherKindError):
        raise NotThereError(
            f"{name} holds a tensor that cannot become an array of numbers "
            f"({_first_sentence(error)}); save it as a dense one, such as of float32."
        ) from error
    if "duplicate field names" in str(error):
        raise NotThereError(
            f"{name} has several columns of one name; expected each name once."
        ) from error
    if OBJECTS.search(str(error)):
        raise NotThereError(
            f"{name} holds Python objects, which could run code; expected numbers."
        ) from error


def _first_sentence(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].partition(". ")[0].rstrip(".: ")


def _open_npy(path: Path) -> Contents:
    return {"": lambda: np.lib.format.open_memmap(path, mode="r")}


def _open_npz(path: Path) -> Contents:
    def load(name: str) -> NumpyArray:
        with np.load(path, allow_pickle=False) as arrays:
            return np.asarray(arrays[name])

    with np.load(path, allow_pickle=False) as arrays:
        return {name: partial(load, name) for name in arrays.files}


def _open_pt(path: Path) -> Contents:
    from pickle import UnpicklingError

    import torch

    try:
        # Files in the older format, which are no zip archives, cannot be mapped.
        held = torch.load(path, "cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except UnpicklingError as error:
        raise ValueError("or it holds more than tensors, which could run code") from error
    parts = held if isinstance(held, dict) else {"": held}
    return {
        str(name): partial(as_numpy, part)
        for name, part in parts.items()
        if isinstance(part, torch.Tensor)
    }


def _open_safetensors(path: Path) -> Contents:
    from safetensors import safe_open

    def load(name: str) -> NumpyArray:
        with safe_open(path, framework="pt") as file:
            return as_numpy(file.get_tensor(name))

    with safe_open(path, framework="pt") as file:
        return {name: partial(load, name) for name in file.keys()}  # noqa: SIM118


def map_safetensors(path: Path, key: str) -> tuple[NumpyArray, Any]:
    """Map a tensor of a safetensors file, of which the library reads only all or slices.

    Parameters
    ----------
    path : Path
        The file, which has been opened before and is sound.
    key : str
        The name of the tensor.

    Returns
    -------
    array : memmap
        Of its shape; where numpy lacks the dtype, whole numbers of the same size.
    dtype : torch.dtype
        That of the tensor.

    Raises
    ------
    ValueError
        If the file is damaged or cut short.
    """
    import torch
    from safetensors import safe_open

    with understood(path):
        with safe_open(path, framework="pt") as file:  # which looks at the whole header
            few = file.get_slice(key)
            shape, dtype = tuple(few.get_shape()), few[:0].dtype
        as_numpy(torch.empty(0, dtype=dtype))  # or says that numpy has nothing like it
        with path.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            start = json.loads(stream.read(size))[key]["data_offsets"][0]
        kind = torch.empty(0, dtype=dtype)
        stored = kind.view(torch.int16) if dtype == torch.bfloat16 else kind
        array = np.memmap(path, stored.numpy().dtype, "r", offset=8 + size + start, shape=shape)
        return array, dtype


class OtherKindError(TypeError):
    """A tensor is sound, but numpy has nothing like it."""


def as_numpy(tensor: Any) -> NumpyArray:
    """Turn a tensor into an array; numpy has no bfloat16."""
    import torch

    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    try:
        return np.asarray(tensor.detach().numpy())
    except (TypeError, RuntimeError) as error:
        raise OtherKindError(str(error)) from error


def _open_parquet(path: Path) -> Contents:
    pyarrow = require_pyarrow()
    schema = pyarrow.parquet.read_schema(path)

    def load(name: str) -> NumpyArray:
        names = columns_of(schema, name)
        table = pyarrow.parquet.read_table(path, columns=names)
        return columns_as_array(table.combine_chunks(), is_list=bool(name), source=str(path))

    found = array_names(schema)
    if not found:
        columns = value_columns(schema)
        told = ", ".join(f"{field.name} ({field.type})" for field in columns[:MOST_KEYS])
        raise NotThereError(
            f"{str(path)!r} must have a column of lists of numbers, or nothing but columns of "
            f"numbers; got {told or 'no columns'}."
        )
    counts = Counter(schema.names)
    for column in (column for name in found for column in columns_of(schema, name)):
        if counts[column] > 1:
            raise NotThereError(
                f"{str(path)!r} has {counts[column]} columns named {column!r}; "
                "expected each name once."
            )
    return {name: partial(load, name) for name in found}


READERS: dict[str, Callable[[Path], Contents]] = {
    ".npy": _open_npy,
    ".npz": _open_npz,
    ".pt": _open_pt,
    ".pth": _open_pt,
    ".safetensors": _open_safetensors,
    ".parquet": _open_parquet,
}
"""How to open a file, by its suffix."""
