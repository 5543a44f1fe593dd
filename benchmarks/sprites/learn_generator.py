"""Train the style-based generator: first as a pupil, then against a discriminator.

1. `learn_mapping` gives W the distribution of the factors.
2. *Pupil*: the synthesis network learns to draw what the renderer draws for the same w.
3. *Adversary*: the whole generator, mapping included, is trained as a StyleGAN2: non-saturating
   loss, lazy R1, style mixing, an exponential average of the weights. Beside them a term that keeps
   samples among the sprites: the scorer reads the factors of a sample, eye and hat are rounded to
   on or off, and the distance to the picture drawn from them is part of the loss. The mixed samples
   of step 2 have no other term.

The second step is what makes this possible on a processor: it sees three times as many images a
second as the third, and learns more from each.
"""

import copy
import time
from collections.abc import Iterator
from pathlib import Path

import checkpoints
import learn_mapping
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

BATCH = 16
BETAS = (0.0, 0.99)
PUPIL_RATE, PUPIL_SHARE = 2.5e-2, 0.85  # the share of all images that it sees as a pupil
MIXED, MIXED_FROM = 4, 60_000  # images of a batch, and after how many
FIGURE_WEIGHT = 4.0  # of a pixel that is not background
RATE = 1.5e-3
DISCRIMINATOR_ALONE = 12_000  # images: before, it knows nothing
R1, R1_EVERY = 0.05, 16
MIXING = 0.5
GROUP = 4
CONSISTENCY = 100.0
AVERAGE_IMAGES = 4_000  # after which an old weight counts 1/e
DECAY_FROM = 0.5  # of either part
POOL = 64  # batches of real images drawn at a time


class Generator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mapping, self.synthesis = Mapping(), Synthesis()

    def draw(self, latents: torch.Tensor) -> torch.Tensor:
        with half():
            images = self.synthesis(latents)
        return images.float()

    def mixed(self, z: torch.Tensor, share: float) -> torch.Tensor:
        """One latent for all layers, or, for some images, a second one from some layer on."""
        n_layers = self.synthesis.n_layers
        w = self.mapping(z)[:, None].expand(-1, n_layers, -1)
        other = self.mapping(torch.randn_like(z))[:, None].expand(-1, n_layers, -1)
        start = torch.randint(1, n_layers, (len(z), 1, 1))
        start[torch.rand(len(z), 1, 1) >= share] = n_layers
        return torch.where(torch.arange(n_layers)[None, :, None] >= start, other, w)


def half() -> torch.autocast:
    """Convolutions in half precision: 1.5 times as fast here."""
    return torch.autocast("cpu", torch.bfloat16)


def judge(discriminator: Discriminator, images: torch.Tensor) -> torch.Tensor:
    with half():
        features = discriminator.features(images)
    return discriminator.head(features.float(), group=GROUP)


def real_batches(species: bool, generator: np.random.Generator) -> Iterator[torch.Tensor]:
    while True:
        factors, _ = sample_factors(POOL * BATCH, generator, species)
        yield from render(torch.from_numpy(factors)).split(BATCH)


