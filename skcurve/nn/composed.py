"""Several quantisers as one: each on what the last one left, or each on features of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
import torch.distributed as dist

from skcurve.nn.layer import QuantizerLayer, check_latents
from skcurve.nn.quantized import Quantized


class ComposedVQ(torch.nn.Module):
    """What `ResidualVQ` and `ProductVQ` share: their parts, and the calls that go to each."""

    dim: int

    def __init__(self, quantizers: Iterable[torch.nn.Module]) -> None:
        super().__init__()
        self.quantizers: Any = torch.nn.ModuleList(quantizers)
        if not len(self.quantizers):
            raise ValueError("quantizers must hold at least one quantiser; got none.")
        for i, part in enumerate(self.quantizers):
            if not isinstance(part, (QuantizerLayer, ComposedVQ)):
                raise TypeError(
                    "quantizers must be SpaceFillingVQ, VectorQuantizer, or compositions of them; "
                    f"quantizers[{i}] is {type(part).__name__}."
                )
        self.channel_last = bool(self.quantizers[0].channel_last)
        if any(part.channel_last != self.channel_last for part in self.quantizers):
            raise ValueError("quantizers must agree on channel_last; some have it and some do not.")

    def update(self, group: dist.ProcessGroup | None = None) -> None:
        """Let each part learn from the passes since the last call.

        Parameters
        ----------
        group : ProcessGroup, optional
            See `SpaceFillingVQ.update`.
        """
        for part in self.quantizers:
            part.update(group)

    def _together(self, quantized: torch.Tensor, parts: list[Quantized]) -> Quantized:
        _, index, coordinate, loss, perplexity = zip(*parts, strict=True)
        return Quantized(
            quantized,
            torch.stack(index, dim=-1),
            torch.stack(coordinate, dim=-1),
            torch.stack(loss).sum(),
            torch.stack(perplexity, dim=-1),
        )


class ResidualVQ(ComposedVQ):
    """Quantise, then quantise what is left, and so on: the sum is what is returned.

    The gradient follows from those of the parts: each passes on how its residual hangs on the
    input, so that with "diveq" throughout the output is the input plus the *last* error, as long as
    it is, in a direction without gradient, as in the paper; and with "ste" the whole is straight
    through.

    On normal rows of 8 features, three curves of 6 bits left 0.075 of the variance, and three plain
    quantisers 0.095, at equal codebooks.

    Parameters
    ----------
    quantizers : iterable of SpaceFillingVQ, VectorQuantizer or compositions
        All of one `dim`. The same object several times shares one codebook.

    References
    ----------
    Zeghidour et al., "SoundStream: an end-to-end neural audio codec", IEEE/ACM TASLP 30 (2022).

    Examples
    --------
    >>> import torch
    >>> from skcurve.nn import ResidualVQ, SpaceFillingVQ, VectorQuantizer
    >>> layer = ResidualVQ([VectorQuantizer(4, dim=8), SpaceFillingVQ(3, dim=8)])
    >>> out = layer(torch.randn(32, 8))
    >>> layer.update()
    >>> out.quantized.shape, out.index.shape, out.perplexity.shape
    (torch.Size([32, 8]), torch.Size([32, 2]), torch.Size([2]))
    """

    def __init__(self, quantizers: Iterable[torch.nn.Module]) -> None:
        super().__init__(quantizers)
        dims = [part.dim for part in self.quantizers]
        if len(set(dims)) > 1:
            raise ValueError(f"quantizers must have one dim; got {', '.join(map(str, dims))}.")
        self.dim = int(dims[0])

    def forward(self, x: torch.Tensor) -> Quantized:
        """Quantise; see `SpaceFillingVQ.forward`.

        Parameters
        ----------
        x : (..., dim) tensor, or (n, dim, ...) if not `channel_last`
            Latents.

        Returns
        -------
        quantized : Quantized
            `index` and `coordinate` of shape (..., K).
        """
        check_latents(x, self.dim, self.channel_last)
        parts: list[Quantized] = []
        # Differences of differences: half precision would keep little of them.
        residual = x.to(torch.promote_types(x.dtype, torch.float32))
        for part in self.quantizers:
            parts.append(part(residual))
            residual = residual - parts[-1].quantized
        quantized = torch.stack([part.quantized for part in parts]).sum(0)
        return self._together(quantized.to(x.dtype), parts)

    def decode(self, coordinate: torch.Tensor) -> torch.Tensor:
        """Sum the points of the parts.

        Parameters
        ----------
        coordinate : (..., K) tensor
            As `forward` gives it.

        Returns
        -------
        quantized : (..., dim) tensor, or (n, dim, ...) if not `channel_last`
        """
        each = zip(self.quantizers, coordinate.unbind(-1), strict=True)
        return torch.stack([part.decode(place) for part, place in each]).sum(0)

    @torch.no_grad()
    def initialize(self, latents: torch.Tensor, group: dist.ProcessGroup | None = None) -> None:
        """Begin on all processes; see `SpaceFillingVQ.initialize`.

        Parameters
        ----------
        latents : (..., dim) tensor, or (n, dim, ...) if not `channel_last`
            What the encoder gives for a batch.
        group : ProcessGroup, optional
            The processes.
        """
        for part in self.quantizers:
            part.initialize(latents, group)
            training = part.training
            latents = latents - part.eval()(latents).quantized
            part.train(training)


class ProductVQ(ComposedVQ):
    """Quantise stretches of the features, each with a quantiser of its own.

    Parameters
    ----------
    quantizers : iterable of SpaceFillingVQ, VectorQuantizer or compositions
        The first takes the first ``quantizers[0].dim`` features, and so on.

    References
    ----------
    Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", IEEE TPAMI 33
    (2011).

    Examples
    --------
    >>> import torch
    >>> from skcurve.nn import ProductVQ, SpaceFillingVQ, VectorQuantizer
    >>> layer = ProductVQ([SpaceFillingVQ(4, dim=5), VectorQuantizer(3, dim=3)])
    >>> out = layer(torch.randn(32, 8))
    >>> layer.update()
    >>> out.quantized.shape, out.index.shape
    (torch.Size([32, 8]), torch.Size([32, 2]))
    """

    def __init__(self, quantizers: Iterable[torch.nn.Module]) -> None:
        super().__init__(quantizers)
        self.dims = [int(part.dim) for part in self.quantizers]
        self.dim = sum(self.dims)

    @property
    def _axis(self) -> int:
        return -1 if self.channel_last else 1

    def forward(self, x: torch.Tensor) -> Quantized:
        """Quantise; see `SpaceFillingVQ.forward`.

        Parameters
        ----------
        x : (..., dim) tensor, or (n, dim, ...) if not `channel_last`
            Latents; `dim` is the sum of those of the parts.

        Returns
        -------
        quantized : Quantized
            `index` and `coordinate` of shape (..., K).
        """
        check_latents(x, self.dim, self.channel_last)
        each = zip(self.quantizers, x.split(self.dims, self._axis), strict=True)
        parts = [part(stretch) for part, stretch in each]
        quantized = torch.cat([part.quantized for part in parts], self._axis)
        return self._together(quantized, parts)

    def decode(self, coordinate: torch.Tensor) -> torch.Tensor:
        """Put the points of the parts side by side.

        Parameters
        ----------
        coordinate : (..., K) tensor
            As `forward` gives it.

        Returns
        -------
        quantized : (..., dim) tensor, or (n, dim, ...) if not `channel_last`
        """
        each = zip(self.quantizers, coordinate.unbind(-1), strict=True)
        return torch.cat([part.decode(place) for part, place in each], self._axis)

    def initialize(self, latents: torch.Tensor, group: dist.ProcessGroup | None = None) -> None:
        """Begin on all processes; see `SpaceFillingVQ.initialize`.

        Parameters
        ----------
        latents : (..., dim) tensor, or (n, dim, ...) if not `channel_last`
            What the encoder gives for a batch.
        group : ProcessGroup, optional
            The processes.
        """
        check_latents(latents, self.dim, self.channel_last)
        for part, stretch in zip(
            self.quantizers, latents.split(self.dims, self._axis), strict=True
        ):
            part.initialize(stretch, group)
