"""LatentDirectionExplorer: a curve, a generator, and what each direction does.

The face of the room: it checks, delegates, and documents; what is computed is in the modules
beside it. It is long because it holds the documentation of every verb.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.explorer.calibration import Calibration
from skcurve.explorer.comparison import compared, named_finders
from skcurve.explorer.direction import Direction
from skcurve.explorer.editing import in_layers, shifted
from skcurve.explorer.effects import Effects
from skcurve.explorer.layers import Layers
from skcurve.explorer.measuring import calibrated, measured_effects, purified_direction
from skcurve.explorer.progress import Report, reporting
from skcurve.explorer.setting import Setting
from skcurve.explorer.tables import make_frame
from skcurve.explorer.walk import Walk, interpretation, walk_coordinates
from skcurve.interop import Array, as_tensor, restore
from skcurve.randomness import RandomState

AMOUNT = 0.3
"""The change of the output at which methods are compared, if not said: of that to another one."""


class LatentDirectionExplorer:
    """See what each stretch of a curve is, and what each direction does to what a generator makes.

    1. Walk along the curve (`vertices`, `walk`), and measure what it passes (`interpret`).
    2. Take directions, by default the segments of the curve, and see what they do to other latents
       (`edit`, `traverse`, `combine`).
    3. Make them comparable (`calibrate`), measure them (`effects`, `rank`, `compare`), and take out
       of one what does not belong to it (`purify`).
    4. Name the best, and keep them: `Effects.to_library`, `DirectionLibrary.save`; and show all of
       it on one page (`report`).

    Parameters
    ----------
    curve : PolylineCurve or fitted estimator
        In the space in which the generator is edited. Results are of the library of its vertices:
        numpy for a curve of arrays, tensors for one of tensors.
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
        Latents that stand for the distribution. None to sample them from the generator; of a plain
        function these are standard normal, so give the data of the curve if that is not.
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
        names = [*setting.meter.readers] or ["nothing to measure with"]
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

    # Along the curve

    def vertices(self) -> Array:
        """Make the outputs at the vertices.

        Returns
        -------
        outputs : array of shape (M, ...)
        """
        return self.walk().outputs

    def walk(
        self,
        spacing: float = 1.0,
        *,
        start: float = 0.0,
        stop: float | None = None,
        coordinate: str = "index",
    ) -> Walk:
        """Walk along the curve, and make the outputs on the way.

        Parameters
        ----------
        spacing : float, default=1.0
            From one place to the next, in the coordinate: by index, 1 is from vertex to vertex, and
            0.25 puts three places between two.
        start : float, default=0.0
            Where to begin.
        stop : float or None, default=None
            Where to end, which is part of the walk; None for the end of the curve. Before `start`,
            the walk goes backwards.
        coordinate : "index" or "arclength", default="index"
            What the numbers are: segment and position in it, or distance along the curve.

        Returns
        -------
        walk : Walk
            `coordinate`, as an index, `latents` and `outputs`.

        Raises
        ------
        ValueError
            If a number is outside the curve, or the spacing is not positive.
        """
        setting = self._setting
        index = walk_coordinates(setting.curve, float(spacing), float(start), stop, coordinate)
        latents = as_tensor(setting.curve.evaluate(index), name="latents")
        vertices = setting.curve.vertices
        latents = latents.to(as_tensor(vertices, name="vertices"))
        with reporting(setting.progress) as report:
            outputs = setting.meter.outputs(
                latents, step=lambda done, total: report("walking along the curve", done, total)
            )
        return Walk(index, restore(latents, like=vertices), outputs)

    def interpret(self, *, n_between: int = 4) -> Any:
        """Measure what the curve passes: which stretch of it is which factor.

        Parameters
        ----------
        n_between : int, default=4
            At how many places each segment is measured, its end not counted.

        Returns
        -------
        table : pandas.DataFrame
            A row for each vertex, then one for each segment: `part` and `number`; of a segment its
            `length`; each attribute, at the vertex or on average over the segment; of a segment
            also ``change NAME``, the change of each attribute along it in standard deviations, what
            it `changes` most, by how much (`effect`) and what share of all changes that is
            (`purity`), and the `stretch`, a number that segments in a row share if they change the
            same attribute most. `outlier` marks vertices that no data is near, and segments that
            begin or end at one.

        Raises
        ------
        ImportError
            If pandas is not installed.
        ValueError
            If there are no `attributes`.
        """
        return make_frame(self._interpretation(n_between), caller="interpret")

    def _interpretation(self, n_between: int) -> dict[str, Any]:
        setting = self._setting
        setting.require_attributes()
        if n_between < 1:
            raise ValueError(f"n_between must be at least 1; got {n_between}.")
        index = np.arange(setting.curve.n_segments * n_between + 1) / n_between
        latents = as_tensor(setting.curve.evaluate(index), name="latents")
        latents = latents.to(as_tensor(setting.curve.vertices, name="vertices"))
        with reporting(setting.progress) as report:
            found = setting.meter.read(
                latents,
                "attributes",
                step=lambda done, total: report("measuring the curve", done, total),
            )
        return interpretation(
            found["attributes"],
            names=setting.attribute_names,
            scale=setting.scale,
            lengths=as_tensor(setting.curve.lengths, name="lengths").cpu().double().numpy(),
            outlier=setting.outlier_vertices,
            n_between=n_between,
        )

    # Edits

    def edit(
        self, latents: Any, direction: Any, strength: float = 1.0, layers: Layers = None
    ) -> Array:
        """Move latents along a direction.

        Parameters
        ----------
        latents : array-like of shape (n, D) or (n, L, D)
            What to edit; it is left as it is.
        direction : Direction, int or array-like of shape (D,)
            A `Direction` and the number of a segment give a unit vector; an array is added as it
            is, times the strength.
        strength : float, default=1.0
            How much of it; negative to go the other way.
        layers : optional
            The layers that change; None for those of the direction, or else of the explorer. See
            `LatentDirectionExplorer`.

        Returns
        -------
        edited : array
            (n, D) if `latents` are and all layers change, else (n, L, D); the other layers hold
            what they held. numpy for arrays, a tensor on the same device for a tensor.

        Raises
        ------
        TypeError, ValueError, IndexError
            If an argument is none of these.
        """
        return self.combine(latents, [(direction, strength, layers)])

    def combine(self, latents: Any, edits: Sequence[Any]) -> Array:
        """Make several edits at once, each on its own layers.

        Parameters
        ----------
        latents : array-like of shape (n, D) or (n, L, D)
            What to edit.
        edits : sequence of (direction, strength) or (direction, strength, layers)
            See `edit`. A `Direction` alone is taken at its own strength.

        Returns
        -------
        edited : array
            As of `edit`.
        """
        setting = self._setting
        edited = setting.check_latents(latents)
        like = latents if isinstance(latents, torch.Tensor) else np.empty(0)
        resolved = [self._resolve(number, edit) for number, edit in enumerate(edits)]
        if any(layers is not None for _, _, layers in resolved):
            edited = in_layers(edited, setting.n_layers)
        for vector, strength, layers in resolved:
            edited = shifted(edited, vector, strength, layers, setting.n_layers)
        return restore(edited.clone() if not resolved else edited, like=like)

    def _resolve(
        self, number: int, edit: Any
    ) -> tuple[torch.Tensor, float, tuple[int, ...] | None]:
        if isinstance(edit, Direction):
            edit = (edit, edit.strength)
        if not isinstance(edit, tuple | list) or len(edit) not in (2, 3):
            raise ValueError(
                "edits must be (direction, strength) or (direction, strength, layers); "
                f"edit {number} is {edit!r}."
            )
        direction, strength, layers = (*edit, None)[:3]
        vector, known = self._setting.vector_of(direction)
        if not np.isfinite(strength):
            raise ValueError(f"strength must be a finite number; got {strength}.")
        return vector, float(strength), self._setting.layers_of(known, layers)

    def traverse(
        self,
        latents: Any,
        direction: Any,
        strengths: Any = None,
        layers: Layers = None,
    ) -> Array:
        """Make the outputs of latents at several strengths of a direction.

        Parameters
        ----------
        latents : array-like of shape (n, D) or (n, L, D)
            Where to begin.
        direction : Direction, int or array-like of shape (D,)
            See `edit`.
        strengths : array-like of shape (S,), default=None
            How much of it. None for seven, from end to end of the `strength_range` of a
            `Direction`, or else from minus to plus its `strength`, which is 1 for an array and the
            length of a segment.
        layers : optional
            See `edit`.

        Returns
        -------
        outputs : array of shape (n, S, ...)
            The grid: a row a latent, a column a strength.
        """
        setting = self._setting
        start = setting.check_latents(latents)
        like = latents if isinstance(latents, torch.Tensor) else np.empty(0)
        vector, known = setting.vector_of(direction)
        chosen = setting.layers_of(known, layers)
        steps = self._strengths(direction, known) if strengths is None else strengths
        steps = as_tensor(steps, name="strengths").cpu().double().numpy()
        if steps.ndim != 1 or not len(steps) or not np.isfinite(steps).all():
            raise ValueError(
                f"strengths must be a list of finite numbers; got shape {steps.shape}."
            )
        moved = [shifted(start, vector, float(step), chosen, setting.n_layers) for step in steps]
        rows = torch.stack(moved, dim=1).flatten(0, 1)
        with reporting(setting.progress) as report:
            outputs = setting.meter.outputs(
                rows,
                like=like,
                step=lambda done, total: report("traversing", done, total),
            )
        return outputs.reshape(len(start), len(steps), *outputs.shape[1:])

    def _strengths(self, direction: Any, known: Direction | None) -> npt.NDArray[np.float64]:
        if known is not None and known.strength_range is not None:
            return np.linspace(*known.strength_range, 7)
        size = 1.0
        if known is not None:
            size = known.strength
        elif isinstance(direction, int | np.integer):
            size = float(self._setting.curve.lengths[int(direction)])
        return np.linspace(-size, size, 7)

    # Measured directions

    def calibrate(
        self,
        directions: Any = None,
        *,
        amount: float = AMOUNT,
        layers: Layers = None,
        latents: Any = None,
        n_latents: int = 16,
    ) -> Calibration:
        """Find how far to go along directions: for equal changes, and inside the distribution.

        The change of the output is its mean `distance` from that of the unmoved latent, both ways,
        in units of the mean distance of two outputs that have nothing to do with each other. The
        range is that in which the median edited latent is no more isolated than 95% of the
        distribution, by the distance to the nearest; or, with `realism`, in which the median output
        is more real than the least real 5%. It is looked for as far as eight strengths.

        Parameters
        ----------
        directions : default=None
            A fitted finder, a library, `Direction` objects, or an array (k, D), of which the
            lengths of rows are the natural strengths; None for the segments of the curve.
        amount : float, default=0.3
            The change that is wanted.
        layers : optional
            See `edit`.
        latents : array-like, default=None
            What to try them on; None for `n_latents` of the distribution.
        n_latents : int, default=16
            How many.

        Returns
        -------
        calibration : Calibration
            `strengths`, `ranges`, `changes`, `reached`.
        """
        chosen = self._setting.directions_of(directions, layers)
        base = self._setting.base(latents, n_latents)
        with reporting(self._setting.progress) as report:
            return calibrated(self._setting, chosen, base, amount, report)

    def effects(
        self,
        directions: Any = None,
        *,
        amount: float | None = None,
        layers: Layers = None,
        latents: Any = None,
        n_latents: int = 32,
        n_steps: int = 5,
    ) -> Effects:
        """Measure what directions do to each attribute, and how purely.

        Parameters
        ----------
        directions : default=None
            See `calibrate`.
        amount : float or None, default=None
            The change of the output to measure at, by `calibrate`; None for each direction's own
            strength.
        layers : optional
            See `edit`.
        latents : array-like, default=None
            What to try them on; None for `n_latents` of the distribution.
        n_latents : int, default=32
            How many.
        n_steps : int, default=5
            Strengths from minus to plus the full one.

        Returns
        -------
        effects : Effects
            Of each direction, the standardised effect on each attribute, purity, consistency,
            monotonicity, linearity, identity preservation, and flags: entangled directions, weak
            ones, and those that begin or end at an outlier vertex. `Effects.to_frame` makes a
            table of it.

        Raises
        ------
        ValueError
            If there are no `attributes`, or an argument is wrong.
        """
        setting = self._setting
        setting.require_attributes()
        chosen = setting.directions_of(directions, layers)
        base = setting.base(latents, n_latents)
        with reporting(setting.progress) as report:
            if amount is not None:
                few = base[: max(16, n_latents // 2)]
                found = calibrated(setting, chosen, few, amount, report)
                chosen = [
                    one.replace(strength=strength, strength_range=tuple(span))
                    for one, strength, span in zip(
                        chosen, found.strengths, found.ranges, strict=True
                    )
                ]
            return measured_effects(setting, chosen, base, n_steps, report)

    def rank(
        self,
        directions: Any = None,
        *,
        by: str = "score",
        per_attribute: int | None = None,
        **settings: Any,
    ) -> Effects:
        """Measure directions, and put the best first.

        Parameters
        ----------
        directions : default=None
            See `calibrate`.
        by : str, default="score"
            "score" (purity times consistency times effect), "purity", "effect", "consistency",
            "monotonicity", "linearity", "identity", or the name of an attribute.
        per_attribute : int or None, default=None
            Keep only so many of those that change the same attribute most.
        **settings
            See `effects`.

        Returns
        -------
        effects : Effects
            In this order.
        """
        return self.effects(directions, **settings).rank(by, per_attribute=per_attribute)

    def purify(
        self,
        direction: Any,
        *,
        keep: Any = None,
        remove: Any = None,
        layers: Layers = None,
        latents: Any = None,
        n_latents: int = 32,
    ) -> Direction:
        """Take a direction's leakage onto other attributes out of it.

        Gives the nearest direction whose measured effect, at full strength, is what it was on the
        attributes to keep and zero on those to remove.

        Parameters
        ----------
        direction : Direction or array-like of shape (D,)
            What to purify; an array at its length as full strength.
        keep : str, int or list of these, default=None
            Attributes whose effect stays. None for the one that changes most, unless that is to be
            removed.
        remove : str, int or list of these, default=None
            Attributes whose effect goes. None for all but those to keep.
        layers, latents, n_latents : optional
            See `effects`.

        Returns
        -------
        purified : Direction
            At a strength of the same effect. What it is worth, `effects` says.

        Raises
        ------
        ValueError
            If there is no such attribute, one is both to keep and to remove, or without the removed
            effects nothing is left.
        """
        setting = self._setting
        setting.require_attributes()
        (one,) = setting.directions_of(
            [direction]
            if isinstance(direction, Direction)
            else np.atleast_2d(as_tensor(direction, name="direction").cpu()),
            layers,
        )
        base = setting.base(latents, n_latents)
        names = setting.attribute_names
        removed = None if remove is None else attribute_numbers(remove, names, "remove")
        if keep is None:
            main = int(measured_effects(setting, [one], base, 3, _silent).main[0])
            kept = [] if removed is not None and main in removed else [main]
        else:
            kept = attribute_numbers(keep, names, "keep")
        if removed is None:
            removed = [number for number in range(len(names)) if number not in kept]
        if both := [names[number] for number in kept if number in removed]:
            raise ValueError(f"{', '.join(both)} cannot be both kept and removed.")
        with reporting(setting.progress) as report:
            return purified_direction(setting, one, kept, removed, base, report)

    def compare(
        self,
        finders: Any,
        *,
        layer_ranges: Sequence[Layers] | None = None,
        amount: float = AMOUNT,
        latents: Any = None,
        n_latents: int = 32,
        n_steps: int = 5,
    ) -> Any:
        """Compare ways to find directions: on the same latents, at equal change of the output.

        Parameters
        ----------
        finders : dict of str to finder, or list of finders
            Fitted ones are used as they are; of others, a copy is fitted to the generator, with the
            explorer's randomness where their `random_state` is None. Libraries and arrays are
            directions already.
        layer_ranges : list of layers, default=None
            Each method is tried on each of them; None for the layers of the explorer. See `edit`.
        amount, latents, n_latents, n_steps : optional
            See `effects`.

        Returns
        -------
        table : pandas.DataFrame
            A row for each method and layer range, and for the best of several ranges. `attributes
            found` counts those that have a direction of purity at least 0.5 and effect at least 0.5
            standard deviations, and `which` names them; `best purity` is the mean over attributes
            of the purest direction; the medians are over directions; `entangled` and `reached` are
            the shares of directions that are, and that change the output by the amount at all.

        Raises
        ------
        ImportError
            If pandas is not installed.
        ValueError
            If there are no `attributes`, or an argument is wrong.
        """
        rows = self._comparison(finders, layer_ranges, amount, latents, n_latents, n_steps)
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        return make_frame(columns, caller="compare").set_index(["method", "layers"])

    def _comparison(
        self,
        finders: Any,
        layer_ranges: Sequence[Layers] | None,
        amount: float,
        latents: Any,
        n_latents: int,
        n_steps: int,
    ) -> list[dict[str, Any]]:
        setting = self._setting
        setting.require_attributes()
        ranges = [None] if layer_ranges is None else list(layer_ranges)
        for layers in ranges:
            setting.layers_of(None, layers)
        base = setting.base(latents, n_latents)
        with reporting(setting.progress) as report:
            named = named_finders(finders)
            return compared(setting, named, ranges, base, amount, n_steps, report)


def attribute_numbers(chosen: Any, names: Sequence[str], argument: str) -> list[int]:
    """Give the numbers of attributes that are named, or numbered.

    Parameters
    ----------
    chosen : str, int or list of these
        Which.
    names : sequence of str
        All of them.
    argument : str
        What to call it in an error message.
    """
    listed = [chosen] if isinstance(chosen, str | int | np.integer) else list(chosen)
    numbers = []
    for one in listed:
        if isinstance(one, str) and one in names:
            numbers.append(list(names).index(one))
        elif not isinstance(one, str) and 0 <= int(one) < len(names):
            numbers.append(int(one))
        else:
            raise ValueError(
                f"{argument} must name attributes, out of {', '.join(names)}; got {one!r}."
            )
    return numbers


def _silent(doing: str, done: int, total: int) -> None:
    """Too short for progress."""
