"""A generator with no network: a bijection from latents to factors, then the renderer."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import expit

from skcurve.generators.sprites.factors import (
    ACCESSORIES,
    FACTOR_RANGES,
    FACTORS,
    N_FACTORS,
    check_factors,
    sample_factors,
)
from skcurve.generators.sprites.render import render
from skcurve.interop import Array, as_tensor, restore
from skcurve.randomness import RandomState, as_generator

LAYER_FACTORS = (
    ("x", "y"),
    ("size", "aspect", "squareness"),
    ("eye", "hat"),
    ("hue", "background"),
)
"""Which factors each W+ layer of `ExactSprites` governs: coarse layers first, colours last."""

BEND = 0.35
EDGE = 1e-9
UNIFORM_SLOPE = 1.702  # the logistic curve that is closest to the normal distribution function
BINARY_SLOPE = 4.0


class ExactSprites:
    r"""Sprites whose every factor is a known, invertible function of the latent.

    Latents are turned, bent and squashed, each step exactly invertible:

    1. an orthogonal matrix, y = Q z;
    2. two additive couplings, which bend the directions of the factors without changing volumes:
       half of the coordinates is shifted by 0.35 tanh(M ·) of the other half, then the other way
       round, M having unit rows;
    3. a logistic curve onto the range of each factor, so that standard normal latents have nearly
       uniform factors, and eye and hat mostly on or off.

    Then `render` draws. Because of step 2 there is no straight direction along which one factor
    changes alone, but nearly: the way from a latent to the one with a single factor changed is
    within a cosine of 0.95 of `true_directions`. What is learnt about this generator can be
    compared with the truth.

    Parameters
    ----------
    n_latents : int, default=9
        The dimension D of the latents, at least the number of factors. What is beyond it is turned
        in as well and changes nothing in the picture.
    seed : int, default=0
        Which Q and M.
    species : bool, default=False
        Whether `sample` draws latents of the six species (clustered, with correlated factors), and
        not standard normal ones.

    Attributes
    ----------
    latent_shape : tuple of int
        (D,).
    n_layers : int
        4: latents may be (n, 4, D), and layer l then governs `layer_factors[l]` alone.
    layer_factors : tuple of tuple of str
        The factors of each layer.

    Raises
    ------
    ValueError
        If `n_latents` is less than 9, or latents have another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.generators.sprites import ExactSprites
    >>> sprites = ExactSprites()
    >>> latents = sprites.sample(3, random_state=0)
    >>> sprites(latents).shape
    (3, 3, 32, 32)
    >>> bool(np.allclose(sprites.to_latents(sprites.to_factors(latents)), latents))
    True
    """

    n_layers = len(LAYER_FACTORS)
    output_range = (-1.0, 1.0)
    layer_factors = LAYER_FACTORS

    def __init__(self, n_latents: int = N_FACTORS, seed: int = 0, species: bool = False) -> None:
        n_latents = operator.index(n_latents)
        if n_latents < N_FACTORS:
            raise ValueError(f"n_latents must be at least {N_FACTORS}; got {n_latents}.")
        if not isinstance(species, bool | np.bool_):
            raise TypeError(f"species must be True or False; got {species!r}.")
        self.latent_shape = (n_latents,)
        self.seed = seed
        self.species = bool(species)
        generator = np.random.default_rng(seed)
        turn, triangle = np.linalg.qr(generator.standard_normal((n_latents, n_latents)))
        self._turn = torch.from_numpy(turn * np.sign(np.diag(triangle)))
        order = generator.permutation(N_FACTORS)
        first, second = order[: N_FACTORS // 2], order[N_FACTORS // 2 :]
        self._couplings = [
            (torch.from_numpy(sources), torch.from_numpy(targets), _unit_rows(generator, shape))
            for sources, targets, shape in (
                (first, second, (len(second), len(first))),
                (second, first, (len(first), len(second))),
            )
        ]
        binary = np.array([name in ACCESSORIES for name in FACTORS])
        self._slopes = torch.from_numpy(np.where(binary, BINARY_SLOPE, UNIFORM_SLOPE))
        self._low, self._high = torch.from_numpy(FACTOR_RANGES.copy()).T
        self._layer_of = torch.tensor(
            [next(i for i, names in enumerate(LAYER_FACTORS) if name in names) for name in FACTORS]
        )

    def __repr__(self) -> str:
        n_latents = self.latent_shape[0]
        return f"ExactSprites(n_latents={n_latents}, seed={self.seed}, species={self.species})"

    def __call__(self, latents: Any) -> Array:
        """Draw the sprites of latents.

        Parameters
        ----------
        latents : array-like of shape (n, D) or (n, 4, D)
            Of the second, layer l is asked for `layer_factors[l]` alone.

        Returns
        -------
        images : array of shape (n, 3, 32, 32), float32
            In [-1, 1]; a tensor if `latents` is one, and then differentiable.
        """
        return render(self.to_factors(latents))

    def sample(self, n: int, random_state: RandomState = None) -> npt.NDArray[np.float64]:
        """Draw latents: standard normal, or those of the species.

        Parameters
        ----------
        n : int
            How many, 0 or more.
        random_state : int, RandomState, Generator or None
            Where the randomness comes from.

        Returns
        -------
        latents : (n, D) float64 array
        """
        n = operator.index(n)
        if n < 0:
            raise ValueError(f"n must be at least 0; got {n}.")
        generator = as_generator(random_state)
        if not self.species:
            return generator.standard_normal((n, self.latent_shape[0]))
        factors, _ = (array.astype(np.float64) for array in sample_factors(n, generator))
        for name in ACCESSORIES:  # the ends would be far away, and all in one place
            column = FACTORS.index(name)
            sign = 2 * factors[:, column] - 1
            away = BINARY_SLOPE * sign * (1 + 0.25 * generator.standard_normal(n))
            factors[:, column] = expit(away)
        idle = generator.standard_normal((n, self.latent_shape[0] - N_FACTORS))
        latents = self.to_latents(factors, idle=idle)
        return np.asarray(latents)

    def to_factors(self, latents: Any) -> Array:
        """Say which factors latents have.

        Parameters
        ----------
        latents : array-like of shape (n, D) or (n, 4, D)
            As for drawing.

        Returns
        -------
        factors : array of shape (n, 9)
            In the units of `FACTOR_RANGES`, in the precision of the latents, computed in float64.
            A tensor if `latents` is one, and then differentiable.
        """
        rows = self._check_latents(latents)
        if rows.ndim == 2:
            factors = self._forward(rows.double())
        else:
            n, n_layers, n_latents = rows.shape
            of_layers = self._forward(rows.double().reshape(-1, n_latents))
            columns = torch.arange(N_FACTORS, device=rows.device)
            factors = of_layers.reshape(n, n_layers, N_FACTORS)[
                :, self._layer_of.to(rows.device), columns
            ]
        factors = factors.to(rows.dtype)
        return factors if isinstance(latents, torch.Tensor) else restore(factors, like=latents)

    def to_latents(self, factors: Any, *, idle: Any = None) -> Array:
        """Find the latents that have given factors: the exact inverse of `to_factors`.

        Parameters
        ----------
        factors : array-like of shape (n, 9)
            Factors are pulled inside their ranges by a billionth of the range: the ends
            themselves are infinitely far away.
        idle : array-like of shape (n, D - 9), optional
            The coordinates that change nothing; zero by default.

        Returns
        -------
        latents : array of shape (n, D)
            In the precision of the factors; a tensor if `factors` is one, and then differentiable.
        """
        rows = check_factors(factors)
        n_idle = self.latent_shape[0] - N_FACTORS
        if idle is None:
            rest = torch.zeros((len(rows), n_idle), dtype=torch.float64, device=rows.device)
        else:
            rest = as_tensor(idle, name="idle").to(rows.device, torch.float64)
            if rest.shape != (len(rows), n_idle):
                raise ValueError(
                    f"idle must have shape ({len(rows)}, {n_idle}); got {tuple(rest.shape)}."
                )
        low, high = self._low.to(rows.device), self._high.to(rows.device)
        share = ((rows.double() - low) / (high - low)).clamp(EDGE, 1 - EDGE)
        latents = self._backward(torch.logit(share) / self._slopes.to(rows.device), rest)
        latents = latents.to(rows.dtype)
        return latents if isinstance(factors, torch.Tensor) else restore(latents, like=factors)

    def true_directions(self, n_samples: int = 2048) -> npt.NDArray[np.float64]:
        """Return the direction that changes each factor alone, on average.

        At a latent, the columns of the inverse of the Jacobian of `to_factors` are the directions
        along which one factor changes and the others stand still. These are their means over
        standard normal latents, each column having been scaled to length 1.

        Parameters
        ----------
        n_samples : int, default=2048
            How many latents; they are always the same ones.

        Returns
        -------
        directions : (9, D) float64 array
            Unit rows, in the order of `FACTORS`; along them the factors grow.
        """
        generator = np.random.default_rng(0)
        shape = (n_samples, self.latent_shape[0])
        latents = torch.from_numpy(generator.standard_normal(shape))
        bent, rest = self._bend(latents @ self._turn.T)
        # The squashing of step 3 changes the length of these columns, not their direction.
        bent.requires_grad_()
        turned = self._unbend(bent, rest)
        rows = [
            torch.autograd.grad(coordinate.sum(), bent, retain_graph=True)[0]
            for coordinate in turned[:, :N_FACTORS].T
        ]
        columns = self._turn[:N_FACTORS].T @ torch.stack(rows, dim=1)
        unit = columns / torch.linalg.vector_norm(columns, dim=1, keepdim=True)
        mean = unit.mean(0).T
        return (mean / torch.linalg.vector_norm(mean, dim=1, keepdim=True)).numpy()

    def _check_latents(self, latents: Any) -> torch.Tensor:
        rows = latents if isinstance(latents, torch.Tensor) else as_tensor(latents, name="latents")
        if not rows.is_floating_point() or rows.dtype in (torch.float16, torch.bfloat16):
            rows = as_tensor(rows, name="latents")
        n_latents = self.latent_shape[0]
        if rows.ndim not in (2, 3) or rows.shape[1:] not in (
            (n_latents,),
            (self.n_layers, n_latents),
        ):
            raise ValueError(
                f"latents must have shape (n, {n_latents}) or (n, {self.n_layers}, {n_latents}); "
                f"got {tuple(rows.shape)}."
            )
        if not bool(torch.isfinite(rows).all()):
            raise ValueError("latents contains NaN or infinity; every entry must be finite.")
        return rows

    def _forward(self, latents: torch.Tensor) -> torch.Tensor:
        device = latents.device
        bent, _ = self._bend(latents @ self._turn.T.to(device))
        low, high = self._low.to(device), self._high.to(device)
        return low + (high - low) * torch.sigmoid(self._slopes.to(device) * bent)

    def _backward(self, bent: torch.Tensor, idle: torch.Tensor) -> torch.Tensor:
        return self._unbend(bent, idle) @ self._turn.to(bent.device)

    def _bend(self, turned: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Couple the coordinates that become factors; the idle ones are left alone."""
        used, idle = turned[..., :N_FACTORS], turned[..., N_FACTORS:]
        for sources, targets, matrix in self._couplings:
            used = used + _shift(used, sources, targets, matrix)
        return used, idle

    def _unbend(self, bent: torch.Tensor, idle: torch.Tensor) -> torch.Tensor:
        for sources, targets, matrix in reversed(self._couplings):
            bent = bent - _shift(bent, sources, targets, matrix)
        return torch.cat([bent, idle], dim=-1)


def _shift(
    used: torch.Tensor, sources: torch.Tensor, targets: torch.Tensor, matrix: torch.Tensor
) -> torch.Tensor:
    """Compute what a coupling adds to its targets, given its sources, which get nothing."""
    device = used.device
    amounts = BEND * torch.tanh(used[..., sources.to(device)] @ matrix.T.to(device))
    places = torch.zeros((len(targets), N_FACTORS), dtype=used.dtype, device=device)
    places[torch.arange(len(targets), device=device), targets.to(device)] = 1.0
    return amounts @ places


def _unit_rows(generator: np.random.Generator, shape: tuple[int, int]) -> torch.Tensor:
    rows = generator.standard_normal(shape)
    return torch.from_numpy(rows / np.linalg.norm(rows, axis=1, keepdims=True))
