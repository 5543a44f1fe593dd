"""What an exploration works with: the curve, the generator, and latents that stand for all."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.curve import PolylineCurve
from skcurve.directions import SegmentDirections
from skcurve.explorer.calibration import Neighbourhood
from skcurve.explorer.direction import Direction, as_directions
from skcurve.explorer.layers import Layers, resolve_layers
from skcurve.explorer.progress import Report, reporting, silent
from skcurve.explorer.readings import AttributeReader, Reader
from skcurve.explorer.runner import Runner, Step
from skcurve.explorer.shifting import in_layers
from skcurve.explorer.spaces import joint_space, space_on
from skcurve.generators import AdaptedGenerator
from skcurve.generators import as_generator as adapt
from skcurve.interop import as_tensor
from skcurve.metrics import outlier_vertices
from skcurve.metrics.inputs import check_count, resolve_curve
from skcurve.randomness import RandomState, as_generator

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

N_REFERENCE = 2048
"""Latents that stand for the distribution."""
N_SCALED = 256
"""Of these, the ones whose outputs are made, for the spread of attributes and of outputs."""
ROUNDING = {torch.float32: 5e-7, torch.float64: 1e-12}
"""Of the largest value: an attribute that differs by less over the distribution is constant."""
SAME_WAY = 0.999
"""The cosine from which on a direction is the way between two vertices."""


class Setting:
    """The state behind `LatentDirectionExplorer`, which documents the parameters.

    All randomness comes from one seed, drawn once: every method gives the same result however
    often it is called, and in whatever order.
    """

    def __init__(
        self,
        curve: Any,
        generator: Any,
        *,
        layers: Layers,
        attributes: Callable[[Any], Any] | None,
        attribute_names: Sequence[str] | None,
        identity: Callable[[Any], Any] | None,
        realism: Callable[[Any], Any] | None,
        distance: Callable[[Any, Any], Any] | None,
        latents: Any,
        batch_size: int,
        random_state: RandomState,
        progress: bool | Report,
    ) -> None:
        self.curve = resolve_curve(curve)
        # Another fit gives an estimator other curves; a copy keeps those of now.
        self.estimator: Any = curve if curve is self.curve else copy.copy(curve)
        batch_size = check_count(batch_size, "batch_size")
        if distance is not None and not callable(distance):
            raise TypeError(
                f"distance must be a function of two batches of outputs; "
                f"got {type(distance).__name__}."
            )
        self.generator = self._adapted(generator, batch_size)
        self.n_layers: int | None = self.generator.n_layers
        self.layers = resolve_layers(layers, self.n_layers)
        readers: dict[str, Reader] = {}
        if attributes is not None:
            readers["attributes"] = AttributeReader(attributes, attribute_names)
        elif attribute_names is not None:
            raise ValueError("attribute_names belong to attributes; got names without attributes.")
        if identity is not None:
            readers["identity"] = Reader(identity, "identity")
        if realism is not None:
            readers["realism"] = Reader(realism, "realism", width=1)
        self.runner = Runner(
            self.generator,
            readers=readers,
            distance=distance,
            batch_size=batch_size,
            like=self.curve.vertices,
        )
        self.progress = progress
        self._tell: Report | None = None
        self._curves: dict[int, PolylineCurve] = {}
        self._marked: dict[int, tuple[PolylineCurve, Flags]] = {}
        self.random_state = random_state
        self.seed = int(as_generator(random_state).integers(2**31))
        self.given = None if latents is None else self.check_latents(latents)
        if self.given is not None and len(self.given) < 2:
            raise ValueError("latents must be at least 2, for they stand for all; got 1.")

    def _adapted(self, generator: Any, batch_size: int) -> AdaptedGenerator:
        """Adapt the generator; one that does not say what it takes takes what the curve has."""
        adapted = adapt(generator, batch_size=batch_size)
        if adapted.latent_shape is None and isinstance(generator, AdaptedGenerator):
            adapted(self.curve.vertices[:1])  # it learns the shape
        elif adapted.latent_shape is None:
            adapted = adapt(generator, batch_size=batch_size, latent_shape=self.curve.n_features)
        shape = adapted.latent_shape
        width = None if shape is None else int(np.prod(shape))
        if width not in (None, self.curve.n_features):
            raise ValueError(
                f"curve has {self.curve.n_features} features, but the generator takes latents of "
                f"{width}."
            )
        return adapted

    def check_latents(self, latents: Any) -> torch.Tensor:
        """Return latents as a finite (n, D) or (n, L, D) tensor, or say what is wrong with them."""
        return self.generator.check_latents(latents)

    @contextmanager
    def reporting(self) -> Iterator[Report]:
        """Give the function to tell progress to; what has to be measured first is told to it, too.

        Work inside other work goes on with the same one.
        """
        if self._tell is not None:
            yield self._tell
            return
        with reporting(self.progress) as self._tell:
            try:
                yield self._tell
            finally:
                self._tell = None

    def step(self, doing: str) -> Step:
        """Give a function of (done, total) that tells of one thing that is done."""
        tell = self._tell or silent
        return lambda done, total: tell(doing, done, total)

    def layers_of(self, direction: Direction | None, layers: Layers) -> list[int] | None:
        """Say which layers: those named now, else the direction's, else the explorer's."""
        if layers is not None:
            return resolve_layers(layers, self.n_layers)
        if direction is not None and direction.layers is not None:
            return resolve_layers(direction.layers, self.n_layers)
        return self.layers

    def directions_of(
        self, directions: Any, layers: Layers = None, *, flag: bool = False
    ) -> list[Direction]:
        """Make a list of directions, each with the layers that it is for, and its space.

        With `flag`, those from a curve are marked where they begin or end at an outlier vertex.
        """
        if directions is None:
            directions = SegmentDirections(self.estimator).fit()
        found = as_directions(directions, n_features=self.curve.n_features)
        marks = None
        if flag and isinstance(getattr(directions, "curve_", None), PolylineCurve):
            marks = self._marks_of(directions.curve_)  # of whatever curve and bitrate it is
        made = []
        for one in found:
            chosen = self.layers_of(one, layers)
            outlier = one.outlier
            if marks is not None and one.ends is not None:
                outlier = bool(marks[list(one.ends)].any())
            space = space_on(self._space_of(one), chosen)
            made.append(one.replace(layers=chosen, space=space, outlier=outlier))
        return made

    def _space_of(self, direction: Direction) -> str:
        """Say in which space a direction is, if it can be in that of the generator."""
        spaces = [self.generator.space, direction.space]
        return joint_space(spaces, what=f"the generator and direction {direction.name!r}")

    def vector_of(self, direction: Any) -> tuple[torch.Tensor, Direction | None]:
        """Give the vector that one unit of strength adds, and what else is known of it."""
        if isinstance(direction, Direction):
            known: Direction | None = direction
            self._space_of(direction)
            vector = torch.from_numpy(np.array(direction.vector))
        elif isinstance(direction, int | np.integer) and not isinstance(direction, bool):
            n_segments = self.curve.n_segments
            if not -n_segments <= direction < n_segments:
                raise IndexError(
                    f"there is no segment {direction} on a curve of {n_segments} segments."
                )
            known = None
            vector = torch.as_tensor(self.curve.directions()[int(direction)])
        elif isinstance(direction, str):
            raise TypeError(
                f"direction must be a Direction, the number of a segment, or a vector of shape "
                f"({self.curve.n_features},); got {direction!r}. (A library gives the Direction "
                "of a name.)"
            )
        else:
            known, vector = None, as_tensor(direction, name="direction")
        if vector.shape != (self.curve.n_features,):
            raise ValueError(
                f"direction must be a Direction, the number of a segment, or a vector of shape "
                f"({self.curve.n_features},); got shape {tuple(vector.shape)}."
            )
        if not bool(torch.isfinite(vector).all()):
            raise ValueError("direction contains NaN or infinity; every entry must be finite.")
        return vector, known

    def random(self, purpose: int) -> np.random.Generator:
        """Give a generator for one purpose, the same one every time."""
        return np.random.default_rng([self.seed, purpose])

    @cached_property
    def reference(self) -> torch.Tensor:
        """Latents that stand for the distribution, (n, D) or (n, L, D)."""
        if self.given is None:
            return self._like(self.generator.sample(N_REFERENCE, self.random(0)))
        order = self.random(0).permutation(len(self.given))[:N_REFERENCE]
        return self.given[torch.from_numpy(order).to(self.given.device)]

    def base(self, latents: Any, n_latents: int) -> torch.Tensor:
        """Give the latents that directions are tried on: those of the user, or some of all."""
        if latents is not None:
            return self.check_latents(latents)
        return self.sample(n_latents, self.random(1), name="n_latents")

    def sample(self, n: int, random: np.random.Generator, name: str = "n") -> torch.Tensor:
        """Draw latents of the distribution: of the user's, or from the generator."""
        n = check_count(n, name)
        if self.given is None:
            return self._like(self.generator.sample(n, random))
        order = random.choice(len(self.given), n, len(self.given) < n)
        return self.given[torch.from_numpy(order).to(self.given.device)]

    def _like(self, latents: Any) -> torch.Tensor:
        """Bring sampled latents to the precision and the device of the curve."""
        vertices = as_tensor(self.curve.vertices, name="vertices")
        return self.check_latents(as_tensor(latents, name="latents").to(vertices))

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """The names of the attributes; the first time, something is measured."""
        self.scale  # noqa: B018 - measures, so that the names are there
        return tuple(self.require_attributes().names)

    def require_attributes(self) -> AttributeReader:
        """Give what measures, or raise if there is nothing."""
        reader = self.runner.readers.get("attributes")
        if not isinstance(reader, AttributeReader):
            raise ValueError(
                "this needs to know what to measure: give the explorer `attributes`, a function "
                "from outputs to numbers."
            )
        return reader

    @cached_property
    def scale(self) -> Numbers:
        """The standard deviation of each attribute over the distribution, (A,).

        0 for one that is constant up to rounding.
        """
        reader = self.require_attributes()
        step = self.step("measuring the distribution")
        found = self.runner.read(self.reference[:N_SCALED], "attributes", step=step)["attributes"]
        spread: Numbers = found.std(0)
        spread[spread < ROUNDING[reader.dtype] * np.abs(found).max(0)] = 0.0
        return spread

    @cached_property
    def spread(self) -> float:
        """How far apart two outputs are that have nothing to do with each other."""
        step = self.step("measuring how outputs differ")
        found = self.runner.spread(self.reference[:N_SCALED], step)
        if not found > 0:
            raise ValueError("all outputs of the generator are alike: there is nothing to explore.")
        return found

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """How isolated latents are, among those that stand for all."""
        return Neighbourhood(self._points)

    @cached_property
    def _points(self) -> Numbers:
        """The reference as points of W, each once, (m, D).

        W+ often has the same point on all layers: a copy is nobody's neighbour.
        """
        latents = self.reference
        rows: Numbers = latents.reshape(-1, latents.shape[-1]).double().cpu().numpy()
        first = np.unique(rows, axis=0, return_index=True)[1]
        return rows[np.sort(first)] if len(first) > 1 else rows[:2]

    def edited_slots(self, latents: torch.Tensor, layers: list[int] | None) -> torch.Tensor:
        """Give what the edited layers hold, as points of W, (m, D)."""
        if latents.ndim == 2:
            return latents
        chosen = latents if layers is None else in_layers(latents, self.n_layers)[:, layers]
        return chosen.reshape(-1, latents.shape[-1])

    @property
    def outlier_vertices(self) -> Flags:
        """The vertices that none of the latents is near, (M,)."""
        return self._marks_of(self.curve)

    def outlier_of(self, direction: Direction) -> bool | None:
        """Say whether a direction begins or ends at an outlier vertex; None where it is not known.

        One that does not know it itself, and names a bitrate of the explorer's estimator, is looked
        up there: if it really goes from the one vertex to the other.
        """
        if direction.outlier is not None or direction.ends is None:
            return direction.outlier
        curve = self._codebook(direction.bitrate)
        if curve is None or not 0 <= min(direction.ends) <= max(direction.ends) < curve.n_vertices:
            return None
        start, end = as_tensor(curve.vertices, name="vertices")[list(direction.ends)].double()
        way = (end - start).cpu().numpy()
        if abs(direction.vector @ way) < SAME_WAY * np.linalg.norm(way):
            return None  # of another curve
        return bool(self._marks_of(curve)[list(direction.ends)].any())

    def _codebook(self, bitrate: int | None) -> PolylineCurve | None:
        """Give the curve of a bitrate, or None if there is none."""
        if bitrate is None or 2**bitrate == self.curve.n_vertices:
            return self.curve
        if bitrate not in getattr(self.estimator, "codebooks_", {}):
            return None
        if bitrate not in self._curves:
            self._curves[bitrate] = PolylineCurve(self.estimator.codebooks_[bitrate])
        return self._curves[bitrate]

    def _marks_of(self, curve: PolylineCurve) -> Flags:
        """Mark the outlier vertices of a curve, (M,); each curve is looked at once."""
        if id(curve) not in self._marked:
            marks = outlier_vertices(curve, torch.from_numpy(self._points))
            self._marked[id(curve)] = curve, np.asarray(marks)
        return self._marked[id(curve)][1]
