"""Rows that are drawn like others: from curves of every bitrate, from tours, and without any."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from peers import kmeans_tour
from report import Spread
from sklearn.decomposition import PCA

from skcurve import SFVQ, CurveAugmenter, PolylineCurve

Matrix = npt.NDArray[np.float32]

EVENLY, AS_ROWS, JITTERED, TOUR = "evenly", "as the rows", "with jitter", "tour, with jitter"
PAIRS, WALKS, NORMAL, NOISY = "random pairs", "walks", "normal", "noisy rows"
DRAWN: dict[str, dict[str, Any]] = {
    EVENLY: {"spacing": "arclength", "jitter": 0.0},
    AS_ROWS: {"spacing": "density", "jitter": 0.0},
    JITTERED: {"spacing": "density", "jitter": 1.0},
}
"""The ways to draw from a curve."""
COLORS = {EVENLY: "#0072B2", AS_ROWS: "#009E73", JITTERED: "#D55E00", TOUR: "#CC79A7"}
DASHES = ("-", "--", "-.", ":", (0, (1, 4)), (0, (8, 4)))
N_COMPONENTS, FARTHEST = 8, 2.0
NOISE = 0.25

DESCRIBED = """\
- *evenly*: on the curve, uniform in arclength, as `CurveAugmenter` does by default;
- *as the rows*: on the curve, `spacing="density"`;
- *with jitter*: the same with a jitter of 1, the covariance of the rows around each segment;
- *tour, with jitter*: the same on a tour through k-means centres;
- *random pairs*: at a random place between two rows;
- *walks* from the mean along one of the first eight principal components, up to two deviations;
- *normal*: the normal distribution with the mean and the covariance of all rows;
- *noisy rows*: a row and normal noise, a quarter of the deviations of all."""


class Kind(NamedTuple):
    """How rows come about.

    Attributes
    ----------
    name : str
    n_bits : int or None
        Of the curve, if there is one.
    """

    name: str
    n_bits: int | None = None

    def __str__(self) -> str:
        return self.name if self.n_bits is None else f"{self.name}, {self.n_bits} bits"


Run = dict[Kind, dict[str, float]]
"""What was measured of each kind, with one seed."""


class Panel(NamedTuple):
    """A part of a figure: one measure against the bits."""

    title: str
    runs: list[Run]
    measure: str
    is_logarithmic: bool = False


def from_curves(
    train: Matrix, bits: Sequence[int], n: int, seed: int
) -> Iterator[tuple[Kind, Matrix]]:
    """Draw from the curve at each bitrate, on its way to the largest."""
    model = SFVQ(max(bits), random_state=seed).fit(train)
    for n_bits in bits:
        augmenter = CurveAugmenter(model.at_bitrate(n_bits).curve_, random_state=seed).fit(train)
        for name, how in DRAWN.items():
            yield Kind(name, n_bits), drawn(augmenter.set_params(**how), n)


def from_tours(
    train: Matrix, bits: Sequence[int], n: int, seed: int
) -> Iterator[tuple[Kind, Matrix]]:
    """Draw from tours through as many centres of k-means."""
    for n_bits in bits:
        tour = PolylineCurve(kmeans_tour.fit(train, 2**n_bits, seed))
        augmenter = CurveAugmenter(tour, **DRAWN[JITTERED], random_state=seed).fit(train)
        yield Kind(TOUR, n_bits), drawn(augmenter, n)


def drawn(augmenter: CurveAugmenter, n: int) -> Matrix:
    """Draw from the whole curve."""
    with warnings.catch_warnings():
        # That it crosses empty space here and there is among what is measured.
        warnings.filterwarnings("ignore", "the stretch", UserWarning)
        return np.asarray(augmenter.sample(n).latents, np.float32)


def from_rows(train: Matrix, n: int, seed: int) -> Iterator[tuple[Kind, Matrix]]:
    """Draw in ways that know no curve."""
    rng = np.random.default_rng(seed)
    first, second = train[rng.integers(len(train), size=(2, n))]
    share = rng.random((n, 1), np.float32)
    yield Kind(PAIRS), share * first + (1 - share) * second
    pca = PCA(N_COMPONENTS, random_state=seed).fit(train)
    deviations = np.sqrt(pca.explained_variance_)[:, None] * pca.components_
    along = deviations[rng.integers(N_COMPONENTS, size=n)]
    strength = rng.uniform(-FARTHEST, FARTHEST, (n, 1))
    yield Kind(WALKS), (pca.mean_ + strength * along).astype(np.float32)
    covariance = np.cov(train.T, dtype=np.float64)
    normal = rng.multivariate_normal(np.zeros(train.shape[1]), covariance, (2, n), method="eigh")
    yield Kind(NORMAL), (train.mean(0) + normal[0]).astype(np.float32)
    yield Kind(NOISY), (first + NOISE * normal[1]).astype(np.float32)


def spread(runs: list[Run], kind: Kind, measure: str) -> Spread:
    """Gather a number over the seeds."""
    return Spread(tuple(run[kind][measure] for run in runs))


def figure_of(panels: list[Panel], n_columns: int) -> Any:
    """Draw measures against the bits; what has no bits is a level line."""
    import matplotlib.pyplot as plt

    n_rows = -(-len(panels) // n_columns)
    figure, axes = plt.subplots(
        n_rows, n_columns, figsize=(10, 0.6 + 2.5 * n_rows), sharex=True, layout="constrained",
        squeeze=False,
    )  # fmt: skip
    for ax, panel in zip(axes.flat, panels, strict=True):
        kinds = list(panel.runs[0])
        means = {kind: spread(panel.runs, kind, panel.measure).mean for kind in kinds}
        for way, color in COLORS.items():
            its = [kind for kind in kinds if kind.name == way]
            ax.plot(
                [kind.n_bits for kind in its], [means[kind] for kind in its],
                color=color, marker="o", markersize=4, label=way,
            )  # fmt: skip
        without = [kind for kind in kinds if kind.n_bits is None]
        for kind, dash in zip(without, DASHES, strict=False):
            ax.axhline(means[kind], color="0.4", linestyle=dash, linewidth=1, label=str(kind))
        ax.set_yscale("log" if panel.is_logarithmic else "linear")
        ax.set_title(panel.title, fontsize="medium")
        ax.grid(alpha=0.3)
    for ax in axes[-1]:
        ax.set_xlabel("bits")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=8
    )  # fmt: skip
    return figure
