"""Draws the pictures of the first pages: `python docs/draw_pictures.py [name ...]`.

Each is drawn twice, for light pages and for dark ones, on a ground that is transparent. The site
shows the one that fits (`docs/extensions/picture_pairs.py`). Colours along a curve are those of
viridis, less the end that the ground would swallow; beside them there is one more, vermilion, which
the colour-blind tell from all of these.
"""

import sys
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, make_moons

from skcurve import SFVQ, CurveAugmenter, LatentDirectionExplorer
from skcurve.files import replace_file
from skcurve.generators.sprites import ExactSprites, attributes
from skcurve.solvers import short_order

FOLDER = Path(__file__).parent / "images"
mpl.use("Agg")
mpl.rcParams.update({"font.size": 13, "axes.titlesize": 14, "axes.spines.top": False})


class Theme(NamedTuple):
    """What a picture is drawn with, so that it can be read on its ground."""

    suffix: str
    ink: str
    faint: str
    other: str
    colors: ListedColormap


viridis = mpl.colormaps["viridis"]
LIGHT = Theme(
    "", "#24292f", "#b9c0c8", "#d55e00", ListedColormap(viridis(np.linspace(0, 0.87, 256)))
)
DARK = Theme(
    "-dark", "#e8eaed", "#5b636d", "#d55e00", ListedColormap(viridis(np.linspace(0.22, 1, 256)))
)

pictures: dict[str, Callable[[Theme], Figure]] = {}


def picture(draw: Callable[[Theme], Figure]) -> Callable[[Theme], Figure]:
    """Keep a function that draws a picture under its own name."""
    pictures[draw.__name__] = draw
    return draw


# The data: a cloud in the plane that anybody can see, the digits, and sprites.


@cache
def cloud() -> np.ndarray:
    """Points of a disc and of a ring around it: to fill, to follow, and with a gap between."""
    generator = np.random.default_rng(0)
    on_ring = generator.random(2000) < 0.6
    angle = generator.uniform(0, 2 * np.pi, 2000)
    ring, disc = 2 + 0.18 * generator.normal(size=2000), 0.9 * np.sqrt(generator.random(2000))
    radius = np.where(on_ring, ring, disc)
    return np.stack([1.35 * radius * np.cos(angle), radius * np.sin(angle)], axis=1)


@cache
def curve_of_cloud() -> SFVQ:
    return SFVQ(6, random_state=0).fit(cloud())


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def plane(axes, title="", theme=LIGHT):
    """Axes without numbers, in which a unit is as long this way as that."""
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(title, color=theme.ink)
    return axes


def thread(axes, vertices, theme, width=2.4):
    """Draw a curve, its colour its place."""
    segments = np.stack([vertices[:-1], vertices[1:]], axis=1)
    where = np.linspace(0, 1, len(segments))
    colors = theme.colors(where)
    axes.add_collection(
        LineCollection(segments, colors=colors, lw=width, capstyle="round", zorder=3)
    )


def numbers(axes, places, positions, theme, size=12):
    """Write numbers beside their places on a curve, each in a small box."""
    for place, position in zip(np.atleast_1d(places), positions, strict=True):
        axes.text(
            *position,
            f"{place:g}",
            ha="center",
            va="center",
            fontsize=size,
            fontweight="bold",
            color="white" if theme is LIGHT else "black",
            bbox={"boxstyle": "round,pad=0.25", "fc": theme.ink, "ec": "none"},
            zorder=6,
        )


def number_line(axes, t, theme, marks, last):
    """The curve pulled straight: a bar of colours, and the rows as ticks on it."""
    axes.imshow(
        np.linspace(0, 1, 256)[None], extent=(0, last, -0.5, 0.5), cmap=theme.colors, aspect="auto"
    )
    axes.vlines(t, 0.75, 1.5, color=theme.colors(t / last), lw=0.6, alpha=0.5)
    numbers(axes, marks, [(mark, 0) for mark in marks], theme)
    axes.set(xlim=(-1.5, last + 1.5), ylim=(-0.6, 1.6))
    axes.axis("off")


