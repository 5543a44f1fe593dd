"""What the page computes: pictures, profiles, effects. It knows of no browser and of no visitor."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from skcurve.app.edits import Choice, Edit, Limits
from skcurve.app.origin import Origin
from skcurve.augmenter.augmenter import CurveAugmenter
from skcurve.directions import PCADirections, SegmentDirections
from skcurve.explorer import Direction, Effects
from skcurve.explorer.direction import as_directions
from skcurve.explorer.pictures import Pixels, as_pixels, guess_range
from skcurve.interop import as_tensor

T = TypeVar("T")
Opened = Mapping[str, Direction]

NOTHING: Opened = {}

N_THUMBNAILS = 16
N_SHOWN = 4
"""Latents that a direction is shown on."""
N_MEASURED = 16
"""And those that it is measured on, of which the shown ones are the first."""
N_TO_GUESS = 4
"""Vertices of which is guessed what is black and white."""
N_COMPONENTS = 16
N_COMPONENT_LATENTS = 10_000
N_SUPPORT_LATENTS = 4096
"""Those that say where the distribution is, and how wide it lies about the curve."""
STRENGTHS = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""The columns of a strip, in parts of the strength."""
MOST_REMEMBERED = 256
MOST_BYTES_REMEMBERED = 256 * 2**20
"""Of pictures: one strip of a generator of 1024 pixels has 60 MiB."""
QUICK_SECONDS = 20.0
"""A profile that takes longer is measured when somebody asks for it."""
N_PROFILE_LATENTS = 600
"""About so many outputs are measured besides those on the curve, to know the spread of each."""


class Stretch(NamedTuple):
    """Neighbouring segments that change the same attribute most.

    Attributes
    ----------
    first, last : int
        The vertices it goes from and to.
    attribute : int
        Which attribute.
    purity : float
        Its share in all changes, the mean over the segments.
    """

    first: int
    last: int
    attribute: int
    purity: float


@dataclass(frozen=True)
class Profile:
    """The attributes along the curve.

    Attributes
    ----------
    names : tuple of str
        The attributes.
    places : (m,) array
        Index coordinates: each vertex, and the middle of each segment.
    values : (m, A) array
        At the vertices; in the middle, the means over the segment.
    stretches : tuple of Stretch
        From the first vertex to the last.
    """

    names: tuple[str, ...]
    places: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    stretches: tuple[Stretch, ...]


class Strip(NamedTuple):
    """A direction tried on latents.

    Attributes
    ----------
    pixels : uint8 array of shape (rows, columns, H, W) or (rows, columns, H, W, 3)
        A row a latent, a column a strength.
    strengths : (columns,) array
        Along the unit vector of the direction.
    """

    pixels: Pixels
    strengths: npt.NDArray[np.float64]


