"""Quantisers inside a network, by name: this package's, diveq's and vector-quantize-pytorch's.

Each is wrapped to be called alike: rows in; quantised rows, a loss to add and indices out. All
start from the same seed, take the same codebook size, and get the same steps of the same Adam.

- diveq: `SFDIVEQ` skips a tenth of the steps, to let the encoder settle, and begins from the
  latents of its last 50 (its default is 1,000 steps, more than there are); `DIVEQ` as it comes.
- vector-quantize-pytorch: begun by k-means, vectors that fewer than two latents use replaced;
  the moving averages with a decay of 0.9, as here (0.8 and 0.99 were within 3% of it on a seed of
  both data sets).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from skcurve.nn import SpaceFillingVQ, VectorQuantizer

Answer = tuple[torch.Tensor, "torch.Tensor | float", torch.Tensor]


class Layer(torch.nn.Module):
    """A quantiser of any package behind one face."""

    def __init__(self, layer: torch.nn.Module, ask: Callable[[Any, torch.Tensor], Answer]) -> None:
        super().__init__()
        self.layer, self._ask = layer, ask

    def forward(self, rows: torch.Tensor) -> Answer:
        """Quantise (n, D) rows."""
        return self._ask(self.layer, rows)

    def after_step(self) -> None:
        """Do what the package asks for after a step of the optimizer."""
        if hasattr(self.layer, "bitrate"):
            self.layer.update()

    @property
    def codebook(self) -> torch.Tensor:
        """The (M, D) codebook, in its order."""
        layer: Any = self.layer
        return (layer.vertices if hasattr(layer, "bitrate") else layer.codebook).detach()


class Named(NamedTuple):
    """A way to make a layer, from the bitrate, the features and the number of steps."""

    name: str
    ours: bool
    make: Callable[[int, int, int], Layer]


def ours(kind: type, **settings: Any) -> Callable[[int, int, int], Layer]:
    """Make one of this package's."""

    def ask(layer: Any, rows: torch.Tensor) -> Answer:
        out = layer(rows)
        return out.quantized, out.loss, out.index

    return lambda n_bits, dim, n_steps: Layer(kind(n_bits, dim, **settings), ask)


def diveq(name: str, **settings: Any) -> Callable[[int, int, int], Layer]:
    """Make one of diveq's."""

    def ask(layer: Any, rows: torch.Tensor) -> Answer:
        quantized, index, _ = (layer if layer.training else layer.inference)(rows)
        return quantized, 0.0, index

    def make(n_bits: int, dim: int, n_steps: int) -> Layer:
        import diveq

        given = dict(settings)
        if name == "SFDIVEQ":
            given |= {
                "skip_iters": max(2, n_steps // 10),
                "avg_iters": max(1, min(50, n_steps // 10)),
            }
        layer = getattr(diveq, name)(2**n_bits, dim, allow_warning=False, **given)
        return Layer(layer, ask)

    return make


def lucidrains(**settings: Any) -> Callable[[int, int, int], Layer]:
    """Make vector-quantize-pytorch's."""

    def ask(layer: Any, rows: torch.Tensor) -> Answer:
        quantized, index, loss = layer(rows)
        return quantized, loss.sum(), index

    def make(n_bits: int, dim: int, n_steps: int) -> Layer:
        from loguru import logger

        logger.disable("vector_quantize_pytorch")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from vector_quantize_pytorch import VectorQuantize

        return Layer(VectorQuantize(dim, 2**n_bits, kmeans_init=True, **settings), ask)

    return make


ROSTER = [
    Named("SpaceFillingVQ", True, ours(SpaceFillingVQ)),
    Named("SpaceFillingVQ, nsvq", True, ours(SpaceFillingVQ, gradient="nsvq")),
    Named("SpaceFillingVQ, ste", True, ours(SpaceFillingVQ, gradient="ste")),
    Named("SpaceFillingVQ, rotation", True, ours(SpaceFillingVQ, gradient="rotation")),
    Named("SpaceFillingVQ, ema=None", True, ours(SpaceFillingVQ, ema=None)),
    Named("VectorQuantizer, ste", True, ours(VectorQuantizer, gradient="ste")),
    Named("diveq SFDIVEQ", False, diveq("SFDIVEQ")),
    Named("diveq DIVEQ", False, diveq("DIVEQ", verbose=False)),
    Named(
        "vector-quantize-pytorch, plain", False,
        lucidrains(ema_update=False, learnable_codebook=True, rotation_trick=False),
    ),
    Named(
        "vector-quantize-pytorch, EMA", False,
        lucidrains(decay=0.9, threshold_ema_dead_code=2, rotation_trick=False),
    ),
    Named(
        "vector-quantize-pytorch, EMA, rotation", False,
        lucidrains(decay=0.9, threshold_ema_dead_code=2),
    ),
    Named(
        "vector-quantize-pytorch, DiVeQ", False,
        lucidrains(directional_reparam=True, threshold_ema_dead_code=2),
    ),
]  # fmt: skip
