"""A network that is only looked at: evaluated, not trained, and left as it was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def resting(network: torch.nn.Module | None) -> Iterator[None]:
    """Hold a network in evaluation mode with constant parameters; then put all back.

    Every submodule gets its own mode back: parts of a network may be frozen by hand. While the
    parameters are constants, gradients flow to the latents alone, and none pile up in the network
    of the user.

    Parameters
    ----------
    network : torch.nn.Module or None
        None for a generator that is none.
    """
    if network is None:
        yield
        return
    training = [module for module in network.modules() if module.training]
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    try:
        for module in training:
            module.training = False
        for parameter in learning:
            parameter.requires_grad_(False)
        yield
    finally:
        for module in training:
            module.training = True
        for parameter in learning:
            parameter.requires_grad_(True)


@contextmanager
def capturing(network: torch.nn.Module, layer: str) -> Iterator[list[object]]:
    """Collect what a layer gives, each time it runs.

    Parameters
    ----------
    network : torch.nn.Module
        The network.
    layer : str
        The name of the layer, as in ``network.named_modules()``.
    """
    caught: list[object] = []
    hook = network.get_submodule(layer).register_forward_hook(
        lambda module, inputs, outputs: caught.append(outputs)
    )
    try:
        yield caught
    finally:
        hook.remove()
