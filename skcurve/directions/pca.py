"""Principal components as directions: of the latents, or of what a layer makes of them."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.utils._param_validation import Interval

from skcurve.directions.base import DirectionFinder, Found
from skcurve.directions.latents import Numbers, as_rows
from skcurve.generators import AdaptedGenerator
from skcurve.interop import as_tensor
from skcurve.randomness import as_generator as random_generator

N_LATENTS, N_FEATURES = 10_000, 2_000
"""How many to sample by default: latents are cheap, the features of a layer are wide."""


class PCADirections(DirectionFinder):
    r"""Principal components of the latents, or of a layer's features regressed back to latents.

    Of latents (the edited space W where there is a mapping), the directions are the components,
    and the natural step of each is the standard deviation along it. Of a layer [1]_:

    1. The features :math:`y_j` of latents :math:`z_j` are projected on their leading components:
       coordinates :math:`x_j = V^\top (y_j - \mu)`.
    2. The directions are the columns of the matrix U that minimises :math:`\sum_j \| U x_j - (z_j -
       \bar z)\|^2`: what to do to a latent to move along a component. The natural step is the one
       that moves by a standard deviation of the coordinate.

    Parameters
    ----------
    n_directions : int, default=16
        How many, the leading ones first.
    layer : str, default=None
        The submodule of the generator whose output is looked at; None for the latents themselves.
    n_samples : int, default=None
        How many latents to sample, if none are given; None for 10,000, or 2,000 with a layer.
    random_state : int, RandomState instance or None, default=None
        Where the randomness comes from.

    Attributes
    ----------
    explained_variance_ratio_ : array of shape (k,)
        The share of the variance, of latents or features, along each component.
    mean_ : array of shape (D,)
        The mean of the latents.
    directions_, strengths_, names_, n_directions_, n_features_in_
        See `DirectionFinder`.

    References
    ----------
    .. [1] E. Härkönen, A. Hertzmann, J. Lehtinen and S. Paris, "GANSpace: Discovering interpretable
       GAN controls", NeurIPS 2020 (arXiv 2004.02546).

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.directions import PCADirections
    >>> latents = np.random.default_rng(0).normal(size=(1000, 3)) * [1.0, 9.0, 3.0]
    >>> found = PCADirections(2).fit(latents=latents)
    >>> abs(found.directions_).round()
    array([[0., 1., 0.],
           [0., 0., 1.]])
    >>> found.strengths_.round()
    array([9., 3.])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_directions": [Interval(Integral, 1, None, closed="left")],
        "layer": [str, None],
        "n_samples": [Interval(Integral, 2, None, closed="left"), None],
        "random_state": ["random_state"],
    }

    explained_variance_ratio_: Numbers
    mean_: Numbers

    def __init__(  # type: ignore[no-untyped-def]
        self, n_directions=16, *, layer=None, n_samples=None, random_state=None
    ):
        self.n_directions = n_directions
        self.layer = layer
        self.n_samples = n_samples
        self.random_state = random_state

    def _find(self, generator: AdaptedGenerator | None, latents: torch.Tensor | None) -> Found:
        random = random_generator(self.random_state)
        if self.layer is not None:
            generator = self._require(generator)
        n_samples = self.n_samples or (N_LATENTS if self.layer is None else N_FEATURES)
        latents = self._sample(generator, latents, n_samples, random)
        rows = as_rows(latents)
        if self.layer is None or generator is None:
            observed, what = rows, "latents"
        else:
            self._begin(-(-len(latents) // generator.batch_size))
            observed, what = self._features(generator, latents, self.layer), "features"
            if latents.ndim == 3:  # one row of features for all layers: their mean latent
                rows = latents.mean(1).cpu().numpy()
        self._check_rank(observed, what)
        pca = PCA(self.n_directions, random_state=int(random.integers(2**31))).fit(observed)
        deviations = np.sqrt(pca.explained_variance_)
        if not deviations[-1] > np.finfo(observed.dtype).eps * max(observed.shape) * deviations[0]:
            raise ValueError(
                f"n_directions={self.n_directions} is more than the {what} have components of "
                "any variance; fewer would do."
            )
        self.explained_variance_ratio_, self.mean_ = pca.explained_variance_ratio_, rows.mean(0)
        names = [f"component {i}" for i in range(self.n_directions)]
        if observed is rows:
            return Found(pca.components_, deviations, names)
        # The coordinates are uncorrelated: the regression is one division a component.
        coordinates = pca.transform(observed)
        moves = coordinates.T @ (rows - rows.mean(0)) / (coordinates**2).sum(0)[:, None]
        return Found(moves, deviations * np.linalg.norm(moves, axis=1), names)

    def _check_rank(self, observed: Numbers, what: str) -> None:
        """Say how many components there can be."""
        n_rows, n_columns = observed.shape
        most = min(n_rows - 1, n_columns)
        if self.n_directions > most:
            raise ValueError(
                f"n_directions={self.n_directions} is more than the {most} components that "
                f"{n_rows} rows of {n_columns} {what if what == 'features' else 'features'} have."
            )

    def _features(self, generator: AdaptedGenerator, latents: torch.Tensor, layer: str) -> Numbers:
        """Give the features of a layer, one row a latent; callbacks hear of every batch."""
        found = generator.features(latents, layer, on_batch=self._part_done)
        features = as_tensor(found, name="features")
        flat: Numbers = features.reshape(len(latents), -1).cpu().numpy()
        return flat
