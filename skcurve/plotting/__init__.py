"""Figures of a curve and its codebook, as scikit-learn's displays: one computes, then it draws.

`from_estimator` computes and draws, `plot` draws again elsewhere, and what was drawn is kept in
attributes with a trailing underscore, so that everything can be changed afterwards. matplotlib
(`pip install "skcurve[plot]"`) is imported when something is drawn, not before.

The colours can be told apart with any colour vision. What goes along the curve, and every quantity,
is in viridis, which also prints in grey; labels and lines are in the ten colours of Petroff
(arXiv:2107.02270), and lines differ in their style or marks as well.
"""

from skcurve.plotting.codebook import CodebookDisplay
from skcurve.plotting.curve import CurveDisplay
from skcurve.plotting.history import HistoryDisplay
from skcurve.plotting.ordering import OrderingDisplay
from skcurve.plotting.rate_distortion import RateDistortionDisplay
from skcurve.plotting.usage import UsageDisplay

__all__ = [
    "CodebookDisplay",
    "CurveDisplay",
    "HistoryDisplay",
    "OrderingDisplay",
    "RateDistortionDisplay",
    "UsageDisplay",
]
