"""Sprites: small pictures whose factors are known, and generators of them to test with."""

from skcurve.generators.sprites.exact import ExactSprites
from skcurve.generators.sprites.factors import FACTOR_RANGES, FACTORS, SPECIES, sample_factors
from skcurve.generators.sprites.judges import SpriteAttributes, attributes, realism
from skcurve.generators.sprites.render import render
from skcurve.generators.sprites.trained import SpriteGenerator

__all__ = [
    "FACTORS",
    "FACTOR_RANGES",
    "SPECIES",
    "ExactSprites",
    "SpriteAttributes",
    "SpriteGenerator",
    "attributes",
    "realism",
    "render",
    "sample_factors",
]
