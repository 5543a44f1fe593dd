"""What a visitor takes along: each a file name and its bytes."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from skcurve import __version__
from skcurve.app.edits import Edit
from skcurve.app.images import (
    FEWEST_ROWS,
    SMALLEST_SAVED,
    animation,
    enlarged,
    shrunk,
    strip_png,
)
from skcurve.app.sampling import Samples, as_npz, as_zip, draw_samples
from skcurve.app.studio import Studio
from skcurve.app.view import View
from skcurve.explorer import Direction, DirectionLibrary, Effects
from skcurve.explorer.direction import EFFECT_ON
from skcurve.explorer.effects import MEASURES
from skcurve.explorer.pictures import Pixels, strip

N_FRAMES = 25
LARGEST_FRAME = 256
"""Pixels a picture: a GIF of larger ones would be too heavy to send."""


class Export(NamedTuple):
    """A file to hand out.

    Attributes
    ----------
    name : str
        What the browser saves it as.
    content : bytes
        All of it.
    """

    name: str
    content: bytes


def export(studio: Studio, view: View, what: str) -> Export:
    """Make a file of a view.

    Parameters
    ----------
    studio : Studio
        Of the page.
    view : View
        What the visitor sees.
    what : str
        One of `EXPORTS`.

    Raises
    ------
    ValueError
        If there is no such file, or nothing to put in it; in words for the visitor.
    """
    if what not in EXPORTS:
        raise ValueError(f"there is no export {what!r}")
    return EXPORTS[what](studio, view)


def card(studio: Studio, edit: Edit, name: str, view: View) -> Direction:
    """Give an edit as a named direction, with what was measured of it.

    Parameters
    ----------
    studio : Studio
        Of the page.
    edit : Edit
        At a strength that is not 0.
    name : str
        What to call it.
    view : View
        What it was measured on: the latents of its seed, after its stack.
    """
    if not edit.strength:
        raise ValueError("an edit of strength 0 is no direction; move the strength slider first")
    try:
        effects = studio.effects(edit, view.stack, view.seed, view.opened)
    except Exception:  # the page says it where the effects would stand; the direction is sound
        effects = None
    scores = {} if effects is None else _scores(effects)
    return studio.scaled(edit, view.opened).replace(name=name, scores=scores)


def name_of(view: View) -> str:
    """Say what to call the current edit: as it was kept, or after its direction.

    Parameters
    ----------
    view : View
        What the visitor sees.
    """
    kept = [one.name for one in view.kept if one.edit == view.current]
    return kept[-1] if kept else view.current.choice.label


def _card_file(studio: Studio, view: View) -> Export:
    one = card(studio, view.current, name_of(view), view)
    return Export(f"{_slug(one.name)}.safetensors", _library_bytes([one]))


def _card_json(studio: Studio, view: View) -> Export:
    one = card(studio, view.current, name_of(view), view)
    facts: dict[str, Any] = {
        "name": one.name,
        "direction": view.current.choice.label,
        "steps": view.current.strength,
        "strength": one.strength,
        "strength_range": one.strength_range,
        "layers": one.layers,
        "space": one.space,
        "source": one.source,
        "bitrate": one.bitrate,
        "segment": one.segment,
        "ends": one.ends,
        "seed": one.seed,
        "scores": dict(one.scores),
        "measured": {
            "latents_seed": view.seed,
            "after": [edit.label for edit in view.stack],
        },
        "curve": studio.facts,
        "skcurve": __version__,
        "vector": [float(number) for number in one.vector],
    }
    return Export(f"{_slug(one.name)}.json", json.dumps(facts, indent=1).encode())


def _library(studio: Studio, view: View) -> Export:
    if not view.kept:
        raise ValueError("nothing was kept yet: name a direction, and keep it")
    cards = [card(studio, one.edit, one.name, view) for one in view.kept if one.edit.strength]
    if not cards:
        raise ValueError("all that was kept has strength 0, which is no direction")
    return Export("directions.safetensors", _library_bytes(cards))


def _strip(studio: Studio, view: View) -> Export:
    pixels = studio.strip(view.current, view.stack, view.seed, view.opened).pixels
    return Export(f"{_slug(name_of(view))}.png", strip_png(pixels))


def _traversal(suffix: str) -> Callable[[Studio, View], Export]:
    def make(studio: Studio, view: View) -> Export:
        frames = list(_frames(studio, view))
        return Export(f"{_slug(name_of(view))}.{suffix}", animation(frames, suffix))

    return make


def _frames(studio: Studio, view: View) -> Iterator[Pixels]:
    """Show all latents side by side, as the strength goes from end to end."""
    edit = view.current
    one = studio.direction(edit.choice, view.opened)
    start = studio.latents(view.seed, view.stack, view.opened)
    for share in np.linspace(-1, 1, N_FRAMES):
        strength = share * edit.strength * one.strength
        outputs = studio.explorer.traverse(start, one, [strength], edit.layers)
        pixels = studio.pictures(outputs[:, 0])
        small = np.stack([shrunk(picture, LARGEST_FRAME) for picture in pixels])
        if small.shape[1] <= FEWEST_ROWS:  # rows of numbers, as high as a small picture
            small = small.repeat(SMALLEST_SAVED // small.shape[1], axis=1)
        yield strip(enlarged(small[None])[0])


def _samples(write: Callable[[Samples], bytes], suffix: str) -> Callable[[Studio, View], Export]:
    def make(studio: Studio, view: View) -> Export:
        sampling = view.sampling
        name = f"samples-{sampling.first}-{sampling.last}-seed-{sampling.seed}.{suffix}"
        return Export(name, write(draw_samples(studio, sampling)))

    return make


EXPORTS: dict[str, Callable[[Studio, View], Export]] = {
    "card": _card_file,
    "json": _card_json,
    "library": _library,
    "strip": _strip,
    "gif": _traversal("gif"),
    "mp4": _traversal("mp4"),
    "npz": _samples(as_npz, "npz"),
    "zip": _samples(as_zip, "zip"),
}
"""Each file by the name that the page calls it."""


def read_opened(path: str, n_features: int) -> dict[str, Direction]:
    """Read directions from a file that a visitor brought. Nothing in it can run.

    Parameters
    ----------
    path : str
        A .safetensors file that `DirectionLibrary.save` wrote, as the exports are.
    n_features : int
        Of the curve.

    Raises
    ------
    ValueError
        If it is another file, or of another latent space.
    """
    library = DirectionLibrary.load(path)
    if not library:
        raise ValueError("there are no directions in this file")
    wrong = {len(one.vector) for one in library.values()} - {n_features}
    if wrong:
        raise ValueError(
            f"the directions in this file have {wrong.pop()} features; the curve has {n_features}"
        )
    return dict(library)


def _library_bytes(directions: list[Direction]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "directions.safetensors"
        DirectionLibrary(directions).save(path)
        return path.read_bytes()


def _scores(effects: Effects) -> dict[str, float]:
    scores = {by: float(effects.measure(by)[0]) for by in MEASURES}
    for name, size in zip(effects.attribute_names, effects.effects[0], strict=True):
        scores[f"{EFFECT_ON}{name}"] = float(size)
    return {name: value for name, value in scores.items() if np.isfinite(value)}


def _slug(name: str) -> str:
    """Make a file name of a name."""
    return re.sub(r"[^\w-]+", "-", name, flags=re.UNICODE).strip("-")[:60] or "direction"
