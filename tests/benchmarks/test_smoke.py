"""The benchmarks measure what they say: their data, their peers, and that each script runs."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skcurve import PolylineCurve
from skcurve.metrics import distortion

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SCRIPTS = sorted(BENCHMARKS.glob("bench_*.py"))
NEEDS = {
    "bench_augment_classify": ["imblearn"],
    "bench_augment_memory": ["imblearn"],
    "bench_augment_quality": ["prdc", "torchmetrics"],
    "bench_nn": ["diveq", "vector_quantize_pytorch"],
    "bench_saliency": ["cv2"],
}
"""What a script cannot do without, and the tests may."""


@pytest.fixture(autouse=True)
def beside_the_scripts(monkeypatch):
    """Import their modules as the scripts do."""
    monkeypatch.syspath_prepend(BENCHMARKS)


@pytest.mark.parametrize("name", ["gaussian", "pentagon", "spiral", "moons"])
def test_a_shape_is_made_from_its_seed(name):
    from data import SHAPES

    X = SHAPES[name](200, 0)
    assert X.shape == (200, 2)
    assert X.dtype == np.float32
    assert np.isfinite(X).all()
    assert np.array_equal(X, SHAPES[name](200, 0))
    assert not np.array_equal(X, SHAPES[name](200, 1))


def test_a_pentagon_is_filled_to_its_sides_and_not_beyond():
    from data import pentagon

    X = pentagon(20_000, 0)
    normal = np.pi / 2 + np.pi / 5 + 2 * np.pi * np.arange(5) / 5
    reach = X @ np.stack([np.cos(normal), np.sin(normal)])
    side = np.cos(np.pi / 5)
    assert reach.max() <= side + 1e-6
    # Uniform: the pentagon of half the size holds a quarter.
    assert np.mean(reach.max(1) <= side / 2) == pytest.approx(0.25, abs=0.02)


def test_a_mapping_network_makes_correlated_rows_of_the_same_size():
    from data import mapping_network

    X = mapping_network(2000, 64, seed=0)
    assert X.shape == (2000, 64)
    assert X.dtype == np.float32
    assert 0.2 < np.square(X).mean() < 5
    spread = np.linalg.svd(X - X.mean(0), compute_uv=False) ** 2
    assert spread[:8].sum() > 0.5 * spread.sum()  # of independent features: 0.15


def test_digits_are_split_without_overlap():
    from data import digits

    split = digits(seed=3)
    assert split.train.shape == (1500, 64)
    assert split.test.shape == (297, 64)
    assert len(split.train_labels) == 1500
    assert len(split.test_labels) == 297
    assert split.train.max() == 1.0
    from sklearn.datasets import load_digits

    together = np.concatenate([split.train, split.test])
    assert together.sum() == pytest.approx(load_digits().data.sum() / 16)


@pytest.mark.parametrize("module", ["published", "plain_adam"])
def test_both_forms_of_the_published_procedure_learn(module):
    from importlib import import_module

    from data import gaussian

    train = import_module(f"peers.{module}").train
    X = gaussian(4096, 4, seed=0) * np.float32(0.1)
    codebook = train(X, 3, epochs=5)
    assert codebook.shape == (8, 4)
    assert distortion(PolylineCurve(codebook), X) < 0.6 * np.square(X).mean()


def test_the_published_rule_is_exact_where_the_nearest_segment_holds_the_nearest_vertex():
    from peers import published

    line = np.stack([np.arange(6), np.zeros(6)], axis=1).astype(np.float32)
    X = np.random.default_rng(0).normal(2.5, 3.0, (100, 2)).astype(np.float32)
    expected = PolylineCurve(line).project(X).sq_distance
    np.testing.assert_allclose(published.evaluate(X, line), expected, rtol=1e-5, atol=1e-6)


def test_the_published_rule_can_miss_the_nearest_segment():
    from peers import published

    hairpin = np.array([[0, 0], [10, 0], [10, 3], [5, 3]], np.float32)
    X = np.array([[5, 1]], np.float32)  # near the first side, but its nearest vertex is the last
    assert PolylineCurve(hairpin).project(X).sq_distance[0] == pytest.approx(1.0)
    assert published.evaluate(X, hairpin)[0] == pytest.approx(4.0)


def test_a_tour_keeps_the_centres_and_shortens_the_way():
    from data import moons
    from peers import kmeans_tour

    centers = kmeans_tour.fit_centers(moons(500, 0), 16, seed=0)
    tour = kmeans_tour.ordered(centers)
    assert sorted(map(tuple, tour)) == sorted(map(tuple, centers))
    assert PolylineCurve(tour).length < PolylineCurve(centers).length


def test_timings_compare_round_by_round():
    from timing import Timings

    timings = Timings({"slow": [2.0, 20.0, 3.0], "fast": [1.0, 4.0, 2.0]})
    assert timings.median("slow") == 3.0
    assert timings.ratio("slow", "fast") == 2.0
    assert timings.fastest() == "fast"


def test_a_report_tells_the_same_on_the_page_and_in_json(tmp_path, monkeypatch):
    import report

    monkeypatch.setattr(report, "HERE", tmp_path)
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(report, "PAGES", tmp_path)
    told = report.Report("sample", "A title.\n\nHow it was done.\n", quick=False)
    table = report.Table(
        "Times", ["method", "seconds", "error"], better={"seconds": "small", "error": "small"}
    )
    table.add("ours", 0.25, report.Spread((0.125, 0.135)))
    table.add("theirs", 0.5, report.Spread((0.1,)))
    told.show(table)
    told.tell("What to use", "Either.")
    told.at_most("seconds", 0.25, 0.5)
    told.at_least("speed", 1.5, 2.0)
    told.publish()
    page = (tmp_path / "sample.md").read_text(encoding="utf-8")
    assert page.startswith("# A title\n\nHow it was done.\n\n## What to use\n\nEither.")
    assert "| ours | **0.25** | 0.1300 ± 0.0071 |" in page
    assert "| theirs | 0.5 | **0.1** |" in page
    assert "| seconds | ≤ 0.5 | 0.25 | yes |" in page
    assert "| speed | ≥ 2 | 1.5 | no |" in page
    kept = json.loads((tmp_path / "results" / "sample.json").read_text(encoding="utf-8"))
    assert kept["tables"][0]["rows"][0] == ["ours", 0.25, {"values": [0.125, 0.135]}]
    assert kept["sections"] == [{"title": "What to use", "text": "Either."}]
    assert kept["machine"]["skcurve"]


def test_the_best_of_a_column_is_every_cell_that_looks_like_it():
    from report import Table

    table = Table("", ["name", "a", "b"], better={"a": "large"})
    for name, a in [("x", 1.00001), ("y", 1.0), ("z", 0.9), ("absent", float("nan"))]:
        table.add(name, a, 1.0)
    assert table.best() == {(0, 1), (1, 1)}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((0.02331, 0.02345, 0.0234), "0.023387 ± 0.000071"),
        ((12.0, 14.0), "13.0 ± 1.4"),
        ((1200.0, 1400.0), "1300 ± 141"),
        ((0.5, 0.5), "0.5000 ± 0.0000"),
        ((0.25,), "0.25"),
    ],
)
def test_a_spread_shows_the_digits_that_mean_something(values, text):
    from report import Spread

    assert str(Spread(values)) == text


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_runs_at_a_small_size(script):
    for package in ["rich", *NEEDS.get(script.stem, [])]:
        pytest.importorskip(package)
    done = subprocess.run(
        [sys.executable, str(script), "--quick"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Targets" in done.stdout
    assert "Written" not in done.stdout


@pytest.mark.slow
def test_the_benchmark_of_a_gpu_says_that_there_is_none_or_runs():
    import torch

    pytest.importorskip("rich")
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "gpu.py"), "--quick"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert ("Targets" if torch.cuda.is_available() else "No GPU was found") in done.stdout
    assert "Written" not in done.stdout
