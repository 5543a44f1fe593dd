"""A generator that labels its own samples: images with masks of what is in the foreground."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from skcurve import LatentDirectionExplorer
from skcurve.explorer import Direction
from skcurve.interop import Array, as_tensor, restore
from skcurve.metrics.inputs import check_count
from skcurve.randomness import RandomState, as_generator
from skcurve.saliency.background import BackgroundDirection
from skcurve.saliency.cleaning import (
    THRESHOLDS,
    Limits,
    cleaned,
    find_threshold,
    require_skimage,
    verdict,
)
from skcurve.saliency.images import as_images, both_ways
from skcurve.saliency.refining import refined
from skcurve.saliency.response import brightness, difference, zones

Flags = npt.NDArray[np.bool_]

RULES = ("difference", "shifted")
LEAST_MOVED = 0.02
"""Of the range of the pixels of an image, moved or not: a border that moves less is not changed."""
UNCHANGED = "border unchanged"
FLAT = 1e-4
"""Of the unit of a response, or the largest pixel: what differs by less is rounding."""
N_DRAWN = 64
"""Latents that are drawn at one time, however many go through the generator together."""


class MaskPairs(NamedTuple):
    """Images with their masks.

    Attributes
    ----------
    images : array of shape (n, ...)
        As the generator makes them: bytes stay bytes.
    masks : bool array of shape (n, H, W)
        True where the object is.
    latents : array of shape (n, D) or (n, L, D)
        Of the images.
    rejected : dict of str to int
        How many images before the last of these were made and not used, by the reason.
    """

    images: npt.NDArray[Any]
    masks: Flags
    latents: npt.NDArray[Any]
    rejected: dict[str, int]


class MaskMaker:
    r"""Make images with masks, from what a direction of the background does to each pixel.

    For a latent z, a direction h and its strength s, the rule is one of two.

    - "difference": of :math:`G(z + s h) - G(z - s h)`, the distance of each pixel's change from
      that of the border is taken, in units of the latter: about 0 where it goes along, 1 where it
      stays. It is brought to the edges of the image, :math:`G(z)`, by the guided filter [2]_. What
      is above the threshold is the object.
    - "shifted", as the paper [1]_ does it: the brightness of :math:`G(z + s h)`, where the
      background is plain. What is on the other side of the threshold than the border is the object.

    Then small parts are taken away and small holes filled, and masks that are no good are left out.

    Parameters
    ----------
    explorer : LatentDirectionExplorer
        Of a generator of images.
    direction : BackgroundDirection, Direction, int or array-like of shape (D,)
        As of `find_background_direction`; or any other, see `LatentDirectionExplorer.edit`: a
        segment by its number is taken at its length, and so is an array.
    rule : {"difference", "shifted"}, default="difference"
        See above.
    threshold : {"otsu", "li", "isodata"} or float, default="otsu"
        How the threshold is found for each image (scikit-image), or the threshold itself.
    refine : float, default=0.125
        The radius of the guided filter, as a share of the shorter side; 0 for none. Only with
        "difference". Of networks, masks gain by it (the trained sprites: an IoU of 0.91 for 0.86);
        where the effect has sharp edges of its own, they lose a little (the exact sprites: 0.97 for
        0.99).
    speck : float, default=0.02
        Of the area of the image: smaller parts are taken away, and smaller holes filled.
    min_area, max_area : float, default=0.03, 0.5
        Of the area of the image: smaller and larger masks are left out.
    min_largest : float, default=0.9
        Of the mask: if its largest part is less of it, it is split, and left out.
    max_tries : int, default=1000
        So many images in a row without a usable mask, and it is given up.
    batch_size : int, default=64
        Latents at one time. The pairs do not depend on it.
    random_state : int, RandomState, Generator or None, default=None
        Where the latents come from. It is drawn from once, here: after that, the same call gives
        the same pairs.

    Attributes
    ----------
    direction : Direction
        What is used, at which strength and on which layers.

    Raises
    ------
    TypeError, ValueError
        If the outputs of the generator are no images, the direction is from another space or of
        another size, or an argument is wrong.
    ImportError
        If scikit-image is not installed.

    References
    ----------
    .. [1] A. Voynov and A. Babenko, "Unsupervised discovery of interpretable directions in the GAN
       latent space", ICML 2020 (arXiv 2002.03754).
    .. [2] K. He, J. Sun and X. Tang, "Guided image filtering", ECCV 2010.

    Examples
    --------
    Pictures of a square in the middle; the second latent is the brightness of the background:

    >>> import numpy as np
    >>> from skcurve import LatentDirectionExplorer, PolylineCurve
    >>> from skcurve.saliency import MaskMaker
    >>> def generator(latents):
    ...     images = np.repeat(latents[:, 1], 256).reshape(-1, 16, 16)
    ...     images[:, 5:11, 5:11] = latents[:, :1, None]
    ...     return images
    >>> curve = PolylineCurve([[-1.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    >>> explorer = LatentDirectionExplorer(curve, generator, random_state=0)
    >>> pairs = MaskMaker(explorer, 1, random_state=0).make(10)
    >>> pairs.images.shape, pairs.masks.sum((1, 2)).tolist() == [36] * 10, pairs.rejected
    ((10, 16, 16), True, {})
    """

    def __init__(
        self,
        explorer: LatentDirectionExplorer,
        direction: Any,
        *,
        rule: str = "difference",
        threshold: str | float = "otsu",
        refine: float = 0.125,
        speck: float = 0.02,
        min_area: float = 0.03,
        max_area: float = 0.5,
        min_largest: float = 0.9,
        max_tries: int = 1000,
        batch_size: int = 64,
        random_state: RandomState = None,
    ) -> None:
        if not isinstance(explorer, LatentDirectionExplorer):
            raise TypeError(
                f"explorer must be a LatentDirectionExplorer; got {type(explorer).__name__}."
            )
        if rule not in RULES:
            raise ValueError(f"rule must be 'difference' or 'shifted'; got {rule!r}.")
        is_number = isinstance(threshold, Real) and np.isfinite(threshold)
        if not is_number and not (isinstance(threshold, str) and threshold in THRESHOLDS):
            raise ValueError(
                f"threshold must be a number or one of {', '.join(THRESHOLDS)}; got {threshold!r}."
            )
        shares = {"refine": refine, "speck": speck, "min_area": min_area, "max_area": max_area}
        for name, share in {**shares, "min_largest": min_largest}.items():
            if not isinstance(share, Real):
                raise TypeError(f"{name} must be a number from 0 to 1; got {share!r}.")
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must be from 0 to 1; got {share}.")
        if min_area >= max_area:
            raise ValueError(f"min_area must be below max_area={max_area}; got {min_area}.")
        self.max_tries = check_count(max_tries, "max_tries")
        self.batch_size = check_count(batch_size, "batch_size")
        require_skimage()
        self.rule, self.threshold, self.refine = rule, threshold, float(refine)
        self._limits = Limits(speck, min_area, max_area, min_largest)
        self._explorer = explorer
        self._seed = int(as_generator(random_state).integers(2**31))
        self.direction = _resolved(explorer, direction)
        both_ways(explorer, self.direction, explorer.sample(1, self._seed))  # or says what is wrong

    def __repr__(self) -> str:
        return f"MaskMaker({self.direction}, rule={self.rule!r}, threshold={self.threshold!r})"

    def make(self, n: int) -> MaskPairs:
        """Make n images with masks.

        Parameters
        ----------
        n : int
            How many, at least 1. Of two calls, the smaller one makes the first pairs of the larger.

        Returns
        -------
        pairs : MaskPairs

        Raises
        ------
        TypeError, ValueError
            If n is no whole number, or below 1.
        RuntimeError
            If `max_tries` images in a row have no usable mask; it says why they were rejected.
        """
        parts = list(self.stream(n))
        rejected: Counter[str] = Counter()
        for part in parts:
            rejected.update(part.rejected)
        images, masks, latents = (np.concatenate([part[i] for part in parts]) for i in range(3))
        return MaskPairs(images, masks, latents, dict(rejected))

    def stream(self, n: int) -> Iterator[MaskPairs]:
        """Make n images with masks, and give them batch by batch.

        Parameters
        ----------
        n : int
            How many in all, at least 1.

        Yields
        ------
        pairs : MaskPairs
            At most `batch_size` of them, together those of `make`.

        Raises
        ------
        TypeError, ValueError, RuntimeError
            As `make`.
        """
        return self._stream(check_count(n, "n"))

    def masks_of(self, latents: Any) -> tuple[Flags, list[str]]:
        """Make the masks of latents, whether they are usable or not.

        Parameters
        ----------
        latents : array-like of shape (n, D) or (n, L, D)
            Of images.

        Returns
        -------
        masks : bool array of shape (n, H, W)
        reasons : list of str
            For each, why it would be left out: "too small", "too large", "split", "border
            unchanged"; empty if it would not.
        """
        return self._masks(latents, self._explorer.generator(latents))

    def _masks(self, latents: Any, outputs: Any) -> tuple[Flags, list[str]]:
        """Make the masks of latents whose images are known."""
        there, back = both_ways(self._explorer, self.direction, latents)
        unmoved = as_images(outputs)
        response, moved = difference(there, back)
        pixels = torch.cat([part.flatten(1).double().cpu() for part in (there, back, unmoved)], 1)
        reach = (pixels.amax(1) - pixels.amin(1)).numpy()
        still = np.maximum(LEAST_MOVED * reach, FLAT * pixels.abs().amax(1).numpy())
        by_difference = self.rule == "difference"
        pictures = response if by_difference else brightness(there)
        radius = round(self.refine * min(pictures.shape[1:])) if by_difference else 0
        images = unmoved.double().cpu().numpy()
        border = zones(*pictures.shape[1:]).border
        masks, reasons = np.zeros(pictures.shape, bool), []
        for number, picture in enumerate(pictures):
            if moved[number] <= still[number]:
                reasons.append(UNCHANGED)
                continue
            if radius:
                picture = refined(picture, images[number], radius)
            # Where all goes along, what is left is rounding: no threshold finds an object in it.
            if np.ptp(picture) > FLAT * (1.0 if by_difference else np.abs(picture).max()):
                level = find_threshold(picture, self.threshold)
                is_bright = not by_difference and np.median(picture[border]) > level
                mask = picture <= level if is_bright else picture > level
                masks[number] = cleaned(mask, self._limits.speck)
            reasons.append(verdict(masks[number], self._limits))
        return masks, reasons

    def _stream(self, n: int) -> Iterator[MaskPairs]:
        n_made, n_failed = 0, 0
        since: Counter[str] = Counter()
        for latents in self._batches():
            outputs = self._explorer.generator(latents)
            masks, reasons = self._masks(latents, outputs)
            used: list[int] = []
            rejected: Counter[str] = Counter()
            for row, reason in enumerate(reasons):
                if reason:
                    since[reason] += 1
                    n_failed += 1
                else:
                    used.append(row)
                    rejected.update(since)
                    since.clear()
                    n_failed = 0
                if n_made + len(used) == n or n_failed == self.max_tries:
                    break
            if used:
                shown, rows = (_numpy(part)[used] for part in (outputs, latents))
                yield MaskPairs(shown, masks[used], rows, dict(rejected))
                n_made += len(used)
            if n_made == n:
                return
            if n_failed == self.max_tries:
                counts = ", ".join(f"{number} {reason}" for reason, number in since.most_common())
                raise RuntimeError(
                    f"no usable mask in {n_failed} images in a row (max_tries={self.max_tries}), "
                    f"after {n_made} of {n}; rejected were: {counts}. Try another direction or "
                    "strength, or other limits."
                )

    def _batches(self) -> Iterator[Array]:
        """Draw latents without end: the same ones, whatever the size of a batch."""
        like = self._explorer.curve.vertices
        left = as_tensor(like, name="vertices")[:0]
        for number in count():
            draws = np.random.default_rng([self._seed, number])
            drawn = as_tensor(self._explorer.sample(N_DRAWN, draws), name="latents")
            left = torch.cat([left, drawn]) if len(left) else drawn
            while len(left) >= self.batch_size:
                yield restore(left[: self.batch_size], like=like)
                left = left[self.batch_size :]


def _resolved(explorer: LatentDirectionExplorer, direction: Any) -> Direction:
    """Give a direction with a strength, whatever it is known by."""
    if isinstance(direction, BackgroundDirection):
        return direction.direction
    if isinstance(direction, Direction):
        return direction
    name = "direction"
    if isinstance(direction, int | np.integer) and not isinstance(direction, bool):
        n_segments = explorer.curve.n_segments
        if not -n_segments <= direction < n_segments:
            raise IndexError(
                f"there is no segment {direction} on a curve of {n_segments} segments."
            )
        first = int(direction) % n_segments
        name, direction = f"segment {first}", explorer.curve.chord(first, first + 1)
    vector = as_tensor(direction, name="direction").cpu().numpy()
    return Direction(vector, name=name, strength=float(np.linalg.norm(vector)) or 1.0)


def _numpy(array: Array) -> npt.NDArray[Any]:
    return array.cpu().numpy() if isinstance(array, torch.Tensor) else array
