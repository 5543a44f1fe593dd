"""Directions: for how many factors is there one that changes it, and little else?

Nine factors of sprites are measured by a network. A direction is *of* the factor that it changes
most, if that is at least half of all changes (purity) and at least half a standard deviation. All
methods are compared by `LatentDirectionExplorer.compare`: on the same latents, at the strength at
which the image changes by the same amount, 0.3 of the change between two unrelated images. With
three seeds, which draw the latents that are learnt from and tried on, and seed the methods.

Each direction is tried on 12 latents, on all layers; then on each of several ranges of layers too,
and the best of them counts. More directions have more chances: compare methods with as many
directions, above all with random ones. The number is in brackets.

- *SFVQ*: the segments of a curve through 50,000 latents at 4, 5, 6 and 8 bits, of the last as many
  as there are at 6 bits, equally far apart; and the chords between any two of its vertices at 3.
- *k-means*, the control of what the curve adds: the segments of a short tour through as many
  centres as the curve has vertices at 6 bits, and the chords between any two of as many as at 3.
- *PCA* of the latents; *SeFa*, which needs the weights of a network; *Voynov-Babenko* with a LeNet
  (300 steps) and *LatentCLR* on the outputs (150 steps), both trained here; *random*, isotropic.
- *mean Jacobian* and *ridge* are told the factors. The first is the ceiling.

There are three generators: the trained one that ships with the package (one network, trained
against a discriminator alone), in its W space of eight layers, with ranges of two each; and
`ExactSprites`, whose factors are a bijection of the latents, with species and with independent
factors, and ranges of one of its four layers. With independent factors nothing tells one turn of
the latents from another, so nothing that is not told the factors is expected to win.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from peers import kmeans_tour
from report import Report, Spread, Table, wants_quick
from sprite_space import Matrix, Scene, name_weights, sample, scenes

from skcurve import SFVQ, LatentDirectionExplorer, PolylineCurve
from skcurve.directions import (
    AttributeDirections,
    ClosedFormDirections,
    ContrastiveDirections,
    PCADirections,
    RandomDirections,
    RectifiedDirections,
    SegmentDirections,
)
from skcurve.generators.sprites import FACTORS, attributes

SEEDS = (0, 1, 2)
BITS = (4, 5, 6, 8)
MOST_BITS = 6
"""Of a curve with more, so many segments are tried as at this bitrate."""
CHORD_BITS = 3
N_TRAIN, N_TRIED, N_STEPS = 50_000, 12, 3
AMOUNT = 0.3
RECTIFIED_STEPS, CONTRASTIVE_STEPS = 300, 150
ALL, ANY = "all", "any of them"
TOLD = ("mean Jacobian", "ridge")


class Sizes(NamedTuple):
    """How much of everything."""

    bits: tuple[int, ...]
    n_train: int
    n_tried: int
    rectified_steps: int
    contrastive_steps: int


def main() -> None:
    """Compare the methods on every generator."""
    quick = wants_quick(__doc__)
    seeds = SEEDS[:1] if quick else SEEDS
    sizes = Sizes(BITS, N_TRAIN, N_TRIED, RECTIFIED_STEPS, CONTRASTIVE_STEPS)
    if quick:
        sizes = Sizes((3,), 2000, 2, 2, 2)
    report = Report("directions", __doc__, quick)
    report.tell("The weights of the trained networks", name_weights())
    summary = Table(
        f"Factors found, of {len(FACTORS)}, with ranges of layers",
        [
            "generator",
            "SFVQ, best",
            "random, as many",
            "k-means, best",
            "best that is not told",
            "mean Jacobian",
        ],
    )
    for scene in scenes()[:1] if quick else scenes():
        runs = [compared(scene, seed, sizes) for seed in seeds]
        show(report, scene, runs)
        summarise(report, summary, scene, runs)
    report.show(summary)
    report.publish()


def compared(scene: Scene, seed: int, sizes: Sizes) -> dict[tuple[str, str], dict[str, Any]]:
    """Compare the methods on a generator; give the rows of the table by method and layers."""
    train = sample(scene.generator, sizes.n_train, seed)
    curve = SFVQ(max(sizes.bits), random_state=seed).fit(train)
    explorer = LatentDirectionExplorer(
        curve, scene.generator, attributes=attributes, random_state=seed
    )
    table = explorer.compare(
        finders(scene, train, curve, seed, sizes),
        layer_ranges=layer_ranges(scene.generator.n_layers),
        amount=AMOUNT,
        n_latents=sizes.n_tried,
        n_steps=N_STEPS,
    )
    # The explorer names the layers; by place, all of them come first.
    named: dict[tuple[str, str], dict[str, Any]] = {}
    for (method, layers), row in zip(table.index, table.to_dict("records"), strict=True):
        first = (method, ALL) not in named
        named[method, ALL if first else layers] = row
    return named


def layer_ranges(n_layers: int) -> list[Any]:
    """Give all layers; then the four quarters of them."""
    each = n_layers // 4
    return [None, *((first, first + each - 1) for first in range(0, n_layers, each))]


def finders(scene: Scene, train: Matrix, curve: SFVQ, seed: int, sizes: Sizes) -> dict[str, Any]:
    """Give every method, by its name and how many directions it has."""
    n_features = train.shape[1]
    few = 2 ** min(sizes.bits) - 1
    components = min(few, n_features)
    tour_bits = min(MOST_BITS, max(sizes.bits))
    tour = PolylineCurve(kmeans_tour.fit(train, 2**tour_bits, seed))
    centers = PolylineCurve(kmeans_tour.fit_centers(train, 2**CHORD_BITS, seed))
    methods: list[tuple[str, Any]] = []
    for n_bits in sizes.bits:
        # Of a curve learnt for the last bitrate; a codebook on the way to it is as good.
        chosen = None if n_bits <= MOST_BITS else spread_segments(n_bits)
        segments = SegmentDirections(curve, bitrate=n_bits, chords=chosen)
        methods.append((f"SFVQ segments, {n_bits} bits", segments))
    methods += [
        (
            f"SFVQ chords, {CHORD_BITS} bits",
            SegmentDirections(curve, bitrate=CHORD_BITS, chords="all"),
        ),
        (f"k-means tour segments, {tour_bits} bits", SegmentDirections(tour)),
        (f"k-means chords, {CHORD_BITS} bits", SegmentDirections(centers, chords="all")),
        ("PCA", PCADirections(components, random_state=seed)),
        (
            "Voynov-Babenko",
            RectifiedDirections(few, n_steps=sizes.rectified_steps, random_state=seed),
        ),
        (
            "LatentCLR",
            ContrastiveDirections(few, n_steps=sizes.contrastive_steps, random_state=seed),
        ),
        *(("random", RandomDirections(k, random_state=seed)) for k in counts(sizes.bits)),
        ("mean Jacobian", AttributeDirections(attributes, random_state=seed)),
        ("ridge", AttributeDirections(attributes, method="ridge", random_state=seed)),
    ]
    if hasattr(scene.generator, "first_layer_weights"):
        methods.insert(-2, ("SeFa", ClosedFormDirections(components, random_state=seed)))
    fitted = [(name, finder.fit(scene.generator, train)) for name, finder in methods[:-2]]
    # The Jacobian is a mean over few latents: those of the finder, not all that there are.
    fitted += [(name, finder.fit(scene.generator)) for name, finder in methods[-2:]]
    return {f"{name} ({finder.n_directions_})": finder for name, finder in fitted}


def spread_segments(n_bits: int) -> list[tuple[int, int]]:
    """Give the ends of segments that are equally far apart on a curve of many."""
    n_shown = 2**MOST_BITS - 1
    first = np.linspace(0, 2**n_bits - 2, n_shown).round().astype(int)
    return [(int(start), int(start) + 1) for start in first]


def counts(bits: Sequence[int]) -> list[int]:
    """Say how many random directions there have to be: as many as of each method on a curve."""
    chords = 2**CHORD_BITS * (2**CHORD_BITS - 1) // 2
    return sorted({2 ** min(n_bits, MOST_BITS) - 1 for n_bits in bits} | {chords})


def show(report: Report, scene: Scene, runs: list[dict[tuple[str, str], dict[str, Any]]]) -> None:
    """Put the methods together: on all layers, and with the best of the ranges."""
    table = Table(
        f"{scene.name}: factors found, of {len(FACTORS)}",
        ["method", "all layers", "ranges", "ranges, inside", "best purity, all",
         "best purity, ranges", "median purity, all", "median effect, all", "share inside",
         "with every seed, ranges"],
        note="*Inside* counts only directions whose strength stays inside the distribution, by the "
        "distance to the nearest latent; *share inside* is that of all directions and ranges. Best "
        "purity is the mean over factors of the purest direction of each; the medians are over "
        "directions. Effects are means over latents: a factor that rises for some and falls for "
        "others counts as little changed.",
    )  # fmt: skip
    for method in methods_of(runs):
        whole = [run[method, ALL] for run in runs]
        ranges = [run[method, ANY] for run in runs]
        always = set.intersection(*(set(row["which"].split(", ")) for row in ranges)) - {""}
        table.add(
            method,
            spread(whole, "attributes found"),
            spread(ranges, "attributes found"),
            spread(ranges, "found inside"),
            spread(whole, "best purity"),
            spread(ranges, "best purity"),
            spread(whole, "median purity"),
            spread(whole, "median effect"),
            spread(ranges, "inside"),
            ", ".join(name for name in FACTORS if name in always) or "none",
        )
    report.show(table)
    by_range = Table(
        f"{scene.name}: factors found on each range of layers",
        ["method", *(layers for method, layers in runs[0] if method == methods_of(runs)[0])],
    )
    for method in methods_of(runs):
        found = [spread([run[method, layers] for run in runs], "attributes found").mean
                 for layers in by_range.columns[1:]]  # fmt: skip
        by_range.add(method, *found)
    report.show(by_range)


def methods_of(runs: list[dict[tuple[str, str], dict[str, Any]]]) -> list[str]:
    """List the methods in their order."""
    return list(dict.fromkeys(method for method, _ in runs[0]))


def spread(rows: Sequence[dict[str, Any]], name: str) -> Spread:
    """Gather a number over the seeds."""
    return Spread(tuple(float(row[name]) for row in rows))


def summarise(
    report: Report,
    summary: Table,
    scene: Scene,
    runs: list[dict[tuple[str, str], dict[str, Any]]],
) -> None:
    """Compare the segments with random directions, which they have to beat, and the ceiling."""
    found = {
        method: spread([run[method, ANY] for run in runs], "attributes found")
        for method in methods_of(runs)
    }
    ours = {method: value for method, value in found.items() if method.startswith("SFVQ")}
    best = max(ours, key=lambda method: ours[method].mean)
    count = best.rpartition(" ")[2]
    plain = {method: value for method, value in found.items() if method.startswith("k-means")}
    rival = max(plain, key=lambda method: plain[method].mean)
    untold = {method: value for method, value in found.items() if not method.startswith(TOLD)}
    winner = max(untold, key=lambda method: untold[method].mean)
    told = next(value for method, value in found.items() if method.startswith(TOLD[0]))
    alike = found.get(f"random {count}")
    summary.add(
        scene.name,
        f"{ours[best]}, {best}",
        "–" if alike is None else str(alike),
        f"{plain[rival]}, {rival}",
        f"{untold[winner]}, {winner}",
        str(told),
    )
    for method, value in ours.items():
        control = found.get(f"random {method.rpartition(' ')[2]}")
        if control is not None:
            target = f"{scene.name}: {method}, factors found more than by random directions"
            report.at_least(target, value.mean - control.mean, 0.5)


if __name__ == "__main__":
    main()
