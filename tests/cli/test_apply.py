"""`skcurve transform`, `quantize` and `inverse`: what the estimator gives, in a file or a pipe."""

import io
import os

import numpy as np
import pytest

from skcurve import SFVQ
from skcurve.arrays import read_array
from skcurve.cli import apply


def test_transform_gives_the_coordinates(skcurve, files, fitted, rows):
    assert skcurve("transform", "curve.safetensors", "X.npy", "-o", "T.npy") == (0, b"", "")
    np.testing.assert_array_equal(np.load(files / "T.npy"), fitted.transform(rows))


@pytest.mark.parametrize("coordinate", ["index", "arclength", "unit"])
def test_inverse_undoes_transform_in_any_coordinate(coordinate, skcurve, files, fitted, rows):
    option = ["--coordinate", coordinate]
    assert skcurve("transform", "curve.safetensors", "X.npy", "-o", "T.npy", *option).code == 0
    assert skcurve("inverse", "curve.safetensors", "T.npy", "-o", "Q.npy", *option).code == 0
    expected = SFVQ.from_codebook(fitted.codebook_, coordinate=coordinate)
    np.testing.assert_array_equal(np.load(files / "T.npy"), expected.transform(rows))
    np.testing.assert_allclose(np.load(files / "Q.npy"), fitted.quantize(rows), atol=1e-12)


def test_the_coordinate_is_by_default_that_of_the_curve(skcurve, files, fitted, rows):
    saved = SFVQ.from_codebook(fitted.codebook_, coordinate="unit")
    saved.save(files / "unit.safetensors")
    skcurve("transform", "unit.safetensors", "X.npy", "-o", "T.npy")
    np.testing.assert_array_equal(np.load(files / "T.npy"), saved.transform(rows))


@pytest.mark.parametrize("command", ["transform", "quantize"])
def test_an_earlier_bitrate_is_used_if_asked_for(command, skcurve, files, fitted, rows):
    assert skcurve(command, "curve.safetensors", "X.npy", "-b", 3, "-o", "Y.npy").code == 0
    expected = getattr(fitted.at_bitrate(3), command)(rows)
    np.testing.assert_array_equal(np.load(files / "Y.npy"), expected)
    said = skcurve(command, "curve.safetensors", "X.npy", "-b", 5, "-o", "Y.npy").failed(1)
    assert "no codebook of 5 bits; there are those of 2, 3, 4 bits" in said


def test_pipes_carry_what_files_do(skcurve, files, fitted, rows):
    X = (files / "X.npy").read_bytes()
    code, T, err = skcurve("transform", "curve.safetensors", "-", stdin=X)
    assert (code, err) == (0, "")
    np.testing.assert_array_equal(np.load(io.BytesIO(T)), fitted.transform(rows))
    code, Q, err = skcurve("inverse", "curve.safetensors", "-", stdin=T)
    assert (code, err) == (0, "")
    assert (code, Q, err) == skcurve("quantize", "curve.safetensors", "X.npy", "-o", "-")
    np.testing.assert_array_equal(np.load(io.BytesIO(Q)), fitted.quantize(rows))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.uint8, ">f4"])
def test_blocks_change_nothing(dtype, skcurve, files, fitted, rows, monkeypatch):
    rows = np.abs(rows).astype(dtype)
    np.save(files / "X.npy", rows)
    monkeypatch.setattr(apply, "BLOCK_ENTRIES", 7 * 3)
    for command in ("transform", "quantize"):
        assert skcurve(command, "curve.safetensors", "X.npy", "-o", "Y.npy").code == 0
        expected, found = getattr(fitted, command)(rows), np.load(files / "Y.npy")
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["T.npz", "T.pt", "T.safetensors", "T.parquet", "T.NPY"])
def test_the_suffix_says_how_the_result_is_written(name, skcurve, files, fitted, rows):
    if name == "T.parquet":
        pytest.importorskip("pyarrow")
    assert skcurve("transform", "curve.safetensors", "X.npy", "-o", name).code == 0
    np.testing.assert_array_equal(read_array(files / name), fitted.transform(rows))


def test_the_result_of_one_command_is_the_input_of_another(skcurve, files, fitted, rows):
    skcurve("transform", "curve.safetensors", "X.npy", "-o", "T.npz")
    arguments = ["inverse", "curve.safetensors", "T.npz", "-k", "coordinate", "-o", "Q.npz"]
    assert skcurve(*arguments).code == 0
    np.testing.assert_array_equal(read_array(files / "Q.npz", "X"), fitted.quantize(rows))


