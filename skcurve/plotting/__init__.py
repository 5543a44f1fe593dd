"""Figures of a curve and its codebook, as scikit-learn's displays: one computes, then it draws.

matplotlib (`pip install "skcurve[plot]"`) is imported when something is drawn, not before.
"""

from skcurve.plotting.codebook import CodebookDisplay
from skcurve.plotting.curve import CurveDisplay

__all__ = ["CodebookDisplay", "CurveDisplay"]
