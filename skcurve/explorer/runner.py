"""The generator at work: batch by batch, and nothing that was computed is computed again."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from skcurve.explorer.readings import Reader
from skcurve.generators.errors import name_rows
from skcurve.interop import Array, as_tensor, restore

Numbers = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Step = Callable[[int, int], Any]

MEMORY_BYTES = 256 * 2**20
"""Of numbers kept from measurements; beyond it, the oldest are forgotten."""


class Part(NamedTuple):
    """One batch of a call.

    Attributes
    ----------
    latents : (m, D) or (m, L, D) tensor
        Of the batch.
    place : slice
        Where these are in the whole.
    rows : (m,) int array
        The numbers that the caller knows them by.
    batch, n_batches : int
        Which batch it is, from 0, and of how many.
    """

    latents: torch.Tensor
    place: slice
    rows: Rows
    batch: int
    n_batches: int


class Runner:
    """Runs a generator on latents, and measures what comes out.

    Work is cut into batches, and each batch is remembered by its latents: of measurements the
    numbers, of outputs the outputs themselves until all of a call are there. So when the generator,
    or a function that measures, raises on one batch, whatever was complete before is kept, and the
    same call made again goes on from there. The error says so in a note.

    An error of the generator names the batch, and of its latents the numbers that they have for
    the caller: where latents are tried at several strengths, those of the latents that are tried.

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
        self,
        latents: torch.Tensor,
        *,
        names: Rows | None = None,
        like: Any = None,
        step: Step | None = None,
    ) -> Array:
        """Make the outputs of latents.

        Parameters
        ----------
        latents : (n, D) or (n, L, D) tensor
            Where.
        names : (n,) int array, default=None
            The numbers that an error calls them by; None to count.
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
        for part in self._parts(latents, names, step):
            key = _digest(kind, part.latents)
            if key not in self._unfinished:
                with _noting(part):
                    self._unfinished[key] = self._run(part, like)
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
        self,
        latents: torch.Tensor,
        *readers: str,
        names: Rows | None = None,
        step: Step | None = None,
    ) -> dict[str, Numbers]:
        """Measure the outputs of latents; the outputs are not kept.

        Parameters
        ----------
        latents : (n, D) or (n, L, D) tensor
            Where.
        *readers : str
            Which of them.
        names : (n,) int array, default=None
            The numbers that an error calls the latents by; None to count.
        step : callable, default=None
            Told how many of how many rows are done.

        Returns
        -------
        readings : dict of str to ndarray of shape (n, ...)
        """
        parts = []
        for part in self._parts(latents, names, step):
            key = _digest("/".join(readers).encode(), part.latents)
            if key not in self._numbers:
                with _noting(part):
                    outputs = self._run(part, self.like)
                    self._keep(key, {one: self.readers[one](outputs, part.rows) for one in readers})
            parts.append(self._numbers[key])
        return {one: np.concatenate([found[one] for found in parts]) for one in readers}

    def change(
        self,
        before: torch.Tensor,
        after: torch.Tensor,
        *,
        names: Rows | None = None,
        step: Step | None = None,
    ) -> Numbers:
        """Measure how far the outputs of latents are from those of others.

        Parameters
        ----------
        before : (n, D) or (n, L, D) tensor
            Their outputs are held until other ones are asked for.
        after : (n, D) or (n, L, D) tensor
            As many.
        names : (n,) int array, default=None
            The numbers that an error calls the latents by; None to count.
        step : callable, default=None
            Told how many of how many rows are done.

        Returns
        -------
        change : ndarray of shape (n,)
        """
        name = _digest(b"before", before)
        parts = []
        for part in self._parts(after, names, step):
            key = _digest(name, part.place.start.to_bytes(8, "big"), part.latents)
            if key not in self._numbers:
                if self._before is None or self._before[0] != name:
                    self._before = name, self.outputs(before, names=names)
                with _noting(part):
                    outputs = self._run(part, self.like)
                    still = self._before[1][part.place]
                    self._keep(key, {"change": self._measured(still, outputs)})
            parts.append(self._numbers[key]["change"])
        return np.concatenate(parts)

    def spread(self, latents: torch.Tensor, step: Step | None = None) -> float:
        """Measure how far apart two outputs are that have nothing to do with each other.

        Parameters
        ----------
        latents : (n, D) or (n, L, D) tensor
            Latents drawn independently, at least two; each is compared with the next.
        step : callable, default=None
            Told how many of how many rows are done.
        """
        return float(self.change(latents, torch.roll(latents, 1, 0), step=step).mean())

    def _measured(self, before: Array, after: Array) -> Numbers:
        found = as_tensor(self.distance(before, after), name="the result of distance")
        numbers: Numbers = found.cpu().double().numpy()
        if numbers.shape != (len(after),) or not np.isfinite(numbers).all():
            raise ValueError(
                f"distance must give one finite number for each of {len(after)} pairs of outputs; "
                f"got shape {numbers.shape}."
            )
        return numbers

    def _run(self, part: Part, like: Any) -> Array:
        outputs: Array = self.generator.run_part(
            restore(part.latents, like=like),
            batch=part.batch,
            n_batches=part.n_batches,
            rows=part.rows,
        )
        return outputs

    def _parts(
        self, latents: torch.Tensor, names: Rows | None, step: Step | None
    ) -> Iterator[Part]:
        n_rows = len(latents)
        n_batches = -(-n_rows // self.batch_size)
        names = np.arange(n_rows) if names is None else names
        for batch in range(n_batches):
            start = batch * self.batch_size
            place = slice(start, min(start + self.batch_size, n_rows))
            yield Part(latents[place], place, names[place], batch, n_batches)
            if step is not None:
                step(place.stop, n_rows)

    def _keep(self, key: bytes, numbers: dict[str, Numbers]) -> None:
        self._numbers[key] = numbers
        self._n_bytes += sum(part.nbytes for part in numbers.values())
        while self._n_bytes > MEMORY_BYTES and len(self._numbers) > 1:
            _, forgotten = self._numbers.popitem(last=False)
            self._n_bytes -= sum(part.nbytes for part in forgotten.values())


@contextmanager
def _noting(part: Part) -> Iterator[None]:
    """Say of an error where it came up, and that the rest is kept."""
    try:
        yield
    except Exception as error:
        error.add_note(
            f"This was batch {part.batch + 1} of {part.n_batches} "
            f"({name_rows(np.unique(part.rows))}). What was complete before is kept: the same call "
            "goes on from there."
        )
        raise


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
