"""How good a generator of sprites is, in numbers that mean something."""

import numpy as np
import torch

from skcurve.generators.sprites import FACTOR_RANGES, FACTORS, SPECIES, render, sample_factors
from skcurve.generators.sprites.networks import Scorer
from skcurve.generators.sprites.scale import decode

LOW, HIGH = torch.from_numpy(FACTOR_RANGES.copy()).float().T
BINARY = [FACTORS.index("eye"), FACTORS.index("hat")]


def re_render(scorer: Scorer, images: torch.Tensor) -> torch.Tensor:
    """The sprites nearest to images: their factors in range, eye and hat on or off, drawn."""
    with torch.no_grad():
        factors = torch.minimum(torch.maximum(decode(scorer(images)), LOW), HIGH)
        factors[:, BINARY] = (factors[:, BINARY] > 0.5).float()
        return render(factors)


def measure(images: torch.Tensor, scorer: Scorer, seed: int = 2) -> dict[str, object]:
    """Compare images (n, 3, 32, 32) with as many renders."""
    with torch.no_grad():
        factors = decode(scorer(images)).numpy()
        drawn = render(torch.from_numpy(factors).float())
        off = (images - drawn).square().mean((1, 2, 3)).sqrt().numpy()
        real, kinds = sample_factors(len(images), seed)
        found = decode(scorer(render(torch.from_numpy(real)))).numpy()
    half_on = ((factors[:, BINARY] > 0.2) & (factors[:, BINARY] < 0.8)).mean(0)
    guess = nearest_species(factors, real, kinds)
    count = len(SPECIES)
    return {
        "re-rendering error, median": float(np.median(off)),
        "re-rendering error, 95%": float(np.quantile(off, 0.95)),
        "spread": dict(zip(FACTORS, (factors.std(0) / found.std(0)).round(2), strict=True)),
        "half-on eye, hat": half_on.round(3).tolist(),
        "species": (np.bincount(guess, minlength=count) / len(guess)).round(3).tolist(),
        "species of renders": (np.bincount(kinds, minlength=count) / len(kinds)).round(3).tolist(),
        "Fréchet distance of factors": frechet(factors, found),
    }


def nearest_species(factors: np.ndarray, real: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """The species by hue, the one factor in which they do not overlap."""
    middles = [np.median(real[kinds == kind, 0]) for kind in range(len(SPECIES))]
    return np.abs(factors[:, :1] - np.array(middles)).argmin(1)


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Between Gaussians fitted to factors, in units of the ranges: 0 if they agree."""
    scale = np.diff(FACTOR_RANGES)[:, 0]
    a, b = a / scale, b / scale
    ca, cb = np.cov(a.T), np.cov(b.T)
    roots = np.linalg.eigvals(ca @ cb).real.clip(0)
    means = a.mean(0) - b.mean(0)
    return float(means @ means + np.trace(ca) + np.trace(cb) - 2 * np.sqrt(roots).sum())
