"""Write the weights that ship, from the last checkpoints, and measure what they are worth."""

import json
from pathlib import Path

import torch
from learn_generator import Generator
from learn_scorer import r_squared
from measure_generator import measure, realism_auc

from skcurve.generators.sprites import FACTORS, SpriteGenerator, weights
from skcurve.generators.sprites.networks import N_LATENTS, Discriminator, Scorer

HERE = Path(__file__).resolve().parents[2] / "skcurve" / "generators" / "sprites" / "weights"


def export(folder: Path, *, to: Path = HERE) -> None:
    if to.resolve() != weights.FOLDER.resolve():  # an installed package is another checkout's
        raise RuntimeError(
            f"skcurve must be imported from this checkout, whose weights are {to}; "
            f"it reads those of {weights.FOLDER}."
        )
    scorer = Scorer(len(FACTORS))
    scorer.load_state_dict(torch.load(folder / "scorer.pt", weights_only=False)["scorer"])
    scorer.eval()
    weights.write("scorer", scorer, folder=to)
    state = torch.load(folder / "generator.pt", weights_only=False)
    generator, discriminator = Generator(), Discriminator()
    generator.load_state_dict(state["average"])
    trained = torch.load(folder / "realism.pt", weights_only=False)
    discriminator.load_state_dict(trained["discriminator"])
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        z = torch.randn(20_000, N_LATENTS, generator=noise)
        generator.register_buffer("w_avg", generator.mapping(z).mean(0))
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
        "AUC of realism": realism_auc(weights.discriminator(), shipped),
    }
    print(json.dumps(report, indent=1, ensure_ascii=False, default=float))
