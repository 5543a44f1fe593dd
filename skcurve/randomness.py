"""Randomness comes from `random_state` alone; no global generator is touched."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

RandomState: TypeAlias = "int | np.random.RandomState | np.random.Generator | None"


def as_generator(random_state: RandomState) -> np.random.Generator:
    """Return a generator for any `random_state` that scikit-learn users pass.

    Parameters
    ----------
    random_state : int, RandomState, Generator or None
        An int gives the same stream every time; a RandomState is advanced by one draw and seeds
        a new generator; a Generator is used as it is; None seeds from the operating system.

    Returns
    -------
    generator : numpy.random.Generator
    """
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(0, 2**31, size=4))
    return np.random.default_rng(random_state)
