"""The decoder of a diffusers AutoencoderKL: latents are small pictures of several channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.generators.network import NetworkBackend
from skcurve.generators.options import Options


def is_autoencoder(obj: Any) -> bool:
    """Whether it is that class, or derived from it; the package is not imported to find out."""
    return any(
        kind.__name__ == "AutoencoderKL" and kind.__module__.startswith("diffusers.")
        for kind in type(obj).__mro__
    )


class AutoencoderBackend(NetworkBackend):
    """The decoder; latents are those of ``vae.encode(images).latent_dist``, not rescaled.

    Parameters
    ----------
    network : diffusers.AutoencoderKL
        The encoder is not used.
    options : Options
        `latent_shape`, (channels, height, width), where it is not that of pictures of
        ``config.sample_size``.
    device : torch.device or None
        Where it is to be.
    """

    looks_into = ("post_quant_conv", "decoder")
    space = "VAE latent"
    output_range = (-1.0, 1.0)

    def __init__(self, network: Any, options: Options, device: torch.device | None) -> None:
        options.allow("latent_shape", kind="an AutoencoderKL")
        config = network.config
        n_channels = int(config.latent_channels)
        shape = options.latent_shape
        if shape is None:
            sides = np.broadcast_to(config.sample_size, 2)
            n_halvings = len(config.block_out_channels) - 1
            shape = (n_channels, *(int(side) // 2**n_halvings for side in sides))
        elif len(shape) != 3 or shape[0] != n_channels:
            raise ValueError(
                f"latent_shape of this AutoencoderKL must be ({n_channels}, height, width); "
                f"got {shape}."
            )
        super().__init__(network, device)
        self.native_shape = shape
        self._scale = float(config.scaling_factor)
        self._shift = float(getattr(config, "shift_factor", None) or 0.0)

    def decode(self, latents: torch.Tensor) -> Any:
        """Run the decoder."""
        network: Any = self.network
        return network.decode(latents, return_dict=False)[0]

    def draw(self, n: int, width: int, rng: np.random.Generator) -> npt.NDArray[Any]:
        """Draw normal latents, as wide as the scaling factor says that those of images are."""
        noise = super().draw(n, width, rng)
        scale, shift = map(noise.dtype.type, (self._scale, self._shift))
        return noise / scale + shift