class Studio:
    """The explorer as the page uses it.

    Parameters
    ----------
    explorer : LatentDirectionExplorer
        A curve, a generator, and what to measure.
    title : str
        The heading of the page.
    origin : Origin or None
        How the explorer was made, for programs that do the same; None if that is not known.
    image : callable or None
        From outputs to pictures, if the outputs are not.
    """

    def __init__(
        self,
        explorer: Any,
        *,
        title: str = "Explore a latent space",
        origin: Origin | None = None,
        image: Callable[[Any], Any] | None = None,
    ) -> None:
        self.explorer = explorer
        self.title = title
        self.origin = Origin() if origin is None else origin
        self.image = image
        curve = explorer.curve
        self.limits = Limits(
            curve.n_vertices, explorer.n_layers, min(N_COMPONENTS, curve.n_features)
        )
        self._remembered: OrderedDict[Hashable, Any] = OrderedDict()
        self._seconds_an_output: float | None = None

    @property
    def facts(self) -> str:
        """The curve in a line."""
        curve, n_layers = self.explorer.curve, self.explorer.n_layers
        layers = "" if n_layers is None else f", {n_layers} layers"
        bits = curve.n_vertices.bit_length() - 1
        power = f" ({bits} bits)" if curve.n_vertices == 2**bits else ""
        return f"{curve.n_vertices} vertices{power}, {curve.n_features} features{layers}"

    def pictures(self, outputs: Any) -> Pixels:
        """Make pictures of outputs.

        Parameters
        ----------
        outputs : array of shape (n, ...)
            Of the generator.
        """
        return as_pixels(self._shown(outputs), self._span())

    def _shown(self, outputs: Any) -> Any:
        return outputs if self.image is None else self.image(outputs)

    def _span(self) -> tuple[float, float]:
        """Say once what is black and white: a bright picture alone would look like a dark one."""
        declared = self.explorer.generator.output_range if self.image is None else None
        if declared is not None:
            return declared

        def guess() -> tuple[float, float]:
            last = self.limits.n_vertices - 1
            places = np.linspace(0, last, min(N_TO_GUESS, last + 1)).round()
            return guess_range(self._shown(self._outputs_at(places)))

        return self.remember("span", guess)

    def look(self, at: float) -> Pixels:
        """Draw what is at a place of the curve, (H, W) or (H, W, 3).

        Parameters
        ----------
        at : float
            An index coordinate.
        """
        at = round(at, 3)
        return self.remember(("look", at), lambda: self._at([at])[0])

    def thumbnails(self) -> list[tuple[int, Pixels]]:
        """Draw vertices that are equally far apart, the ends among them, with their numbers."""

        def draw() -> list[tuple[int, Pixels]]:
            last = self.limits.n_vertices - 1
            count = min(N_THUMBNAILS, self.limits.n_vertices)
            numbers = sorted({round(place) for place in np.linspace(0, last, count)})
            self._span()
            began = perf_counter()
            pictures = self._at(numbers)
            self._seconds_an_output = (perf_counter() - began) / len(numbers)
            return list(zip(numbers, pictures, strict=True))

        return self.remember("thumbnails", draw)

    def _at(self, places: Sequence[float]) -> Pixels:
        return self.pictures(self._outputs_at(places))

    def _outputs_at(self, places: Any) -> Any:
        vertices = as_tensor(self.explorer.curve.vertices, name="vertices")
        points = as_tensor(self.explorer.curve.evaluate(np.asarray(places, np.float64)), name="t")
        return self.explorer.generator(points.to(vertices))

    def profile_seconds(self) -> float | None:
        """Guess how long `profile` takes; 0 when it is known, None if there is nothing to measure.

        From how long the thumbnails took, so ask after them.
        """
        if not self.explorer.has_attributes:
            return None
        if "profile" in self._remembered:
            return 0.0
        n_outputs = N_PROFILE_LATENTS + 2 * self.limits.n_vertices
        return (self._seconds_an_output or 0.0) * n_outputs

    def profile(self) -> Profile:
        """Measure the attributes along the curve, and which stretch is which."""
        return self.remember("profile", self._measure_profile)

    def _measure_profile(self) -> Profile:
        table = self.explorer.interpret(n_between=2)
        names = self.explorer.attribute_names
        vertices = table[table["part"] == "vertex"]
        segments = table[table["part"] == "segment"]
        n_vertices = len(vertices)
        values = np.empty((2 * n_vertices - 1, len(names)))
        values[::2] = vertices[list(names)].to_numpy(np.float64)
        values[1::2] = segments[list(names)].to_numpy(np.float64)
        numbers = segments["stretch"].to_numpy(np.int64)
        stretches = []
        for number in range(int(numbers[-1]) + 1):
            inside = np.flatnonzero(numbers == number)
            rows = segments.iloc[inside]
            attribute = names.index(rows["changes"].iloc[0])
            purity = float(rows["purity"].mean())
            stretches.append(Stretch(int(inside[0]), int(inside[-1]) + 1, attribute, purity))
        return Profile(names, np.arange(2 * n_vertices - 1) / 2, values, tuple(stretches))

    def direction(self, choice: Choice, opened: Opened = NOTHING) -> Direction:
        """Give the direction that a choice names, at its natural step.

        Parameters
        ----------
        choice : Choice
            Which.
        opened : mapping of str to Direction
            What was opened.

        Raises
        ------
        ValueError
            If there is no such direction, or it has no length.
        """
        if choice.kind == "opened":
            if choice.name not in opened:
                raise ValueError(f"there is no opened direction {choice.name!r}")
            return opened[choice.name]
        choice.check(self.limits)
        if choice.kind == "component":
            return self._components()[choice.first]
        ends = (choice.first, choice.first + 1)
        if choice.kind == "vertices":
            ends = (choice.first, choice.last)
        finder = SegmentDirections(self.explorer.curve, chords=[ends]).fit()
        return as_directions(finder, n_features=self.explorer.curve.n_features)[0].replace(
            name=choice.label, segment=choice.first if choice.kind == "segment" else None
        )

    def _components(self) -> list[Direction]:
        def find() -> list[Direction]:
            finder = PCADirections(self.limits.n_components, random_state=0)
            finder.fit(latents=self.explorer.sample(N_COMPONENT_LATENTS, 0))
            return as_directions(finder, n_features=self.explorer.curve.n_features)

        return self.remember("components", find)

    def augmenter(self) -> CurveAugmenter:
        """Give what draws from the curve, and knows where the distribution is."""

        def fit() -> CurveAugmenter:
            latents = self.explorer.sample(N_SUPPORT_LATENTS, 0)
            if latents.ndim == 3:  # W+: each layer has a latent
                latents = latents[:, 0]
            return CurveAugmenter(self.explorer.curve, random_state=0).fit(latents)

        return self.remember("augmenter", fit)

    def scaled(self, edit: Edit, opened: Opened = NOTHING) -> Direction:
        """Give the direction of an edit at its strength, turned if that is negative.

        Parameters
        ----------
        edit : Edit
            At a strength that is not 0.
        opened : mapping of str to Direction
            What was opened.
        """
        one = self.direction(edit.choice, opened)
        one = one if edit.strength > 0 else one.reversed()
        changes: dict[str, Any] = {"strength": abs(edit.strength) * one.strength, "scores": {}}
        if edit.layers is not None:
            changes["layers"] = range(edit.layers[0], edit.layers[1] + 1)
        return one.replace(**changes)

    def latents(
        self, seed: int, stack: Sequence[Edit] = (), opened: Opened = NOTHING, n: int = N_SHOWN
    ) -> Any:
        """Draw latents, and make the edits of a stack to them.

        Parameters
        ----------
        seed : int
            Which latents. Of the same seed, fewer are the first of more.
        stack : sequence of Edit
            Those of strength 0 do nothing.
        opened : mapping of str to Direction
            What was opened.
        n : int
            How many, at most `N_MEASURED`.
        """
        drawn = self.explorer.sample(N_MEASURED, seed)[:n]
        steps = [self.scaled(edit, opened) for edit in stack if edit.strength]
        return self.explorer.combine(drawn, steps) if steps else drawn

    def strip(
        self, edit: Edit, stack: Sequence[Edit], seed: int, opened: Opened = NOTHING
    ) -> Strip:
        """Try an edit on latents, at several parts of its strength.

        Parameters
        ----------
        edit : Edit
            What to try.
        stack : sequence of Edit
            What is done before.
        seed : int
            Which latents.
        opened : mapping of str to Direction
            What was opened.
        """

        def draw() -> Strip:
            one = self.direction(edit.choice, opened)
            strengths = np.array(STRENGTHS) * edit.strength * one.strength
            start = self.latents(seed, stack, opened)
            layers = None if edit.layers is None else (edit.layers[0], edit.layers[1])
            outputs = self.explorer.traverse(start, one, strengths, layers)
            shape = outputs.shape
            pixels = self.pictures(outputs.reshape(shape[0] * shape[1], *shape[2:]))
            return Strip(pixels.reshape(*shape[:2], *pixels.shape[1:]), strengths)

        return self.remember(self._key("strip", edit, stack, seed, opened), draw)

    def stacked(self, stack: Sequence[Edit], seed: int, opened: Opened = NOTHING) -> Pixels:
        """Draw latents before and after the edits of a stack, (2, N_SHOWN, H, W) and so on.

        Parameters
        ----------
        stack : sequence of Edit
            What is done.
        seed : int
            Which latents.
        opened : mapping of str to Direction
            What was opened.
        """

        def draw() -> Pixels:
            before = self.explorer.generator(self.latents(seed))
            after = self.explorer.generator(self.latents(seed, stack, opened))
            both = np.stack(
                [np.asarray(as_tensor(one, name="outputs").cpu()) for one in (before, after)]
            )
            pixels = self.pictures(both.reshape(-1, *both.shape[2:]))
            return pixels.reshape(2, -1, *pixels.shape[1:])

        return self.remember(self._key("stacked", None, stack, seed, opened), draw)

    def effects(
        self, edit: Edit, stack: Sequence[Edit], seed: int, opened: Opened = NOTHING
    ) -> Effects | None:
        """Measure what an edit does to every attribute of latents.

        Parameters
        ----------
        edit : Edit
            What to measure.
        stack : sequence of Edit
            What is done before.
        seed : int
            Which latents.
        opened : mapping of str to Direction
            What was opened.

        Returns
        -------
        effects : Effects or None
            Of one direction; None if there are no attributes, or the strength is 0.
        """
        if not self.explorer.has_attributes or not edit.strength:
            return None

        def measure() -> Effects:
            start = self.latents(seed, stack, opened, n=N_MEASURED)
            return self.explorer.effects([self.scaled(edit, opened)], latents=start, n_steps=3)

        return self.remember(self._key("effects", edit, stack, seed, opened), measure)

    def _key(
        self, what: str, edit: Edit | None, stack: Sequence[Edit], seed: int, opened: Opened
    ) -> Hashable:
        """Name a result. Two visitors may have opened different directions of one name."""
        used = [one.choice.name for one in (edit, *stack) if one and one.choice.kind == "opened"]
        vectors = tuple(
            (one.vector.tobytes(), one.strength, None if one.layers is None else tuple(one.layers))
            for one in (opened.get(name) for name in used)
            if one is not None
        )
        return what, edit, tuple(stack), seed, vectors

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """Make something once; the least lately asked for is forgotten first.

        Parameters
        ----------
        key : hashable
            Its name; what has a string for a name is never forgotten.
        make : callable
            Makes it.
        """
        if key not in self._remembered:
            self._remembered[key] = make()
            size = sum(_bytes(one) for one in self._remembered.values())
            passing = [one for one in self._remembered if not isinstance(one, str) and one != key]
            for oldest in passing:
                if len(self._remembered) <= MOST_REMEMBERED and size <= MOST_BYTES_REMEMBERED:
                    break
                size -= _bytes(self._remembered.pop(oldest))
        self._remembered.move_to_end(key)
        found: T = self._remembered[key]
        return found


def _bytes(made: Any) -> int:
    """Say how much memory the arrays of a result take."""
    if isinstance(made, (list, tuple)):
        return sum(_bytes(one) for one in made)
    return made.nbytes if isinstance(made, np.ndarray) else 0
