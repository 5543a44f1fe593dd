"""Quality: is the curve better than a tour through k-means centres?

The strongest plain peer is *k-means + tour*: scikit-learn's `KMeans`, and 2-opt and Or-opt moves on
the order of its centres (`benchmarks/peers/kmeans_tour.py`). It is met here on the handwritten
digits, on rows from a StyleGAN mapping network at initialisation, and on four shapes in the plane,
five seeds each (two at 10 bits): the seed draws the rows, or the split of the digits, and seeds the
method. Numbers are means over seeds, measured on rows that were not used for fitting; seconds are
medians.

- *SFVQ* has its default settings.
- *SFVQ, same length* has the smoothness, found by trying, with which its mean segment is as long as
  the peer's: a longer curve can always get nearer to the data. The seconds are those of the last
  fit, without the search.
- *SFVQ(init="tour")* starts from such a tour, and sweeps on.
- *k-means* is its centres alone: a point goes to the nearest centre, and there is no order.

*Exact* is the mean squared distance to the curve per feature, *dithered* that to one random point
of each segment, so that it counts where segments lie as well as where their best points do.
*Agreement* is the share of neighbours along the curve with the same label, for training and test
rows; *longest* is the longest segment over the mean, the largest of all seeds.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from data import SHAPES, digits, mapping_network
from peers import kmeans_tour
from report import Report, Table, wants_quick
from sklearn.metrics import pairwise_distances_argmin_min
from timing import timed

from skcurve import SFVQ, PolylineCurve
from skcurve.metrics import distortion, dithered_distortion, neighbor_agreement

Matrix = npt.NDArray[np.float32]

N_SEEDS = 5
FIRST_SMOOTHNESS = 0.01
SMOOTHNESS_RANGE = (1e-5, 0.25)
"""Where there is a curve: with more, it collapses, and that makes it shorter, too."""

LENGTH_TOLERANCE = 0.005
MAX_TRIALS = 12


class Split(NamedTuple):
    """Rows to learn from and rows to test with; labels where there are any."""

    train: Matrix
    test: Matrix
    train_labels: npt.NDArray[np.int64] | None = None
    test_labels: npt.NDArray[np.int64] | None = None


class Scene(NamedTuple):
    """A data set at a bitrate: `split` gives the rows for a seed, of which there are `n_seeds`."""

    name: str
    n_bits: int
    split: Callable[[int], Split]
    least_speed: float | None = None
    n_seeds: int = N_SEEDS


class Quality(NamedTuple):
    """What is measured of a curve; what does not apply is not a number."""

    seconds: float
    exact: float
    dithered: float = math.nan
    mean_segment: float = math.nan
    longest: float = math.nan
    train_agreement: float = math.nan
    test_agreement: float = math.nan


@dataclass(frozen=True)
class Outcome:
    """What every method reached in a scene, with each seed.

    Attributes
    ----------
    runs : list of dict of str to Quality
        A dictionary a seed, by the name of the method.
    """

    runs: list[dict[str, Quality]]

    def mean(self, quantity: str, method: str) -> float:
        """Average a quantity over seeds."""
        return statistics.fmean(getattr(run[method], quantity) for run in self.runs)

    def ratio(self, quantity: str, method: str, other: str) -> float:
        """Average over seeds how many times as large a quantity is with one method as another."""
        return statistics.fmean(
            getattr(run[method], quantity) / getattr(run[other], quantity) for run in self.runs
        )

    def speed(self) -> float:
        """Say how many times as fast the default is as the peer."""
        return statistics.median(run[PEER].seconds / run[DEFAULT].seconds for run in self.runs)

    def off_length(self) -> float:
        """Say by what share the same length was missed, in the seed that missed it by most."""
        return max(
            abs(run[SAME_LENGTH].mean_segment / run[PEER].mean_segment - 1) for run in self.runs
        )

    def longest(self, method: str) -> float:
        """Give the longest segment over the mean one, the largest of all seeds."""
        return max(run[method].longest for run in self.runs)

    def table(self, title: str) -> Table:
        """Put the numbers of all methods together."""
        quantities = ["exact", "dithered", "mean_segment"]
        columns = ["method", "seconds", "exact", "dithered", "mean segment", "longest"]
        if not math.isnan(self.mean("test_agreement", PEER)):
            quantities += ["train_agreement", "test_agreement"]
            columns[-1:-1] = ["agreement, train", "agreement, test"]
        table = Table(title, columns)
        for method in self.runs[0]:
            seconds = statistics.median(run[method].seconds for run in self.runs)
            means = [self.mean(quantity, method) for quantity in quantities]
            table.add(method, seconds, *means, self.longest(method))
        return table


PEER, DEFAULT, SAME_LENGTH = "k-means + tour", "SFVQ", "SFVQ, same length"
KMEANS, FROM_TOUR = "k-means", 'SFVQ(init="tour")'


def main() -> None:
    """Compare on every scene."""
    quick = wants_quick(__doc__)
    report = Report("quality", __doc__, quick)
    summary = Table(
        "SFVQ as a share of k-means + tour, at the same mean segment",
        ["rows", "bits", "mean segment", "exact", "dithered", "times as fast"],
        note="The mean of the ratios over seeds; the speed is that of the default settings.",
    )
    for scene in scenes(quick):
        n_seeds = min(2, scene.n_seeds) if quick else scene.n_seeds
        outcome = Outcome([compete(scene, seed) for seed in range(n_seeds)])
        report.show(outcome.table(f"{scene.name}, {scene.n_bits} bits"))
        length, exact, dithered = (
            outcome.ratio(quantity, SAME_LENGTH, PEER)
            for quantity in ("mean_segment", "exact", "dithered")
        )
        summary.add(scene.name, scene.n_bits, length, exact, dithered, outcome.speed())
        judge(report, scene, outcome)
    report.show(summary)
    report.publish()


def scenes(quick: bool) -> list[Scene]:
    """List the data sets and bitrates to compare on."""
    if quick:
        return [
            Scene("digits", 4, digits),
            Scene("mapping network", 5, partial(mapped, 2048, 1024, 64), least_speed=5.0),
            Scene("moons", 5, partial(plane, "moons", 500)),
        ]
    return [
        Scene("digits", 6, digits),
        Scene("mapping network", 8, partial(mapped, 65_536, 16_384, 512), least_speed=5.0),
        # A fit takes the peer minutes here.
        Scene("mapping network", 10, partial(mapped, 65_536, 16_384, 512), 5.0, n_seeds=2),
        *(Scene(name, bits, partial(plane, name, 10_000)) for name in SHAPES for bits in (6, 8)),
    ]


def mapped(n_train: int, n_test: int, n_features: int, seed: int) -> Split:
    """Split rows of one mapping network."""
    rows = mapping_network(n_train + n_test, n_features, seed)
    return Split(rows[:n_train], rows[n_train:])


def plane(name: str, n: int, seed: int) -> Split:
    """Give n rows of a shape to learn from, and as many to test with."""
    rows = SHAPES[name](2 * n, seed)
    return Split(rows[:n], rows[n:])


def compete(scene: Scene, seed: int) -> dict[str, Quality]:
    """Let every method learn the same rows."""
    split = scene.split(seed)
    X, n_vertices = split.train, 2**scene.n_bits
    centers, clustering = timed(lambda: kmeans_tour.fit_centers(X, n_vertices, seed))
    tour, ordering = timed(lambda: kmeans_tour.ordered(centers))
    peer = PolylineCurve(tour)
    default, seconds = fit(X, scene.n_bits, seed)
    same_length, same_seconds = fit_to_length(X, scene.n_bits, seed, float(peer.lengths.mean()))
    from_tour, tour_seconds = fit(X, scene.n_bits, seed, init="tour")
    return {
        DEFAULT: measure(default, split, seconds),
        SAME_LENGTH: measure(same_length, split, same_seconds),
        FROM_TOUR: measure(from_tour, split, tour_seconds),
        PEER: measure(peer, split, clustering + ordering),
        KMEANS: Quality(clustering, distortion_to_points(centers, split.test)),
    }


def fit(X: Matrix, n_bits: int, seed: int, **parameters: Any) -> tuple[PolylineCurve, float]:
    """Fit an `SFVQ`; give its curve and the seconds."""
    model, seconds = timed(lambda: SFVQ(n_bits, random_state=seed, **parameters).fit(X))
    return model.curve_, seconds


def fit_to_length(X: Matrix, n_bits: int, seed: int, wanted: float) -> tuple[PolylineCurve, float]:
    """Fit with the smoothness that makes the mean segment as long as is wanted.

    More smoothness makes shorter segments. The logarithm of the smoothness is first moved until two
    trials lie on either side of the length, then halved between them. Where no smoothness will do,
    the nearest trial counts.
    """
    short, long = None, None
    least, most = map(math.log, SMOOTHNESS_RANGE)
    exponent = math.log(FIRST_SMOOTHNESS)
    best, smallest = None, math.inf
    for _ in range(MAX_TRIALS):
        trial = fit(X, n_bits, seed, smoothness=math.exp(exponent))
        excess = float(trial[0].lengths.mean()) / wanted - 1
        if abs(excess) < smallest:
            best, smallest = trial, abs(excess)
        if smallest < LENGTH_TOLERANCE:
            break
        if excess > 0:
            long = exponent
            exponent = exponent + math.log(4) if short is None else (short + long) / 2
        else:
            short = exponent
            exponent = exponent - math.log(4) if long is None else (short + long) / 2
        if not least <= exponent <= most:
            break
    return best


def measure(curve: PolylineCurve, split: Split, seconds: float) -> Quality:
    """Say how good a curve is on rows that it has not seen."""
    mean = float(curve.lengths.mean())
    labelled = {}
    if split.test_labels is not None:
        labelled = {
            "train_agreement": neighbor_agreement(curve, split.train, split.train_labels),
            "test_agreement": neighbor_agreement(curve, split.test, split.test_labels),
        }
    return Quality(
        seconds,
        distortion(curve, split.test),
        dithered_distortion(curve, split.test, random_state=0),
        mean,
        float(curve.lengths.max()) / mean,
        **labelled,
    )


def distortion_to_points(points: Matrix, X: Matrix) -> float:
    """Give the mean squared distance to the nearest point, per feature."""
    _, distances = pairwise_distances_argmin_min(X, points, metric="sqeuclidean")
    return float(distances.mean(dtype=np.float64)) / X.shape[1]


def judge(report: Report, scene: Scene, outcome: Outcome) -> None:
    """Hold a scene to its targets."""
    where = f"{scene.name}, {scene.n_bits} bits"
    exact, dithered = (outcome.ratio(q, SAME_LENGTH, PEER) for q in ("exact", "dithered"))
    off_length = outcome.off_length()
    report.at_most(f"{where}: mean segment, same length off the peer", off_length, LENGTH_TOLERANCE)
    report.at_most(f"{where}: exact, same length / peer", exact, 1.0)
    report.below(f"{where}: dithered, same length / peer", dithered, 1.0)
    report.at_most(f"{where}: longest segment / mean, default", outcome.longest(DEFAULT), 2.0)
    if scene.least_speed is not None:
        report.at_least(f"{where}: times as fast as the peer", outcome.speed(), scene.least_speed)
    if scene.name == "digits":
        exact = outcome.ratio("exact", DEFAULT, KMEANS)
        report.at_most(f"{where}: exact, default / k-means", exact, 1.0)
        for rows in ("train", "test"):
            agreement = outcome.ratio(f"{rows}_agreement", SAME_LENGTH, PEER)
            report.at_least(f"{where}: agreement of {rows} rows, of the peer's", agreement, 1.0)


if __name__ == "__main__":
    main()
