"""A picture of samples: a row for each species, renders on the left, generated on the right."""

from pathlib import Path

import numpy as np
from matplotlib import image
from measure_generator import nearest_species

from skcurve.generators.sprites import SPECIES, SpriteGenerator, attributes, render, sample_factors

COLUMNS, GAP, SCALE = 8, 2, 2


def sheet(path: Path, seed: int = 0) -> None:
    real, kinds = sample_factors(2000, seed)
    generator = SpriteGenerator()
    generated = generator(generator.sample(500, seed))
    guesses = nearest_species(attributes(generated), real, kinds)
    rows = []
    for kind in range(len(SPECIES)):
        drawn = render(real[kinds == kind][:COLUMNS])
        rows.append(np.concatenate([drawn, generated[guesses == kind][:COLUMNS]]))
    n_rows, n_columns, side = len(rows), 2 * COLUMNS, 32 + GAP
    page = np.ones((n_rows * side, n_columns * side + 4 * GAP, 3))
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            left = j * side + (4 * GAP if j >= COLUMNS else 0)
            page[i * side : i * side + 32, left : left + 32] = picture.transpose(1, 2, 0) / 2 + 0.5
    large = page[:-GAP, :-GAP].repeat(SCALE, 0).repeat(SCALE, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.imsave(path, large.clip(0, 1))
