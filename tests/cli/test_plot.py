"""`skcurve plot`: a picture in a file, of what was asked for."""

import sys

import numpy as np
import pytest

from skcurve import SFVQ, plotting
from skcurve.cli.options import Kind
from skcurve.cli.plot import RECIPES

pytest.importorskip("matplotlib")

SIGNATURES = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}


@pytest.fixture
def drawn(monkeypatch):
    """What each display was made from; they draw as ever."""
    calls = []
    for recipe in RECIPES.values():
        display = getattr(plotting, recipe.display)

        def from_estimator(estimator, *, _draw=display.from_estimator, **given):
            calls.append((estimator, given))
            return _draw(estimator, **given)

        monkeypatch.setattr(display, "from_estimator", from_estimator)
    return calls


@pytest.mark.parametrize("suffix", SIGNATURES)
def test_the_suffix_says_which_kind_of_file(suffix, skcurve, files):
    result = skcurve("plot", "curve.safetensors", "X.npy", "-o", f"curve{suffix}")
    assert result == (0, b"", "")
    assert (files / f"curve{suffix}").read_bytes().startswith(SIGNATURES[suffix])


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_drawn_from_what_it_needs(kind, skcurve, files, rows, drawn):
    recipe = RECIPES[kind]
    data = ["X.npy"] if recipe.needs_rows else []
    shape = ["--image-shape", "1x3"] if recipe.takes_shape else []
    result = skcurve("plot", "curve.safetensors", *data, "--kind", kind, *shape, "-o", "p.png")
    assert result == (0, b"", "")
    assert (files / "p.png").stat().st_size > 5000
    ((estimator, given),) = drawn
    assert estimator.n_bits == 4
    expected = {"X"} & ({"X"} if data else set()) | set(recipe.settings)
    assert set(given) == expected | ({"image_shape"} if shape else set())


def test_labels_and_an_earlier_bitrate(skcurve, files, rows, drawn):
    np.savez(files / "data.npz", X=rows, y=np.where(rows[:, 0] > 0, "right", "left"))
    arguments = ["plot", "curve.safetensors", "data.npz", "-k", "X", "--bits", 3, "-o", "p.png"]
    labels = ["--labels", "data.npz", "--labels-key", "y"]
    assert skcurve(*arguments, *labels).code == 0
    shape = ["--kind", "codebook", "--image-shape", "3x1"]
    assert skcurve(*arguments, *labels, *shape).code == 0
    for estimator, given in drawn:
        assert estimator.n_bits == 3
        np.testing.assert_array_equal(given["X"], rows)
        assert set(given["y"]) == {"left", "right"}
    assert drawn[1][1]["image_shape"] == (3, 1)


def test_labels_may_be_a_column_of_numbers(skcurve, files, rows, drawn):
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(
        pyarrow.table({"y": np.arange(300) % 3}), files / "y.parquet"
    )
    assert (
        skcurve("plot", "curve.safetensors", "X.npy", "--labels", "y.parquet", "-o", "p.png").code
        == 0
    )
    np.testing.assert_array_equal(drawn[0][1]["y"], np.arange(300) % 3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "p.png"], "X: --kind curve needs rows"),
        (["--kind", "rate-distortion", "-o", "p.png"], "X: --kind rate-distortion needs rows"),
        (["X.npy", "--kind", "history", "-o", "p.png"], "X: --kind history does not use it"),
        (
            ["--kind", "usage", "--labels", "X.npy", "-o", "p.png"],
            "--labels: --kind usage",
        ),
        (["X.npy", "--image-shape", "1x3", "-o", "p.png"], "--image-shape: --kind curve does not"),
        (["--kind", "codebook", "-o", "p.png"], "--image-shape: --kind codebook needs the shape"),
        (
            ["--kind", "codebook", "--image-shape", "1x3", "--labels", "X.npy", "-o", "p.png"],
            "--labels: labels need the rows",
        ),
        (
            ["--kind", "codebook", "--image-shape", "square", "-o", "p.png"],
            "--image-shape: 'square' is no shape",
        ),
        (
            ["--kind", "codebook", "--image-shape=-1x-3", "-o", "p.png"],
            "--image-shape: '-1x-3' is no shape; expected one such as 28x28",
        ),
        (["--kind", "history", "-k", "X", "-o", "p.png"], "--key: it names an array of X, which"),
        (
            ["X.npy", "--labels-key", "y", "-o", "p.png"],
            "--labels-key: it names an array of --labels, which is not given",
        ),
        (["X.npy", "-o", "p.gif"], "'p.gif' must end in .png, .svg or .pdf"),
        (["X.npy", "-o", "X.npy"], "'X.npy' must end in .png, .svg or .pdf"),
    ],
)
def test_what_does_not_fit_together_is_code_2(arguments, said, skcurve, files, drawn):
    assert said in skcurve("plot", "curve.safetensors", *arguments).failed(2)
    assert drawn == [] and not (files / "p.png").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bad.npy"], "'bad.npy' must hold finite numbers; got nan in row 2"),
        (["."], "'.' is a folder; expected one file"),
        (
            ["X.npy", "--labels", "few.npy"],
            "'few.npy' must hold one label for each of the 300 rows; got shape (9,)",
        ),
        (["--kind", "codebook", "--image-shape", "2x2"], "3 features"),
        (["--kind", "history"], "history"),
        (["--kind", "usage"], "usage"),
    ],
)
def test_what_cannot_be_drawn_is_code_1(arguments, said, skcurve, files, rows):
    rows = rows.copy()
    rows[2] = np.nan
    np.save(files / "bad.npy", rows)
    np.save(files / "few.npy", np.zeros(9))
    SFVQ.from_codebook(rows[3:19]).save(files / "curve.safetensors")
    assert said in skcurve("plot", "curve.safetensors", *arguments, "-o", "p.png").failed(1)
    assert not (files / "p.png").exists()


def test_without_matplotlib_it_says_what_to_install(skcurve, files, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = skcurve("plot", "curve.safetensors", "X.npy", "-o", "p.png").failed(1)
    assert 'pip install "skcurve[plot]"' in said
