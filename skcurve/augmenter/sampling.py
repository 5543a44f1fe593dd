"""Draw samples: at once, in batches, or as a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from skcurve.augmenter.along import AlongCurve
from skcurve.augmenter.dataset import SampleDataset
from skcurve.augmenter.drawing import Draw
from skcurve.augmenter.records import Samples
from skcurve.augmenter.stretches import Places, Stretch, even_weights
from skcurve.coordinates import to_coordinate
from skcurve.curve import PolylineCurve
from skcurve.generators import AdaptedGenerator
from skcurve.generators import as_generator as adapt
from skcurve.interop import as_tensor, restore
from skcurve.metrics.inputs import check_count
from skcurve.randomness import RandomState, as_generator


class Sampling(AlongCurve):
    """How `CurveAugmenter` draws."""

    def sample(
        self,
        n: int,
        segments: Any = None,
        *,
        coordinate: str = "index",
        valid_only: bool = False,
        random_state: RandomState = None,
    ) -> Samples:
        """Draw new samples from a stretch of the curve.

        Parameters
        ----------
        n : int
            How many.
        segments : default=None
            The stretch.

            - None: the whole curve.
            - A slice: ``slice(12, 20)`` are the segments 12 to 19, from vertex 12 to vertex 20.
            - A tuple ``(start, end)``: from one place to another, in the `coordinate`.
            - A label that rows had in `fit`: the segments that belong to it, where four of five
              rows have that label.
            - A name that `name_stretch` gave.
            - A list of these: all of them together.
        coordinate : {"index", "arclength", "unit"}, default="index"
            What numbers in `segments` are, and in the result; see `PolylineCurve`.
        valid_only : bool, default=False
            Whether samples outside the support are drawn again; see `support`. At most 100
            candidates a sample are tried.
        random_state : int, RandomState, Generator or None, default=None
            Where the randomness comes from this time; None for that of the augmenter.

        Returns
        -------
        samples : Samples
            `latents`, `coordinates`, `outputs` and `labels`.

        Raises
        ------
        TypeError, ValueError
            If there is no such stretch, or nothing in it.
        sklearn.exceptions.NotFittedError
            If there is no curve, or if the stretch, the spacing, the jitter or the validity need
            data.
        RuntimeError
            If too few candidates are valid.

        Warns
        -----
        UserWarning
            If a part of the stretch crosses empty space and `valid_only` is False; see `gaps`.

        Examples
        --------
        A curve alone is enough, if data is not asked for:

        >>> from skcurve import CurveAugmenter, PolylineCurve
        >>> curve = PolylineCurve([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
        >>> augmenter = CurveAugmenter(curve, random_state=0)
        >>> samples = augmenter.sample(3, segments=(3.0, 7.0), coordinate="arclength")
        >>> samples.latents[:, 0].tolist(), samples.coordinates.min() >= 3
        ([3.0, 3.0, 3.0], np.True_)
        """
        n = check_count(n, "n")
        return next(
            self.iter_batches(
                n,
                n,
                segments,
                coordinate=coordinate,
                valid_only=valid_only,
                random_state=random_state,
            )
        )

    def iter_batches(
        self,
        batch_size: int,
        n: int | None = None,
        segments: Any = None,
        *,
        coordinate: str = "index",
        valid_only: bool = False,
        random_state: RandomState = None,
    ) -> Iterator[Samples]:
        """Draw the same samples as `sample`, and hold no more than a batch of them.

        Parameters
        ----------
        batch_size : int
            How many at a time.
        n : int or None, default=None
            How many in all; the last batch may be smaller. None to go on as long as batches are
            asked for.
        segments, coordinate, valid_only, random_state : optional
            See `sample`. What is wrong with them is said at once, before the first batch.

        Yields
        ------
        samples : Samples
            A batch.

        Examples
        --------
        >>> from skcurve import CurveAugmenter, PolylineCurve
        >>> augmenter = CurveAugmenter(PolylineCurve([[0.0], [1.0]]), random_state=0)
        >>> [len(batch.latents) for batch in augmenter.iter_batches(4, 10)]
        [4, 4, 2]
        """
        source = self.random_state if random_state is None else random_state
        batches = self._batches(
            batch_size, n, segments, coordinate, valid_only, as_generator(source)
        )
        if not valid_only:
            self._warn_of_gaps(self._stretch(segments, coordinate))
        return batches

    def as_dataset(
        self,
        n: int | None = None,
        segments: Any = None,
        *,
        coordinate: str = "index",
        valid_only: bool = False,
        batch_size: int = 256,
    ) -> SampleDataset:
        """Give the samples as a dataset for torch's `DataLoader`.

        Each item is a dict of what there is of `latents`, `coordinates`, `outputs` and `labels`,
        one sample each. Workers of a loader draw from streams of their own, and share the `n`
        samples among them. With a `random_state` each epoch has the same samples, unless it says
        which one it is: ``dataset.set_epoch(epoch)``.

        Parameters
        ----------
        n : int or None, default=None
            How many samples an epoch has; None for as many as are asked for.
        segments, coordinate, valid_only : optional
            See `sample`.
        batch_size : int, default=256
            How many are made at a time; how many a batch of the loader has, the loader says.

        Returns
        -------
        dataset : SampleDataset
            A `torch.utils.data.IterableDataset`.

        Examples
        --------
        >>> from torch.utils.data import DataLoader
        >>> from skcurve import CurveAugmenter, PolylineCurve
        >>> augmenter = CurveAugmenter(PolylineCurve([[0.0, 0.0], [1.0, 2.0]]), random_state=0)
        >>> loader = DataLoader(augmenter.as_dataset(10), batch_size=4)
        >>> [tuple(batch["latents"].shape) for batch in loader]
        [(4, 2), (4, 2), (2, 2)]
        """
        options = {"segments": segments, "coordinate": coordinate, "valid_only": valid_only}
        self.iter_batches(batch_size, n, random_state=0, **options)  # says now what is wrong
        seed = None
        if self.random_state is not None:
            seed = int(as_generator(self.random_state).integers(2**63))
        return SampleDataset(self, n, seed, batch_size, options)

    def _batches(
        self,
        batch_size: int,
        n: int | None,
        segments: Any,
        coordinate: str,
        valid_only: bool,
        generator: np.random.Generator,
    ) -> Iterator[Samples]:
        """Check everything now, and draw batch by batch later."""
        batch_size = check_count(batch_size, "batch_size")
        n = None if n is None else check_count(n, "n")
        self._validate_params()
        curve = self._curve()
        draw = self._draw(self._stretch(segments, coordinate), generator, valid_only)
        adapted = None if self.generator is None else adapt(self.generator)
        sizes = repeat(batch_size) if n is None else _cut(n, batch_size)
        return (self._batch(draw, size, coordinate, curve, adapted) for size in sizes)

    def _draw(
        self, stretch: Stretch, generator: np.random.Generator, valid_only: bool = False
    ) -> Draw:
        if self.jitter:
            self._require_data("jitter needs to know how wide the data lies around the curve")
        if valid_only:
            self._require_data("valid_only needs to know where the data is")
        return Draw(
            self._curve(),
            Places(stretch, self._weights(stretch)),
            generator,
            residuals=getattr(self, "_residuals", None),
            jitter=self.jitter,
            support=self._support if valid_only else None,
        )

    def _weights(self, stretch: Stretch) -> npt.NDArray[np.float64]:
        """Say how much of all falls on each segment, (M-1,)."""
        curve = self._curve()
        if self.spacing != "density":
            return even_weights(curve, self.spacing)
        usage = getattr(self, "occupancy_", getattr(self.curve, "usage_", None))
        if usage is None:
            self._require_data("spacing='density' needs to know where along the curve the data is")
        weights = as_tensor(usage, name="usage").double().cpu().numpy()
        if not weights[stretch.meets(curve.n_segments)].any():
            raise ValueError(
                f"spacing='density' cannot draw from {stretch}: no row of the data is about it."
            )
        return weights

    def _batch(
        self,
        draw: Draw,
        size: int,
        coordinate: str,
        curve: PolylineCurve,
        adapted: AdaptedGenerator | None,
    ) -> Samples:
        places, points = draw.next(size)
        latents = restore(as_tensor(points, name="latents"), like=curve.vertices)
        labels = None
        if hasattr(self, "segment_labels_"):
            segment = np.floor(places).astype(np.int64).clip(max=curve.n_segments - 1)
            labels = self.segment_labels_[segment]
        return Samples(
            latents,
            to_coordinate(curve, places, coordinate).cpu().numpy(),
            None if adapted is None else adapted(latents),
            labels,
        )


def _cut(n: int, batch_size: int) -> Iterator[int]:
    """Cut a number into batches."""
    return (min(batch_size, n - start) for start in range(0, n, batch_size))
