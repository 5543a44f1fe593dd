"""Sprites whose background is one coordinate of the latent, and their true masks."""

import numpy as np
import pytest

from skcurve import LatentDirectionExplorer, PolylineCurve
from skcurve.generators.sprites import FACTORS, ExactSprites, render

pytest.importorskip("skimage")

BACKGROUND = FACTORS.index("background")


def masks_at(factors):
    """The sprite is what the ground does not show through, on black and on white."""
    black, white = np.array(factors), np.array(factors)
    black[:, BACKGROUND], white[:, BACKGROUND] = 0, 1
    return (render(white) - render(black)).mean(1) <= 1  # at least half of 2 is covered


@pytest.fixture(scope="session")
def true_masks():
    return masks_at


@pytest.fixture(scope="session")
def sprites():
    return ExactSprites()


@pytest.fixture(scope="session")
def true_direction(sprites):
    return sprites.true_directions()[BACKGROUND]


@pytest.fixture(scope="session")
def explorer(sprites):
    """The curve goes from end to end of every factor, so that one segment is the background."""
    rows = sprites.true_directions()
    return LatentDirectionExplorer(
        PolylineCurve(np.concatenate([[-row, row] for row in rows])), sprites, random_state=0
    )
