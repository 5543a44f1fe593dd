"""The demonstration: a table that is fair, and a picture that is whole or not there."""

import os
import sys
from io import BytesIO, TextIOWrapper

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skcurve import PolylineCurve, demo, metrics

pytest.importorskip("matplotlib")
pytest.importorskip("rich")


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def test_it_prints_a_table_in_80_columns_and_writes_a_picture(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    picture = demo.run_demo(tmp_path / "new" / "folder", n_bits=2)
    assert picture == tmp_path / "new" / "folder" / "curve.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert os.listdir(picture.parent) == ["curve.png"]
    printed = capsys.readouterr().out
    assert str(picture) in printed
    lines = printed.replace(str(picture), "").splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in printed
    table = {line[:14].strip(): line[14:].split() for line in lines}
    for method in ("SFVQ", "k-means + tour", "k-means"):
        assert len([float(number) for number in table[method]]) == len(demo.Scores._fields)


def test_its_numbers_are_whole_in_any_encoding_and_width(monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "40")
    stdout = TextIOWrapper(BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(demo, "_compare", lambda *_: {"k-means + tour": demo.Scores(*[0.1234] * 6)})
    demo.run_demo(tmp_path, n_bits=2)
    stdout.seek(0)
    printed = stdout.read()
    assert "low" in printed and printed.count("0.1234") == 2


def test_no_method_is_measured_on_rows_that_it_was_fitted_to(digits, monkeypatch):
    X, y = digits
    seen = []

    def fit_each(rows, n_bits, seed):
        seen.append({row.tobytes() for row in rows})
        return {"one": (PolylineCurve(rows[:4]), 1.0)}

    def measure(curve, rows):
        left_out = {row.tobytes() for row in rows}
        assert not left_out & seen[-1]
        assert len(left_out) + len(seen[-1]) == len({row.tobytes() for row in X})
        return 0.0

    monkeypatch.setattr(demo, "_fit_each", fit_each)
    monkeypatch.setattr(demo, "distortion", measure)
    demo._compare(X, y, 2, 0)
    assert len(seen) == demo.N_FOLDS


def test_a_score_is_the_mean_of_its_metric_over_the_folds(digits, monkeypatch):
    X, y = digits
    rows, labels, folds = X[:100], y[:100], []

    def fit_each(train, n_bits, seed):
        curve = PolylineCurve(train[:4])
        folds.append((curve, train))
        return {"one": (curve, float(len(folds)))}

    monkeypatch.setattr(demo, "_fit_each", fit_each)
    (scores,) = demo._compare(rows, labels, 2, 0).values()
    expected = []
    for curve, train in folds:
        out = ~(rows[:, None] == train).all(2).any(1)
        expected.append(
            (
                metrics.distortion(curve, rows[out]),
                metrics.dithered_distortion(curve, rows[out], random_state=0),
                metrics.perplexity(metrics.usage(curve, rows[out])),
                metrics.smoothness_ratio(curve),
                metrics.neighbor_agreement(curve, rows[out], labels[out]),
            )
        )
    np.testing.assert_allclose(scores[:-1], np.mean(expected, axis=0))
    assert scores.seconds == np.mean([1, 2, 3, 4, 5])


def test_the_tour_only_changes_the_order_of_the_centres(digits):
    fitted = demo._fit_each(digits[0], 4, 0)
    tour, plain = fitted["k-means + tour"], fitted["k-means"]
    assert tour[0].length < plain[0].length
    assert {tuple(row) for row in tour[0].vertices} == {tuple(row) for row in plain[0].vertices}
    assert 0 < plain[1] < tour[1]  # it pays for the clustering too
    assert {curve.n_vertices for curve, _ in fitted.values()} == {16}


@pytest.fixture
def no_work(monkeypatch):
    def refuse(*_):
        raise AssertionError("it began to work")

    monkeypatch.setattr(demo, "_fit_each", refuse)


def test_a_file_in_the_place_of_the_folder_is_named_at_once(tmp_path, no_work):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=r"output must be a folder; .*file is a file\."):
        demo.run_demo(tmp_path / "file")


@pytest.mark.parametrize("n_bits", [1, 9])
def test_a_bitrate_out_of_range_is_named_at_once(n_bits, tmp_path, no_work):
    with pytest.raises(ValueError, match=f"n_bits must be from 2 to 8; got {n_bits}"):
        demo.run_demo(tmp_path / "out", n_bits=n_bits)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("module", "extra"), [("rich.console", "cli"), ("matplotlib", "plot")])
def test_a_missing_extra_is_named_at_once(module, extra, tmp_path, no_work, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf'pip install "skcurve\[{extra}\]"'):
        demo.run_demo(tmp_path)


def test_an_interrupted_fit_ends_the_demonstration(digits, monkeypatch):
    class Interrupted:
        curve_ = PolylineCurve(np.eye(4))

        def __init__(self, n_bits, random_state):
            pass

        def fit(self, X):
            return self

    monkeypatch.setattr(demo, "SFVQ", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        demo._fit_each(digits[0], 6, 0)
