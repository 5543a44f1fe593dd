"""Inside the distribution: is what lies on the segments as real as fresh samples are?

A curve is learnt from 50,000 latents of the trained generator of sprites, in its W space, at 4, 6
and 8 bits, with three seeds. 1,000 points of each kind are drawn as sprites, or fewer where there
are no more, and judged four ways. The generator is one network, that of the package, which was
trained as a StyleGAN2 is, against a discriminator alone.

- *re-rendering*: a network reads the factors off the image, they are drawn again, and the root mean
  square of the difference is the error; images are in [-1, 1]. The mean and the 95% quantile.
- *realism*: the score of the discriminator that ships with the package, which was trained to tell
  renders from samples of the generator and from damaged renders, and has seen nothing else of what
  is compared here; and the share of images that are *less real* than the worst 5% of fresh samples.
  How much it knows, the scores of renders and of fresh samples say.
- *no species*: the share of sprites that fit into the ranges of no species, of hue, size, shape and
  background. Such a sprite may be drawn perfectly, and still be none that there is.
- *distance in W* to the nearest of 10,000 fresh latents.

The kinds of points:

- *fresh samples* of the generator, and *renders*: sprites that no generator has seen;
- *vertices*, *midpoints* and *random positions* of the segments of a curve, and the midpoints and
  random positions of a tour through k-means centres (*tour*);
- *midpoints of random pairs* of fresh latents;
- *walks* from the mean along one of the first eight principal components, to one, two and three
  standard deviations either way, and *the mean* itself;
- fresh samples *truncated* half-way to the mean.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from peers import kmeans_tour
from report import Report, Spread, Table, wants_quick
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors
from sprite_space import Matrix, Readings, is_no_species, name_weights, read, read_images, sample

from skcurve import SFVQ, PolylineCurve
from skcurve.generators.sprites import SpriteGenerator, render, sample_factors

SEEDS = (0, 1, 2)
BITS = (4, 6, 8)
N_TRAIN, N_REFERENCE, N_POINTS = 50_000, 10_000, 1000
N_COMPONENTS, STEPS = 8, (1, 2, 3)
LEAST_REAL = 0.05
BETTER = {
    "re-rendering": "small",
    "re-rendering, 95%": "small",
    "realism": "large",
    "less real": "small",
    "no species": "small",
    "distance in W": "small",
}
FRESH, PAIRS, MEAN, RENDERS = "fresh samples", "midpoints of random pairs", "the mean", "renders"


class Sizes(NamedTuple):
    """How much of everything."""

    bits: tuple[int, ...]
    n_train: int
    n_reference: int
    n_points: int


def main() -> None:
    """Judge points of every kind with every seed."""
    quick = wants_quick(__doc__)
    seeds = SEEDS[:2] if quick else SEEDS
    sizes = Sizes((4,), 3000, 500, 64) if quick else Sizes(BITS, N_TRAIN, N_REFERENCE, N_POINTS)
    report = Report("inside", __doc__, quick)
    report.tell("The weights of the trained networks", name_weights())
    generator = SpriteGenerator()
    runs = [judge_all(generator, seed, sizes) for seed in seeds]
    table = Table(
        "Where points are, and how real they look",
        ["points", *BETTER],
        note="Fresh samples are the measure; a distance of theirs is to the nearest other one.",
    )
    for kind in runs[0]:
        table.add(kind, *(Spread(tuple(run[kind][name] for run in runs)) for name in BETTER))
    report.show(table)
    hold(report, runs, sizes.bits)
    report.publish()


def judge_all(generator: SpriteGenerator, seed: int, sizes: Sizes) -> dict[str, dict[str, float]]:
    """Measure points of every kind, by name."""
    random = np.random.default_rng(seed)
    train = sample(generator, sizes.n_train, seed)
    fresh = sample(generator, sizes.n_reference, 1000 + seed)
    neighbours = NearestNeighbors(n_neighbors=2).fit(fresh)
    readings = read(generator, fresh[: sizes.n_points])
    limit = float(np.quantile(readings.realism, LEAST_REAL))

    def judged(
        points: Matrix, found: Readings | None = None, own: bool = False
    ) -> dict[str, float]:
        found = read(generator, points) if found is None else found
        # Of a point of the reference itself, the nearest one is that point.
        distance = neighbours.kneighbors(points)[0][:, int(own)].mean() if len(points) else np.nan
        return numbers(found, limit, float(distance))

    factors, _ = sample_factors(sizes.n_points, 2000 + seed)
    kinds = {
        RENDERS: judged(fresh[:0], read_images(np.asarray(render(factors)))),
        FRESH: judged(fresh[: sizes.n_points], readings, own=True),
    }
    for name, points in points_of(train, fresh, generator, sizes, seed, random).items():
        kinds[name] = judged(points)
    return kinds


def numbers(found: Readings, limit: float, distance: float) -> dict[str, float]:
    """Put what was measured of images in one number each."""
    return {
        "re-rendering": float(found.off.mean()),
        "re-rendering, 95%": float(np.quantile(found.off, 0.95)),
        "realism": float(found.realism.mean()),
        "less real": float((found.realism < limit).mean()),
        "no species": float(is_no_species(found.factors).mean()),
        "distance in W": distance,
    }


def points_of(
    train: Matrix,
    fresh: Matrix,
    generator: SpriteGenerator,
    sizes: Sizes,
    seed: int,
    random: np.random.Generator,
) -> dict[str, Matrix]:
    """Give points of every kind, by name."""
    n = sizes.n_points
    kinds: dict[str, Matrix] = {}
    for n_bits in sizes.bits:
        curve = SFVQ(n_bits, random_state=seed).fit(train).curve_
        kinds[f"vertices, {n_bits} bits"] = curve.vertices[:n]
        kinds |= on_segments(curve, f"{n_bits} bits", n, random)
        tour = PolylineCurve(kmeans_tour.fit(train, 2**n_bits, seed))
        kinds |= on_segments(tour, f"tour, {n_bits} bits", n, random)
    first, second = fresh[:n], fresh[random.permutation(len(fresh))[:n]]
    kinds[PAIRS] = (first + second) / 2
    pca = PCA(N_COMPONENTS, random_state=seed).fit(train)
    deviations = np.sqrt(pca.explained_variance_)[:, None] * pca.components_
    for step in STEPS:
        walk = np.concatenate([pca.mean_ + step * deviations, pca.mean_ - step * deviations])
        kinds[f"walks, {step} deviations"] = walk.astype(np.float32)
    kinds[MEAN] = pca.mean_[None].astype(np.float32)
    kinds["truncated to 0.5"] = (fresh[:n] + pca.mean_.astype(np.float32)) / 2
    return kinds


def on_segments(
    curve: PolylineCurve, name: str, n: int, random: np.random.Generator
) -> dict[str, Matrix]:
    """Give the midpoints of segments, and random positions of random segments."""
    middles = np.arange(curve.n_segments)[:n] + 0.5
    anywhere = random.random(n) * curve.n_segments
    evaluate: Callable[..., Matrix] = curve.evaluate
    return {f"midpoints, {name}": evaluate(middles), f"random, {name}": evaluate(anywhere)}


def hold(report: Report, runs: list[dict[str, dict[str, float]]], bits: tuple[int, ...]) -> None:
    """Hold the segments to the claim: as good as fresh samples, better than the other ways."""

    def ratio(name: str, kind: str, other: str) -> float:
        return float(np.mean([run[kind][name] / run[other][name] for run in runs]))

    for n_bits in bits:
        points = f"random, {n_bits} bits"
        off = "re-rendering"
        report.at_most(
            f"{points}: re-rendering error, of fresh samples'", ratio(off, points, FRESH), 1
        )
        report.below(
            f"{points}: re-rendering error, of random pairs'", ratio(off, points, PAIRS), 1
        )
        walks = ratio(off, points, "walks, 2 deviations")
        report.below(f"{points}: re-rendering error, of walks by 2 deviations", walks, 1)
        none, pairs = (ratio("no species", points, other) for other in (FRESH, PAIRS))
        report.at_most(f"{points}: share of no species, of fresh samples'", none, 1)
        report.below(f"{points}: share of no species, of random pairs'", pairs, 1)
        less = float(np.mean([run[points]["less real"] for run in runs]))
        real = np.mean([run[points]["realism"] - run[FRESH]["realism"] for run in runs])
        report.at_least(f"{points}: realism, above that of fresh samples", float(real), 0)
        report.at_most(f"{points}: share less real than the worst 5%", less, LEAST_REAL)


if __name__ == "__main__":
    main()
