"""Growth: how do fitting and projection grow with the rows, the vertices and the features?

Normal rows. One of n, M and D varies and the other two stay where they are: 65,536 rows, 64
vertices, 64 features. Fitting is the default `SFVQ`, beside it scikit-learn's `MiniBatchKMeans`
with as many centres; projection is `PolylineCurve.project`, beside it `KMeans.predict`. Both are
drawn on logarithmic axes, where a power of n is a straight line and its exponent the slope. An
exponent is measured over the upper half of each range, where the constant costs matter least.
With few features, boxes around stretches of the curve leave most segments out: M also grows with 3
of them, 16,384 rows and curves fitted in few sweeps, beside the *product* that is taken otherwise.
Contenders take turns; times are medians.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from bench_tree import scene
from data import gaussian
from peers import kmeans_plain
from peers.nearest_vertex import kmeans_search
from report import Report, Table, wants_quick
from timing import take_turns

from skcurve import SFVQ, PolylineCurve
from skcurve.projection import project
from skcurve.projection.fused import project_fused
from skcurve.projection.table import SearchTable

Matrix = npt.NDArray[np.float32]

ROUNDS = 3
COLORS = ["#0072B2", "#D55E00"]
MARKERS = ["o", "s"]


class Size(NamedTuple):
    """A size of problem: rows, vertices, features."""

    n: int
    M: int
    D: int


MIDDLE = Size(65_536, 64, 64)
RANGES = {
    "n": [4096, 8192, 16_384, 32_768, 65_536, 131_072, 262_144],
    "M": [16, 32, 64, 128, 256, 512, 1024, 2048],
    "D": [2, 8, 32, 64, 128, 256, 512],
}
QUICK_MIDDLE = Size(1024, 8, 8)
QUICK_RANGES = {"n": [512, 1024, 2048], "M": [4, 8, 16], "D": [4, 8, 16]}

FEW = Size(16_384, 0, 3)
FEW_RANGE = [64, 256, 1024, 4096, 16_384]
QUICK_FEW_RANGE = [16, 64, 256]

FITTING = ("SFVQ", "MiniBatchKMeans")
PROJECTION = ("project", "KMeans.predict")
BY_TREE = ("project", "product")
MOST = {"fit": {"n": 1.0, "M": 1.5, "D": 1.0}, "projection": {"n": 1.1, "M": 1.1, "D": 1.0},
        "few features": {"M": 0.7}}  # fmt: skip
"""The exponents that fitting and projection may have."""

Seconds = dict[str, dict[int, dict[str, float]]]
"""By what varies, its value, and the contender."""


def main() -> None:
    """Measure along each range, and draw."""
    quick = wants_quick(__doc__)
    middle, ranges = (QUICK_MIDDLE, QUICK_RANGES) if quick else (MIDDLE, RANGES)
    report = Report("growth", __doc__, quick)
    seconds: Seconds = {
        name: {value: measure(middle._replace(**{name: value})) for value in values}
        for name, values in ranges.items()
    }
    for kind, contenders in [("fit", FITTING), ("projection", PROJECTION)]:
        tell(report, kind, contenders, middle, seconds)
    few_range = QUICK_FEW_RANGE if quick else FEW_RANGE
    few = {M: measure_few(FEW._replace(M=M)) for M in few_range}
    tell(report, "few features", BY_TREE, FEW, {"M": few})
    report.publish()


def tell(
    report: Report, kind: str, contenders: tuple[str, ...], middle: Size, seconds: Seconds
) -> None:
    """Show tables and a figure, and hold the exponents to what is promised."""
    for name, along in seconds.items():
        report.show(table(kind, contenders, name, middle, along))
        own = exponent(along, contenders[0])
        report.at_most(f"exponent of {name}, {kind}", own, MOST[kind][name])
    show_figure(report, kind, contenders, middle, seconds)


def measure(size: Size) -> dict[str, float]:
    """Time all contenders at one size."""
    X = gaussian(size.n, size.D, seed=0)
    model = SFVQ(round(math.log2(size.M)), random_state=0)
    curve = PolylineCurve(model.fit(X).codebook_)
    contenders = {
        "SFVQ": lambda: model.fit(X),
        "MiniBatchKMeans": lambda: kmeans_plain.fit(X, size.M, 0, mini_batches=True),
        "project": lambda: curve.project(X),
        "KMeans.predict": partial(kmeans_search(curve.vertices), X),
    }
    timings = take_turns(contenders, ROUNDS)
    return {name: timings.median(name) for name in contenders}


def measure_few(size: Size) -> dict[str, float]:
    """Time the projection of rows of few features, and the product that could be taken."""
    X, vertices = scene(gaussian, size.n, round(math.log2(size.M)), size.D)
    prepared = SearchTable.of(vertices)
    contenders = {
        "project": partial(project, X, vertices),
        "product": partial(project_fused, X, vertices, prepared),
    }
    timings = take_turns(contenders, ROUNDS)
    return {name: timings.median(name) for name in contenders}


def exponent(seconds: dict[int, dict[str, float]], contender: str) -> float:
    """Fit a power of what varies to the upper half of the range."""
    values = list(seconds)[len(seconds) // 2 :]
    times = [seconds[value][contender] for value in values]
    return float(np.polyfit(np.log(values), np.log(times), 1)[0])


def table(
    kind: str,
    contenders: tuple[str, ...],
    name: str,
    middle: Size,
    seconds: dict[int, dict[str, float]],
) -> Table:
    """Put the times along one range together."""
    result = Table(
        f"{kind.capitalize()}: {name} grows, {others(name, middle)}",
        [name, *(f"{contender}, ms" for contender in contenders)],
        note="Exponents: "
        + ", ".join(f"{name} {exponent(seconds, name):.2f}" for name in contenders)
        + ".",
    )
    for value, times in seconds.items():
        result.add(value, *(1000 * times[contender] for contender in contenders))
    return result


def others(name: str, middle: Size) -> str:
    """Name what stays."""
    return ", ".join(f"{key} = {value:,}" for key, value in middle._asdict().items() if key != name)


def show_figure(
    report: Report, kind: str, contenders: tuple[str, ...], middle: Size, seconds: Seconds
) -> None:
    """Draw, and put the picture beside the page unless it is a try-out."""
    import matplotlib.pyplot as plt

    width = 1 + 3 * len(seconds)
    figure, axes = plt.subplots(
        1, len(seconds), figsize=(width, 3.2), sharey=True, layout="tight", squeeze=False
    )
    axes = axes[0]
    for ax, (name, along) in zip(axes, seconds.items(), strict=True):
        for contender, color, marker in zip(contenders, COLORS, MARKERS, strict=True):
            times = [times[contender] for times in along.values()]
            label = f"{contender}, exponent {exponent(along, contender):.2f}"
            ax.loglog(list(along), times, color=color, marker=marker, markersize=4, label=label)
        ax.set_xlabel(f"{name}   ({others(name, middle)})")
        ax.grid(alpha=0.3)
        ax.legend(frameon=False, fontsize=8)
    axes[0].set_ylabel("seconds")
    title = {"fit": "Fitting", "few features": "Projection with few features"}.get(
        kind, "Projection"
    )
    drawn = f"seconds of {' and '.join(contenders)} against {', '.join(seconds)}"
    stem = f"growth_{kind.replace(' ', '_')}"
    report.draw(title, stem, figure, f"{drawn}, on logarithmic axes")
    plt.close(figure)


if __name__ == "__main__":
    main()
