"""Space-filling curves through vectors: an ordered codebook for quantising, exploring, creating."""

from skcurve.curve import PolylineCurve

__all__ = ["PolylineCurve"]
__version__ = "0.1.0"
