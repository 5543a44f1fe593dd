"""Train the networks of `skcurve.generators.sprites`, and write the weights that ship.

    python benchmarks/sprites/train_sprites.py scorer
    python benchmarks/sprites/train_sprites.py generator
    python benchmarks/sprites/train_sprites.py export

Every schedule counts images, not seconds. A run that was stopped goes on from its last checkpoint,
with `--images` for another length if need be; `export` may be called at any time. One thread is
best: two take twice the processor time of one for these sizes.

The run behind the weights that ship was stopped and lengthened several times, and its first 62,000
images were seen in batches of 32 at a lower rate: this script is its recipe, not
its bits. It ended after 302,000 images, with 11,600 of them for the discriminator alone: the last
step, in which the generator answers to the discriminator, is no part of what ships.
"""

import argparse
from pathlib import Path

import learn_scorer

RESULTS = Path(__file__).resolve().parents[1] / "results" / "sprites"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["scorer", "generator", "export"])
    parser.add_argument("--images", type=int, help="how many to see")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=RESULTS, help="for checkpoints")
    parser.add_argument("--minutes", type=float, default=2.0, help="between checkpoints")
    parser.add_argument("--uniform", action="store_true", help="independent factors, no species")
    arguments = parser.parse_args()
    if arguments.what == "scorer":
        learn_scorer.learn(
            arguments.folder,
            n_images=arguments.images or 260_000,
            seed=arguments.seed,
            minutes=arguments.minutes,
        )
    elif arguments.what == "generator":
        import learn_generator

        learn_generator.learn(
            arguments.folder,
            n_images=arguments.images or 440_000,
            seed=arguments.seed,
            minutes=arguments.minutes,
            species=not arguments.uniform,
        )
    else:
        import export_weights
        import sheet

        export_weights.export(arguments.folder)
        sheet.sheet(arguments.folder / "sprites.png")


if __name__ == "__main__":
    main()
