"""Where results go: arrays to files or pipes, numbers to stdout, everything else to stderr."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import typer

from skcurve.arrays import WRITERS, write_array, write_npy
from skcurve.arrays.writing import find_writer
from skcurve.blocks.files import SHARDS
from skcurve.cli.inputs import STREAM, NumpyArray
from skcurve.files import is_stream

STDOUT = {STREAM, Path("/dev/stdout"), Path("/dev/fd/1")}
"""How standard output is named, whatever it leads to."""

HINT = "'--output' / '-o'"
"""How an error names the option."""

WIDEST = 1000
"""No table has so many columns of characters."""

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


def refuse_shard(path: Path, data: Path) -> None:
    """Say that a result would be one of the shards that are read.

    Parameters
    ----------
    path : Path
        Where the result shall go.
    data : Path
        What is read: if it is a folder, one of shards.

    Raises
    ------
    typer.BadParameter
        If the result would replace a shard, or be there among them the next time.
    """
    if not data.is_dir() or path.suffix.lower() not in SHARDS:
        return
    is_shard = path.exists() and any(path.samefile(file) for file in data.iterdir())
    if is_shard or data.resolve() == path.resolve().parent:
        verb = "is" if is_shard else "would be"
        raise typer.BadParameter(
            f"{str(path)!r} {verb} a shard of {str(data)!r}, which is what is read; "
            "write to another folder.",
            param_hint=HINT,
        )


def check_array_output(path: Path, *inputs: Path) -> None:
    """Do the same for an array, which can also go to standard output.

    Parameters
    ----------
    path : Path
        Where the array shall go.
    *inputs : Path
        Files that are read.
    """
    if path not in STDOUT:
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
        A file, or standard output.
    blocks : iterable of arrays
        As for `write_array`.
    n_rows : int
        How many rows they have together.
    name : str
        The key of the array, in a format that has keys.
    """
    if path in STDOUT:
        write_npy(sys.stdout.buffer, blocks, n_rows)
        sys.stdout.buffer.flush()
    else:
        write_array(path, blocks, n_rows, name=name)


def say(sentence: str, *, quiet: bool) -> None:
    """Tell a person at a terminal what was done; a script knows it from the exit code."""
    if not quiet and sys.stderr.isatty():
        print(sentence, file=sys.stderr)


def print_json(facts: dict[str, Any]) -> None:
    """Print a result for a program; what is NaN or infinite, which JSON has not, becomes null."""
    print(json.dumps(_finite(facts), indent=2, allow_nan=False))


def print_table(columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> None:
    """Print a table; a value that is None is left empty.

    On a terminal that it is too wide for, the columns that are left follow below, beside the first
    once more. Nothing is cut.

    Parameters
    ----------
    columns : sequence of Column
        What to show of each row; a column without any value is left out.
    rows : sequence of dict
        The values.
    """
    from rich.console import Console

    console = Console(highlight=False, width=WIDEST)
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDEST
    shown = [column for column in columns if any(row.get(column[0]) is not None for row in rows)]
    while shown:
        fitting = len(shown)
        while fitting > 2 and console.measure(_make_table(shown[:fitting], rows)).maximum > room:
            fitting -= 1
        with console.capture() as drawn:
            console.print(_make_table(shown[:fitting], rows))
        print(drawn.get(), end="")
        left = shown[fitting:]
        shown = [shown[0], *left] if left else []
        if left:
            print()


def _make_table(columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> Any:
    """Lay out these columns."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1))
    for _, heading, _ in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        values = ((row.get(key), spec) for key, _, spec in columns)
        table.add_row(*("" if value is None else format(value, spec) for value, spec in values))
    return table


def _finite(facts: Any) -> Any:
    """Put None in the place of every number that is none, however deep."""
    if isinstance(facts, dict):
        return {key: _finite(value) for key, value in facts.items()}
    if isinstance(facts, list):
        return [_finite(value) for value in facts]
    return None if isinstance(facts, float) and not math.isfinite(facts) else facts


def _either(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
