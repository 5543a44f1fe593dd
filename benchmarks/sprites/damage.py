"""Pictures that are not sprites of any species, each kind wrong in a way of its own."""

import numpy as np
import torch
from torch.nn import functional as F

from skcurve.generators.sprites import FACTORS, render, sample_factors
from skcurve.generators.sprites.networks import N_LATENTS

ACCESSORIES = [FACTORS.index("eye"), FACTORS.index("hat")]
TAUGHT = ("blurred", "noisy", "double", "half on", "no species", "halves")
"""The kinds of damage that the discriminator is shown; all kinds are in `DAMAGES`."""


def renders(n: int, random: np.random.Generator) -> torch.Tensor:
    return render(torch.from_numpy(sample_factors(n, random)[0]))


def uniform(n: int, low: float, high: float, random: np.random.Generator) -> torch.Tensor:
    """Numbers to multiply images by, (n, 1, 1, 1)."""
    return torch.from_numpy(random.uniform(low, high, (n, 1, 1, 1)).astype(np.float32))


def blurred(n: int, random: np.random.Generator) -> torch.Tensor:
    images = renders(n, random)
    soft = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return images + uniform(n, 0.3, 1, random) * (soft - images)


def noisy(n: int, random: np.random.Generator) -> torch.Tensor:
    noise = torch.from_numpy(random.standard_normal((n, 3, 32, 32), np.float32))
    return renders(n, random) + uniform(n, 0.03, 0.2, random) * noise


def double(n: int, random: np.random.Generator) -> torch.Tensor:
    """One sprite shines through another."""
    return torch.lerp(renders(n, random), renders(n, random), uniform(n, 0.15, 0.5, random))


def half_on(n: int, random: np.random.Generator) -> torch.Tensor:
    """An eye or a hat that is neither there nor not."""
    factors, _ = sample_factors(n, random)
    factors[np.arange(n), random.choice(ACCESSORIES, n)] = random.uniform(0.25, 0.75, n)
    return render(torch.from_numpy(factors))


def no_species(n: int, random: np.random.Generator) -> torch.Tensor:
    """Perfectly drawn, but the factors do not go together."""
    return render(torch.from_numpy(sample_factors(n, random, species=False)[0]))


def halves(n: int, random: np.random.Generator) -> torch.Tensor:
    """The left of one sprite and the right of another."""
    images, others = renders(n, random), renders(n, random)
    right = torch.arange(32) >= torch.from_numpy(random.integers(8, 24, (n, 1)))
    return torch.where(right[:, None, None, :], others, images)


def tinted(n: int, random: np.random.Generator) -> torch.Tensor:
    """One channel is lighter or darker: not even the background is grey."""
    images = renders(n, random)
    offset = random.uniform(0.05, 0.3, n) * random.choice([-1, 1], n)
    images[np.arange(n), random.integers(0, 3, n)] += torch.from_numpy(
        offset.astype(np.float32)[:, None, None]
    )
    return images


def coarse(n: int, random: np.random.Generator) -> torch.Tensor:
    """Drawn with 16 pixels a side."""
    return F.interpolate(F.avg_pool2d(renders(n, random), 2), scale_factor=2.0)


DAMAGES = {
    "blurred": blurred,
    "noisy": noisy,
    "double": double,
    "half on": half_on,
    "no species": no_species,
    "halves": halves,
    "tinted": tinted,
    "coarse": coarse,
}


def generated(
    generator: torch.nn.Module, n: int, random: np.random.Generator
) -> dict[str, torch.Tensor]:
    """Fresh samples, n of each kind, also of what lies half-way between pairs of w."""
    z = torch.from_numpy(random.standard_normal((2, n, N_LATENTS), np.float32))
    n_layers = generator.synthesis.n_layers
    fine = torch.arange(n_layers) >= torch.from_numpy(random.integers(1, n_layers, (n, 1)))
    with torch.no_grad():
        one, other = generator.mapping(z[0]), generator.mapping(z[1])
        mixed = torch.where(fine[..., None], other[:, None], one[:, None])
        kinds = {"samples": one, "mixed styles": mixed, "midpoints": (one + other) / 2}
        return {
            name: torch.cat([generator.synthesis(block) for block in latents.split(64)])
            for name, latents in kinds.items()
        }
