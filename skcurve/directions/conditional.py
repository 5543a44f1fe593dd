"""Directions that depend on the latent: a vector, an affine function, or a perceptron each."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

MODELS = ("global", "linear", "nonlinear")
N_HIDDEN = 64


class ConditionalDirections(nn.Module):
    r"""K unit vectors at every latent, as the normalised sum of a vector and a function of it.

    .. math:: \Delta_k(z) \propto b_k + g_k((z - \bar z) / \sigma)

    g is 0 of "global", a matrix each of "linear", and a perceptron each of "nonlinear". It begins
    small, so that at first the directions hardly depend on the latent.

    Parameters
    ----------
    kind : {"global", "linear", "nonlinear"}
        What g is.
    n_directions : int
        K.
    latents : float32 tensor of shape (n, D)
        Whose mean and deviation normalise.
    random : torch.Generator
        Draws the initial parameters.
    """

    center: torch.Tensor
    scale: torch.Tensor

    def __init__(
        self, kind: str, n_directions: int, latents: torch.Tensor, random: torch.Generator
    ) -> None:
        super().__init__()
        n_features = latents.shape[1]
        center = latents.double().mean(0)
        scale = (latents.double() - center).square().mean().sqrt()
        self.register_buffer("center", center.float())
        self.register_buffer("scale", (scale if scale > 0 else torch.ones_like(scale)).float())

        def draw(*shape: int, size: float = 1.0) -> nn.Parameter:
            return nn.Parameter(size * torch.randn(shape, generator=random))

        self.base = draw(n_directions, n_features)
        with torch.no_grad():
            self.base.copy_(functional.normalize(self.base, dim=1))
        small = 0.1 / n_features
        self.first = self.second = None
        if kind == "linear":
            self.first = draw(n_directions, n_features, n_features, size=small)
        elif kind == "nonlinear":
            self.first = draw(n_directions, n_features, N_HIDDEN, size=n_features**-0.5)
            self.offset = draw(n_directions, N_HIDDEN, size=0.1)
            self.second = draw(n_directions, N_HIDDEN, n_features, size=small)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Give the directions at latents of shape (n, D), as (n, K, D) unit vectors."""
        directions = self.base.expand(len(latents), *self.base.shape)
        if self.first is not None:
            normal = (latents - self.center) / self.scale
            found = torch.einsum("nd,kdh->nkh", normal, self.first)
            if self.second is not None:
                found = torch.einsum("nkh,khd->nkd", torch.relu(found + self.offset), self.second)
            directions = directions + found
        return functional.normalize(directions, dim=2)
