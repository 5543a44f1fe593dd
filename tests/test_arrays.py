"""Arrays in files: what is written is read again, and what cannot be read is told in a sentence."""

import io
import os
import sys
import threading

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from skcurve.arrays import READERS, WRITERS, read_array, read_npy, write_array, write_npy
from skcurve.blocks.files import open_shards

A = np.arange(12, dtype=np.float32).reshape(4, 3)


def write(path, array=A, name="X"):
    """Write an array in two blocks."""
    if path.suffix == ".parquet":
        pytest.importorskip("pyarrow")
    write_array(path, [array[:1], array[1:]], len(array), name=name)
    return path


def told(path, key=None, error=ValueError):
    """What reading a file says instead of an array."""
    with pytest.raises(error) as raised:
        read_array(path, key)
    said = str(raised.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize("suffix", [".npy", *WRITERS])
@pytest.mark.parametrize("array", [A, A[:, :1], A.astype(np.int64), A.T], ids=str)
def test_what_is_written_is_read_again(suffix, array, tmp_path):
    found = read_array(write(tmp_path / f"file{suffix}", array))
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_a_written_array_has_its_name(suffix, tmp_path):
    path = write(tmp_path / f"file{suffix}", name="here")
    np.testing.assert_array_equal(read_array(path, "here"), A)
    assert "no key 'there'; it has 'here'" in told(path, "there")


def test_what_can_be_read_can_be_written():
    assert set(READERS) == {".npy", *WRITERS}


def test_an_npy_file_is_mapped_and_written_block_by_block(tmp_path):
    asked = []

    def blocks():
        for block in (A[:2], A[2:]):
            asked.append(sorted(os.listdir(tmp_path)))
            yield block

    write_array(tmp_path / "X.npy", blocks(), 4, name="X")
    assert len(asked) == 2 and "X.npy" not in asked[1]  # not in its place before it is complete
    found = read_array(tmp_path / "X.npy")
    assert isinstance(found, np.memmap) and not found.flags.writeable


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    path = write(tmp_path / "X.npy")

    def blocks():
        yield A
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_array(path, blocks(), 8, name="X")
    np.testing.assert_array_equal(read_array(path), A)
    assert os.listdir(tmp_path) == ["X.npy"]


@pytest.mark.parametrize("action", [read_array, lambda path: write_array(path, [A], 4, name="X")])
@pytest.mark.parametrize("name", ["X.csv", "X"])
def test_a_suffix_that_names_no_format_is_told_the_others(action, name, tmp_path):
    path = tmp_path / name
    path.touch()
    with pytest.raises(ValueError, match=rf"{name}' does not end in .* expected .npy, .npz"):
        action(path)


def test_of_several_arrays_one_is_named_by_its_key(tmp_path):
    np.savez(tmp_path / "two.npz", X=A, y=np.arange(4))
    torch.save({"X": torch.from_numpy(A), "y": torch.arange(4), "note": 1}, tmp_path / "two.pt")
    for name in ("two.npz", "two.pt"):
        path = tmp_path / name
        np.testing.assert_array_equal(read_array(path, "X"), A)
        np.testing.assert_array_equal(read_array(path, "y"), np.arange(4))
        assert "holds 2 arrays; name one of them by its key: 'X', 'y'" in told(path)
        assert "no key 'z'; it has 'X', 'y'" in told(path, "z")


def test_of_very_many_keys_some_are_listed(tmp_path):
    np.savez(tmp_path / "many.npz", **{f"k{i:02}": A for i in range(25)})
    said = told(tmp_path / "many.npz")
    assert "'k00'" in said and "'k19' and 5 more" in said and "k20" not in said


def test_an_array_without_a_name_has_no_key(tmp_path):
    torch.save(torch.from_numpy(A), tmp_path / "X.pt")
    for path in (write(tmp_path / "X.npy"), tmp_path / "X.pt"):
        for key in ("X", ""):
            assert "its only array has no name" in told(path, key)


def test_a_file_without_arrays_says_so(tmp_path):
    torch.save([torch.ones(2)], tmp_path / "list.pt")
    np.savez(tmp_path / "none.npz")
    for name in ("list.pt", "none.npz"):
        assert "holds no array of numbers" in told(tmp_path / name)


def test_tensors_that_numpy_has_no_word_for(tmp_path):
    torch.save(torch.full((2, 2), 1.5, dtype=torch.bfloat16, requires_grad=True), tmp_path / "b.pt")
    found = read_array(tmp_path / "b.pt")
    assert found.dtype == np.float32 and (found == 1.5).all()


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (torch.eye(2).to_sparse(), "Sparse"),
        (torch.eye(2).to(torch.float8_e4m3fn), "Float8"),
    ],
    ids=["sparse", "float8"],
)
def test_a_tensor_that_is_no_array_is_told_from_a_damaged_file(tensor, reason, tmp_path):
    torch.save({"X": tensor}, tmp_path / "X.pt")
    said = told(tmp_path / "X.pt")
    assert "holds a tensor that cannot become an array of numbers" in said and reason in said
    assert "damaged" not in said


def test_so_is_a_shard_of_such_tensors(tmp_path):
    save_file({"X": torch.eye(2).to(torch.float8_e4m3fn)}, tmp_path / "X.safetensors")
    for read in (read_array, open_shards):
        with pytest.raises(ValueError, match="cannot become an array of numbers"):
            read(tmp_path / "X.safetensors")


def test_the_older_format_of_torch(tmp_path):
    path = tmp_path / "old.pt"
    torch.save(torch.from_numpy(A), path, _use_new_zipfile_serialization=False)
    np.testing.assert_array_equal(read_array(path), A)


