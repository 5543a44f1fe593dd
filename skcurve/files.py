"""Files that are complete or not there."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file beside its place and rename it, so that nobody ever sees half of it.

    Parameters
    ----------
    path : path-like
        The file; one that is there is replaced, or left as it was if anything fails.
    content : bytes
        All of it.
    """
    with replacing(path) as file:
        file.write(content)


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether there is something that is neither a file nor a folder, such as a pipe or a device.

    Parameters
    ----------
    path : path-like
        A name of it, through links or not.
    """
    place = Path(path)
    return place.exists() and not place.is_file() and not place.is_dir()


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file to write beside its place, and rename it when everything is in it.

    Parameters
    ----------
    path : path-like
        The file; one that is there is replaced, or left as it was if anything fails. A link is
        followed. What is no regular file, such as a pipe or ``/dev/null``, is written to as it is:
        renaming would put a file in its place.

    Yields
    ------
    file : binary file
        To write to.

    Raises
    ------
    IsADirectoryError
        If the path is that of a folder.
    FileNotFoundError, NotADirectoryError
        If the folder it would be in does not exist, or is a file.
    OSError
        If the file cannot be written for another reason.
    """
    if is_stream(path):
        with open(path, "wb") as stream:
            yield stream
        return
    target = Path(os.path.realpath(path))
    _check_place(path, target)
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:  # which names a file that the user has not heard of
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _permissions(target))  # a temporary file is private
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _permissions(target: Path) -> int:
    """Give the permissions of the file that is there, or those that a new one gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _check_place(path: str | os.PathLike[str], target: Path) -> None:
    """Say what is wrong with the place that a path leads to, if no file can be there."""
    name, folder = os.fspath(path), str(target.parent)
    if target.is_dir():
        raise IsADirectoryError(f"{name!r} is a folder; expected a file.")
    if not target.parent.exists():
        raise FileNotFoundError(f"{name!r} cannot be written: there is no folder {folder!r}.")
    if not target.parent.is_dir():
        raise NotADirectoryError(f"{name!r} cannot be written: {folder!r} is not a folder.")
