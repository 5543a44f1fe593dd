"""Segments are of the label that most rows about them have."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skcurve import PolylineCurve
from skcurve.augmenter.labels import OWN_SHARE, SegmentLabels

ROWS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc")), min_size=1, max_size=30)
CURVE = PolylineCurve(np.cumsum([0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0])[:, None])


@given(ROWS)
def test_they_count_what_is_about_each_segment(rows):
    segment, y = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    known = SegmentLabels.of(segment, y, CURVE)
    middle = (CURVE.arclength[1:] + CURVE.arclength[:-1]) / 2
    busy = sorted(set(segment.tolist()))
    for number in range(CURVE.n_segments):
        mine = y[segment == number]
        nearest = min(busy, key=lambda other: abs(middle[other] - middle[number]))
        about = y[segment == nearest]
        labels, counts = np.unique(about, return_counts=True)
        assert known.labels[number] == labels[counts.argmax()]
        owner = known.labels[number]
        share = (mine == owner).mean() if len(mine) else 0.0
        assert known.purity[number] == share
        for label in known.classes:
            assert known.owned(label)[number] == (label == owner and share >= OWN_SHARE)
    for label in known.classes:
        held = known.owned(label)[segment[y == label]].mean()
        assert abs(known.held(label, known.owned(label)) - held) < 1e-12
