"""The variational autoencoder of `examples/plot_digits_vae.py`, trained on rows that are given.

The example trains it on all digits, and shows how; a benchmark has to keep the test rows out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional as F

Matrix = npt.NDArray[np.float32]

N_LATENTS, N_HIDDEN = 8, 128
N_STEPS, BATCH_ROWS, RATE = 2500, 128, 1e-3


class DigitsVAE(nn.Module):
    """Between rows of pixels from 0 to 1 and normal latents of half their size or less.

    Parameters
    ----------
    n_pixels : int
        Of a row.
    """

    def __init__(self, n_pixels: int) -> None:
        super().__init__()
        self.encoder = _perceptron(n_pixels, 2 * N_LATENTS)
        self.decoder = nn.Sequential(_perceptron(N_LATENTS, n_pixels), nn.Sigmoid())

    def loss(self, batch: torch.Tensor) -> torch.Tensor:
        """Estimate minus the evidence lower bound of an image, in nats."""
        mean, log_variance = self.encoder(batch).chunk(2, dim=1)
        latents = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        error = F.binary_cross_entropy(self.decoder(latents), batch, reduction="sum")
        divergence = (mean.square() + log_variance.exp() - log_variance - 1).sum() / 2
        return (error + divergence) / len(batch)

    @torch.no_grad()
    def encode(self, pixels: Matrix) -> Matrix:
        """Give the mean latents of rows."""
        latents: Matrix = self.encoder(torch.from_numpy(pixels))[:, :N_LATENTS].numpy()
        return latents


def train(pixels: Matrix, seed: int, n_steps: int = N_STEPS) -> DigitsVAE:
    """Train one on (n, n_pixels) rows, with randomness of its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        vae = DigitsVAE(pixels.shape[1])
        optimizer = torch.optim.Adam(vae.parameters(), lr=RATE, fused=True)
        rows = torch.from_numpy(pixels)
        for _ in range(n_steps):
            loss = vae.loss(rows[torch.randint(len(rows), (BATCH_ROWS,))])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return vae.eval()


def _perceptron(n_inputs: int, n_outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_inputs, N_HIDDEN), nn.ReLU(),
        nn.Linear(N_HIDDEN, N_HIDDEN), nn.ReLU(),
        nn.Linear(N_HIDDEN, n_outputs),
    )  # fmt: skip
