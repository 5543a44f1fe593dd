"""Samples as a dataset of torch: new ones as long as training goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from skcurve.metrics.inputs import check_count

if TYPE_CHECKING:
    from skcurve.augmenter.sampling import Sampling


class SampleDataset(IterableDataset[dict[str, Any]]):
    """Samples one by one, for a `torch.utils.data.DataLoader`; see `CurveAugmenter.as_dataset`.

    Each worker of the loader draws from a stream of its own, and the workers share the number of
    samples among them: together they give as many as one would, and none twice.

    Parameters
    ----------
    augmenter : CurveAugmenter
        Where the samples come from.
    n : int or None
        How many in all; None for as many as are asked for.
    seed : int or None
        Of all streams; None for another one each time.
    batch_size : int
        How many are made at a time in each worker.
    options : dict
        `segments`, `coordinate` and `valid_only`, as for `CurveAugmenter.sample`.
    """

    def __init__(
        self,
        augmenter: Sampling,
        n: int | None,
        seed: int | None,
        batch_size: int,
        options: dict[str, Any],
    ) -> None:
        super().__init__()
        self._augmenter = augmenter
        self._n = n
        self._seed = seed
        self._batch_size = batch_size
        self._options = options
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Draw other samples from now on, those of an epoch.

        Parameters
        ----------
        epoch : int
            Its number, from 0. With the same number come the same samples; without a `random_state`
            there are other ones every time, and this has no effect.
        """
        self._epoch = check_count(epoch, "epoch", at_least=0)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Give one sample after another, as a dict: see `CurveAugmenter.as_dataset`."""
        worker = get_worker_info()
        number, count = (0, 1) if worker is None else (worker.id, worker.num_workers)
        share = None if self._n is None else self._n // count + (number < self._n % count)
        if share == 0:
            return
        stream = np.random.SeedSequence(self._seed, spawn_key=(self._epoch, number))
        batches = self._augmenter._batches(
            self._batch_size, share, **self._options, generator=np.random.default_rng(stream)
        )
        for batch in batches:
            parts = {
                name: part if getattr(part.dtype, "kind", "f") in "OUS" else torch.as_tensor(part)
                for name, part in batch._asdict().items()
                if part is not None
            }
            for row in range(len(batch.coordinates)):
                yield {name: part[row] for name, part in parts.items()}
