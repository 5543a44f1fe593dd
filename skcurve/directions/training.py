"""Finders that learn by gradient descent: the loop, who watches it, and what Ctrl-C leaves."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning

from skcurve.directions.base import DirectionFinder
from skcurve.generators import AdaptedGenerator
from skcurve.notices import warn

N_ROUNDS = 100
"""A fit is at most so many rounds of steps; after each, callbacks hear of it."""

Loss = Callable[[], tuple[torch.Tensor, dict[str, float]]]
"""Draws a batch; gives its loss, and what else is worth recording."""


class TrainedDirections(DirectionFinder):
    """Base class of the finders that learn by gradient descent.

    Attributes
    ----------
    history_ : list of dict
        One record a round of steps, with the keys step, loss, seconds, and those of the finder.
    n_iter_ : int
        How many steps were taken.
    """

    history_: list[dict[str, float]]
    n_iter_: int
    verbose: int

    def _differentiable(self, generator: AdaptedGenerator | None) -> AdaptedGenerator:
        """Give the generator, or say that torch has to be able to differentiate it."""
        generator = self._require(generator)
        if not generator.differentiable:
            raise ValueError(
                f"{type(self).__name__} learns through the generator: it must be a function or a "
                f"module of torch, that torch can differentiate; got {generator!r}."
            )
        return generator

    def _training_latents(
        self,
        generator: AdaptedGenerator,
        latents: torch.Tensor | None,
        n_samples: int,
        random: np.random.Generator,
    ) -> torch.Tensor:
        """Give the latents to draw batches from: float32, where the generator computes."""
        latents = self._sample(generator, latents, n_samples, random).float()
        return latents.to(generator.device or latents.device)

    def _descend(
        self, loss: Loss, optimizer: torch.optim.Optimizer, n_steps: int, n_later: int = 0
    ) -> None:
        """Take steps down the loss, and keep the record of them.

        The gradients are asked for, for the parameters of the optimizer alone: those of the
        generator receive none.

        Parameters
        ----------
        loss : callable
            See `Loss`.
        optimizer : torch.optim.Optimizer
            Holds what is learnt.
        n_steps : int
            How many steps.
        n_later : int, default=0
            Parts of the search that come after this, for the callbacks.

        Raises
        ------
        KeyboardInterrupt
            If Ctrl-C came before the first step was complete; later, it ends the loop.
        RuntimeError
            If the loss is no finite number any more.
        """
        parameters = [part for group in optimizer.param_groups for part in group["params"]]
        rounds = [len(part) for part in np.array_split(range(n_steps), min(n_steps, N_ROUNDS))]
        self._begin(len(rounds) + n_later)
        history: list[dict[str, float]] = []
        began, done = perf_counter(), 0
        try:
            for length in rounds:
                seen: list[dict[str, float]] = []
                for _ in range(length):
                    seen.append(_step(loss, optimizer, parameters))
                    done += 1
                record = {key: float(np.mean([part[key] for part in seen])) for key in seen[0]}
                if not np.isfinite(record["loss"]):
                    raise RuntimeError(
                        f"the loss of {type(self).__name__} is {record['loss']} after {done} "
                        "steps; a smaller learning_rate may help."
                    )
                history.append({"step": done, **record, "seconds": perf_counter() - began})
                self._say(history[-1], len(history), len(rounds))
                if self._part_done("round"):
                    break
        except KeyboardInterrupt:
            if not done:
                raise
            warn(
                f"Interrupted: the directions are those after {done} of {n_steps} steps.",
                ConvergenceWarning,
            )
        self.history_, self.n_iter_ = history, done

    def _say(self, record: dict[str, float], number: int, n_rounds: int) -> None:
        """Print a record if `verbose`: at 1 every tenth of the way, above 1 every round."""
        every = 1 if self.verbose > 1 else max(1, n_rounds // 10)
        if self.verbose and number % every == 0:
            told = ", ".join(f"{key} {value:.4g}" for key, value in record.items() if key != "step")
            print(f"[{type(self).__name__}] step {record['step']}: {told}")


def _step(
    loss: Loss, optimizer: torch.optim.Optimizer, parameters: list[torch.nn.Parameter]
) -> dict[str, float]:
    """Take one step, and give its record."""
    with torch.enable_grad():
        value, numbers = loss()
        # A reconstructor of the user's may have parameters that it does not use.
        gradients = torch.autograd.grad(value, parameters, allow_unused=True)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    optimizer.step()
    return {"loss": float(value.detach()), **numbers}
