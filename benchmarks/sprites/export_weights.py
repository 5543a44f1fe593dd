"""Write the weights that ship, from the last checkpoints, and measure what they are worth."""

import json
from pathlib import Path

import torch
from learn_generator import GROUP, Generator
from learn_scorer import r_squared
from measure_generator import measure

from skcurve.generators.sprites import FACTORS, SpriteGenerator, render, sample_factors, weights
from skcurve.generators.sprites.networks import N_LATENTS, Discriminator, Scorer


def export(folder: Path, *, to: Path = weights.FOLDER) -> None:
    scorer = Scorer(len(FACTORS))
    scorer.load_state_dict(torch.load(folder / "scorer.pt", weights_only=False)["scorer"])
    scorer.eval()
    weights.write("scorer", scorer, folder=to)
    state = torch.load(folder / "generator.pt", weights_only=False)
    generator, discriminator = Generator(), Discriminator()
    generator.load_state_dict(state["average"])
    discriminator.load_state_dict(state["discriminator"])
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        z = torch.randn(20_000, N_LATENTS, generator=noise)
        generator.register_buffer("w_avg", generator.mapping(z).mean(0))
        real = render(torch.from_numpy(sample_factors(2048, 3)[0]))
        discriminator.usual_deviation.copy_(_deviation(discriminator, real))
    weights.write("generator", generator, folder=to)
    weights.write("discriminator", discriminator, folder=to)
    total = sum(path.stat().st_size for path in to.glob("*.safetensors"))
    shipped = SpriteGenerator()
    images = torch.from_numpy(shipped(shipped.sample(4096, 0)))
    scorer = weights.scorer()
    report = {
        "images seen": state["seen"],
        "megabytes": total / 1e6,
        "R² on species": r_squared(scorer, species=True).round(4).tolist(),
        "R² on uniform": r_squared(scorer, species=False).round(4).tolist(),
        **measure(images, scorer),
    }
    print(json.dumps(report, indent=1, ensure_ascii=False, default=float))


def _deviation(discriminator: Discriminator, images: torch.Tensor) -> torch.Tensor:
    """The mean deviation over groups of real images, which single images are given."""
    features = discriminator.features(images)
    return discriminator.group_deviation(features, GROUP).mean()
