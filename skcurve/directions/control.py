"""Random directions: what every method has to beat."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval, StrOptions

from skcurve.directions.base import DirectionFinder, Found
from skcurve.directions.latents import as_rows, spread_along
from skcurve.generators import AdaptedGenerator
from skcurve.randomness import as_generator as random_generator


class RandomDirections(DirectionFinder):
    """Directions drawn at random, the control.

    The natural step of a direction is the standard deviation of the latents along it.

    Parameters
    ----------
    n_directions : int, default=16
        How many.
    distribution : {"isotropic", "covariance"}, default="isotropic"
        "isotropic": uniform on the sphere. "covariance": normal, with the covariance of the
        latents, so that what varies much is met often.
    n_samples : int, default=10_000
        How many latents to sample, if none are given.
    random_state : int, RandomState instance or None, default=None
        Where the randomness comes from.

    Attributes
    ----------
    directions_, strengths_, names_, n_directions_, n_features_in_
        See `DirectionFinder`.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.directions import RandomDirections
    >>> latents = np.random.default_rng(0).normal(size=(1000, 3)) * [9.0, 1.0, 1.0]
    >>> finder = RandomDirections(50, distribution="covariance", random_state=0)
    >>> found = finder.fit(latents=latents)
    >>> bool(np.mean(abs(found.directions_[:, 0])) > 0.8)
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_directions": [Interval(Integral, 1, None, closed="left")],
        "distribution": [StrOptions({"isotropic", "covariance"})],
        "n_samples": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(  # type: ignore[no-untyped-def]
        self, n_directions=16, *, distribution="isotropic", n_samples=10_000, random_state=None
    ):
        self.n_directions = n_directions
        self.distribution = distribution
        self.n_samples = n_samples
        self.random_state = random_state

    def _find(self, generator: AdaptedGenerator | None, latents: torch.Tensor | None) -> Found:
        random = random_generator(self.random_state)
        latents = self._sample(generator, latents, self.n_samples, random)
        rows = as_rows(latents)
        if self.distribution == "isotropic":
            directions = random.standard_normal((self.n_directions, rows.shape[1]))
        else:
            centred = rows - rows.mean(0)
            if not centred.any():
                raise ValueError(
                    "latents do not vary: they have no covariance to draw directions from."
                )
            # A normal mixture of centred rows has their covariance: no root of a matrix is needed.
            directions = random.standard_normal((self.n_directions, len(rows))) @ centred
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        directions = directions.astype(rows.dtype)
        names = [f"random {i}" for i in range(self.n_directions)]
        return Found(directions, spread_along(latents, directions), names)
