"""How good a generator of sprites is, in numbers that mean something."""

import numpy as np
import torch
from damage import DAMAGES, generated, renders
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn import functional as F

from skcurve.generators.sprites import FACTOR_RANGES, FACTORS, SPECIES, render, sample_factors
from skcurve.generators.sprites.networks import Discriminator, Scorer
from skcurve.generators.sprites.scale import decode

BINARY = [FACTORS.index("eye"), FACTORS.index("hat")]
NEIGHBOURS = 3


def measure(images: torch.Tensor, scorer: Scorer, seed: int = 2) -> dict[str, object]:
    """Compare images (n, 3, 32, 32) with as many renders."""
    with torch.no_grad():
        factors = decode(scorer(images)).numpy()
        drawn = render(torch.from_numpy(factors).float())
        off = (images - drawn).square().mean((1, 2, 3)).sqrt().numpy()
        real, kinds = sample_factors(len(images), seed)
        others = render(torch.from_numpy(real))
        found = decode(scorer(others)).numpy()
        precision, recall = precision_recall(features(scorer, others), features(scorer, images))
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
        "precision": precision,
        "recall": recall,
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


def features(scorer: Scorer, images: torch.Tensor) -> torch.Tensor:
    """What the scorer knows of images before it names factors, (n, 128)."""
    return F.silu(scorer.hidden(scorer.convolutions(images).flatten(1)))


def precision_recall(real: torch.Tensor, fake: torch.Tensor) -> tuple[float, float]:
    """Shares of fake among real features, and of real ones among fake ones.

    Among: nearer to one of them than its third neighbour among its own is. Source: Kynkäänniemi et
    al., "Improved precision and recall metric for assessing generative models", NeurIPS 2019.
    """

    def among(points: torch.Tensor, others: torch.Tensor) -> float:
        radius = torch.cdist(others, others).kthvalue(NEIGHBOURS + 1, dim=1).values
        return (torch.cdist(points, others) <= radius).any(1).float().mean().item()

    return among(fake, real), among(real, fake)


def realism_auc(
    discriminator: Discriminator, generator: nn.Module, *, n: int = 2000, seed: int = 4
) -> dict[str, float]:
    """How often the discriminator prefers a render to another picture, for each kind of these."""
    random = np.random.default_rng(seed)
    others = generated(generator, n, random)
    others |= {name: damaged(n, random) for name, damaged in DAMAGES.items()}
    with torch.no_grad():
        real = discriminator(renders(n, random))
        truth = np.repeat([1, 0], n)
        return {
            name: float(roc_auc_score(truth, torch.cat([real, discriminator(images)])))
            for name, images in others.items()
        }
