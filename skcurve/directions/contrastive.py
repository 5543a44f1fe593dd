"""Directions that do the same to every latent, and each something else (LatentCLR)."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import torch
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted
from torch.nn import functional

from skcurve.directions.base import Found
from skcurve.directions.conditional import MODELS, ConditionalDirections
from skcurve.directions.latents import check_latents, shifted, unit_length
from skcurve.directions.training import TrainedDirections
from skcurve.generators import AdaptedGenerator
from skcurve.interop import Array, restore
from skcurve.randomness import as_generator as random_generator


class ContrastiveDirections(TrainedDirections):
    r"""LatentCLR: directions whose effects are alike on all latents, and unlike each other's.

    A move :math:`\Delta_k(z)` of fixed length is learnt for each of K directions [1]_. In a step,

    1. a batch of N latents is moved along every direction;
    2. the change of the features f, of a layer or of the outputs, is noted: :math:`f_i^k = f(z_i +
       \alpha \Delta_k(z_i)) - f(z_i)`;
    3. changes by one direction attract each other, changes by different ones repel:

    .. math::

        \ell(i, k) = - \log \frac{\sum_{j \ne i} \exp(\cos(f_i^k, f_j^k) / \tau)}
        {\sum_j \sum_{l \ne k} \exp(\cos(f_i^k, f_j^l) / \tau)}

    The move may be the same for all latents, or depend on where one is; `directions_at` then gives
    the directions at a latent, and `directions_` their mean. The natural step is the length of a
    move in training.

    Parameters
    ----------
    n_directions : int, default=16
        K, at least 2.
    conditioning : {"global", "linear", "nonlinear"}, default="global"
        What the move is: a vector; an affine function of the latent; or a perceptron of it, with
        one hidden layer.
    layer : str, default=None
        The submodule of the generator whose output is looked at; None for the outputs.
    alpha : float, default=3.0
        The length of a move.
    unit : "std" or float, default="std"
        In which unit `alpha` is: the standard deviation of the latents (root mean square over the
        features); or a length.
    temperature : float, default=0.5
        τ above.
    n_steps : int, default=200
        Steps of Adam, a batch each.
    batch_size : int, default=4
        N, at least 2. A step needs N (K + 1) outputs, and their gradients.
    learning_rate : float, default=1e-2
        Of Adam.
    n_samples : int, default=10_000
        How many latents to sample, if none are given; batches are drawn from these.
    random_state : int, RandomState instance or None, default=None
        Where the randomness comes from.
    verbose : int, default=0
        Above 0, prints a line at every tenth of the way; above 1, at every hundredth.

    Attributes
    ----------
    model_ : torch.nn.Module
        From latents (n, D) to directions (n, k, D).
    history_ : list of dict
        One record a hundredth of the steps: step, loss, agreement (how often, of two moves, one by
        the same direction is more alike than one by another), seconds.
    n_iter_ : int
        How many steps were taken.
    directions_, strengths_, names_, n_directions_, n_features_in_
        See `DirectionFinder`.

    Notes
    -----
    The generator is only looked at: its parameters do not change, and receive no gradients. Ctrl-C
    ends the fit with a warning, and what is learnt by then.

    References
    ----------
    .. [1] O. K. Yüksel, E. Simsar, E. G. Er and P. Yanardag, "LatentCLR: A contrastive learning
       approach for unsupervised discovery of interpretable directions", ICCV 2021
       (arXiv 2104.00820).

    Examples
    --------
    >>> import torch
    >>> from skcurve.directions import ContrastiveDirections
    >>> def bend(latents):
    ...     return torch.tanh(latents / 4)
    >>> latents = torch.randn(500, 4, generator=torch.Generator().manual_seed(0))
    >>> finder = ContrastiveDirections(4, n_steps=50, random_state=0).fit(bend, latents)
    >>> finder.directions_.shape, finder.directions_at(latents[:3]).shape
    ((4, 4), torch.Size([3, 4, 4]))
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_directions": [Interval(Integral, 2, None, closed="left")],
        "conditioning": [StrOptions(set(MODELS))],
        "layer": [str, None],
        "alpha": [Interval(Real, 0, None, closed="neither")],
        "unit": [StrOptions({"std"}), Interval(Real, 0, None, closed="neither")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 2, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "n_samples": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    model_: torch.nn.Module

    def __init__(  # type: ignore[no-untyped-def]
        self,
        n_directions=16,
        *,
        conditioning="global",
        layer=None,
        alpha=3.0,
        unit="std",
        temperature=0.5,
        n_steps=200,
        batch_size=4,
        learning_rate=1e-2,
        n_samples=10_000,
        random_state=None,
        verbose=0,
    ):
        self.n_directions = n_directions
        self.conditioning = conditioning
        self.layer = layer
        self.alpha = alpha
        self.unit = unit
        self.temperature = temperature
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.n_samples = n_samples
        self.random_state = random_state
        self.verbose = verbose

    def directions_at(self, latents: Any) -> Array:
        """Give the directions at latents.

        Parameters
        ----------
        latents : array-like of shape (n, D) or (n, L, D)
            Where; of W+ the mean over the layers counts.

        Returns
        -------
        directions : array of shape (n, k, D)
            Unit vectors, in the dtype of the latents; of "global" directions, the same for all.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If there are no directions yet.
        TypeError, ValueError
            If the latents are no finite numbers, or have another number of features.
        """
        check_is_fitted(self)
        rows = check_latents(latents, None)
        if rows.shape[-1] != self.n_features_in_:
            raise ValueError(
                f"latents have {rows.shape[-1]} features, but {type(self).__name__} was fitted to "
                f"{self.n_features_in_}."
            )
        with torch.no_grad():
            return restore(self.model_(_places(rows).cpu().float()).to(rows.dtype), like=latents)

    def _find(self, generator: AdaptedGenerator | None, latents: torch.Tensor | None) -> Found:
        random = random_generator(self.random_state)
        source = self._differentiable(generator)
        latents = self._training_latents(source, latents, self.n_samples, random)
        draws = torch.Generator().manual_seed(int(random.integers(2**62)))
        places = _places(latents).cpu()
        model = ConditionalDirections(self.conditioning, self.n_directions, places, draws)
        optimizer = torch.optim.Adam(model.parameters(), lr=self.learning_rate)
        length = self.alpha * unit_length(self.unit, latents)

        def look(rows: torch.Tensor) -> torch.Tensor:
            return source.forward(rows, layer=self.layer).flatten(1).float()

        def loss() -> tuple[torch.Tensor, dict[str, float]]:
            chosen = torch.randint(len(latents), (self.batch_size,), generator=draws)
            rows = latents[chosen.to(latents.device)]
            moves = length * model(places[chosen]).to(rows.device)
            with torch.no_grad():
                before = look(rows)
            copies = rows.repeat_interleave(self.n_directions, dim=0)
            after = look(shifted(copies, moves.flatten(0, 1)))
            changes = after.unflatten(0, moves.shape[:2]) - before[:, None]
            return contrast(changes, self.temperature)

        self._descend(loss, optimizer, self.n_steps)
        with torch.no_grad():
            total = sum(model(part).double().sum(0) for part in places.split(256))
            mean = (total / len(places)).float()
        self.model_ = model
        names = [f"contrastive {i}" for i in range(self.n_directions)]
        return Found(mean.numpy(), torch.full((self.n_directions,), length).numpy(), names)


def contrast(changes: torch.Tensor, temperature: float) -> tuple[torch.Tensor, dict[str, float]]:
    """Give the contrastive loss of feature changes: see `ContrastiveDirections`.

    Parameters
    ----------
    changes : tensor of shape (N, K, F)
        The change of the features of each latent by each direction.
    temperature : float
        What the cosines are divided by.

    Returns
    -------
    loss : scalar tensor
        The mean over all changes.
    numbers : dict
        The agreement: how often a change by the same direction is more alike than one by another.
    """
    n, k, _ = changes.shape
    unit = functional.normalize(changes.flatten(0, 1), dim=1)
    likeness = unit @ unit.T / temperature
    by = torch.arange(k, device=unit.device).repeat(n)
    of = torch.arange(n, device=unit.device).repeat_interleave(k)
    same, others = by[:, None] == by, of[:, None] != of
    attract = likeness.masked_fill(~(same & others), -torch.inf).logsumexp(1)
    repel = likeness.masked_fill(same, -torch.inf).logsumexp(1)
    with torch.no_grad():
        alike = torch.where(same & others, likeness, torch.nan).nanmean(1, keepdim=True)
        agreement = (alike > likeness)[~same].float().mean()
    return (repel - attract).mean(), {"agreement": float(agreement)}


def _places(latents: torch.Tensor) -> torch.Tensor:
    """Say where latents are in W; in W+, on average over the layers."""
    return latents.mean(1) if latents.ndim == 3 else latents
