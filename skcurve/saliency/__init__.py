"""Masks of what is in the foreground, without labels: from a direction, and by a segmenter.

1. `find_background_direction` finds the direction that changes the background and leaves the
   object.
2. `MaskMaker` makes images with masks from what that direction does to each pixel.
3. `SaliencySegmenter` learns from these to find the object on images that no generator made.

How good masks are, each a mean over the images:

=========================  =====================================================  ===========
function                   what it says                                           better when
=========================  =====================================================  ===========
`iou`                      intersection over union                                near 1
`pixel_accuracy`           the share of pixels that are right                     near 1
`mean_absolute_error`      how far scores are from the truth                      small
`max_f_beta`               precision and recall in one, at the best threshold     near 1
`precision_recall_curve`   both, at every threshold                               near 1
=========================  =====================================================  ===========
"""

from skcurve.saliency.background import BackgroundDirection, find_background_direction
from skcurve.saliency.maker import MaskMaker, MaskPairs
from skcurve.saliency.metrics import (
    PrecisionRecall,
    iou,
    max_f_beta,
    mean_absolute_error,
    pixel_accuracy,
    precision_recall_curve,
)
from skcurve.saliency.segmenter import SaliencySegmenter

__all__ = [
    "BackgroundDirection",
    "MaskMaker",
    "MaskPairs",
    "PrecisionRecall",
    "SaliencySegmenter",
    "find_background_direction",
    "iou",
    "max_f_beta",
    "mean_absolute_error",
    "pixel_accuracy",
    "precision_recall_curve",
]
