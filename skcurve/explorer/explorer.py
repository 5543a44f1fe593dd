"""LatentDirectionExplorer: a curve, a generator, and what each direction does.

The face of the room. Its verbs are documented where they are: along the curve in `verbs_along`, to
latents in `verbs_edit`, about directions in `verbs_measure`, to people in `verbs_show`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from skcurve.explorer.direction import Direction
from skcurve.explorer.effects import Effects
from skcurve.explorer.layers import Layers, listed_ranges
from skcurve.explorer.progress import Report
from skcurve.explorer.report import Content, write_report
from skcurve.explorer.setting import Setting
from skcurve.explorer.verbs_along import AlongCurve
from skcurve.explorer.verbs_edit import Edits
from skcurve.explorer.verbs_measure import AMOUNT, Measurements
from skcurve.explorer.verbs_show import Showing
from skcurve.randomness import RandomState


class LatentDirectionExplorer(AlongCurve, Edits, Measurements, Showing):
    """See what each stretch of a curve is, and what each direction does to what a generator makes.

    1. Walk along the curve (`vertices`, `walk`), and measure what it passes (`interpret`).
    2. Take directions, by default the segments of the curve, and see what they do to other latents
       (`edit`, `traverse`, `combine`).
    3. Make them comparable (`calibrate`), measure them (`effects`, `rank`, `compare`), and take out
       of one what does not belong to it (`purify`).
    4. Name the best, and keep them: `Effects.to_library`, `DirectionLibrary.save`; and show all of
       it on one page (`report`), or do all of this in the browser (`app`).

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        In the space in which the generator is edited. Results are of the library of its vertices:
        numpy for a curve of arrays, tensors for one of tensors. Of an estimator that is fitted
        again later, the explorer keeps the curve that it was given.
    generator : callable
        From latents (n, D), or (n, L, D) where there is a W+, to outputs (n, ...); anything that
        `skcurve.generators.as_generator` takes.
    layers : None, int, slice, range, (first, last) or list of int, default=None
        The W+ layers that edits change if nothing else is said: None for all; a tuple is a first
        and a last layer, both included.
    attributes : callable, default=None
        What to measure: from outputs (n, ...) to (n, A) numbers or a frame, each output by itself.
        A `torch.nn.Module` is given tensors.
    attribute_names : sequence of str, default=None
        One an attribute. None for the `names` of the function, or the columns of its frame.
    identity : callable, default=None
        From outputs to embeddings (n, E) that edits should not turn, such as those of a face
        recogniser.
    realism : callable, default=None
        From outputs to (n,) scores that are larger the more real an output is, such as those of a
        discriminator. It then decides how far an edit stays inside the distribution. Without it,
        distances between latents do, which is cheap and blind to holes in the middle of them.
    distance : callable, default=None
        Of two batches of outputs, how far each is from its counterpart, (n,). None for the root
        mean square of the difference.
    latents : array-like of shape (n, D) or (n, L, D), default=None
        Latents that stand for the distribution, two at least. None to sample them from the
        generator; of a plain function these are standard normal, so give the data of the curve if
        that is not.
    batch_size : int, default=64
        How many outputs are made at a time.
    random_state : int, RandomState, Generator or None, default=None
        Where the randomness comes from. It is drawn from once, here; after that every method gives
        the same result however often and in whatever order it is called.
    progress : bool or callable, default=False
        Whether to show progress on stderr; or a function to tell it to: (doing, done, total).

    Raises
    ------
    TypeError, ValueError, sklearn.exceptions.NotFittedError
        If an argument is not what is said above, or they do not fit each other.

    Notes
    -----
    Whatever was measured is remembered by its latents. If the generator, or a function that
    measures, raises on one batch, the error passes through with a note of which rows it was;
    everything complete before is kept, and the same call made again goes on from there.

    References
    ----------
    .. [1] M. H. Vali and T. Bäckström, "Unsupervised panoptic interpretation of latent spaces in
       GANs using space-filling vector quantization", TMLR 2025 (arXiv 2410.20573).

    Examples
    --------
    A "generator" of two numbers, of which the first depends on the first latent alone:

    >>> import numpy as np
    >>> from skcurve import LatentDirectionExplorer, PolylineCurve
    >>> def generator(latents):
    ...     return np.stack([latents[:, 0], latents[:, 0] + latents[:, 1]], axis=1)
    >>> curve = PolylineCurve([[-1.0, 0.0], [1.0, 0.0], [1.0, 2.0]])
    >>> explorer = LatentDirectionExplorer(
    ...     curve,
    ...     generator,
    ...     attributes=lambda outputs: outputs,
    ...     attribute_names=["first", "sum"],
    ...     random_state=0,
    ... )
    >>> effects = explorer.effects()
    >>> effects.purity.round(2), effects.entangled
    (array([0.59, 1.  ]), array([ True, False]))
    >>> explorer.edit([[5.0, 5.0]], 1, strength=2.0)
    array([[5., 7.]])
    """

    def __init__(
        self,
        curve: Any,
        generator: Any,
        *,
        layers: Layers = None,
        attributes: Callable[[Any], Any] | None = None,
        attribute_names: Sequence[str] | None = None,
        identity: Callable[[Any], Any] | None = None,
        realism: Callable[[Any], Any] | None = None,
        distance: Callable[[Any, Any], Any] | None = None,
        latents: Any = None,
        batch_size: int = 64,
        random_state: RandomState = None,
        progress: bool | Report = False,
    ) -> None:
        self._setting = Setting(
            curve,
            generator,
            layers=layers,
            attributes=attributes,
            attribute_names=attribute_names,
            identity=identity,
            realism=realism,
            distance=distance,
            latents=latents,
            batch_size=batch_size,
            random_state=random_state,
            progress=progress,
        )

    def __repr__(self) -> str:
        setting = self._setting
        names = [*setting.runner.readers] or ["nothing to measure with"]
        return f"LatentDirectionExplorer({setting.curve}, {setting.generator}, {', '.join(names)})"

    @property
    def curve(self) -> Any:
        """The curve."""
        return self._setting.curve

    @property
    def generator(self) -> Any:
        """The generator, adapted."""
        return self._setting.generator

    @property
    def n_layers(self) -> int | None:
        """How many W+ layers there are; None if there is no W+."""
        return self._setting.n_layers

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """What is measured, by name; where only measuring tells, something is measured."""
        with self._setting.reporting():
            return self._setting.attribute_names

    def directions(self, *, layers: Layers = None) -> list[Direction]:
        """Give the segments of the curve as directions.

        Parameters
        ----------
        layers : optional
            The layers that they are for; None for those of the explorer.

        Returns
        -------
        directions : list of Direction
            Without segments that have no length. Chords, other bitrates and other methods are in
            `skcurve.directions`.
        """
        return self._setting.directions_of(None, layers)

    def report(
        self,
        path: str | os.PathLike[str],
        directions: Any = None,
        *,
        layer_ranges: Sequence[Layers] | None = None,
        finders: Any = None,
        amount: float = AMOUNT,
        n_top: int = 12,
        per_attribute: int | None = 2,
        n_rows: int = 3,
        title: str = "Directions of a latent space",
        image: Callable[[Any], Any] | None = None,
        latents: Any = None,
        n_latents: int = 32,
    ) -> Path:
        """Write one page with all of it: to look at, and to send to somebody.

        It has the walk along the curve, the table of what each segment changes, the best directions
        as strips, and, with `finders`, the comparison. It is one HTML file with its pictures in it,
        that needs neither the network nor scripts.

        Parameters
        ----------
        path : path-like
            The file; one that is there is replaced once the page is complete.
        directions : default=None
            What to rank, see `calibrate`; or `Effects` measured already, to show in their order.
        layer_ranges : list of layers, default=None
            The layers on which directions are tried; None for those of the explorer.
        finders : default=None
            See `compare`; None for no comparison.
        amount : float, default=0.3
            The change of the output at which directions are measured.
        n_top : int, default=12
            Directions to show.
        per_attribute : int or None, default=2
            Most that are shown of those that change the same attribute.
        n_rows : int, default=3
            Latents that each is shown on.
        title : str
            The heading.
        image : callable, default=None
            From outputs to pictures, if the outputs are not: (n, C, H, W), (n, H, W, C), (n, H, W),
            or (n, F) for rows of fields. Without negative numbers these are from 0 to 1 or to 255,
            with such from -1 to 1.
        latents, n_latents : optional
            See `effects`.

        Returns
        -------
        path : Path
            The file.

        Raises
        ------
        ValueError
            If the outputs are no pictures, or an argument is wrong.
        OSError
            If the file cannot be written.

        Notes
        -----
        Without `attributes`, nothing can be measured: the page then has the walk, and the first
        directions at equal change.
        """
        setting = self._setting
        if n_top < 1 or n_rows < 1:
            raise ValueError(f"n_top and n_rows must be at least 1; got {n_top} and {n_rows}.")
        if not Path(path).absolute().parent.is_dir():  # said now, and not after minutes of work
            raise FileNotFoundError(f"path must be in a folder that is there; got {str(path)!r}.")
        has_attributes = "attributes" in setting.runner.readers
        if finders is not None:
            setting.require_attributes()
        base = setting.base(latents, n_latents)
        ranges = listed_ranges(layer_ranges)
        with setting.reporting() as report:
            vertices = self.vertices()
            interpretation = self._interpretation(4) if has_attributes else None
            effects, shown = None, list[Direction]()
            if isinstance(directions, Effects):
                effects = directions.take(slice(n_top)).turned()
            elif has_attributes:
                effects = self.effects_over(directions, ranges, amount=amount, latents=base)
                effects = effects.rank(per_attribute=per_attribute).take(slice(n_top)).turned()
            else:
                shown = setting.directions_of(directions, ranges[0])[:n_top]
                shown = self.calibrate(shown, amount=amount, latents=base).apply(shown)
            comparison = None
            if finders is not None:
                comparison = self._comparison(finders, layer_ranges, amount, base, n_latents, 5)
            content = Content(
                title,
                vertices,
                interpretation,
                effects,
                shown if effects is None else effects.directions,
                comparison,
            )
            return write_report(path, content, setting, base[:n_rows], image, report)
