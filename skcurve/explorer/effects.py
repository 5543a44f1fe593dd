"""What directions do, as one table: their effects on attributes, and what to be careful about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from skcurve.explorer.direction import EFFECT_ON, Direction
from skcurve.explorer.layers import name_layers
from skcurve.explorer.library import DirectionLibrary, numbered
from skcurve.explorer.tables import make_frame
from skcurve.metrics.effects import purity

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SECOND_SHARE = 0.5
"""A direction is entangled if a second attribute changes by at least this share of the first."""
PURE = 0.5
"""Or if the first has less than this share of all changes."""
WEAK = 0.1
"""Effects below so many standard deviations are none."""
MEASURES = ("score", "purity", "effect", "consistency", "monotonicity", "linearity", "identity")


@dataclass(frozen=True, eq=False)
class Effects:
    """What k directions do to A attributes.

    Attributes
    ----------
    directions : tuple of Direction
        What was measured, each at its `strength` and on its `layers`.
    attribute_names : tuple of str
        The attributes.
    effects : ndarray of shape (k, A)
        The change of each attribute for one step of `strength`, in standard deviations of the
        attribute over the distribution; signed. See `skcurve.metrics.effect`.
    consistency, monotonicity, linearity : ndarray of shape (k, A)
        See the functions of these names in `skcurve.metrics`.
    identity : ndarray of shape (k,)
        Mean cosine of the embedding before and after a step; NaN without an `identity` function.
    outlier : bool array of shape (k,)
        Whether the direction comes from a curve, and begins or ends at a vertex that no data is
        near.
    """

    directions: tuple[Direction, ...]
    attribute_names: tuple[str, ...]
    effects: Numbers
    consistency: Numbers
    monotonicity: Numbers
    linearity: Numbers
    identity: Numbers
    outlier: Flags

    def __len__(self) -> int:
        return len(self.directions)

    def __repr__(self) -> str:
        return (
            f"Effects({len(self)} directions on {', '.join(self.attribute_names)}; "
            f"{int((~self.entangled & ~self.weak & ~self.outside).sum())} pure)"
        )

    @property
    def main(self) -> npt.NDArray[np.intp]:
        """The number of the attribute that each direction changes most, of shape (k,)."""
        return np.abs(self.effects).argmax(1)

    @property
    def main_effect(self) -> Numbers:
        """The effect on that attribute, signed, of shape (k,)."""
        return self._of_main(self.effects)

    @property
    def purity(self) -> Numbers:
        """The share of that attribute in all effects, of shape (k,)."""
        share: Numbers = np.asarray(purity(self.effects))
        return share

    @property
    def weak(self) -> Flags:
        """Directions that change nothing by a tenth of a standard deviation, of shape (k,)."""
        return np.abs(self.main_effect) < WEAK

    @property
    def outside(self) -> Flags:
        """Directions at a strength that leaves the distribution, both ways, of shape (k,).

        What they do there is no edit that one would make. False where the `strength_range` is not
        known.
        """
        spans = (one.strength_range or (-np.inf, np.inf) for one in self.directions)
        farthest = np.array([max(-low, high) for low, high in spans])
        return np.array([one.strength for one in self.directions]) > farthest

    @property
    def entangled(self) -> Flags:
        """Directions that change several things, of shape (k,).

        Either a second attribute changes at least half as much as the first, or the first has less
        than half of all changes.
        """
        sizes = np.sort(np.abs(self.effects), axis=1)
        is_second = np.zeros(len(self), bool)
        if sizes.shape[1] > 1:
            is_second = sizes[:, -2] >= SECOND_SHARE * sizes[:, -1]
        return (is_second | (self.purity < PURE)) & ~self.weak

    @property
    def score(self) -> Numbers:
        """Purity times consistency times effect, which counts as 1 from one deviation up, (k,)."""
        size = np.minimum(np.abs(self.main_effect), 1.0)
        return self.purity * self._of_main(self.consistency) * size

    def measure(self, by: str) -> Numbers:
        """Give one number a direction.

        Parameters
        ----------
        by : str
            "score", "purity", "effect", "consistency", "monotonicity", "linearity", "identity", or
            the name of an attribute: then the share of it in all effects, times their size as in
            "score".

        Returns
        -------
        numbers : ndarray of shape (k,)
            Larger is better.

        Raises
        ------
        ValueError
            If there is no such measure.
        """
        if by in self.attribute_names:
            sizes = np.abs(self.effects)
            column = sizes[:, self.attribute_names.index(by)]
            total = sizes.sum(1)
            share = column / np.where(total > 0, total, 1.0)
            numbers: Numbers = share * np.minimum(column, 1.0)
            return numbers
        if by not in MEASURES:
            raise ValueError(
                f"by must be one of {', '.join(MEASURES)}, or an attribute, one of "
                f"{', '.join(self.attribute_names)}; got {by!r}."
            )
        if by == "effect":
            return np.abs(self.main_effect)
        if by in ("score", "purity", "identity"):
            numbers = getattr(self, by)
            return numbers
        return self._of_main(getattr(self, by))

    def rank(self, by: str = "score", *, per_attribute: int | None = None) -> Effects:
        """Put the best directions first.

        Parameters
        ----------
        by : str, default="score"
            See `measure`.
        per_attribute : int or None, default=None
            Keep only so many of those that change the same attribute most.

        Returns
        -------
        effects : Effects
            Ties stay in the order they were in. Directions that are weak, whatever their rounding
            errors say, or outside come after the others; what was not measured (NaN) comes last.
        """
        numbers = self.measure(by)
        worst = np.where(np.isnan(numbers), np.inf, -numbers)
        order = np.lexsort((worst, self.weak | self.outside))
        if per_attribute is not None:
            if per_attribute < 1:
                raise ValueError(f"per_attribute must be at least 1; got {per_attribute}.")
            main, counts, kept = self.main, dict[int, int](), []
            for number in order:
                counts[main[number]] = counts.get(main[number], 0) + 1
                if counts[main[number]] <= per_attribute:
                    kept.append(number)
            order = np.array(kept, dtype=np.intp)
        return self.take(order)

    def join(self, *others: Effects) -> Effects:
        """Give these directions and those of others, measured by the same attributes.

        Parameters
        ----------
        *others : Effects
            Such as those on other layers.
        """
        tables = (self, *others)
        if len({table.attribute_names for table in tables}) > 1:
            raise ValueError("effects on different attributes cannot be joined.")
        parts: dict[str, Any] = {}
        for part in fields(self):
            values = [getattr(table, part.name) for table in tables]
            if part.name == "directions":
                parts[part.name] = tuple(one for value in values for one in value)
            else:
                is_name = part.name == "attribute_names"
                parts[part.name] = values[0] if is_name else np.concatenate(values)
        return Effects(**parts)

    def take(self, which: Any) -> Effects:
        """Give some of the directions, in the order asked for.

        Parameters
        ----------
        which : slice, bool array or int array
            As numpy takes it.
        """
        order = np.arange(len(self))[which]
        parts: dict[str, Any] = {part.name: getattr(self, part.name) for part in fields(self)}
        for name, value in parts.items():
            if name == "directions":
                parts[name] = tuple(self.directions[number] for number in order)
            elif name != "attribute_names":
                parts[name] = value[order]
        return Effects(**parts)

    def turned(self) -> Effects:
        """Turn the directions so that what each changes most grows.

        Returns
        -------
        effects : Effects
            In the same order; the effects of what was turned change their sign, and nothing else.
        """
        falls = self.main_effect < 0
        found = zip(self.directions, falls, strict=True)
        return replace(
            self,
            directions=tuple(one.reversed() if falling else one for one, falling in found),
            effects=np.where(falls[:, None], -self.effects, self.effects),
        )

    def to_frame(self) -> Any:
        """Write all of it as a table.

        Returns
        -------
        frame : pandas.DataFrame
            A row a direction, named; a column for each attribute's effect.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        columns: dict[str, Any] = {
            "layers": [name_layers(one.layers) for one in self.directions],
            "strength": [one.strength for one in self.directions],
            "changes": [self.attribute_names[number] for number in self.main],
            "effect": self.main_effect,
            "purity": self.purity,
            "consistency": self._of_main(self.consistency),
            "monotonicity": self._of_main(self.monotonicity),
            "linearity": self._of_main(self.linearity),
            "identity": self.identity,
            "score": self.score,
            "flags": self.flags(),
        }
        columns |= {
            f"effect {name}": self.effects[:, number]
            for number, name in enumerate(self.attribute_names)
        }
        names = [one.name for one in self.directions]
        return make_frame(columns, index=names, index_name="direction", caller="Effects.to_frame")

    def flags(self) -> list[str]:
        """Say in words what to be careful about, an entry a direction; often an empty one."""
        named = {
            "weak": self.weak,
            "entangled": self.entangled,
            "outside": self.outside,
            "outlier": self.outlier,
        }
        return [
            ", ".join(name for name, marks in named.items() if marks[number])
            for number in range(len(self))
        ]

    def to_library(self, names: Sequence[str] | None = None) -> DirectionLibrary:
        """Name the directions after what they change, and turn them so that it grows.

        Parameters
        ----------
        names : sequence of str or None, default=None
            One a direction; None for the attribute that changes most, with a number from the second
            of the same on.

        Returns
        -------
        library : DirectionLibrary
            With what was measured as the `scores` of each direction.

        Raises
        ------
        ValueError
            If there is not one name for each direction.
        """
        if names is None:
            names = numbered([self.attribute_names[number] for number in self.main])
        elif len(names) != len(self):
            raise ValueError(f"names must name {len(self)} directions; got {len(names)}.")
        turned = self.turned()
        return DirectionLibrary(
            one.replace(name=name, scores=turned._scores(number))
            for number, (one, name) in enumerate(zip(turned.directions, names, strict=True))
        )

    def _scores(self, number: int) -> dict[str, float]:
        scores = {by: float(self.measure(by)[number]) for by in MEASURES}
        for name, size in zip(self.attribute_names, self.effects[number], strict=True):
            scores[f"{EFFECT_ON}{name}"] = float(size)
        return {name: value for name, value in scores.items() if np.isfinite(value)}

    def _of_main(self, table: Numbers) -> Numbers:
        column: Numbers = np.take_along_axis(table, self.main[:, None], axis=1)[:, 0]
        return column
