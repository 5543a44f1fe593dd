"""Random numbers whose whole state is two integers in tensors: compiled, recorded and saved alike.

A `torch.Generator` cannot be used inside a compiled graph. It seeds this instead: a generator that
counts, and scrambles the count. What it draws hangs on the seed and the count alone, so it is the
same in a compiled graph as outside, and goes on where it was when a state is loaded.
"""

from __future__ import annotations

import math

import torch

FIRST, SECOND = 0x21F0AAAD, 0x735A2D97
MANTISSA = 24


class Draws:
    """What one pass draws, number after number; see `Noise`."""

    def __init__(self, key: torch.Tensor) -> None:
        self._key, self._n_drawn = key, 0

    def uniform(self, *shape: int) -> torch.Tensor:
        """Draw float32 numbers between 0 and 1, neither of which comes."""
        start, n_numbers = self._n_drawn, math.prod(shape)
        self._n_drawn = start + n_numbers
        place = torch.arange(start, self._n_drawn, dtype=torch.int32, device=self._key.device)
        bits = _scramble(place.add_(self._key)).bitwise_and_((1 << MANTISSA) - 1)
        return bits.float().add_(0.5).mul_(2.0**-MANTISSA).view(shape)

    def normal(self, *shape: int) -> torch.Tensor:
        """Draw standard normal float32 numbers, by the method of Box and Muller."""
        n_numbers = math.prod(shape)
        radius, angle = self.uniform(2, -(-n_numbers // 2)).unbind()
        radius, angle = radius.log_().mul_(-2.0).sqrt_(), angle.mul_(2 * math.pi)
        return torch.cat([radius * angle.cos(), radius * angle.sin()])[:n_numbers].view(shape)


class Noise(torch.nn.Module):
    """A source of uniform and normal numbers, advanced once a forward pass.

    The numbers of a pass are scramblings of successive integers, from one on that is a scrambling
    of the seed and the number of the pass. To scramble is to multiply and shift 32 bits, with
    constants for which every output bit changes with a probability near one half when an input bit
    does.

    Parameters
    ----------
    generator : torch.Generator, optional
        Draws the seed; by default torch's own, as it does for other modules' parameters.

    References
    ----------
    Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, for generators that
    count; the constants are those that Wellons' search for integer hashes found.

    Examples
    --------
    >>> import torch
    >>> noise = Noise(torch.Generator().manual_seed(0))
    >>> draws = noise.advance()
    >>> draws.uniform(2, 3).shape, draws.normal(5).shape
    (torch.Size([2, 3]), torch.Size([5]))
    """

    seed: torch.Tensor
    passes: torch.Tensor

    def __init__(self, generator: torch.Generator | None = None) -> None:
        super().__init__()
        device = None if generator is None else generator.device
        seed = torch.randint(2**31 - 1, (), dtype=torch.int32, generator=generator, device=device)
        self.register_buffer("seed", seed.cpu())
        self.register_buffer("passes", torch.zeros((), dtype=torch.int32))

    def advance(self) -> Draws:
        """Begin a new pass, and give its numbers."""
        self.passes.add_(1)
        return Draws(_scramble(_scramble(self.seed.clone()).add_(self.passes)))


def _scramble(bits: torch.Tensor) -> torch.Tensor:
    """Map 32 bits one to one, in place, so that near ones come out unlike."""
    bits ^= _shifted(bits, 16)
    bits *= FIRST
    bits ^= _shifted(bits, 15)
    bits *= SECOND
    bits ^= _shifted(bits, 15)
    return bits


def _shifted(bits: torch.Tensor, places: int) -> torch.Tensor:
    """Shift right, and let zeros follow: torch would let the sign follow."""
    return (bits >> places).bitwise_and_((1 << (32 - places)) - 1)