@picture
def landing(theme):
    """A cloud, threaded by a curve; and the curve pulled straight."""
    X, sfvq = cloud(), curve_of_cloud()
    t = sfvq.transform(X)[:, 0]
    figure = Figure(figsize=(8, 5.4), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(6, 1))
    plane(above)
    above.scatter(*X.T, c=t, cmap=theme.colors, s=5, alpha=0.4, lw=0)
    thread(above, sfvq.codebook_, theme, 3)
    marks = [0, 16, 32, 48, 63]
    numbers(above, marks, sfvq.codebook_[marks], theme)
    number_line(below, t, theme, marks, 63)
    return figure


# What is a space-filling curve of my data? One picture a step.


@picture
def step_points(theme):
    X = cloud()
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = plane(figure.subplots())
    axes.scatter(*X.T, s=5, color=theme.ink, alpha=0.35, lw=0)
    row = X[7]
    axes.scatter(*row, s=60, color=theme.other, zorder=4)
    axes.annotate(
        f"one row of the table: ({row[0]:.2f}, {row[1]:.2f})",
        row,
        xytext=(0.99, 0.93),
        textcoords="axes fraction",
        ha="right",
        color=theme.ink,
        arrowprops={"arrowstyle": "-", "color": theme.other},
    )
    return figure


@picture
def step_codebook(theme):
    X, vertices = cloud(), curve_of_cloud().at_bitrate(4).codebook_
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = plane(figure.subplots())
    nearest = np.linalg.norm(X[:, None] - vertices, axis=2).argmin(axis=1)
    lines = np.stack([X, vertices[nearest]], axis=1)[::3]
    axes.add_collection(LineCollection(lines, colors=theme.faint, lw=0.6, zorder=1))
    axes.scatter(*X.T, s=4, color=theme.ink, alpha=0.35, lw=0)
    axes.scatter(*vertices.T, s=70, color=theme.other, zorder=4)
    return figure


@picture
def step_order(theme):
    vertices = curve_of_cloud().at_bitrate(4).codebook_
    figure = Figure(figsize=(7, 3.3), layout="constrained")
    orders = {
        "in the order they came": np.random.default_rng(3).permutation(16),
        "in the order of a curve": np.arange(16),
    }
    for axes, (title, order) in zip(figure.subplots(1, 2), orders.items(), strict=True):
        ordered = vertices[order]
        step = np.linalg.norm(np.diff(ordered, axis=0), axis=1).mean()
        plane(axes, f"{title}:\na step is {step:.1f} long", theme)
        axes.scatter(*cloud().T, s=2, color=theme.faint, lw=0)
        thread(axes, ordered, theme)
        numbers(axes, np.arange(16), ordered, theme, 10)
    return figure


@picture
def step_curve(theme):
    X, sfvq = cloud(), curve_of_cloud()
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = plane(figure.subplots())
    lines = np.stack([X, sfvq.quantize(X)], axis=1)[::3]
    axes.add_collection(LineCollection(lines, colors=theme.faint, lw=0.8, zorder=1))
    axes.scatter(*X.T, s=4, color=theme.ink, alpha=0.35, lw=0)
    thread(axes, sfvq.codebook_, theme)
    return figure


@picture
def step_growth(theme):
    X, sfvq = cloud(), curve_of_cloud()
    figure = Figure(figsize=(7, 1.9), layout="constrained")
    for axes, (bits, vertices) in zip(figure.subplots(1, 5), sfvq.codebooks_.items(), strict=True):
        plane(axes, f"{bits} bits", theme)
        axes.scatter(*X.T, s=1.5, color=theme.faint, lw=0)
        thread(axes, vertices, theme, 1.8)
    return figure


@picture
def step_number(theme):
    X, sfvq = cloud(), curve_of_cloud()
    t = sfvq.transform(X)[:, 0]
    some = [np.abs(t - place).argmin() for place in (10.4, 24.2, 35.7, 50.1)]
    figure = Figure(figsize=(7, 4.6), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(5, 1))
    plane(above)
    above.scatter(*X.T, c=t, cmap=theme.colors, s=5, alpha=0.5, lw=0)
    thread(above, sfvq.codebook_, theme, 1.6)
    numbers(above, t[some].round(1), X[some], theme)
    number_line(below, t, theme, t[some].round(1), 63)
    return figure


