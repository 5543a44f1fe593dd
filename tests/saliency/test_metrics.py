"""Masks are measured as the definitions say, pair by pair."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skcurve.saliency import (
    iou,
    max_f_beta,
    mean_absolute_error,
    pixel_accuracy,
    precision_recall_curve,
)

MEASURES = [iou, pixel_accuracy, mean_absolute_error, max_f_beta, precision_recall_curve]
SHAPE = (3, 4, 5)
truths = arrays(bool, SHAPE)
scores = arrays(np.float64, SHAPE, elements=st.floats(0, 1))


@given(truths, scores)
def test_one_image_at_a_time_one_threshold_at_a_time(true, predicted):
    overlaps, right, curve = [], [], precision_recall_curve(true, predicted)
    for truth, score in zip(true, predicted, strict=True):
        here, there = set(np.flatnonzero(truth)), set(np.flatnonzero(score > 0.5))
        overlaps.append(len(here & there) / len(here | there) if here | there else 1.0)
        right.append(1 - len(here ^ there) / truth.size)
    assert iou(true, predicted) == pytest.approx(np.mean(overlaps))
    assert pixel_accuracy(true, predicted) == pytest.approx(np.mean(right))
    assert mean_absolute_error(true, predicted) == pytest.approx(np.abs(true - predicted).mean())
    for place in (0, 1, 100, 127, 128, 254):
        assert curve.thresholds[place] == pytest.approx(place / 255)
        precision, recall = [], []
        for truth, score in zip(true, predicted, strict=True):
            marked = np.ceil(score * 255) > place  # that is score > place / 255, without rounding
            hits = (truth & marked).sum()
            precision.append(hits / marked.sum() if marked.any() else 1.0)
            recall.append(hits / truth.sum() if truth.any() else 1.0)
        assert curve.precision[place] == pytest.approx(np.mean(precision))
        assert curve.recall[place] == pytest.approx(np.mean(recall))


@given(truths, scores, st.floats(0.1, 4))
def test_the_f_measure_is_the_largest_along_the_curve(true, predicted, sq_beta):
    curve = precision_recall_curve(true, predicted)
    values = [
        (1 + sq_beta) * p * r / (sq_beta * p + r) if p + r > 0 else 0.0
        for p, r in zip(curve.precision, curve.recall, strict=True)
    ]
    assert max_f_beta(true, predicted, sq_beta=sq_beta) == pytest.approx(max(values))


@given(truths)
def test_the_truth_is_perfect_and_its_opposite_is_not(true):
    assert iou(true, true) == pixel_accuracy(true, true) == max_f_beta(true, true) == 1
    assert mean_absolute_error(true, true) == 0
    assert iou(true, ~true) == pixel_accuracy(true, ~true) == 0
    assert mean_absolute_error(true, ~true) == 1


@given(truths)
def test_recall_falls_as_the_threshold_rises(true):
    predicted = np.random.default_rng(0).random(SHAPE)
    assert (np.diff(precision_recall_curve(true, predicted).recall) <= 1e-12).all()


def test_every_library_and_kind_of_number_is_taken():
    true = np.array([[[1, 0], [1, 1]]])
    for kind in (true, true.astype(bool), torch.tensor(true), true.tolist()):
        assert iou(kind, kind) == 1


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ([[1, 0]], [[1, 0]], r"true must have shape \(n, H, W\), none of these 0; got \(1, 2\)"),
        ([[[1, 0.5]]], [[[1, 0]]], "true must be 0 or 1 at every pixel"),
        ([[[1, 0]]], [[[2, 0]]], "predicted must hold numbers from 0 to 1; got 0 to 2"),
        ([[[1, 0]]], [[[np.nan, 0]]], "predicted must hold numbers from 0 to 1"),
        ([[[1, 0]]], [[[1]]], r"predicted must have the shape of true, \(1, 1, 2\); got \(1, 1, 1"),
    ],
)
def test_what_is_no_mask_is_refused(measure, true, predicted, message):
    with pytest.raises(ValueError, match=message):
        measure(true, predicted)


@pytest.mark.parametrize("sq_beta", [0, -1, np.nan, np.inf])
def test_beta_is_positive(sq_beta):
    with pytest.raises(ValueError, match="sq_beta must be positive"):
        max_f_beta([[[1]]], [[[1]]], sq_beta=sq_beta)
    with pytest.raises(TypeError, match="sq_beta must be a number; got 'a'"):
        max_f_beta([[[1]]], [[[1]]], sq_beta="a")
