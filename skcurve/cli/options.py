"""The arguments and options that several commands share, and the names they can have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

FEWEST_BITS, MOST_BITS = 2, 16
"""The bitrates that `SFVQ` takes."""

MOST_DEMO_BITS = 8
"""The demonstration draws every vertex, and stops here."""

MOST_EXPLORE_BITS = 6
"""The demonstration of directions measures every segment, and stops here."""

FILE = "a file (.npy, .npz, .pt, .safetensors, .parquet)"
"""What arrays are read from and written to."""


class Solver(StrEnum):
    """The solvers of `SFVQ`, by name."""

    LLOYD = "lloyd"
    ADAM = "adam"


class Start(StrEnum):
    """The starts of `SFVQ`, by name."""

    NORM = "norm"
    PCA = "pca"
    RANDOM = "random"
    TOUR = "tour"


class Coordinate(StrEnum):
    """The coordinates of `SFVQ`."""

    INDEX = "index"
    ARCLENGTH = "arclength"
    UNIT = "unit"


class Kind(StrEnum):
    """The pictures that `skcurve plot` draws."""

    CURVE = "curve"
    CODEBOOK = "codebook"
    USAGE = "usage"
    HISTORY = "history"
    ORDERING = "ordering"
    RATE_DISTORTION = "rate-distortion"


class Spacing(StrEnum):
    """How `CurveAugmenter` spreads samples."""

    ARCLENGTH = "arclength"
    INDEX = "index"
    DENSITY = "density"


Curve = Annotated[
    Path,
    typer.Argument(metavar="CURVE", help="The curve: a .safetensors file.", show_default=False),
]
Rows = Annotated[
    Path,
    typer.Argument(
        metavar="X",
        help=f"The vectors, one a row: {FILE}, a folder of shards, or - for an .npy stream on "
        "stdin.",
        show_default=False,
    ),
]
OptionalRows = Annotated[
    Path | None,
    typer.Argument(
        metavar="X",
        help=f"Vectors to measure it on, one a row: {FILE}, or - for stdin.",
        show_default=False,
    ),
]
Coordinates = Annotated[
    Path,
    typer.Argument(
        metavar="T",
        help=f"Coordinates, one a row: {FILE}, or - for an .npy stream on stdin.",
        show_default=False,
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key", "-k", help="Which array, where a file holds several.", show_default=False
    ),
]
CurveOutput = Annotated[
    Path,
    typer.Option(
        "--output", "-o", help="Where the curve goes: a .safetensors file.", show_default=False
    ),
]
ArrayOutput = Annotated[
    Path,
    typer.Option("--output", "-o", help=f"Where the result goes: {FILE}, or - for stdout."),
]
Bits = Annotated[
    int | None,
    typer.Option(
        "--bits", "-b", help="Use the codebook of an earlier bitrate.", show_default=False
    ),
]
CoordinateName = Annotated[
    Coordinate | None,
    typer.Option(
        help="What a coordinate is: the segment number plus the position in it; the distance "
        "along the curve; or that as a share of its length. As the curve was saved, if not said.",
        show_default=False,
    ),
]
Device = Annotated[str, typer.Option(help="Where to compute: cpu, cuda, cuda:1, ...")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress, even on a terminal.")]
