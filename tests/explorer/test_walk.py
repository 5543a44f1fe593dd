"""Walks along the curve, and the table of what it passes."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve import PolylineCurve
from skcurve.explorer.walk import walk_coordinates

from .conftest import NAMES

LINE = PolylineCurve([[0.0], [1.0], [4.0], [4.5]])


@given(
    st.floats(0.05, 5), st.floats(0, 3), st.floats(0, 3), st.sampled_from(["index", "arclength"])
)
def test_a_walk_goes_from_start_to_stop_in_equal_steps(spacing, start, stop, coordinate):
    index = walk_coordinates(LINE, spacing, start, stop, coordinate)
    place = index if coordinate == "index" else np.asarray(LINE.index_to_arclength(index))
    assert place[0] == pytest.approx(start, abs=1e-9)
    assert place[-1] == pytest.approx(stop, abs=1e-6)
    steps = np.diff(place)
    np.testing.assert_allclose(np.abs(steps[:-1]), spacing, rtol=1e-6, atol=1e-9)
    assert (np.sign(steps) == np.sign(stop - start)).all() or start == stop
    assert len(steps) == 0 or abs(steps[-1]) <= spacing * (1 + 1e-6)


def test_a_walk_shows_what_is_there(explorer, curve, exact):
    walk = explorer.walk(0.5, start=1, stop=4)
    assert walk.coordinate.tolist() == [1, 1.5, 2, 2.5, 3, 3.5, 4]
    np.testing.assert_allclose(walk.latents, curve.evaluate(walk.coordinate))
    np.testing.assert_allclose(walk.outputs, exact(walk.latents), atol=1e-12)
    np.testing.assert_allclose(explorer.vertices(), exact(curve.vertices), atol=1e-12)
    back = explorer.walk(0.5, start=4, stop=1)
    np.testing.assert_allclose(back.outputs, walk.outputs[::-1], atol=1e-12)


def test_a_curve_of_tensors_gives_tensors(make, curve):
    vertices = torch.from_numpy(np.array(curve.vertices, np.float32))
    walk = make(curve=PolylineCurve(vertices)).walk(1, coordinate="arclength")
    assert isinstance(walk.outputs, torch.Tensor) and walk.outputs.dtype == torch.float32
    assert isinstance(walk.latents, torch.Tensor) and walk.latents.dtype == torch.float32


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"spacing": 0}, "spacing must be positive and finite; got 0"),
        ({"start": -1}, r"start must lie in \[0, 11\]; got -1"),
        ({"stop": 12}, r"stop must lie in \[0, 11\]; got 12"),
        ({"coordinate": "north"}, "coordinate must be 'index' or 'arclength'; got 'north'"),
    ],
)
def test_a_bad_walk_is_named(settings, said, explorer, exact):
    with pytest.raises(ValueError, match=said):
        explorer.walk(**settings)


def test_the_table_says_which_stretch_is_which_factor(explorer, curve, exact):
    pytest.importorskip("pandas")
    table = explorer.interpret(n_between=3)
    vertices, segments = (table[table["part"] == part] for part in ("vertex", "segment"))
    assert (len(vertices), len(segments)) == (12, 11)
    np.testing.assert_allclose(vertices[NAMES], exact.factors(curve.vertices), atol=1e-12)
    along = [exact.factors(curve.evaluate(i + np.arange(4) / 3)).mean(0) for i in range(11)]
    np.testing.assert_allclose(segments[NAMES], along, atol=1e-12)
    assert list(segments["changes"])[::2] == NAMES
    assert (segments["purity"].to_numpy()[::2] > 0.9).all()
    assert (segments["purity"].to_numpy()[1::2] < 0.6).all()
    steps = np.diff(exact.factors(curve.vertices), axis=0)
    scale = explorer._setting.scale
    changes = segments[[f"change {name}" for name in NAMES]]
    np.testing.assert_allclose(changes, steps / scale, atol=1e-12)
    np.testing.assert_allclose(segments["length"], curve.lengths)
    assert vertices["effect"].isna().all()


def test_neighbours_that_change_the_same_are_one_stretch(make, exact):
    vertices = [k * exact.turn[0] for k in range(3)] + [
        2 * exact.turn[0] + k * exact.turn[1] for k in (1, 2)
    ]
    explorer = make(curve=PolylineCurve(np.array(vertices)))
    found = explorer._interpretation(1)
    assert found["stretch"][5:].tolist() == [0, 0, 1, 1]
    assert found["changes"][5:] == ["hue", "hue", "size", "size"]


def test_outlier_vertices_are_marked_with_their_segments(make, exact):
    vertices = np.array([exact.turn[0], 50 * exact.turn[1], exact.turn[2], exact.turn[3]])
    marks = make(curve=PolylineCurve(vertices))._interpretation(1)["outlier"]
    assert marks.tolist() == [False, True, False, False, True, True, False]


def test_without_attributes_there_is_no_table(make):
    with pytest.raises(ValueError, match="give the explorer `attributes`"):
        make(attributes=None, attribute_names=None).interpret()


def test_without_pandas_it_says_what_to_install(explorer, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install "skcurve\[explore\]"'):
        explorer.interpret()
