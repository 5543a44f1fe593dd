"""Which direction changes the background and leaves the object: found without labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skcurve import LatentDirectionExplorer
from skcurve.directions import PCADirections
from skcurve.explorer import Direction
from skcurve.explorer.layers import Layers, name_layers
from skcurve.explorer.tables import make_frame
from skcurve.interop import as_tensor
from skcurve.notices import warn
from skcurve.saliency.cleaning import separability
from skcurve.saliency.images import as_images
from skcurve.saliency.response import brightness, spread_of

AMOUNT = 0.5
"""The change of the image at which candidates are compared, if not said."""
MOST_COMPONENTS = 16
LEAST_SHARE, LEAST_EVENNESS = 0.64, 0.8
"""What convinces: the border changes 1.8 times as much as the centre, and all of it alike."""
N_RANGES = 4


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
        Whether it changes the border at least 1.8 times as much as the centre (`share` at least
        0.64), and all of the border alike (`evenness` at least 0.8).
    found_by : str
        Which of the finders it is from.
    candidates : tuple of Direction
        All of them, the best first, as they came from their finders, with their `scores`.
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
        for name in ("score", "share", "evenness"):
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
    change the images by the same amount, and then, for each of `n_latents`, the images at plus and
    minus its strength are compared:

    - *share*: with the mean absolute change e of the pixels of the border (the frame, an eighth of
      the sides wide) and c of those of the centre (three eighths of the sides),
      :math:`e / (e + c)`;
    - *evenness*: of the changes of the border, the squared mean over the mean square. What moves an
      object across the border changes it unevenly.

    The score of a direction is the product of the medians of both over the latents.

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
        and where these are all of several layers (W+), each quarter of them too: a direction that
        changes several things often changes the background alone on some layers.
    amount : float, default=0.5
        The change of the image at which candidates are compared, in units of the mean distance
        between two images; see `LatentDirectionExplorer.calibrate`.
    latents : array-like of shape (n, D) or (n, L, D), default=None
        What to try them on; None for `n_latents` of the distribution.
    n_latents : int, default=32
        How many. The calibration uses half of them.

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
    base = explorer.sample(n_latents, 0) if latents is None else latents
    as_images(explorer.generator(base[:2]), name="the outputs of the generator")
    ranges = _quarters(explorer.n_layers) if layer_ranges is None else list(layer_ranges)
    if finders is None:
        n_components = min(MOST_COMPONENTS, explorer.curve.n_features)
        finders = {"segments": explorer.directions(), "components": PCADirections(n_components)}
    ranked: list[tuple[str, Direction]] = []
    half = base[: max(8, len(base) // 2)]
    for name, found in explorer.find(finders).items():
        for layers in ranges:
            directions = [one if layers is None else one.replace(layers=layers) for one in found]
            calibration = explorer.calibrate(directions, amount=amount, latents=half)
            ranked += [
                (name, _scored(explorer, one, base)) for one in calibration.apply(directions)
            ]
    ranked.sort(key=lambda pair: -pair[1].scores["score"])
    found_by, best = ranked[0]
    sign = _clearer_sign(explorer, best, base)
    scores = best.scores
    convincing = scores["share"] >= LEAST_SHARE and scores["evenness"] >= LEAST_EVENNESS
    if not convincing:
        warn(
            f"no candidate is a convincing direction of the background: the best of {len(ranked)}, "
            f"{best.name!r} of {found_by}, has share {scores['share']:.3g} (at least {LEAST_SHARE} "
            f"is expected) and evenness {scores['evenness']:.3g} (at least {LEAST_EVENNESS}). Try "
            "other finders, or layer_ranges.",
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


def _quarters(n_layers: int | None) -> list[Layers]:
    """Give no range, which is all layers; then each quarter of them, where there are such."""
    if n_layers is None:
        return [None]
    parts = np.array_split(np.arange(n_layers), min(N_RANGES, n_layers))
    return [None, *([int(layer) for layer in part] for part in parts)]


def both_ways(explorer: LatentDirectionExplorer, direction: Direction, latents: Any) -> Any:
    """Make the images of latents moved by plus and by minus the strength of a direction.

    Parameters
    ----------
    explorer : LatentDirectionExplorer
        Of a generator of images.
    direction : Direction
        Which, at which strength, on which layers.
    latents : array-like of shape (n, D) or (n, L, D)
        Where to begin.

    Returns
    -------
    there, back : (n, C, H, W) tensor
    """
    strengths = [direction.strength, -direction.strength]
    outputs = as_tensor(explorer.traverse(latents, direction, strengths), name="outputs")
    return tuple(
        as_images(outputs[:, number], name="the outputs of the generator") for number in (0, 1)
    )


def _scored(explorer: LatentDirectionExplorer, direction: Direction, latents: Any) -> Direction:
    spread = spread_of(*both_ways(explorer, direction, latents))
    share, evenness = float(np.median(spread.share)), float(np.median(spread.evenness))
    scores = {"score": share * evenness, "share": share, "evenness": evenness}
    return direction.replace(scores={**direction.scores, **scores})


def _clearer_sign(explorer: LatentDirectionExplorer, direction: Direction, latents: Any) -> int:
    """Say on which side object and background differ more in brightness."""
    there, back = both_ways(explorer, direction, latents)
    clear = [
        np.median([separability(picture) for picture in brightness(side)]) for side in (there, back)
    ]
    return 1 if clear[0] >= clear[1] else -1
