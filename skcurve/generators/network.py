"""A torch module, and what all generators that are torch modules share."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import torch

from skcurve.generators.backend import Backend
from skcurve.generators.declared import Declared
from skcurve.generators.mapped import TruncatedMapping
from skcurve.generators.options import Options
from skcurve.generators.resting import resting
from skcurve.interop import as_tensor


class NetworkBackend(Backend):
    """What is common to all torch modules: where they compute, in what, and their layers.

    Parameters
    ----------
    network : torch.nn.Module
        The module.
    device : torch.device or None
        The module is moved there; None to leave it where it is.
    """

    network: torch.nn.Module
    looks_into: tuple[str, ...] = ("",)
    """How the names of the submodules begin through which latents pass."""

    def __init__(self, network: torch.nn.Module, device: torch.device | None) -> None:
        if device is not None:
            network.to(device)
        self.network = network
        self.name = type(network).__name__
        numbers = chain(network.parameters(), network.buffers())
        first = next((tensor for tensor in numbers if tensor.is_floating_point()), None)
        self.device = device if first is None else first.device
        self.dtype = None if first is None else first.dtype

    @property
    def differentiable(self) -> bool:
        """Taken for granted of a network."""
        return True

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The submodules through which latents pass."""
        names = (name for name, _ in self.network.named_modules() if name)
        return tuple(name for name in names if name.startswith(self.looks_into))

    def first_layer_weights(self, width: int) -> torch.Tensor:
        """Find the first layer to run on vectors as wide as a latent, and give its weights."""
        found: list[torch.Tensor] = []

        def look(module: torch.nn.Module, inputs: tuple[Any, ...]) -> None:
            weight = None if found else _acting(module, width)
            # What looks up rows by number has such weights, too, but gets no vectors.
            vectors = [x for x in inputs[:1] if isinstance(x, torch.Tensor) and x.ndim > 1]
            if weight is not None and vectors and width in vectors[0].shape[1:]:
                found.append(weight)

        hooks = [m.register_forward_pre_hook(look) for m in self.network.modules()]
        layers = () if self.n_layers is None else (self.n_layers,)
        try:
            with torch.no_grad(), resting(self.network):
                shape = (1, *layers, *(self.native_shape or (width,)))
                self.decode(torch.zeros(shape, device=self.device, dtype=self.dtype))
        finally:
            for hook in hooks:
                hook.remove()
        return found[0] if found else super().first_layer_weights(width)


class ModuleBackend(NetworkBackend):
    """Any torch module that maps a batch of latents to a batch of outputs.

    Parameters
    ----------
    network : torch.nn.Module
        Called with latents, or, with `mapping` and `synthesis`, its `synthesis` is.
    options : Options
        What the user says about it.
    device : torch.device or None
        Where it is to be.
    """

    def __init__(
        self, network: torch.nn.Module, options: Options, device: torch.device | None
    ) -> None:
        options.allow(
            *("latent_shape", "n_layers", "truncation", "class_label"), kind="a torch module"
        )
        super().__init__(network, device)
        declared = Declared.of(network, options)
        self.native_shape = declared.latent_shape
        self.n_layers = declared.n_layers
        self.own_sample = declared.own_sample
        self.z_dim = declared.z_dim
        self.space, self.output_range = declared.space, declared.output_range
        if declared.mapping is not None:
            self.map = TruncatedMapping(declared.mapping, declared.truncation, declared.w_avg)
        self._decode = declared.decode

    def decode(self, latents: torch.Tensor) -> Any:
        """Run the module."""
        return self._decode(latents)

    def first_layer_weights(self, width: int) -> torch.Tensor:
        """Ask the module, or look into it."""
        own = getattr(self.network, "first_layer_weights", None)
        if callable(own):
            return as_tensor(own(), name="first_layer_weights")
        styles = list(style_weights(self.network, width)) if self.n_layers is not None else []
        return torch.cat(styles) if styles else super().first_layer_weights(width)


def style_weights(network: torch.nn.Module, width: int) -> Iterator[torch.Tensor]:
    """Find the affine maps by which the layers of a StyleGAN take w: SeFa stacks these.

    Parameters
    ----------
    network : torch.nn.Module
        All its submodules that are called "affine" and have a weight of `width` columns.
    width : int
        D, of w.
    """
    for name, module in network.named_modules():
        if name.rpartition(".")[2] == "affine":
            weight = _acting(module, width)
            if weight is not None:
                yield weight


def _acting(module: torch.nn.Module, width: int) -> torch.Tensor | None:
    """Give the weights of a module that acts on vectors of this width, as (F, width), or None."""
    weight = getattr(module, "weight", None)
    if not isinstance(weight, torch.Tensor):
        return None
    if isinstance(module, torch.nn.modules.conv._ConvTransposeNd):
        if module.in_channels != width or module.groups != 1:
            return None
        return weight.detach().flatten(1).T
    if weight.ndim != 2 or weight.shape[1] != width:
        return None
    gain: Any = getattr(module, "weight_gain", 1.0)  # of NVIDIA's layers, which scale as they run
    return weight.detach() * gain
