"""Streaming: what does one pass of partial_fit lose against fit?

`partial_fit` gets 262,144 rows in batches of 1,024, each seen once and then forgotten, while the
curve grows to its full size. `fit` has all of them in memory. Both with three seeds, from the same
rows; distortion is per feature, on fresh rows: *exact* is to the nearest point of the curve,
*dithered* is the objective. The ratio is the mean of the three.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
from data import gaussian, mapping_network
from report import Report, Table, wants_quick
from timing import timed

from skcurve import SFVQ
from skcurve.metrics import distortion, dithered_distortion

Matrix = npt.NDArray[np.float32]

BATCH_ROWS = 1024
SEEDS = range(3)
MOST = 1.02
COLUMNS = ["method", "seconds", "exact", "dithered", "mean segment", "longest / mean"]


def main() -> None:
    """Stream normal rows and mapping-network rows."""
    quick = wants_quick(__doc__)
    report = Report("partial_fit", __doc__, quick)
    n_train, n_test = (16_384, 4096) if quick else (262_144, 16_384)
    normal = gaussian(n_train + n_test, 128, seed=0)
    compare(report, "normal rows", normal[:n_train], normal[n_train:], 3 if quick else 5)
    mapped = mapping_network(n_train + n_test, 64 if quick else 512, seed=0)
    compare(report, "mapped rows", mapped[:n_train], mapped[n_train:], 3 if quick else 8)
    report.publish()


def compare(report: Report, name: str, X: Matrix, X_test: Matrix, n_bits: int) -> None:
    """Learn both ways with every seed, and hold the ratios to the target."""
    n_rows, n_features = X.shape
    table = Table(f"{name.capitalize()}: {n_rows:,} × {n_features}, {n_bits} bits", COLUMNS)
    runs: dict[str, list[list[float]]] = {"fit": [], "partial_fit": []}
    for learn in (fit, partial_fit):
        learn(X[: 4 * BATCH_ROWS], n_bits, seed=0)  # not counted
    for seed in SEEDS:
        for learn in (fit, partial_fit):
            model, seconds = timed(partial(learn, X, n_bits, seed))
            runs[learn.__name__].append([seconds, *quality(model, X_test)])
    means = {way: np.mean(numbers, axis=0) for way, numbers in runs.items()}
    ratio = means["partial_fit"] / means["fit"]
    for way, numbers in [*means.items(), ("ratio", ratio)]:
        table.add(way, *map(float, numbers))
    report.show(table)
    report.at_most(f"{name}: exact distortion, of fit's", float(ratio[1]), MOST)
    report.at_most(f"{name}: dithered distortion, of fit's", float(ratio[2]), MOST)


def fit(X: Matrix, n_bits: int, seed: int) -> SFVQ:
    """Learn with all rows in memory."""
    return SFVQ(n_bits, random_state=seed).fit(X)


def partial_fit(X: Matrix, n_bits: int, seed: int) -> SFVQ:
    """Learn from one batch after another."""
    model = SFVQ(n_bits, random_state=seed)
    for start in range(0, len(X), BATCH_ROWS):
        model.partial_fit(X[start : start + BATCH_ROWS])
    return model


def quality(model: SFVQ, X_test: Matrix) -> list[float]:
    """Say how good a curve is on rows that it has not seen, in the order of the columns."""
    lengths = model.curve_.lengths
    return [
        distortion(model, X_test),
        dithered_distortion(model, X_test, n_dithers=4, random_state=0),
        float(lengths.mean()),
        float(lengths.max() / lengths.mean()),
    ]


if __name__ == "__main__":
    main()
