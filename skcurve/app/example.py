"""The explorer of `skcurve explore --demo`: the generator that comes along, and a curve of it."""

from __future__ import annotations

from typing import Any

from skcurve import SFVQ, LatentDirectionExplorer
from skcurve.generators.sprites import SpriteGenerator, attributes

N_LATENTS = 10_000


def make_example(n_bits: int, random_state: int) -> tuple[Any, list[str]]:
    """Fit a curve to latents of the sprites, and make an explorer of both.

    Parameters
    ----------
    n_bits : int
        The bitrate.
    random_state : int
        Of the fit.

    Returns
    -------
    explorer : LatentDirectionExplorer
    setup : list of str
        Lines of Python that make the same one, as `launch` takes them.
    """
    generator = SpriteGenerator()
    curve = SFVQ(n_bits, random_state=random_state).fit(generator.sample(N_LATENTS, 0))
    explorer = LatentDirectionExplorer(
        curve, generator, attributes=attributes, random_state=random_state
    )
    setup = [
        "from skcurve import SFVQ, LatentDirectionExplorer",
        "from skcurve.generators.sprites import SpriteGenerator",
        "generator = SpriteGenerator()",
        f"curve = SFVQ({n_bits}, random_state={random_state})"
        f".fit(generator.sample({N_LATENTS:_}, 0))",
        "explorer = LatentDirectionExplorer(curve, generator)",
    ]
    return explorer, setup
