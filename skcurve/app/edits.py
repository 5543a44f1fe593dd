"""One edit as a person picks it: which direction, how much of it, on which layers."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_STEPS = 3.0
"""How many natural steps of a direction the slider goes, either way."""

_CHOICE = re.compile(r"s(\d{1,7})|v(\d{1,7})-(\d{1,7})|c(\d{1,4})", re.ASCII)
_LAYERS = re.compile(r"(\d{1,4})-(\d{1,4})", re.ASCII)


@dataclass(frozen=True)
class Limits:
    """What there is to pick from.

    Attributes
    ----------
    n_vertices : int
        Of the curve.
    n_layers : int or None
        Of W+; None where there is none.
    n_components : int
        Principal components that can be picked.
    """

    n_vertices: int
    n_layers: int | None = None
    n_components: int = 0


@dataclass(frozen=True)
class Choice:
    """Which direction.

    Attributes
    ----------
    kind : "segment", "vertices", "component" or "opened"
        Where it comes from: a segment of the curve, the way from one vertex to another, a principal
        component of the latents, or a file that was opened.
    first, last : int
        The number of the segment or component, `last` unused; or the two vertices.
    name : str
        Of one that was opened.
    """

    kind: str = "segment"
    first: int = 0
    last: int = 0
    name: str = ""

    @property
    def label(self) -> str:
        """What to call it on the page."""
        if self.kind == "vertices":
            return f"vertices {self.first} to {self.last}"
        return self.name if self.kind == "opened" else f"{self.kind} {self.first}"

    @property
    def token(self) -> str | None:
        """How an address writes it; None for one that no address can hold."""
        if self.kind == "opened":
            return None
        if self.kind == "vertices":
            return f"v{self.first}-{self.last}"
        return f"{'s' if self.kind == 'segment' else 'c'}{self.first}"

    def check(self, limits: Limits) -> Choice:
        """Give the same choice, or say why there is no such direction.

        Parameters
        ----------
        limits : Limits
            What there is.

        Raises
        ------
        ValueError
            Naming what there is.
        """
        if self.kind == "segment":
            _check("segment", self.first, limits.n_vertices - 1)
        elif self.kind == "vertices":
            for number in (self.first, self.last):
                _check("vertex", number, limits.n_vertices)
            if self.first == self.last:
                raise ValueError(f"two different vertices make a direction; got {self.first} twice")
        elif self.kind == "component":
            _check("component", self.first, limits.n_components)
        elif self.kind != "opened":
            raise ValueError(f"there is no kind of direction {self.kind!r}")
        return self


@dataclass(frozen=True)
class Edit:
    """A choice, at a strength, on layers.

    Attributes
    ----------
    choice : Choice
        Which direction.
    strength : float
        In natural steps of the direction; negative to go the other way.
    layers : (int, int) or None
        First and last layer, both included; None for those of the explorer.
    """

    choice: Choice
    strength: float = 1.0
    layers: tuple[int, int] | None = None

    @property
    def label(self) -> str:
        """What to call it on the page."""
        where = "" if self.layers is None else f", layers {self.layers[0]}-{self.layers[1]}"
        return f"{self.choice.label} × {self.strength:g}{where}"

    @property
    def token(self) -> str | None:
        """How an address writes it, such as ``s3_1.5_0-3``; None if no address can."""
        if self.choice.token is None:
            return None
        parts = [self.choice.token, f"{self.strength:g}"]
        return "_".join(parts if self.layers is None else [*parts, "{}-{}".format(*self.layers)])

    def check(self, limits: Limits) -> Edit:
        """Give the same edit, or say what is wrong with it.

        Parameters
        ----------
        limits : Limits
            What there is.

        Raises
        ------
        ValueError
            Naming the part that is wrong, and what there is.
        """
        self.choice.check(limits)
        if not -MOST_STEPS <= self.strength <= MOST_STEPS:  # not a number is wrong, too
            raise ValueError(
                f"the strength is from {-MOST_STEPS:g} to {MOST_STEPS:g} steps; "
                f"got {self.strength:g}"
            )
        if self.layers is not None:
            if limits.n_layers is None:
                raise ValueError("the generator has no layers to choose from")
            for number in self.layers:
                _check("layer", number, limits.n_layers)
            if self.layers[0] > self.layers[1]:
                raise ValueError(
                    f"the layers {self.layers[0]} to {self.layers[1]} end before they begin"
                )
        return self


def read_choice(token: str) -> Choice:
    """Read what `Choice.token` wrote.

    Parameters
    ----------
    token : str
        Such as ``s3``, ``v2-9`` or ``c0``.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> from skcurve.app.edits import read_choice
    >>> read_choice("v2-9").label
    'vertices 2 to 9'
    """
    found = _CHOICE.fullmatch(token)
    if found is None:
        raise ValueError(f"{token!r} names no direction")
    segment, start, stop, component = found.groups()
    if segment is not None:
        return Choice("segment", int(segment))
    if component is not None:
        return Choice("component", int(component))
    return Choice("vertices", int(start), int(stop))


def read_edit(token: str) -> Edit:
    """Read what `Edit.token` wrote.

    Parameters
    ----------
    token : str
        Such as ``s3_1.5`` or ``s3_1.5_0-3``.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> from skcurve.app.edits import read_edit
    >>> read_edit("c0_-0.5_2-3").label
    'component 0 × -0.5, layers 2-3'
    """
    choice, _, rest = token.partition("_")
    strength, _, layers = rest.partition("_")
    found = _LAYERS.fullmatch(layers) if layers else None
    if layers and found is None:
        raise ValueError(f"{layers!r} names no layers")
    span = None if found is None else (int(found[1]), int(found[2]))
    try:
        return Edit(read_choice(choice), float(strength), span)
    except ValueError:
        raise ValueError(f"{token!r} names no edit") from None


def _check(what: str, number: int, count: int) -> None:
    if not 0 <= number < count:
        raise ValueError(f"there is no {what} {number}; there are {count}, from 0 to {count - 1}")
