"""What one visitor sees: everything that is selected, pinned, stacked, named and thrown out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from skcurve.app.edits import Choice, Edit, Limits
from skcurve.explorer import Direction

MOST_UNDONE = 100
MOST_STACKED = 16
MOST_KEPT = 64
MOST_REJECTED = 1000
MOST_OPENED = 256
MOST_SEED = 2**31 - 1
MOST_SAMPLES = 1024
MOST_JITTER = 3.0
LONGEST_NAME = 60


class Kept(NamedTuple):
    """An edit that was given a name.

    Attributes
    ----------
    name : str
        What a person saw.
    edit : Edit
        What does it.
    """

    name: str
    edit: Edit


class Past(NamedTuple):
    """What `View.undo` brings back; the current edit only where that was changed along."""

    stack: tuple[Edit, ...]
    kept: tuple[Kept, ...]
    rejected: tuple[Choice, ...]
    pinned: Edit | None
    current: Edit | None


@dataclass(frozen=True)
class Sampling:
    """What to draw from a stretch of the curve.

    Attributes
    ----------
    first, last : int
        The vertices it goes from and to, in the order of the curve.
    n : int
        How many samples.
    seed : int
        Where they come from.
    jitter : float
        How far they are from the curve: 0 is on it, 1 as wide as the latents lie about it.
    inside : bool
        Whether what is outside of the distribution is drawn again.
    """

    first: int
    last: int
    n: int = 64
    seed: int = 0
    jitter: float = 0.0
    inside: bool = False

    @property
    def token(self) -> str:
        """How an address writes it, such as ``3-9_64_0`` or ``3-9_64_0_0.5_inside``."""
        more = f"_{self.jitter:g}" if self.jitter or self.inside else ""
        inside = "_inside" if self.inside else ""
        return f"{self.first}-{self.last}_{self.n}_{self.seed}{more}{inside}"


@dataclass(frozen=True)
class View:
    """The state of the page for one visitor; a value, of which every change makes another.

    Attributes
    ----------
    sampling : Sampling
        The stretch to draw from.
    at : float
        Where on the curve the slider is, as an index coordinate.
    current : Edit
        The direction that is looked at.
    pinned : Edit or None
        The one beside it.
    stack : tuple of Edit
        Edits that are made to the latents before.
    kept : tuple of Kept
        Named ones.
    rejected : tuple of Choice
        Those not to come back to.
    seed : int
        Which latents the directions are tried on.
    opened : mapping of str to Direction
        What was opened from a file; no address holds it.
    past : tuple of Past
        For `undo`, oldest first.
    """

    sampling: Sampling
    at: float = 0.0
    current: Edit = field(default_factory=lambda: Edit(Choice()))
    pinned: Edit | None = None
    stack: tuple[Edit, ...] = ()
    kept: tuple[Kept, ...] = ()
    rejected: tuple[Choice, ...] = ()
    seed: int = 0
    opened: Mapping[str, Direction] = field(default_factory=dict, compare=False)
    past: tuple[Past, ...] = field(default=(), compare=False)

    @classmethod
    def first(cls, limits: Limits) -> View:
        """Give what a visitor sees who brings no address along.

        Parameters
        ----------
        limits : Limits
            What there is.
        """
        return cls(Sampling(0, limits.n_vertices - 1))

    def changed(self, **changes: Any) -> View:
        """Change what `undo` brings back, and remember what it was.

        Parameters
        ----------
        **changes
            `stack`, `kept`, `rejected` or `pinned`; or `current`, together with one of these.
        """
        current = self.current if "current" in changes else None
        was = Past(self.stack, self.kept, self.rejected, self.pinned, current)
        return replace(self, past=(*self.past, was)[-MOST_UNDONE:], **changes)

    def undo(self) -> View:
        """Take the last change back; without one, nothing happens."""
        if not self.past:
            return self
        *before, was = self.past
        was = was._replace(current=was.current or self.current)
        return replace(self, past=tuple(before), **was._asdict())

    def push(self) -> View:
        """Put the current edit on the stack."""
        if len(self.stack) >= MOST_STACKED:
            raise ValueError(f"at most {MOST_STACKED} edits can be stacked")
        return self.changed(stack=(*self.stack, self.current))

    def keep(self, name: str) -> View:
        """Keep the current edit under a name; one of the same name is replaced.

        Parameters
        ----------
        name : str
            Not empty.
        """
        name = " ".join(name.split())[:LONGEST_NAME]
        if not name:
            raise ValueError("a direction needs a name to be kept")
        others = tuple(one for one in self.kept if one.name != name)
        if len(others) >= MOST_KEPT:
            raise ValueError(f"at most {MOST_KEPT} directions can be kept")
        rejected = tuple(one for one in self.rejected if one != self.current.choice)
        return self.changed(kept=(*others, Kept(name, self.current)), rejected=rejected)

    def reject(self) -> View:
        """Throw the current direction out, and what was kept of it."""
        out = self.current.choice
        others = tuple(one for one in self.rejected if one != out)
        if len(others) >= MOST_REJECTED:
            raise ValueError(f"at most {MOST_REJECTED} directions can be rejected")
        return self.changed(
            kept=tuple(one for one in self.kept if one.edit.choice != out),
            rejected=(*others, out),
        )

    def next_segment(self, limits: Limits) -> View:
        """Go on to the next segment that was neither kept nor thrown out, round the end.

        Parameters
        ----------
        limits : Limits
            What there is.
        """
        n_segments = limits.n_vertices - 1
        here = self.current.choice
        start = here.first if here.kind == "segment" else min(int(self.at), n_segments - 1)
        judged = {one.edit.choice for one in self.kept} | set(self.rejected)
        for step in range(1, n_segments + 1):
            choice = Choice("segment", (start + step) % n_segments)
            if choice not in judged:
                return replace(
                    self, at=choice.first + 0.5, current=replace(self.current, choice=choice)
                )
        return self
