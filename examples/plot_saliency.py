"""
A generator that teaches to segment
===================================

A direction that recolours the background tells it from what is in front: so a generator can label
its own samples, and a network that learns from these finds the object on images that no generator
made. Not one label is needed. Here the generator draws sprites, whose true masks are known, and the
images to segment are fresh renders.
"""

import matplotlib.pyplot as plt
import numpy as np

from skcurve import SFVQ, LatentDirectionExplorer
from skcurve.generators.sprites import FACTORS, ExactSprites, render, sample_factors
from skcurve.saliency import MaskMaker, SaliencySegmenter, find_background_direction, iou

sprites = ExactSprites(species=True)
curve = SFVQ(n_bits=4, random_state=0).fit(sprites.sample(3000, random_state=0))
explorer = LatentDirectionExplorer(curve, sprites, random_state=0)

# %%
# The direction
# -------------
# Segments of the curve, principal components and the best mixture of all are tried, on all layers,
# on each half and on each quarter of them. The one that changes the border of the images most
# against their centre comes first.

found = find_background_direction(explorer, n_latents=8)
print(found)
print(found.to_frame().head(5).round(3))

# %%
# Masks
# -----
# What changes as the border does, when the latent is moved, is the background.

maker = MaskMaker(explorer, found, random_state=0)
pairs = maker.make(300)
print(f"{len(pairs.images)} pairs; left out: {pairs.rejected}")


def picture(images):
    return np.clip((np.asarray(images).transpose(0, 2, 3, 1) + 1) / 2, 0, 1)


strength = maker.direction.strength
moved = explorer.traverse(pairs.latents[:6], maker.direction, [-strength, strength])
rows = [picture(pairs.images[:6]), picture(moved[:, 0]), picture(moved[:, 1]), pairs.masks[:6]]
figure, axes = plt.subplots(len(rows), 6, figsize=(7, 5.2))
for line, images, name in zip(axes, rows, ["sample", "one way", "the other", "mask"], strict=True):
    for ax, image in zip(line, images, strict=True):
        ax.imshow(image, cmap="gray")
        ax.set(xticks=[], yticks=[])
    line[0].set_ylabel(name)
figure.suptitle(f"{maker.direction.name}: what changes as the border does is the background")
figure.tight_layout()

# %%
# The segmenter
# -------------
# It learns from the pairs alone, and is tested on renders. On these it has never been told where
# the sprite is.

segmenter = SaliencySegmenter(8, max_epochs=8, random_state=0).fit(pairs.images, pairs.masks)
factors, _ = sample_factors(200, random_state=1)
images = render(factors)
black, white = factors.copy(), factors.copy()
black[:, FACTORS.index("background")], white[:, FACTORS.index("background")] = 0, 1
truth = (render(white) - render(black)).mean(1) <= 1  # where the ground does not show through
scores = segmenter.predict_proba(images)
print(f"IoU on renders: {iou(truth, scores):.3f}")

rows = [picture(images[:6]), scores[:6], truth[:6]]
figure, axes = plt.subplots(len(rows), 6, figsize=(7, 4))
for line, shown, name in zip(axes, rows, ["render", "score", "truth"], strict=True):
    for ax, image in zip(line, shown, strict=True):
        ax.imshow(image, cmap="gray", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
    line[0].set_ylabel(name)
figure.suptitle("Images that no generator made")
figure.tight_layout()
plt.show()
