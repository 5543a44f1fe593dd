"""What all quantisers inside a network share: everything but where rows are sent."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from numbers import Integral, Real
from typing import Any

import torch
import torch.distributed as dist

from skcurve.nn.first import first_curve
from skcurve.nn.gradients import GRADIENTS, NEED_LOSSES, Target
from skcurve.nn.memory import Memory
from skcurve.nn.noise import Draws, Noise
from skcurve.nn.quantized import Quantized
from skcurve.notices import warn
from skcurve.validation import MAX_BITS, MIN_BITS

COMMITMENT = 0.25
"""The weight of the input's distance in the loss, as in the first VQ-VAE."""
TIDY = 50
"""After so many updates at a bitrate, or a quarter of the vectors, a layer looks for those that no
row uses: each has had time to be used."""
FORGOTTEN = 100
"""After so many passes of training without an update, a layer warns."""


class QuantizerLayer(torch.nn.Module):
    """A codebook, its gradients and its memory; `SpaceFillingVQ` and `VectorQuantizer` are two.

    A subclass says where rows go in training (`_assign`) and in evaluation (`_nearest`), which
    codebook vectors a place lies between (`_target`), how the codebook follows from the statistics
    (`_solve`), and how vectors that are of no use come back (`_tidied`).
    """

    codebook: torch.Tensor

    def __init__(
        self,
        n_bits: int,
        dim: int,
        *,
        gradient: str,
        noise: float,
        ema: float | None,
        commitment: float | None,
        channel_last: bool,
        generator: torch.Generator | None,
        start_bits: int | None = None,
    ) -> None:
        super().__init__()
        check_integer("n_bits", n_bits, MIN_BITS, MAX_BITS)
        if start_bits is not None:
            check_integer("start_bits", start_bits, MIN_BITS, int(n_bits))
        check_integer("dim", dim, 1, None)
        if gradient not in GRADIENTS:
            names = ", ".join(map(repr, GRADIENTS))
            raise ValueError(f"gradient must be one of {names}; got {gradient!r}.")
        check_real("noise", noise, at_least=0.0)
        if ema is not None:
            check_real("ema", ema, at_least=0.0, below=1.0)
        if commitment is not None:
            check_real("commitment", commitment, at_least=0.0)
        self.n_bits, self.dim = int(n_bits), int(dim)
        self.gradient, self.noise, self.ema = gradient, float(noise), ema
        needs = gradient in NEED_LOSSES or ema is not None
        self.commitment = (COMMITMENT if needs else 0.0) if commitment is None else commitment
        self.channel_last = bool(channel_last)
        self.random = Noise(generator)
        # Never seen where training comes first; a place to be for a pass before it.
        codebook = self.random.advance().normal(2**self.n_bits, self.dim)
        if ema is None:
            self.codebook = torch.nn.Parameter(codebook)
        else:
            self.register_buffer("codebook", codebook)
            self.memory = Memory(2**self.n_bits, self.dim)
        # Numbers, so that a compiler knows shapes by them; in the state they are a tensor.
        self._bitrate = self._first_bitrate = self.n_bits if start_bits is None else start_bits
        self._begun, self._updates = False, 0

    # ------------------------------------------------------------------ using

    @property
    def bitrate(self) -> int:
        """The present bitrate: ``2**bitrate`` codebook vectors are in use."""
        return self._bitrate

    @property
    def initialized(self) -> bool:
        """Whether the codebook has met latents, or was loaded or given."""
        return self._begun

    @property
    def vertices(self) -> torch.Tensor:
        """The codebook vectors in use, of shape (2**bitrate, dim)."""
        return self.codebook[: 2**self._bitrate]

    def forward(self, x: torch.Tensor) -> Quantized:
        """Quantise.

        Parameters
        ----------
        x : (..., dim) tensor, or (n, dim, ...) if not `channel_last`
            Latents, of a floating dtype. Computed in single precision at least.

        Returns
        -------
        quantized : Quantized

        Raises
        ------
        TypeError
            If x is no tensor of floating numbers.
        ValueError
            If its features are not `dim`, if it is empty, or if it has NaN or infinity. The last
            is looked for on the processor and outside compiled graphs only: elsewhere it would
            make every step wait.
        RuntimeError
            If the codebook would begin here, and there are other processes: see `initialize`.
        """
        check_latents(x, self.dim, self.channel_last)
        features = x if self.channel_last else x.movedim(1, -1)
        shape = features.shape[:-1]
        with _without_autocast(x.device.type):
            rows = self._working(features).reshape(-1, self.dim)
            if self.training and not self._begun:
                self._begin(rows)
            if self.training:
                quantized, index, coordinate, loss = self._train(rows)
            else:
                quantized, index, coordinate, loss = self._settle(rows)
            perplexity = self._perplexity(index)
        quantized = quantized.to(x.dtype).reshape(features.shape)
        if not self.channel_last:
            quantized = quantized.movedim(-1, 1)
        index, coordinate = index.reshape(shape), coordinate.reshape(shape)
        return Quantized(quantized, index, coordinate, loss, perplexity)

    def decode(self, coordinate: torch.Tensor) -> torch.Tensor:
        """Give the points of the codebook at some coordinates: the other end of a codec.

        Parameters
        ----------
        coordinate : (...) tensor
            As `forward` gives it; of whole numbers, codebook vectors.

        Returns
        -------
        quantized : (..., dim) tensor, or (n, dim, ...) if not `channel_last`

        Raises
        ------
        ValueError
            If a coordinate lies outside the curve; looked for like NaN in `forward`.
        """
        last = len(self.vertices) - 1
        if coordinate.device.type == "cpu" and not torch.compiler.is_compiling():
            outside = ~((coordinate >= 0) & (coordinate <= last))
            if bool(outside.any()):
                raise ValueError(
                    f"coordinate must lie in [0, {last}]; got {coordinate[outside][0].item()}."
                )
        kind = torch.promote_types(self.codebook.dtype, torch.float32)
        flat = coordinate.reshape(-1).to(kind).clamp(0, last)
        index = flat.long().clamp(max=self._n_places - 1)
        points = self._target(index, flat - index).points.reshape(*coordinate.shape, self.dim)
        return points if self.channel_last else points.movedim(-1, 1)

    @torch.no_grad()
    def update(self, group: dist.ProcessGroup | None = None) -> None:
        """Learn from the forward passes since the last call; call it once a training step.

        With `ema`, the codebook is solved for from the statistics, and every 50 calls (more
        rarely, where there are more than 200 vectors) those that no row uses are given to where
        the error is largest. This is the one place, `initialize` apart, where processes talk to
        each other: the statistics are summed over them. Without `ema`, nothing is sent.

        Parameters
        ----------
        group : ProcessGroup, optional
            The processes; by default all, if `torch.distributed` is initialised.
        """
        if not self._begun:
            return
        if self.ema is not None:
            self.memory.fold(self.ema, group)
            self.vertices.copy_(self._solve(self._exact_vertices))
        self._updates += 1
        if self.ema is not None and self._updates % max(TIDY, 2**self._bitrate // 4) == 0:
            self.vertices.copy_(self._tidied(self._exact_vertices))

    @torch.no_grad()
    def initialize(self, latents: torch.Tensor, group: dist.ProcessGroup | None = None) -> None:
        """Begin with a curve through some latents; needed only where there are several processes.

        A single process does it by itself, in the first forward pass of training.

        Parameters
        ----------
        latents : (..., dim) tensor, or (n, dim, ...) if not `channel_last`
            What the encoder gives for a batch. With several processes, all have to call this, and
            the curve of the first one is sent to the others.
        group : ProcessGroup, optional
            The processes; by default all, if `torch.distributed` is initialised.
        """
        check_latents(latents, self.dim, self.channel_last)
        features = latents if self.channel_last else latents.movedim(1, -1)
        self._begin(self._working(features).reshape(-1, self.dim), alone=False)
        if _is_shared():
            for shared in (self.codebook.detach(), self.random.seed, self.random.passes):
                dist.broadcast(shared, group=group, group_src=0)

    def extra_repr(self) -> str:
        """Give the settings, as `print` shows them."""
        parts = [f"n_bits={self.n_bits}", f"dim={self.dim}", f"gradient={self.gradient!r}"]
        if self.ema is not None:
            parts.append(f"ema={self.ema}")
        if not self.channel_last:
            parts.append("channel_last=False")
        return ", ".join(parts)

    # ------------------------------------------------------------------ what a subclass says

    @property
    def _n_places(self) -> int:
        raise NotImplementedError

    def _first(self, rows: torch.Tensor) -> torch.Tensor:
        """Give the codebook vectors to begin with."""
        return first_curve(rows, 2**self._bitrate, self.random.seed)

    def _assign(self, rows: torch.Tensor, draws: Draws) -> tuple[torch.Tensor, torch.Tensor]:
        """Say for (n, D) rows in training which index they go to, and where in it."""
        raise NotImplementedError

    def _nearest(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Say the same in evaluation."""
        raise NotImplementedError

    def _target(self, index: torch.Tensor, position: torch.Tensor) -> Target:
        raise NotImplementedError

    def _solve(self, vertices: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def _tidied(self, vertices: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    # ------------------------------------------------------------------ inside

    @property
    def _exact_vertices(self) -> torch.Tensor:
        """The vertices in a precision that has room for sums."""
        return self.vertices.to(self.memory.known.dtype)

    def _train(
        self, rows: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        self._remind(rows)
        with torch.no_grad():
            draws = self.random.advance()
            index, position = self._assign(rows.detach(), draws)
        target = self._target(index, position)
        if self.ema is not None:
            with torch.no_grad():
                self.memory.collect(rows.detach(), index, target)

        def noise() -> torch.Tensor:
            return draws.normal(*rows.shape).to(rows.dtype)

        quantized = GRADIENTS[self.gradient](rows, target, noise, math.sqrt(self.noise))
        return quantized, index, index + position, self._loss(rows, target)

    def _settle(
        self, rows: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            index, position = self._nearest(rows.detach())
        points = self._target(index, position).points
        # Exactly the points; the gradient goes straight through to the rows.
        return points + (rows - rows.detach()), index, index + position, rows.new_zeros(())

    def _loss(self, rows: torch.Tensor, target: Target) -> torch.Tensor:
        loss = rows.new_zeros(())
        if self.ema is None and self.gradient in NEED_LOSSES:
            loss = loss + (rows.detach() - target.points).square().mean()
        if self.commitment:
            loss = loss + self.commitment * (rows - target.points.detach()).square().mean()
        return loss

    def _remind(self, rows: torch.Tensor) -> None:
        """Warn if `update` is never called; looked for where that costs nothing."""
        # A compiler would make a new graph for every number of updates that it sees.
        if torch.compiler.is_compiling() or self.ema is None or self._updates:
            return
        if self._bitrate != self._first_bitrate or rows.device.type != "cpu":
            return
        if int(self.random.passes) == FORGOTTEN:
            warn(
                f"{FORGOTTEN} training passes, and no update(): the codebook has not learnt from "
                "them. Call update() after each step of the optimizer.",
                UserWarning,
            )

    def _perplexity(self, index: torch.Tensor) -> torch.Tensor:
        ones = torch.ones_like(index, dtype=torch.float32)
        usage = ones.new_zeros(self._n_places).index_add_(0, index, ones)
        return torch.special.entr(usage / index.shape[0]).sum().exp()  # len would fix the shape

    def _working(self, features: torch.Tensor) -> torch.Tensor:
        """Give the features in the precision to compute in: single, or double if either is."""
        kind = torch.promote_types(features.dtype, self.codebook.dtype)
        return features.to(torch.promote_types(kind, torch.float32))

    @torch.no_grad()
    def _begin(self, rows: torch.Tensor, *, alone: bool = True) -> None:
        """Begin with a curve through some rows."""
        if alone and _is_shared():
            raise RuntimeError(
                "the codebook has to begin the same on all processes: call "
                "initialize(latents) on each of them before the first training step."
            )
        self.vertices.copy_(self._first(rows.detach()))
        self._begun = True

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        progress = [self._bitrate, int(self._begun), self._updates]
        destination[prefix + "progress"] = torch.tensor(progress)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        name = prefix.rstrip(".") or type(self).__name__
        codebook = state_dict.get(prefix + "codebook")
        if codebook is not None and codebook.shape != self.codebook.shape:
            error_msgs.append(
                f"{name}: the state has {_described(codebook)}, but this layer was made with "
                f"n_bits={self.n_bits}, dim={self.dim}, {_described(self.codebook)}."
            )
            state_dict.pop(prefix + "codebook")
            state_dict.pop(prefix + "progress", None)
            for key in ("memory.known", "memory.fresh"):
                state_dict.pop(prefix + key, None)
            return
        progress = state_dict.pop(prefix + "progress", None)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )
        if progress is None:
            missing_keys.append(prefix + "progress")
        else:
            self._bitrate, begun, self._updates = progress.tolist()
            self._begun = bool(begun)


def check_latents(x: torch.Tensor, dim: int, channel_last: bool) -> None:
    """Refuse what no quantiser can take; look for NaN where that makes nothing wait."""
    if not isinstance(x, torch.Tensor) or not x.is_floating_point():
        kind = f"dtype {x.dtype}" if isinstance(x, torch.Tensor) else type(x).__name__
        raise TypeError(f"x must be a tensor of floating numbers; got {kind}.")
    axis = -1 if channel_last else 1
    if x.ndim < (1 if channel_last else 2) or x.shape[axis] != dim:
        where = "its last axis" if channel_last else "axis 1 (channel_last=False)"
        raise ValueError(f"x must have dim={dim} features on {where}; got shape {tuple(x.shape)}.")
    if x.numel() == 0:
        raise ValueError(f"x must not be empty; got shape {tuple(x.shape)}.")
    if x.device.type == "cpu" and not torch.compiler.is_compiling():
        bad = ~torch.isfinite(x.detach())
        if bool(bad.any()):
            vectors = bad.any(axis)
            first = tuple(bad.nonzero()[0].tolist())
            raise ValueError(
                f"x has NaN or infinity in {int(vectors.sum())} of {vectors.numel()} vectors; "
                f"the first is {x[first].item()} at x[{', '.join(map(str, first))}]."
            )


def check_integer(name: str, value: Any, least: int, most: int | None) -> None:
    """Refuse what is no integer in a range."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer; got {value!r}.")
    value = int(value)
    if value < least or (most is not None and value > most):
        wanted = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} must be {wanted}; got {value}.")


def check_real(name: str, value: Any, *, at_least: float, below: float = math.inf) -> None:
    """Refuse what is no number in a range."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number; got {value!r}.")
    value = float(value)
    if not at_least <= value < below:
        raise ValueError(f"{name} must lie in [{at_least:g}, {below:g}); got {value}.")


def _without_autocast(device_type: str) -> AbstractContextManager[Any]:
    if torch.amp.is_autocast_available(device_type):
        return torch.autocast(device_type, enabled=False)
    return nullcontext()


def _is_shared() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def _described(codebook: torch.Tensor) -> str:
    n_vectors, dim = codebook.shape
    return (
        f"a codebook of {n_vectors} vectors ({n_vectors.bit_length() - 1} bits) of {dim} features"
    )
