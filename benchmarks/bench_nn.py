"""Inside a network: what does the curve do for a VQ-VAE, and what does a step cost?

A small autoencoder is trained with each quantiser between its halves: the same network, the same
rows in the same order, the same steps of Adam (learning rate 1e-3), five seeds.

- *Digits*: the 1,797 handwritten digits of scikit-learn (297 of them to test with), one latent of 8
  features for each, 6 bits, 800 batches of 64. Two dense layers on each side.
- *Sprites*: 2,048 rendered sprites (256 to test with), a grid of 4 × 4 latents of 8 features for
  each, 8 bits, 300 batches of 16. Three convolutions on each side.

*Error* is the mean squared error of the test pictures. *Perplexity* and *dead* say how many
segments or codebook vectors the training pictures use, and how many none of them uses. *Smoothness*
is the mean distance of neighbours in the codebook over that of any two: small where its order means
something, 1 where there is none. The names of other packages' layers are theirs; settings are in
`benchmarks/peers/layers.py`. Without a word, `SpaceFillingVQ` is at its defaults: gradient "diveq",
statistics with `ema=0.9`.

A step of the layer alone, forward, backward, Adam and update, is timed at 10 bits on 1,024 latents
of 16 features, contenders taking turns. One thread throughout.

The figures below were taken while other work shared the machine: ratios of contenders that took
turns can be compared, milliseconds cannot.
"""

from __future__ import annotations

import io
import statistics
from collections.abc import Callable
from time import process_time
from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import torch
from data import digits
from peers.layers import ROSTER, Layer, Named
from report import PAGES, Report, Spread, Table, wants_quick
from timing import take_turns
from torch import nn

from skcurve import PolylineCurve
from skcurve.files import replace_file
from skcurve.generators.sprites import render, sample_factors
from skcurve.metrics import perplexity, smoothness_ratio

SEEDS = (0, 1, 2, 3, 4)
DIM = 8
LEARNING_RATE = 1e-3
STEP_BITS, STEP_ROWS, STEP_DIM = 10, 1024, 16
SHOWN = ("SpaceFillingVQ", "diveq SFDIVEQ", "vector-quantize-pytorch, EMA")


class Scene(NamedTuple):
    """Pictures, the halves of a network for them, and how long to train."""

    name: str
    train: torch.Tensor
    test: torch.Tensor
    halves: Callable[[], tuple[nn.Module, nn.Module]]
    n_bits: int
    n_steps: int
    batch_size: int


class Outcome(NamedTuple):
    """What is measured of a trained network."""

    error: float
    perplexity: float
    dead: float
    smoothness: float
    milliseconds: float


def main() -> None:
    """Train with every quantiser, and time a step."""
    quick = wants_quick(__doc__)
    torch.set_num_threads(1)
    seeds = SEEDS[:1] if quick else SEEDS
    report = Report("nn", __doc__, quick)
    for scene in scenes(quick):
        compare(report, scene, seeds, quick)
    time_steps(report, quick)
    if not quick:
        report.tell(
            "The codebook, decoded in its order",
            "The digits that the 64 codebook vectors stand for, row by row, with the first seed: "
            "along the curve one turns into the next.\n\n"
            "![Decoded codebooks](images/nn_codebook.png)",
        )
    report.publish()


def scenes(quick: bool) -> list[Scene]:
    """Make the data."""
    split = digits(seed=0)
    scale = 20 if quick else 1
    factors, _ = sample_factors(2048 + 256, random_state=0)
    sprites = torch.as_tensor(render(factors)) / 2 + 0.5
    numbers = [torch.from_numpy(part) for part in (split.train, split.test)]
    return [
        Scene("Digits", *numbers, dense_halves, 6, 800 // scale, 64),
        Scene("Sprites", sprites[:2048], sprites[2048:], conv_halves, 8, 300 // scale, 16),
    ]


def dense_halves() -> tuple[nn.Module, nn.Module]:
    """An encoder of 64 pixels to one latent, and its decoder."""
    encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, DIM))
    decoder = nn.Sequential(nn.Linear(DIM, 128), nn.ReLU(), nn.Linear(128, 64))
    return encoder, decoder


def conv_halves() -> tuple[nn.Module, nn.Module]:
    """An encoder of 32 × 32 pixels to 4 × 4 latents, features last, and its decoder."""
    encoder = nn.Sequential(
        nn.Conv2d(3, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1), nn.ReLU(),
        nn.Conv2d(32, DIM, 4, 2, 1), FeaturesLast(),
    )  # fmt: skip
    decoder = nn.Sequential(
        FeaturesFirst(), nn.ConvTranspose2d(DIM, 32, 4, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(16, 3, 4, 2, 1),
    )  # fmt: skip
    return encoder, decoder


class FeaturesLast(nn.Module):
    """(n, D, h, w) to (n, h, w, D)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.movedim(1, -1)


class FeaturesFirst(nn.Module):
    """And back."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.movedim(-1, 1)


class Autoencoder(nn.Module):
    """An encoder, a quantiser and a decoder."""

    def __init__(self, scene: Scene, layer: Layer) -> None:
        super().__init__()
        self.encoder, self.decoder = scene.halves()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | float, torch.Tensor]:
        """Give pictures again, a loss to add, and indices."""
        latents = self.encoder(x)
        quantized, loss, index = self.layer(latents.reshape(-1, DIM))
        return self.decoder(quantized.reshape(latents.shape)), loss, index


