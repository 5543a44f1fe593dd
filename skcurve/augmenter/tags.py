"""The tags of a sampler, for those who ask for them, whether imbalanced-learn is there or not."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from sklearn.utils import InputTags, Tags


@dataclass(slots=True)
class SamplerTags:
    """What imbalanced-learn asks a sampler.

    Attributes
    ----------
    sample_indices : bool
        Whether its rows are some of those it was given.
    """

    sample_indices: bool = False


@dataclass(slots=True)
class RowTags(InputTags):
    """What scikit-learn asks, and whether the rows may be a frame."""

    dataframe: bool = True


@dataclass(slots=True)
class AugmenterTags(Tags):
    """The tags of an estimator, and those of a sampler."""

    sampler_tags: SamplerTags = field(default_factory=SamplerTags)


def sampler_tags(tags: Tags) -> AugmenterTags:
    """Make the tags of an estimator those of a sampler.

    Parameters
    ----------
    tags : Tags
        What scikit-learn says of it.
    """
    known = {part.name: getattr(tags, part.name) for part in fields(tags)}
    rows = RowTags(**{part.name: getattr(tags.input_tags, part.name) for part in fields(InputTags)})
    return AugmenterTags(**{**known, "estimator_type": "sampler", "input_tags": rows})
