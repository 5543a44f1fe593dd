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

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from skcurve import SFVQ, LatentDirectionExplorer
from skcurve.directions import PCADirections, RandomDirections, SegmentDirections
from skcurve.generators.sprites import SpriteGenerator, attributes

generator = SpriteGenerator()
latents = generator.sample(10_000, random_state=0)
curve = SFVQ(n_bits=4, random_state=0).fit(latents)
explorer = LatentDirectionExplorer(curve, generator, attributes=attributes, random_state=0)

# %%
# A walk along the curve
# ----------------------
#
# These are the sprites at its 16 vertices, in order. Between them, the colour says which factor
# changes most on the way.

images = np.moveaxis(explorer.vertices(), 1, -1) / 2 + 0.5
table = explorer.interpret()
segments = table[table["part"] == "segment"]
names = explorer.attribute_names

figure, axes = plt.subplots(2, 8, figsize=(9, 3), layout="constrained")
for number, (ax, image) in enumerate(zip(axes.flat, images, strict=True)):
    ax.imshow(image.clip(0, 1))
    ax.set(xticks=[], yticks=[])
    if number < len(segments):
        ax.set_xlabel(f"{segments['changes'].iloc[number]} →", fontsize="small")
figure.suptitle("Along the curve: what changes most on the way to the next")

# %%
# The same as a table: the change of each factor along each segment, in standard deviations.

figure, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
changes = segments[[f"change {name}" for name in names]].to_numpy().T
picture = ax.imshow(changes, cmap="RdBu_r", vmin=-3, vmax=3, aspect="auto")
ax.set(xlabel="segment", yticks=range(len(names)), yticklabels=names)
figure.colorbar(picture, label="change (standard deviations)")

# %%
# Segments as directions
# ----------------------
#
# Added to *other* latents, does a segment still change what it changed on the curve? Each is tried
# on all eight layers and on either half of them, at the strength at which the image changes by a
# given amount. Those flagged as entangled change several things; those flagged as outside would
# have to leave the distribution for it.

layer_ranges = [None, (0, 3), (4, 7)]
effects = explorer.effects_over(None, layer_ranges, amount=0.15, n_latents=8)
best = effects.rank(per_attribute=1)
print(best.to_frame()[["layers", "strength", "changes", "effect", "purity", "flags"]].round(2))

# %%
# The best for each factor, named after it, on the same four sprites. The middle column is the
# sprite itself.

library = best.to_library()
shown = list(library.values())[:4]
figure, axes = plt.subplots(2, 2, figsize=(9, 5.6), layout="constrained")
for ax, direction in zip(axes.flat, shown, strict=False):
    strengths = np.linspace(-2, 2, 7) * direction.strength
    grid = explorer.traverse(latents[:4], direction, strengths)  # (4, 7, 3, 32, 32)
    ax.imshow(grid.transpose(0, 3, 1, 4, 2).reshape(4 * 32, 7 * 32, 3).clip(-1, 1) / 2 + 0.5)
    ax.set(xticks=[], yticks=[])
    purity = direction.scores["purity"]
    ax.set_title(f"{direction.name}: purity {purity:.2f}", fontsize="medium")

# %%
# Taking the leakage out
# ----------------------
#
# What a direction should not change can be taken out of it, since it is known what that is.

mixed = shown[-1]
pure = explorer.purify(mixed, n_latents=8)
figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for offset, (label, direction) in enumerate({"found": mixed, "purified": pure}.items()):
    measured = explorer.effects(direction, n_latents=8)
    places = np.arange(len(names)) + 0.35 * offset
    ax.bar(places, measured.effects[0], 0.35, label=f"{label}: purity {measured.purity[0]:.2f}")
ax.set(xticks=np.arange(len(names)) + 0.17, ylabel="effect (standard deviations)")
ax.set_xticklabels(names, rotation=30)
ax.axhline(0, color="0.4", linewidth=0.8)
ax.legend()

# %%
# Beside other ways to find directions
# ------------------------------------
#
# All on the same latents, at equal change of the image. The table says whatever comes out: for how
# many factors there is a direction of purity and effect at least a half.

finders = {
    "segments": SegmentDirections(curve),
    "components": PCADirections(15),
    "random": RandomDirections(15),
}
comparison = explorer.compare(finders, layer_ranges=[None, (0, 3)], amount=0.15, n_latents=8)
print(comparison[["attributes found", "found inside", "which", "median purity"]].round(2))

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
