"""What is particular to one kind of generator, and nothing that is common to all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch


class Backend:
    """One kind of generator, for one batch that is in place already.

    `AdaptedGenerator` checks and reshapes the latents, cuts them into batches, puts these where the
    generator computes, keeps gradients out, and checks what comes back. A backend knows how to call
    the object and what it says about itself. A new kind of generator is a subclass that sets what
    of the attributes is not as here, and has a `decode`.

    Attributes
    ----------
    name : str
        What it is, for messages.
    native_shape : tuple of int or None
        The shape in which the object takes one latent; None if it does not say.
    n_layers : int or None
        Layers of W+: then `decode` gets latents with an axis of so many after the first.
    network : torch.nn.Module or None
        What has to be in evaluation mode, and has layers to look at.
    device : torch.device or None
        Where it computes; None: where the latents are.
    dtype : torch.dtype or None
        In what it computes; None: in what the latents have.
    map : callable or None
        From a batch of z to a batch of latents, where the two are different.
    z_dim : int or None
        The width of z; None: that of the latents.
    own_sample : callable or None
        From n and a keyword `random_state` to n latents.
    space : str
        What the space of the latents is called; see `AdaptedGenerator`.
    output_range : (float, float) or None
        From what to what the outputs go, if that is known: of pictures, black and white.

    Examples
    --------
    >>> import torch
    >>> from skcurve.generators import AdaptedGenerator, Backend
    >>> class Doubling(Backend):
    ...     name = "a generator of doubles"
    ...     native_shape = (2,)
    ...
    ...     def decode(self, latents):
    ...         return 2 * latents
    >>> AdaptedGenerator(Doubling())([[1.0, 2.0]])
    array([[2., 4.]])
    """

    name: str = "generator"
    native_shape: tuple[int, ...] | None = None
    n_layers: int | None = None
    network: torch.nn.Module | None = None
    device: torch.device | None = None
    dtype: torch.dtype | None = None
    map: Callable[[torch.Tensor], Any] | None = None
    z_dim: int | None = None
    own_sample: Callable[..., Any] | None = None
    space: str = "latent"
    output_range: tuple[float, float] | None = None

    @property
    def differentiable(self) -> bool | None:
        """Whether gradients flow through `decode`; None if the first batch has yet to tell."""
        return False

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The layers whose outputs can be had."""
        return ()

    def decode(self, latents: torch.Tensor) -> Any:
        """Turn one batch of latents into outputs.

        Parameters
        ----------
        latents : tensor of shape (n, ...) or (n, n_layers, ...)
            The dots are `native_shape`. On the device, and in the dtype, of this generator; its own
            to write into.
        """
        raise NotImplementedError

    def draw(self, n: int, width: int, rng: np.random.Generator) -> npt.NDArray[Any]:
        """Draw n rows of noise: z where there is a mapping, else latents.

        Parameters
        ----------
        n, width : int
            The shape of the result.
        rng : numpy.random.Generator
            Where the randomness comes from.
        """
        double = self.dtype == torch.float64
        return rng.standard_normal((n, width), dtype=np.float64 if double else np.float32)

    def first_layer_weights(self, width: int) -> torch.Tensor:
        """Give the weights by which the first layer acts on a latent, (F, width).

        Parameters
        ----------
        width : int
            D, of a latent.
        """
        raise ValueError(
            f"{self.name} does not show the weights of its first layer; pass `weight=`, of shape "
            "(F, D), one row for each output of the layer."
        )
