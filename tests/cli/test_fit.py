"""`skcurve fit`: a curve in a file, and how it was learnt on stdout."""

import json
import os
import signal
from contextlib import contextmanager

import numpy as np
import pytest

from skcurve import SFVQ
from skcurve.cli import fit as module
from skcurve.cli.outputs import print_json


def test_the_curve_is_that_of_the_estimator(skcurve, files, rows):
    options = ["-b", 3, "--smoothness", 0.1, "--seed", 5]
    result = skcurve("fit", "X.npy", *options, "-o", "c.safetensors")
    assert (result.code, result.err) == (0, "")
    found = SFVQ.load(files / "c.safetensors")
    expected = SFVQ(3, smoothness=0.1, random_state=5).fit(rows)
    np.testing.assert_array_equal(found.codebook_, expected.codebook_)
    assert repr(found) == repr(expected)


def test_every_option_reaches_the_estimator(skcurve, files):
    options = [
        "--solver",
        "adam",
        "--init",
        "pca",
        "--max-iter",
        2,
        "--n-init",
        2,
        "--device",
        "cpu",
    ]
    assert skcurve("fit", "X.npy", "-b", 2, *options, "-o", "c.safetensors").code == 0
    found = SFVQ.load(files / "c.safetensors")
    given = {"solver": "adam", "init": "pca", "max_iter": 2, "n_init": 2, "device": "cpu"}
    assert given.items() <= found.get_params().items()


def test_it_prints_a_line_for_each_bitrate(skcurve, files):
    result = skcurve("fit", "X.npy", "-b", 4, "-o", "c.safetensors")
    heading, _, *lines = result.out.splitlines()
    assert heading.split() == ["bits", "vertices", "sweeps", "distortion", "perplexity", "seconds"]
    assert [line.split()[:2] for line in lines] == [["2", "4"], ["3", "8"], ["4", "16"]]
    assert max(map(len, result.out.splitlines())) <= 80


def test_json_has_the_same_and_the_warnings(skcurve, files, rows):
    np.save(files / "few.npy", rows[:10])
    result = skcurve("fit", "few.npy", "-b", 4, "-o", "c.safetensors", "--json")
    facts = json.loads(result.out)
    assert (facts["curve"], facts["n_rows"], facts["n_features"]) == ("c.safetensors", 10, 3)
    assert [bitrate["vertices"] for bitrate in facts["bitrates"]] == [4, 8, 16]
    history = SFVQ.load(files / "c.safetensors").history_
    assert facts["bitrates"][-1]["distortion"] == history[-1]["distortion"]
    (warning,) = facts["warnings"]
    assert "10 rows for 16 vertices" in warning
    assert result.err.startswith("skcurve: warning: ") and result.err.count("\n") == 1


def test_json_has_null_for_what_is_not_finite(capsys):
    print_json({"measured": [{"ratio": np.inf, "bits": 2}], "mean": float("nan"), "n": 1.5})
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found == {"measured": [{"ratio": None, "bits": 2}], "mean": None, "n": 1.5}


def test_numbers_whose_squares_overflow_are_told(skcurve, files, rows):
    np.save(files / "big.npy", 1e200 * rows)
    said = skcurve("fit", "big.npy", "-b", 2, "-o", "c.safetensors").failed(1)
    assert "squared distances overflow" in said and not (files / "c.safetensors").exists()


@pytest.mark.parametrize("suffix", [".npz", ".pt", ".safetensors", ".parquet"])
def test_rows_come_from_any_format(suffix, skcurve, files, rows):
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    from skcurve.arrays import write_array

    write_array(files / f"X{suffix}", [rows], len(rows), name="X")
    key = ["--key", "X"] if suffix in (".npz", ".safetensors") else []
    assert skcurve("fit", f"X{suffix}", *key, "-b", 2, "-o", "c.safetensors").code == 0
    assert skcurve("fit", "X.npy", "-b", 2, "-o", "d.safetensors").code == 0
    found, expected = (SFVQ.load(files / f"{name}.safetensors") for name in "cd")
    np.testing.assert_array_equal(found.codebook_, expected.codebook_)


