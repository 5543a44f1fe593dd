"""How good and how varied generated sprites are, beside sprites of the same generator.

By features that the network which reads factors has before its last layer, 128 numbers an image.

- *precision*, *recall*: the share of generated images that are near a real one, nearer than its
  fifth neighbour, and the reverse. Kynkäänniemi et al., NeurIPS 2019.
- *density*, *coverage*: in how many such balls a generated image is, of five expected; the share of
  real images whose ball has a generated one. Naeem et al., ICML 2020, whose package computes these.
- *FID*, *KID*: the Fréchet distance between normal distributions (Heusel et al., NeurIPS 2017), and
  the squared maximum mean discrepancy of a cubic kernel (Bińkowski et al., ICLR 2018); both by
  torchmetrics.
"""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stdout

import numpy as np
import numpy.typing as npt
import torch
from prdc import compute_prdc
from torch import nn
from torch.nn import functional as F
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from skcurve.generators.sprites import weights

Matrix = npt.NDArray[np.float32]

NEIGHBORS = 5
SUBSETS = 20
BLOCK_ROWS = 256
BETTER = {
    "precision": "large", "recall": "large", "density": "large", "coverage": "large",
    "FID": "small", "KID": "small",
}  # fmt: skip


class AsTheyAre(nn.Module):
    """In the place of an Inception network: rows that are features already."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return them."""
        return rows


@torch.no_grad()
def features_of(images: Matrix) -> Matrix:
    """Give the features of images, (n, 128)."""
    network = weights.scorer()
    blocks = torch.from_numpy(images).split(BLOCK_ROWS)
    rows = [F.silu(network.hidden(network.convolutions(block).flatten(1))) for block in blocks]
    return torch.cat(rows).numpy()


def fidelity(real: Matrix, generated: Matrix, seed: int) -> dict[str, float]:
    """Compare features of as many images of both kinds; the seed chooses the subsets of KID."""
    with redirect_stdout(io.StringIO()):  # the package prints how many there are
        found = compute_prdc(real, generated, NEIGHBORS)
    named = {name: float(found[name]) for name in BETTER if name in found}
    return named | {"FID": fid(real, generated), "KID": kid(real, generated, seed)}


def fid(real: Matrix, generated: Matrix) -> float:
    """Give the Fréchet distance of features."""
    return float(_updated(FrechetInceptionDistance(AsTheyAre(real.shape[1])), real, generated))


def kid(real: Matrix, generated: Matrix, seed: int) -> float:
    """Give the kernel distance of features, the mean over subsets of half the images."""
    size = min(len(real), len(generated)) // 2
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it keeps the features
        torch.manual_seed(seed)
        metric = KernelInceptionDistance(
            AsTheyAre(real.shape[1]), subsets=SUBSETS, subset_size=size
        )
        return float(_updated(metric, real, generated)[0])


def _updated(metric: nn.Module, real: Matrix, generated: Matrix) -> torch.Tensor:
    metric.update(torch.from_numpy(real), real=True)
    metric.update(torch.from_numpy(generated), real=False)
    return metric.compute()
