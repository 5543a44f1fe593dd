"""How the explorer of a page came about: as an object, and as lines of a program."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Origin:
    """The first lines of a program that does what the page does.

    Attributes
    ----------
    lines : tuple of str
        They leave the explorer as ``explorer``. Empty where only the user knows: programs then
        begin with a remark.
    """

    lines: tuple[str, ...] = ()


def import_named(name: str, option: str) -> Any:
    """Import exactly what the user named, and nothing else.

    Parameters
    ----------
    name : str
        ``module:object`` or ``path/to/file.py:object``; a module may lie in the current folder.
    option : str
        What to call it in an error message.

    Returns
    -------
    object : object
        As it is in the module.

    Raises
    ------
    ValueError
        If the name is not of this form, or there is no such module, file or object.
    """
    place, _, member = name.rpartition(":")
    if not place or not member.isidentifier():
        raise ValueError(f"{option} must be module:factory or file.py:factory; got {name!r}.")
    module = _load_file(Path(place), option) if place.endswith(".py") else _load(place, option)
    try:
        return getattr(module, member)
    except AttributeError:
        raise ValueError(f"{option}: there is no {member!r} in {place!r}.") from None


def make_generator(name: str) -> Any:
    """Call the factory that the user named.

    Parameters
    ----------
    name : str
        See `import_named`.

    Returns
    -------
    generator : callable
        What it gave.

    Raises
    ------
    TypeError
        If it is no factory: what is called without arguments and gives a generator.
    ValueError
        See `import_named`.
    """
    factory: Callable[[], Any] = import_named(name, "--generator")
    if not callable(factory):
        raise TypeError(f"--generator: {name!r} cannot be called; it is a {_kind(factory)}.")
    try:
        generator = factory()
    except TypeError as error:
        raise TypeError(
            f"--generator: {name!r} is called without arguments and has to give a generator; "
            f"it said: {error}."
        ) from error
    if not (callable(generator) or hasattr(generator, "transform")):
        raise TypeError(
            f"--generator: {name!r} gave a {_kind(generator)}, which is no generator: it cannot be "
            "called with latents."
        )
    return generator


def import_line(name: str, alias: str) -> list[str]:
    """Write how a program imports what the user named.

    Parameters
    ----------
    name : str
        See `import_named`.
    alias : str
        What the program calls it.
    """
    place, _, member = name.rpartition(":")
    if place.endswith(".py"):
        return ["import runpy", f"{alias} = runpy.run_path({place!r})[{member!r}]"]
    return [f"from {place} import {member} as {alias}"]


def _load(place: str, option: str) -> ModuleType:
    try:
        with _current_folder_last():
            return importlib.import_module(place)
    except ModuleNotFoundError as error:
        # A module that it needs may be missing as well: that is another error.
        if error.name is not None and (place == error.name or place.startswith(error.name + ".")):
            raise ValueError(f"{option}: there is no module {place!r}.") from None
        raise
    except (TypeError, ValueError) as error:
        raise ValueError(f"{option}: {place!r} is no name of a module ({error}).") from None


def _load_file(path: Path, option: str) -> ModuleType:
    if not path.is_file():
        raise ValueError(f"{option}: there is no file {str(path)!r}.")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{option}: {str(path)!r} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    # Classes in it look themselves up; a real module of that name keeps its place.
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


@contextmanager
def _current_folder_last() -> Iterator[None]:
    """Look in the current folder, too, but last: no file there can take the place of another."""
    folder = os.getcwd()
    sys.path.append(folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(folder) if sys.path[-1] != folder else sys.path.pop()


def _kind(thing: Any) -> str:
    return type(thing).__name__


def as_origin(lines: Sequence[str] | None) -> Origin:
    """Take the lines of a user.

    Parameters
    ----------
    lines : sequence of str or None
        See `Origin`.
    """
    return Origin(() if lines is None else tuple(lines))
