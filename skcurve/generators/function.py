"""A plain function, of numpy arrays or of torch tensors: found out by trying."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch

from skcurve.generators.backend import Backend
from skcurve.generators.declared import Declared
from skcurve.generators.mapped import TruncatedMapping
from skcurve.generators.options import Library, Options
from skcurve.generators.outputs import as_outputs
from skcurve.interop import as_tensor

FEW = 2
"""Latents to try a function on."""
WRONG_LIBRARY = (AttributeError, TypeError)
"""What a function usually raises when it gets arrays that it is not written for."""


class FunctionBackend(Backend):
    """Any callable that is no torch module.

    Whether it takes numpy arrays or torch tensors is tried on the first latents, unless the user
    says: see `ArrayFunction`.

    Parameters
    ----------
    function : callable
        From latents to outputs, or an object with the members of `Generator`.
    options : Options
        What the user says about it.
    device : torch.device or None
        Where it computes; None: where the latents are.
    """

    def __init__(
        self, function: Callable[..., Any], options: Options, device: torch.device | None
    ) -> None:
        declared = Declared.of(function, options)
        self.name = _name(function)
        self.native_shape = declared.latent_shape
        self.n_layers = declared.n_layers
        self.device = device
        self.own_sample = declared.own_sample
        self.z_dim = declared.z_dim
        self.space, self.output_range = declared.space, declared.output_range
        self._function = ArrayFunction(declared.decode, options.backend)
        if declared.mapping is not None:
            half = ArrayFunction(declared.mapping, options.backend)
            self.map = TruncatedMapping(half, declared.truncation, declared.w_avg)
        self._weights = getattr(function, "first_layer_weights", None)

    @property
    def differentiable(self) -> bool | None:
        """Whether it is a function of tensors, and gradients flow through it."""
        return self._function.differentiable

    def decode(self, latents: torch.Tensor) -> Any:
        """Call the function."""
        return self._function(latents)

    def first_layer_weights(self, width: int) -> torch.Tensor:
        """Ask the object."""
        if not callable(self._weights):
            return super().first_layer_weights(width)
        return as_tensor(self._weights(), name="first_layer_weights")


class ArrayFunction:
    """A function of arrays, called with those that it is written for.

    It is tried on two latents. If it takes tensors and gives one through which gradients flow, and
    as a function of numpy arrays fails or gives the same, it is one of tensors. Else, if it takes
    numpy arrays, it is one of these; else one of tensors without gradients. If both work and give
    different results (``X.std(axis=1)`` does), only the user can tell.

    Parameters
    ----------
    function : callable
        From an array to an array.
    library : "numpy", "torch" or None
        What it takes; None to find out.

    Attributes
    ----------
    library : "numpy", "torch" or None
        None as long as it is not known.
    differentiable : bool or None
        Whether gradients flow; None as long as it is not known.
    """

    def __init__(self, function: Callable[..., Any], library: Library | None) -> None:
        self.library = library
        self.differentiable: bool | None = False if library == "numpy" else None
        self._function = function

    def __call__(self, latents: torch.Tensor) -> Any:
        """Give the outputs of one batch, whatever they are."""
        if self.differentiable is None:
            self.find_out(latents)
        return self._apply(latents, self.library)

    def find_out(self, latents: torch.Tensor) -> None:
        """Try the function on the first few of these latents, and remember.

        Parameters
        ----------
        latents : (n, ...) tensor
            A batch.

        Raises
        ------
        ValueError
            If it takes both libraries, and gives different results.
        """
        few = latents[:FEW].detach()
        with torch.enable_grad():
            flowing, _ = self._try(few.clone().requires_grad_(), "torch")
        flows = flowing is not None and flowing.requires_grad
        if self.library == "torch":
            self.differentiable = flows
            return
        plain, why_not_numpy = self._try(few, "numpy")
        if flows and plain is not None and not _alike(flowing, plain):
            raise ValueError(
                "the function takes numpy arrays and torch tensors, and gives different results: "
                "pass backend='numpy' or backend='torch'."
            )
        if flows or plain is not None:
            self.library, self.differentiable = ("torch", True) if flows else ("numpy", False)
            return
        with torch.no_grad():
            still, why_not_torch = self._try(few, "torch")
        if still is None:
            assert why_not_numpy is not None and why_not_torch is not None
            raise self._relevant(why_not_numpy, why_not_torch)
        self.library, self.differentiable = "torch", False

    def _apply(self, latents: torch.Tensor, library: Library | None) -> Any:
        if library == "numpy":
            return self._function(latents.detach().cpu().numpy())
        return self._function(latents)

    def _try(
        self, few: torch.Tensor, library: Library
    ) -> tuple[torch.Tensor | None, Exception | None]:
        """Give the outputs, or the reason why there are none."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what it is not written for, all is forgiven
                outputs = self._apply(few.clone(), library)
            if library == "torch" and few.requires_grad and not isinstance(outputs, torch.Tensor):
                return None, None
            return as_outputs(outputs, few.dtype), None
        except Exception as error:
            return None, error

    @staticmethod
    def _relevant(as_numpy: Exception, as_torch: Exception) -> Exception:
        """Of two failures the one that is not that of the wrong library."""
        blind = isinstance(as_numpy, WRONG_LIBRARY) and not isinstance(as_torch, WRONG_LIBRARY)
        first, second = (as_torch, as_numpy) if blind else (as_numpy, as_torch)
        first.__context__ = second
        return first


def _alike(first: torch.Tensor | None, second: torch.Tensor) -> bool:
    if first is None or first.shape != second.shape:
        return False
    there = first.detach().cpu().double()
    return torch.allclose(there, second.cpu().double(), rtol=1e-3, atol=1e-5, equal_nan=True)


def _name(function: Any) -> str:
    name = getattr(function, "__name__", None)
    return f"the function {name!r}" if isinstance(name, str) else type(function).__name__
