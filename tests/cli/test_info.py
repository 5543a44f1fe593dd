"""`skcurve info`: the numbers of `skcurve.metrics`, and what to be careful about."""

import json
import re
import sys
from io import StringIO

import numpy as np
import pytest

from skcurve import SFVQ, metrics
from skcurve.cli.diagnosis import diagnose
from skcurve.cli.info import measure_on_rows
from skcurve.cli.outputs import print_table


def facts(skcurve, *arguments):
    result = skcurve("info", *arguments, "--json")
    assert (result.code, result.err) == (0, "")
    return json.loads(result.out)


def test_of_the_curve_at_each_bitrate(skcurve, files, fitted):
    found = facts(skcurve, "curve.safetensors")
    assert (found["n_vertices"], found["n_features"], found["n_rows"]) == (16, 3, None)
    assert [record["bits"] for record in found["bitrates"]] == [2, 3, 4]
    last, curve = found["bitrates"][-1], fitted.curve_
    assert last["vertices"] == 16
    assert last["length"] == pytest.approx(curve.length)
    assert last["mean_segment"] == pytest.approx(curve.lengths.mean())
    assert last["longest_segment"] == pytest.approx(curve.lengths.max())
    assert last["smoothness_ratio"] == pytest.approx(metrics.smoothness_ratio(curve))


def test_of_how_it_was_learnt(skcurve, files, fitted):
    record = facts(skcurve, "curve.safetensors")["training"][-1]
    sweeps = [sweep for sweep in fitted.history_ if sweep["bitrate"] == 4]
    assert (record["bits"], record["sweeps"]) == (4, len(sweeps))
    assert record["distortion"] == sweeps[-1]["distortion"]
    assert record["perplexity"] == sweeps[-1]["perplexity"]
    assert record["seconds"] == pytest.approx(sum(sweep["seconds"] for sweep in sweeps))


def test_on_rows_at_each_bitrate(skcurve, files, fitted, rows):
    found = facts(skcurve, "curve.safetensors", "X.npy")
    assert found["n_rows"] == 300
    for record in found["measured"]:
        curve = fitted.at_bitrate(record["bits"])
        usage = metrics.usage(curve, rows)
        assert record["distortion"] == pytest.approx(metrics.distortion(curve, rows))
        dithered = metrics.dithered_distortion(curve, rows, random_state=0)
        assert record["dithered_distortion"] == pytest.approx(dithered)
        assert record["perplexity"] == pytest.approx(metrics.perplexity(usage))
        assert record["unused_segments"] == (usage == 0).sum()
        assert record["topographic_error"] == metrics.topographic_error(curve, rows)


def test_the_tables_fit_a_terminal_and_have_the_same_numbers(skcurve, files):
    found = facts(skcurve, "curve.safetensors", "X.npy")
    printed = skcurve("info", "curve.safetensors", "X.npy").out
    assert "curve.safetensors: 16 vertices of 3 features\n" in printed
    assert "SFVQ(n_bits=4, random_state=0)\n" in printed
    assert "\nOn the 300 rows of 'X.npy'\n" in printed
    assert max(map(len, printed.splitlines())) <= 80 and "…" not in printed
    for table in ("bitrates", "training", "measured"):
        assert f" {format(found[table][-1].get('distortion', 4), '.5g')} " in printed


def test_no_number_is_cut_where_nobody_looks(skcurve, files, monkeypatch):
    printed = skcurve("info", "curve.safetensors", "X.npy").out.partition("Nothing")[0]
    monkeypatch.setenv("COLUMNS", "30")
    assert skcurve("info", "curve.safetensors", "X.npy").out.startswith(printed)


def test_on_a_narrow_terminal_what_does_not_fit_follows_below(monkeypatch):
    class Terminal(StringIO):
        def isatty(self):
            return True

    columns = [("bits", "bits", "d"), ("a", "long\nname", ".4f"), ("b", "longer name", ".1f")]
    rows = [{"bits": 2, "a": 1.5, "b": 2.5}, {"bits": 3, "a": 123.5, "b": None}]
    for width, expected in [
        ("40", ["long", "bitsnamelongername", "─", "21.50002.5", "3123.5000"]),
        ("19", ["long", "bitsname", "─", "21.5000", "3123.5000"]),
    ]:
        monkeypatch.setenv("COLUMNS", width)
        monkeypatch.setattr(sys, "stdout", Terminal())
        print_table(columns, rows)
        lines = [re.sub(r"\x1b.*?m| ", "", line) for line in sys.stdout.getvalue().splitlines()]
        lines = ["─" if set(line) == {"─"} else line for line in lines]
        below = [] if width == "40" else ["", "bitslongername", "─", "22.5", "3"]
        assert lines == expected + below