def test_a_coordinate_that_is_none_is_told_those_that_are(skcurve, files):
    said = skcurve("transform", "curve.safetensors", "X.npy", "--coordinate", "x").failed(2)
    assert "'--coordinate': 'x' is not one of 'index', 'arclength', 'unit'" in said


def test_coordinates_may_be_a_plain_list(skcurve, files, fitted):
    np.save(files / "T.npy", np.arange(16))
    assert skcurve("inverse", "curve.safetensors", "T.npy", "-o", "C.npy").code == 0
    np.testing.assert_array_equal(np.load(files / "C.npy"), fitted.codebook_)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.array([0.0, 15.5]), "must lie in [0, 15]; got 15.5"),
        (np.array([0.0, -1]), "must lie in [0, 15]; got -1"),
        (np.array([0.0, np.nan]), "'T.npy' must hold finite numbers; got nan in row 1"),
        (np.zeros((3, 2)), "'T.npy' must hold coordinates, one a row; got shape (3, 2)"),
        (np.zeros(0), "'T.npy' must hold coordinates, one a row; got shape (0, 1)"),
        (np.float64(3), "'T.npy' must hold coordinates, one a row; got shape ()"),
        (np.array(["a"]), "'T.npy' must hold real numbers"),
    ],
)
def test_coordinates_that_are_none_are_told(values, said, skcurve, files):
    np.save(files / "T.npy", values)
    assert said in skcurve("inverse", "curve.safetensors", "T.npy", "-o", "Y.npy").failed(1)
    assert not (files / "Y.npy").exists()


def test_rows_of_another_width_are_told(skcurve, files, rows):
    np.save(files / "X.npy", rows[:, :2])
    for command in ("transform", "quantize", "info"):
        output = [] if command == "info" else ["-o", "Y.npy"]
        said = skcurve(command, "curve.safetensors", "X.npy", *output).failed(1)
        assert "'X.npy' must have 3 columns, as the curve has; got shape (300, 2)" in said


def test_a_gap_far_down_leaves_nothing_behind(skcurve, files, rows, monkeypatch):
    rows = rows.copy()
    rows[250, 1] = np.nan
    np.save(files / "X.npy", rows)
    monkeypatch.setattr(apply, "BLOCK_ENTRIES", 100 * 3)
    before = sorted(os.listdir(files))
    said = skcurve("quantize", "curve.safetensors", "X.npy", "-o", "Y.npy").failed(1)
    assert "'X.npy' must hold finite numbers; got nan in row 250" in said
    assert sorted(os.listdir(files)) == before


def test_a_folder_of_shards_is_one_matrix(skcurve, files, rows, monkeypatch):
    (files / "shards").mkdir()
    parts = np.array_split(rows.copy(), 3)
    for number, part in enumerate(parts):
        np.save(files / "shards" / f"part-{number}-of-3.npy", part)
    monkeypatch.setattr(apply, "BLOCK_ENTRIES", 70 * 3)
    curve = SFVQ.load(files / "curve.safetensors")
    for command in ("transform", "quantize"):
        assert skcurve(command, "curve.safetensors", "shards", "-o", "Y.npy").code == 0
        np.testing.assert_array_equal(np.load(files / "Y.npy"), getattr(curve, command)(rows))
    assert skcurve("fit", "shards", "-b", 3, "-o", "c.safetensors").code == 0
    expected = SFVQ(3, random_state=0).fit(rows).codebook_
    np.testing.assert_array_equal(SFVQ.load(files / "c.safetensors").codebook_, expected)
    os.remove(files / "shards" / "part-1-of-3.npy")
    said = skcurve("transform", "curve.safetensors", "shards", "-o", "T.npy").failed(1)
    assert "lacks 1 of 3 shards: number 1 is missing" in said
    parts[1][5, 0] = np.nan
    np.save(files / "shards" / "part-1-of-3.npy", parts[1])
    said = skcurve("transform", "curve.safetensors", "shards", "-o", "T.npy").failed(1)
    assert "must hold finite numbers; got nan in its row 5" in said
    np.save(files / "shards" / "part-1-of-3.npy", parts[1][:, :2])
    said = skcurve("fit", "shards", "-b", 3, "-o", "d.safetensors").failed(1)
    assert "all blocks of X must be as wide" in said
    assert not {"T.npy", "d.safetensors"} & set(os.listdir(files))


