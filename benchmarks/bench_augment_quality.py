"""Augmentation: how good and how varied are new sprites, with more and more bits?

A curve is learnt from 50,000 latents of the trained generator of sprites, in its W space, with
three seeds, and looked at with 3 to 10 bits: a curve at each bitrate on the way to 1,024 vertices.
Latents of every kind are drawn as sprites and compared with as many fresh samples of the generator,
by the features of the network that reads factors off sprites, 128 numbers an image.

- *precision*: the share of new sprites that are near a fresh one, nearer than its fifth neighbour;
  *recall*: the share of fresh sprites that are near a new one. *Density* counts how many fresh
  sprites a new one is near, of five; *coverage* is the share of fresh sprites that have a new one
  near them. By the package `prdc`.
- *FID* and *KID*, by torchmetrics: how far apart the distributions are, as normal ones, and by a
  cubic kernel. They are of these features, so compare them with each other and not with those that
  are printed elsewhere.

The kinds of latents:

- *fresh samples*, other ones: the ceiling, which nothing that learns from latents can pass but by
  chance;
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import drawn_latents
from drawn_latents import (
    EVENLY,
    JITTERED,
    NORMAL,
    PAIRS,
    TOUR,
    WALKS,
    Kind,
    Panel,
    Run,
    figure_of,
    from_curves,
    from_rows,
    from_tours,
    spread,
)
from fidelity import BETTER, features_of, fidelity
from report import Report, Table, wants_quick
from sprite_space import name_weights, sample

from skcurve.generators.sprites import SpriteGenerator

SEEDS = (0, 1, 2)
BITS = tuple(range(3, 11))
TOUR_BITS = (4, 6, 8)
N_TRAIN, N_POINTS = 50_000, 1000
FRESH = "fresh samples"


class Sizes(NamedTuple):
    """How much of everything."""

    bits: tuple[int, ...]
    tour_bits: tuple[int, ...]
    n_train: int
    n_points: int


def main() -> None:
    """Compare latents of every kind with every seed."""
    quick = wants_quick(__doc__)
    seeds = SEEDS[:2] if quick else SEEDS
    sizes = Sizes((3, 4), (4,), 3000, 64) if quick else Sizes(BITS, TOUR_BITS, N_TRAIN, N_POINTS)
    report = Report("augment_quality", f"{__doc__}{drawn_latents.DESCRIBED}", quick)
    report.tell("The weights of the trained networks", name_weights())
    runs = [measured(SpriteGenerator(), seed, sizes) for seed in seeds]
    draw(report, runs)
    table = Table("Quality and diversity", ["latents", *BETTER])
    for kind in runs[0]:
        table.add(str(kind), *(spread(runs, kind, name) for name in BETTER))
    report.show(table)
    judge(report, runs, sizes)
    report.publish()


def measured(generator: SpriteGenerator, seed: int, sizes: Sizes) -> Run:
    """Compare latents of every kind with fresh samples."""
    n = sizes.n_points
    train = sample(generator, sizes.n_train, seed)
    fresh = sample(generator, 2 * n, 1000 + seed)
    real = features_of(generator(fresh[:n]))
    kinds = itertools.chain(
        [(Kind(FRESH), fresh[n:])],
        from_rows(train, n, seed),
        from_curves(train, sizes.bits, n, seed),
        from_tours(train, sizes.tour_bits, n, seed),
    )
    return {kind: fidelity(real, features_of(generator(latents)), seed) for kind, latents in kinds}


def judge(report: Report, runs: list[Run], sizes: Sizes) -> None:
    """Hold the curve to the claim: valid and varied, better than what knows no curve."""

    def mean(kind: Kind, name: str) -> float:
        return spread(runs, kind, name).mean

    for n_bits in sizes.bits:
        on, off = Kind(EVENLY, n_bits), Kind(JITTERED, n_bits)
        precise = mean(on, "precision") / mean(Kind(FRESH), "precision")
        report.at_least(f"{on}: precision, of fresh samples'", precise, 1)
        varied = mean(off, "coverage") / mean(Kind(FRESH), "coverage")
        report.at_least(f"{off}: coverage, of fresh samples'", varied, 0.9)
        for other in (PAIRS, WALKS, NORMAL):
            ratio = mean(off, "FID") / mean(Kind(other), "FID")
            report.below(f"{off}: FID, of that of {other}", ratio, 1)
        if n_bits in sizes.tour_bits:
            ratio = mean(off, "FID") / mean(Kind(TOUR, n_bits), "FID")
            report.at_most(f"{off}: FID, of that of a tour", ratio, 1)


def draw(report: Report, runs: list[Run]) -> None:
    """Draw each measure against the bits."""
    panels = [
        Panel(
            f"{name} ({'more' if better == 'large' else 'less'} is better)",
            runs, name, is_logarithmic=name == "FID",
        )
        for name, better in BETTER.items()
    ]  # fmt: skip
    report.draw(
        "Against the bits", "augment_quality", figure_of(panels, 3),
        "Precision, recall, density, coverage, FID and KID against the bits, for each kind of "
        "latents",
    )  # fmt: skip


if __name__ == "__main__":
    main()
