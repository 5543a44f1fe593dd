"""Numbers that say how good a curve is, and in which respect.

Every function takes a `PolylineCurve`, or any fitted estimator that keeps one as `curve_`.

=========================  =====================================================  ===========
function                   what it says                                           better when
=========================  =====================================================  ===========
`distortion`               squared distance to the curve, per feature             small
`dithered_distortion`      the same to one random point a segment: the objective  small
`usage`, `perplexity`      how evenly the segments share the data                 even, large
`smoothness_ratio`         how near consecutive vertices are                      small
`topographic_error`        how often nearby space is far apart on the curve       small
`neighbor_agreement`       how often neighbours on the curve share a label        large
`outlier_vertices`         which vertices lie outside the data                    none
=========================  =====================================================  ===========
"""

from skcurve.metrics.distortion import distortion, dithered_distortion
from skcurve.metrics.order import neighbor_agreement, smoothness_ratio, topographic_error
from skcurve.metrics.outliers import outlier_vertices
from skcurve.metrics.usage import perplexity, usage

__all__ = [
    "distortion",
    "dithered_distortion",
    "neighbor_agreement",
    "outlier_vertices",
    "perplexity",
    "smoothness_ratio",
    "topographic_error",
    "usage",
]
