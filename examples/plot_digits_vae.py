"""
A curve through a variational autoencoder
=========================================

What works for a GAN works for any generator. Here it is the decoder of a small variational
autoencoder, trained on the spot on the handwritten digits of scikit-learn. A curve through its
latents puts the digits in order; its segments are measured as directions, named and tried out.
"""

# %%
# A small autoencoder
# -------------------
#
# The encoder gives a mean and a deviation for each of 8 latents, the decoder an image of 8 by 8
# pixels. They learn in seconds.

# sphinx_gallery_thumbnail_number = 3
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from skcurve import SFVQ, LatentDirectionExplorer
from skcurve.metrics import neighbor_agreement
from skcurve.plotting import CodebookDisplay

N_LATENTS, N_STEPS = 8, 2500

X, y = load_digits(return_X_y=True)
pixels = torch.from_numpy(X / 16).float()


def perceptron(n_inputs, n_outputs):
    return nn.Sequential(
        nn.Linear(n_inputs, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
        nn.Linear(128, n_outputs),
    )  # fmt: skip


torch.manual_seed(0)
encoder = perceptron(64, 2 * N_LATENTS)
decoder = nn.Sequential(perceptron(N_LATENTS, 64), nn.Sigmoid())
optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
for _ in range(N_STEPS):
    batch = pixels[torch.randint(len(pixels), (128,))]
    mean, log_variance = encoder(batch).chunk(2, dim=1)
    latents = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
    error = nn.functional.binary_cross_entropy(decoder(latents), batch, reduction="none")
    divergence = (mean**2 + log_variance.exp() - log_variance - 1) / 2
    loss = error.sum(1).mean() + divergence.sum(1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

decoder.eval()
with torch.no_grad():
    latents = encoder(pixels)[:, :N_LATENTS].numpy()
print(f"{loss:.1f} nats an image")

# %%
# A curve through its latents
# ---------------------------
#
# It is learnt from the latents of the digits, and what the decoder makes of its 64 vertices is
# drawn. Under each image is the digit that is most common around it.

sfvq = SFVQ(n_bits=6, random_state=0).fit(latents)
CodebookDisplay.from_estimator(sfvq, decoder=decoder, image_shape=(8, 8), X=latents, y=y)
print(f"The next digit along the curve is the same: {neighbor_agreement(sfvq, latents, y):.0%}")

# %%
# What to measure
# ---------------
#
# Attributes can be any numbers. These say of an image how much ink there is, how wide and how tall
# it is spread, how far it leans, and how much of the ink is in the upper half and in the middle.

NAMES = ["ink", "width", "height", "slant", "upper half", "middle"]
places = np.arange(8) - 3.5


def attributes(images):
    """Measure (n, 64) images: (n, 6) numbers."""
    images = np.asarray(images).reshape(-1, 8, 8)
    ink = images.sum((1, 2))
    share = images / ink[:, None, None]
    along_x, along_y = share.sum(1), share.sum(2)
    x = places - (along_x @ places)[:, None]
    y = places - (along_y @ places)[:, None]
    wide, tall = (along_x * x**2).sum(1), (along_y * y**2).sum(1)
    slant = -np.einsum("nij,ni,nj->n", share, y, x) / tall  # rows count downwards
    middle = share[:, 3:5, 3:5].sum((1, 2))
    return np.stack(
        [ink, np.sqrt(wide), np.sqrt(tall), slant, along_y[:, :4].sum(1), middle], axis=1
    )


explorer = LatentDirectionExplorer(
    sfvq, decoder, attributes=attributes, attribute_names=NAMES, latents=latents, random_state=0
)

# %%
# Along the curve
# ---------------
#
# A walk in steps of an eighth of a segment, with one line an attribute, in standard deviations.
# The digits that are around each stretch are written above it.

walk = explorer.walk(0.125)
measured = attributes(walk.outputs)
measured = (measured - measured.mean(0)) / measured.std(0)
nearest = sfvq.curve_.project(latents).segment
common = [
    np.bincount(y[nearest == segment], minlength=10).argmax() if (nearest == segment).any() else -1
    for segment in range(sfvq.curve_.n_segments)
]

figure, axes = plt.subplots(len(NAMES), 1, figsize=(9, 6), sharex=True, layout="constrained")
for ax, name, values in zip(axes, NAMES, measured.T, strict=True):
    ax.plot(walk.coordinate, values, color="0.2")
    ax.set_ylabel(name, rotation=0, ha="right", va="center")
    ax.set(yticks=[])
    for segment, digit in enumerate(common):
        ax.axvspan(segment, segment + 1, color=plt.cm.tab10(digit), alpha=0.25, linewidth=0)
for segment, digit in enumerate(common):
    if digit >= 0 and (segment == 0 or common[segment - 1] != digit):
        axes[0].text(segment, 1.02, digit, transform=axes[0].get_xaxis_transform())
axes[-1].set(xlabel="vertex", xlim=(0, sfvq.curve_.n_segments))

# %%
# Segments as directions
# ----------------------
#
# Each segment is added to other digits, at the strength that changes the image by a given amount,
# and measured. The best for each attribute is named after it. Hardly any changes one thing alone:
# where one digit turns into another, several change together. Since it is known what they are, the
# others can be taken out.

best = explorer.rank(amount=0.3, per_attribute=1)
library = best.to_library()
purer = [explorer.purify(direction) for direction in library.values()]
for direction, before, after in zip(
    library.values(), best.purity, explorer.effects(purer).purity, strict=True
):
    print(f"{direction.name}: purity {before:.2f}, and {after:.2f} without the others")

# %%
# Four digits moved along the first four, as they were found, both ways. The middle column is the
# digit itself.

some = latents[[np.flatnonzero(y == digit)[3] for digit in (0, 3, 6, 7)]]
figure, axes = plt.subplots(2, 2, figsize=(8, 5.2), layout="constrained")
for ax, direction in zip(axes.flat, library.values(), strict=False):
    strengths = np.linspace(-2, 2, 7) * direction.strength
    grid = explorer.traverse(some, direction, strengths).reshape(4, 7, 8, 8)
    grid = np.pad(grid, [(0, 0), (0, 0), (1, 1), (1, 1)])
    ax.imshow(grid.transpose(0, 2, 1, 3).reshape(40, 70), cmap="gray_r", vmin=0, vmax=1)
    ax.set(xticks=[], yticks=[])
    ax.set_title(f"{direction.name}: purity {direction.scores['purity']:.2f}", fontsize="medium")

plt.show()
