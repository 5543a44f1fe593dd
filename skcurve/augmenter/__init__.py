"""New samples from chosen stretches of a curve: where they lie, what they are, how far to trust."""

from skcurve.augmenter.dataset import SampleDataset
from skcurve.augmenter.records import Coverage, Gap, Samples, Validity

__all__ = ["Coverage", "Gap", "SampleDataset", "Samples", "Validity"]
