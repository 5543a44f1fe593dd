"""A stream of samples, cut into batches or not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skcurve import CurveAugmenter, PolylineCurve
from skcurve.augmenter import drawing


@pytest.fixture(scope="module")
def gaps():
    """Half of the curve is far from all rows."""
    rows = np.r_[np.arange(0, 3, 0.05), np.arange(6, 9, 0.05)][:, None]
    return CurveAugmenter(PolylineCurve([[0.0], [9.0]]), jitter=0.3, random_state=0).fit(rows)


@given(st.integers(1, 60), st.integers(1, 70), st.booleans())
def test_batches_together_are_the_sample(gaps, n, batch_size, valid_only):
    options = {"segments": (0.0, 1.0), "valid_only": valid_only}
    with pytest.warns(UserWarning) if not valid_only else np.errstate():
        whole = gaps.sample(n, **options)
        batches = list(gaps.iter_batches(batch_size, n, **options))
    assert [len(batch.latents) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
    together = np.concatenate([batch.coordinates for batch in batches])
    np.testing.assert_array_equal(together, whole.coordinates)
    latents = np.concatenate([batch.latents for batch in batches])
    np.testing.assert_allclose(latents, whole.latents, atol=1e-12)


def test_valid_ones_are_valid_and_spread_over_what_is():
    rows = np.r_[np.arange(0, 3, 0.05), np.arange(6, 9, 0.05)][:, None]
    augmenter = CurveAugmenter(PolylineCurve([[0.0], [9.0]]), random_state=0).fit(rows)
    samples = augmenter.sample(2000, valid_only=True)
    assert augmenter.validity(samples).valid.all()
    found = samples.latents[:, 0]
    assert not ((found > 3.01) & (found < 5.94)).any()
    counts = np.histogram(found, bins=[0, 1, 2, 3, 6, 7, 8, 9])[0]
    assert counts[3] < 40
    np.testing.assert_allclose(np.delete(counts, 3), 2000 / 6, rtol=0.2)


def test_what_cannot_be_valid_ends_with_an_error(gaps):
    with pytest.raises(RuntimeError, match="0 of the 5 samples wanted were valid after 6400 tries"):
        gaps.sample(5, (0.4, 0.6), valid_only=True)


def test_noise_in_blocks_is_the_same_noise(gaps, monkeypatch):
    whole = gaps.sample(100, (0.0, 0.3)).latents
    monkeypatch.setattr(drawing, "NOISY_ROWS", 7)
    np.testing.assert_allclose(gaps.sample(100, (0.0, 0.3)).latents, whole, atol=1e-12)


def test_a_stream_without_an_end_goes_on():
    augmenter = CurveAugmenter(PolylineCurve([[0.0], [1.0]]), random_state=0)
    stream = augmenter.iter_batches(3)
    found = np.concatenate([next(stream).coordinates for _ in range(50)])
    assert len(set(found.tolist())) == 150
