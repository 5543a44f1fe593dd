"""`skcurve augment`: new vectors from stretches of a curve, written as they are drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import typer

from skcurve import CurveAugmenter, PolylineCurve
from skcurve.cli.inputs import load_curve, read_rows, refuse_gaps, refuse_key
from skcurve.cli.outputs import check_array_output, put_array, say
from skcurve.cli.progress import track

BLOCK_ENTRIES = 2**22
"""So many numbers are drawn at a time."""


def augment(
    curve: Path,
    data: Path | None,
    output: Path,
    *,
    number: int,
    segments: str | None,
    coordinate: str,
    spacing: str,
    jitter: float,
    valid_only: bool,
    seed: int,
    key: str | None,
    bits: int | None,
    quiet: bool,
) -> None:
    """Write new vectors; see `CurveAugmenter.sample`."""
    inputs = [curve] if data is None else [curve, data]
    check_array_output(output, *inputs)
    refuse_key("'--key'", key, data, "X")
    for option, wanted in (("--jitter", jitter > 0), ("--valid-only", valid_only)):
        if wanted and data is None:
            raise typer.BadParameter(
                f"{option} has to know where vectors are: name some, after the curve.",
                param_hint="'X'",
            )
    sfvq = load_curve(curve, bits)
    if spacing == "density" and data is None and not hasattr(sfvq, "usage_"):
        raise typer.BadParameter(
            "this curve has no usage saved with it: name vectors, after the curve.",
            param_hint="'--spacing'",
        )
    stretch = read_segments(segments, sfvq.curve_, coordinate)
    augmenter = CurveAugmenter(sfvq, jitter=jitter, spacing=spacing, random_state=seed)
    if data is not None:
        rows = read_rows(data, key, n_features=sfvq.n_features_in_)
        try:
            augmenter.fit(rows)
        except ValueError:
            refuse_gaps(rows, data)
            raise
    size = max(1, BLOCK_ENTRIES // sfvq.n_features_in_)
    batches = augmenter.iter_batches(
        size, number, stretch, coordinate=coordinate, valid_only=valid_only
    )
    blocks = (np.asarray(batch.latents) for batch in batches)
    shown = track(blocks, -(-number // size), doing="samples", quiet=quiet)
    put_array(output, shown, number, name="samples")
    say(f"{output}: {number:,} rows.", quiet=quiet)


def read_segments(text: str | None, curve: PolylineCurve, coordinate: str) -> Any:
    """Understand stretches on a command line, such as ``12:20`` or ``0:0.25,0.5:``.

    Parameters
    ----------
    text : str or None
        As for `CurveAugmenter.sample`: whole numbers of segments are slices; other numbers, and
        those in another coordinate, are a start and an end.
    curve : PolylineCurve
        The curve.
    coordinate : str
        What the numbers are.

    Raises
    ------
    typer.BadParameter
        If it is not written like that.
    """
    if text is None:
        return None
    ends = {"index": float(curve.n_segments), "arclength": curve.length, "unit": 1.0}
    stretches: list[Any] = []
    for part in text.split(","):
        start, colon, stop = (piece.strip() for piece in part.partition(":"))
        try:
            if not colon:
                raise ValueError
            if coordinate == "index" and not {".", "e"} & set((start + stop).lower()):
                stretches.append(slice(int(start) if start else None, int(stop) if stop else None))
            else:
                stretches.append(
                    (float(start) if start else 0.0, float(stop) if stop else ends[coordinate])
                )
        except ValueError:
            raise typer.BadParameter(
                f"{part.strip()!r} is no stretch; expected START:END, such as 12:20, or several "
                "with commas between them.",
                param_hint="'--segments'",
            ) from None
    return stretches
