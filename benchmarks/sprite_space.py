"""The latent spaces of sprites that benchmarks look at, and what is measured in them.

*Factors* are those that `attributes` reads off the images. The *species* of a sprite is the one
whose range of hues is nearest: these ranges do not overlap. *Re-rendering* draws the factors that
were read, inside their ranges; what the result differs by is no sprite.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from skcurve.generators.sprites import (
    FACTOR_RANGES,
    FACTORS,
    ExactSprites,
    SpriteGenerator,
    attributes,
    realism,
    render,
)
from skcurve.generators.sprites.species import POPULATIONS
from skcurve.generators.sprites.weights import FOLDER

Matrix = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]

HUE = FACTORS.index("hue")
BLOCK_ROWS = 512
SLACK = 0.05
"""Of the range of a factor: by so much a sprite may leave the ranges of its species."""


class Scene(NamedTuple):
    """A generator of sprites under a name."""

    name: str
    generator: Any


class Readings(NamedTuple):
    """What was measured of images.

    Attributes
    ----------
    factors : (n, 9) array
    off : (n,) array
        The re-rendering error: the root mean square of the difference, images being in [-1, 1].
    realism : (n,) array
        The discriminator's score.
    """

    factors: Matrix
    off: Numbers
    realism: Numbers


def scenes() -> list[Scene]:
    """List the generators: the trained one, and those whose factors are known exactly."""
    return [
        Scene("trained generator, W", SpriteGenerator()),
        Scene("exact sprites with species", ExactSprites(species=True)),
        Scene("exact sprites, factors independent", ExactSprites()),
    ]


def name_weights() -> str:
    """Say which weights the trained networks have: a page may be older than those that ship."""
    digests = [
        f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
        for path in sorted(FOLDER.glob("*.safetensors"))
    ]
    return f"Each file with the beginning of its SHA-256: {', '.join(digests)}."


def sample(generator: Any, n: int, seed: int) -> Matrix:
    """Draw latents in single precision."""
    return np.asarray(generator.sample(n, seed), np.float32)


def read(generator: Any, latents: Matrix) -> Readings:
    """Make the images of latents, block by block, and measure them."""
    parts = [
        read_images(generator(latents[start : start + BLOCK_ROWS]))
        for start in range(0, len(latents), BLOCK_ROWS)
    ]
    return Readings(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def read_images(images: Matrix) -> Readings:
    """Measure images."""
    factors = np.asarray(attributes(images))
    inside = factors.clip(*FACTOR_RANGES.T.astype(np.float32))
    off = np.sqrt(np.square(images - np.asarray(render(inside))).mean((1, 2, 3), dtype=np.float64))
    return Readings(factors, off, np.asarray(realism(images), np.float64))


def factors_of(generator: Any, latents: Matrix) -> Matrix:
    """Measure only the factors."""
    return np.concatenate(
        [
            np.asarray(attributes(generator(latents[start : start + BLOCK_ROWS])))
            for start in range(0, len(latents), BLOCK_ROWS)
        ]
    )


def species_of(factors: Matrix) -> npt.NDArray[np.intp]:
    """Say which species has the range of hues that is nearest."""
    low, high = np.array([one.ranges["hue"] for one in POPULATIONS.values()]).T
    hue = factors[:, HUE, None]
    return np.maximum(low - hue, hue - high).argmin(1)


def is_no_species(factors: Matrix) -> npt.NDArray[np.bool_]:
    """Say which sprites no species has: of every one, some factor is out of its range.

    By more than `SLACK`. Eye and hat have no ranges, and are left out.
    """
    width = np.diff(FACTOR_RANGES)[:, 0]
    outside = np.ones(len(factors), bool)
    for population in POPULATIONS.values():
        excess = np.zeros(len(factors))
        for name, (low, high) in population.ranges.items():
            column = FACTORS.index(name)
            value = factors[:, column]
            excess = np.maximum(excess, np.maximum(low - value, value - high) / width[column])
        outside &= excess > SLACK
    return outside


def change_ratio(items: Matrix) -> float:
    """Say how far apart consecutive items are, as a share of any two of them.

    Parameters
    ----------
    items : (m, A) array
        In order; their columns are to be in comparable units.
    """
    return float(np.abs(np.diff(items, axis=0)).mean(dtype=np.float64) / mean_difference(items))


def mean_difference(items: Matrix) -> float:
    """Mean absolute difference of two different items, over all pairs and columns."""
    m = len(items)
    ranks = np.sort(items.astype(np.float64), axis=0)
    # In sorted order, the item of rank i is the larger one of i pairs and the smaller of m - 1 - i.
    weights = 2 * np.arange(m) - (m - 1)
    total = (weights[:, None] * ranks).sum(0)
    return float(total.mean() / (m * (m - 1) / 2))