def trained(scene: Scene, named: Named, seed: int) -> tuple[Autoencoder, float]:
    """Train; give the network, and milliseconds of processor time a step."""
    torch.manual_seed(seed)
    network = Autoencoder(scene, named.make(scene.n_bits, DIM, scene.n_steps))
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    order = torch.Generator().manual_seed(seed)
    began = process_time()
    for _ in range(scene.n_steps):
        chosen = torch.randint(len(scene.train), (scene.batch_size,), generator=order)
        batch = scene.train[chosen]
        again, loss, _ = network(batch)
        optimizer.zero_grad()
        ((again - batch).square().mean() + loss).backward()
        optimizer.step()
        network.layer.after_step()
    return network.eval(), (process_time() - began) / scene.n_steps * 1e3


@torch.no_grad()
def measured(network: Autoencoder, scene: Scene, milliseconds: float) -> Outcome:
    """Measure on pictures that it has not seen, and its usage on those that it has."""
    error = float((network(scene.test)[0] - scene.test).square().mean())
    codebook = network.layer.codebook
    curve = hasattr(network.layer.layer, "to_estimator")
    index = network(scene.train)[2].reshape(-1)
    counts = torch.bincount(index, minlength=len(codebook) - curve)
    return Outcome(
        error,
        float(perplexity(counts.double().numpy())),
        float((counts == 0).sum()),
        float(smoothness_ratio(PolylineCurve(codebook.numpy().copy()))),
        milliseconds,
    )


def compare(report: Report, scene: Scene, seeds: tuple[int, ...], quick: bool) -> None:
    """Train with every quantiser, and note whether the best of ours is as good as any."""
    table = Table(
        f"{scene.name}, {scene.n_bits} bits",
        ["quantiser", "error", "perplexity", "dead", "smoothness", "ms a step"],
        better={"error": "small", "smoothness": "small"},
        note="Milliseconds are processor time of the whole network, each trained in its turn: "
        "the table of steps below compares speed.",
    )
    errors: dict[str, float] = {}
    shown: dict[str, torch.Tensor] = {}
    for named in ROSTER:
        outcomes = []
        for seed in seeds:
            network, milliseconds = trained(scene, named, seed)
            outcomes.append(measured(network, scene, milliseconds))
            if scene.name == "Digits" and seed == seeds[0] and named.name in SHOWN:
                with torch.no_grad():
                    shown[named.name] = network.decoder(network.layer.codebook)
        errors[named.name] = statistics.fmean(outcome.error for outcome in outcomes)
        table.add(named.name, *(Spread(values) for values in zip(*outcomes, strict=True)))
    report.show(table)
    best = min(errors[named.name] for named in ROSTER if not named.ours)
    report.at_most(
        f"{scene.name}: error of SpaceFillingVQ over that of the best of the others",
        errors["SpaceFillingVQ"] / best, 1.0,
    )  # fmt: skip
    if shown and not quick:
        draw(shown)


def time_steps(report: Report, quick: bool) -> None:
    """Time a step of each layer alone."""
    n_bits = 4 if quick else STEP_BITS
    table = Table(
        f"A step of the layer alone, {n_bits} bits", ["quantiser", "ms", "times SpaceFillingVQ"],
        better={"ms": "small"},
    )  # fmt: skip
    steps = {named.name: step_of(named, n_bits) for named in ROSTER}
    timings = take_turns(steps, rounds=1 if quick else 7)
    for name in steps:
        ratio = timings.ratio(name, "SpaceFillingVQ")
        table.add(name, timings.median(name) * 1e3, ratio)
    report.show(table)
    for name in ("diveq SFDIVEQ", "diveq DIVEQ"):
        target = f"a step of SpaceFillingVQ over one of {name}, {n_bits} bits"
        report.below(target, timings.ratio("SpaceFillingVQ", name), 1.0)


def step_of(named: Named, n_bits: int) -> Callable[[], None]:
    """Give a step of training of a layer whose encoder is a scale."""
    torch.manual_seed(0)
    layer = named.make(n_bits, STEP_DIM, 10)
    rows = torch.randn(STEP_ROWS, STEP_DIM)
    scale = nn.Parameter(torch.ones(STEP_DIM))
    optimizer = torch.optim.Adam([scale, *layer.parameters()], lr=LEARNING_RATE)

    def step() -> None:
        quantized, loss, _ = layer(rows * scale)
        optimizer.zero_grad()
        ((quantized - rows).square().mean() + loss).backward()
        optimizer.step()
        layer.after_step()

    for _ in range(3):  # the codebook begins
        step()
    return step


def draw(decoded: dict[str, torch.Tensor]) -> None:
    """Draw the decoded codebooks in their order."""
    figure, axes = plt.subplots(1, len(decoded), figsize=(9.0, 3.4), layout="constrained")
    for axis, (name, pictures) in zip(axes, decoded.items(), strict=True):
        side = int(len(pictures) ** 0.5)
        tiles = pictures.clamp(0, 1).reshape(side, side, 8, 8)
        framed = nn.functional.pad(tiles, (1, 1, 1, 1), value=0.5)
        sheet = framed.permute(0, 2, 1, 3).reshape(side * 10, side * 10)
        axis.imshow(sheet, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        axis.set_title(name, fontsize=10)
        axis.set_axis_off()
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    plt.close(figure)
    replace_file(PAGES / "images" / "nn_codebook.png", picture.getvalue())


if __name__ == "__main__":
    main()