def test_rows_come_from_a_pipe(skcurve, files):
    content = (files / "X.npy").read_bytes()
    assert skcurve("fit", "-", "-b", 2, "-o", "c.safetensors", stdin=content).code == 0
    assert "--key" in skcurve("fit", "-", "-k", "X", "-o", "c.safetensors", stdin=content).failed(1)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array([[1.0, 2.0], [3.0, np.nan]]), "finite numbers; got nan in row 1 (from 0)"),
        (np.array([[-np.inf, 2.0], [3.0, np.nan]]), "finite numbers; got -inf in row 0 (from 0)"),
        (np.zeros(3), "a matrix, one vector a row; got shape (3,)"),
        (np.zeros((2, 2, 2)), "a matrix, one vector a row; got shape (2, 2, 2)"),
        (np.zeros((0, 2)), "a row and a column; got shape (0, 2)"),
        (np.zeros((2, 0)), "a row and a column; got shape (2, 0)"),
        (np.zeros((2, 2), complex), "real numbers; got dtype complex128"),
        (np.array([["a", "b"]]), "real numbers; got dtype <U1"),
    ],
)
def test_rows_that_are_none_are_named(array, said, skcurve, files):
    np.save(files / "bad.npy", array)
    sentence = skcurve("fit", "bad.npy", "-b", 2, "-o", "c.safetensors").failed(1)
    assert "'bad.npy' must h" in sentence and said in sentence
    assert not (files / "c.safetensors").exists()


def test_integers_are_numbers(skcurve, files, rows):
    np.save(files / "int.npy", (100 * rows).astype(np.int16))
    assert skcurve("fit", "int.npy", "-b", 2, "-o", "c.safetensors").code == 0


# ------------------------------------------------------------------ where the curve goes


@pytest.fixture
def no_reading(monkeypatch):
    """Fail if the rows are read: what is wrong can be told before."""

    def refuse(*_):
        raise AssertionError("it began to read")

    monkeypatch.setattr(module, "open_rows", refuse)


@pytest.mark.parametrize(
    ("output", "said", "code"),
    [
        ("c.npy", "'c.npy' must end in .safetensors", 2),
        ("-", "'-' must end in .safetensors", 2),
        ("folder", "is a folder", 2),
        ("no/c.safetensors", "there is no folder", 1),
    ],
)
def test_an_output_that_cannot_be_is_told_at_once(output, said, code, skcurve, files, no_reading):
    (files / "folder").mkdir()
    assert said in skcurve("fit", "X.npy", "-o", output).failed(code)


def test_a_folder_that_may_not_be_written_to_is_told_at_once(
    skcurve, files, no_reading, monkeypatch
):
    (files / "locked").mkdir(mode=0o555)
    monkeypatch.setattr(os, "access", lambda path, mode: "locked" not in str(path))
    assert "may not be written" in skcurve("fit", "X.npy", "-o", "locked/c.safetensors").failed(1)


def test_what_is_read_is_not_written_over(skcurve, files):
    before = (files / "curve.safetensors").read_bytes()
    arguments = ["-k", "codebook.4", "-o", files / "curve.safetensors"]
    assert "is what is read" in skcurve("fit", "curve.safetensors", *arguments).failed(2)
    assert (files / "curve.safetensors").read_bytes() == before


def test_an_old_curve_is_replaced_only_by_a_new_one(skcurve, files):
    before = (files / "curve.safetensors").read_bytes()
    np.save(files / "bad.npy", np.full((9, 3), np.nan))
    skcurve("fit", "bad.npy", "-o", "curve.safetensors").failed(1)
    assert (files / "curve.safetensors").read_bytes() == before
    assert skcurve("fit", "X.npy", "-b", 2, "-o", "curve.safetensors").code == 0
    assert len(SFVQ.load(files / "curve.safetensors").codebook_) == 4


# ------------------------------------------------------------------ Ctrl-C


class CtrlC:
    """A callback that presses Ctrl-C when the third bitrate begins."""

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "bitrate" and context.task_id == 2:
            signal.raise_signal(signal.SIGINT)

    def on_fit_task_end(self, estimator, context):
        pass


@pytest.fixture
def ctrl_c(monkeypatch):
    @contextmanager
    def progress(*_, **__):
        yield CtrlC()

    monkeypatch.setattr(module, "fit_progress", progress)
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before


def test_after_ctrl_c_what_was_complete_is_kept(skcurve, files, ctrl_c):
    said = skcurve("fit", "X.npy", "-b", 6, "-o", "c.safetensors").failed(130)
    assert said == "interrupted; 'c.safetensors' has the 3 bits it had learnt.\n"
    found = SFVQ.load(files / "c.safetensors")
    assert list(found.codebooks_) == [2, 3] and found.n_bits == 6
    cautions = json.loads(skcurve("info", "c.safetensors", "--json").out)["warnings"]
    assert any("interrupted after 3" in caution for caution in cautions)


def test_after_ctrl_c_an_old_curve_is_as_it_was(skcurve, files, ctrl_c):
    before = (files / "curve.safetensors").read_bytes()
    said = skcurve("fit", "X.npy", "-b", 6, "-o", "curve.safetensors").failed(130)
    assert said == "interrupted; 'curve.safetensors' is as it was.\n"
    assert (files / "curve.safetensors").read_bytes() == before
