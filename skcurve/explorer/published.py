"""The directions that the authors of the method publish for faces of StyleGAN2 (arXiv 2410.20573).

Their files hold bare vectors. Which W+ layers each is for is in the authors' code; which segment it
is was found by comparing it with all segments of their codebooks: the cosine is 1 or -1.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skcurve.explorer.direction import Direction

N_FEATURES = 512


class Origin(NamedTuple):
    """Where a published direction is used, and what it is.

    Attributes
    ----------
    layers : (int, int)
        The first and the last W+ layer that is edited.
    bitrate, segment : int or None
        The segment of the published codebooks; None if it is on none of them.
    is_reversed : bool
        Whether the segment is walked backwards.
    """

    layers: tuple[int, int]
    bitrate: int | None = None
    segment: int | None = None
    is_reversed: bool = False


FFHQ = {
    "age": Origin((3, 7), 6, 25, True),
    "bald": Origin((3, 6)),
    "beard": Origin((6, 6), 8, 205),
    "eyeglass": Origin((2, 2), 7, 5),
    "gender": Origin((4, 7), 5, 1, True),
    "hair_color": Origin((8, 8)),
    "hat": Origin((0, 3), 4, 9, True),
    "make_up": Origin((8, 8)),
    "race": Origin((8, 9)),
    "rotation": Origin((0, 2), 2, 2),
    "smile": Origin((4, 4)),
}
"""The published directions, by the names of their files."""

TYPICAL_STEP = 6.0
"""The mean length of a segment of the authors' curves, at every bitrate from 3 up."""


def read_published(folder: str | os.PathLike[str]) -> list[Direction]:
    """Read the published directions; see `DirectionLibrary.from_published`."""
    place = _locate(Path(folder))
    return [_read(place / f"{name}.npy", name, origin) for name, origin in FFHQ.items()]


def _locate(folder: Path) -> Path:
    """Find the folder with the vectors, from there or from above."""
    for place in (folder, folder / "directions", folder / "ffhq" / "directions"):
        if (place / "age.npy").is_file():
            return place
    raise FileNotFoundError(
        f"there is no age.npy in {str(folder)!r}, nor in its folders 'directions' and "
        "'ffhq/directions'; expected the folder of the published directions."
    )


def _read(path: Path, name: str, origin: Origin) -> Direction:
    vector = np.load(path, allow_pickle=False)
    if vector.shape != (N_FEATURES,):
        raise ValueError(f"{str(path)!r} must hold {N_FEATURES} numbers; got {vector.shape}.")
    ends = None
    if origin.segment is not None:
        ends = (origin.segment, origin.segment + 1)
        ends = ends[::-1] if origin.is_reversed else ends
    return Direction(
        vector,
        name=name,
        strength=TYPICAL_STEP,
        layers=origin.layers,
        space="W+",
        source="published",
        bitrate=origin.bitrate,
        segment=origin.segment,
        ends=ends,
    )
