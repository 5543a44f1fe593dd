"""Space-filling curves through vectors: an ordered codebook for quantising, exploring, creating."""

__version__ = "0.1.0"

from skcurve.curve import PolylineCurve
from skcurve.sfvq import SFVQ

__all__ = ["SFVQ", "PolylineCurve"]