def test_rows_from_a_pipe(skcurve, files):
    result = skcurve("info", "curve.safetensors", "-", stdin=(files / "X.npy").read_bytes())
    assert "\nOn the 300 rows of standard input\n" in result.out


def test_a_key_is_one_of_a_file(skcurve, files):
    said = skcurve("info", "curve.safetensors", "-k", "X").failed(2)
    assert "'--key': it names an array of X, which is not given" in said


def test_rows_are_no_folder(skcurve, files):
    said = skcurve("info", "curve.safetensors", ".").failed(1)
    assert said == "'.' is a folder; expected one file.\n"


def test_an_imported_codebook_has_no_history(skcurve, files, fitted):
    SFVQ.from_codebook(fitted.codebook_).save(files / "plain.safetensors")
    assert facts(skcurve, "plain.safetensors")["training"] is None
    printed = skcurve("info", "plain.safetensors").out
    assert "How it was learnt" not in printed and printed.endswith("\nNothing to warn of.\n")


# ------------------------------------------------------------------ what to be careful about


def cautions(vertices, rows=None):
    curve = SFVQ.from_codebook(np.asarray(vertices, float))
    measured = None if rows is None else measure_on_rows(curve, rows, quiet=True)[-1]
    return diagnose(curve, rows, measured)


LINE = np.stack([np.arange(8.0), np.zeros(8)], axis=1)
ALONG = np.stack([np.linspace(0, 7, 200), np.full(200, 0.3)], axis=1)


def test_nothing_is_said_of_a_good_curve(fitted, rows):
    assert diagnose(fitted, rows, measure_on_rows(fitted, rows, quiet=True)[-1]) == []


def test_a_long_segment():
    far = LINE.copy()
    far[5:, 0] += 100
    (said,) = cautions(far)
    assert said.startswith("Segment 4 is 6.6 times as long as the mean one")


def test_vertices_in_no_order():
    line = np.stack([np.arange(32.0), np.zeros(32)], axis=1)
    assert cautions(line) == []
    shuffled = np.random.default_rng(0).permutation(line)
    said = [one for one in cautions(shuffled) if "order" in one]
    assert len(said) == 1 and "times as far apart as any two vertices" in said[0]


def test_segments_without_rows():
    said = cautions(LINE, ALONG[:40])
    assert said[0].startswith("5 of 7 segments are nearest to none of the rows")
    assert said[1].startswith("8 of 8 vertices are farther from the data") and len(said) == 2


def test_segments_that_no_training_row_used(fitted):
    curve = SFVQ.from_codebook(LINE)
    curve.usage_ = np.array([5, 0, 0, 0, 5, 5, 5])
    assert diagnose(curve, None, None) == [
        "3 of 7 segments are nearest to none of the training rows: "
        "fewer bits, or more rows, would do."
    ]


def test_vertices_outside_the_data():
    away = LINE.copy()
    away[3, 1] = 2.0
    said = cautions(away, ALONG - [0, 0.3])
    assert any(sentence.startswith("Vertex 3 is farther from the data") for sentence in said)
    away[4, 1] = 2.0
    said = cautions(away, ALONG - [0, 0.3])
    assert any("2 of 8 vertices" in sentence and " 3, 4." in sentence for sentence in said)


def test_one_place():
    assert "one place" in cautions(np.ones((4, 2)), np.ones((9, 2)))[0]


def test_one_place_is_no_failure(skcurve, files):
    SFVQ.from_codebook(np.ones((4, 3))).save(files / "one.safetensors")
    assert facts(skcurve, "one.safetensors", "X.npy")["bitrates"][0]["smoothness_ratio"] is None
    result = skcurve("info", "one.safetensors", "X.npy")
    assert result.code == 0 and "Warning: All vertices are in one place" in result.out


def test_one_row_is_enough(skcurve, files, rows):
    np.save(files / "X.npy", rows[:1])
    assert facts(skcurve, "curve.safetensors", "X.npy")["measured"][-1]["perplexity"] == 1
