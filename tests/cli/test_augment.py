"""`skcurve augment`: what `CurveAugmenter.sample` gives, in a file or a pipe."""

import io

import numpy as np
import pytest

from skcurve import CurveAugmenter
from skcurve.arrays import read_array
from skcurve.cli import augment


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ([], {}),
        (["--segments", "3:7"], {"segments": slice(3, 7)}),
        (["--segments", "-2:"], {"segments": slice(-2, None)}),
        (["--segments", ":2, 4.5:6"], {"segments": [slice(None, 2), (4.5, 6.0)]}),
        (
            ["--segments", "0.5:", "--coordinate", "unit"],
            {"segments": (0.5, 1.0), "coordinate": "unit"},
        ),
        (
            ["--segments", "0:1", "--coordinate", "arclength"],
            {"segments": (0.0, 1.0), "coordinate": "arclength"},
        ),
        (["--seed", 5], {"random_state": 5}),
    ],
)
def test_samples_are_those_of_the_augmenter(options, arguments, skcurve, files, fitted):
    said = skcurve("augment", "curve.safetensors", "-n", 50, "-o", "new.npy", *options)
    assert said == (0, b"", "")
    expected = CurveAugmenter(fitted, random_state=0).sample(50, **arguments).latents
    np.testing.assert_array_equal(np.load(files / "new.npy"), expected)


@pytest.mark.parametrize("spacing", ["arclength", "index", "density"])
def test_rows_teach_it_where_samples_may_be(spacing, skcurve, files, fitted, rows):
    options = ["--jitter", 0.5, "--valid-only", "--spacing", spacing]
    arguments = ["augment", "curve.safetensors", "X.npy", "-n", 40, "-o", "new.npy", *options]
    assert skcurve(*arguments) == (0, b"", "")
    augmenter = CurveAugmenter(fitted, jitter=0.5, spacing=spacing, random_state=0).fit(rows)
    new = np.load(files / "new.npy")
    np.testing.assert_allclose(new, augmenter.sample(40, valid_only=True).latents, atol=1e-12)
    assert augmenter.validity(new).valid.all()


def test_blocks_change_nothing(skcurve, files, fitted, monkeypatch):
    monkeypatch.setattr(augment, "BLOCK_ENTRIES", 7 * 3)
    assert skcurve("augment", "curve.safetensors", "-n", 50, "-o", "new.npy").code == 0
    expected = CurveAugmenter(fitted, random_state=0).sample(50).latents
    np.testing.assert_array_equal(np.load(files / "new.npy"), expected)


def test_the_usage_that_is_saved_is_a_density(skcurve, files, fitted):
    assert skcurve(
        "augment", "curve.safetensors", "-n", 50, "--spacing", "density", "-o", "new.npy"
    ) == (0, b"", "")
    expected = CurveAugmenter(fitted, spacing="density", random_state=0).sample(50).latents
    np.testing.assert_array_equal(np.load(files / "new.npy"), expected)


def test_an_earlier_bitrate_pipes_and_other_formats(skcurve, files, fitted):
    arguments = ["augment", "curve.safetensors", "-n", 20, "-b", 2]
    expected = CurveAugmenter(fitted.at_bitrate(2), random_state=0).sample(20).latents
    code, stream, err = skcurve(*arguments)
    assert (code, err) == (0, "")
    np.testing.assert_array_equal(np.load(io.BytesIO(stream)), expected)
    assert skcurve(*arguments, "-o", "new.npz").code == 0
    np.testing.assert_array_equal(read_array(files / "new.npz", "samples"), expected)


def test_crossing_empty_space_is_a_warning(skcurve, files, fitted, rows):
    np.save(files / "half.npy", rows[rows[:, 2] < 1])
    code, _, err = skcurve("augment", "curve.safetensors", "half.npy", "-n", 9, "-o", "new.npy")
    assert code == 0
    assert err.startswith("skcurve: warning: the stretch 0 to 15 crosses empty space")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--segments", "3:99"], 1, "3:99 leaves the curve, which has the segments 0:15"),
        (["--segments", "7:3"], 1, "7:3 is empty"),
        (["--segments", "7"], 2, "'7' is no stretch; expected START:END, such as 12:20"),
        (["--segments", "a:b"], 2, "'a:b' is no stretch"),
        (["--segments", ""], 2, "'' is no stretch"),
        (["--segments", "0:2", "--coordinate", "unit"], 1, "must lie in [0, 1]; got 2"),
        (["-k", "X"], 2, "'--key': it names an array of X, which is not given"),
        (["--jitter", "1"], 2, "--jitter has to know where vectors are"),
        (["--valid-only"], 2, "--valid-only has to know where vectors are"),
        (["--spacing", "density", "-b", "3"], 2, "no usage saved with it"),
        (
            ["X.npy", "--jitter", "99", "--valid-only"],
            1,
            "of the 5 samples wanted were valid after 6400 tries",
        ),
        (["bad.npy"], 1, "'bad.npy' must hold finite numbers; got nan in row 1"),
        (["wide.npy"], 1, "must have 3 columns"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(options, code, said, skcurve, files, rows):
    np.save(files / "bad.npy", np.where(np.arange(300)[:, None] == 1, np.nan, rows))
    np.save(files / "wide.npy", np.ones((9, 4)))
    (files / "new.npy").write_bytes(b"as it was")
    before = sorted(path.name for path in files.iterdir())
    arguments = ["augment", "curve.safetensors", *options, "-n", 5, "-o", "new.npy"]
    assert said in skcurve(*arguments).failed(code)
    assert (files / "new.npy").read_bytes() == b"as it was"
    assert sorted(path.name for path in files.iterdir()) == before


def test_the_curve_and_the_vectors_are_not_written_over(skcurve, files):
    for name in ("X.npy", "curve.safetensors"):
        arguments = ["augment", "curve.safetensors", "X.npy", "-n", 5, "-o", name]
        assert "is what is read" in skcurve(*arguments).failed(2)
