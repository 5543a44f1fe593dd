"""What a quantiser inside a network returns."""

from __future__ import annotations

from typing import NamedTuple

import torch


class Quantized(NamedTuple):
    """The output of every quantiser in `skcurve.nn`, for an input of shape (..., dim).

    Attributes
    ----------
    quantized : (..., dim) tensor
        What replaces the input, in its dtype; gradients flow through it as the layer says.
    index : (...) int64 tensor
        The segment of the curve, or the codebook vector of a quantiser that has no curve.
    coordinate : (...) tensor
        Where on the curve: segment plus position, as `SFVQ.transform` gives it. What `decode`
        takes.
    loss : () tensor
        To add to the loss of the network; zero where the gradients need no help.
    perplexity : () tensor
        How many segments or codebook vectors this input used, as the exponential of the entropy
        of their usage.

    A wrapper of K quantisers gives `index` and `coordinate` of shape (..., K), and a perplexity
    of shape (K,).
    """

    quantized: torch.Tensor
    index: torch.Tensor  # type: ignore[assignment]
    coordinate: torch.Tensor
    loss: torch.Tensor
    perplexity: torch.Tensor
