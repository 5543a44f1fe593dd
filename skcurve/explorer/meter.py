"""The generator at work: batch by batch, and nothing that was computed is computed again."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.explorer.readings import Reader
from skcurve.interop import Array, as_tensor, restore

Numbers = npt.NDArray[np.float64]
Step = Callable[[int, int], Any]

MEMORY_BYTES = 256 * 2**20
"""Of numbers kept from measurements; beyond it, the oldest are forgotten."""


class Meter:
    """Runs a generator on latents, and measures what comes out.

    Work is cut into batches, and each batch is remembered by its latents: of measurements the
    numbers, of outputs the outputs themselves until all of a call are there. So when the generator,
    or a function that measures, raises on one batch, whatever was complete before is kept, and the
    same call made again goes on from there. The error says so in a note.

    Parameters
    ----------
    generator : AdaptedGenerator
        What makes outputs of latents.
    readers : dict of str to Reader
        What can be measured of outputs, by name.
    distance : callable or None
        Of two batches of outputs, how far each is from its counterpart, (n,); None for the root
        mean square of the difference.
    batch_size : int
        How many latents at a time.
    like : array
        Of the library and on the device in which outputs are made for measurements.
    """

    def __init__(
        self,
        generator: Any,
        *,
        readers: Mapping[str, Reader],
        distance: Callable[[Any, Any], Any] | None,
        batch_size: int,
        like: Any,
    ) -> None:
        self.generator = generator
        self.readers = dict(readers)
        self.distance = _root_mean_square if distance is None else distance
        self.batch_size = batch_size
        self.like = like
        self._numbers: OrderedDict[bytes, Any] = OrderedDict()
        self._n_bytes = 0
        self._unfinished: dict[bytes, Array] = {}
        self._before: tuple[bytes, Array] | None = None

    def outputs(
        self, latents: torch.Tensor, *, like: Any = None, step: Step | None = None
    ) -> Array:
        """Make the outputs of latents.

        Parameters
        ----------
        latents : (n, D) or (n, L, D) tensor
            Where.
        like : array, default=None
            The outputs are of its library; None for that of the curve.
        step : callable, default=None
            Told how many of how many rows are done.

        Returns
        -------
        outputs : array of shape (n, ...)
        """
        like = self.like if like is None else like
        kind = b"torch" if isinstance(like, torch.Tensor) else b"numpy"
        keys, parts = [], []
        for rows, batch in self._batches(latents, step):
            key = _digest(kind, batch)
            if key not in self._unfinished:
                with self._noting(rows, len(latents)):
                    self._unfinished[key] = self._run(batch, like)
            keys.append(key)
            parts.append(self._unfinished[key])
        for key in keys:
            self._unfinished.pop(key, None)
        whole: Array
        if isinstance(like, torch.Tensor):
            whole = torch.cat([torch.as_tensor(part) for part in parts])
        else:
            whole = np.concatenate([np.asarray(part) for part in parts])
        return whole

    def read(
        self, latents: torch.Tensor, *names: str, step: Step | None = None
    ) -> dict[str, Numbers]:
        """Measure the outputs of latents; the outputs are not kept.

        Parameters
        ----------
        latents : (n, D) or (n, L, D) tensor
            Where.
        *names : str
            Which of the readers.
        step : callable, default=None
            Told how many of how many rows are done.

        Returns
        -------
        readings : dict of str to ndarray of shape (n, ...)
        """
        parts = []
        for rows, batch in self._batches(latents, step):
            key = _digest("/".join(names).encode(), batch)
            if key not in self._numbers:
                with self._noting(rows, len(latents)):
                    outputs = self._run(batch, self.like)
                    self._keep(key, {name: self.readers[name](outputs) for name in names})
            parts.append(self._numbers[key])
        return {name: np.concatenate([part[name] for part in parts]) for name in names}

    def change(self, before: torch.Tensor, after: torch.Tensor) -> Numbers:
        """Measure how far the outputs of latents are from those of others.

        Parameters
        ----------
        before : (n, D) or (n, L, D) tensor
            Their outputs are held until other ones are asked for.
        after : (n, D) or (n, L, D) tensor
            As many.

        Returns
        -------
        change : ndarray of shape (n,)
        """
        name = _digest(b"before", before)
        parts = []
        for rows, batch in self._batches(after, None):
            key = _digest(name, rows.start.to_bytes(8, "big"), batch)
            if key not in self._numbers:
                with self._noting(rows, len(after)):
                    if self._before is None or self._before[0] != name:
                        self._before = name, self.outputs(before)
                    outputs = self._run(batch, self.like)
                    self._keep(key, {"change": self._measured(self._before[1][rows], outputs)})
            parts.append(self._numbers[key]["change"])
        return np.concatenate(parts)

    def spread(self, latents: torch.Tensor) -> float:
        """Measure how far apart two outputs are that have nothing to do with each other.

        Parameters
        ----------
        latents : (n, D) or (n, L, D) tensor
            Latents drawn independently, at least two; each is compared with the next.
        """
        return float(self.change(latents, torch.roll(latents, 1, 0)).mean())

    def _measured(self, before: Array, after: Array) -> Numbers:
        found = as_tensor(self.distance(before, after), name="the result of distance")
        numbers: Numbers = found.cpu().double().numpy()
        if numbers.shape != (len(after),) or not np.isfinite(numbers).all():
            raise ValueError(
                f"distance must give one finite number for each of {len(after)} pairs of outputs; "
                f"got shape {numbers.shape}."
            )
        return numbers

    def _run(self, batch: torch.Tensor, like: Any) -> Array:
        outputs: Array = self.generator(restore(batch, like=like), batch_size=len(batch))
        return outputs

    def _batches(
        self, latents: torch.Tensor, step: Step | None
    ) -> Iterator[tuple[slice, torch.Tensor]]:
        n_rows = len(latents)
        for start in range(0, n_rows, self.batch_size):
            rows = slice(start, min(start + self.batch_size, n_rows))
            yield rows, latents[rows]
            if step is not None:
                step(rows.stop, n_rows)

    @contextmanager
    def _noting(self, rows: slice, n_rows: int) -> Iterator[None]:
        """Say of an error where it came up, and that the rest is kept."""
        try:
            yield
        except Exception as error:
            error.add_note(
                f"This was the batch of rows {rows.start} to {rows.stop - 1} of {n_rows}. What was "
                "complete before is kept: the same call goes on from there."
            )
            raise

    def _keep(self, key: bytes, numbers: dict[str, Numbers]) -> None:
        self._numbers[key] = numbers
        self._n_bytes += sum(part.nbytes for part in numbers.values())
        while self._n_bytes > MEMORY_BYTES and len(self._numbers) > 1:
            _, forgotten = self._numbers.popitem(last=False)
            self._n_bytes -= sum(part.nbytes for part in forgotten.values())


def _digest(*parts: bytes | torch.Tensor) -> bytes:
    """Give a short name to latents that no others have."""
    code = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, torch.Tensor):
            code.update(f"{part.dtype} {tuple(part.shape)}".encode())
            code.update(part.detach().cpu().contiguous().numpy().tobytes())
        else:
            code.update(part)
    return code.digest()


def _root_mean_square(before: Array, after: Array) -> torch.Tensor:
    first, second = as_tensor(before, name="outputs"), as_tensor(after, name="outputs")
    return (second - first).flatten(1).double().square().mean(1).sqrt()
