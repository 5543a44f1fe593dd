"""The peer as published: how the papers' authors train and evaluate space-filling VQ.

Training and evaluation follow the public scripts of Vali and Bäckström ("Unsupervised panoptic
interpretation of latent spaces in GANs using space-filling vector quantization", TMLR 2025,
arXiv 2410.20573), formulated here anew with the same operations in the same order of cost. So the
things that make them slow or inexact are on purpose, and part of what is compared:

- distances to the curve are an (n, D, M) array of differences, squared and summed;
- every step asks for the loss and the perplexity as Python numbers;
- batches are taken in the order of the data, each at one dither;
- evaluation looks only at the two segments beside the nearest vertex, of which the nearest segment
  is not always one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

BATCH_SIZE = 64
FIRST_ROWS = 10_000
INSERTION = 0.01
TINY = 1e-10


def train(
    X: npt.NDArray[np.float32],
    n_bits: int,
    *,
    epochs: int = 5,
    learning_rate: float = 1e-3,
    seed: int = 0,
    device: str = "cpu",
) -> npt.NDArray[np.float32]:
    """Learn a codebook from two bits up to `n_bits`, an optimiser for each bitrate.

    Parameters
    ----------
    X : (n, D) array
        Training rows; the last incomplete batch is left out.
    n_bits : int
        The codebook gets ``2**n_bits`` vectors.
    epochs : int, default=5
        For each bitrate.
    learning_rate : float, default=1e-3
        Halved after 60% and after 80% of the epochs of each bitrate.
    seed : int, default=0
        Draws the dithers.
    device : str, default="cpu"
        Where to compute.

    Returns
    -------
    codebook : (2**n_bits, D) array
    """
    rows = torch.from_numpy(X).to(device)
    generator = torch.Generator(device).manual_seed(seed)
    codebook = first_codebook(rows)
    for bitrate in range(2, n_bits + 1):
        if bitrate > 2:
            codebook = extended(codebook)
        codebook = _train_bitrate(rows, codebook, epochs, learning_rate, generator)
    return codebook.cpu().numpy()


def evaluate(
    X: npt.NDArray[np.float32], codebook: npt.NDArray[np.float32], *, device: str = "cpu"
) -> npt.NDArray[np.float32]:
    """Quantise each row on the segments beside its nearest vertex, and measure the error.

    The two segments are those on either side of the nearest vertex; where that is an end of the
    curve, of the vertex next to it.

    Parameters
    ----------
    X : (n, D) array
        Rows.
    codebook : (M, D) array
        The curve; M at least 3.
    device : str, default="cpu"
        Where to compute.

    Returns
    -------
    sq_distance : (n,) array
        Squared distances to the point that the rule finds.
    """
    rows, vertices = (torch.from_numpy(part).to(device) for part in (X, codebook))
    found = [_sq_distance_beside_vertex(x, vertices) for x in rows.split(BATCH_SIZE)]
    return torch.cat(found).cpu().numpy()


def first_codebook(rows: torch.Tensor) -> torch.Tensor:
    """Sort some rows by their norm, and take the means of four equal parts."""
    some = rows[:FIRST_ROWS]
    ordered = some[torch.linalg.vector_norm(some, dim=1).argsort()]
    return torch.stack([part.mean(0) for part in ordered.tensor_split(4)])


def extended(codebook: torch.Tensor) -> torch.Tensor:
    """Give every vertex a twin 1% along its segment: forwards first, backwards in the last half."""
    n_vertices, n_features = codebook.shape
    half = n_vertices // 2
    longer = codebook.new_empty((2 * n_vertices, n_features))
    for i in range(n_vertices):
        toward = codebook[i + 1] if i < half else codebook[i - 1]
        twin = (1 - INSERTION) * codebook[i] + INSERTION * toward
        longer[2 * i], longer[2 * i + 1] = (codebook[i], twin) if i < half else (twin, codebook[i])
    return longer


def sq_distance_to_segment(
    x: torch.Tensor, first: torch.Tensor, second: torch.Tensor
) -> torch.Tensor:
    """Measure from each row to a segment of its own."""
    step = second - first
    t = ((x - first) * step).sum(1) / (step.square().sum(1) + TINY)
    point = first + t.clamp(0, 1)[:, None] * step
    return (x - point).square().sum(1)


def _train_bitrate(
    rows: torch.Tensor,
    start: torch.Tensor,
    epochs: int,
    learning_rate: float,
    generator: torch.Generator,
) -> torch.Tensor:
    codebook = start.clone().requires_grad_()
    n_segments = len(codebook) - 1
    optimizer = torch.optim.Adam([codebook], lr=learning_rate)
    milestones = [int(0.6 * epochs), int(0.8 * epochs)]
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma=0.5)
    for _ in range(epochs):
        losses, perplexities = [], []
        for batch in range(len(rows) // BATCH_SIZE):
            x = rows[batch * BATCH_SIZE : (batch + 1) * BATCH_SIZE]
            optimizer.zero_grad()
            dither = torch.rand(n_segments, 1, generator=generator, device=rows.device)
            points = (1 - dither) * codebook[:-1] + dither * codebook[1:]
            segment = (x.unsqueeze(-1) - points.t()).square().sum(1).argmin(1)
            loss = torch.nn.functional.mse_loss(points[segment], x)
            loss.backward()
            optimizer.step()
            share = torch.nn.functional.one_hot(segment, n_segments).float().mean(0)
            perplexity = torch.exp(-(share * torch.log(share + TINY)).sum())
            losses.append(loss.item())
            perplexities.append(perplexity.item())
        scheduler.step()
    return codebook.detach()


def _sq_distance_beside_vertex(x: torch.Tensor, vertices: torch.Tensor) -> torch.Tensor:
    nearest = (x.unsqueeze(-1) - vertices.t()).square().sum(1).argmin(1)
    middle = nearest.clamp(1, len(vertices) - 2)
    before = sq_distance_to_segment(x, vertices[middle - 1], vertices[middle])
    after = sq_distance_to_segment(x, vertices[middle], vertices[middle + 1])
    return torch.minimum(before, after)
