"""`skcurve transform`, `quantize` and `inverse`: rows in, rows out, block by block."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from skcurve import SFVQ
from skcurve.blocks import Blocks
from skcurve.cli.inputs import (
    NumpyArray,
    load_curve,
    open_rows,
    part_of,
    read_coordinates,
    refuse_gaps,
)
from skcurve.cli.outputs import check_array_output, put_array, refuse_shard, say
from skcurve.cli.progress import track

BLOCK_ENTRIES = 2**25
"""So many numbers are read or written at a time: they fit in memory, and keep all cores busy."""


def transform(
    curve: Path,
    data: Path,
    output: Path,
    *,
    key: str | None,
    bits: int | None,
    coordinate: str | None,
    device: str,
    quiet: bool,
) -> None:
    """Write the coordinate of every row on the curve; see `SFVQ.transform`."""
    check_array_output(output, curve, data)
    refuse_shard(output, data)
    sfvq = load_curve(curve, bits, coordinate=coordinate, device=device)
    rows = open_rows(data, key, n_features=sfvq.n_features_in_)
    _apply(sfvq, sfvq.transform, rows, data, output, name="coordinate", quiet=quiet)


def quantize(
    curve: Path,
    data: Path,
    output: Path,
    *,
    key: str | None,
    bits: int | None,
    device: str,
    quiet: bool,
) -> None:
    """Write the nearest point of the curve to every row; see `SFVQ.quantize`."""
    check_array_output(output, curve, data)
    refuse_shard(output, data)
    sfvq = load_curve(curve, bits, device=device)
    rows = open_rows(data, key, n_features=sfvq.n_features_in_)
    _apply(sfvq, sfvq.quantize, rows, data, output, name="quantized", quiet=quiet)


def inverse(
    curve: Path,
    data: Path,
    output: Path,
    *,
    key: str | None,
    bits: int | None,
    coordinate: str | None,
    quiet: bool,
) -> None:
    """Write the point of the curve at every coordinate; see `SFVQ.inverse_transform`."""
    check_array_output(output, curve, data)
    sfvq = load_curve(curve, bits, coordinate=coordinate)
    coordinates = read_coordinates(data, key)
    _apply(sfvq, sfvq.inverse_transform, coordinates, data, output, name="X", quiet=quiet)


def _apply(
    sfvq: SFVQ,
    method: Callable[[Any], Any],
    rows: NumpyArray | Blocks,
    data: Path,
    output: Path,
    *,
    name: str,
    quiet: bool,
) -> None:
    """Write what a method of the curve makes of the rows."""
    sfvq.__dict__.pop("feature_names_in_", None)  # which it would miss in rows of a file
    size = max(1, BLOCK_ENTRIES // sfvq.n_features_in_)
    starts = range(0, len(rows), size)
    blocks = (method(part_of(rows, start, min(start + size, len(rows)))) for start in starts)
    shown = track(blocks, len(starts), doing=name, quiet=quiet)
    try:
        put_array(output, shown, len(rows), name=name)
    except ValueError:
        refuse_gaps(rows, data)
        raise
    say(f"{output}: {len(rows):,} rows.", quiet=quiet)
