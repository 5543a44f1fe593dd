"""The statistics of the rows that a quantiser has met: summed in the graph, folded outside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import torch
import torch.distributed as dist

from skcurve.nn.gradients import Target
from skcurve.solvers.statistics import Statistics

SUMS = 4
"""Beside the moment of a vertex: its diagonal entry, and the entry beside it, the usage and the
squared error of the segment that begins there."""


class Memory(torch.nn.Module):
    r"""`skcurve.solvers.Statistics` with exponential forgetting, in two parts.

    `fresh` is what the rows since the last update left, on this process alone: forward passes add
    to it. `known` is what earlier updates left, faded: the same on all processes. An update makes

    .. math:: \text{known} \leftarrow \gamma\, \text{known} + \sum_\text{processes} \text{fresh},
              \qquad \text{fresh} \leftarrow 0 .

    Both are saved. `fresh` is not a buffer, since `DistributedDataParallel` overwrites buffers with
    those of the first process before every forward pass: what the others have seen would be lost.

    Parameters
    ----------
    n_vertices, dim : int
        M and D.
    """

    known: torch.Tensor

    def __init__(self, n_vertices: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("known", torch.zeros(n_vertices, dim + SUMS))
        self.fresh = torch.zeros(n_vertices, dim + SUMS)

    def collect(self, rows: torch.Tensor, segment: torch.Tensor, target: Target) -> None:
        """Add rows and where they were quantised to: the sums that `Statistics` defines."""
        sq_error = (rows - target.points).square().sum(1, keepdim=True)
        one, last = torch.ones_like(sq_error), len(target.weights) - 1
        for i, weight in enumerate(target.weights):
            beside = weight * target.weights[1] if i < last else torch.zeros_like(one)
            own = [one, sq_error] if i == 0 else [torch.zeros_like(one)] * 2
            terms = torch.cat([weight * rows, weight * weight, beside, *own], dim=1)
            self.fresh.index_add_(0, segment + i, terms.to(self.fresh.dtype))

    def fold(self, keep: float, group: dist.ProcessGroup | None) -> None:
        """Sum over the processes, let what is known fade, and add.

        What is not finite, as after an overflow in half precision, is dropped.
        """
        if dist.is_available() and dist.is_initialized():
            dist.all_reduce(self.fresh, group=group)
        finite = torch.isfinite(self.fresh).all()
        self.known.mul_(keep).add_(torch.where(finite, self.fresh, 0.0))
        self.fresh.zero_()

    def forget(self) -> None:
        """Begin again, with nothing known."""
        self.known.zero_()
        self.fresh.zero_()

    def statistics(self, n_vertices: int) -> Statistics:
        """Give what is known of the first so many vertices."""
        moment, sums = self.known[:n_vertices].split([self.known.shape[1] - SUMS, SUMS], dim=1)
        diagonal, *others = sums.unbind(1)
        beside, usage, sq_error = (part[:-1] for part in others)
        return Statistics(diagonal, beside, moment, usage, sq_error)

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> Self:
        """Move with the layer, but stay in single precision: half has no room for sums."""
        known, fresh = self.known, self.fresh
        super()._apply(fn, recurse)
        self.fresh = fn(fresh)
        if self.known.dtype not in (torch.float32, torch.float64):
            self.known, self.fresh = known.to(self.known.device), fresh.to(self.known.device)
        return self

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "fresh"] = self.fresh

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
        fresh = state_dict.pop(prefix + "fresh", None)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )
        if fresh is None:
            missing_keys.append(prefix + "fresh")
        elif fresh.shape == self.fresh.shape:
            self.fresh.copy_(fresh)
