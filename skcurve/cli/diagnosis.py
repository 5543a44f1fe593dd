"""What to be careful about with a curve, each in a sentence that says what to do."""

from __future__ import annotations

from typing import Any

import numpy as np

from skcurve import SFVQ, metrics
from skcurve.cli.inputs import NumpyArray

LONG = 3.0
"""A segment so many times as long as the mean one deserves a word."""

UNORDERED = 0.95
"""Where neighbours are so nearly as far apart as any two vertices, the order deserves a word."""

FEWEST_ORDERED = 16
"""Of fewer vertices, chance alone may make neighbours near or far."""

MANY = 0.1
"""The share of segments without rows, or of vertices without data, that deserves a word."""

MOST_NAMED = 8
"""So many vertices are named by their number."""


def diagnose(sfvq: SFVQ, rows: NumpyArray | None, measured: dict[str, Any] | None) -> list[str]:
    """Look for what makes a curve less useful than it looks.

    Parameters
    ----------
    sfvq : SFVQ
        A fitted curve; its last bitrate is looked at.
    rows : ndarray of shape (n, D) or None
        Rows to measure it on.
    measured : dict or None
        The last record of `measure_on_rows` for these rows.

    Returns
    -------
    warnings : list of str
        One sentence or two each; none for a curve that nothing is wrong with.
    """
    cautions = []
    reached = max(sfvq.codebooks_)
    if reached < sfvq.n_bits:
        cautions.append(
            f"The fit was to reach {sfvq.n_bits} bits and was interrupted after {reached}."
        )
    lengths = np.asarray(sfvq.curve_.lengths, dtype=np.float64)
    if not lengths.any():
        return [*cautions, "All vertices are in one place: the data has no two different rows."]
    longest = int(lengths.argmax())
    if lengths[longest] > LONG * lengths.mean():
        cautions.append(
            f"Segment {longest} is {lengths[longest] / lengths.mean():.1f} times as long as the "
            "mean one: it may cross space without data. A larger smoothness shortens it."
        )
    cautions.extend(_of_order(sfvq))
    cautions.extend(_of_usage(sfvq, measured))
    if rows is not None and len(rows) > 1:
        cautions.extend(_of_outliers(sfvq, rows))
    return cautions


def _of_order(sfvq: SFVQ) -> list[str]:
    """Warn of vertices that do not follow each other."""
    if sfvq.curve_.n_vertices < FEWEST_ORDERED:
        return []
    ratio = metrics.smoothness_ratio(sfvq.curve_, random_state=0)
    if ratio < UNORDERED:
        return []
    return [
        f"Neighbours on the curve are {ratio:.2f} times as far apart as any two vertices: their "
        "order says nothing. Perhaps the codebook was stored in another order, or its data has no "
        "few directions that a line could follow."
    ]


def _of_usage(sfvq: SFVQ, measured: dict[str, Any] | None) -> list[str]:
    """Warn of segments that win no rows: those that were given, or else the training rows."""
    if measured is not None:
        unused = measured["unused_segments"]
    elif hasattr(sfvq, "usage_"):
        unused = int((np.asarray(sfvq.usage_) == 0).sum())
    else:
        return []
    n_segments = sfvq.curve_.n_segments
    if unused <= MANY * n_segments:
        return []
    whose = "training rows" if measured is None else "rows"
    return [
        f"{unused:,} of {n_segments:,} segments are nearest to none of the {whose}: "
        "fewer bits, or more rows, would do."
    ]


def _of_outliers(sfvq: SFVQ, rows: NumpyArray) -> list[str]:
    """Warn of vertices that no data is near."""
    numbers = np.flatnonzero(metrics.outlier_vertices(sfvq, rows))
    if not len(numbers):
        return []
    names = ", ".join(map(str, numbers[:MOST_NAMED]))
    if len(numbers) > MOST_NAMED:
        names += f" and {len(numbers) - MOST_NAMED:,} more"
    if len(numbers) == 1:
        return [
            f"Vertex {names} is farther from the data than the data is from itself: "
            "do not read labels or directions there."
        ]
    return [
        f"{len(numbers):,} of {sfvq.curve_.n_vertices:,} vertices are farther from the data than "
        f"the data is from itself: do not read labels or directions at {names}."
    ]
