"""partial_fit: one batch after another, and as good as fit in the end."""

import pickle

import numpy as np
import pytest
import torch

from skcurve import SFVQ
from skcurve.metrics import dithered_distortion
from skcurve.solvers import Lloyd


def gaussian(n_rows, n_features=3, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal((n_rows, n_features)).astype(dtype)


def stream(X, n_bits=3, *, batch=1024, weights=None, random_state=0, **parameters):
    sfvq = SFVQ(n_bits=n_bits, random_state=random_state, **parameters)
    for start in range(0, len(X), batch):
        part = slice(start, start + batch)
        sfvq.partial_fit(X[part], sample_weight=None if weights is None else weights[part])
    return sfvq


@pytest.mark.parametrize(("n_features", "n_bits"), [(8, 3), (16, 4)])
def test_one_pass_is_nearly_as_good_as_fit(n_features, n_bits):
    X, fresh = gaussian(40_000, n_features, np.float32), gaussian(20_000, n_features, seed=1)
    streamed, fitted = stream(X, n_bits), SFVQ(n_bits=n_bits, random_state=0).fit(X)
    assert streamed.codebook_.shape == fitted.codebook_.shape
    assert streamed.score(fresh) >= 1.04 * fitted.score(fresh)


@pytest.mark.slow
@pytest.mark.parametrize("n_features", [2, 4])
def test_one_pass_in_few_dimensions_is_as_good_as_fit_on_average(n_features):
    # Here one curve and the next differ by several percent, whichever way they are learnt.
    X = gaussian(262_144, n_features, np.float32)
    fresh = gaussian(65_536, n_features, np.float32, seed=1)
    streamed = [stream(X, 4, random_state=seed) for seed in range(6)]
    fitted = [SFVQ(n_bits=4, random_state=seed).fit(X) for seed in range(12)]
    exact, dithered = (
        [[-s.score(fresh) for s in found] for found in (streamed, fitted)],
        [
            [dithered_distortion(s, fresh, random_state=0, n_dithers=2) for s in found]
            for found in (streamed, fitted)
        ],
    )
    assert np.mean(exact[0]) <= 1.02 * np.mean(exact[1])
    assert np.mean(dithered[0]) <= 1.02 * np.mean(dithered[1])


@pytest.mark.slow
@pytest.mark.parametrize("n_bits", [4, 5, 6])
def test_one_pass_over_many_rows_is_within_two_percent_of_fit(n_bits):
    X, fresh = gaussian(262_144, 16, np.float32), gaussian(65_536, 16, np.float32, seed=1)
    streamed, fitted = stream(X, n_bits), SFVQ(n_bits=n_bits, random_state=0).fit(X)
    assert streamed.score(fresh) >= 1.02 * fitted.score(fresh)
    values = [
        dithered_distortion(s, fresh, random_state=0, n_dithers=2) for s in (streamed, fitted)
    ]
    assert values[0] <= 1.02 * values[1]


def test_the_attributes_are_there_after_the_first_batch():
    X = gaussian(500)
    sfvq = SFVQ(n_bits=3, random_state=0)
    assert sfvq.partial_fit(X) is sfvq
    assert sfvq.codebook_.shape == (4, 3)
    assert sorted(sfvq.codebooks_) == [2]
    assert sfvq.n_features_in_ == 3
    assert sfvq.n_iter_ == len(sfvq.history_) == 1
    assert not hasattr(sfvq, "usage_")
    assert sfvq.transform(X).shape == (500, 1)
    assert sfvq.score(X) < 0


def test_the_curve_grows_to_its_bitrate_and_no_further():
    sfvq = stream(gaussian(40_000), 4)
    assert sorted(sfvq.codebooks_) == [2, 3, 4]
    bitrates = [record["bitrate"] for record in sfvq.history_]
    assert bitrates == sorted(bitrates)
    assert set(bitrates) == {2, 3, 4}
    assert [record["sweep"] for record in sfvq.history_] == list(range(1, sfvq.n_iter_ + 1))
    assert len(sfvq.codebook_) == 16
    assert sfvq.at_bitrate(3).codebook_.shape == (8, 3)


@pytest.mark.parametrize("batch", [1, 7])
def test_batches_may_be_tiny(batch):
    X = gaussian(700)
    sfvq = SFVQ(n_bits=3, random_state=0).partial_fit(X[:7])
    for start in range(7, 700, batch):
        sfvq.partial_fit(X[start : start + batch])
    assert np.isfinite(sfvq.codebook_).all()
    fitted = SFVQ(n_bits=2, random_state=0).fit(X)
    assert sfvq.score(X) > 1.5 * fitted.score(X)


def test_batches_may_have_any_sizes():
    X = gaussian(30_000, 8)
    sfvq, start = SFVQ(n_bits=3, random_state=0), 0
    for size in np.random.default_rng(0).integers(2, 3000, 15):
        sfvq.partial_fit(X[start : start + size])
        start += size
    assert sfvq.score(X) > 1.1 * SFVQ(n_bits=3, random_state=0).fit(X).score(X)


@pytest.mark.parametrize("like", [np.asarray, torch.asarray])
def test_the_kind_of_array_is_kept(like):
    sfvq = SFVQ(n_bits=2, random_state=0).partial_fit(like(gaussian(200, dtype=np.float32)))
    assert isinstance(sfvq.codebook_, torch.Tensor) == (like is torch.asarray)
    assert sfvq.codebook_.dtype == like(gaussian(1, dtype=np.float32)).dtype


def test_the_same_seed_gives_the_same_bits():
    X = gaussian(5000)
    np.testing.assert_array_equal(stream(X).codebook_, stream(X).codebook_)
    other = SFVQ(n_bits=3, random_state=1).partial_fit(X[:1024])
    assert not np.array_equal(other.codebook_, stream(X[:1024]).codebook_)


def test_rows_of_weight_zero_are_not_there():
    X = gaussian(3000)
    weights = np.repeat([1.0, 0.0], 1500)
    shuffled = np.random.default_rng(0).permutation(3000)
    weighted = stream(X[shuffled], batch=500, weights=weights[shuffled])
    far = X.copy()
    far[1500:] += 100.0
    same = stream(far[shuffled], batch=500, weights=weights[shuffled])
    # The first batch sets the origin and the unit: rounding differs, no more.
    np.testing.assert_allclose(weighted.codebook_, same.codebook_, atol=1e-6)
    assert weighted.score(X[:1500]) > 1.3 * SFVQ(2, random_state=0).fit(X[:1500]).score(X[:1500])


def test_rows_of_weight_two_are_two_rows():
    X = gaussian(2000)
    times = np.random.default_rng(1).integers(1, 4, 2000)
    weighted = stream(X, batch=100, weights=times.astype(float), init="pca")
    repeated = SFVQ(n_bits=3, random_state=0, init="pca")
    for start in range(0, 2000, 100):
        repeated.partial_fit(np.repeat(X[start : start + 100], times[start : start + 100], axis=0))
    np.testing.assert_allclose(weighted.codebook_, repeated.codebook_, atol=1e-6)


def test_after_fit_it_goes_on_from_the_fitted_curve():
    X = gaussian(2000)
    sfvq = SFVQ(n_bits=4, random_state=0).fit(X)
    before, n_sweeps = sfvq.codebook_.copy(), sfvq.n_iter_
    sfvq.partial_fit(gaussian(500, seed=1))
    assert sfvq.codebook_.shape == before.shape
    assert sorted(sfvq.codebooks_) == [2, 3, 4]
    assert sfvq.n_iter_ == n_sweeps + 1
    moved = np.linalg.norm(sfvq.codebook_ - before, axis=1)
    assert 0 < moved.max() < 1.0
    fresh = gaussian(5000, seed=2)
    assert sfvq.score(fresh) > 1.2 * SFVQ.from_codebook(before).score(fresh)


def test_after_fit_it_grows_to_a_higher_bitrate():
    X = gaussian(2000)
    sfvq = SFVQ(n_bits=3, random_state=0).fit(X).set_params(n_bits=4)
    for seed in range(20):
        sfvq.partial_fit(gaussian(1024, seed=seed))
    assert sorted(sfvq.codebooks_) == [2, 3, 4]
    assert sfvq.score(X) > SFVQ(n_bits=3, random_state=0).fit(X).score(X)
    # The usage was that of the rows fit saw, on the curve they learnt; not of another curve.
    assert not hasattr(sfvq, "usage_")


def test_a_codebook_can_be_given_to_begin_with():
    X, codebook = gaussian(300), gaussian(8, seed=1)
    given = SFVQ.from_codebook(codebook, random_state=0).partial_fit(X)
    assert given.codebook_.shape == (8, 3)
    begun = SFVQ(n_bits=3, init=codebook, random_state=0).partial_fit(X)
    assert begun.codebook_.shape == (8, 3)
    toured = SFVQ(n_bits=4, init="tour", random_state=0).partial_fit(X)
    assert toured.codebook_.shape == (16, 3)


def test_fit_forgets_the_stream():
    X = gaussian(3000)
    sfvq = stream(X).fit(X)
    np.testing.assert_array_equal(sfvq.codebook_, SFVQ(n_bits=3, random_state=0).fit(X).codebook_)


def test_a_stream_goes_on_after_a_pickle():
    X = gaussian(3000)
    sfvq = stream(X[:2000])
    again = pickle.loads(pickle.dumps(sfvq))
    sfvq.partial_fit(X[2000:])
    again.partial_fit(X[2000:])
    np.testing.assert_array_equal(again.codebook_, sfvq.codebook_)


def test_a_refused_batch_leaves_no_trace():
    X = gaussian(2000)
    sfvq = stream(X[:1000])
    before = pickle.dumps(sfvq)
    for bad in (np.full((5, 3), np.nan), np.ones((5, 2)), np.empty((0, 3))):
        with pytest.raises(ValueError, match=r"NaN|features|sample"):
            sfvq.partial_fit(bad)
    again = pickle.loads(before).partial_fit(X[1000:])
    np.testing.assert_array_equal(sfvq.partial_fit(X[1000:]).codebook_, again.codebook_)


@pytest.mark.parametrize("scale", [1e-20, 1e20])
def test_the_unit_of_the_data_does_not_matter(scale):
    X = gaussian(5000)
    plain, scaled = stream(X, init="pca"), stream(X * scale, init="pca")
    np.testing.assert_allclose(scaled.codebook_ / scale, plain.codebook_, atol=1e-6)


def test_many_weights_of_zero_in_a_batch_after_fit():
    X = gaussian(16_384, 2)
    weights = np.tile([0.0, 1.0], 8192)
    sfvq = SFVQ(n_bits=2, random_state=0).fit(X).partial_fit(X, sample_weight=weights)
    assert np.isfinite(sfvq.codebook_).all()


@pytest.mark.parametrize(
    "known",
    [
        lambda sfvq, path: SFVQ.from_codebook(sfvq.codebook_, random_state=0),
        lambda sfvq, path: sfvq.at_bitrate(4),
        lambda sfvq, path: sfvq.save(path) or SFVQ.load(path),
        lambda sfvq, path: sfvq,
    ],
    ids=["from_codebook", "at_bitrate", "load", "fit"],
)
def test_a_small_batch_does_not_undo_what_is_known(known, tmp_path):
    X, fresh = gaussian(5000), gaussian(5000, seed=1)
    sfvq = known(SFVQ(n_bits=4, random_state=0).fit(X), tmp_path / "curve")
    before = sfvq.score(fresh)
    for row in range(3):
        sfvq.partial_fit(fresh[row : row + 1])
    assert sfvq.score(fresh) >= 1.01 * before
    for start in range(0, 320, 32):
        sfvq.partial_fit(fresh[start : start + 32])
    assert sfvq.score(fresh) >= 1.02 * before


@pytest.mark.parametrize("first", [np.float32, np.float64])
def test_batches_may_be_of_any_precision_and_kind(first):
    X = gaussian(3000)
    sfvq = SFVQ(n_bits=3, random_state=0).partial_fit(X[:1000].astype(first))
    second = np.float64 if first is np.float32 else np.float32
    sfvq.partial_fit(X[1000:2000].astype(second), sample_weight=np.ones(1000, second))
    assert sfvq.codebook_.dtype == first
    sfvq.partial_fit(torch.from_numpy(X[2000:]).half())
    assert isinstance(sfvq.codebook_, torch.Tensor)
    np.testing.assert_allclose(sfvq.codebook_, stream(X, batch=1000).codebook_, atol=2e-2)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_batches_may_be_on_any_device():
    X = torch.from_numpy(gaussian(2000))
    sfvq = SFVQ(n_bits=3, random_state=0).partial_fit(X[:1000]).partial_fit(X[1000:].cuda())
    assert sfvq.codebook_.device.type == "cuda"


def test_the_smoothness_of_a_solver_object_is_used():
    X = gaussian(8000, 8)  # fewer have other defaults
    named = stream(X, smoothness=1.0)
    given = stream(X, solver=Lloyd(smoothness=1.0), smoothness=0.01)
    np.testing.assert_array_equal(given.codebook_, named.codebook_)
    assert given.curve_.length < 0.8 * stream(X).curve_.length
    np.testing.assert_array_equal(
        stream(X, solver="adam").codebook_, stream(X, solver="lloyd").codebook_
    )


@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_it_says_a_line_for_each_bitrate_or_for_each_batch(capsys, verbose):
    sfvq = stream(gaussian(20_000), verbose=verbose)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == (0, 2, sfvq.n_iter_)[verbose]
    if verbose == 1:
        assert [line.split()[1:3] for line in lines] == [["2", "bits,"], ["3", "bits,"]]


def test_fewer_bits_than_the_curve_has_are_refused():
    sfvq = SFVQ(n_bits=4, random_state=0).fit(gaussian(300))
    with pytest.raises(ValueError, match="n_bits=3 is below the 4 bits that the curve has; see"):
        sfvq.set_params(n_bits=3).partial_fit(gaussian(300))
    assert sfvq.at_bitrate(3).partial_fit(gaussian(300)).codebook_.shape == (8, 3)
