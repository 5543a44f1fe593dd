"""Augmentation: are new points copies of those that they were made from?

Rows are made from training rows in many ways, and both are compared with held-out rows of the same
distribution, as many as there are training rows. Three questions:

- *Few labels*: 20 digits of each class, in the pixels, in 16 principal components and in the 8
  latents of a variational autoencoder. 80 rows a class are added in the ways of
  `bench_augment_classify.py`, at one setting each: 5 neighbours, noise of a quarter of the
  deviations, α = 1. Ten seeds.
- *All digits*: 800 training rows in the same spaces, and a curve of 3 to 9 bits: at the end, 512
  vertices. Three seeds. 1,000 rows of each kind are made.
- *Sprites*: 10,000 latents of the trained generator in its W space, and 3 to 10 bits. Three seeds.
  1,000 rows of each kind are made.

*Other rows* are of the same distribution, neither learnt from nor held out: they copy nothing.
A row near the middle of the data is near to training rows, and is no copy for that: it is as near
to rows that nobody learnt from. So four things are measured:
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import drawn_latents
import numpy as np
from augmenting import (
    CURVE,
    CURVE_SETTINGS,
    JITTER,
    MIXUP,
    REPEATS,
    SMOTE_NAME,
    WAYS,
    Indices,
    Labels,
    Matrix,
)
from copying import DESCRIBED, MEASURES, NEARER, copying
from digit_spaces import SPACES, digit_spaces
from drawn_latents import (
    DRAWN,
    Kind,
    Panel,
    Run,
    figure_of,
    from_curves,
    from_rows,
    from_tours,
    spread,
)
from report import Report, Table, wants_quick
from sprite_space import name_weights, sample

from skcurve.generators.sprites import SpriteGenerator

OTHERS = "other rows"
FEW_EACH, N_WANTED, N_CLASSES = 20, 100, 10
USUAL = {REPEATS: None, SMOTE_NAME: 5, JITTER: 0.25, MIXUP: 1.0}
"""The setting of each way that has a part in this."""
N_DIGITS, N_LATENTS, N_MADE = 800, 10_000, 1000
MOST_COPIES = 0.05


class Sizes(NamedTuple):
    """How much of everything."""

    few_seeds: tuple[int, ...]
    digit_seeds: tuple[int, ...]
    sprite_seeds: tuple[int, ...]
    digit_bits: tuple[int, ...]
    sprite_bits: tuple[int, ...]
    tour_bits: tuple[int, ...]
    n_latents: int
    n_made: int


WHOLE = Sizes(
    tuple(range(10)), (0, 1, 2), (0, 1, 2), tuple(range(3, 10)), tuple(range(3, 11)),
    (4, 6, 8), N_LATENTS, N_MADE,
)  # fmt: skip
QUICK = Sizes((0, 1), (0,), (0,), (3, 4), (3, 4), (4,), 1000, 100)


def main() -> None:
    """Ask the three questions."""
    quick = wants_quick(__doc__)
    sizes = QUICK if quick else WHOLE
    text = f"{__doc__}\n{DESCRIBED}\n\nThe kinds of rows:\n\n{drawn_latents.DESCRIBED}"
    report = Report("augment_memory", text, quick)
    report.tell("The weights of the trained networks", name_weights())
    few = {space: [] for space in SPACES}
    for seed in sizes.few_seeds:
        for space, split in digit_spaces(seed, quick).items():
            few[space].append(from_few(split.train, split.train_labels, seed))
    along: dict[str, list[Run]] = {space: [] for space in SPACES}
    for seed in sizes.digit_seeds:
        for space, split in digit_spaces(seed, quick).items():
            rows = np.random.default_rng(seed).permutation(np.r_[split.train, split.test])
            along[space].append(from_many(rows, N_DIGITS, sizes.digit_bits, sizes, seed))
    along["W of sprites"] = [
        from_many(
            sample(SpriteGenerator(), 2 * sizes.n_latents + sizes.n_made, seed),
            sizes.n_latents, sizes.sprite_bits, sizes, seed,
        )
        for seed in sizes.sprite_seeds
    ]  # fmt: skip
    draw(report, along)
    for space, runs in few.items():
        report.show(table(f"Few labels, {space}", runs))
    for space, runs in along.items():
        report.show(table(f"{space}, against the bits", runs))
    judge(report, few, along)
    report.publish()


def from_few(X: Matrix, y: Labels, seed: int) -> Run:
    """Add rows to few labelled ones, and measure those that were added."""
    rng = np.random.default_rng(seed)
    train, held_out, others = by_class(y, FEW_EACH, rng)
    wanted = dict.fromkeys(range(N_CLASSES), N_WANTED)
    made = {Kind(OTHERS): X[others]}
    for way in WAYS:
        if way.name in USUAL:
            added = way.add(X[train], y[train], wanted, USUAL[way.name], seed)
            made[Kind(way.name)] = added.X
        elif way.name == CURVE:
            for setting in way.settings:
                added = way.add(X[train], y[train], wanted, setting, seed)
                made[Kind(f"{CURVE}, {setting}")] = added.X
    return {kind: copying(rows, X[train], X[held_out]) for kind, rows in made.items()}


def by_class(y: Labels, n_each: int, rng: np.random.Generator) -> tuple[Indices, Indices, Indices]:
    """Draw `n_each` rows of each class, as many others, and give the rest as well."""
    orders = [rng.permutation(np.flatnonzero(y == k)) for k in range(N_CLASSES)]
    cuts = [0, n_each, 2 * n_each, None]
    first, second, rest = (
        np.concatenate([order[start:end] for order in orders])
        for start, end in itertools.pairwise(cuts)
    )
    return first, second, rest


def from_many(rows: Matrix, n: int, bits: Sequence[int], sizes: Sizes, seed: int) -> Run:
    """Learn from the first n rows, hold out the next n, and measure what is made."""
    train, held_out, others = rows[:n], rows[n : 2 * n], rows[2 * n :]
    made = itertools.chain(
        [(Kind(OTHERS), others)],
        from_rows(train, sizes.n_made, seed),
        from_curves(train, bits, sizes.n_made, seed),
        from_tours(train, sizes.tour_bits, sizes.n_made, seed),
    )
    return {kind: copying(these, train, held_out) for kind, these in made}


def table(title: str, runs: list[Run]) -> Table:
    """Put the kinds together."""
    result = Table(title, ["rows", *MEASURES])
    for kind in runs[0]:
        result.add(str(kind), *(spread(runs, kind, name) for name in MEASURES))
    return result


def judge(report: Report, few: dict[str, list[Run]], along: dict[str, list[Run]]) -> None:
    """Hold the curves to what an augmenter must not do."""
    for space, runs in few.items():
        smote = spread(runs, Kind(SMOTE_NAME), NEARER).mean
        for setting in CURVE_SETTINGS:
            own = spread(runs, Kind(f"{CURVE}, {setting}"), NEARER).mean
            report.at_most(
                f"few labels, {space}: {CURVE}, {setting}: nearer to training, of SMOTE's",
                own / smote, 1,
            )  # fmt: skip
    for space, runs in along.items():
        for way in DRAWN:
            its = [kind for kind in runs[0] if kind.name == way]
            copies = max(spread(runs, kind, "copies").mean for kind in its)
            report.at_most(f"{space}, {way}: copies, most of all bits", copies, MOST_COPIES)


def draw(report: Report, along: dict[str, list[Run]]) -> None:
    """Draw against the bits how many rows are nearer to training rows."""
    panels = [Panel(space, runs, NEARER) for space, runs in along.items()]
    report.draw(
        "Against the bits", "augment_memory", figure_of(panels, 2),
        "The share of made rows that are nearer to training rows than to held-out ones, against "
        "the bits, in each space; 0.5 is no copying",
    )  # fmt: skip


if __name__ == "__main__":
    main()
