"""Where results go: arrays to files or pipes, numbers to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import typer

from skcurve.arrays import WRITERS, write_array, write_npy
from skcurve.arrays.writing import find_writer
from skcurve.cli.inputs import STREAM, NumpyArray
from skcurve.files import is_stream

HINT = "'--output' / '-o'"
"""How an error names the option."""

Column = tuple[str, str, str]
"""A column of a table: the key of its values, its heading, and how they are written."""


def check_output(path: Path, suffixes: Sequence[str], *inputs: Path) -> None:
    """Say before the work what would keep its result from being written.

    Parameters
    ----------
    path : Path
        Where the result shall go.
    suffixes : sequence of str
        How its name may end.
    *inputs : Path
        Files that are read, so that it may not be one of them.

    Raises
    ------
    typer.BadParameter
        If its name is none that a result can have.
    OSError
        If there is no such folder, or it may not be written to.
    """
    if path.is_dir():
        raise typer.BadParameter(f"{str(path)!r} is a folder; expected a file.", param_hint=HINT)
    if is_stream(path):
        return
    if path.suffix.lower() not in suffixes:
        raise typer.BadParameter(f"{str(path)!r} must end in {_either(suffixes)}.", param_hint=HINT)
    for source in inputs:
        if path.exists() and source.exists() and path.samefile(source):
            raise typer.BadParameter(
                f"{str(path)!r} is what is read; write to another file.", param_hint=HINT
            )
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise NotADirectoryError(f"there is no folder {str(folder)!r} to write {path.name!r} to.")
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"the folder {str(folder)!r} may not be written to.")


def check_array_output(path: Path, *inputs: Path) -> None:
    """Do the same for an array, which can also go to standard output.

    Parameters
    ----------
    path : Path
        Where the array shall go.
    *inputs : Path
        Files that are read.
    """
    if path != STREAM:
        check_output(path, [".npy", *WRITERS], *inputs)
        find_writer(path)
    elif sys.stdout.isatty():
        raise typer.BadParameter(
            "the result is binary and standard output is a terminal; "
            "name a file (-o T.npy) or redirect it (> T.npy).",
            param_hint=HINT,
        )


def put_array(path: Path, blocks: Iterable[NumpyArray], n_rows: int, *, name: str) -> None:
    """Write an array to a file, or as an .npy stream to standard output.

    Parameters
    ----------
    path : Path
        A file, or ``-``.
    blocks : iterable of arrays
        As for `write_array`.
    n_rows : int
        How many rows they have together.
    name : str
        The key of the array, in a format that has keys.
    """
    if path == STREAM:
        write_npy(sys.stdout.buffer, blocks, n_rows)
        sys.stdout.buffer.flush()
    else:
        write_array(path, blocks, n_rows, name=name)


def say(sentence: str, *, quiet: bool) -> None:
    """Tell a person at a terminal what was done; a script knows it from the exit code."""
    if not quiet and sys.stderr.isatty():
        print(sentence, file=sys.stderr)


def print_json(facts: dict[str, Any]) -> None:
    """Print a result for a program."""
    print(json.dumps(facts, indent=2))


def print_table(columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> None:
    """Print a table; a value that is None is left empty.

    Parameters
    ----------
    columns : sequence of Column
        What to show of each row; a column without any value is left out.
    rows : sequence of dict
        The values.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1))
    shown = [column for column in columns if any(row.get(column[0]) is not None for row in rows)]
    for _, heading, _ in shown:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        values = ((row.get(key), spec) for key, _, spec in shown)
        table.add_row(*("" if value is None else format(value, spec) for value, spec in values))
    console = Console(highlight=False)
    with console.capture() as drawn:
        console.print(table)
    print(drawn.get(), end="")


def _either(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
