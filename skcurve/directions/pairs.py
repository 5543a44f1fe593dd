"""Pairs of outputs, before and after a shift, and how well a reconstructor reads them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.nn import functional

from skcurve.directions.latents import shifted
from skcurve.generators import AdaptedGenerator


class Seen(NamedTuple):
    """What the reconstructor sees, and the shifts that it should name.

    Attributes
    ----------
    before, after : float32 tensors of shape (n, ...)
        The outputs.
    shift : tensor of shape (n,)
        How far each latent was moved, in units; negative against the direction.
    """

    before: torch.Tensor
    after: torch.Tensor
    shift: torch.Tensor


class Pairs(NamedTuple):
    """Where pairs come from.

    Attributes
    ----------
    generator : AdaptedGenerator
        Makes the outputs.
    latents : float32 tensor of shape (n, D) or (n, L, D)
        To draw from.
    shifts : (float, float)
        The smallest and the largest shift.
    unit : float
        How far a shift of 1 goes.
    """

    generator: AdaptedGenerator
    latents: torch.Tensor
    shifts: tuple[float, float]
    unit: float

    def show(self, matrix: torch.Tensor, which: torch.Tensor, draws: torch.Generator) -> Seen:
        """Draw latents and shifts, and make the outputs before and after.

        Parameters
        ----------
        matrix : tensor of shape (k, D)
            The directions; gradients flow to it.
        which : int64 tensor of shape (n,)
            The number of the direction of each pair.
        draws : torch.Generator
            Where the randomness comes from.
        """
        n, (low, high) = len(which), self.shifts
        chosen = torch.randint(len(self.latents), (n,), generator=draws)
        rows = self.latents[chosen.to(self.latents.device)]
        size = low + (high - low) * torch.rand(n, generator=draws)
        shift = size * (2.0 * torch.randint(2, (n,), generator=draws) - 1.0)
        moves = matrix[which] * (self.unit * shift)[:, None]
        with torch.no_grad():
            before = self.generator.forward(rows).float()
        after = self.generator.forward(shifted(rows, moves.to(rows.device))).float()
        return Seen(before, after, shift.to(before.device))


def judge(
    reconstructor: torch.nn.Module, seen: Seen, which: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ask a reconstructor about pairs, and compare with what was done.

    Parameters
    ----------
    reconstructor : torch.nn.Module
        From the outputs before and after to logits (n, k) and shifts (n,).
    seen : Seen
        The pairs.
    which : int64 tensor of shape (n,)
        The number of the direction of each.

    Returns
    -------
    cross_entropy : scalar tensor
        Of the directions, the mean over the pairs.
    error : tensor of shape (n,)
        By how much each shift is misjudged.
    right : bool tensor of shape (n,)
        Whether each direction is named.

    Raises
    ------
    ValueError
        If what it gives has other shapes.
    """
    logits, shift = reconstructor(seen.before, seen.after)
    if logits.ndim != 2 or len(logits) != len(which) or shift.shape != which.shape:
        # Shifts of shape (n, 1) would be compared with those of all other pairs.
        raise ValueError(
            f"reconstructor must give logits of shape ({len(which)}, k) and shifts of shape "
            f"({len(which)},); got {tuple(logits.shape)} and {tuple(shift.shape)}."
        )
    which = which.to(logits.device)
    return (
        functional.cross_entropy(logits, which),
        (shift - seen.shift).abs(),
        logits.argmax(1) == which,
    )
