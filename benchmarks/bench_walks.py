"""Walks: how smooth is what is seen along a curve, beside straight lines and components?

Three walks through the W space of the trained generator of sprites, and through that of
`ExactSprites` with species, each of 15 segments:

- the *curve*: the 16 vertices of a curve of 4 bits learnt from 5,000 latents;
- *random latents*: straight lines between 16 latents drawn at random;
- *PCA*: along the first principal component, 16 places from minus to plus two deviations.

Beside them, the *shuffled curve* is the control: the same vertices in random order.

Features are the factors that a network reads off the images, in standard deviations over the
distribution. The path length (`metrics.path_length`) is the mean over segments; *per unit* is the
sum over the squared length of the path in the latent space; the *largest over mean* says how uneven
the segments are. Temporal consistency is of 121 pictures, an eighth of a segment apart, on the
pixels and on the factors, with 500 samples as the reference. *Seen* is what the walk shows: the
mean over factors of the standard deviation along it, over that of the distribution. *Off* is how
far the pictures are from sprites: the root mean square of the difference to a rendering of the
factors that were read, over that of samples.

No walk is the best in all of it. One that stays where it is changes nothing: read the path length
and the consistency beside what is seen. Ten seeds; a ratio is the median over them. In W of the
trained generator a few leaps are most of a path length, and the seeds differ more than the walks:
there, a curve is not shown to be smoother than lines between random latents.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from report import Report, Spread, Table, wants_quick
from sprite_space import Matrix, Scene, name_weights, read_images, sample, scenes

from skcurve import SFVQ, PolylineCurve
from skcurve.directions import PCADirections
from skcurve.generators.sprites import attributes
from skcurve.metrics import path_length, temporal_consistency

SEEDS = tuple(range(10))
N_BITS, N_TRAIN, N_REFERENCE, N_BETWEEN, REACH = 4, 5000, 500, 8, 2.0
COLUMNS = (
    "path length", "per unit", "largest over mean", "consistency, pixels", "consistency, factors",
    "seen", "off",
)  # fmt: skip


def main() -> None:
    """Measure each walk on each generator."""
    quick = wants_quick(__doc__)
    seeds = SEEDS[:1] if quick else SEEDS
    n_train, n_reference = (500, 20) if quick else (N_TRAIN, N_REFERENCE)
    report = Report("walks", __doc__, quick)
    report.tell("The weights of the trained networks", name_weights())
    for scene in scenes()[:2]:
        found: dict[str, list[dict[str, float]]] = {}
        for seed in seeds:
            train = sample(scene.generator, n_train, seed)
            images = np.asarray(scene.generator(sample(scene.generator, n_reference, 100 + seed)))
            for name, path in walks(scene, train, seed).items():
                found.setdefault(name, []).append(measured(scene.generator, path, images))
        table = Table(
            f"{scene.name}: walks",
            ["walk", *COLUMNS],
            better={
                "path length": "small", "per unit": "small", "largest over mean": "small",
                "consistency, pixels": "large", "consistency, factors": "large", "seen": "large",
                "off": "small",
            },
        )  # fmt: skip
        for name, rows in found.items():
            table.add(name, *(Spread(tuple(row[column] for row in rows)) for column in COLUMNS))
        report.show(table)
        for rival in ("random latents", "shuffled curve"):
            ratios = [
                ours["path length"] / theirs["path length"]
                for ours, theirs in zip(found["curve"], found[rival], strict=True)
            ]
            wins = sum(ratio < 1 for ratio in ratios)
            report.below(
                f"{scene.name}: path length of the curve over that of {rival}, median "
                f"(below 1 in {wins} of {len(seeds)})",
                float(np.median(ratios)),
                1.0,
            )
    report.publish()


def walks(scene: Scene, train: Matrix, seed: int) -> dict[str, Matrix]:
    """Give the places of each walk, (16, D)."""
    random = np.random.default_rng(seed)
    vertices = np.asarray(SFVQ(N_BITS, random_state=seed).fit(train).codebook_)
    component = PCADirections(1, random_state=seed).fit(scene.generator, train)
    reach = REACH * float((train @ component.directions_[0]).std())
    places = np.linspace(-reach, reach, len(vertices))[:, None]
    return {
        "curve": vertices,
        "shuffled curve": random.permutation(vertices),
        "random latents": train[random.choice(len(train), len(vertices), replace=False)],
        "PCA": (train.mean(0) + places * component.directions_[0]).astype(train.dtype),
    }


def measured(generator: Any, path: Matrix, images: Matrix) -> dict[str, float]:
    """Measure one walk, with samples of the distribution to compare with."""
    reference = np.asarray(attributes(images), np.float64)
    scale = reference.std(0)

    def factors(latents: Any) -> Any:
        return np.asarray(attributes(np.asarray(generator(latents)))) / scale

    lengths = path_length(path, factors)
    steps = np.arange((len(path) - 1) * N_BETWEEN + 1) / N_BETWEEN
    pictures = np.asarray(generator(np.asarray(PolylineCurve(path).evaluate(steps), path.dtype)))
    seen = np.asarray(attributes(pictures), np.float64)
    way = float(np.square(np.linalg.norm(np.diff(path, axis=0), axis=1)).sum())
    off = read_images(pictures).off.mean() / read_images(images).off.mean()
    numbers = (
        lengths.mean(), lengths.sum() / way, lengths.max() / lengths.mean(),
        temporal_consistency(pictures, reference=images),
        temporal_consistency(seen / scale, reference=reference / scale),
        (seen.std(0) / scale).mean(), off,
    )  # fmt: skip
    return dict(zip(COLUMNS, map(float, numbers), strict=True))


if __name__ == "__main__":
    main()
