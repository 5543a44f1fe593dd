"""Samples as a dataset of torch: workers share the work, and repeat nothing."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset

from skcurve import CurveAugmenter, PolylineCurve

CURVE = PolylineCurve([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])


def coordinates(loader):
    return np.concatenate([batch["coordinates"].numpy() for batch in loader])


def test_it_gives_what_there_is_one_sample_at_a_time(learnt, digits):
    dataset = learnt.as_dataset(5, slice(3, 4))
    assert isinstance(dataset, IterableDataset)
    items = list(dataset)
    assert len(items) == 5
    for item in items:
        assert set(item) == {"latents", "coordinates", "labels"}
        assert item["latents"].shape == (64,)
        assert item["labels"] == learnt.segment_labels_[3]
    assert set(next(iter(CurveAugmenter(CURVE).as_dataset()))) == {"latents", "coordinates"}
    doubled = CurveAugmenter(CURVE, lambda latents: 2 * latents).as_dataset(1)
    (item,) = doubled
    assert torch.equal(item["outputs"], 2 * item["latents"])


def test_text_labels_stay_text(digits, fitted):
    X, y = digits
    names = np.array([f"digit {label}" for label in y])
    augmenter = CurveAugmenter(fitted, random_state=0).fit(X, names)
    batch = next(iter(DataLoader(augmenter.as_dataset(4, "digit 3"), batch_size=4)))
    assert batch["labels"] == ["digit 3"] * 4


@pytest.mark.parametrize("random_state", [0, None])
def test_workers_share_the_samples_and_repeat_none(random_state):
    dataset = CurveAugmenter(CURVE, random_state=random_state).as_dataset(101, batch_size=8)
    found = coordinates(DataLoader(dataset, batch_size=10, num_workers=2))
    assert len(found) == len(set(found.tolist())) == 101
    if random_state is not None:
        again = coordinates(DataLoader(dataset, batch_size=10, num_workers=2))
        np.testing.assert_array_equal(found, again)


def test_epochs_differ_if_they_are_named_and_are_repeatable():
    dataset = CurveAugmenter(CURVE, random_state=0).as_dataset(20)
    first, again = (coordinates(DataLoader(dataset)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    dataset.set_epoch(1)
    assert not np.isin(coordinates(DataLoader(dataset)), first).any()
    dataset.set_epoch(0)
    np.testing.assert_array_equal(coordinates(DataLoader(dataset)), first)
    other = CurveAugmenter(CURVE, random_state=1).as_dataset(20)
    assert not np.isin(coordinates(DataLoader(other)), first).any()


def test_fewer_samples_than_workers_are_enough():
    dataset = CurveAugmenter(CURVE, random_state=0).as_dataset(1)
    assert len(coordinates(DataLoader(dataset, num_workers=2))) == 1


def test_what_is_wrong_is_said_before_the_first_sample():
    with pytest.raises(ValueError, match="segments=5:6 leaves the curve"):
        CurveAugmenter(CURVE).as_dataset(1, slice(5, 6))
    with pytest.raises(ValueError, match="batch_size must be at least 1; got 0"):
        CurveAugmenter(CURVE).as_dataset(1, batch_size=0)
