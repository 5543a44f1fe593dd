"""Saliency without labels: how good are masks from a direction, and a segmenter taught by them?

A direction of the background is looked for in the latent space of a generator of sprites
(`find_background_direction`, 32 latents): among the segments of a curve of 4 bits, all principal
components, where there are weights those of the network (SeFa), and the mixture of all these, each
on all layers, on each half of them and on each quarter. From its effect, images with masks are
made (`MaskMaker`, 1,200 pairs), and a U-Net is trained on them (`SaliencySegmenter`, 8 channels, at
most 12 epochs). No label is used.

It is then tested on 2,000 fresh renders of the six species: images that no generator made, with
true masks (which pixels the ground does not show through). Beside it are

- *Otsu*: the threshold of the brightness; the object is what is on the other side of it than the
  median of the border;
- *GrabCut* of OpenCV, begun with the frame (an eighth of the sides) as sure background, 5 rounds;
- the *ceiling*: the same network trained on as many renders with their true masks.

Three seeds, which draw the latents, the pairs, the weights and the renders. The settings were
chosen on other seeds (10, 11 and 12). These three were looked at once before: with 15 principal
components and masks that were not brought to the edges of the images, the segmenter reached 0.890
of the ceiling's IoU on the trained generator; what was changed then was again chosen on the others.
Seeds 3, 4 and 5, which nobody had looked at, then gave 0.960 on it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from report import Report, Spread, Table, wants_quick
from skimage.filters import threshold_otsu
from sprite_masks import true_masks
from sprite_space import Scene, name_weights, sample, scenes

from skcurve import SFVQ, LatentDirectionExplorer
from skcurve.directions import ClosedFormDirections, PCADirections, SegmentDirections
from skcurve.generators.sprites import attributes, render, sample_factors
from skcurve.saliency import (
    BackgroundDirection,
    MaskMaker,
    SaliencySegmenter,
    find_background_direction,
    iou,
    max_f_beta,
    mean_absolute_error,
    pixel_accuracy,
)

Images = npt.NDArray[np.float32]
Masks = npt.NDArray[Any]
Scores = dict[str, float]

SEEDS = (0, 1, 2)
N_BITS = 4
SHARE_OF_CEILING = 0.9
BORDER = 4
MEASURES = {
    "IoU": iou,
    "maximal F": max_f_beta,
    "pixel accuracy": pixel_accuracy,
    "mean absolute error": mean_absolute_error,
}
BETTER = {name: "large" for name in MEASURES} | {"mean absolute error": "small"}


class Sizes(NamedTuple):
    """How much of everything."""

    n_train: int
    n_components: int
    n_latents: int
    n_pairs: int
    n_test: int
    n_epochs: int


class Bench(NamedTuple):
    """What is the same for every generator: the renders, and the methods that need none.

    Attributes
    ----------
    images, truth : array
        The test renders, and their masks.
    peers : dict of str to dict
        What each of the other methods reaches on them.
    """

    images: Images
    truth: Masks
    peers: dict[str, Scores]


class Run(NamedTuple):
    """What one seed gives: of the direction, of the masks made, and of each method."""

    found: BackgroundDirection
    made: dict[str, Scores]
    kept: dict[str, float]
    methods: dict[str, Scores]


def main() -> None:
    """Measure the masks and the segmenter on each generator."""
    quick = wants_quick(__doc__)
    sizes = Sizes(5000, 64, 32, 1200, 2000, 12)
    if quick:
        sizes = Sizes(500, 4, 4, 32, 32, 1)
    seeds = SEEDS[:1] if quick else SEEDS
    report = Report("saliency", __doc__, quick)
    report.tell("The weights of the trained networks", name_weights())
    benches = {seed: prepared(seed, sizes) for seed in seeds}
    for scene in scenes()[:2]:
        runs = [measured(scene, seed, sizes, benches[seed]) for seed in seeds]
        show(report, scene, runs)
    report.publish()


def measured(scene: Scene, seed: int, sizes: Sizes, bench: Bench) -> Run:
    """Do all of it with one seed."""
    generator = scene.generator
    train = sample(generator, sizes.n_train, seed)
    curve = SFVQ(N_BITS, random_state=seed).fit(train)
    explorer = LatentDirectionExplorer(curve, generator, random_state=seed)
    n_components = min(sizes.n_components, train.shape[1])
    finders: dict[str, Any] = {
        "segments": SegmentDirections(curve),
        "PCA": PCADirections(n_components, random_state=seed).fit(generator, train),
    }
    if hasattr(generator, "first_layer_weights"):
        finders["SeFa"] = ClosedFormDirections(min(15, n_components), random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the table says whether it convinces
        found = find_background_direction(explorer, finders, n_latents=sizes.n_latents)
    made, kept, pairs = {}, {}, None
    for rule in ("difference", "shifted"):
        maker = MaskMaker(explorer, found, rule=rule, random_state=seed)
        each = maker.make(sizes.n_pairs)
        pairs = each if pairs is None else pairs
        made[rule] = scores_of(truth_of(generator, each.latents, each.images), each.masks)
        kept[rule] = sizes.n_pairs / (sizes.n_pairs + sum(each.rejected.values()))
    assert pairs is not None
    learnt = segmented(pairs.images, pairs.masks, bench.images, seed, sizes)
    ours = {"segmenter on generated pairs": scores_of(bench.truth, learnt)}
    return Run(found, made, kept, {**ours, **bench.peers})


def prepared(seed: int, sizes: Sizes) -> Bench:
    """Draw the renders, and let the methods that need no generator find the sprites on them."""
    factors, _ = sample_factors(sizes.n_test, 1000 + seed)
    images, truth = np.asarray(render(factors)), true_masks(factors)
    known, _ = sample_factors(sizes.n_pairs, 2000 + seed)
    told = segmented(np.asarray(render(known)), true_masks(known), images, seed, sizes)
    predicted = {
        "Otsu": otsu(images),
        "GrabCut": grabcut(images),
        "segmenter on true masks (ceiling)": told,
    }
    return Bench(images, truth, {name: scores_of(truth, one) for name, one in predicted.items()})


def segmented(images: Any, masks: Any, tested: Images, seed: int, sizes: Sizes) -> Masks:
    """Train the segmenter, and give its scores on other images."""
    segmenter = SaliencySegmenter(8, max_epochs=sizes.n_epochs, random_state=seed)
    return np.asarray(segmenter.fit(images, masks).predict_proba(tested))


def truth_of(generator: Any, latents: Any, images: Images) -> Masks:
    """Give the true masks of samples; of a network, those of the factors read off its images."""
    if hasattr(generator, "to_factors"):
        return true_masks(np.asarray(generator.to_factors(latents)))
    return true_masks(np.asarray(attributes(images)))


def scores_of(truth: Masks, predicted: Masks) -> Scores:
    """Measure masks or scores."""
    return {name: measure(truth, predicted) for name, measure in MEASURES.items()}


def otsu(images: Images) -> Masks:
    """Threshold the brightness; the border is background."""
    masks = []
    for picture in images.mean(1):
        bright = picture > threshold_otsu(picture)
        frame = np.concatenate(
            [bright[:BORDER].ravel(), bright[-BORDER:].ravel(), bright[:, :BORDER].ravel(),
             bright[:, -BORDER:].ravel()]
        )  # fmt: skip
        masks.append(~bright if frame.mean() > 0.5 else bright)
    return np.array(masks)


def grabcut(images: Images) -> Masks:
    """Run GrabCut, the frame being background."""
    import cv2

    masks = []
    cv2.setRNGSeed(0)
    for image in images:
        pixels = np.clip((image.transpose(1, 2, 0) + 1) * 127.5, 0, 255).astype(np.uint8)
        height, width = pixels.shape[:2]
        box = (BORDER, BORDER, width - 2 * BORDER, height - 2 * BORDER)
        labels, models = np.zeros((height, width), np.uint8), [np.zeros((1, 65)) for _ in range(2)]
        cv2.grabCut(np.ascontiguousarray(pixels), labels, box, *models, 5, cv2.GC_INIT_WITH_RECT)
        masks.append((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))
    return np.array(masks)


def show(report: Report, scene: Scene, runs: list[Run]) -> None:
    """Put the seeds together."""
    table = Table(
        f"{scene.name}: the direction found",
        ["seed", "found by", "direction", "layers", "share", "evenness", "clearness",
         "convincing", "best score of each finder"],
        note="The score is the product of share, evenness and clearness.",
    )  # fmt: skip
    for seed, run in enumerate(runs):
        best = run.found.direction
        most: dict[str, float] = {}
        for name, one in zip(run.found.finders, run.found.candidates, strict=True):
            most[name] = max(most.get(name, 0.0), one.scores["score"])
        table.add(
            str(seed), run.found.found_by, best.name, str(best.layers or "all"),
            best.scores["share"], best.scores["evenness"], best.scores["clearness"],
            "yes" if run.found.convincing else "no",
            ", ".join(f"{name} {score:.3f}" for name, score in most.items()),
        )  # fmt: skip
    report.show(table)
    masks = Table(
        f"{scene.name}: the masks that are made",
        ["rule", *MEASURES, "share of images kept"],
        note="Against the true masks of the same samples; those of the trained generator are of "
        "the factors that a network reads off its images.",
        better=BETTER,
    )
    for rule in runs[0].made:
        masks.add(
            rule, *spreads([run.made[rule] for run in runs]),
            Spread(tuple(run.kept[rule] for run in runs)),
        )  # fmt: skip
    report.show(masks)
    tested = Table(f"{scene.name}: tested on renders", ["method", *MEASURES], better=BETTER)
    for method in runs[0].methods:
        tested.add(method, *spreads([run.methods[method] for run in runs]))
    report.show(tested)
    ours, _, _, ceiling = (
        Spread(tuple(run.methods[method]["IoU"] for run in runs)).mean for method in runs[0].methods
    )
    target = f"{scene.name}: IoU of the segmenter over that of the ceiling"
    report.at_least(target, ours / ceiling if ceiling else math.nan, SHARE_OF_CEILING)


def spreads(scores: list[Mapping[str, float]]) -> list[Spread]:
    """Gather every measure over the seeds."""
    return [Spread(tuple(one[name] for one in scores)) for name in MEASURES]


if __name__ == "__main__":
    main()
