"""
What the directions of a generator do
=====================================

A generator turns latents into images, and nobody knows what a direction in its latent space means.
This example takes one that draws small sprites, learns a curve through its latents, and finds out:
which stretch of the curve is what, which segment changes what, how purely, and how far one may go.

The generator comes along, with a network that reads the factors off its images. For one of your
own, change the next two names, and say what to measure.
"""

# %%
# From the generator to a curve
# -----------------------------
#
# The sprites are of six species, each with its own range of colours, sizes and shapes. Their nine
# latents are mixed with each other, and none of them is a factor.

# sphinx_gallery_thumbnail_number = 3
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skcurve import SFVQ, LatentDirectionExplorer
from skcurve.directions import PCADirections, RandomDirections, SegmentDirections
from skcurve.generators.sprites import ExactSprites, SpriteGenerator, attributes

generator = ExactSprites(species=True)
latents = generator.sample(10_000, random_state=0)
curve = SFVQ(n_bits=5, random_state=0).fit(latents)
explorer = LatentDirectionExplorer(curve, generator, attributes=attributes, random_state=0)

# %%
# A walk along the curve
# ----------------------
#
# These are the sprites at its 32 vertices, in order. Under each is the factor that changes most on
# the way to the next.

images = np.moveaxis(explorer.vertices(), 1, -1) / 2 + 0.5
table = explorer.interpret()
segments = table[table["part"] == "segment"]
names = explorer.attribute_names

figure, axes = plt.subplots(4, 8, figsize=(9, 5.6), layout="constrained")
for number, (ax, image) in enumerate(zip(axes.flat, images, strict=True)):
    ax.imshow(image.clip(0, 1))
    ax.set(xticks=[], yticks=[])
    if number < len(segments):
        ax.set_xlabel(f"{segments['changes'].iloc[number]} →", fontsize="small")

# %%
# The same as a table: the change of each factor along each segment, in standard deviations.

figure, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
changes = segments[[f"change {name}" for name in names]].to_numpy().T
picture = ax.imshow(changes, cmap="RdBu_r", vmin=-3, vmax=3, aspect="auto")
ax.set(xlabel="segment", yticks=range(len(names)), yticklabels=names)
figure.colorbar(picture, label="change (standard deviations)", extend="both")

# %%
# Segments as directions
# ----------------------
#
# Added to *other* latents, does a segment still change what it changed on the curve? Each is tried
# on each of the four layers of the generator, at the strength at which the image changes by a given
# amount: 0.3 of what there is between two sprites that have nothing to do with each other. Those
# flagged as entangled change several things; those flagged as outside would have to leave the
# distribution for it.

layer_ranges = [[0], [1], [2], [3]]
settings = {"amount": 0.3, "n_latents": 8}
effects = explorer.effects_over(None, layer_ranges, **settings)
best = effects.rank(per_attribute=1).turned()
print(best.to_frame()[["layers", "strength", "changes", "effect", "purity", "flags"]].round(2))

# %%
# The best for each factor, named after it, on the same four sprites, both ways. The middle column
# is the sprite itself.


def draw_edits(ax, explorer, latents, direction):
    """Draw four latents moved along a direction, to twice its strength both ways."""
    strengths = np.linspace(-2, 2, 7) * direction.strength
    grid = explorer.traverse(latents[:4], direction, strengths)  # (4, 7, 3, 32, 32)
    ax.imshow(grid.transpose(0, 3, 1, 4, 2).reshape(4 * 32, 7 * 32, 3).clip(-1, 1) / 2 + 0.5)
    ax.set(xticks=[], yticks=[])
    ax.set_title(f"{direction.name}: purity {direction.scores['purity']:.2f}", fontsize="medium")


library = best.to_library()
figure, axes = plt.subplots(3, 3, figsize=(10, 6.6), layout="constrained")
for ax, direction in zip(axes.flat, library.values(), strict=False):
    draw_edits(ax, explorer, latents, direction)

