"""Directions that a network can tell apart by what they change (Voynov and Babenko)."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import Interval, StrOptions

from skcurve.directions.base import Found
from skcurve.directions.latents import Numbers, unit_length
from skcurve.directions.matrices import MATRICES, DirectionMatrix
from skcurve.directions.pairs import Pairs, judge
from skcurve.directions.reconstructors import make_reconstructor
from skcurve.directions.training import TrainedDirections
from skcurve.generators import AdaptedGenerator
from skcurve.randomness import as_generator as random_generator


class RectifiedDirections(TrainedDirections):
    r"""Directions that a reconstructor can name from the pair of outputs.

    A matrix A of k directions and a network R are learnt together [1]_. Again and again,

    1. a latent z, a direction i and a shift s are drawn;
    2. R sees the outputs G(z) and G(z + s a_i), and has to say i and s;
    3. A and R step down the loss: the cross-entropy of i, and `shift_weight` times :math:`|s -
       \hat s|`.

    Directions whose effects are mixed up are hard to name, so A learns those with effects of their
    own. How often R is right, on pairs that it was not trained on, is the *reconstructor's
    classification accuracy*, RCA: by chance it is 1/k.

    The natural step of a direction is the mean of \|s\|, times the length of its row in A.

    Parameters
    ----------
    n_directions : int, default=16
        k, at least 2.
    matrix : {"unit", "orthonormal", "linear"}, default="unit"
        Whether the directions in A have unit length, are orthonormal, or are free.
    reconstructor : {"auto", "lenet", "resnet18", "mlp"} or torch.nn.Module, default="auto"
        R: for images LeNet ("auto", fast) or ResNet-18; "mlp" for vectors, and whatever else
        is no image ("auto", too). A module is called with the two batches of outputs, and gives the
        logits (n, k) and the shifts (n,); a copy of it is trained, in float32.
    max_shift, min_shift : float, default=6.0, 0.5
        Shifts are uniform among those with min_shift <= \|s\| <= max_shift.
    unit : "std" or float, default="std"
        How far a shift of 1 goes: "std" for the standard deviation of the latents (root mean
        square over the features), which is 1 for the standard normal ones that the range above was
        published for; or a length.
    shift_weight : float, default=0.25
        The weight of the error of the shift in the loss.
    n_steps : int, default=500
        Steps of Adam, a batch each.
    batch_size : int, default=64
        Pairs a batch, at least 2.
    learning_rate : float, default=1e-3
        Of Adam, for R.
    direction_rate : float, default=1e-2
        Of Adam, for A.
    n_samples : int, default=10_000
        How many latents to sample, if none are given; batches are drawn from these.
    n_pairs : int, default=2048
        The pairs that the accuracy is measured on, about equally many for each direction.
    random_state : int, RandomState instance or None, default=None
        Where the randomness comes from.
    verbose : int, default=0
        Above 0, prints a line at every tenth of the way; above 1, at every hundredth.

    Attributes
    ----------
    rca_ : float
        The share of the pairs whose direction R names, from 0 to 1.
    chance_ : float
        1/k: what guessing would reach.
    accuracies_ : array of shape (k,)
        That share for each direction.
    shift_error_ : float
        The mean error of the shift, in units of the shift.
    reconstructor_ : torch.nn.Module
        R, in evaluation mode.
    history_ : list of dict
        One record a hundredth of the steps: step, loss, accuracy, shift_error, seconds.
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
    .. [1] A. Voynov and A. Babenko, "Unsupervised discovery of interpretable directions in the GAN
       latent space", ICML 2020 (arXiv 2002.03754).

    Examples
    --------
    >>> import torch
    >>> from skcurve.directions import RectifiedDirections
    >>> def bend(latents):
    ...     return torch.tanh(latents / 4)
    >>> latents = torch.randn(500, 4, generator=torch.Generator().manual_seed(0))
    >>> finder = RectifiedDirections(4, n_steps=50, n_pairs=200, random_state=0)
    >>> found = finder.fit(bend, latents)
    >>> found.chance_, found.rca_ > 0.5
    (0.25, True)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_directions": [Interval(Integral, 2, None, closed="left")],
        "matrix": [StrOptions(set(MATRICES))],
        "reconstructor": [StrOptions({"auto", "lenet", "resnet18", "mlp"}), torch.nn.Module],
        "max_shift": [Interval(Real, 0, None, closed="neither")],
        "min_shift": [Interval(Real, 0, None, closed="left")],
        "unit": [StrOptions({"std"}), Interval(Real, 0, None, closed="neither")],
        "shift_weight": [Interval(Real, 0, None, closed="left")],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 2, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "direction_rate": [Interval(Real, 0, None, closed="left")],
        "n_samples": [Interval(Integral, 2, None, closed="left")],
        "n_pairs": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    rca_: float
    chance_: float
    accuracies_: Numbers
    shift_error_: float
    reconstructor_: torch.nn.Module

    def __init__(  # type: ignore[no-untyped-def]
        self,
        n_directions=16,
        *,
        matrix="unit",
        reconstructor="auto",
        max_shift=6.0,
        min_shift=0.5,
        unit="std",
        shift_weight=0.25,
        n_steps=500,
        batch_size=64,
        learning_rate=1e-3,
        direction_rate=1e-2,
        n_samples=10_000,
        n_pairs=2048,
        random_state=None,
        verbose=0,
    ):
        self.n_directions = n_directions
        self.matrix = matrix
        self.reconstructor = reconstructor
        self.max_shift = max_shift
        self.min_shift = min_shift
        self.unit = unit
        self.shift_weight = shift_weight
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.direction_rate = direction_rate
        self.n_samples = n_samples
        self.n_pairs = n_pairs
        self.random_state = random_state
        self.verbose = verbose

    def _find(self, generator: AdaptedGenerator | None, latents: torch.Tensor | None) -> Found:
        if self.min_shift > self.max_shift:
            raise ValueError(
                f"min_shift must not be above max_shift={self.max_shift}; got {self.min_shift}."
            )
        random = random_generator(self.random_state)
        generator = self._differentiable(generator)
        latents = self._training_latents(generator, latents, self.n_samples, random)
        n_features = latents.shape[-1]
        if self.matrix == "orthonormal" and self.n_directions > n_features:
            raise ValueError(
                f"n_directions={self.n_directions} orthonormal directions do not fit into the "
                f"{n_features} features of a latent."
            )
        draws = torch.Generator().manual_seed(int(random.integers(2**62)))
        matrix = DirectionMatrix(self.matrix, self.n_directions, n_features, draws)
        with torch.no_grad():
            first = generator.forward(latents[:1])
        reconstructor = self._make_reconstructor(first, draws)
        optimizer = torch.optim.Adam(
            [
                {"params": reconstructor.parameters(), "lr": self.learning_rate},
                {"params": matrix.parameters(), "lr": self.direction_rate},
            ]
        )
        pairs = Pairs(
            generator, latents, (self.min_shift, self.max_shift), unit_length(self.unit, latents)
        )

        def loss() -> tuple[torch.Tensor, dict[str, float]]:
            which = torch.randint(self.n_directions, (self.batch_size,), generator=draws)
            seen = pairs.show(matrix(), which, draws)
            cross_entropy, error, right = judge(reconstructor, seen, which)
            error = error.mean()
            return cross_entropy + self.shift_weight * error, {
                "accuracy": float(right.float().mean()),
                "shift_error": float(error.detach()),
            }

        which = torch.arange(max(self.n_pairs, self.n_directions)) % self.n_directions
        parts = which.split(max(self.batch_size, 64))
        self._descend(loss, optimizer, self.n_steps, n_later=len(parts))
        with torch.no_grad():
            directions = matrix().detach()
            self._evaluate(reconstructor.eval(), pairs, directions, parts, draws)
        self.reconstructor_ = reconstructor
        lengths = torch.linalg.vector_norm(directions, dim=1).double().numpy()
        steps = (self.min_shift + self.max_shift) / 2 * pairs.unit * lengths
        names = [f"rectified {i}" for i in range(self.n_directions)]
        return Found(directions.numpy(), steps, names)

    def _make_reconstructor(self, first: torch.Tensor, draws: torch.Generator) -> torch.nn.Module:
        if isinstance(self.reconstructor, torch.nn.Module):
            copy: torch.nn.Module = deepcopy(self.reconstructor).requires_grad_(True)
            return copy.to(first.device).float().train()
        made = make_reconstructor(self.reconstructor, first.shape[1:], self.n_directions, draws)
        return made.to(first.device)

    def _evaluate(
        self,
        reconstructor: torch.nn.Module,
        pairs: Pairs,
        directions: torch.Tensor,
        parts: Sequence[torch.Tensor],
        draws: torch.Generator,
    ) -> None:
        """Measure how well directions and shifts are named, on new pairs: these, part by part."""
        rights, errors = [], []
        for part in parts:
            _, error, right = judge(reconstructor, pairs.show(directions, part, draws), part)
            rights.append(right.cpu())
            errors.append(error.cpu())
            self._part_done()
        which = torch.cat(list(parts))
        named = torch.cat(rights).double().numpy()
        counts = np.bincount(which.numpy())
        self.accuracies_ = np.bincount(which.numpy(), named) / counts
        self.rca_, self.chance_ = float(named.mean()), 1.0 / self.n_directions
        self.shift_error_ = float(torch.cat(errors).mean())
