"""Teach the discriminator what else is wrong with pictures, once the generator is done.

At the end of its contest with the generator it knows only the mistakes that are made at that
moment, and judges groups. Here it goes on from there, on single images: half of them renders of
species, a quarter samples of the generator that ships, plain or with mixed styles, and a quarter
renders that were damaged. R1 keeps its scores from jumping. It is never shown what lies between
samples, nor some kinds of damage: how it judges those is measured.
"""

from pathlib import Path

import checkpoints
import numpy as np
import torch
from damage import DAMAGES, TAUGHT, generated, renders
from learn_generator import BETAS, R1, R1_EVERY, Generator, half, step
from torch.nn import functional as F

from skcurve.generators.sprites.networks import Discriminator

BATCH = 48  # of renders, and as many of others
RATE = 1e-3
POOL = 16  # batches drawn at a time


def learn(folder: Path, *, n_images: int, seed: int) -> Discriminator:
    state = torch.load(folder / "generator.pt", weights_only=False)
    generator, discriminator = Generator(), Discriminator()
    generator.load_state_dict(state["average"])
    discriminator.load_state_dict(state["discriminator"])
    random = np.random.default_rng([seed, 1])
    with torch.no_grad():  # what single images are given: the mean over groups of renders
        features = discriminator.features(renders(2048, random))
        discriminator.usual_deviation.copy_(discriminator.group_deviation(features, 4).mean())
    adam = torch.optim.Adam(discriminator.parameters(), betas=BETAS, fused=True)
    n_steps = n_images // BATCH
    for number in range(n_steps):
        if number % POOL == 0:
            real, fake = pool(generator, random)
        place = slice(number % POOL * BATCH, (number % POOL + 1) * BATCH)
        both = torch.cat([real[place], fake[place]])
        with half():
            features = discriminator.features(both)
        of_real, of_fake = discriminator.head(features.float()).split(BATCH)
        loss = F.softplus(of_fake).mean() + F.softplus(-of_real).mean()
        rate = RATE * (1 - number / n_steps)
        step(adam, loss, rate)
        if number % R1_EVERY == 0:
            images = real[place].clone().requires_grad_()
            (slope,) = torch.autograd.grad(discriminator(images).sum(), images, create_graph=True)
            step(adam, slope.square().sum((1, 2, 3)).mean() * (R1 / 2 * R1_EVERY), rate)
        if (number + 1) % 100 == 0:
            print(f"{(number + 1) * BATCH:7d} renders, loss {loss.item():.4f}", flush=True)
    checkpoints.save(folder / "realism.pt", discriminator=discriminator.state_dict())
    return discriminator


def pool(generator: Generator, random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Renders, and as many others in an order at random."""
    n = POOL * BATCH
    samples = generated(generator, n // 4, random)
    others = [samples["samples"], samples["mixed styles"]]
    others += [DAMAGES[name](n // 12, random) for name in TAUGHT]
    fake = torch.cat(others)[torch.from_numpy(random.permutation(n))]
    return renders(n, random), fake
