"""Where directions come from: a curve's segments, components, networks, attributes, chance.

Every finder is called alike: ``fit(generator, latents=None)``, then `directions_`, unit rows, and
`strengths_`, the natural step of each.
"""

from skcurve.directions.attributes import AttributeDirections
from skcurve.directions.base import DirectionFinder, Found
from skcurve.directions.closed_form import ClosedFormDirections
from skcurve.directions.contrastive import ContrastiveDirections
from skcurve.directions.control import RandomDirections
from skcurve.directions.jacobian import mean_jacobian
from skcurve.directions.pca import PCADirections
from skcurve.directions.rectified import RectifiedDirections
from skcurve.directions.segments import SegmentDirections

__all__ = [
    "AttributeDirections",
    "ClosedFormDirections",
    "ContrastiveDirections",
    "DirectionFinder",
    "Found",
    "PCADirections",
    "RandomDirections",
    "RectifiedDirections",
    "SegmentDirections",
    "mean_jacobian",
]
