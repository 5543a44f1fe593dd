"""The BigGAN of pytorch-pretrained-biggan: noise, a class, and truncation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.generators.network import NetworkBackend
from skcurve.generators.options import Options, class_vector

FARTHEST = 2.0
"""Noise is normal, but within two standard deviations: so the network was trained."""


def is_biggan(obj: Any) -> bool:
    """Whether it is that class, or derived from it; the package is not imported to find out."""
    return any(
        kind.__name__ == "BigGAN" and kind.__module__.startswith("pytorch_pretrained_biggan")
        for kind in type(obj).__mro__
    )


class BigGANBackend(NetworkBackend):
    """A generator of noise z and a class vector.

    With a `class_label` the latents are z, of shape (n, z_dim), and the class is the same for all.
    Without one they are z and a class vector side by side, of shape (n, z_dim + n_classes), and
    samples have one class each, all equally likely.

    Parameters
    ----------
    network : torch.nn.Module
        A BigGAN.
    options : Options
        `truncation`, in (0, 1], of the noise and of the statistics inside the network;
        `class_label`.
    device : torch.device or None
        Where it is to be.
    """

    looks_into = ("generator",)
    space = "z"
    output_range = (-1.0, 1.0)

    def __init__(self, network: Any, options: Options, device: torch.device | None) -> None:
        options.allow("truncation", "class_label", kind="a BigGAN")
        self._truncation = 1.0 if options.truncation is None else options.truncation
        if not 0 < self._truncation <= 1:
            raise ValueError(
                f"truncation of a BigGAN must lie in (0, 1]; got {options.truncation}."
            )
        self._n_noise = int(network.config.z_dim)
        self._n_classes = int(network.config.num_classes)
        self._label = (
            None
            if options.class_label is None
            else class_vector(options.class_label, self._n_classes)
        )
        super().__init__(network, device)
        self.native_shape = (self._n_noise + (self._n_classes if self._label is None else 0),)

    def decode(self, latents: torch.Tensor) -> Any:
        """Run the network on noise and class vectors."""
        z, labels = self._halves(latents)
        return self.network(z, labels, self._truncation)

    def draw(self, n: int, width: int, rng: np.random.Generator) -> npt.NDArray[Any]:
        """Draw truncated noise, and classes where these are part of the latents."""
        noise = super().draw(n, self._n_noise, rng)
        while (far := np.abs(noise) > FARTHEST).any():
            noise[far] = super().draw(1, int(far.sum()), rng)[0]
        noise = noise * noise.dtype.type(self._truncation)
        if self._label is not None:
            return noise
        labels = np.eye(self._n_classes, dtype=noise.dtype)[rng.integers(self._n_classes, size=n)]
        return np.concatenate([noise, labels], axis=1)

    def first_layer_weights(self, width: int) -> torch.Tensor:
        """Give the weights of the first layer, normalised as they act, on z (and on the class)."""
        network: Any = self.network
        origin = torch.zeros((1, width), device=self.device, dtype=self.dtype)
        steps = torch.eye(width, device=self.device, dtype=self.dtype)

        def first_layer(latents: torch.Tensor) -> torch.Tensor:
            z, labels = self._halves(latents)
            outputs: torch.Tensor = network.generator.gen_z(
                torch.cat([z, network.embeddings(labels)], dim=1)
            )
            return outputs

        return (first_layer(steps) - first_layer(origin)).T

    def _halves(self, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self._label is None:
            return latents[:, : self._n_noise], latents[:, self._n_noise :]
        return latents, torch.from_numpy(self._label).to(latents).expand(len(latents), -1)