@pytest.mark.parametrize(
    ("curve", "said"),
    [
        ("none.safetensors", "'none.safetensors': No such file or directory"),
        ("none.npy", "'none.npy': No such file or directory"),
        ("X.npy", "'X.npy' is not a curve, which ends in .safetensors"),
        (".", "'.' is a folder; expected a curve"),
        ("-", "a curve is read from a file, not from a stream; got '-'"),
        ("/dev/stdin", "a curve is read from a file, not from a stream; got '/dev/stdin'"),
        ("pipe", "a curve is read from a file, not from a stream; got 'pipe'"),
        ("cut.safetensors", "'cut.safetensors' is not a complete safetensors file"),
        ("other.safetensors", "skcurve did not write it"),
    ],
)
def test_what_is_no_curve_is_told(curve, said, skcurve, files):
    from safetensors.numpy import save_file

    os.mkfifo(files / "pipe")
    (files / "cut.safetensors").write_bytes((files / "curve.safetensors").read_bytes()[:-9])
    save_file({"X": np.zeros((2, 2))}, files / "other.safetensors")
    assert said in skcurve("transform", curve, "X.npy", "-o", "T.npy").failed(1)


@pytest.mark.parametrize("output", ["T.txt", "T", "."])
def test_a_result_without_a_format_is_told(output, skcurve, files):
    said = skcurve("transform", "curve.safetensors", "X.npy", "-o", output).failed(2)
    assert "is a folder" in said if output == "." else "must end in .npy, .npz" in said


def test_what_is_read_is_not_written_over(skcurve, files):
    for name in ("X.npy", "curve.safetensors"):
        said = skcurve("quantize", "curve.safetensors", "X.npy", "-o", name).failed(2)
        assert "is what is read" in said


@pytest.fixture
def shards(files):
    """The rows in two files of a folder, one of them linked to."""
    (files / "shards").mkdir()
    os.replace(files / "X.npy", files / "elsewhere.npy")
    os.symlink(files / "elsewhere.npy", files / "shards" / "p1.npy")
    np.save(files / "shards" / "p0.npy", np.load(files / "elsewhere.npy"))
    os.symlink(files / "shards", files / "linked")
    return files / "shards"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("shards/p0.npy", "'shards/p0.npy' is a shard of 'shards', which is what is read"),
        ("elsewhere.npy", "'elsewhere.npy' is a shard of 'shards'"),
        ("shards/T.npy", "'shards/T.npy' would be a shard of 'shards', which is what is read"),
        ("linked/T.PARQUET", "'linked/T.PARQUET' would be a shard of 'shards'"),
    ],
)
def test_a_folder_that_is_read_is_not_written_to(output, said, skcurve, shards):
    before = {path: path.read_bytes() for path in shards.iterdir()}
    assert said in skcurve("transform", "curve.safetensors", "shards", "-o", output).failed(2)
    assert {path: path.read_bytes() for path in shards.iterdir()} == before


def test_what_is_no_shard_may_be_written_beside_them(skcurve, shards):
    assert skcurve("transform", "curve.safetensors", "shards", "-o", "shards/T.npz").code == 0
    said = skcurve("fit", "shards", "-o", "shards/c.safetensors").failed(2)
    assert "would be a shard" in said


@pytest.mark.parametrize("command", ["transform", "quantize", "fit"])
def test_shards_without_rows_are_told(command, skcurve, files):
    (files / "shards").mkdir()
    np.save(files / "shards" / "p0.npy", np.zeros((0, 3)))
    curve = [] if command == "fit" else ["curve.safetensors"]
    output = "new.safetensors"
    said = skcurve(command, *curve, "shards", "-o", output).failed(1)
    assert said == "'shards' must have a row and a column; got shape (0, 3).\n"
    assert not (files / output).exists()


@pytest.mark.parametrize("command", ["transform", "quantize"])
def test_names_of_columns_are_not_missed_in_a_file(command, skcurve, files, fitted, rows):
    curve = SFVQ.load(files / "curve.safetensors")
    curve.feature_names_in_ = np.array(["a", "b", "c"], dtype=object)
    curve.save(files / "named.safetensors")
    assert skcurve(command, "named.safetensors", "X.npy", "-o", "Y.npy") == (0, b"", "")
    np.testing.assert_array_equal(np.load(files / "Y.npy"), getattr(fitted, command)(rows))


def test_a_device_that_is_not_there_is_told(skcurve, files):
    arguments = ["transform", "curve.safetensors", "X.npy", "-o", "T.npy", "--device", "moon"]
    assert "device='moon' cannot be used" in skcurve(*arguments).failed(1)


def test_a_curve_fitted_elsewhere_is_used_here(skcurve, files, fitted, rows):
    elsewhere = SFVQ.from_codebook(fitted.codebook_, device="cuda:7")
    elsewhere.save(files / "far.safetensors")
    assert skcurve("transform", "far.safetensors", "X.npy", "-o", "T.npy").code == 0
    np.testing.assert_array_equal(np.load(files / "T.npy"), fitted.transform(rows))