def images_in_order(vertices, n_columns, theme, size, numbered=True):
    """Images of 8 x 8 pixels, row by row, in frames of their colours along the curve."""
    n_rows = len(vertices) // n_columns
    figure = Figure(figsize=size, layout="constrained")
    cells = figure.subplots(n_rows, n_columns).ravel()
    for number, (axes, vertex) in enumerate(zip(cells, vertices, strict=True)):
        axes.imshow(vertex.reshape(8, 8), cmap="gray", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[])
        if numbered:
            axes.set_xlabel(number, color=theme.ink, labelpad=2, fontsize=11)
        color = theme.colors(number / (len(vertices) - 1))
        for spine in axes.spines.values():
            spine.set(visible=True, color=color, linewidth=3)
    return figure


@picture
def step_walk(theme):
    vertices = SFVQ(5, random_state=0).fit(digits()[0]).codebook_
    return images_in_order(vertices, 8, theme, (7, 4.6))


@cache
def edits() -> np.ndarray:
    """Sprites that the purest of the segments for the size moves, (4, 5, 32, 32, 3)."""
    sprites = ExactSprites(species=True)
    curve = SFVQ(5, random_state=0).fit(sprites.sample(20_000, random_state=0))
    explorer = LatentDirectionExplorer(curve, sprites, attributes=attributes, random_state=0)
    ranges = [(layer, layer) for layer in range(4)]
    effects = explorer.effects_over(None, ranges, amount=0.3, n_latents=16)
    best = effects.rank(per_attribute=1).to_library()
    direction = best["size"]
    latents = sprites.sample(40, random_state=5)[[0, 7, 13, 22]]
    moved = explorer.traverse(latents, direction, strengths=np.array([-2, -1, 0, 1, 2.0]))
    return moved.transpose(0, 1, 3, 4, 2) / 2 + 0.5


def grid_of_sprites(images, theme, size, titles=()):
    figure = Figure(figsize=size, layout="constrained")
    for row, pictures_of_row in enumerate(figure.subplots(*images.shape[:2], squeeze=False)):
        for column, axes in enumerate(pictures_of_row):
            axes.imshow(images[row, column].clip(0, 1))
            axes.axis("off")
            if row == 0 and titles:
                axes.set_title(titles[column], color=theme.ink)
    return figure


@picture
def step_direction(theme):
    return grid_of_sprites(
        edits()[:3], theme, (7, 4.4), ["2 steps back", "1 back", "as it is", "1 on", "2 on"]
    )


def samples_of_stretch(theme, size):
    X, sfvq = cloud(), curve_of_cloud()
    augmenter = CurveAugmenter(sfvq, jitter=0.7, random_state=0).fit(X)
    new = augmenter.sample(150, slice(6, 14)).latents
    figure = Figure(figsize=size, layout="constrained")
    axes = plane(figure.subplots())
    axes.scatter(*X.T, s=4, color=theme.faint, lw=0)
    thread(axes, sfvq.codebook_, theme, 1.6)
    axes.scatter(*new.T, s=9, color=theme.other, lw=0, zorder=5)
    numbers(axes, [6, 14], sfvq.codebook_[[6, 14]], theme)
    return figure


@picture
def step_samples(theme):
    return samples_of_stretch(theme, (7, 3.6))


@picture
def step_limits(theme):
    """A tear, a gap and a fork: what one line cannot do."""
    generator = np.random.default_rng(0)
    square = generator.uniform(-1, 1, (3000, 2))
    moons = make_moons(3000, noise=0.06, random_state=0)[0]
    way = generator.uniform(0, 1, (3000, 1))
    arms = np.array([[0, -1], [-0.9, 0.8], [0.9, 0.8]])[generator.integers(3, size=3000)]
    fork = way * arms + generator.normal(0, 0.05, (3000, 2))
    figure = Figure(figsize=(7, 2.9), layout="constrained")
    shapes = {"a tear": square, "a gap": moons, "a fork": fork}
    for axes, (title, X) in zip(figure.subplots(1, 3), shapes.items(), strict=True):
        plane(axes, title, theme)
        sfvq = SFVQ(5, random_state=0).fit(X)
        axes.scatter(*X.T, s=2, color=theme.faint, lw=0)
        thread(axes, sfvq.codebook_, theme)
        if title == "a tear":
            near, t = torn(X, sfvq)
            numbers(axes, t.round(1), X[near], theme, 10)
    return figure


