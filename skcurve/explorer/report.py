"""What goes on the page of an exploration: gathered, then written by `page`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from skcurve.explorer import page
from skcurve.explorer.direction import Direction, bitrate_of
from skcurve.explorer.effects import Effects
from skcurve.explorer.pictures import Pixels, as_pixels, grid, guess_range
from skcurve.explorer.progress import Report
from skcurve.explorer.setting import Setting
from skcurve.explorer.shifting import shifted
from skcurve.files import replace_file

MOST_TILES = 256
"""Vertices that are shown; of more, so many that are equally far apart."""
LARGEST_PICTURE = 96
"""Pixels: larger ones are made smaller, or the page would be too heavy to send."""
N_STRENGTHS = 7
FEWEST_ROWS = 6
"""Pixels: what is lower is stretched, so that a row of numbers can be seen."""

WALK = (
    "The vertices of the curve in order; neighbours are more alike than others. The colour below "
    "one is that of what changes most on the way to the next; a red frame marks a vertex that no "
    "data is near."
)
TABLE = (
    "What changes along each segment, in standard deviations over the distribution. Purity is the "
    "share of the largest change in all of them."
)
TOP = (
    "Each direction added to the same latents, a row each, from left to right as far as the edit "
    "stays inside the distribution, and at most two steps. The middle is the latent itself; to the "
    "right, what gives the direction its name grows. The "
    "bars are the effects of one step on each attribute, in standard deviations."
)
COMPARISON = (
    "Every method on the same latents, at the strength at which its directions change the output "
    "by the same amount. An attribute is found if a direction changes it by half a standard "
    "deviation or more, and it is at least half of all that changes."
)
PLAIN = "Each direction added to the same latents, a row each, with no direction in the middle."
NOTES = (
    "Entangled: a second attribute changes at least half as much as the first, or the first is "
    "less than half of all changes. Outlier: the segment begins or ends at a vertex that no data "
    "is near. Weak: nothing changes by a tenth of a standard deviation. Outside: the strength that "
    "it takes to change the output by so much leaves the distribution. Effects are means over "
    "latents; consistent directions do the same to all of them."
)


class Content(NamedTuple):
    """What was computed for a page.

    Attributes
    ----------
    title : str
        Its heading.
    vertices : array of shape (M, ...)
        The outputs along the curve.
    interpretation : dict or None
        Columns of the table; None if nothing can be measured.
    effects : Effects or None
        The directions to show, measured.
    directions : sequence of Direction
        The same, or those to show without being measured.
    comparison : list of dict or None
        The rows of the comparison.
    """

    title: str
    vertices: Any
    interpretation: dict[str, Any] | None
    effects: Effects | None
    directions: Sequence[Direction]
    comparison: list[dict[str, Any]] | None


class Pictures(NamedTuple):
    """How outputs become pictures: all of a page in one way, or they could not be compared.

    Attributes
    ----------
    image : callable or None
        From outputs to pictures, of the user.
    value_range : (float, float)
        Black and white.
    """

    image: Callable[[Any], Any] | None
    value_range: tuple[float, float]

    @classmethod
    def of(
        cls, walk: Any, image: Callable[[Any], Any] | None, declared: tuple[float, float] | None
    ) -> Pictures:
        """Choose the range: that which the generator declares, or else that of the whole walk."""
        if image is None and declared is not None:
            return cls(image, declared)
        return cls(image, guess_range(walk if image is None else image(walk)))

    def draw(self, outputs: Any) -> Pixels:
        """Make pictures of outputs, none of them too large."""
        pixels = as_pixels(outputs if self.image is None else self.image(outputs), self.value_range)
        size = max(pixels.shape[1:3])
        if pixels.shape[1] == 1 or size <= LARGEST_PICTURE:
            return pixels
        factor = -(-size // LARGEST_PICTURE)
        height, width = (side // factor * factor for side in pixels.shape[1:3])
        blocks = pixels[:, :height, :width].reshape(
            len(pixels), height // factor, factor, width // factor, factor, *pixels.shape[3:]
        )
        return blocks.mean((2, 4)).round().astype(np.uint8)


def write_report(
    path: str | os.PathLike[str],
    content: Content,
    setting: Setting,
    latents: torch.Tensor,
    image: Callable[[Any], Any] | None,
    report: Report,
) -> Path:
    """Write the page; see `LatentDirectionExplorer.report`."""
    names = list(content.effects.attribute_names) if content.effects is not None else []
    pictures = Pictures.of(content.vertices, image, setting.generator.output_range)
    sections = [_walk_section(content, names, pictures)]
    if content.interpretation is not None:
        table = page.interpretation_table(content.interpretation, names)
        sections.append(page.section("Which stretch of the curve is what", TABLE, table))
    strips = []
    for number, one in enumerate(content.directions):
        strips.append(_strip(setting, one, latents, pictures))
        report("drawing directions", number + 1, len(content.directions))
    if content.effects is not None:
        cards = page.direction_cards(content.effects, strips)
        sections.append(page.section("Directions", TOP, cards))
    else:
        cards = page.plain_cards(content.directions, strips)
        sections.append(page.section("Directions", PLAIN, cards))
    if content.comparison is not None:
        table = page.comparison_table(content.comparison)
        sections.append(page.section("Ways to find directions", COMPARISON, table))
    html = page.whole_page(content.title, _facts(setting), sections, NOTES)
    replace_file(path, html.encode())
    return Path(path)


def _facts(setting: Setting) -> str:
    curve = setting.curve
    bits = bitrate_of(curve)
    parts = [
        f"{curve.n_vertices} vertices" + (f" ({bits} bits)" if bits else ""),
        f"{curve.n_features} features",
    ]
    if setting.n_layers:
        parts.append(f"{setting.n_layers} layers")
    state = setting.random_state  # a number makes this page again; what is drawn from it does not
    made = f"; random_state={state}" if isinstance(state, int | np.integer) else ""
    return f"A curve of {', '.join(parts)}{made}."


def _walk_section(content: Content, names: list[str], pictures: Pictures) -> str:
    n_vertices = len(content.vertices)
    shown = np.unique(np.linspace(0, n_vertices - 1, min(n_vertices, MOST_TILES)).round())
    numbers = [int(number) for number in shown]
    changes = outlier = None
    head = ""
    if content.interpretation is not None:
        changes = [names.index(name) for name in content.interpretation["changes"] if name]
        outlier = content.interpretation["outlier"][:n_vertices]
        head = page.legend(names)
    pixels = pictures.draw(content.vertices[numbers])
    tall = np.repeat(pixels, -(-FEWEST_ROWS // pixels.shape[1]) or 1, axis=1)
    tiles = page.walk_tiles(tall, numbers, changes, outlier)
    return page.section("Along the curve", WALK, head + tiles)


def _strip(
    setting: Setting,
    direction: Direction,
    latents: torch.Tensor,
    pictures: Pictures,
) -> tuple[Pixels, list[float]]:
    """Draw latents, a row each, at several strengths of a direction."""
    strengths = shown_strengths(direction)
    vector = torch.from_numpy(np.array(direction.vector))
    moved = [
        shifted(latents, vector, strength, direction.layers, setting.n_layers)
        for strength in strengths
    ]
    numbers = np.repeat(np.arange(len(latents)), len(strengths))
    outputs = setting.runner.outputs(torch.stack(moved, dim=1).flatten(0, 1), names=numbers)
    pixels = pictures.draw(outputs)
    return grid(
        pixels.reshape(len(latents), len(strengths), *pixels.shape[1:]), smallest=FEWEST_ROWS
    ), strengths


def shown_strengths(direction: Direction) -> list[float]:
    """Choose strengths with zero in the middle: as far as is inside, at most two steps.

    Parameters
    ----------
    direction : Direction
        At its strength.
    """
    most = 2 * direction.strength
    low, high = direction.strength_range or (-direction.strength, direction.strength)
    least = 0.01 * direction.strength  # where there is no room at all, show one step
    low = max(low, -most) if low < -least else -direction.strength
    high = min(high, most) if high > least else direction.strength
    half = N_STRENGTHS // 2
    steps = [*np.linspace(low, 0.0, half + 1)[:-1], *np.linspace(0.0, high, half + 1)]
    return [float(step) for step in steps]
