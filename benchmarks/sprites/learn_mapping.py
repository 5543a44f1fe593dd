"""Give W the distribution of the factors, before a single picture is drawn.

A mapping network and a small head behind it learn a known way from latents to sprites: the angle in
one plane of the latent space says which species, and nine directions, at random and at right angles
to each other and to that plane, say how its factors lie. No such map is continuous between species
while the network is, so there are a few sprites between neighbours on the ring, as generators have
them. Then the head is thrown away, and the mapping network becomes that of the generator.
"""

from pathlib import Path

import checkpoints
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from skcurve.generators.sprites import FACTOR_RANGES, FACTORS
from skcurve.generators.sprites.factors import factors_at
from skcurve.generators.sprites.networks import N_LATENTS, SLOPE, EqualLinear, Mapping

BATCH, STEPS = 512, 5000
RATE, MAPPING_RATE = 3e-3, 0.3  # layers of the mapping network move a hundredth of it
ROUNDNESS = 3e-2  # without it, which species would be nearly all of the variance of W
AVERAGE = 0.995
LOW, HIGH = torch.from_numpy(FACTOR_RANGES.copy()).float().T
BINARY = [FACTORS.index("eye"), FACTORS.index("hat")]
OTHERS = [i for i in range(len(FACTORS)) if i not in BINARY]
TURN = np.linalg.qr(np.random.default_rng(0).standard_normal((N_LATENTS, len(FACTORS) + 2)))[0]


def known(z: torch.Tensor, *, species: bool) -> torch.Tensor:
    """The factors that latents are to have, as shares of their ranges."""
    turned = (z * torch.rsqrt(z.square().mean(1, keepdim=True))).double().numpy() @ TURN
    position = np.arctan2(turned[:, 0], turned[:, 1]) / (2 * np.pi) + 0.5
    factors, _ = factors_at(position, turned[:, 2:], species=species)
    return (torch.from_numpy(factors) - LOW) / (HIGH - LOW)


def lopsidedness(w: torch.Tensor) -> torch.Tensor:
    """How far the variance of W is from being the same in all directions; 0 if it is."""
    covariance = torch.cov(w.T)
    return (covariance / covariance.diag().mean() - torch.eye(len(covariance))).square().mean()


class Head(nn.Module):
    """From w to factors: shares of the ranges, and log odds of an eye and a hat."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.out = EqualLinear(N_LATENTS, 128), EqualLinear(128, len(FACTORS))

    def forward(self, w: torch.Tensor) -> torch.Tensor:
        return self.out(F.leaky_relu(self.hidden(w), SLOPE))

    def factors(self, w: torch.Tensor) -> torch.Tensor:
        """In their ranges, with eye and hat on or off."""
        out = self(w)
        shares = (out + 0.5).clamp(0, 1)
        shares[:, BINARY] = (out[:, BINARY] > 0).float()
        return LOW + (HIGH - LOW) * shares


class Teacher(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mapping, self.head = Mapping(), Head()

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.head(self.mapping(z))


def learn(path: Path, *, seed: int, species: bool) -> Teacher:
    torch.manual_seed(seed)
    teacher = Teacher()
    state = checkpoints.load(path)
    if state is not None:
        teacher.load_state_dict(state["teacher"])
        return teacher.requires_grad_(False)
    average = torch.optim.swa_utils.AveragedModel(
        teacher, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE)
    )
    adam = torch.optim.Adam(
        [
            {"params": teacher.mapping.parameters(), "lr": MAPPING_RATE},
            {"params": teacher.head.parameters(), "lr": RATE},
        ],
        betas=(0.9, 0.99),
    )
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)
    for step in range(STEPS):
        z = torch.randn(BATCH, N_LATENTS)
        w = teacher.mapping(z)
        shares, out = known(z, species=species), teacher.head(w)
        off = F.mse_loss(out[:, OTHERS] + 0.5, shares[:, OTHERS])
        odds = F.binary_cross_entropy_with_logits(out[:, BINARY], shares[:, BINARY])
        adam.zero_grad()
        (off + 0.1 * odds + ROUNDNESS * lopsidedness(w)).backward()
        adam.step()
        decay.step()
        average.update_parameters(teacher)
        if (step + 1) % 500 == 0:
            print(f"mapping, step {step + 1}: {off.item():.5f} {odds.item():.3f}", flush=True)
    checkpoints.save(path, teacher=average.module.state_dict())
    teacher.load_state_dict(average.module.state_dict())
    return teacher.requires_grad_(False)


def sample(teacher: Teacher, n: int, seed: int) -> np.ndarray:
    noise = torch.randn(n, N_LATENTS, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        factors: np.ndarray = teacher.head.factors(teacher.mapping(noise)).numpy()
    return factors
