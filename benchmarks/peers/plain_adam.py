"""The published procedure again, as a careful hand would write it: nothing that costs for nothing.

The same batches, dithers, optimiser and schedule as `published.train`, but the distances come from
a matrix product (`torch.cdist`) outside the gradient, and no step waits for a number to print. It
is the harder of the two formulations to keep up with, and the one without perplexities.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from peers.published import BATCH_SIZE, extended, first_codebook


def train(
    X: npt.NDArray[np.float32], n_bits: int, *, epochs: int = 5, seed: int = 0
) -> npt.NDArray[np.float32]:
    """Learn a codebook; see `published.train`."""
    rows = torch.from_numpy(X)
    generator = torch.Generator().manual_seed(seed)
    codebook = first_codebook(rows)
    for bitrate in range(2, n_bits + 1):
        if bitrate > 2:
            codebook = extended(codebook)
        codebook = codebook.clone().requires_grad_()
        optimizer = torch.optim.Adam([codebook], lr=1e-3)
        milestones = [int(0.6 * epochs), int(0.8 * epochs)]
        scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma=0.5)
        for _ in range(epochs):
            for x in rows[: len(rows) // BATCH_SIZE * BATCH_SIZE].split(BATCH_SIZE):
                dither = torch.rand(len(codebook) - 1, 1, generator=generator)
                points = torch.lerp(codebook[:-1], codebook[1:], dither)
                segment = torch.cdist(x, points.detach()).argmin(1)
                loss = torch.nn.functional.mse_loss(points[segment], x)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            scheduler.step()
        codebook = codebook.detach()
    return codebook.numpy()