class Run:
    """The networks and their optimisers, with one method for a batch of each part."""

    def __init__(self, folder: Path, name: str, *, seed: int, species: bool) -> None:
        self.path = folder / f"{name}.pt"
        self.scorer = Scorer(9)
        self.scorer.load_state_dict(torch.load(folder / "scorer.pt", weights_only=False)["scorer"])
        self.scorer.eval()
        self.teacher = learn_mapping.learn(
            folder / f"{name}-mapping.pt", seed=seed, species=species
        )
        torch.manual_seed(seed)
        self.generator, self.discriminator = Generator(), Discriminator()
        self.generator.mapping.load_state_dict(self.teacher.mapping.state_dict())
        self.average = copy.deepcopy(self.generator)
        lazy = R1_EVERY / (R1_EVERY + 1)
        self.adam_p = torch.optim.Adam(
            self.generator.synthesis.parameters(), betas=(0.9, 0.99), fused=True
        )
        self.adam_g = torch.optim.Adam(self.generator.parameters(), betas=BETAS, fused=True)
        self.adam_d = torch.optim.Adam(
            self.discriminator.parameters(), betas=(BETAS[0] ** lazy, BETAS[1] ** lazy), fused=True
        )
        self.seen = self.adversary_from = 0
        parts = ("generator", "discriminator", "average", "adam_p", "adam_g", "adam_d")
        self.parts = {part: getattr(self, part) for part in parts}
        state = checkpoints.load(self.path)
        if state is not None:
            for key, part in self.parts.items():
                part.load_state_dict(state[key])
            self.seen, self.adversary_from = state["seen"], state["adversary_from"]
            print(f"going on from {self.seen} images", flush=True)

    def save(self) -> None:
        states = {key: part.state_dict() for key, part in self.parts.items()}
        checkpoints.save(self.path, **states, seen=self.seen, adversary_from=self.adversary_from)

    def pupil(self, rate: float) -> dict[str, float]:
        n_mixed = MIXED if self.seen >= MIXED_FROM else 0
        n_layers = self.generator.synthesis.n_layers
        z = torch.randn(BATCH, N_LATENTS)
        with torch.no_grad():
            w = self.generator.mapping(z[n_mixed:])
            target = render(self.teacher.head.factors(w))
            latents = torch.cat(
                [self.generator.mixed(z[:n_mixed], 1.0), w[:, None].expand(-1, n_layers, -1)]
            )
        images = self.generator.draw(latents)
        if n_mixed:
            target = torch.cat([re_render(self.scorer, images[:n_mixed].detach()), target])
        figure = (target - target[:, :, :1, :1]).abs().amax(1, keepdim=True) > 0.05
        off = (images - target) * (1 + (FIGURE_WEIGHT - 1) * figure)
        loss = off.abs().mean() + off.square().mean()
        step(self.adam_p, loss, rate)
        error = (images - target)[n_mixed:].detach().square().mean((1, 2, 3)).sqrt().mean()
        return {"pupil off": error.item()}

    def adversary(self, rate: float, real: torch.Tensor, alone: bool) -> dict[str, float]:
        fake = self.generator.draw(self.generator.mixed(torch.randn(BATCH, N_LATENTS), MIXING))
        # In one pass; groups of four that share a deviation are all fake or all real.
        both = torch.stack([fake.detach(), real], 1).reshape(-1, *real.shape[1:])
        of_fake, of_real = judge(self.discriminator, both).reshape(-1, 2).T
        loss_d = F.softplus(of_fake).mean() + F.softplus(-of_real).mean()
        step(self.adam_d, loss_d, RATE if alone else rate)
        if self.seen // BATCH % R1_EVERY == 0:
            real = real.detach().requires_grad_()
            score = self.discriminator(real, group=GROUP).sum()
            (slope,) = torch.autograd.grad(score, real, create_graph=True)
            penalty = slope.square().sum((1, 2, 3)).mean() * (R1 / 2 * R1_EVERY)
            step(self.adam_d, penalty, rate)
        if alone:
            return {"D": loss_d.item()}
        self.discriminator.requires_grad_(False)
        loss_g = F.softplus(-judge(self.discriminator, fake)).mean()
        self.discriminator.requires_grad_(True)
        off = (fake - re_render(self.scorer, fake.detach())).square().mean()
        step(self.adam_g, loss_g + CONSISTENCY * off, rate)
        return {"D": loss_d.item(), "G": loss_g.item(), "off": off.item() ** 0.5}

    def follow(self) -> None:
        """Move the average towards the weights."""
        amount = max(BATCH / AVERAGE_IMAGES, 10 * BATCH / (self.seen + 11 * BATCH))
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


def learn(folder: Path, *, n_images: int, seed: int, minutes: float, species: bool) -> None:
    run = Run(folder, "generator" if species else "generator-uniform", seed=seed, species=species)
    reals = real_batches(species, np.random.default_rng([seed, run.seen]))
    saved = start = time.monotonic()
    began, sums, count = run.seen, {}, 0
    as_pupil = int(PUPIL_SHARE * n_images)
    while run.seen < n_images:
        if run.seen < as_pupil:
            rate = PUPIL_RATE * decay(run.seen / as_pupil)
            numbers = run.pupil(rate)
        else:
            if not run.adversary_from:  # go on from the average
                run.adversary_from = run.seen
                run.generator.load_state_dict(run.average.state_dict())
            alone = run.seen < run.adversary_from + DISCRIMINATOR_ALONE
            share = (run.seen - run.adversary_from) / (n_images - run.adversary_from)
            numbers = run.adversary(RATE * decay(share), next(reals), alone)
        run.follow()
        run.seen += BATCH
        count += 1
        for key, value in numbers.items():
            sums[key] = sums.get(key, 0.0) + value
        if run.seen % (100 * BATCH) == 0:
            pace = (run.seen - began) / (time.monotonic() - start)
            means = ", ".join(f"{key} {value / count:.4f}" for key, value in sums.items())
            print(f"{run.seen:7d} {means} {pace:.0f}/s", flush=True)
            sums, count = {}, 0
        if time.monotonic() - saved > 60 * minutes or run.seen >= n_images:
            run.save()
            saved = time.monotonic()


def decay(share: float) -> float:
    """The learning rate after a share of the images: all of it, then down in a straight line."""
    return min(1.0, (1 - share) / (1 - DECAY_FROM) + 0.02)
