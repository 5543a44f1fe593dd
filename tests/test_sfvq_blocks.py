"""SFVQ on rows in blocks: the curve of the same rows in memory, and little memory."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from skcurve import SFVQ, validation
from skcurve.blocks import as_blocks
from skcurve.solvers import rows as rows_module

X = np.random.default_rng(0).standard_normal((20_000, 4)).astype(np.float32)
WEIGHTS = np.random.default_rng(1).integers(0, 4, len(X)).astype(float)


@pytest.fixture
def by_need(monkeypatch):
    """However few the rows are, they are read by need, in several parts."""
    monkeypatch.setattr(validation, "WHOLE_BYTES", 0)
    monkeypatch.setattr(rows_module, "PART_BYTES", 1 << 16)


def shards(folder, suffix=".npy", data=X, n_parts=7):
    from skcurve.arrays import write_array

    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    for number, part in enumerate(np.array_split(data, n_parts)):
        write_array(folder / f"{number:02}{suffix}", [part], len(part), name="X")
    return folder


def fit(data, weights=None, **parameters):
    return SFVQ(**{"n_bits": 6, "random_state": 0, **parameters}).fit(data, sample_weight=weights)


@pytest.mark.parametrize("suffix", [".npy", ".safetensors", ".parquet"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_shards_give_the_bits_of_the_rows_in_memory(suffix, weights, tmp_path, by_need):
    found, expected = fit(shards(tmp_path, suffix), weights), fit(X, weights)
    for bits in expected.codebooks_:
        np.testing.assert_array_equal(found.codebooks_[bits], expected.codebooks_[bits])
    assert found.usage_.sum() == pytest.approx(expected.usage_.sum())
    np.testing.assert_allclose(found.usage_, expected.usage_, rtol=0.3, atol=60)


@pytest.mark.parametrize(
    "parameters",
    [
        {"solver": "adam", "n_bits": 3},
        {"init": "tour", "n_bits": 4},
        {"init": "pca", "n_init": 2, "n_jobs": 2, "n_bits": 4},
    ],
    ids=str,
)
def test_so_does_every_solver_and_start(parameters, tmp_path, by_need):
    found, expected = fit(shards(tmp_path, ".parquet"), **parameters), fit(X, **parameters)
    np.testing.assert_array_equal(found.codebook_, expected.codebook_)


def test_few_blocks_are_read_whole_and_all_is_as_in_memory(tmp_path):
    found, expected = fit(shards(tmp_path)), fit(X)
    np.testing.assert_array_equal(found.codebook_, expected.codebook_)
    np.testing.assert_array_equal(found.usage_, expected.usage_)


def test_only_rows_that_are_needed_are_read(tmp_path, by_need):
    blocks = as_blocks(shards(tmp_path, data=np.tile(X, (20, 1))))
    read, take = [], type(blocks).take

    def noting(self, rows):
        read.append(len(rows))
        return take(self, rows)

    blocks.take, blocks.scan = noting.__get__(blocks), None
    fit(blocks, n_bits=3)
    assert sum(read) < 0.5 * len(blocks)


def test_costly_rows_are_read_ahead(tmp_path, monkeypatch):
    monkeypatch.setattr(validation, "WHOLE_BYTES", 0)
    blocks = as_blocks(shards(tmp_path, ".parquet"))
    read, take = [], type(blocks).take

    def noting(self, rows):
        read.append(len(rows))
        return take(self, rows)

    blocks.take = noting.__get__(blocks)
    sweeps = fit(blocks).n_iter_
    assert len(read) < sweeps / 3


@pytest.mark.parametrize(
    "make",
    [
        lambda: iter(np.array_split(X, 7)),
        lambda: torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(torch.from_numpy(X)), batch_size=999
        ),
    ],
    ids=["iterator", "DataLoader"],
)
def test_one_pass_over_rows_that_fit_is_a_fit_to_all_of_them(make):
    found, expected = fit(make()), fit(X)
    np.testing.assert_array_equal(np.asarray(found.codebook_), expected.codebook_)
    np.testing.assert_array_equal(np.asarray(found.usage_), expected.usage_)
    weighted = fit(make(), WEIGHTS)
    np.testing.assert_array_equal(np.asarray(weighted.codebook_), fit(X, WEIGHTS).codebook_)
    np.testing.assert_array_equal(np.asarray(found.transform(make())), expected.transform(X))
    assert found.score(make()) == pytest.approx(expected.score(X))


def test_one_pass_over_more_rows_learns_from_a_sample(monkeypatch):
    monkeypatch.setattr(validation, "WHOLE_BYTES", 0)
    monkeypatch.setattr("skcurve.sfvq.WHOLE_BYTES", 5000 * 16)
    found = fit(iter(np.array_split(X, 7)), WEIGHTS, n_bits=4)
    assert found.score(X) > 1.05 * fit(X, n_bits=4).score(X)
    again = fit(iter(np.array_split(X, 7)), WEIGHTS, n_bits=4)
    np.testing.assert_array_equal(found.codebook_, again.codebook_)
    with pytest.raises(ValueError, match="sample_weight"):
        fit(iter(np.array_split(X, 7)), WEIGHTS[:-1])


@pytest.mark.parametrize("method", ["transform", "quantize", "predict"])
def test_what_a_curve_makes_of_blocks_is_what_it_makes_of_the_rows(method, tmp_path, by_need):
    sfvq = fit(X, n_bits=4)
    expected = getattr(sfvq, method)(X)
    folder = shards(tmp_path)
    np.testing.assert_array_equal(getattr(sfvq, method)(folder), expected)
    np.testing.assert_array_equal(getattr(sfvq, method)(iter(np.array_split(X, 3))), expected)
    out = np.lib.format.open_memmap(
        tmp_path / ".out", mode="w+", shape=expected.shape, dtype=expected.dtype
    )
    assert getattr(sfvq, method)(folder, out=out) is out
    np.testing.assert_array_equal(out, expected)
    in_memory = np.empty_like(expected)
    assert getattr(sfvq, method)(X, out=in_memory) is in_memory
    np.testing.assert_array_equal(in_memory, expected)


def test_results_go_to_stores_and_tensors(tmp_path, by_need):
    h5py, zarr = pytest.importorskip("h5py"), pytest.importorskip("zarr")
    sfvq, expected = fit(X, n_bits=4), None
    expected = sfvq.transform(X)
    for out in (
        h5py.File(tmp_path / "T.h5", "w").create_dataset("T", (len(X), 1), "f4"),
        zarr.create_array(str(tmp_path / "T.zarr"), shape=(len(X), 1), dtype="f4"),
        torch.empty(len(X), 1),
    ):
        assert sfvq.transform(list(np.array_split(X, 5)), out=out) is out
        np.testing.assert_array_equal(np.asarray(out[:]), expected)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
def test_blocks_have_the_score_of_their_rows(weights, tmp_path, by_need):
    sfvq = fit(X, n_bits=4)
    expected = sfvq.score(X, sample_weight=weights)
    assert sfvq.score(shards(tmp_path), sample_weight=weights) == pytest.approx(expected, rel=1e-6)


# Errors


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.empty((5, 1)), ValueError, r"out must have shape \(20000, 1\); got \(5, 1\)"),
        (np.empty(20_000), ValueError, r"out must have shape \(20000, 1\); got \(20000,\)"),
        ([0.0], TypeError, "out must be an array that can be written to; got list"),
        (np.broadcast_to(0.0, (20_000, 1)), ValueError, "it is read-only"),
        (np.empty((20_000, 1), int), ValueError, "room for floating-point numbers; got dtype int"),
        (torch.empty((20_000, 1), dtype=torch.uint8), ValueError, "got dtype torch.uint8"),
    ],
)
def test_what_cannot_take_the_results_is_refused_before_any_work(out, error, message):
    def never(*_):
        raise AssertionError

    sfvq = fit(X, n_bits=2)
    blocks = as_blocks(list(np.array_split(X, 5)))
    blocks.scan = never
    with pytest.raises(error, match=message):
        sfvq.transform(X, out=out)


def test_numbers_of_segments_have_room():
    sfvq = fit(X, n_bits=2)
    for dtype in (np.int32, np.float64):
        out = np.empty(len(X), dtype)
        assert np.array_equal(sfvq.predict(X, out=out), sfvq.predict(X))
    with pytest.raises(ValueError, match="room for whole numbers; got dtype bool"):
        sfvq.predict(X, out=np.empty(len(X), bool))


def test_a_gap_deep_inside_is_named_and_the_checkpoint_stays(tmp_path, by_need):
    parts = np.array_split(X, 8000)
    spoilt = [part.copy() for part in parts]
    sfvq = SFVQ(n_bits=6, random_state=0).fit(parts, checkpoint=tmp_path / "kept")
    before = {file.name: file.read_bytes() for file in (tmp_path / "kept").iterdir()}
    spoilt[7391][1, 2] = np.nan
    message = r"block 7391 of X must hold finite numbers; got nan in its row 1, row \d+ of X"
    with pytest.raises(ValueError, match=message):
        sfvq.transform(spoilt)
    with pytest.raises(ValueError, match=message):
        SFVQ(n_bits=7, random_state=0).fit(spoilt)
    with pytest.raises(ValueError, match="of a fit with another n_bits"):
        SFVQ(n_bits=7, random_state=0).fit(spoilt, checkpoint=tmp_path / "kept")
    assert {file.name: file.read_bytes() for file in (tmp_path / "kept").iterdir()} == before


def test_after_a_shard_is_mended_the_fit_goes_on(tmp_path, by_need, monkeypatch):
    folder = shards(tmp_path / "X" if (tmp_path / "X").mkdir() is None else tmp_path)
    expected = fit(folder)
    shard, content = folder / "03.npy", (folder / "03.npy").read_bytes()
    from skcurve.solvers import Lloyd

    step = Lloyd.step

    def losing(self, state, rows, generator):
        if len(state.vertices) == 32 and state.moved == 1:
            shard.write_bytes(content[:1000])
        return step(self, state, rows, generator)

    with monkeypatch.context() as patched:
        patched.setattr(Lloyd, "step", losing)
        with pytest.raises(ValueError, match=r"block 3 of X \('.*03.npy'\) cannot be read"):
            SFVQ(n_bits=6, random_state=0).fit(folder, checkpoint=tmp_path / "kept")
    shard.write_bytes(content)
    found = SFVQ(n_bits=6, random_state=0).fit(folder, checkpoint=tmp_path / "kept")
    np.testing.assert_array_equal(found.codebook_, expected.codebook_)


def test_blocks_of_another_width_than_the_curve_are_refused(tmp_path, by_need):
    sfvq = fit(X, n_bits=3)
    with pytest.raises(ValueError, match="X has 3 features, but SFVQ is expecting 4 features"):
        sfvq.transform(shards(tmp_path, data=X[:, :3]))
    with pytest.raises(ValueError, match="block 0 of X has 3 features, but 4 are expected"):
        sfvq.transform(iter([X[:, :3]]))


def test_one_row_in_blocks_is_too_few():
    with pytest.raises(ValueError, match=r"at least 2 row\(s\)"):
        SFVQ(n_bits=2).fit([X[:1]])
    with pytest.raises(ValueError, match=r"at least 2 row\(s\)"):
        SFVQ(n_bits=2).fit(iter([X[:1]]))


def test_a_batch_is_an_array(tmp_path):
    with pytest.raises(TypeError, match="partial_fit takes one batch, an array; got list_iterator"):
        SFVQ().partial_fit(iter([X]))


def test_a_loader_that_shuffles_cannot_be_transformed():
    data = torch.utils.data.TensorDataset(torch.from_numpy(X))
    loader = torch.utils.data.DataLoader(data, batch_size=1000, shuffle=True)
    sfvq = SFVQ(n_bits=3, random_state=0).fit(loader)
    with pytest.raises(ValueError, match="X is a DataLoader that shuffles"):
        sfvq.transform(loader)


# Memory

SCRIPT = """
import sys
from pathlib import Path