class Trap:
    """An object that runs code when it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, (Trap.folder,))


def test_no_code_from_a_file_is_run(tmp_path):
    Trap.folder = str(tmp_path / "sprung")
    torch.save({"X": torch.ones(2, 2), "trap": Trap()}, tmp_path / "trap.pt")
    np.save(tmp_path / "trap.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "trap.npz", X=np.array([Trap()], dtype=object))
    assert "more than tensors, which could run code" in told(tmp_path / "trap.pt")
    for name in ("trap.npy", "trap.npz"):
        assert told(tmp_path / name).endswith(
            "holds Python objects, which could run code; expected numbers."
        )
    stream = io.BytesIO((tmp_path / "trap.npy").read_bytes())
    with pytest.raises(ValueError, match="the pipe holds Python objects"):
        read_npy(stream, "the pipe")
    assert not os.path.exists(Trap.folder)


@pytest.mark.parametrize("suffix", [".npy", *WRITERS])
@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda _: b"", lambda _: b"hi" * 99]
)
def test_a_damaged_file_is_told_from_a_missing_one(suffix, damage, tmp_path):
    path = write(tmp_path / f"file{suffix}")
    path.write_bytes(damage(path.read_bytes()))
    said = told(path)
    assert f"{str(path)!r} cannot be read as a {suffix} file: it is damaged, cut short" in said
    path.unlink()
    assert "No such file" in told(path, error=FileNotFoundError)


def test_a_folder_is_no_file(tmp_path):
    assert "directory" in told(tmp_path, error=IsADirectoryError)


# ------------------------------------------------------------------ streams


def test_a_stream_need_not_be_able_to_go_back():
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as source, os.fdopen(write_end, "wb") as sink:
        write_npy(sink, [A[:3], A[3:]], 4)
        sink.flush()
        np.testing.assert_array_equal(read_npy(source, "the pipe"), A)


def test_a_named_pipe_is_read_and_written_as_a_stream(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=write_array, args=(pipe, [A], 4), kwargs={"name": "X"})
    writing.start()
    np.testing.assert_array_equal(read_array(pipe), A)
    writing.join()
    assert os.listdir(tmp_path) == ["pipe"] and not pipe.is_file()


@pytest.mark.parametrize("content", [b"", b"hello", "cut"])
def test_a_stream_that_is_none_is_named(content):
    if content == "cut":
        whole = io.BytesIO()
        write_npy(whole, [A], 4)
        content = whole.getvalue()[:-1]
    with pytest.raises(ValueError, match=r"the pipe is no complete \.npy stream"):
        read_npy(io.BytesIO(content), "the pipe")


# ------------------------------------------------------------------ Parquet


@pytest.fixture
def save_table(tmp_path):
    """Write columns to a Parquet file and give its path."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")

    def save(**columns):
        parquet.write_table(arrow.table(columns), tmp_path / "table.parquet")
        return tmp_path / "table.parquet"

    return save


def test_columns_of_numbers_are_one_array(save_table):
    found = read_array(save_table(a=[1, 2], b=[0.5, 1.5], c=[True, False]))
    np.testing.assert_array_equal(found, [[1, 0.5, 1], [2, 1.5, 0]])


def test_the_row_labels_of_a_data_frame_are_not_data(tmp_path):
    pytest.importorskip("pyarrow")
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}, index=[7, 9])
    frame.to_parquet(tmp_path / "table.parquet")
    np.testing.assert_array_equal(read_array(tmp_path / "table.parquet"), [[1, 3], [2, 4]])


def test_a_column_of_lists_is_an_array_beside_text(save_table):
    table = {"text": ["a", "b"], "embedding": [[1.0, 2.0], [3.0, 4.0]]}
    found = read_array(save_table(**table))
    np.testing.assert_array_equal(found, [[1, 2], [3, 4]])
    path = save_table(**table, other=[[1], [2]])
    assert "'embedding', 'other'" in told(path)
    np.testing.assert_array_equal(read_array(path, "other"), [[1], [2]])


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ([[1.0, 2.0], [3.0]], "must be equally long; got 2 lengths"),
        ([[1.0, 2.0], None], "must have a list in each row; some have none"),
        ([], "must have a row; it is empty"),
    ],
)
def test_lists_that_make_no_matrix_are_told(lists, said, save_table):
    arrow = pytest.importorskip("pyarrow")
    assert said in told(save_table(e=arrow.array(lists, arrow.list_(arrow.float64()))))


def test_a_name_that_two_columns_have_is_told(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "table.parquet"
    parquet.write_table(arrow.table([[1.0], [2.0], [3.0]], names=["a", "b", "a"]), path)
    assert "has 2 columns named 'a'; expected each name once" in told(path)
    columns = [["x"], ["y"], [[1.0, 2.0]]]
    parquet.write_table(arrow.table(columns, names=["t", "t", "e"]), path)
    try:  # whatever the others are called
        np.testing.assert_array_equal(read_array(path), [[1, 2]])
    except ValueError as error:  # with earlier versions of pyarrow
        assert "has several columns of one name; expected each name once" in str(error)


def test_columns_that_are_no_numbers_are_named(save_table):
    said = told(save_table(text=["a", "b"], x=[1, 2]))
    assert "a column of lists of numbers" in said and "text (string), x (int64)" in said


def test_a_missing_number_is_nan(save_table):
    assert np.isnan(read_array(save_table(a=[1.0, None], b=[1, 2]))).tolist() == [
        [False, False],
        [True, False],
    ]


def test_without_pyarrow_it_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "table.parquet"
    path.touch()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert 'pip install "skcurve[parquet]"' in told(path, error=ImportError)
    with pytest.raises(ImportError, match=r"skcurve\[parquet\]"):
        write_array(tmp_path / "new.parquet", [A], 4, name="X")
    assert os.listdir(tmp_path) == ["table.parquet"]
