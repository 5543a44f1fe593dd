"""The same fit over Dask: of any collection, on any number of workers, and after one was killed."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from skcurve import SFVQ

pytest.importorskip("dask.array")
import dask
import dask.array as da

from skcurve.distributed.dask import DaskBlocks

X = np.random.default_rng(0).standard_normal((12_000, 16)).astype(np.float32)
WEIGHTS = np.random.default_rng(1).integers(0, 4, len(X)).astype(float)


def fit(data, weights=None, **parameters):
    return SFVQ(**{"n_bits": 4, "random_state": 0, **parameters}).fit(data, sample_weight=weights)


def chunked(n_rows=2500):
    return da.from_array(X, chunks=(n_rows, 6))


def frame():
    frames = pytest.importorskip("dask.dataframe")
    pandas = pytest.importorskip("pandas")
    return frames.from_pandas(pandas.DataFrame(X, columns=list("abcdefghijklmnop")), npartitions=5)


def blocks():
    return [dask.delayed(part) for part in np.array_split(X, 5)]


COLLECTIONS = {"array": chunked, "frame": frame, "delayed blocks": blocks}


@pytest.fixture(scope="module")
def two_workers():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.parametrize("kind", COLLECTIONS)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_the_curve_is_as_good_as_that_of_the_rows_in_memory(kind, weights):
    found, expected = fit(COLLECTIONS[kind](), weights), fit(X, weights)
    assert found.score(X, sample_weight=weights) > 1.015 * expected.score(X, sample_weight=weights)
    assert found.usage_.sum() == pytest.approx(expected.usage_.sum())
    assert isinstance(found.codebook_, np.ndarray)
    assert found.codebook_.dtype == np.float32


@pytest.mark.slow
def test_on_average_the_distortion_is_that_in_memory():
    seeds = range(8)
    there = [fit(chunked(), random_state=seed).score(X) for seed in seeds]
    here = [fit(X, random_state=seed).score(X) for seed in seeds]
    assert np.mean(there) == pytest.approx(np.mean(here), rel=0.005)


def test_the_scheduler_makes_no_difference():
    curves = []
    for settings in ({"scheduler": "sync"}, {"scheduler": "threads", "num_workers": 3}):
        with dask.config.set(**settings):
            curves.append(fit(chunked()))
    np.testing.assert_array_equal(curves[0].codebook_, curves[1].codebook_)


@pytest.mark.parametrize("kind", COLLECTIONS)
@pytest.mark.parametrize(
    ("method", "shape"),
    [("transform", (12_000, 1)), ("quantize", (12_000, 16)), ("predict", (12_000,))],
)
def test_results_are_dask_arrays_that_nobody_has_computed(kind, method, shape):
    sfvq = fit(X)
    lazy = getattr(sfvq, method)(COLLECTIONS[kind]())
    assert isinstance(lazy, da.Array)
    assert lazy.shape == shape
    found, expected = lazy.compute(), getattr(sfvq, method)(X)
    assert found.dtype == expected.dtype == lazy.dtype
    np.testing.assert_array_equal(found, expected)


def test_more_chunks_than_shelves_go():
    many = chunked(150)
    assert many.numblocks[0] > 64
    ranges = DaskBlocks(many)._ranges
    assert [len(ranges(n_rows)) - 1 for n_rows in (1, 2048, 9000, 10**6)] == [1, 2, 8, 64]
    found, expected = fit(many), fit(X)
    assert found.score(X) > 1.015 * expected.score(X)
    assert fit(many, WEIGHTS).score(X, sample_weight=WEIGHTS) == pytest.approx(
        fit(X, WEIGHTS).score(X, sample_weight=WEIGHTS), rel=0.015
    )


def test_without_a_cluster_chunks_are_computed_seldom():
    computed = []

    def load(block, block_info=None):
        computed.append(block_info[0]["chunk-location"][0])
        return block

    data = chunked(1000).rechunk((1000, 16)).map_blocks(load, meta=np.empty((0, 0), np.float32))
    with dask.config.set(scheduler="sync"):
        sfvq = fit(data, n_bits=6)
    # For the mean, the start and the usage; and once for all sweeps, for there is room.
    assert computed.count(5) <= 6 < len(sfvq.history_)


def test_results_are_stored_where_they_are_wanted():
    sfvq, out = fit(X), np.empty((len(X), 1), np.float32)
    assert sfvq.transform(chunked(), out=out) is out
    np.testing.assert_array_equal(out, sfvq.transform(X))


def test_the_score_is_computed_where_the_rows_are():
    sfvq = fit(X)
    for weights in (None, WEIGHTS):
        expected = sfvq.score(X, sample_weight=weights)
        assert sfvq.score(chunked(), sample_weight=weights) == pytest.approx(expected, rel=1e-6)


def test_no_row_numbers_travel_for_the_score(monkeypatch):
    seen, parts = [], DaskBlocks._parts

    def noting(self, *asked):
        found = parts(self, *asked)
        seen.extend(part.local for part in found)
        return found

    sfvq = fit(X)
    monkeypatch.setattr(DaskBlocks, "_parts", noting)
    data = da.concatenate([chunked(), da.zeros((0, 16), dtype=np.float32)])
    assert sfvq.score(data) == pytest.approx(sfvq.score(X), rel=1e-6)
    assert seen == [None] * data.numblocks[0]


def test_sizes_that_are_not_known_are_counted():
    unknown = da.concatenate([da.from_array(X[:100])[da.from_array(X[:100, 0] > 0)], chunked()])
    assert fit(unknown).usage_.sum() == int((X[:100, 0] > 0).sum()) + len(X)


@pytest.mark.parametrize("init", ["pca", "random", "tour"])
def test_every_start_goes(init):
    assert fit(chunked(), init=init, n_bits=3).codebook_.shape == (8, 16)


def test_a_checkpoint_goes(tmp_path):
    once = SFVQ(n_bits=4, random_state=0).fit(chunked(), checkpoint=tmp_path)
    again = SFVQ(n_bits=4, random_state=0).fit(chunked(), checkpoint=tmp_path)
    np.testing.assert_array_equal(once.codebook_, again.codebook_)


# Errors


def test_a_gap_is_named_by_its_chunk():
    spoilt = X.copy()
    spoilt[5001:5004] = np.nan
    data = da.from_array(spoilt, chunks=(2500, 16))
    message = "block 2 of X must hold finite numbers; got nan in its row 1 "
    with pytest.raises(ValueError, match=message):
        fit(X).transform(data).compute()
    with pytest.raises(ValueError, match="block 2 of X must hold finite numbers"):
        fit(data)


def test_blocks_of_another_width_are_named():
    with pytest.raises(ValueError, match=r"block 1 of X must have the 16 features of block 0"):
        fit([dask.delayed(X), dask.delayed(X[:, :3])])
    with pytest.raises(ValueError, match="X has 3 features, but SFVQ is expecting 16"):
        fit(X).transform(chunked()[:, :3])


def test_other_collections_are_refused():
    bag = pytest.importorskip("dask.bag")
    with pytest.raises(TypeError, match="X must be a Dask array, a Dask frame or a list"):
        fit(bag.from_sequence([1, 2]))
    with pytest.raises(ValueError, match="X must be two-dimensional"):
        fit(da.zeros(5))


# A cluster


@pytest.mark.slow
def test_the_number_of_workers_makes_no_difference(two_workers):
    from distributed import Client

    with dask.config.set(scheduler="sync"):
        expected = fit(chunked())
        many = fit(chunked(150))
    np.testing.assert_array_equal(fit(chunked()).codebook_, expected.codebook_)
    np.testing.assert_array_equal(fit(chunked(150)).codebook_, many.codebook_)
    with Client(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"):
        np.testing.assert_array_equal(fit(chunked()).codebook_, expected.codebook_)


@pytest.mark.slow
def test_statistics_travel_and_rows_do_not(two_workers, monkeypatch):
    fetched, take = [], DaskBlocks.take

    def noting(self, rows):
        fetched.append(len(rows))
        return take(self, rows)

    monkeypatch.setattr(DaskBlocks, "take", noting)
    large = da.random.default_rng(0).standard_normal((200_000, 4), chunks=(20_000, 4))
    assert fit(large, n_bits=6).usage_.sum() == len(large)
    assert len(fetched) == 2  # for the mean and the spread, and for the start
    assert sum(fetched) < 0.1 * len(large)


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_time_and_not_the_result(two_workers):
    data = da.random.default_rng(0).standard_normal((40_000, 8), chunks=(4000, 8))
    expected = SFVQ(n_bits=5, random_state=0).fit(data)
    victim, killed = next(iter(two_workers.run(os.getpid).values())), []

    def kill():
        time.sleep(1.0)
        os.kill(victim, signal.SIGKILL)
        killed.append(victim)

    thread = threading.Thread(target=kill)
    thread.start()
    found = SFVQ(n_bits=5, random_state=0).fit(data)
    thread.join()
    assert killed and len(found.history_) == len(expected.history_)
    np.testing.assert_array_equal(found.codebook_, expected.codebook_)
    two_workers.wait_for_workers(2, timeout=60)
    assert victim not in two_workers.run(os.getpid).values()
