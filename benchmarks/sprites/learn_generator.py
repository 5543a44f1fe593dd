"""Train the style-based generator against a discriminator: nothing tells it what a sprite is.

As StyleGAN2: non-saturating loss, lazy R1, style mixing, the standard deviation over groups, and an
exponential average of the weights, which is what ships. The mapping network starts at random and is
trained with the rest, so where the factors lie in W was found, not chosen. Every real image is
drawn only once. Neither the scorer nor any factor has a part in this.
"""

import copy
import time
from pathlib import Path

import checkpoints
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from skcurve.generators.sprites import render, sample_factors
from skcurve.generators.sprites.networks import N_LATENTS, Discriminator, Mapping, Synthesis

BATCH = 16
RATE, BETAS = 1.5e-3, (0.0, 0.99)
DECAY_FROM = 0.6  # the share of all images after which the learning rate falls, in a straight line
R1, R1_EVERY = 0.05, 16
MIXING = 0.3
GROUP = 4
AVERAGE_IMAGES = 10_000  # after which an old weight counts 1/e
POOL = 32  # batches of real images drawn at a time


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mapping, self.synthesis = Mapping(), Synthesis()

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Draw; for some images a second latent takes over from some layer on."""
        n_layers = self.synthesis.n_layers
        w = self.mapping(z)[:, None].expand(-1, n_layers, -1)
        other = self.mapping(torch.randn_like(z))[:, None].expand(-1, n_layers, -1)
        start = torch.randint(1, n_layers, (len(z), 1, 1))
        start[torch.rand(len(z), 1, 1) >= MIXING] = n_layers
        latents = torch.where(torch.arange(n_layers)[None, :, None] >= start, other, w)
        with half():
            images = self.synthesis(latents)
        return images.float()


def half() -> torch.autocast:
    """Convolutions in half precision: 1.5 times as fast on a processor that has it."""
    return torch.autocast("cpu", torch.bfloat16)


def judge(discriminator: Discriminator, images: torch.Tensor) -> torch.Tensor:
    with half():
        features = discriminator.features(images)
    return discriminator.head(features.float(), group=GROUP)


class Renders:
    """Batches of real images, each a function of the seed and its number alone."""

    def __init__(self, seed: int) -> None:
        self.seed, self.pool = seed, -1
        self.batches: tuple[torch.Tensor, ...] = ()

    def batch(self, number: int) -> torch.Tensor:
        pool, place = divmod(number, POOL)
        if pool != self.pool:
            random = np.random.default_rng([self.seed, pool])
            factors, _ = sample_factors(POOL * BATCH, random)
            self.pool, self.batches = pool, render(torch.from_numpy(factors)).split(BATCH)
        return self.batches[place]


class Run:
    """The networks and their optimisers."""

    def __init__(self, path: Path, *, seed: int) -> None:
        torch.manual_seed(seed)
        self.path, self.seen = path, 0
        self.generator, self.discriminator = Generator(), Discriminator()
        self.average = copy.deepcopy(self.generator)
        lazy = R1_EVERY / (R1_EVERY + 1)
        self.adam_g = torch.optim.Adam(self.generator.parameters(), betas=BETAS, fused=True)
        self.adam_d = torch.optim.Adam(
            self.discriminator.parameters(), betas=(BETAS[0] ** lazy, BETAS[1] ** lazy), fused=True
        )
        parts = ("generator", "discriminator", "average", "adam_g", "adam_d")
        self.parts = {part: getattr(self, part) for part in parts}
        state = checkpoints.load(self.path)
        if state is not None:
            for key, part in self.parts.items():
                part.load_state_dict(state[key])
            self.seen = state["seen"]
            print(f"going on from {self.seen} images", flush=True)

    def save(self) -> None:
        states = {key: part.state_dict() for key, part in self.parts.items()}
        checkpoints.save(self.path, **states, seen=self.seen)

    def batch(self, real: torch.Tensor, rate: float) -> tuple[float, float]:
        """One step of either network; return their losses."""
        fake = self.generator(torch.randn(BATCH, N_LATENTS))
        # In one pass; the images that share a deviation are all fake or all real.
        both = torch.stack([fake.detach(), real], 1).reshape(-1, *real.shape[1:])
        of_fake, of_real = judge(self.discriminator, both).reshape(-1, 2).T
        loss_d = F.softplus(of_fake).mean() + F.softplus(-of_real).mean()
        step(self.adam_d, loss_d, rate)
        if self.seen // BATCH % R1_EVERY == 0:
            real = real.detach().requires_grad_()
            score = self.discriminator(real, group=GROUP).sum()
            (slope,) = torch.autograd.grad(score, real, create_graph=True)
            penalty = slope.square().sum((1, 2, 3)).mean() * (R1 / 2 * R1_EVERY)
            step(self.adam_d, penalty, rate)
        self.discriminator.requires_grad_(False)
        loss_g = F.softplus(-judge(self.discriminator, fake)).mean()
        self.discriminator.requires_grad_(True)
        step(self.adam_g, loss_g, rate)
        self.seen += BATCH
        self.follow()
        return loss_d.item(), loss_g.item()

    def follow(self) -> None:
        """Move the average towards the weights, faster in the beginning."""
        amount = BATCH / min(AVERAGE_IMAGES, self.seen / 10 + BATCH)
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.generator.parameters(), strict=True)
            for old, new in pairs:
                old.lerp_(new, amount)


def step(adam: torch.optim.Adam, loss: torch.Tensor, rate: float) -> None:
    for group in adam.param_groups:
        group["lr"] = rate
    adam.zero_grad()
    loss.backward()
    adam.step()


def learn(folder: Path, *, n_images: int, seed: int, minutes: float) -> None:
    run, renders = Run(folder / "generator.pt", seed=seed), Renders(seed)
    saved = start = time.monotonic()
    began, losses = run.seen, []
    while run.seen < n_images:
        real = renders.batch(run.seen // BATCH)
        losses.append(run.batch(real, RATE * decay(run.seen / n_images)))
        if run.seen % (400 * BATCH) == 0:
            pace = (run.seen - began) / (time.monotonic() - start)
            of_d, of_g = np.mean(losses, axis=0)
            print(f"{run.seen:7d} images, D {of_d:.4f}, G {of_g:.4f}, {pace:.0f}/s", flush=True)
            losses = []
        if time.monotonic() - saved > 60 * minutes or run.seen >= n_images:
            run.save()
            saved = time.monotonic()


def decay(share: float) -> float:
    """The learning rate after a share of the images: all of it, then down in a straight line."""
    return min(1.0, (1 - share) / (1 - DECAY_FROM) + 0.02)
