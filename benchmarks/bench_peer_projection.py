"""Peers' projection: what do others take to place a row, and where do they place it?

A curve is fitted to rows of some distribution; then other rows of it are placed on the curve, by
all in turn:

- *product*: the bare matrix product of the rows with the vertices, in blocks, nothing kept, as a
  floor; in numpy, one thread for each part of the rows;
- *SFVQ*: `PolylineCurve.project`, exact;
- *KMeans*: `KMeans.predict` with the vertices as centres, and *faiss*: a search of one neighbour in
  an `IndexFlatL2` of them. Both find the nearest vertex. Of the segments that it belongs to, the
  nearer one counts as their answer, without the time to find it;
- *diveq*: the `inference` of the authors' package, which looks at the two segments beside the
  nearest vertex; 1,024 rows at a time, for it holds a number for each row and vertex;
- *published*: the same rule as the authors' scripts have it.

*Wrong* is the share of rows that a way sends to a place farther from them than the nearest segment
is, by more than rounding; *excess* is how much larger the distortion is for that. Some ways are too
slow for all rows: their times are for fewer, and multiplied. Contenders take turns; times are
medians over rounds, ratios the medians of ratios.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from data import gaussian, mapping_network
from peers import diveq_layer, published
from peers.nearest_vertex import faiss_search, kmeans_search, sq_distance_beside
from report import Report, Table, wants_quick
from timing import Contender, take_turns

from skcurve import SFVQ, PolylineCurve
from skcurve.parallel import run_threads
from skcurve.projection import project_oracle

Matrix = npt.NDArray[np.float32]

N_ROWS = 65_536
FEW_ROWS = 1024
CHECKED_ROWS = 4096
BLOCK_ROWS = 1024
ROUNDS = 7
ROUNDING = 1e-4
"""Errors of a squared distance below this share of it and of the mean are float32, not a place."""

OWN = "SFVQ"


class Case(NamedTuple):
    """A size of problem."""

    n_features: int
    n_bits: int
    make: Callable[[int, int, int], Matrix]


CASES = [
    Case(512, 10, mapping_network),
    Case(512, 8, mapping_network),
    Case(128, 5, gaussian),
    Case(64, 6, gaussian),
    Case(2, 10, gaussian),
]
QUICK_CASES = [Case(32, 5, mapping_network)]


class Way(NamedTuple):
    """A way to place rows.

    Attributes
    ----------
    place : callable
        What is timed.
    sq_distances : callable or None
        From rows to the squared distances to where they are placed; None where nothing is placed.
    few : bool
        Whether only a few rows can be timed.
    """

    place: Callable[[Matrix], object]
    sq_distances: Callable[[Matrix], npt.NDArray[np.float32]] | None
    few: bool = False


def main() -> None:
    """Measure every case."""
    quick = wants_quick(__doc__)
    n_rows, rounds = (4096, 3) if quick else (N_ROWS, ROUNDS)
    report = Report("peer_projection", __doc__, quick)
    for case in QUICK_CASES if quick else CASES:
        rows = case.make(n_rows + N_ROWS // (16 if quick else 1), case.n_features, 0)
        X, others = rows[:n_rows], rows[n_rows:]
        vertices = SFVQ(case.n_bits, random_state=0).fit(others).codebook_.copy()
        compare(report, case, X, vertices, rounds)
    report.publish()


def compare(report: Report, case: Case, X: Matrix, vertices: Matrix, rounds: int) -> None:
    """Time all ways, and look where they send the rows."""
    ways, missing = available(vertices)
    few = X[:FEW_ROWS]
    timings = take_turns(
        {name: calling(way.place, few if way.few else X) for name, way in ways.items()}, rounds
    )
    table = Table(
        f"D = {case.n_features}, M = {len(vertices)}, {len(X):,} rows",
        ["way", "milliseconds", "times SFVQ's", "wrong", "excess"],
        better={"milliseconds": "small", "wrong": "small"},
        note="Wrong and excess on the first rows, "
        f"{min(CHECKED_ROWS, len(X)):,} of them, against all segments computed in float64.",
    )
    checked = X[:CHECKED_ROWS]
    nearest = project_oracle(torch.from_numpy(checked), torch.from_numpy(vertices))
    expected = nearest.sq_distance.numpy()
    for name, way in ways.items():
        scale = len(X) / len(few) if way.few else 1.0
        share, excess = np.nan, np.nan
        if way.sq_distances is not None:
            reached = way.sq_distances(checked).astype(np.float64)
            tolerance = ROUNDING * (expected + expected.mean())
            share = float(np.mean(reached > expected + tolerance))
            excess = float(reached.mean() / expected.mean() - 1)
        milliseconds = 1000 * scale * timings.median(name)
        table.add(name, milliseconds, scale * timings.ratio(name, OWN), share, excess)
        if name == OWN:
            report.at_most(f"share of rows that SFVQ sends wrong, {table.title}", share, 0.0)
    for name, reason in missing.items():
        table.add(f"{name}: {reason}", *[np.nan] * 4)
    table.note += " " + verdict(ways, timings.median, FEW_ROWS, len(X))
    report.show(table)
    for name in ("KMeans", "faiss", "diveq"):
        if name in ways:
            report.at_most(
                f"time of SFVQ, of {name}'s, {table.title}", timings.ratio(OWN, name), 1.0
            )


def calling(place: Callable[[Matrix], object], X: Matrix) -> Contender:
    """Bind the rows."""
    return lambda: place(X)


def verdict(ways: dict[str, Way], seconds: Callable[[str], float], n_few: int, n_rows: int) -> str:
    """Say who is faster than SFVQ, and what that is good for."""
    per_row = {name: seconds(name) / (n_few if way.few else n_rows) for name, way in ways.items()}
    faster = [
        name for name in ways
        if name not in (OWN, "product") and per_row[name] < per_row[OWN]
    ]  # fmt: skip
    if not faster:
        return "No way to place rows is faster here than the exact one."
    return (
        f"Faster than SFVQ: {' and '.join(faster)}. Use that where the number of the nearest "
        "vertex is enough; it is not always an end of the nearest segment."
    )


def available(vertices: Matrix) -> tuple[dict[str, Way], dict[str, str]]:
    """Give all ways that are installed, and why the others are not there."""
    curve = PolylineCurve(vertices)
    makers: dict[str, Callable[[], Way]] = {
        "product": lambda: Way(blocked_product(vertices), None),
        OWN: lambda: Way(curve.project, lambda X: curve.project(X).sq_distance),
        "KMeans": lambda: nearest_vertex_way(kmeans_search(vertices), vertices),
        "faiss": lambda: nearest_vertex_way(faiss_search(vertices), vertices),
        "diveq": lambda: diveq_way(vertices),
        "published": lambda: Way(
            lambda X: published.evaluate(X, vertices),
            lambda X: published.evaluate(X, vertices),
            few=True,
        ),
    }
    ways, missing = {}, {}
    for name, make in makers.items():
        try:
            ways[name] = make()
        except ImportError as error:
            missing[name] = f"not installed ({error})"
    return ways, missing


def blocked_product(vertices: Matrix) -> Callable[[Matrix], None]:
    """Multiply block by block into the same memory, each thread its part of the rows."""
    right = np.ascontiguousarray(vertices.T)
    shape = torch.get_num_threads(), BLOCK_ROWS, len(vertices)
    outs = list(np.empty(shape, np.float32))

    def multiply(part: tuple[Matrix, Matrix]) -> None:
        X, out = part
        for start in range(0, len(X), len(out)):
            block = X[start : start + len(out)]
            np.dot(block, right, out=out[: len(block)])

    return lambda X: run_threads(
        multiply, list(zip(np.array_split(X, len(outs)), outs, strict=True))
    )


def nearest_vertex_way(
    search: Callable[[Matrix], npt.NDArray[np.integer]], vertices: Matrix
) -> Way:
    """Make a way from a search for the nearest vertex."""
    return Way(search, lambda X: sq_distance_beside(X, vertices, search(X)))


def diveq_way(vertices: Matrix) -> Way:
    """Make a way from the layer's inference, a block of rows at a time."""
    quantize = diveq_layer.quantizer(vertices)

    def place(X: Matrix) -> Matrix:
        parts = [quantize(X[i : i + BLOCK_ROWS]) for i in range(0, len(X), BLOCK_ROWS)]
        return np.concatenate(parts)

    return Way(place, lambda X: np.square(place(X) - X).sum(axis=1))


if __name__ == "__main__":
    main()