def torn(X, sfvq):
    """Two rows that are near in the plane and as far apart on the curve as any such two."""
    t = sfvq.transform(X)[:, 0]
    inner = np.flatnonzero(np.abs(X).max(axis=1) < 0.8)
    apart = np.linalg.norm(X[inner, None] - X[inner], axis=2)
    score = np.where((apart < 0.32) & (apart > 0.28), np.abs(t[inner, None] - t[inner]), 0)
    near = inner[list(np.unravel_index(score.argmax(), score.shape))]
    return near, t[near]


# The cards of the landing page: one picture a task.

CARD = (4, 2.3)


@picture
def card_quantise(theme):
    vertices = SFVQ(5, random_state=0).fit(digits()[0]).codebook_
    return images_in_order(vertices, 8, theme, CARD, numbered=False)


@picture
def card_order(theme):
    centers = KMeans(20, n_init=4, random_state=0).fit(digits()[0]).cluster_centers_
    order = short_order(torch.from_numpy(centers)).numpy()
    figure = Figure(figsize=CARD, layout="constrained")
    orders = {"as they came": np.arange(20), "in order": order}
    for axes, (title, chosen) in zip(figure.subplots(1, 2), orders.items(), strict=True):
        ordered = centers[chosen]
        apart = np.linalg.norm(ordered[:, None] - ordered, axis=2)
        axes.imshow(apart, cmap="viridis")
        axes.set(xticks=[], yticks=[])
        axes.set_title(title, color=theme.ink)
    return figure


@picture
def card_directions(theme):
    return grid_of_sprites(edits()[:3], theme, CARD)


@picture
def card_samples(theme):
    return samples_of_stretch(theme, CARD)


@picture
def card_scale(theme):
    """Squares whose areas are bytes: those of docs/scaling.md, measured."""
    figure = Figure(figsize=CARD, layout="constrained")
    axes = plane(figure.subplots())
    side = (243 / 1024 / 100) ** 0.5
    axes.add_patch(mpl.patches.Rectangle((0, 0), 1, 1, color=theme.faint, lw=0))
    axes.add_patch(mpl.patches.Rectangle((1.1, 0), side, side, color=theme.other, lw=0))
    axes.text(0.5, 0.5, "100 GiB\nof rows", ha="center", va="center", color=theme.ink)
    axes.text(1.1, 0.1, "243 MiB\nof memory", color=theme.ink)
    axes.set(xlim=(-0.05, 1.85), ylim=(-0.05, 1.05))
    return figure


@picture
def card_network(theme):
    """An encoder, the curve, a decoder."""
    figure = Figure(figsize=CARD, layout="constrained")
    axes = plane(figure.subplots())
    for corners, name, place in [
        ([(0, 0), (1, 0.35), (1, 0.85), (0, 1.2)], "encoder", 0.46),
        ([(3.2, 0), (2.2, 0.35), (2.2, 0.85), (3.2, 1.2)], "decoder", 2.74),
    ]:
        axes.add_patch(mpl.patches.Polygon(corners, color=theme.faint, lw=0))
        axes.text(place, 0.6, name, ha="center", va="center", color=theme.ink)
    vertices = SFVQ(5, random_state=0).fit(cloud()).codebook_
    thread(axes, vertices * 0.15 + [1.6, 0.6], theme, 1.6)
    axes.set(xlim=(-0.05, 3.25), ylim=(0, 1.2))
    return figure


SHADED = {"landing", "step_number"}  # a bar of all colours, in which 256 would show as steps


def png(figure: Figure, colors: int | None) -> bytes:
    """Draw a figure on a ground that is transparent; in few colours it has a third of the bytes."""
    drawn = BytesIO()
    figure.savefig(drawn, dpi=140, transparent=True)
    if colors is None:
        return drawn.getvalue()
    image = Image.open(drawn)
    small = BytesIO()
    image.quantize(colors, Image.Quantize.FASTOCTREE).save(small, format="png", optimize=True)
    return small.getvalue()


def main(names: list[str]) -> None:
    for name in names or pictures:
        for theme in (LIGHT, DARK):
            drawn = png(pictures[name](theme), None if name in SHADED else 256)
            replace_file(FOLDER / f"{name}{theme.suffix}.png", drawn)
        print(name)


if __name__ == "__main__":
    main(sys.argv[1:])
