"""Rows and labels come back as they were: lists, frames, tensors, arrays, one-hot rows."""

import numpy as np
import pytest
import torch

from skcurve.augmenter.kinds import like_labels, like_rows, read_labels

ROWS = np.array([[0.0, 1.0], [2.0, 3.0], [0.5, 0.5]])
LABELS = np.array([1, 0, 1])


def test_arrays_lists_and_tensors():
    assert like_rows(ROWS, ROWS[:2]) is ROWS
    assert like_rows(ROWS, ROWS[:2].tolist()) == ROWS.tolist()
    assert torch.equal(like_rows(ROWS, torch.zeros(2, 2)), torch.from_numpy(ROWS))
    assert like_labels(LABELS, LABELS[:2]) is LABELS
    assert like_labels(LABELS, [1, 0]) == [1, 0, 1]
    found = like_labels(LABELS, torch.tensor([1, 0], dtype=torch.int32))
    assert found.dtype == torch.int32 and found.tolist() == [1, 0, 1]


def test_frames_keep_their_names_and_the_precision_of_each_column():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": np.float32([0, 2]), "b": [1, 3]})
    found = like_rows(ROWS, frame)
    assert list(found.columns) == ["a", "b"]
    assert found.dtypes.tolist() == [np.float32, np.float64]  # a whole number can be divided
    series = pandas.Series(["x", "y"], name="kind", dtype="category")
    found = like_labels(np.array(["x", "y", "x"], dtype=object), series)
    assert found.name == "kind" and found.dtype == "category" and found.tolist() == ["x", "y", "x"]


@pytest.mark.parametrize("kind", [np.asarray, list, lambda table: torch.tensor(table)])
def test_one_hot_rows_are_labels(kind):
    table = kind(np.eye(3, dtype=int)[[2, 0, 1]].tolist())
    labels = read_labels(table, ROWS)
    assert labels.tolist() == [2, 0, 1]
    found = like_labels(np.array([2, 0, 1, 1]), table)
    assert np.asarray(found).tolist() == np.eye(3)[[2, 0, 1, 1]].tolist()


@pytest.mark.parametrize(
    ("y", "said"),
    [
        ([0.5, 1.5, 2.25], "Unknown label type"),
        ([[1, 1], [0, 1], [1, 0]], "one label a row"),
        ([[1, 2], [3, 4], [5, 6]], "one label a row"),
        ([0, 1], "inconsistent numbers of samples"),
        (["a", None, "b"], "labels of one kind"),
    ],
)
def test_what_are_no_labels_is_refused(y, said):
    with pytest.raises(ValueError, match=said):
        read_labels(y, ROWS)
