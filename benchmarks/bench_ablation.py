"""Ablation: what do smoothness, bitrate, initialisation, dither and growth do for the curve?

Curves are learnt from 50,000 latents of the trained generator of sprites, in its W space, with
three seeds: 6 bits and the default settings, but for one of them. Distortion is per feature, on
10,000 fresh latents.

- *exact* is the distance to the nearest point of the curve, *dithered* that to a random point of
  the best segment: the objective of the papers.
- *distance*: the mean segment as a share of the mean distance of any two vertices.
- *factors*: the mean change of nine measured factors from vertex to vertex, as a share of that
  between any two vertices; 1 is no order.
- *re-rendering*: the mean error of images at 1,000 random positions on segments, when their factors
  are measured and drawn again; of fresh samples in the first row.
- *no species*: the share of these images that fit into the ranges of no species.

Dither: the default mixes both, a share of 0.3 of the rows meeting the nearest point of the whole
line. At 0 all of them meet dithered points, as published; at 1 it is plain projection. Growth: the
default begins with four vertices and divides every segment, up to 64. Without growth, 64 vertices
are there from the beginning: rows in any order (*random rows*), the same on a short tour (*rows on
a tour*), or k-means centres on a tour (`init="tour"`). Those have as many sweeps as all bitrates of
the default together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from report import Report, Spread, Table, wants_quick
from sprite_space import Matrix, change_ratio, factors_of, is_no_species, name_weights, read, sample

from skcurve import SFVQ, PolylineCurve
from skcurve.generators.sprites import SpriteGenerator
from skcurve.metrics import distortion, dithered_distortion, smoothness_ratio
from skcurve.solvers import Lloyd, short_order

SEEDS = (0, 1, 2)
N_BITS, BITRATES = 6, (3, 4, 5, 7, 8)
N_TRAIN, N_TEST, N_POINTS = 50_000, 10_000, 1000
SMOOTHNESSES = (0.0, 0.001, 0.1, 1.0)
INITS = ("pca", "random", "tour")
EXACT_SHARES = (0.0, 1.0)
DEFAULT, FRESH = "default", "fresh samples"
COLUMNS = ("exact", "dithered", "distance", "factors", "re-rendering", "no species")

Fit = Callable[[Matrix, int], PolylineCurve]


class Variant(NamedTuple):
    """One setting that is not the default, and what it is about."""

    about: str
    name: str
    fit: Fit


def main() -> None:
    """Measure every variant with every seed."""
    quick = wants_quick(__doc__)
    report = Report("ablation", __doc__, quick)
    report.tell("The weights of the trained networks", name_weights())
    seeds, n_bits = (SEEDS[:1], 4) if quick else (SEEDS, N_BITS)
    sizes = (2000, 300, 32) if quick else (N_TRAIN, N_TEST, N_POINTS)
    rows = variants(n_bits, (3,) if quick else BITRATES)
    generator = SpriteGenerator()
    runs = [measure_all(generator, rows, seed, *sizes) for seed in seeds]
    table = Table("One setting at a time", ["about", "setting", *COLUMNS])
    for about, name in [("", FRESH), *((row.about, row.name) for row in rows)]:
        table.add(about, name, *(Spread(tuple(run[name][key] for run in runs)) for key in COLUMNS))
    report.show(table)
    hold(report, runs)
    report.publish()


def variants(n_bits: int, bitrates: tuple[int, ...]) -> list[Variant]:
    """List what is tried, the default first."""
    own = partial(learn, n_bits)
    rows = [Variant("", DEFAULT, own)]
    for smoothness in SMOOTHNESSES:
        fit = partial(own, smoothness=smoothness)
        rows.append(Variant("smoothness", f"{smoothness:g}", fit))
    rows += [Variant("bitrate", f"{bits} bits", partial(learn, bits)) for bits in bitrates]
    rows += [Variant("start", f'init="{init}"', partial(own, init=init)) for init in INITS]
    for share in EXACT_SHARES:
        name = f"exact share {share:g}"
        rows.append(Variant("dither", name, partial(own, solver=Lloyd(exact_share=share))))
    n_sweeps = (n_bits - 1) * Lloyd.max_iter
    for name, start in [("random rows", random_rows), ("rows on a tour", rows_on_a_tour)]:
        rows.append(Variant("no growth", name, partial(from_array, n_bits, start, n_sweeps)))
    longer = partial(own, init="tour", max_iter=n_sweeps)
    rows.append(Variant("no growth", 'init="tour", as many sweeps', longer))
    return rows


def learn(n_bits: int, train: Matrix, seed: int, **parameters: Any) -> PolylineCurve:
    """Fit a curve."""
    return SFVQ(n_bits, random_state=seed, **parameters).fit(train).curve_


def from_array(
    n_bits: int,
    start: Callable[[Matrix, int, int], Matrix],
    n_sweeps: int,
    train: Matrix,
    seed: int,
) -> PolylineCurve:
    """Fit a curve that has all its vertices from the beginning."""
    return learn(n_bits, train, seed, init=start(train, 2**n_bits, seed), max_iter=n_sweeps)


def random_rows(train: Matrix, n_vertices: int, seed: int) -> Matrix:
    """Draw rows, in any order."""
    return train[np.random.default_rng(seed).choice(len(train), n_vertices, replace=False)]


def rows_on_a_tour(train: Matrix, n_vertices: int, seed: int) -> Matrix:
    """Draw the same rows, and visit them on a short tour."""
    drawn = random_rows(train, n_vertices, seed)
    return drawn[short_order(torch.from_numpy(drawn)).numpy()]


def measure_all(
    generator: SpriteGenerator,
    rows: list[Variant],
    seed: int,
    n_train: int,
    n_test: int,
    n_points: int,
) -> dict[str, dict[str, float]]:
    """Measure every variant, by name."""
    train, test = sample(generator, n_train, seed), sample(generator, n_test, 1000 + seed)
    fresh = read(generator, test[:n_points])
    nothing = dict.fromkeys(COLUMNS, float("nan"))
    measured = {FRESH: {**nothing, **looks(fresh)}}
    deviations = fresh.factors.std(0)
    for row in rows:
        curve = row.fit(train, seed)
        places = np.random.default_rng(seed).random(n_points) * curve.n_segments
        factors = factors_of(generator, curve.vertices)
        measured[row.name] = {
            "exact": distortion(curve, test),
            "dithered": dithered_distortion(curve, test, random_state=0),
            "distance": smoothness_ratio(curve),
            "factors": change_ratio(factors / deviations),
            **looks(read(generator, curve.evaluate(places))),
        }
    return measured


def looks(found: Any) -> dict[str, float]:
    """Say how much like sprites images look."""
    return {
        "re-rendering": float(found.off.mean()),
        "no species": float(is_no_species(found.factors).mean()),
    }


def hold(report: Report, runs: list[dict[str, dict[str, float]]]) -> None:
    """Hold the default to what each of its parts is for."""

    def ratio(name: str, variant: str) -> float:
        return float(np.mean([run[DEFAULT][name] / run[variant][name] for run in runs]))

    report.at_most(
        "exact: default / no mixture (exact share 0)", ratio("exact", "exact share 0"), 1
    )
    plain = "exact share 1"
    report.at_most(f"dithered: default / plain projection ({plain})", ratio("dithered", plain), 1)
    report.at_most("re-rendering: default / plain projection", ratio("re-rendering", plain), 1)
    report.at_most(
        "dithered: default / no growth, random rows", ratio("dithered", "random rows"), 1
    )
    report.at_most("factors: default / no growth, random rows", ratio("factors", "random rows"), 1)
    report.at_most('dithered: default / init="tour"', ratio("dithered", 'init="tour"'), 1)
    report.at_most('factors: default / init="tour"', ratio("factors", 'init="tour"'), 1)
    report.at_most("factors: default / smoothness 0", ratio("factors", "0"), 1)


if __name__ == "__main__":
    main()
