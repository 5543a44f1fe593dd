"""`skcurve plot`: one of the displays, as a picture in a file."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import typer

from skcurve import plotting
from skcurve.cli.inputs import (
    NumpyArray,
    load_curve,
    named,
    read_input,
    read_rows,
    refuse_gaps,
    refuse_key,
)
from skcurve.cli.options import Kind
from skcurve.cli.outputs import check_output, say
from skcurve.files import replace_file
from skcurve.plotting.inputs import require_matplotlib

SUFFIXES = (".png", ".svg", ".pdf")


class Recipe(NamedTuple):
    """What a kind of picture is made of.

    Attributes
    ----------
    display : str
        The class in `skcurve.plotting`.
    needs_rows, takes_rows, takes_labels, takes_shape : bool
        What it has to be given, and what it can be.
    settings : dict
        What else to tell it.
    """

    display: str
    needs_rows: bool = False
    takes_rows: bool = False
    takes_labels: bool = False
    takes_shape: bool = False
    settings: dict[str, Any] = {}  # noqa: RUF012  nobody changes it


RECIPES = {
    Kind.CURVE: Recipe("CurveDisplay", needs_rows=True, takes_rows=True, takes_labels=True),
    Kind.CODEBOOK: Recipe("CodebookDisplay", takes_rows=True, takes_labels=True, takes_shape=True),
    Kind.USAGE: Recipe("UsageDisplay", takes_rows=True),
    Kind.HISTORY: Recipe("HistoryDisplay"),
    Kind.ORDERING: Recipe("OrderingDisplay"),
    Kind.RATE_DISTORTION: Recipe(
        "RateDistortionDisplay", needs_rows=True, takes_rows=True, settings={"random_state": 0}
    ),
}


def plot(
    curve: Path,
    data: Path | None,
    output: Path,
    *,
    kind: Kind,
    key: str | None,
    labels: Path | None,
    labels_key: str | None,
    image_shape: str | None,
    bits: int | None,
    quiet: bool,
) -> None:
    """Draw a curve, or something about it.

    Parameters
    ----------
    curve : Path
        The curve.
    data : Path or None
        Rows that it is drawn with, or measured on.
    output : Path
        The picture; its suffix says of which format.
    kind : Kind
        What to draw.
    key : str or None
        Which of several arrays of `data`.
    labels, labels_key : Path or None, str or None
        One label a row, and which of several arrays of that file.
    image_shape : str or None
        Such as "28x28", for a codebook of images.
    bits : int or None
        An earlier bitrate.
    quiet : bool
        Whether to say nothing on a terminal.
    """
    recipe = RECIPES[kind]
    _refuse("X", data, recipe.takes_rows, kind)
    _refuse("--labels", labels, recipe.takes_labels, kind)
    _refuse("--image-shape", image_shape, recipe.takes_shape, kind)
    if recipe.needs_rows and data is None:
        raise typer.BadParameter(f"--kind {kind.value} needs rows.", param_hint="X")
    refuse_key("--key", key, data, "X")
    refuse_key("--labels-key", labels_key, labels, "--labels")
    if labels is not None and data is None:
        raise typer.BadParameter("labels need the rows they belong to, X.", param_hint="--labels")
    if recipe.takes_shape and image_shape is None:
        raise typer.BadParameter(
            f"--kind {kind.value} needs the shape of a vertex as an image, such as 28x28.",
            param_hint="--image-shape",
        )
    given: dict[str, Any] = dict(recipe.settings)
    if image_shape is not None:
        given["image_shape"] = _parse_shape(image_shape)
    inputs = [path for path in (curve, data, labels) if path is not None]
    check_output(output, SUFFIXES, *inputs)
    require_matplotlib("skcurve plot")
    import matplotlib

    matplotlib.use("Agg")  # a picture in a file needs no window
    sfvq = load_curve(curve, bits)
    rows: NumpyArray | None = None
    if data is not None:
        rows = given["X"] = read_rows(data, key, n_features=sfvq.n_features_in_)
    if labels is not None:
        y = read_input(labels, labels_key)
        if rows is not None and y.shape not in ((len(rows),), (len(rows), 1)):
            raise ValueError(
                f"{named(labels)} must hold one label for each of the {len(rows)} rows; "
                f"got shape {y.shape}."
            )
        given["y"] = y.ravel()
    if kind is Kind.CODEBOOK and labels is None:
        given.pop("X", None)
    display = getattr(plotting, recipe.display)
    try:
        figure = display.from_estimator(sfvq, **given).figure_
    except ValueError:
        if data is not None and rows is not None:
            refuse_gaps(rows, data)
        raise
    picture = BytesIO()
    figure.savefig(picture, format=output.suffix[1:].lower() or "png", dpi=150)
    replace_file(output, picture.getvalue())
    say(f"{output}: a picture of {curve}, --kind {kind.value}.", quiet=quiet)


def _refuse(name: str, value: Any, is_taken: bool, kind: Kind) -> None:
    """Say that something was given which this kind of picture does not show."""
    if value is not None and not is_taken:
        raise typer.BadParameter(f"--kind {kind.value} does not use it.", param_hint=name)


def _parse_shape(text: str) -> tuple[int, ...]:
    """Read a shape such as 28x28 or 64x64x3."""
    try:
        shape = tuple(int(part) for part in text.lower().split("x"))
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1:
        raise typer.BadParameter(
            f"{text!r} is no shape; expected one such as 28x28 or 64x64x3.",
            param_hint="--image-shape",
        )
    return shape
