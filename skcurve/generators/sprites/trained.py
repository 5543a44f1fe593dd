"""The trained generator of sprites."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from skcurve.generators.sprites import weights
from skcurve.generators.sprites.networks import N_LATENTS, Mapping, StyledConv, Synthesis
from skcurve.interop import Array, as_tensor, restore
from skcurve.randomness import RandomState, as_generator

BLOCK_ROWS = 64


class SpriteGenerator(nn.Module):
    """A small style-based generator, trained on sprites of the six species.

    A mapping network turns z (64) into w (64), and a synthesis network turns one w for each of its
    8 layers into a picture, as in StyleGAN2, without noise inputs. The latents to edit are those of
    W, or of W+ with a layer axis. The weights ship with the package, in half precision; all
    computing is in single precision.

    Attributes
    ----------
    mapping : torch.nn.Module
        From z (n, 64), standard normal, to w (n, 64).
    synthesis : torch.nn.Module
        From w (n, 8, 64) to images (n, 3, 32, 32) in about [-1, 1].
    n_layers : int
        8: two layers each at 4, 8, 16 and 32 pixels.
    latent_shape : tuple of int
        (64,), of one w.
    z_dim : int
        64.
    w_avg : (64,) tensor
        The mean of w.

    Notes
    -----
    How it was trained (``benchmarks/sprites``): as StyleGAN2, against a discriminator that saw
    renders of the six species, with the non-saturating loss, lazy R1, style mixing and an average
    of the weights; from nothing, with 300,000 images. Neither factors nor species had a part in it:
    where they lie in W was found by the two networks, mapping included.

    How good it is, measured on 4,096 samples and as many renders: drawn again from the factors that
    `attributes` finds, a sample differs by 0.069 (root mean square, median; 0.078 with mixed
    styles; a render by 0.014): bodies are not quite evenly coloured. The standard deviation of each
    factor is 0.85 (eye), 0.87 (squareness) or 0.91 to 1.01 (the others) times that of renders. The
    eye is half on (0.2 to 0.8) in 19% of the samples, the hat in 9%. All species are there, their
    shares within 5 percentage points of those of renders. Precision is 0.64 and recall 0.58 (third
    neighbours among what the scorer knows of images).

    Examples
    --------
    >>> from skcurve.generators.sprites import SpriteGenerator
    >>> generator = SpriteGenerator()
    >>> w = generator.sample(4, random_state=0)
    >>> generator(w).shape
    (4, 3, 32, 32)
    """

    w_avg: torch.Tensor
    output_range = (-1.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):  # the starting weights, drawn only to be replaced
            self.mapping, self.synthesis = Mapping(), Synthesis()
        self.register_buffer("w_avg", torch.zeros(N_LATENTS))
        self.n_layers = self.synthesis.n_layers
        self.latent_shape, self.z_dim = (N_LATENTS,), N_LATENTS
        weights.fill("generator", self)

    def forward(self, latents: Any) -> Array:
        """Draw the pictures of latents.

        Parameters
        ----------
        latents : array-like of shape (n, 64) or (n, 8, 64)
            In W, the same for all layers, or in W+.

        Returns
        -------
        images : array of shape (n, 3, 32, 32), float32
            A tensor if `latents` is one, and then differentiable.

        Raises
        ------
        ValueError
            If `latents` has another shape.
        """
        rows = as_tensor(latents, name="latents")
        if rows.ndim not in (2, 3) or rows.shape[1:] not in (
            (N_LATENTS,),
            (self.n_layers, N_LATENTS),
        ):
            raise ValueError(
                f"latents must have shape (n, {N_LATENTS}) or (n, {self.n_layers}, {N_LATENTS}); "
                f"got {tuple(rows.shape)}."
            )
        if isinstance(latents, torch.Tensor):
            rows = latents  # with its history
        rows = rows.to(self.w_avg.dtype)
        images = torch.cat([self.synthesis(block) for block in rows.split(BLOCK_ROWS)])
        return images if isinstance(latents, torch.Tensor) else restore(images, like=latents)

    def sample(
        self, n: int, random_state: RandomState = None, *, truncation: float = 1.0
    ) -> npt.NDArray[np.float32]:
        """Draw latents of W: standard normal z, mapped.

        Parameters
        ----------
        n : int
            How many, 0 or more.
        random_state : int, RandomState, Generator or None
            Where the randomness comes from.
        truncation : float, default=1.0
            Below 1, latents are drawn towards `w_avg`, to this share of their distance.

        Returns
        -------
        latents : (n, 64) float32 array
        """
        n = operator.index(n)
        if n < 0:
            raise ValueError(f"n must be at least 0; got {n}.")
        z = as_generator(random_state).standard_normal((n, N_LATENTS), dtype=np.float32)
        with torch.no_grad():
            w = self.mapping(torch.from_numpy(z).to(self.w_avg.device))
            w = self.w_avg + truncation * (w - self.w_avg)
        return np.asarray(w.cpu().numpy())

    def first_layer_weights(self) -> npt.NDArray[np.float32]:
        """Return the matrices that turn w into the scales of features, one below the other.

        Their leading right singular vectors are the directions of SeFa (Shen and Zhou, "Closed-form
        factorization of latent semantics in GANs", CVPR 2021).

        Returns
        -------
        weight : (F, 64) float32 array
        """
        rows = [
            layer.style.weight * layer.style.scale
            for layer in self.synthesis.layers
            if isinstance(layer, StyledConv)
        ]
        return np.asarray(torch.cat(rows).detach().cpu().numpy())
