"""Six populations of sprites, clustered and correlated as real data is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Population:
    """One species: what its members look like.

    Attributes
    ----------
    share : float
        Of all sprites.
    ranges : dict of str to (float, float)
        Where each factor lies, evenly; a factor that is missing has its whole range.
    shares_with : dict of str to float
        How many of the members have an eye, and how many a hat.
    together : tuple of (str, str, float)
        Pairs of factors, and the correlation of the normal numbers they are made from. The second
        of a pair appears in no other pair.
    """

    share: float
    ranges: dict[str, tuple[float, float]]
    shares_with: dict[str, float]
    together: tuple[tuple[str, str, float], ...]


POPULATIONS = {
    "cherry": Population(
        share=0.15,
        ranges={
            "hue": (0.0, 0.06),
            "size": (0.28, 0.36),
            "aspect": (-0.15, 0.15),
            "squareness": (0.28, 0.45),
            "background": (0.70, 0.95),
        },
        shares_with={"eye": 0.1, "hat": 0.1},
        together=(("size", "y", -0.8),),  # the heavy ones hang low
    ),
    "canary": Population(
        share=0.20,
        ranges={
            "hue": (0.11, 0.18),
            "size": (0.28, 0.38),
            "aspect": (0.0, 0.35),
            "squareness": (0.25, 0.45),
            "background": (0.50, 0.85),
        },
        shares_with={"eye": 0.95, "hat": 0.1},
        together=(("y", "background", 0.8),),  # higher up, the sky is brighter
    ),
    "frog": Population(
        share=0.20,
        ranges={
            "hue": (0.28, 0.38),
            "size": (0.34, 0.46),
            "y": (-0.3, 0.1),
            "aspect": (0.15, 0.5),
            "squareness": (0.35, 0.65),
            "background": (0.35, 0.65),
        },
        shares_with={"eye": 0.95, "hat": 0.05},
        together=(("size", "aspect", 0.8),),  # the large ones are flat
    ),
    "crystal": Population(
        share=0.15,
        ranges={
            "hue": (0.48, 0.56),
            "size": (0.30, 0.44),
            "aspect": (-0.5, -0.1),
            "squareness": (0.0, 0.15),
            "background": (0.25, 0.50),
        },
        shares_with={"eye": 0.1, "hat": 0.05},
        together=(("size", "hue", 0.8),),  # the large ones are a deeper blue
    ),
    "robot": Population(
        share=0.15,
        ranges={
            "hue": (0.60, 0.68),
            "size": (0.30, 0.42),
            "aspect": (-0.25, 0.25),
            "squareness": (0.75, 1.0),
            "background": (0.60, 0.90),
        },
        shares_with={"eye": 0.9, "hat": 0.5},
        together=(("size", "hat", 0.8),),  # the large ones wear hats
    ),
    "wizard": Population(
        share=0.15,
        ranges={
            "hue": (0.72, 0.80),
            "size": (0.30, 0.42),
            "aspect": (-0.4, 0.0),
            "squareness": (0.2, 0.5),
            "background": (0.25, 0.60),
        },
        shares_with={"eye": 0.5, "hat": 0.95},
        together=(("background", "eye", 0.8),),  # in the dark they sleep
    ),
}
"""The species by name."""
