"""`skcurve convert`: from published codebooks to a curve."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skcurve import SFVQ
from skcurve.cli.info import CURVE_COLUMNS, measure_curves
from skcurve.cli.inputs import named, read_rows, refuse_gaps
from skcurve.cli.options import FEWEST_BITS, MOST_BITS
from skcurve.cli.outputs import check_output, print_json, print_table, say


def convert(
    codebooks: Sequence[Path], output: Path, *, key: str | None, as_json: bool, quiet: bool
) -> None:
    """Write one curve that has these codebooks, one for each bitrate.

    Parameters
    ----------
    codebooks : sequence of Path
        Arrays of ``2**b`` rows in the order of the curve.
    output : Path
        Where the curve goes.
    key : str or None
        Which of several arrays; the same in each file.
    as_json : bool
        Whether to print JSON.
    quiet : bool
        Whether to say nothing on a terminal.
    """
    check_output(output, [".safetensors"], *codebooks)
    found: dict[int, tuple[Path, SFVQ]] = {}
    for path in codebooks:
        vertices = read_rows(path, key)
        refuse_gaps(vertices, path)
        n_bits = len(vertices).bit_length() - 1
        if len(vertices) != 2**n_bits or not FEWEST_BITS <= n_bits <= MOST_BITS:
            raise ValueError(
                f"{named(path)} must have 2**b rows with b from {FEWEST_BITS} to {MOST_BITS}; "
                f"got {len(vertices):,} rows."
            )
        curve = SFVQ.from_codebook(vertices)
        if curve.n_bits in found:
            raise ValueError(
                f"{named(found[curve.n_bits][0])} and {named(path)} are both codebooks of "
                f"{curve.n_bits} bits; expected one for each bitrate."
            )
        found[curve.n_bits] = path, curve
    _, last = found[max(found)]
    for path, curve in found.values():
        if curve.n_features_in_ != last.n_features_in_:
            raise ValueError(
                f"{named(path)} has {curve.n_features_in_} columns; the last codebook has "
                f"{last.n_features_in_}."
            )
    last.codebooks_ = {bits: found[bits][1].codebook_ for bits in sorted(found)}
    last.save(output)
    bitrates = measure_curves(last)
    if as_json:
        print_json({"curve": str(output), "bitrates": bitrates})
    else:
        print_table(CURVE_COLUMNS, bitrates)
    say(f"{output}: a curve of {2**last.n_bits:,} vertices.", quiet=quiet)
