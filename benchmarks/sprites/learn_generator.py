"""Train the style-based generator against its discriminator.

Non-saturating loss, lazy R1, style mixing, an exponential average of the weights, as in StyleGAN2.
Beside them a term that keeps samples among the sprites: the scorer reads the factors of a sample,
eye and hat are rounded to on or off, and the distance to the picture drawn from them is part of the
loss. It says what a sprite looks like; which sprites there are, and where in the latent space they
lie, the discriminator and the data alone decide.
"""

import copy
import time
from pathlib import Path

import checkpoints
import numpy as np
import torch
from measure_generator import re_render
from torch import nn
from torch.nn import functional as F

from skcurve.generators.sprites import render, sample_factors
from skcurve.generators.sprites.networks import (
    N_LATENTS,
    Discriminator,
    Mapping,
    Scorer,
    Synthesis,
)

BATCH = 32
RATE = 2e-3
BETAS = (0.0, 0.99)
R1, R1_EVERY = 0.05, 16
MIXING = 0.5
GROUP = 4
AVERAGE_IMAGES = 16_000  # after which an old weight counts 1/e
CONSISTENCY = 100.0
CONSISTENCY_FROM, CONSISTENCY_FULL = 20_000, 60_000  # images
DECAY_FROM = 0.7  # of the run
POOL = 64  # batches of real images drawn at a time


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mapping, self.synthesis = Mapping(), Synthesis()

    def forward(self, z: torch.Tensor, mixing: float = 0.0) -> torch.Tensor:
        """One latent for all layers, or, for some images, a second one from some layer on."""
        n_layers = self.synthesis.n_layers
        w = self.mapping(z)[:, None].expand(-1, n_layers, -1)
        if mixing:
            other = self.mapping(torch.randn_like(z))[:, None].expand(-1, n_layers, -1)
            start = torch.randint(1, n_layers, (len(z), 1, 1))
            start[torch.rand(len(z), 1, 1) >= mixing] = n_layers
            w = torch.where(torch.arange(n_layers)[None, :, None] >= start, other, w)
        with half():
            images = self.synthesis(w)
        return images.float()


def judge(discriminator: Discriminator, images: torch.Tensor) -> torch.Tensor:
    """Convolutions in half precision, 1.5 times as fast here; the verdict in single."""
    with half():
        features = discriminator.features(images)
    return discriminator.head(features.float(), group=GROUP)


def half() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)


def real_batches(species: bool, generator: np.random.Generator):
    while True:
        factors, _ = sample_factors(POOL * BATCH, generator, species)
        yield from render(torch.from_numpy(factors)).split(BATCH)


def learn(folder: Path, *, n_images: int, seed: int, minutes: float, species: bool) -> None:
    torch.manual_seed(seed)
    name = "generator" if species else "generator-uniform"
    scorer = Scorer(9)
    scorer.load_state_dict(torch.load(folder / "scorer.pt", weights_only=False)["scorer"])
    scorer.eval()
    parts = {"generator": Generator(), "discriminator": Discriminator()}
    parts["average"] = copy.deepcopy(parts["generator"])
    generator, discriminator, average = parts.values()
    lazy = R1_EVERY / (R1_EVERY + 1)
    parts["adam_g"] = adam_g = torch.optim.Adam(
        generator.parameters(), betas=BETAS, fused=True
    )
    parts["adam_d"] = adam_d = torch.optim.Adam(
        discriminator.parameters(), betas=(BETAS[0] ** lazy, BETAS[1] ** lazy), fused=True
    )
    seen, start = 0, time.monotonic()
    state = checkpoints.load(folder / f"{name}.pt")
    if state is not None:
        for key, part in parts.items():
            part.load_state_dict(state[key])
        seen = state["seen"]
        print(f"going on from {seen} images", flush=True)
    reals = real_batches(species, np.random.default_rng([seed, seen]))
    clock, sums, began = time.monotonic(), np.zeros(4), seen
    while seen < n_images:
        rate = RATE * min(1.0, (1 - seen / n_images) / (1 - DECAY_FROM) + 0.02)
        for group in adam_g.param_groups:
            group["lr"] = rate
        for group in adam_d.param_groups:
            group["lr"] = rate * lazy
        real = next(reals)
        fake = generator(torch.randn(BATCH, N_LATENTS), MIXING)

        # In one pass; groups of four that share a deviation are all fake or all real.
        both = torch.stack([fake.detach(), real], 1).reshape(-1, *real.shape[1:])
        of_fake, of_real = judge(discriminator, both).reshape(-1, 2).T
        loss_d = F.softplus(of_fake).mean() + F.softplus(-of_real).mean()
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()
        if seen // BATCH % R1_EVERY == 0:
            real = real.detach().requires_grad_()
            score = discriminator(real, group=GROUP).sum()
            (slope,) = torch.autograd.grad(score, real, create_graph=True)
            penalty = slope.square().sum((1, 2, 3)).mean() * (R1 / 2 * R1_EVERY)
            adam_d.zero_grad()
            penalty.backward()
            adam_d.step()

        discriminator.requires_grad_(False)
        loss_g = F.softplus(-judge(discriminator, fake)).mean()
        discriminator.requires_grad_(True)
        ramp = (seen - CONSISTENCY_FROM) / (CONSISTENCY_FULL - CONSISTENCY_FROM)
        off = (fake - re_render(scorer, fake.detach())).square().mean()
        adam_g.zero_grad()
        (loss_g + CONSISTENCY * min(1.0, max(0.0, ramp)) * off).backward()
        adam_g.step()

        keep = min(1 - BATCH / AVERAGE_IMAGES, (seen + BATCH) / (seen + 10 * BATCH))
        with torch.no_grad():
            for old, new in zip(average.parameters(), generator.parameters(), strict=True):
                old.lerp_(new, 1 - keep)
        seen += BATCH
        sums += [loss_d.item(), loss_g.item(), off.item() ** 0.5, 1]
        if seen % (100 * BATCH) == 0:
            d, g, rms = sums[:3] / sums[3]
            pace = (seen - began) / (time.monotonic() - start)
            print(f"{seen:7d} D {d:.3f} G {g:.3f} off {rms:.4f} {pace:.0f}/s", flush=True)
            sums[:] = 0
        if time.monotonic() - clock > 60 * minutes or seen >= n_images:
            states = {key: part.state_dict() for key, part in parts.items()}
            checkpoints.save(folder / f"{name}.pt", **states, seen=seen)
            clock = time.monotonic()
