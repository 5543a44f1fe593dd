"""Train the networks of `skcurve.generators.sprites`, and write the weights that ship.

    python benchmarks/sprites/train_sprites.py all

does one after another what each of these does alone:

    python benchmarks/sprites/train_sprites.py scorer
    python benchmarks/sprites/train_sprites.py generator
    python benchmarks/sprites/train_sprites.py realism
    python benchmarks/sprites/train_sprites.py export

Every schedule counts images, not seconds, and every random number comes from the seed. A run that
was stopped goes on from its last checkpoint as if nothing had happened. All use one thread: two
take twice the processor time of one for these sizes, and round differently.

The weights that ship are what this makes with the defaults, bit for bit on the same kind of
processor with the same torch. Elsewhere sums are rounded in another order, which an adversary
magnifies: there the networks are others of the same worth.
"""

import argparse
from pathlib import Path

import export_weights
import learn_generator
import learn_realism
import learn_scorer
import sheet
import torch

RESULTS = Path(__file__).resolve().parents[1] / "results" / "sprites"
IMAGES = {"scorer": 260_000, "generator": 300_000, "realism": 60_000}
PARTS = (*IMAGES, "export")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["all", *PARTS])
    parser.add_argument("--images", type=int, help="how many a network is to see")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=RESULTS, help="for checkpoints")
    parser.add_argument("--minutes", type=float, default=2.0, help="between checkpoints")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for part in PARTS if arguments.what == "all" else [arguments.what]:
        run(part, arguments)


def run(part: str, arguments: argparse.Namespace) -> None:
    folder = arguments.folder
    if part == "export":
        export_weights.export(folder)
        sheet.sheet(folder / "sprites.png")
        return
    n_images = arguments.images or IMAGES[part]
    seed, minutes = arguments.seed, arguments.minutes
    if part == "scorer":
        learn_scorer.learn(folder, n_images=n_images, seed=seed, minutes=minutes)
    elif part == "generator":
        learn_generator.learn(folder, n_images=n_images, seed=seed, minutes=minutes)
    else:
        learn_realism.learn(folder, n_images=n_images, seed=seed)


if __name__ == "__main__":
    main()
