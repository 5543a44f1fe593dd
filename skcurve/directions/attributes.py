"""Supervised directions: what to do to a latent to change one attribute, and no other."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.linear_model import Ridge
from sklearn.utils._param_validation import Interval, StrOptions

from skcurve.directions.base import DirectionFinder, Found
from skcurve.directions.jacobian import GRADIENTS, choose_gradient, mean_jacobian
from skcurve.directions.latents import Numbers, as_rows
from skcurve.directions.measured import attribute_names, measure_all
from skcurve.generators import AdaptedGenerator
from skcurve.randomness import as_generator as random_generator

N_SAMPLES = {None: 4_096, "autograd": 256, "finite": 64}
"""Latents to sample, by how derivatives are taken, if at all: differences take 2 D outputs each."""
BATCH_ROWS = 64
"""Outputs that autograd keeps at a time."""


class AttributeDirections(DirectionFinder):
    r"""A direction for each attribute that a function of the user's measures.

    The attributes are standardised first: in units of their standard deviation over the latents.

    "jacobian": the mean derivative of the attributes, :math:`J` of shape (A, D), says what a small
    move does on average; the columns of its pseudo-inverse :math:`J^+` are the shortest moves that
    change one attribute by a unit and, on average, no other. For a linear generator that is exact.
    It is the ceiling for methods that are told nothing.

    "ridge": the attributes are regressed on the latents, :math:`a \approx B z + c` with a penalty
    :math:`\alpha \|B\|^2`, and the rows of B are the directions along which they grow fastest. It
    takes no derivatives, but what goes together in the latents is not taken apart.

    The natural step of a direction changes its attribute by one standard deviation, according to
    the derivative or the regression.

    Parameters
    ----------
    attributes : callable
        From outputs (n, ...) to numbers (n, A): an array, a tensor or a DataFrame. To
        differentiate, it is given tensors; a torch module always is; otherwise it is given arrays,
        or, where it cannot take these, tensors.
    method : {"jacobian", "ridge"}, default="jacobian"
        See above.
    attribute_names : sequence of str, default=None
        What the attributes are called; None for the `names` of the callable, or the columns.
    gradient : {"auto", "autograd", "finite"}, default="auto"
        How to take derivatives: see `mean_jacobian`.
    step : float, default=0.05
        The half-width of finite differences, in standard deviations of the latents.
    rcond : float, default=1e-3
        Singular values of J below this share of the largest count as 0 in its pseudo-inverse.
    alpha : float, default=1.0
        The penalty of the ridge regression.
    n_samples : int, default=None
        How many latents to sample, if none are given; None for 4,096 for the regression, 256 for
        derivatives, and 64 if those have to be differences, which take 2 D outputs a latent.
    random_state : int, RandomState instance or None, default=None
        Where the randomness of these comes from.

    Attributes
    ----------
    jacobian_ : array of shape (A, D)
        The mean derivative of the attributes, in their own units. Of "jacobian" only.
    coef_ : array of shape (A, D)
        The regression's coefficients, in their own units. Of "ridge" only.
    scores_ : array of shape (A,)
        The share of each attribute's variance that the regression explains. Of "ridge" only.
    deviations_ : array of shape (A,)
        The standard deviation of each attribute over the latents.
    directions_, strengths_, names_, n_directions_, n_features_in_
        See `DirectionFinder`. There are as many directions as attributes, of the same names.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.directions import AttributeDirections
    >>> def mix(latents):
    ...     return latents @ np.array([[1.0, 1.0], [0.0, 1.0]]).T
    >>> latents = np.random.default_rng(0).normal(size=(100, 2))
    >>> finder = AttributeDirections(lambda outputs: outputs, attribute_names=["sum", "last"])
    >>> found = finder.fit(mix, latents)
    >>> moved = mix(found.directions_ * found.strengths_[:, None])  # each moves one attribute
    >>> (moved / found.deviations_).round(6) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "attributes": [callable],
        "method": [StrOptions({"jacobian", "ridge"})],
        "attribute_names": ["array-like", None],
        "gradient": [StrOptions(set(GRADIENTS))],
        "step": [Interval(Real, 0, None, closed="neither")],
        "rcond": [Interval(Real, 0, 1, closed="left")],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "n_samples": [Interval(Integral, 2, None, closed="left"), None],
        "random_state": ["random_state"],
    }

    jacobian_: Numbers
    coef_: Numbers
    scores_: Numbers
    deviations_: Numbers

    def __init__(  # type: ignore[no-untyped-def]
        self,
        attributes,
        *,
        method="jacobian",
        attribute_names=None,
        gradient="auto",
        step=0.05,
        rcond=1e-3,
        alpha=1.0,
        n_samples=None,
        random_state=None,
    ):
        self.attributes = attributes
        self.method = method
        self.attribute_names = attribute_names
        self.gradient = gradient
        self.step = step
        self.rcond = rcond
        self.alpha = alpha
        self.n_samples = n_samples
        self.random_state = random_state

    def _find(self, generator: AdaptedGenerator | None, latents: torch.Tensor | None) -> Found:
        generator = self._require(generator)
        if latents is not None and len(latents) < 2:
            raise ValueError("latents must have at least 2 rows; got 1.")
        random = random_generator(self.random_state)
        gradient = self._gradient(generator, latents) if self.method == "jacobian" else None
        n_samples = self.n_samples or N_SAMPLES[gradient]
        latents = self._sample(generator, latents, n_samples, random)
        n_batches = -(-len(latents) // generator.batch_size)
        n_derived = {"autograd": -(-len(latents) // BATCH_ROWS), "finite": latents.shape[-1]}
        self._begin(n_batches + (0 if gradient is None else n_derived[gradient]))
        values, columns = measure_all(generator, self.attributes, latents, on_batch=self._part_done)
        names = attribute_names(self.attributes, self.attribute_names, columns, values.shape[1])
        deviations = values.std(0)
        # Constant but for the rounding of single precision.
        still = deviations <= 1e-6 * np.abs(values).max(0)
        if still.any():
            raise ValueError(
                f"attribute {names[int(still.argmax())]!r} does not vary over the {len(latents)} "
                "latents: no direction changes it. Leave it out, or give more latents."
            )
        self.deviations_ = deviations
        if self.method == "ridge":
            directions, strengths = self._regress(latents, values / deviations)
        else:
            directions, strengths = self._invert(generator, latents, str(gradient))
        self._check_found(directions, names)
        return Found(directions, strengths, names)

    def _gradient(self, generator: AdaptedGenerator, latents: torch.Tensor | None) -> str:
        """Say how derivatives are taken: the generator and the attributes decide it together."""
        if latents is None:
            latents = self._sample(generator, None, 2, np.random.default_rng(0))
        return choose_gradient(generator, self.attributes, latents, self.gradient)

    def _invert(
        self, generator: AdaptedGenerator, latents: torch.Tensor, gradient: str
    ) -> tuple[Numbers, Numbers]:
        self.jacobian_ = mean_jacobian(
            generator,
            self.attributes,
            latents,
            gradient=gradient,
            step=self.step,
            batch_size=BATCH_ROWS,
            on_part=self._part_done,
        )
        moves: Numbers = np.linalg.pinv(self.jacobian_ / self.deviations_[:, None], self.rcond).T
        return moves, np.linalg.norm(moves, axis=1)

    def _regress(self, latents: torch.Tensor, values: Numbers) -> tuple[Numbers, Numbers]:
        rows = as_rows(latents.mean(1) if latents.ndim == 3 else latents).astype(np.float64)
        ridge = Ridge(alpha=self.alpha).fit(rows, values)
        slopes: Numbers = np.atleast_2d(ridge.coef_)
        self.coef_ = slopes * self.deviations_[:, None]
        residual = values - np.reshape(ridge.predict(rows), values.shape)
        self.scores_ = 1.0 - residual.var(0) / values.var(0)
        steepness = np.linalg.norm(slopes, axis=1)
        return slopes, np.divide(1.0, steepness, where=steepness > 0, out=np.zeros_like(steepness))

    @staticmethod
    def _check_found(directions: Numbers, names: list[str]) -> None:
        lengths = np.linalg.norm(directions, axis=1)
        if not (lengths > 0).all():
            raise ValueError(
                f"attribute {names[int(np.argmin(lengths))]!r} does not depend on the latents, "
                "according to its derivatives: no direction changes it. Leave it out."
            )
