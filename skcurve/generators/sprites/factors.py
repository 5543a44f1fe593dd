"""What varies in a sprite, and how populations of sprites are drawn."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import ndtr

from skcurve.generators.sprites.species import POPULATIONS, Population
from skcurve.interop import as_matrix
from skcurve.randomness import RandomState, as_generator

FACTORS = ("hue", "size", "x", "y", "aspect", "squareness", "background", "eye", "hat")
"""The names of the factors, in the order of the columns of every array of factors."""

FACTOR_RANGES = np.array(
    [
        [
            0.0,
            0.8,
        ],  # turns of the colour wheel, red to violet: no wrap, so differences mean something
        [0.28, 0.46],  # radius of the circle of equal area, half the picture being 1
        [-0.3, 0.3],  # of the centre, to the right
        [-0.3, 0.3],  # of the centre, upwards
        [-0.5, 0.5],  # logarithm of width over height
        [0.0, 1.0],  # 0 a diamond, 1/3 an ellipse, 1 a rectangle with rounded corners
        [0.25, 0.95],  # grey of the background
        [0.0, 1.0],  # opacity of the eye; populations have it on or off
        [0.0, 1.0],  # opacity of the hat; the same
    ]
)
"""The lowest and the highest value of each factor, of shape (9, 2)."""
FACTOR_RANGES.setflags(write=False)

SPECIES = tuple(POPULATIONS)
"""The names of the species; their numbers are their places here."""

N_FACTORS = len(FACTORS)
ACCESSORIES = ("eye", "hat")


def sample_factors(
    n: int, random_state: RandomState = None, species: bool = True
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Draw the factors of sprites at random.

    Parameters
    ----------
    n : int
        How many, 0 or more.
    random_state : int, RandomState, Generator or None
        Where the randomness comes from.
    species : bool, default=True
        True: six species of unequal size, each with its own ranges of every factor, its own share
        of eyes and hats, and factors that go together within it (a Gaussian copula), as in real
        data. False: all factors independent and uniform over `FACTOR_RANGES`, eye and hat on or
        off by a fair coin.

    Returns
    -------
    factors : (n, 9) float32 array
        In the units of `FACTOR_RANGES`, columns as in `FACTORS`; eye and hat are 0 or 1.
    species : (n,) int64 array
        Places in `SPECIES`, or -1 where there are none.

    Raises
    ------
    ValueError
        If `n` is negative.

    Examples
    --------
    >>> from skcurve.generators.sprites import FACTORS, SPECIES, sample_factors
    >>> factors, species = sample_factors(1000, random_state=0)
    >>> factors.shape
    (1000, 9)
    >>> frogs = factors[species == SPECIES.index("frog")]
    >>> hue = frogs[:, FACTORS.index("hue")]
    >>> bool(hue.min() >= 0.28 and hue.max() <= 0.38)
    True
    """
    n = operator.index(n)
    if n < 0:
        raise ValueError(f"n must be at least 0; got {n}.")
    if not isinstance(species, bool | np.bool_):
        raise TypeError(f"species must be True or False; got {species!r}.")
    generator = as_generator(random_state)
    position = generator.random(n)
    normal = generator.standard_normal((n, N_FACTORS))
    return factors_at(position, normal, species=bool(species))


def factors_at(
    position: npt.NDArray[np.float64], normal: npt.NDArray[np.float64], *, species: bool
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Turn random numbers into factors.

    Parameters
    ----------
    position : (n,) array
        Uniform in [0, 1), says which species: each has a stretch as long as its share.
    normal : (n, 9) array
        Standard normal, says how the factors lie in their ranges.
    species : bool
        As for `sample_factors`, with the same results.
    """
    n = len(normal)
    if not species:
        uniform = ndtr(normal)
        low, high = FACTOR_RANGES.T
        factors = low + (high - low) * uniform
        for name in ACCESSORIES:
            column = FACTORS.index(name)
            factors[:, column] = uniform[:, column] > 0.5
        return factors.astype(np.float32), np.full(n, -1, dtype=np.int64)
    shares = np.array([population.share for population in POPULATIONS.values()])
    ends = np.cumsum(shares) / shares.sum()
    kinds = np.searchsorted(ends[:-1], position, side="right")
    factors = np.empty((n, N_FACTORS))
    for kind, population in enumerate(POPULATIONS.values()):
        chosen = kinds == kind
        factors[chosen] = _members(population, normal[chosen])
    return factors.astype(np.float32), kinds.astype(np.int64)


def check_factors(factors: Any, *, name: str = "factors") -> torch.Tensor:
    """Return factors as a tensor whose gradient history is kept, or say what is wrong.

    Parameters
    ----------
    factors : array-like of shape (n, 9)
        A tensor stays on its device.
    name : str
        What to call it in an error message.
    """
    checked = as_matrix(factors, name=name, n_features=N_FACTORS)
    if not isinstance(factors, torch.Tensor):
        return checked
    return factors if factors.dtype == checked.dtype else factors.to(checked.dtype)


def _members(population: Population, normal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Turn normal numbers into members of a species: correlate, spread evenly over the ranges."""
    normal = normal.copy()
    for first, second, correlation in population.together:
        i, j = FACTORS.index(first), FACTORS.index(second)
        normal[:, j] = correlation * normal[:, i] + np.sqrt(1 - correlation**2) * normal[:, j]
    uniform = ndtr(normal)
    members = np.empty_like(uniform)
    for column, name in enumerate(FACTORS):
        if name in ACCESSORIES:
            members[:, column] = uniform[:, column] > 1 - population.shares_with[name]
        else:
            low, high = population.ranges.get(name, FACTOR_RANGES[column])
            members[:, column] = low + (high - low) * uniform[:, column]
    return members
