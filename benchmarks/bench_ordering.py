"""Ordering: are neighbours on the curve alike, and which stretches are which species?

Curves are learnt from 30,000 latents of generators of sprites, at 4 to 8 bits, with three seeds:
each draws the latents and seeds the methods. What is at the vertices is drawn, and a network reads
its nine factors. There are three generators: the trained one that ships with the package, in its
W space (one network, trained against a discriminator alone); `ExactSprites`, a bijection
between latents and factors, with the same six species; and `ExactSprites` with independent factors.

- *SFVQ* has its default settings; *smoother* has a smoothness of 0.1, ten times the default.
- *k-means + tour* is the strongest plain peer (`benchmarks/peers/kmeans_tour.py`).
- *by component* are the same vertices, of SFVQ or of k-means, in the order of the first principal
  component of the latents.

*Change of factors* is the mean absolute change from one vertex to the next, in standard deviations,
over all factors; as a share of that between any two of the vertices, so that 1 is no order at all.
*Change of pixels* and *distance* are the same of the pixels and in the space of latents. *Exact*
and *dithered* are the distortion of the polyline per feature, on 6,000 fresh latents: to the
nearest point, and to a random point of the best segment.

Species are told by the hue, in whose ranges they do not overlap. The curve is cut in as many
stretches as there are species, and each of 6,000 fresh latents is in the stretch of its nearest
vertex. *Purity* is the share of latents whose species is the commonest of their stretch, *ARI* the
adjusted Rand index of stretches and species. *Ward* cuts without looking at species: it merges the
two neighbouring stretches whose vertices fit together best. *Best cuts* looks at them: it is the
most that any six stretches of that order could reach. *Runs* are the stretches of the curve between
changes of species, six at best; *same species* is the share of neighbours that are of one species.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from peers import kmeans_tour
from report import Report, Spread, Table, wants_quick
from scipy.sparse import diags_array
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin
from sprite_space import (
    Matrix,
    Scene,
    change_ratio,
    factors_of,
    name_weights,
    sample,
    scenes,
    species_of,
)

from skcurve import SFVQ, PolylineCurve
from skcurve.generators.sprites import SPECIES
from skcurve.metrics import distortion, dithered_distortion, smoothness_ratio

Labels = npt.NDArray[np.intp]

SEEDS = (0, 1, 2)
BITS = (4, 5, 6, 7, 8)
N_TRAIN, N_TEST = 30_000, 6000
TOLD_BITS = 6

OURS, SMOOTHER, TOUR = "SFVQ", "SFVQ, smoother", "k-means + tour"
OURS_BY_COMPONENT, KMEANS_BY_COMPONENT = "SFVQ, by component", "k-means, by component"
METHODS = (OURS, SMOOTHER, TOUR, OURS_BY_COMPONENT, KMEANS_BY_COMPONENT)
CHANGES = ("change of factors", "change of pixels", "distance", "exact", "dithered")
SMOOTHNESS = 0.1
WARD, BEST = "Ward", "best cuts"
STRETCHES = (
    f"ARI, {WARD}", f"purity, {WARD}", f"ARI, {BEST}", f"purity, {BEST}", "runs", "same species"
)  # fmt: skip
UNORDERED = "k-means, six clusters"

Measured = dict[str, float]


def main() -> None:
    """Compare the orders in every space."""
    quick = wants_quick(__doc__)
    seeds, bits = (SEEDS[:2], (4,)) if quick else (SEEDS, BITS)
    sizes = (3000, 400) if quick else (N_TRAIN, N_TEST)
    report = Report("ordering", __doc__, quick)
    report.tell("The weights of the trained networks", name_weights())
    for scene in scenes()[:2] if quick else scenes():
        has_species = "independent" not in scene.name
        outcomes = [compete(scene, seed, bits, *sizes, has_species) for seed in seeds]
        show_changes(report, scene, bits, outcomes)
        if has_species:
            show_stretches(report, scene, bits, outcomes)
            tell_stretches(report, scene, min(TOLD_BITS, max(bits)), sizes[0])
    report.publish()


def compete(
    scene: Scene, seed: int, bits: Sequence[int], n_train: int, n_test: int, has_species: bool
) -> dict[Any, Measured]:
    """Let every method order the same latents; give the numbers by method and bitrate."""
    train, test = (
        sample(scene.generator, n_train, seed),
        sample(scene.generator, n_test, 1000 + seed),
    )
    factors = factors_of(scene.generator, test)
    deviations = factors.std(0)
    species = species_of(factors)
    measured: dict[Any, Measured] = {}
    for n_bits in bits:
        for method, vertices in orders(train, n_bits, seed).items():
            curve = PolylineCurve(vertices)
            images = scene.generator(vertices)
            found = factors_of(scene.generator, vertices)
            numbers = {
                "change of factors": change_ratio(found / deviations),
                "change of pixels": change_ratio(images.reshape(len(images), -1)),
                "distance": smoothness_ratio(curve),
                "exact": distortion(curve, test),
                "dithered": dithered_distortion(curve, test, random_state=0),
            }
            if has_species:
                numbers |= stretches(vertices, species_of(found), test, species)
            measured[method, n_bits] = numbers
    if has_species:
        measured[UNORDERED] = unordered(train, test, species, seed)
    return measured


def orders(train: Matrix, n_bits: int, seed: int) -> dict[str, Matrix]:
    """Learn vertices, and put them in order, every way."""
    ours = SFVQ(n_bits, random_state=seed).fit(train).codebook_
    smoother = SFVQ(n_bits, smoothness=SMOOTHNESS, random_state=seed).fit(train).codebook_
    centers = kmeans_tour.fit_centers(train, 2**n_bits, seed)
    pca = PCA(1, random_state=seed).fit(train)
    return {
        OURS: ours,
        SMOOTHER: smoother,
        TOUR: kmeans_tour.ordered(centers),
        OURS_BY_COMPONENT: ours[pca.transform(ours)[:, 0].argsort()],
        KMEANS_BY_COMPONENT: centers[pca.transform(centers)[:, 0].argsort()],
    }


def stretches(vertices: Matrix, kinds: Labels, test: Matrix, species: Labels) -> Measured:
    """Cut an order into as many stretches as there are species, and compare the two."""
    nearest = pairwise_distances_argmin(test, vertices)
    counts = np.zeros((len(vertices), len(SPECIES)))
    np.add.at(counts, (nearest, species), 1)
    numbers = {}
    for how, cut in {WARD: ward_cuts(vertices), BEST: best_cuts(counts)}.items():
        numbers[f"ARI, {how}"] = adjusted_rand_score(species, cut[nearest])
        numbers[f"purity, {how}"] = purity(species, cut[nearest])
    same = kinds[1:] == kinds[:-1]
    return {**numbers, "runs": float((~same).sum() + 1), "same species": float(same.mean())}


def ward_cuts(vertices: Matrix) -> Labels:
    """Merge neighbouring stretches until there are as many as species, (m,)."""
    m = len(vertices)
    chain = diags_array([np.ones(m - 1), np.ones(m - 1)], offsets=[-1, 1]).tocsr()
    clusters = AgglomerativeClustering(len(SPECIES), connectivity=chain)
    return clusters.fit_predict(vertices)


def best_cuts(counts: npt.NDArray[np.float64]) -> Labels:
    """Cut where most latents have the commonest species of their stretch, (m,).

    Dynamic programming: the best k stretches of the first j vertices end with a stretch from some
    i to j, after the best k - 1 stretches of the first i.
    """
    m, n_stretches = len(counts), min(len(SPECIES), len(counts))
    summed = np.concatenate([np.zeros((1, counts.shape[1])), counts.cumsum(0)])
    commonest = (summed[None, :] - summed[:, None]).max(2)  # from i to j
    commonest[np.tril_indices(m + 1)] = -np.inf
    best = np.full(m + 1, -np.inf)
    best[0] = 0.0
    came = []
    for _ in range(n_stretches):
        reached = best[:, None] + commonest
        came.append(reached.argmax(0))
        best = reached.max(0)
    labels, end = np.empty(m, np.intp), m
    for stretch in reversed(range(n_stretches)):
        start = came[stretch][end]
        labels[start:end] = stretch
        end = start
    return labels


def purity(species: Labels, groups: Labels) -> float:
    """Share of latents whose species is the commonest of their group."""
    table = np.zeros((groups.max() + 1, len(SPECIES)))
    np.add.at(table, (groups, species), 1)
    return float(table.max(1).sum() / len(species))


def unordered(train: Matrix, test: Matrix, species: Labels, seed: int) -> Measured:
    """Cluster the latents themselves: what could be had if an order were not asked for."""
    groups = KMeans(len(SPECIES), n_init=4, random_state=seed).fit(train).predict(test)
    return {
        f"ARI, {WARD}": adjusted_rand_score(species, groups),
        f"purity, {WARD}": purity(species, groups),
    }


def show_changes(
    report: Report, scene: Scene, bits: Sequence[int], outcomes: list[dict[Any, Measured]]
) -> None:
    """Put the changes between neighbours together, and hold the curve to the claim."""
    table = Table(
        f"{scene.name}: change between neighbours, as a share of any two",
        ["bits", "order", *CHANGES],
    )
    for n_bits in bits:
        for method in METHODS:
            table.add(n_bits, method, *spreads(outcomes, (method, n_bits), CHANGES))
        ours, component = (
            spreads(outcomes, (method, n_bits), CHANGES)[0].mean
            for method in (OURS, OURS_BY_COMPONENT)
        )
        where = f"{scene.name}, {n_bits} bits: change of factors"
        report.below(f"{where}, of any two vertices", ours, 1.0)
        report.below(f"{where}, of the same vertices by component", ours / component, 1.0)
        tour = spreads(outcomes, (TOUR, n_bits), CHANGES)[0].mean
        report.at_most(f"{where}, of a tour's", ours / tour, 1.0)
    report.show(table)


def show_stretches(
    report: Report, scene: Scene, bits: Sequence[int], outcomes: list[dict[Any, Measured]]
) -> None:
    """Put together how well stretches are species."""
    table = Table(
        f"{scene.name}: stretches as species",
        ["bits", "order", *STRETCHES],
        note=f"The last row clusters the latents themselves, in no order: {WARD} is not used.",
    )
    for n_bits in bits:
        for method in METHODS:
            table.add(n_bits, method, *spreads(outcomes, (method, n_bits), STRETCHES))
    found = spreads(outcomes, UNORDERED, STRETCHES[:2])
    table.add("–", UNORDERED, *found, *[float("nan")] * (len(STRETCHES) - 2))
    report.show(table)
    last = max(bits)
    ours, peer = (spreads(outcomes, (method, last), STRETCHES)[2].mean for method in (OURS, TOUR))
    report.at_least(
        f"{scene.name}, {last} bits: ARI of the best cuts, of the tour's", ours / peer, 1
    )


def spreads(outcomes: list[dict[Any, Measured]], key: Any, names: Sequence[str]) -> list[Spread]:
    """Gather numbers over the seeds."""
    return [Spread(tuple(outcome[key][name] for outcome in outcomes)) for name in names]


def tell_stretches(report: Report, scene: Scene, n_bits: int, n_train: int) -> None:
    """Say of one curve which stretch is which species."""
    seed = SEEDS[0]
    vertices = SFVQ(n_bits, random_state=seed).fit(sample(scene.generator, n_train, seed)).codebook_
    kinds = species_of(factors_of(scene.generator, vertices))
    edges = np.flatnonzero(np.diff(kinds)) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, len(kinds)] - 1
    parts = [
        f"{SPECIES[kinds[i]]} {i}–{j}" if j > i else f"{SPECIES[kinds[i]]} {i}"
        for i, j in zip(starts, ends, strict=True)
    ]
    report.tell(
        f"{scene.name}: the species along a curve of {n_bits} bits, seed {seed}",
        "The numbers are those of vertices: " + ", ".join(parts) + ".",
    )


if __name__ == "__main__":
    main()
