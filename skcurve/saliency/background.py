"""Which direction changes the background and leaves the object: found without labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from skcurve import LatentDirectionExplorer
from skcurve.directions import PCADirections
from skcurve.explorer import Direction
from skcurve.explorer.layers import Layers, name_layers, resolve_layers
from skcurve.explorer.spaces import space_on
from skcurve.explorer.tables import make_frame
from skcurve.metrics.inputs import check_count
from skcurve.notices import warn
from skcurve.saliency.cleaning import require_skimage, separability
from skcurve.saliency.images import as_images, both_ways
from skcurve.saliency.mixture import mixture
from skcurve.saliency.response import brightness, difference, spread_of

AMOUNT = 0.5
"""The change of the image at which candidates are compared, if not said."""
MOST_COMPONENTS = 64
LEAST = {"share": 0.55, "evenness": 0.8, "clearness": 0.8}
"""What convinces: the border changes more than the centre, all of it alike, and stands apart."""
N_PARTS = 2, 4
"""Into how many parts the layers are divided."""
FEWEST = 8
"""Latents that it takes to calibrate, or to judge: of fewer than two times so many, all do both."""
MIXTURE = "mixture"
"""What is found by mixing all candidates for the same layers."""


@dataclass(frozen=True, eq=False)
class BackgroundDirection:
    """The best candidate for a direction of the background, and all that were compared.

    Attributes
    ----------
    direction : Direction
        The best, at the strength that was calibrated, turned to the side where object and
        background are easier to tell apart. Its `scores` are those of the table.
    sign : int
        -1 if it had to be turned, else 1.
    convincing : bool
        Whether it changes the border at least 1.2 times as much as the centre (`share` at least
        0.55) and all of the border alike (`evenness` at least 0.8), and what does not go along
        stands apart (`clearness` at least 0.8).
    found_by : str
        Which of the finders it is from, or "mixture".
    candidates : tuple of Direction
        All of them, the best first, turned as they were found, with their `scores`.
    finders : tuple of str
        Which finder each of them is from.
    """

    direction: Direction
    sign: int
    convincing: bool
    found_by: str
    candidates: tuple[Direction, ...]
    finders: tuple[str, ...]

    def __repr__(self) -> str:
        said = "" if self.convincing else "not "
        return (
            f"BackgroundDirection({self.direction.name!r} of {self.found_by}, "
            f"share={self.direction.scores['share']:.3g}, {said}convincing)"
        )

    def to_frame(self) -> Any:
        """Write the candidates as a table.

        Returns
        -------
        frame : pandas.DataFrame
            A row a candidate, named, the best first.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        columns: dict[str, Any] = {
            "finder": list(self.finders),
            "layers": [name_layers(one.layers) for one in self.candidates],
            "strength": [one.strength for one in self.candidates],
        }
        for name in ("score", "share", "evenness", "clearness"):
            columns[name] = [one.scores[name] for one in self.candidates]
        return make_frame(
            columns,
            index=[one.name for one in self.candidates],
            index_name="direction",
            caller="BackgroundDirection.to_frame",
        )


