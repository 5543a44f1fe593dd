"""What an exploration works with: the curve, the generator, and latents that stand for all."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.directions import SegmentDirections
from skcurve.explorer.calibration import Neighbourhood
from skcurve.explorer.direction import Direction, as_directions
from skcurve.explorer.editing import in_layers
from skcurve.explorer.layers import Layers, resolve_layers
from skcurve.explorer.meter import Meter
from skcurve.explorer.progress import Report
from skcurve.explorer.readings import AttributeReader, Reader
from skcurve.generators import AdaptedGenerator
from skcurve.generators import as_generator as adapt
from skcurve.generators.latents import check_latents
from skcurve.interop import as_tensor
from skcurve.metrics import outlier_vertices
from skcurve.metrics.inputs import resolve_curve
from skcurve.randomness import RandomState, as_generator

Numbers = npt.NDArray[np.float64]

N_REFERENCE = 2048
"""Latents that stand for the distribution."""
N_SCALED = 256
"""Of these, the ones whose outputs are made, for the spread of attributes and of outputs."""


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
        self.estimator = curve
        self.curve = resolve_curve(curve)
        if operator.index(batch_size) < 1:
            raise ValueError(f"batch_size must be at least 1; got {batch_size}.")
        if distance is not None and not callable(distance):
            raise TypeError(
                f"distance must be a function of two batches of outputs; "
                f"got {type(distance).__name__}."
            )
        self.generator = self._adapted(generator, operator.index(batch_size))
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
        self.meter = Meter(
            self.generator,
            readers=readers,
            distance=distance,
            batch_size=operator.index(batch_size),
            like=self.curve.vertices,
        )
        self.progress = progress
        self.seed = int(as_generator(random_state).integers(2**31))
        self.given = None if latents is None else self.check_latents(latents)

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
        return check_latents(latents, (self.curve.n_features,), self.n_layers)

    def layers_of(self, direction: Direction | None, layers: Layers) -> tuple[int, ...] | None:
        """Say which layers: those named now, else the direction's, else the explorer's."""
        if layers is not None:
            return resolve_layers(layers, self.n_layers)
        if direction is not None and direction.layers is not None:
            return resolve_layers(list(direction.layers), self.n_layers)
        return self.layers

    def directions_of(self, directions: Any, layers: Layers = None) -> list[Direction]:
        """Make a list of directions, each with the layers that it is for."""
        if directions is None:
            directions = SegmentDirections(self.estimator).fit()
        found = as_directions(directions, n_features=self.curve.n_features)
        return [one.replace(layers=self.layers_of(one, layers)) for one in found]

    def vector_of(self, direction: Any) -> tuple[torch.Tensor, Direction | None]:
        """Give the vector that one unit of strength adds, and what else is known of it."""
        if isinstance(direction, Direction):
            known: Direction | None = direction
            vector = torch.from_numpy(np.array(direction.vector))
        elif isinstance(direction, int | np.integer) and not isinstance(direction, bool):
            n_segments = self.curve.n_segments
            if not -n_segments <= direction < n_segments:
                raise IndexError(
                    f"there is no segment {direction} on a curve of {n_segments} segments."
                )
            known = None
            vector = torch.as_tensor(self.curve.directions()[int(direction)])
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
        if operator.index(n_latents) < 1:
            raise ValueError(f"n_latents must be at least 1; got {n_latents}.")
        if self.given is None:
            return self._like(self.generator.sample(n_latents, self.random(1)))
        order = self.random(1).choice(len(self.given), n_latents, len(self.given) < n_latents)
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
        reader = self.meter.readers.get("attributes")
        if not isinstance(reader, AttributeReader):
            raise ValueError(
                "this needs to know what to measure: give the explorer `attributes`, a function "
                "from outputs to numbers."
            )
        return reader

    @cached_property
    def scale(self) -> Numbers:
        """The standard deviation of each attribute over the distribution, (A,)."""
        self.require_attributes()
        found = self.meter.read(self.reference[:N_SCALED], "attributes")["attributes"]
        spread: Numbers = found.std(0)
        return spread

    @cached_property
    def spread(self) -> float:
        """How far apart two outputs are that have nothing to do with each other."""
        found = self.meter.spread(self.reference[:N_SCALED])
        if not found > 0:
            raise ValueError("all outputs of the generator are alike: there is nothing to explore.")
        return found

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """How isolated latents are, among those that stand for all."""
        return Neighbourhood(self._flat(self.reference))

    def _flat(self, latents: torch.Tensor) -> Numbers:
        rows: Numbers = latents.reshape(-1, latents.shape[-1]).double().cpu().numpy()
        return rows

    def edited_slots(self, latents: torch.Tensor, layers: tuple[int, ...] | None) -> torch.Tensor:
        """Give what the edited layers hold, as points of W, (m, D)."""
        if latents.ndim == 2:
            return latents
        chosen = latents if layers is None else in_layers(latents, self.n_layers)[:, list(layers)]
        return chosen.reshape(-1, latents.shape[-1])

    @cached_property
    def outlier_vertices(self) -> npt.NDArray[np.bool_]:
        """The vertices that none of the latents is near, (M,)."""
        marks = outlier_vertices(self.curve, torch.from_numpy(self._flat(self.reference)))
        return np.asarray(marks)
