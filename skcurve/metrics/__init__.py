"""Numbers that say how good a curve is, what a direction does, and in which respect.

Of a curve: every function takes a `PolylineCurve`, or any fitted estimator that keeps one as
`curve_`.

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

Of a direction: every function takes what was measured as n latents were moved along it.

=========================  =====================================================  ===========
function                   what it says                                           better when
=========================  =====================================================  ===========
`effect`                   how much each attribute changes                        large for one
`purity`                   the share of the largest effect in all of them         near 1
`consistency`              whether all latents change the same way                near 1
`monotonicity`             whether an attribute only rises, or only falls         near 1
`linearity`                whether it changes in proportion to the strength       near 1
`preservation`             how far an embedding of the output is kept             near 1
=========================  =====================================================  ===========

Of a walk through a latent space, by what is seen on the way:

=========================  =====================================================  ===========
function                   what it says                                           better when
=========================  =====================================================  ===========
`path_length`              the squared speed of the features, a number a segment  small
`temporal_consistency`     how little changes from frame to frame                 near 1
=========================  =====================================================  ===========
"""

from skcurve.metrics.distortion import distortion, dithered_distortion
from skcurve.metrics.effects import (
    consistency,
    effect,
    linearity,
    monotonicity,
    preservation,
    purity,
)
from skcurve.metrics.order import neighbor_agreement, smoothness_ratio, topographic_error
from skcurve.metrics.outliers import outlier_vertices
from skcurve.metrics.usage import perplexity, usage
from skcurve.metrics.walks import path_length, temporal_consistency

__all__ = [
    "consistency",
    "distortion",
    "dithered_distortion",
    "effect",
    "linearity",
    "monotonicity",
    "neighbor_agreement",
    "outlier_vertices",
    "path_length",
    "perplexity",
    "preservation",
    "purity",
    "smoothness_ratio",
    "temporal_consistency",
    "topographic_error",
    "usage",
]
