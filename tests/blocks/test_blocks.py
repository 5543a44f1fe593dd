"""Rows in blocks: whatever they are in, they are the rows, and an error says where it is."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve.arrays import write_array
from skcurve.blocks import InMemory, Passing, as_blocks
from skcurve.blocks import base as base_module


def matrix(n_rows=50, n_features=3, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).standard_normal((n_rows, n_features)).astype(dtype)


def split(X, n_parts=4):
    return np.array_split(X, n_parts)


def shards(X, folder, suffix, n_parts=4):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    for number, part in enumerate(split(X, n_parts)):
        write_array(folder / f"part-{number:02}{suffix}", [part], len(part), name="X")
    return folder


def mapped(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


def zarr_array(X, folder, chunks=(7, 2)):
    zarr = pytest.importorskip("zarr")
    stored = zarr.create_array(str(folder / "X.zarr"), shape=X.shape, chunks=chunks, dtype=X.dtype)
    stored[:] = X
    return stored


def hdf5_array(X, folder, chunks=(7, 2)):
    h5py = pytest.importorskip("h5py")
    return h5py.File(folder / "X.h5", "w").create_dataset("X", data=X, chunks=chunks)


KINDS = {
    "npy": lambda X, folder: shards(X, folder, ".npy"),
    "safetensors": lambda X, folder: shards(X, folder, ".safetensors"),
    "parquet": lambda X, folder: shards(X, folder, ".parquet"),
    "list of files": lambda X, folder: sorted(shards(X, folder, ".npy").glob("*.npy")),
    "list of names": lambda X, folder: sorted(map(str, shards(X, folder, ".npy").glob("*.npy"))),
    "one file": lambda X, folder: next(shards(X, folder, ".npy", 1).glob("*.npy")),
    "memory map": mapped,
    "zarr": zarr_array,
    "hdf5": hdf5_array,
    "hdf5 in one piece": lambda X, folder: hdf5_array(X, folder, None),
    "list of arrays": lambda X, folder: split(X),
    "list of tensors": lambda X, folder: [torch.from_numpy(part) for part in split(X)],
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.float16])
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_they_are_in_they_are_the_rows(kind, dtype, tmp_path, monkeypatch):
    X = (10 * matrix()).astype(dtype)
    blocks = as_blocks(KINDS[kind](X, tmp_path))
    expected = X.astype({np.int16: np.float64, np.float16: np.float32}.get(dtype, dtype))
    assert blocks.shape == X.shape
    monkeypatch.setattr("skcurve.blocks.arrays.SCAN_BYTES", 100)  # several parts a block
    monkeypatch.setattr(base_module, "TAKE_ROWS", 5)
    for start, stop in [(0, 50), (3, 41), (13, 14), (20, 20)]:
        parts = list(blocks.scan(start, stop))
        found = torch.cat(parts).numpy() if parts else expected[:0]
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected[start:stop])
    rows = np.random.default_rng(1).integers(0, 50, 80)
    np.testing.assert_array_equal(blocks.take(rows).numpy(), expected[rows])
    X_held, chosen = blocks.gather(rows)
    np.testing.assert_array_equal(X_held[chosen].numpy(), expected[rows])
    np.testing.assert_array_equal(blocks.whole().X.numpy(), expected)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=8).filter(sum), st.data())
def test_blocks_of_any_sizes_are_one_matrix(sizes, data):
    X = np.arange(float(sum(sizes)))[:, None]
    blocks = as_blocks(np.split(X, np.cumsum(sizes)[:-1]))
    rows = np.array(data.draw(st.lists(st.integers(0, len(X) - 1), max_size=20)), np.int64)
    start, stop = sorted(data.draw(st.tuples(*2 * [st.integers(0, len(X))])))
    assert blocks.take(rows)[:, 0].tolist() == rows.tolist()
    assert [x for part in blocks.scan(start, stop) for x in part[:, 0].tolist()] == list(
        range(start, stop)
    )


def test_bfloat16_shards_are_float32_rows(tmp_path):
    from safetensors.torch import save_file

    X = torch.from_numpy(matrix()).bfloat16()
    save_file({"a": X, "b": X[:5].clone()}, tmp_path / "X.safetensors")
    blocks = as_blocks(tmp_path, key="a")
    assert torch.equal(blocks.take(np.arange(50)), X.float())
    with pytest.raises(ValueError, match=r"block 0 of X.*name one of them by its key: 'a', 'b'"):
        as_blocks(tmp_path)


def test_shards_of_different_precision_are_in_the_higher_one(tmp_path):
    blocks = as_blocks([matrix(), matrix(dtype=np.float64)])
    assert blocks.dtype == torch.float64
    assert blocks.take(np.array([0, 60])).dtype == torch.float64


def test_what_does_not_come_in_blocks_is_left_alone():
    for X in ([[1.0, 2.0]], matrix(), torch.zeros(3, 2), [1, 2], ["a", "b"], [], None, {"a": 1}):
        assert as_blocks(X) is None
    blocks = as_blocks(split(matrix()))
    assert as_blocks(blocks) is blocks


# Errors that say where


def refused(source, error=ValueError, **options):
    with pytest.raises(error) as raised:
        as_blocks(source, **options)
    return str(raised.value)


@pytest.mark.parametrize("suffix", [".npy", ".safetensors", ".parquet"])
def test_a_shard_cut_short_is_named(suffix, tmp_path):
    file = sorted(shards(matrix(), tmp_path, suffix).iterdir())[2]
    file.write_bytes(file.read_bytes()[:-20])
    assert re.match(r"block 2 of X \('.*part-02.*'\) cannot be read: ", refused(tmp_path))


@pytest.mark.parametrize("suffix", [".npy", ".safetensors", ".parquet"])
def test_a_shard_that_vanishes_or_shrinks_is_named(suffix, tmp_path):
    blocks = as_blocks(shards(matrix(), tmp_path, suffix))
    (tmp_path / f"part-02{suffix}").unlink()
    blocks.take(np.array([3]))  # others are no matter
    with pytest.raises(FileNotFoundError, match=r"block 2 of X \('.*part-02"):
        blocks.take(np.array([3, 30]))
    write_array(tmp_path / f"part-02{suffix}", [matrix(3)], 3, name="X")
    with pytest.raises(ValueError, match=r"block 2 of X"):
        list(blocks.scan())


def test_a_missing_shard_is_named(tmp_path):
    shards(matrix(), tmp_path, ".npy")
    files = [*sorted(tmp_path.iterdir()), tmp_path / "part-04.npy"]
    assert re.match(
        r"block 4 of X \('.*part-04.npy'\) is missing", refused(files, FileNotFoundError)
    )
    assert "there is no file or folder" in refused(tmp_path / "nowhere", FileNotFoundError)
    for number in (1, 2, 4):
        (tmp_path / "numbered").mkdir(exist_ok=True)
        np.save(tmp_path / "numbered" / f"X-{number:05}-of-00004.npy", matrix())
    assert "lacks 1 of 4 shards: number 3" in refused(tmp_path / "numbered", FileNotFoundError)


def test_folders_without_shards_or_of_several_formats_are_refused(tmp_path):
    assert "has no shards" in refused(tmp_path)
    shards(matrix(), tmp_path, ".npy")
    (tmp_path / "notes.txt").write_text("no shard")
    assert len(as_blocks(tmp_path)) == 50
    shards(matrix(), tmp_path, ".safetensors")
    assert "must all end in one of" in refused(tmp_path)


def test_a_block_of_another_width_is_named(tmp_path):
    parts = [matrix(), matrix(), matrix(n_features=4)]
    assert refused(parts).startswith("block 2 of X has 4 features, but block 0 of X has 3;")
    for number, part in enumerate(parts):
        np.save(tmp_path / f"{number}.npy", part)
    assert re.match(r"block 2 of X \(.*2.npy'\) has 4 features", refused(tmp_path))
    np.save(tmp_path / "2.npy", np.zeros(3))
    assert "block 2 of X" in refused(tmp_path) and "two-dimensional" in refused(tmp_path)


@pytest.mark.parametrize("kind", ["npy", "safetensors", "parquet", "list of arrays"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_is_found_where_it_is(kind, value, tmp_path):
    X = matrix()
    X[37, 1] = value  # in row 11 of the third of blocks of 13, 13, 12, 12
    blocks = as_blocks(KINDS[kind](X, tmp_path))
    message = rf"block 2 of X.* must hold finite numbers; got {value} in its row 11, row 37 of X"
    for read in (lambda: list(blocks.scan()), lambda: blocks.take(np.array([49, 37, 0]))):
        with pytest.raises(ValueError, match=message):
            read()
    blocks.take(np.array([36, 38]))


def test_numbers_that_are_no_numbers_are_refused(tmp_path):
    with pytest.raises(TypeError, match="block 1 of X must hold real numbers"):
        as_blocks([matrix(), matrix().astype(complex)])


# One pass


def test_an_iterator_gives_its_blocks_once():
    passing = as_blocks(iter(split(matrix())))
    np.testing.assert_array_equal(torch.cat(list(passing.scan())).numpy(), matrix())
    with pytest.raises(ValueError, match="X has no blocks: it gives none, or was read to its end"):
        list(passing.scan())


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8).filter(sum), st.integers(1, 60))
def test_a_sample_of_one_pass_is_of_its_rows_each_once(sizes, most):
    X = np.arange(float(sum(sizes)))[:, None]
    parts = np.split(X, np.cumsum(sizes)[:-1])
    rows, numbers = Passing(parts).sample(8 * most, np.random.default_rng(0))
    assert isinstance(rows, InMemory)
    assert rows.X[:, 0].tolist() == numbers.tolist()
    assert len(set(numbers.tolist())) == len(numbers) == min(most, len(X))
    if most >= len(X):
        assert numbers.tolist() == list(range(len(X)))


def test_every_row_is_as_likely_to_be_kept():
    counts = np.zeros(60)
    for seed in range(2000):
        passing = Passing(np.split(np.arange(60.0)[:, None], [5, 6, 30]))
        counts[passing.sample(8 * 12, np.random.default_rng(seed))[1]] += 1
    np.testing.assert_allclose(counts / 2000, 12 / 60, atol=5 * np.sqrt(0.2 * 0.8 / 2000))


def test_a_data_loader_gives_the_first_of_what_it_gives():
    X, y = torch.from_numpy(matrix()), torch.arange(50)
    data = torch.utils.data.TensorDataset(X, y)
    passing = as_blocks(torch.utils.data.DataLoader(data, batch_size=8))
    assert torch.equal(torch.cat(list(passing.scan())), X)
    assert torch.equal(torch.cat(list(passing.scan())), X)  # and again
    assert isinstance(passing.like, torch.Tensor)


@pytest.mark.parametrize(
    ("block", "error", "message"),
    [
        (np.zeros((2, 4)), ValueError, "block 2 of X has 4 features, but 3 are expected"),
        (np.zeros(3), ValueError, r"block 2 of X must be two-dimensional.*got shape \(3,\)"),
        (np.full((2, 3), np.nan), ValueError, "block 2 of X .* got nan in its row 0, row 4 of X"),
        ({"x": np.zeros((2, 3))}, TypeError, "block 2 of X must be an array; got dict.*'x'"),
        ([["a"]], TypeError, "block 2 of X must hold real numbers"),
    ],
)
def test_a_block_of_an_iterator_that_is_none_is_named(block, error, message):
    with pytest.raises(error, match=message):
        list(as_blocks(iter([np.zeros((2, 3)), np.zeros((2, 3)), block])).scan())


# Results


@pytest.mark.parametrize("make", [np.empty, torch.empty], ids=["numpy", "torch"])
def test_results_are_written_where_they_are_wanted(make):
    blocks, out = as_blocks(split(matrix())), make((50, 3))
    assert blocks.map(lambda part: 2 * part, out) is out
    np.testing.assert_allclose(np.asarray(out), 2 * matrix(), rtol=1e-6)
    for n_rows in (49, 51):
        with pytest.raises(ValueError, match=f"out has .*{n_rows} rows"):
            blocks.map(lambda part: part, np.empty((n_rows, 3)))


def test_results_are_of_the_kind_of_the_blocks():
    assert isinstance(as_blocks(split(matrix())).map(torch.neg), np.ndarray)
    tensors = [torch.from_numpy(part) for part in split(matrix())]
    assert isinstance(as_blocks(tensors).map(torch.neg), torch.Tensor)
    assert isinstance(as_blocks(iter(tensors)).map(torch.neg), torch.Tensor)
