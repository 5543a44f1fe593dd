"""A fit that is killed goes on as if it had not been; a checkpoint of another fit is refused."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from skcurve import SFVQ
from skcurve.solvers import Adam, Lloyd

X = np.random.default_rng(0).standard_normal((6000, 4)).astype(np.float32)


class Stopped(Exception):
    """What ends a fit in the middle."""


def fit(data=X, folder=None, **parameters):
    parameters = {"n_bits": 5, "random_state": 0, **parameters}
    weights = parameters.pop("sample_weight", None)
    return SFVQ(**parameters).fit(data, sample_weight=weights, checkpoint=folder)


def assert_same(one, other):
    assert sorted(one.codebooks_) == sorted(other.codebooks_)
    for bits in one.codebooks_:
        np.testing.assert_array_equal(one.codebooks_[bits], other.codebooks_[bits])
    np.testing.assert_array_equal(one.usage_, other.usage_)
    for ours, theirs in zip(one.history_, other.history_, strict=True):
        assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}


def interrupted(monkeypatch, folder, kind=Lloyd, n_vertices=16, at=1, **parameters):
    """Fit, and fail in a sweep of a bitrate."""
    step, calls = kind.step, []

    def failing(self, state, rows, generator):
        if len(state.vertices) == n_vertices:
            calls.append(1)
            if len(calls) > at:
                raise Stopped
        return step(self, state, rows, generator)

    with monkeypatch.context() as patched:
        patched.setattr(kind, "step", failing)
        with pytest.raises(Stopped):
            fit(folder=folder, **parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"init": "pca", "n_init": 2},
        {"solver": "adam", "n_bits": 4},
        {"sample_weight": np.random.default_rng(1).integers(0, 3, len(X))},
        {"init": X[:8]},
    ],
    ids=["plain", "two runs", "adam", "weighted", "codebook"],
)
@pytest.mark.parametrize("n_vertices", [4, 16])
def test_what_was_interrupted_ends_with_the_same_bits(
    parameters, n_vertices, tmp_path, monkeypatch
):
    n_vertices = max(n_vertices, 8 if "init" in parameters and n_vertices == 4 else 4)
    kind = Adam if parameters.get("solver") == "adam" else Lloyd
    interrupted(monkeypatch, tmp_path, kind, n_vertices, **parameters)
    assert_same(fit(folder=tmp_path, **parameters), fit(**parameters))


def test_what_is_complete_is_not_learnt_again(tmp_path, monkeypatch):
    whole = fit(folder=tmp_path)
    monkeypatch.setattr(Lloyd, "step", None)
    assert_same(fit(folder=tmp_path), whole)


def test_bitrates_that_were_complete_are_not_learnt_again(tmp_path, monkeypatch):
    interrupted(monkeypatch, tmp_path, n_vertices=16)
    sizes, step = [], Lloyd.step

    def noting(self, state, rows, generator):
        sizes.append(len(state.vertices))
        return step(self, state, rows, generator)

    monkeypatch.setattr(Lloyd, "step", noting)
    fit(folder=tmp_path)
    assert set(sizes) == {16, 32}


def test_without_a_seed_it_goes_on_with_that_of_the_checkpoint(tmp_path, monkeypatch):
    interrupted(monkeypatch, tmp_path, random_state=None)
    seed = json.loads((tmp_path / "fit.json").read_text())["seeds"]
    fit(folder=tmp_path, random_state=None)
    assert json.loads((tmp_path / "fit.json").read_text())["seeds"] == seed


def test_tensors_stay_tensors(tmp_path, monkeypatch):
    data = torch.from_numpy(X)
    whole = fit(data)
    interrupted(monkeypatch, tmp_path, data=data)
    again = fit(data, tmp_path)
    assert isinstance(again.codebook_, torch.Tensor)
    assert_same(again, whole)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_bits": 6}, r"another n_bits \(5, now 6\)"),
        ({"smoothness": 0.5}, "another solver .*smoothness=0.5"),
        ({"init": "pca"}, r"another init \(norm, now pca\)"),
        ({"n_init": 2}, r"another n_init \(1, now 2\)"),
        ({"random_state": 1}, "another random_state"),
        ({"data": X[:-1]}, r"other rows \(6000, now 5999\)"),
        ({"data": X[:, :3]}, r"other features|another solver"),
        ({"data": X.astype(float)}, r"other dtype \(torch.float32, now torch.float64\)"),
        ({"data": X + 1}, "other values"),
        ({"sample_weight": np.arange(len(X)) + 1.0}, "other (values|weights)"),
    ],
    ids=str,
)
def test_a_checkpoint_of_another_fit_is_refused_and_kept(changed, message, tmp_path, monkeypatch):
    interrupted(monkeypatch, tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=rf"checkpoint='.*' is of a fit .*{message}"):
        fit(folder=tmp_path, **changed)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_what_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="is a file; expected a folder"):
        fit(folder=tmp_path / "file")
    (tmp_path / "fit.json").write_text("{")
    with pytest.raises(ValueError, match=r"fit.json' is no checkpoint of skcurve, or damaged"):
        fit(folder=tmp_path)


def test_a_damaged_run_is_named(tmp_path, monkeypatch):
    interrupted(monkeypatch, tmp_path)
    file = tmp_path / "run-0.safetensors"
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"run-0.safetensors' is not a complete safetensors file"):
        fit(folder=tmp_path)
    (tmp_path / "fit.json").unlink()
    with pytest.raises(ValueError, match=r"is damaged: fit.json is missing"):
        fit(folder=tmp_path)


SCRIPT = """
import sys
import numpy as np
from skcurve import SFVQ
X = np.load(sys.argv[1], mmap_mode="r")
sfvq = SFVQ(n_bits=8, n_init=int(sys.argv[4]), n_jobs=2, random_state=0)
sfvq.fit(X, checkpoint=sys.argv[2] if sys.argv[2] != "none" else None)
sfvq.save(sys.argv[3])
"""


@pytest.mark.slow
@pytest.mark.parametrize("n_init", [1, 2])
def test_kill_9_changes_nothing(n_init, tmp_path):
    np.save(tmp_path / "X.npy", np.random.default_rng(0).standard_normal((40_000, 32)))

    def start(checkpoint, output):
        words = [tmp_path / "X.npy", checkpoint, tmp_path / output, n_init]
        return subprocess.Popen([sys.executable, "-c", SCRIPT, *map(str, words)])

    whole = start("none", "whole.safetensors")
    assert whole.wait(300) == 0
    file, kills = tmp_path / "kept" / "run-0.safetensors", 0
    for _ in range(3):
        child = start(tmp_path / "kept", "again.safetensors")
        before = file.stat().st_mtime_ns if file.exists() else None
        deadline = time.monotonic() + 120
        while child.poll() is None and time.monotonic() < deadline:
            if file.exists() and file.stat().st_mtime_ns != before:
                break
            time.sleep(0.002)
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
            kills += child.wait() == -signal.SIGKILL
    assert kills
    last = start(tmp_path / "kept", "again.safetensors")
    assert last.wait(300) == 0
    found = (SFVQ.load(tmp_path / f"{name}.safetensors") for name in ("again", "whole"))
    assert_same(*found)
