"""What `skcurve demo` shows: a curve through handwritten digits, its numbers and its picture."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import KFold

from skcurve import SFVQ, PolylineCurve
from skcurve.files import replace_file
from skcurve.metrics import (
    distortion,
    dithered_distortion,
    neighbor_agreement,
    perplexity,
    smoothness_ratio,
    usage,
)
from skcurve.plotting import CodebookDisplay, CurveDisplay
from skcurve.plotting.inputs import require_matplotlib
from skcurve.solvers import short_order

FEWEST_BITS, MOST_BITS = 2, 8
N_FOLDS = 5

TABLE_WIDTH = 80
"""So wide is the table on any terminal: on a narrower one, its numbers would be cut."""

COLUMNS = [
    ("distortion", "low", ".4f"),
    ("dithered", "low", ".4f"),
    ("perplexity", "high", ".1f"),
    ("smoothness", "low", ".3f"),
    ("agreement", "high", ".3f"),
    ("seconds", "low", ".2f"),
]
"""How each of the `Scores` is headed, with what is good, and written."""

HOW_TO_READ = """\
A good curve is near the digits (distortion: the squared error a pixel) along its whole length
(dithered: the same at random points of it), uses all its segments (perplexity), and goes in small
steps (smoothness: the mean step over the mean distance of two vertices) from like to like
(agreement: how often the next digit along the curve is the same one). Every number is a mean over
{n_folds} folds, measured on digits left out of the fit; the fits are timed after a first one, which
may compile. Below its name, each column says which numbers are good.
"""

IMAGES_TITLE = (
    "One curve through {n_rows:,} handwritten digits: its {n_vertices} vertices, in order. "
    "Follow the arrows: each is like the next.\n"
    "Below each, the digit that is most common there."
)
CURVE_TITLE = (
    "The same curve among the digits, seen in two principal components.\n"
    "Each dot is a digit, in the colour of the nearest place on the curve."
)

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


class Scores(NamedTuple):
    """The columns of the table."""

    distortion: float
    dithered: float
    perplexity: float
    smoothness: float
    agreement: float
    seconds: float


def run_demo(
    output: str | os.PathLike[str] = "skcurve-demo", *, n_bits: int = 6, random_state: int = 0
) -> Path:
    """Fit a curve to handwritten digits, print how good it is, and draw it.

    1. `SFVQ` is fitted to the 1,797 digits of scikit-learn, scaled to [0, 1].
    2. It is compared with k-means of as many centres, as they come and in the order of a short tour
       through them. Every method is fitted five times, to four fifths of the digits, and measured
       on the rest.
    3. The curve of step 1 is drawn: its vertices as images, and the line among the digits.

    Parameters
    ----------
    output : path-like, default="skcurve-demo"
        The folder for `curve.png`; made if it is not there.
    n_bits : int, default=6
        The bitrate, from 2 to 8.
    random_state : int, default=0
        Where the randomness of the fits and the folds comes from.

    Returns
    -------
    picture : Path
        The file that was written.

    Raises
    ------
    ImportError
        If rich or matplotlib is not installed.
    ValueError
        If `n_bits` is not from 2 to 8.
    OSError
        If `output` is a file, or the folder or the file cannot be written.
    """
    try:
        from rich.console import Console
    except ImportError as error:
        raise ImportError('run_demo needs rich: run pip install "skcurve[cli]".') from error
    require_matplotlib("run_demo")
    if not FEWEST_BITS <= n_bits <= MOST_BITS:
        raise ValueError(f"n_bits must be from {FEWEST_BITS} to {MOST_BITS}; got {n_bits}.")
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"output must be a folder; {folder} is a file.")
    folder.mkdir(parents=True, exist_ok=True)

    X, y = load_digits(return_X_y=True)
    X = X / 16
    console = Console(highlight=False)
    console.print(
        f"Fitting curves of {2**n_bits} vertices ({n_bits} bits) to {len(X):,} handwritten digits "
        f"of {X.shape[1]} pixels.\nThe very first time, compiling takes about half a minute.\n"
    )
    curve, _ = _fit_each(X, n_bits, random_state)["SFVQ"]
    scores = _compare(X, y, n_bits, random_state)
    Console(width=TABLE_WIDTH, highlight=False).print(_table(scores))
    console.print("\n" + " ".join(HOW_TO_READ.format(n_folds=N_FOLDS).split()))
    picture = folder / "curve.png"
    replace_file(picture, _draw(curve, X, y))
    console.print(f"\nThe curve is drawn in {picture}", soft_wrap=True)
    return picture


def _fit_each(X: Matrix, n_bits: int, seed: int) -> dict[str, tuple[PolylineCurve, float]]:
    """Fit every method, and give by its name the curve and the seconds it took."""
    began = perf_counter()
    sfvq = SFVQ(n_bits, random_state=seed).fit(X)
    fitted = perf_counter()
    if sfvq.curve_.n_vertices < 2**n_bits:  # Ctrl-C ends a fit early, and is a warning there
        raise KeyboardInterrupt
    centers = KMeans(2**n_bits, n_init=1, random_state=seed).fit(X).cluster_centers_
    clustered = perf_counter()
    order = short_order(torch.from_numpy(centers)).numpy()
    toured = perf_counter()
    return {
        "SFVQ": (sfvq.curve_, fitted - began),
        "k-means + tour": (PolylineCurve(centers[order]), toured - fitted),
        "k-means": (PolylineCurve(centers), clustered - fitted),
    }


def _compare(X: Matrix, y: Labels, n_bits: int, seed: int) -> dict[str, Scores]:
    """Fit every method to each fold's training rows, and average what the others say of it."""
    scores: dict[str, list[Scores]] = {}
    for train, test in KFold(N_FOLDS, shuffle=True, random_state=seed).split(X):
        for name, (curve, seconds) in _fit_each(X[train], n_bits, seed).items():
            score = Scores(
                distortion=distortion(curve, X[test]),
                dithered=dithered_distortion(curve, X[test], random_state=seed),
                perplexity=perplexity(usage(curve, X[test])),
                smoothness=smoothness_ratio(curve),
                agreement=neighbor_agreement(curve, X[test], y[test]),
                seconds=seconds,
            )
            scores.setdefault(name, []).append(score)
    return {name: Scores(*np.mean(folds, axis=0)) for name, folds in scores.items()}