def find_background_direction(
    explorer: LatentDirectionExplorer,
    finders: Any = None,
    *,
    layer_ranges: Sequence[Layers] | None = None,
    amount: float = AMOUNT,
    latents: Any = None,
    n_latents: int = 32,
) -> BackgroundDirection:
    r"""Find the direction that changes the border of the images most against the centre.

    Objects are photographed in the middle, so that what changes the border and leaves the centre
    changes the background [1]_; no label is needed. Each candidate is calibrated, so that all
    change the images by the same amount, and then, for each of the latents to judge on, the images
    at plus and minus its strength are compared:

    - *share*: with the mean absolute change e of the pixels of the border (the frame, an eighth of
      the sides wide) and c of those of the centre (three eighths of the sides),
      :math:`e / (e + c)`;
    - *evenness*: of the changes of the border, the squared mean over the mean square. What moves an
      object across the border changes it unevenly;
    - *clearness*: how well a threshold tells the pixels apart that go along with the border and
      those that do not: the variance between both over that of all (Otsu's criterion), of the
      distance of the change of each pixel from that of the border. Of noise, it is 0.65 to 0.7.

    The score of a direction is the product of the medians of the three over the latents.

    The directions of all finders together often have a mixture that is better than each of them.
    It is found in closed form, as the generalised eigenvector of what small steps along them do to
    the border and to the rest, and is a candidate too.

    Parameters
    ----------
    explorer : LatentDirectionExplorer
        Of a generator of images.
    finders : dict, list, or one finder, default=None
        Where candidates come from, as of `LatentDirectionExplorer.compare`: finders, fitted or not,
        libraries, `Direction` objects or arrays. None for the segments of the curve and the
        principal components.
    layer_ranges : list of layers, default=None
        The layers on which each candidate is tried; None for its own, or those of the explorer,
        and where there are layers (W+), each half and each quarter of all of them too: a direction
        that changes several things often changes the background alone on some layers.
    amount : float, default=0.5
        The change of the image at which candidates are compared, in units of the mean distance
        between two images; see `LatentDirectionExplorer.calibrate`.
    latents : array-like of shape (n, D) or (n, L, D), default=None
        What to try them on; None for `n_latents` of the distribution.
    n_latents : int, default=32
        How many. The first half calibrates and mixes, and the other half judges, so that a mixture
        is not judged where it was learnt; with fewer than 16, all do both.

    Returns
    -------
    found : BackgroundDirection
        The best candidate; also if it does not convince.

    Warns
    -----
    UserWarning
        If no candidate is convincing.

    Raises
    ------
    TypeError, ValueError
        If the outputs of the generator are no images, or an argument is wrong.
    ImportError
        If scikit-image is not installed.

    Notes
    -----
    Each candidate takes some hundreds of images for each range of layers: where a generator is
    slow, give fewer of either.

    What convinces was set where there is no background to be found: sprites on one ground, networks
    with random weights, noise, and sums of smooth patterns. Of these, some mixtures do change the
    border most, with a share of 0.78, but then with an evenness of 0.72 and a clearness of 0.67.
    Where all of a sprite and its ground grows darker at once, the share is 0.52. A border that
    changes by itself, around a middle that never does, is taken for a background.

    References
    ----------
    .. [1] A. Voynov and A. Babenko, "Unsupervised discovery of interpretable directions in the GAN
       latent space", ICML 2020 (arXiv 2002.03754). There, the direction is chosen by eye.

    Examples
    --------
    Pictures of a square in the middle; the first latent is its brightness, the second that of the
    background:

    >>> import numpy as np
    >>> from skcurve import LatentDirectionExplorer, PolylineCurve
    >>> from skcurve.saliency import find_background_direction
    >>> def generator(latents):
    ...     images = np.repeat(latents[:, 1], 256).reshape(-1, 16, 16)
    ...     images[:, 5:11, 5:11] = latents[:, :1, None]
    ...     return images
    >>> curve = PolylineCurve([[-1.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    >>> explorer = LatentDirectionExplorer(curve, generator, random_state=0)
    >>> find_background_direction(explorer)
    BackgroundDirection('segment 1' of segments, share=1, convincing)
    """
    if not isinstance(explorer, LatentDirectionExplorer):
        raise TypeError(
            f"explorer must be a LatentDirectionExplorer; got {type(explorer).__name__}."
        )
    require_skimage()
    if not (isinstance(amount, Real) and np.isfinite(amount) and amount > 0):
        raise ValueError(f"amount must be positive and finite; got {amount!r}.")
    n_layers = explorer.n_layers
    ranges = _parts(n_layers) if layer_ranges is None else list(layer_ranges)
    if not ranges:
        raise ValueError("layer_ranges must hold at least one, such as None; got none.")
    numbers = [resolve_layers(layers, n_layers) for layers in ranges]
    if latents is None:
        latents = explorer.sample(check_count(n_latents, "n_latents"), 0)
    explorer.generator.check_latents(latents)
    as_images(explorer.generator(latents[:2]), name="the outputs of the generator")
    if finders is None:
        n_components = min(MOST_COMPONENTS, explorer.curve.n_features)
        finders = {"segments": explorer.directions(), "components": PCADirections(n_components)}
    tuning, judging = _halves(latents)
    families = explorer.find(finders)
    ranked: list[tuple[str, Direction]] = []
    for layers, chosen in zip(ranges, numbers, strict=True):
        tried: list[tuple[str, Direction]] = []
        for name, found in families.items():
            directions = found if layers is None else [_placed(one, chosen) for one in found]
            calibration = explorer.calibrate(directions, amount=amount, latents=tuning)
            tried += [(name, one) for one in calibration.apply(directions)]
        alike = [one for _, one in tried if one.layers == tried[0][1].layers]
        if len(alike) > 1:
            mixed = [mixture(explorer, alike, tuning)]
            calibration = explorer.calibrate(mixed, amount=amount, latents=tuning)
            tried += [(MIXTURE, one) for one in calibration.apply(mixed)]
        ranked += [(name, _scored(explorer, one, judging)) for name, one in tried]
    ranked.sort(key=lambda pair: -pair[1].scores["score"])
    found_by, best = ranked[0]
    sign = _clearer_sign(explorer, best, judging)
    scores = best.scores
    convincing = all(scores[name] >= least for name, least in LEAST.items())
    if not convincing:
        numbers = ", ".join(
            f"{name} {scores[name]:.3g} (at least {least} is expected)"
            for name, least in LEAST.items()
        )
        warn(
            f"no candidate is a convincing direction of the background: the best of {len(ranked)}, "
            f"{best.name!r} of {found_by}, has {numbers}. Try other finders, or layer_ranges.",
            UserWarning,
        )
    return BackgroundDirection(
        direction=best if sign > 0 else best.reversed(),
        sign=sign,
        convincing=bool(convincing),
        found_by=found_by,
        candidates=tuple(one for _, one in ranked),
        finders=tuple(name for name, _ in ranked),
    )


