"""See, measure, name and keep the directions of a generator's latent space."""

from skcurve.explorer.calibration import Calibration
from skcurve.explorer.direction import Direction
from skcurve.explorer.effects import Effects
from skcurve.explorer.library import DirectionLibrary
from skcurve.explorer.walk import Walk

__all__ = [
    "Calibration",
    "Direction",
    "DirectionLibrary",
    "Effects",
    "Walk",
]
