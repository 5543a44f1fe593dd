"""Directions in closed form: what the first weight of a generator amplifies most."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import torch
from scipy.linalg import eigh
from sklearn.utils._param_validation import Interval

from skcurve.directions.base import DirectionFinder, Found
from skcurve.directions.latents import Numbers, spread_along
from skcurve.generators import AdaptedGenerator
from skcurve.interop import as_matrix
from skcurve.randomness import as_generator as random_generator


class ClosedFormDirections(DirectionFinder):
    r"""SeFa: the leading eigenvectors of the weight that a latent meets first.

    A direction n of unit length changes the first layer's output by :math:`W n`, for every latent.
    The directions that change it most are the leading eigenvectors of :math:`W^\top W` [1]_, the
    factorisation the method is named after. Each eigenvector has two signs; the one is taken whose
    entry of largest magnitude is positive.

    The natural step of a direction is the standard deviation of the latents along it, or 1 if
    there is only a weight.

    Parameters
    ----------
    n_directions : int, default=16
        How many, the leading ones first.
    weight : array-like of shape (F, D), or a list of such, default=None
        Rows that act on the latent, those of several layers one below the other. None to ask the
        generator for its `first_layer_weights`.
    normalize : bool, default=False
        Whether every row is scaled to unit length first, so that no unit of the layer outweighs
        the others; as the authors' program does where it puts several layers together.
    n_samples : int, default=10_000
        How many latents to sample for the steps, if none are given.
    random_state : int, RandomState instance or None, default=None
        Where the randomness of these comes from.

    Attributes
    ----------
    eigenvalues_ : array of shape (k,)
        Of the matrix above, in descending order.
    directions_, strengths_, names_, n_directions_, n_features_in_
        See `DirectionFinder`.

    References
    ----------
    .. [1] Y. Shen and B. Zhou, "Closed-form factorization of latent semantics in GANs", CVPR 2021
       (arXiv 2007.06600).

    Examples
    --------
    >>> from skcurve.directions import ClosedFormDirections
    >>> found = ClosedFormDirections(1, weight=[[0.0, 3.0], [1.0, 0.0]]).fit()
    >>> found.directions_, found.eigenvalues_
    (array([[0., 1.]]), array([9.]))
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_directions": [Interval(Integral, 1, None, closed="left")],
        "weight": "no_validation",  # type: ignore[dict-item] # as_matrix says what is wrong
        "normalize": ["boolean"],
        "n_samples": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    eigenvalues_: Numbers

    def __init__(  # type: ignore[no-untyped-def]
        self,
        n_directions=16,
        *,
        weight=None,
        normalize=False,
        n_samples=10_000,
        random_state=None,
    ):
        self.n_directions = n_directions
        self.weight = weight
        self.normalize = normalize
        self.n_samples = n_samples
        self.random_state = random_state

    def _find(self, generator: AdaptedGenerator | None, latents: torch.Tensor | None) -> Found:
        weight = self._weight(generator)
        n_features = weight.shape[1]
        known = None if generator is None else generator.latent_shape
        for whose, expected in (
            ("latents of the generator", known[-1] if known else n_features),
            ("latents", n_features if latents is None else latents.shape[-1]),
        ):
            if expected != n_features:
                raise ValueError(
                    f"weight has {n_features} columns, but the {whose} have {expected} features."
                )
        if self.n_directions > n_features:
            raise ValueError(
                f"n_directions={self.n_directions} is more than the {n_features} features of a "
                "latent."
            )
        if self.normalize:
            lengths = np.linalg.norm(weight, axis=1, keepdims=True)
            weight = weight / np.where(lengths > 0, lengths, 1.0)
        leading = [n_features - self.n_directions, n_features - 1]
        eigenvalues, vectors = eigh(weight.T @ weight, subset_by_index=leading)
        directions = vectors.T[::-1]
        largest = np.abs(directions).argmax(1)
        directions = directions * np.sign(directions[np.arange(len(directions)), largest])[:, None]
        if generator is not None:
            random = random_generator(self.random_state)
            latents = self._sample(generator, latents, self.n_samples, random)
        self.eigenvalues_ = np.maximum(eigenvalues[::-1], 0.0)
        names = [f"eigenvector {i}" for i in range(self.n_directions)]
        return Found(directions, spread_along(latents, directions), names)

    def _weight(self, generator: AdaptedGenerator | None) -> Numbers:
        """Give the rows that act on a latent, as one float64 matrix."""
        given = self.weight
        if given is None:
            if generator is None:
                raise ValueError(
                    "ClosedFormDirections needs the weight of the first layer: give `weight`, or a "
                    "generator that shows it; got neither."
                )
            given = generator.first_layer_weights()
        parts = given if _is_list_of_matrices(given) else [given]
        matrices = [as_matrix(part, name="weight").double().cpu().numpy() for part in parts]
        if not matrices or len({part.shape[1] for part in matrices}) != 1:
            raise ValueError(
                "the matrices in weight must have equally many columns; got shapes "
                f"{', '.join(str(part.shape) for part in matrices) or 'of none'}."
            )
        whole: Numbers = np.concatenate(matrices)
        if not whole.any():
            raise ValueError("weight must not be empty or all zeros: it prefers no direction.")
        return whole


def _is_list_of_matrices(given: Any) -> bool:
    """Whether this is several matrices, and not the rows of one."""
    return (
        isinstance(given, Sequence)
        and len(given) > 0
        and all(isinstance(part, torch.Tensor) or np.ndim(part) == 2 for part in given)
        and not (isinstance(given[0], torch.Tensor) and given[0].ndim < 2)
    )
