"""Named directions, kept together and in a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve import storage
from skcurve.explorer.direction import Direction
from skcurve.explorer.published import read_published
from skcurve.explorer.spaces import joint_space

KIND = "DirectionLibrary"
FACTS = tuple(part.name for part in fields(Direction) if part.name != "vector")
EDITION = 2
"""Of what a file says: 1 wrote "W" for every space, whatever it was, and so said nothing of it."""


class DirectionLibrary(Mapping[str, Direction]):
    """Directions by name, all in one latent space, with what is known of each.

    A mapping from names to `Direction` objects, in the order they came in. It is a value: `add`,
    `rename` and `without` give another library.

    Parameters
    ----------
    directions : iterable of Direction, default=()
        They need names, no two the same, and vectors of one length.

    Attributes
    ----------
    vectors : ndarray of shape (k, D)
        The unit vectors, a row each.
    space : str
        The space that they live in, as of `Direction`; "W+" if some are for some layers only.

    Raises
    ------
    TypeError, ValueError
        If one is no `Direction`, has no name or one that is taken, another number of features, or
        lives in another space.

    See Also
    --------
    skcurve.LatentDirectionExplorer.edit : Takes directions from here.

    Examples
    --------
    >>> from skcurve.explorer import Direction, DirectionLibrary
    >>> library = DirectionLibrary([Direction([1.0, 0.0], name="age", layers=(3, 4))])
    >>> library = library.add(Direction([0.6, 0.8], name="smile", strength=2.0))
    >>> library
    DirectionLibrary(age, smile)
    >>> library["smile"].strength
    2.0
    """

    def __init__(self, directions: Iterable[Direction] = ()) -> None:
        self._directions: dict[str, Direction] = {}
        n_features = None
        for one in directions:
            if not isinstance(one, Direction):
                raise TypeError(
                    f"directions must be Direction objects; one is {type(one).__name__}."
                )
            if not one.name:
                raise ValueError("every direction in a library needs a name; one has none.")
            if one.name in self._directions:
                raise ValueError(f"there are two directions of the name {one.name!r}.")
            n_features = len(one.vector) if n_features is None else n_features
            if len(one.vector) != n_features:
                raise ValueError(
                    f"all directions of a library must have the same number of features; "
                    f"{one.name!r} has {len(one.vector)}, the others {n_features}."
                )
            self._directions[one.name] = one
        spaces = [one.space for one in self._directions.values()]
        self._space = joint_space(spaces, what="directions of a library")

    def __getitem__(self, name: str) -> Direction:
        try:
            return self._directions[name]
        except KeyError:
            known = ", ".join(map(repr, self._directions)) or "none"
            raise KeyError(f"there is no direction {name!r}; there are {known}.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._directions)

    def __len__(self) -> int:
        return len(self._directions)

    def __contains__(self, name: object) -> bool:
        return name in self._directions

    def __repr__(self) -> str:
        names = list(self)
        shown = names if len(names) <= 12 else [*names[:11], f"... {len(names) - 11} more"]
        return f"DirectionLibrary({', '.join(shown)})"

    @property
    def vectors(self) -> npt.NDArray[Any]:
        """The unit vectors, of shape (k, D)."""
        return np.array([one.vector for one in self.values()])

    @property
    def space(self) -> str:
        """The space that they live in; empty where nobody said."""
        return self._space

    def add(self, *directions: Direction) -> DirectionLibrary:
        """Give a library that has these, too; one of a name that is there takes its place.

        Parameters
        ----------
        *directions : Direction
            Each with a name.
        """
        new = {one.name: one for one in DirectionLibrary(directions).values()}
        return DirectionLibrary({**self._directions, **new}.values())

    def rename(self, names: Mapping[str, str]) -> DirectionLibrary:
        """Give a library with other names: what a person saw, in place of what was counted.

        Parameters
        ----------
        names : dict of str to str
            New names by old ones; the rest stays.

        Raises
        ------
        KeyError
            If there is no direction of an old name.
        ValueError
            If two would have the same name.

        Examples
        --------
        >>> from skcurve.explorer import Direction, DirectionLibrary
        >>> library = DirectionLibrary([Direction([1.0], name="segment 25")])
        >>> library.rename({"segment 25": "age"})
        DirectionLibrary(age)
        """
        for old in names:
            self[old]
        return DirectionLibrary(
            one.replace(name=names.get(name, name)) for name, one in self.items()
        )

    def without(self, *names: str) -> DirectionLibrary:
        """Give a library that lacks some directions.

        Parameters
        ----------
        *names : str
            Which; `KeyError` if there is no such one.
        """
        for name in names:
            self[name]
        return DirectionLibrary(one for name, one in self.items() if name not in names)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all of it to one file that is complete or not there.

        The format is safetensors: the unit vectors as tensors, everything else as JSON in the
        file's metadata, which every safetensors library can read. Nothing is pickled.

        Parameters
        ----------
        path : path-like
            Where to; by custom it ends in ``.safetensors``. An existing file is replaced once the
            new one is complete.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        tensors = {
            f"direction.{number}": torch.from_numpy(np.array(one.vector))
            for number, one in enumerate(self.values())
        }
        facts = [{name: getattr(one, name) for name in FACTS} for one in self.values()]
        for told in facts:
            told["scores"] = {name: _in_json(score) for name, score in told["scores"].items()}
        storage.write(path, KIND, tensors, {"edition": EDITION, "directions": facts})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> DirectionLibrary:
        """Read what `save` wrote.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        library : DirectionLibrary
            With the very same vectors. Of a file from before spaces were told apart, which has
            "W" for all of them, the space is not known.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is damaged, or holds something else.
        """
        tensors, content = storage.read(path, KIND)
        try:
            told = [dict(facts) for facts in content["directions"]]
            if content.get("edition", 1) < EDITION:
                for facts in told:
                    facts["space"] = "" if facts.get("space", "W") == "W" else facts["space"]
            for facts in told:
                scores = facts.get("scores", {}).items()
                facts["scores"] = {
                    name: np.nan if score is None else score for name, score in scores
                }
            return cls(
                Direction(
                    tensors[f"direction.{number}"],
                    **{name: facts[name] for name in FACTS if name in facts},
                )
                for number, facts in enumerate(told)
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{os.fspath(path)!r} is damaged: its parts do not make up a {KIND} "
                f"({type(error).__name__}: {error})."
            ) from error

    @classmethod
    def from_published(cls, folder: str | os.PathLike[str]) -> DirectionLibrary:
        """Read the directions that the authors of the method publish for StyleGAN2 and faces.

        They are in W, for the W+ layers that the authors edit, and come from the segments of their
        curves at 2 to 8 bits, or from longer curves that are not published [1]_.

        Parameters
        ----------
        folder : path-like
            The folder of ``age.npy``, ``smile.npy`` and so on, or the one above it which has them
            in ``directions`` or ``ffhq/directions``.

        Returns
        -------
        library : DirectionLibrary
            age, bald, beard, eyeglass, gender, hair_color, hat, make_up, race, rotation, smile.

        Raises
        ------
        FileNotFoundError
            If a file is not there.
        ValueError
            If one does not hold a vector of 512 numbers.

        References
        ----------
        .. [1] M. H. Vali and T. Bäckström, "Unsupervised panoptic interpretation of latent spaces
           in GANs using space-filling vector quantization", TMLR 2025 (arXiv 2410.20573).
        """
        return cls(read_published(folder))


def _in_json(score: float) -> float | str | None:
    """Write a score as JSON can: NaN as null, infinity as text, which `float` reads."""
    if np.isfinite(score):
        return score
    return None if np.isnan(score) else str(score)


def numbered(names: Sequence[str]) -> list[str]:
    """Tell apart what has the same name: hue, hue 2, hue 3.

    Parameters
    ----------
    names : sequence of str
        Some of them more than once.
    """
    counts: dict[str, int] = {}
    told = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        told.append(name if counts[name] == 1 else f"{name} {counts[name]}")
    return told
