"""`skcurve info`: what a curve is like, and what to be careful about."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from skcurve import SFVQ, metrics
from skcurve.cli.diagnosis import diagnose
from skcurve.cli.fit import COLUMNS, summarise_history
from skcurve.cli.inputs import NumpyArray, load_curve, named, read_rows, refuse_gaps, refuse_key
from skcurve.cli.outputs import Column, print_json, print_table
from skcurve.cli.progress import track

CURVE_COLUMNS: list[Column] = [
    ("bits", "bits", "d"),
    ("vertices", "vertices", ",d"),
    ("length", "length", ".5g"),
    ("mean_segment", "mean\nsegment", ".4g"),
    ("longest_segment", "longest\nsegment", ".4g"),
    ("smoothness_ratio", "smoothness\nratio", ".3f"),
]
DATA_COLUMNS: list[Column] = [
    *CURVE_COLUMNS[:1],
    ("distortion", "distortion", ".5g"),
    ("dithered_distortion", "dithered\ndistortion", ".5g"),
    ("perplexity", "perplexity", ".1f"),
    ("unused_segments", "unused\nsegments", ",d"),
    ("topographic_error", "topographic\nerror", ".3f"),
]


def info(curve: Path, data: Path | None, *, key: str | None, as_json: bool, quiet: bool) -> None:
    """Print what a curve is like at each of its bitrates, and what to be careful about.

    Parameters
    ----------
    curve : Path
        The curve.
    data : Path or None
        Rows to measure it on.
    key : str or None
        Which of several arrays.
    as_json : bool
        Whether to print JSON.
    quiet : bool
        Whether to show no progress.
    """
    refuse_key("'--key'", key, data, "X")
    sfvq = load_curve(curve)
    geometry, history = measure_curves(sfvq), summarise_history(sfvq)
    rows = None if data is None else read_rows(data, key, n_features=sfvq.n_features_in_)
    try:
        on_rows = [] if rows is None else measure_on_rows(sfvq, rows, quiet=quiet)
        cautions = diagnose(sfvq, rows, on_rows[-1] if on_rows else None)
    except ValueError:
        if rows is not None and data is not None:
            refuse_gaps(rows, data)
        raise
    if as_json:
        facts: dict[str, Any] = {"curve": str(curve), "estimator": _describe(sfvq)}
        facts |= {"n_vertices": len(sfvq.codebook_), "n_features": sfvq.n_features_in_}
        facts |= {"bitrates": geometry, "training": history if sfvq.history_ else None}
        facts |= {"n_rows": None if rows is None else len(rows), "measured": on_rows or None}
        print_json(facts | {"warnings": cautions})
        return
    print(f"{curve}: {len(sfvq.codebook_):,} vertices of {sfvq.n_features_in_:,} features")
    print(_describe(sfvq))
    print("\nThe curve at each bitrate\n")
    print_table(CURVE_COLUMNS, geometry)
    if sfvq.history_:
        print("\nHow it was learnt: what the last sweep met, mostly at random points\n")
        print_table([column for column in COLUMNS if column[0] != "vertices"], history)
    if rows is not None and data is not None:
        print(f"\nOn the {len(rows):,} rows of {named(data)}\n")
        print_table(DATA_COLUMNS, on_rows)
    print()
    width = shutil.get_terminal_size().columns
    for caution in cautions:
        print(textwrap.fill(f"Warning: {caution}", width, subsequent_indent="  "))
    if not cautions:
        print("Nothing to warn of.")


def measure_curves(sfvq: SFVQ) -> list[dict[str, Any]]:
    """Measure the curve of each bitrate by itself.

    Parameters
    ----------
    sfvq : SFVQ
        A fitted curve.

    Returns
    -------
    bitrates : list of dict
        With the keys of `CURVE_COLUMNS`; None for the ratio of vertices that are all in one place.
    """
    measured = []
    for bits in sfvq.codebooks_:
        curve = sfvq.at_bitrate(bits).curve_
        ratio = metrics.smoothness_ratio(curve, random_state=0) if curve.length else None
        measured.append(
            {
                "bits": bits,
                "vertices": curve.n_vertices,
                "length": curve.length,
                "mean_segment": curve.length / curve.n_segments,
                "longest_segment": float(np.max(np.asarray(curve.lengths))),
                "smoothness_ratio": ratio,
            }
        )
    return measured


def measure_on_rows(sfvq: SFVQ, rows: NumpyArray, *, quiet: bool) -> list[dict[str, Any]]:
    """Measure the curve of each bitrate on some rows.

    Parameters
    ----------
    sfvq : SFVQ
        A fitted curve.
    rows : ndarray of shape (n, D)
        The rows.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    bitrates : list of dict
        With the keys of `DATA_COLUMNS`.
    """
    measured = []
    for bits in track(sfvq.codebooks_, len(sfvq.codebooks_), doing="measuring", quiet=quiet):
        curve = sfvq.at_bitrate(bits).curve_
        usage = np.asarray(metrics.usage(curve, rows))
        measured.append(
            {
                "bits": bits,
                "distortion": metrics.distortion(curve, rows),
                "dithered_distortion": metrics.dithered_distortion(curve, rows, random_state=0),
                "perplexity": metrics.perplexity(usage),
                "unused_segments": int((usage == 0).sum()),
                "topographic_error": metrics.topographic_error(curve, rows),
            }
        )
    return measured


def _describe(sfvq: SFVQ) -> str:
    """Write the parameters that are not the default ones, on one line."""
    return " ".join(repr(sfvq).split())
