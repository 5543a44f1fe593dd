"""A walk along the curve, and a table of what it passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skcurve.curve import PolylineCurve
from skcurve.interop import Array
from skcurve.metrics.effects import purity

Numbers = npt.NDArray[np.float64]


class Walk(NamedTuple):
    """Places along the curve, and what the generator makes of them.

    Attributes
    ----------
    coordinate : ndarray of shape (m,)
        Index coordinates: segment number plus position in it.
    latents : array of shape (m, D)
        The points of the curve.
    outputs : array of shape (m, ...)
        What the generator makes of them.
    """

    coordinate: Numbers
    latents: Array
    outputs: Array


def walk_coordinates(
    curve: PolylineCurve, spacing: float, start: float, stop: float | None, coordinate: str
) -> Numbers:
    """Give the index coordinates of a walk.

    Parameters
    ----------
    curve : PolylineCurve
        The curve.
    spacing : float
        From one place to the next, in the coordinate. Positive.
    start, stop : float
        In the coordinate; stop may be None, the end of the curve, or less than start: then the walk
        goes backwards. Both ends are part of the walk.
    coordinate : str
        "index" or "arclength".
    """
    if coordinate not in ("index", "arclength"):
        raise ValueError(f"coordinate must be 'index' or 'arclength'; got {coordinate!r}.")
    if not (np.isfinite(spacing) and spacing > 0):
        raise ValueError(f"spacing must be positive and finite; got {spacing}.")
    largest = float(curve.n_segments) if coordinate == "index" else curve.length
    stop = largest if stop is None else float(stop)
    for name, value in (("start", start), ("stop", stop)):
        if not 0 <= value <= largest * (1 + 1e-6):
            raise ValueError(f"{name} must lie in [0, {largest:.6g}]; got {value:.6g}.")
    way = abs(stop - start)
    n_steps = int(np.floor(way / spacing * (1 + 1e-9)))
    places = start + np.sign(stop - start) * spacing * np.arange(n_steps + 1)
    if n_steps * spacing < way * (1 - 1e-9):
        places = np.append(places, stop)
    places = np.clip(places, 0.0, largest)
    if coordinate == "arclength":
        places = np.asarray(curve.arclength_to_index(places), dtype=np.float64)
    return places


def interpretation(
    attributes: Numbers,
    *,
    names: Sequence[str],
    scale: Numbers,
    lengths: Numbers,
    outlier: npt.NDArray[np.bool_],
    n_between: int,
) -> dict[str, Any]:
    """Turn attributes along the curve into columns: the vertices, then the segments.

    Parameters
    ----------
    attributes : ndarray of shape ((M - 1) * n_between + 1, A)
        At equally many places of each segment, vertices included.
    names : sequence of str
        The attributes.
    scale : ndarray of shape (A,)
        The standard deviation of each.
    lengths : ndarray of shape (M - 1,)
        Of the segments.
    outlier : bool array of shape (M,)
        Which vertices lie outside the data.
    n_between : int
        Places a segment, its end not counted.

    Returns
    -------
    columns : dict of str to list or array
    """
    vertices = attributes[::n_between]
    n_vertices, n_segments = len(vertices), len(vertices) - 1
    windows = np.lib.stride_tricks.sliding_window_view(attributes, n_between + 1, axis=0)
    means = windows[::n_between].mean(2)
    changes = np.diff(vertices, axis=0) / np.where(scale > 0, scale, 1.0)
    main = np.abs(changes).argmax(1)
    nothing = np.full(n_vertices, np.nan)
    largest = np.take_along_axis(changes, main[:, None], 1)[:, 0]
    stretch = np.concatenate([[0], np.cumsum(main[1:] != main[:-1])])
    columns: dict[str, Any] = {
        "part": ["vertex"] * n_vertices + ["segment"] * n_segments,
        "number": np.concatenate([np.arange(n_vertices), np.arange(n_segments)]),
        "length": np.concatenate([nothing, lengths]),
    }
    for number, name in enumerate(names):
        columns[name] = np.concatenate([vertices[:, number], means[:, number]])
    for number, name in enumerate(names):
        columns[f"change {name}"] = np.concatenate([nothing, changes[:, number]])
    columns["changes"] = [None] * n_vertices + [names[number] for number in main]
    columns["effect"] = np.concatenate([nothing, largest])
    columns["purity"] = np.concatenate([nothing, np.asarray(purity(changes))])
    columns["stretch"] = np.concatenate([nothing, stretch.astype(np.float64)])
    columns["outlier"] = np.concatenate([outlier, outlier[:-1] | outlier[1:]])
    return columns