# %%
# Effect and leakage
# ------------------
#
# What each of them does to each factor, over one step, in standard deviations. What a direction is
# named after should be all there is in its row; the rest is leakage. It is most where a layer
# governs several factors of the shape, or eye and hat. These two are on or off, so little changes
# them but a step that leaves the distribution.

figure, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
picture = ax.imshow(best.effects, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
for row, column in np.ndindex(best.effects.shape):
    value = best.effects[row, column].round(2) + 0.0  # no minus before a zero
    ink = "white" if abs(value) > 0.6 else "black"
    ax.text(column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize="small")
ax.set(xticks=range(len(names)), yticks=range(len(library)), yticklabels=list(library))
ax.set_xticklabels(names, rotation=30)
ax.set(xlabel="factor", ylabel="direction")
figure.colorbar(picture, label="effect", extend="both")

# %%
# Taking the leakage out
# ----------------------
#
# Much of the purity is due to the layers: each governs two or three factors. On all layers
# together, the direction of hue changes half of the others, too. What it should not change can be
# taken out of it, since it is known what that is.

mixed = library["hue"].replace(layers=None)
pure = explorer.purify(mixed, keep="hue", n_latents=8)
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for offset, (label, direction) in enumerate({"found": mixed, "purified": pure}.items()):
    measured = explorer.effects(direction, n_latents=8)
    places = np.arange(len(names)) + 0.35 * offset
    ax.bar(places, measured.effects[0], 0.35, label=f"{label}: purity {measured.purity[0]:.2f}")
ax.set(xticks=np.arange(len(names)) + 0.17, ylabel="effect (standard deviations)")
ax.set_title("hue, on all layers", fontsize="medium")
ax.set_xticklabels(names, rotation=30)
ax.axhline(0, color="0.4", linewidth=0.8)
ax.legend()

# %%
# Beside other ways to find directions
# ------------------------------------
#
# All on the same latents, at equal change of the image, on each layer: for how many factors is
# there a direction of purity and effect at least a half? As many random directions are the control.
# They find about as much as the segments here, because the layers do most of the work. What the
# curve has to say beyond that is where on it which factor changes.

finders = {
    "segments": SegmentDirections(curve),
    "components": PCADirections(9),
    "random": RandomDirections(31),
}
comparison = explorer.compare(finders, layer_ranges=layer_ranges, **settings)
columns = ["attributes found", "found inside", "which"]
print(comparison.xs("any of them", level="layers")[columns].to_string())

# %%
# A trained network
# -----------------
#
# The sprites so far are drawn by a program. This is the same with a network like StyleGAN2, trained
# to draw them, on pairs of its eight layers. It is harder: no layer governs a factor alone, and
# most steps change several. :doc:`The benchmark </benchmarks/directions>` has the numbers for both
# generators and more methods.

network = SpriteGenerator()
w = network.sample(10_000, random_state=0)
steps = SFVQ(n_bits=4, random_state=0).fit(w)
trained = LatentDirectionExplorer(steps, network, attributes=attributes, random_state=0)
found = trained.effects_over(None, [(0, 1), (2, 3), (4, 5), (6, 7)], **settings)
found = found.rank(per_attribute=1)
print(found.to_frame()[["layers", "strength", "changes", "effect", "purity", "flags"]].round(2))

figure, axes = plt.subplots(2, 2, figsize=(9, 5.6), layout="constrained")
for ax, direction in zip(axes.flat, found.to_library().values(), strict=False):
    draw_edits(ax, trained, w, direction)

# %%
# Keep them, and show them to somebody
# ------------------------------------
#
# A file of named directions, and a page that needs nothing beside it.

with tempfile.TemporaryDirectory() as folder:
    library.save(Path(folder) / "directions.safetensors")
    page = explorer.report(Path(folder) / "report.html", best, title="Sprites")
    print(f"The page has {page.stat().st_size / 1000:.0f} kB.")

plt.show()
