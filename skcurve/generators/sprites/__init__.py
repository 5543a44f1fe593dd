"""Sprites: small pictures whose factors are known, and generators of them to test with."""

from skcurve.generators.sprites.exact import ExactSprites
from skcurve.generators.sprites.factors import FACTOR_RANGES, FACTORS, SPECIES, sample_factors
from skcurve.generators.sprites.render import render

__all__ = ["ExactSprites", "FACTORS", "FACTOR_RANGES", "SPECIES", "render", "sample_factors"]
