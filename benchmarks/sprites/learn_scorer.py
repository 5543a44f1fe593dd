"""Learn to read the factors off a picture."""

import math
import time
from pathlib import Path

import checkpoints
import numpy as np
import torch
from torch.nn import functional as F

from skcurve.generators.sprites import FACTOR_RANGES, FACTORS, render, sample_factors
from skcurve.generators.sprites.networks import Scorer
from skcurve.generators.sprites.scale import decode, encode

BATCH = 128
RATE = 2e-3
NOISE = 0.05


def draw(n: int, generator: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Half of them species, half uniform; eyes and hats of every opacity in one picture of three.

    Generated pictures are never quite clean: a third gets noise, a third is a little blurred.
    """
    species, _ = sample_factors(n // 2, generator)
    uniform, _ = sample_factors(n - n // 2, generator, species=False)
    factors = np.concatenate([species, uniform])
    faded = generator.random(n) < 1 / 3
    for name in ("eye", "hat"):
        factors[faded, FACTORS.index(name)] = generator.random(faded.sum())
    images = render(torch.from_numpy(factors))
    kind = torch.from_numpy(generator.integers(0, 3, n))
    images[kind == 1] += NOISE * torch.rand(1) * torch.randn_like(images[kind == 1])
    soft = images[kind == 2]
    blurred = F.avg_pool2d(F.pad(soft, (1, 1, 1, 1), mode="replicate"), 3, 1)
    images[kind == 2] = soft + 0.7 * torch.rand(len(soft), 1, 1, 1) * (blurred - soft)
    return images, torch.from_numpy(factors)


def r_squared(scorer: Scorer, *, species: bool, n: int = 8192, seed: int = 1) -> np.ndarray:
    factors, _ = sample_factors(n, seed, species)
    scorer.eval()
    with torch.no_grad():
        images = render(torch.from_numpy(factors))
        found = torch.cat([decode(scorer(block)) for block in images.split(512)]).numpy()
    return 1 - ((found - factors) ** 2).mean(0) / factors.var(0)


def learn(folder: Path, *, n_images: int, seed: int, minutes: float) -> Scorer:
    torch.manual_seed(seed)
    scorer = Scorer(len(FACTOR_RANGES)).to(memory_format=torch.channels_last)
    adam = torch.optim.AdamW(scorer.parameters(), lr=RATE, weight_decay=1e-4)
    state = checkpoints.load(folder / "scorer.pt")
    seen = 0
    generator = np.random.default_rng(seed)
    if state is not None:
        scorer.load_state_dict(state["scorer"])
        adam.load_state_dict(state["adam"])
        seen, generator = state["seen"], state["generator"]
    clock = time.monotonic()
    scorer.train()
    while seen < n_images:
        images, factors = draw(BATCH, generator)
        rate = RATE * min(1, seen / 20_000 + 0.05) * (1 + math.cos(math.pi * seen / n_images)) / 2
        for group in adam.param_groups:
            group["lr"] = rate
        loss = F.mse_loss(
            scorer(images.contiguous(memory_format=torch.channels_last)), encode(factors)
        )
        adam.zero_grad()
        loss.backward()
        adam.step()
        seen += BATCH
        if seen // 25_600 != (seen - BATCH) // 25_600:
            print(f"{seen:8d} images, loss {loss.item():.5f}", flush=True)
        if time.monotonic() - clock > 60 * minutes or seen >= n_images:
            state = {"scorer": scorer.state_dict(), "adam": adam.state_dict()}
            checkpoints.save(folder / "scorer.pt", **state, seen=seen, generator=generator)
            clock = time.monotonic()
    for species in (True, False):
        values = zip(FACTORS, r_squared(scorer, species=species), strict=True)
        row = ", ".join(f"{name} {value:.4f}" for name, value in values)
        print(f"R² on {'species' if species else 'uniform'}: {row}", flush=True)
    return scorer
