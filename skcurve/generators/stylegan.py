"""NVIDIA's StyleGAN2 and StyleGAN3: the G_ema of their pickles, by its interface."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.generators.network import NetworkBackend, style_weights
from skcurve.generators.options import Options, class_vector

MEMBERS = ("mapping", "synthesis", "num_ws", "w_dim", "z_dim")


def is_stylegan(obj: Any) -> bool:
    """Whether an object has the interface; its class comes out of the pickle, under any name."""
    return isinstance(obj, torch.nn.Module) and all(hasattr(obj, name) for name in MEMBERS)


class StyleGANBackend(NetworkBackend):
    """A generator whose latents are those of W, or one for each layer (W+).

    Noise inputs are the constants of the network: the same latent is always the same picture.
    Truncation is that of the mapping, so it acts on what is sampled, not on what is edited.

    Parameters
    ----------
    network : torch.nn.Module
        G_ema of a StyleGAN2 (ADA) or StyleGAN3 pickle.
    options : Options
        `truncation` and `class_label`.
    device : torch.device or None
        Where it is to be.
    """

    looks_into = ("synthesis",)
    space = "W"
    output_range = (-1.0, 1.0)

    def __init__(self, network: Any, options: Options, device: torch.device | None) -> None:
        options.allow("truncation", "class_label", kind="a StyleGAN")
        n_classes = operator.index(getattr(network, "c_dim", 0) or 0)
        if options.class_label is not None and n_classes == 0:
            raise ValueError(
                f"class_label={options.class_label!r} has no meaning for this generator: it is "
                "not conditional (c_dim is 0)."
            )
        self._label = (
            np.zeros(n_classes, np.float32)
            if options.class_label is None
            else class_vector(options.class_label, n_classes)
        )
        self._needs_label = options.class_label is None and n_classes > 0
        super().__init__(network, device)
        self.native_shape = (operator.index(network.w_dim),)
        self.n_layers = operator.index(network.num_ws)
        self.z_dim = operator.index(network.z_dim)
        self.map = self._map
        self._truncation = 1.0 if options.truncation is None else options.truncation

    def decode(self, latents: torch.Tensor) -> Any:
        """Run the synthesis network, on W+."""
        # Half precision, which the pickles ask for, is not there on a processor.
        precision = {} if latents.device.type == "cuda" else {"force_fp32": True}
        synthesis: Any = self.network.synthesis
        return synthesis(latents, noise_mode="const", **precision)

    def draw(self, n: int, width: int, rng: np.random.Generator) -> npt.NDArray[Any]:
        """Draw z, if the class to map it with is known."""
        self._require_label()
        return super().draw(n, width, rng)

    def _map(self, z: torch.Tensor) -> torch.Tensor:
        self._require_label()
        labels = torch.from_numpy(self._label).to(z).expand(len(z), -1)
        mapping: Any = self.network.mapping
        w: torch.Tensor = mapping(z, labels, truncation_psi=self._truncation)
        return w[:, 0]  # of layers that are all alike

    def _require_label(self) -> None:
        if self._needs_label:
            n_classes = len(self._label)
            raise ValueError(
                "this generator is conditional: pass class_label= to as_generator, an integer "
                f"from 0 to {n_classes - 1} or a vector of {n_classes} numbers."
            )

    def first_layer_weights(self, width: int) -> torch.Tensor:
        """Stack the affine maps of all layers, as SeFa does."""
        styles = list(style_weights(self.network, width))
        return torch.cat(styles) if styles else super().first_layer_weights(width)