import numpy as np
from skcurve import SFVQ


def memory(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key + ":")) / 1024


small = np.random.default_rng(0).standard_normal((5000, 64)).astype(np.float32)
SFVQ(4, random_state=0).fit(small).transform(small)
Path("/proc/self/clear_refs").write_text("5")
before = memory("VmRSS")
X = np.load(sys.argv[1], mmap_mode="r")
sfvq = SFVQ(6, random_state=0).fit(X)
part = X[: 2**31 // X.shape[1] // 4]  # 2 GiB
sfvq.transform(part, out=np.lib.format.open_memmap(
    sys.argv[2], mode="w+", dtype=np.float32, shape=(len(part), 1)
))
print(X.nbytes / 2**30, memory("VmHWM") - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the kernel of Linux")
def test_a_hundred_gibibytes_take_less_than_one(tmp_path):
    n_features = 1024
    n_rows = 100 * 2**30 // n_features // 4 + 1
    X = np.lib.format.open_memmap(  # holes: a sparse file
        tmp_path / "X.npy", mode="w+", dtype=np.float32, shape=(n_rows, n_features)
    )
    generator = np.random.default_rng(0)
    for start in generator.integers(0, n_rows - 64, 200):
        X[start : start + 64] = generator.standard_normal((64, n_features))
    del X
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, tmp_path / "X.npy", tmp_path / "T.npy"],
        capture_output=True, text=True, check=True, timeout=500,
    ).stdout  # fmt: skip
    gibibytes, extra = map(float, said.split())
    assert gibibytes > 100
    assert extra < 1024