def _parts(n_layers: int | None) -> list[Layers]:
    """Give no range, which is all layers; then each half and each quarter, where there are such."""
    ranges: list[Layers] = [None]
    if n_layers is None:
        return ranges
    for n_parts in N_PARTS:
        for part in np.array_split(np.arange(n_layers), n_parts):
            layers = [int(layer) for layer in part]
            if layers and layers not in ranges:
                ranges.append(layers)
    return ranges


def _placed(direction: Direction, layers: list[int] | None) -> Direction:
    """Give the same direction for other layers."""
    return direction.replace(layers=layers, space=space_on(direction.space, layers))


def _halves(latents: Any) -> tuple[Any, Any]:
    """Give the latents to calibrate and to mix on, and those to judge on: all, if few."""
    half = len(latents) // 2
    return (latents[:half], latents[half:]) if half >= FEWEST else (latents, latents)


def _scored(explorer: LatentDirectionExplorer, direction: Direction, latents: Any) -> Direction:
    there, back = both_ways(explorer, direction, latents)
    spread, (response, _) = spread_of(there, back), difference(there, back)
    scores = {
        "share": float(np.median(spread.share)),
        "evenness": float(np.median(spread.evenness)),
        "clearness": float(np.median([separability(picture) for picture in response])),
    }
    scores = {"score": float(np.prod(list(scores.values()))), **scores}
    return direction.replace(scores={**direction.scores, **scores})


def _clearer_sign(explorer: LatentDirectionExplorer, direction: Direction, latents: Any) -> int:
    """Say on which side object and background differ more in brightness."""
    there, back = both_ways(explorer, direction, latents)
    clear = [
        np.median([separability(picture) for picture in brightness(side)]) for side in (there, back)
    ]
    return 1 if clear[0] >= clear[1] else -1