def _table(scores: dict[str, Scores]) -> Any:
    """Lay out the scores, one method a row."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 0, 0, 1))
    table.add_column("")
    for name, better, _ in COLUMNS:
        table.add_column(f"{name}\n{better}", justify="right")
    for name, row in scores.items():
        numbers = (format(value, spec) for value, (*_, spec) in zip(row, COLUMNS, strict=True))
        table.add_row(name, *numbers)
    return table


def _draw(curve: PolylineCurve, X: Matrix, y: Labels) -> bytes:
    """Draw the vertices as images, and below them the curve among the data; give the PNG."""
    from matplotlib.figure import Figure

    n_rows = -(-curve.n_vertices // 16)
    heights = (0.85 * n_rows + 0.9, 7.5)
    figure = Figure(figsize=(11, sum(heights)), layout="constrained")
    halves: Any = figure.subfigures(2, 1, height_ratios=heights)
    above, below = halves
    above.suptitle(IMAGES_TITLE.format(n_rows=len(X), n_vertices=curve.n_vertices))
    codebook = CodebookDisplay.from_estimator(
        curve, image_shape=(8, 8), X=X, y=y, ax=above.subplots()
    )
    below.suptitle(CURVE_TITLE)
    display = CurveDisplay.from_estimator(curve, X, ax=below.subplots())
    _name_vertices(display, codebook.labels or [])
    png = BytesIO()
    figure.savefig(png, format="png", dpi=120)
    return png.getvalue()


def _name_vertices(display: CurveDisplay, labels: list[Any]) -> None:
    """Write its label on every vertex of the curve, on a disc of the colour it has there."""
    colors = display.line_.to_rgba(np.arange(len(labels)))
    display.ax_.scatter(*display.vertices.T, c=colors, s=120, edgecolors="white", zorder=4)
    for label, place, color in zip(labels, display.vertices, colors, strict=True):
        is_dark = color[:3] @ (0.3, 0.59, 0.11) < 0.5
        display.ax_.text(
            *place,
            "" if label is None else label,
            color="white" if is_dark else "black",
            fontsize=8,
            fontweight="bold",
            ha="center",
            va="center_baseline",
            zorder=5,
        )
