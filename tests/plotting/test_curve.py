"""CurveDisplay draws what it says: the curve and the data, projected; nothing moved or dropped."""

import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from skcurve import SFVQ, PolylineCurve
from skcurve.plotting import CurveDisplay
from skcurve.testing import polylines

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def blob(n_rows, n_features, seed=0):
    """Correlated rows away from the origin, whose principal axes are not those of the space."""
    generator = np.random.default_rng(seed)
    mix = generator.normal(size=(n_features, n_features)) * np.arange(1, n_features + 1)
    return generator.normal(size=(n_rows, n_features)) @ mix + 5


def segments(display):
    return np.array(display.line_.get_segments())


@settings(max_examples=20)
@given(polylines(min_features=2, max_features=2), st.data())
def test_in_two_dimensions_nothing_is_projected(curve, data):
    plt.close("all")
    rows = curve.vertices[data.draw(st.lists(st.integers(0, curve.n_vertices - 1), min_size=1))]
    display = CurveDisplay.from_estimator(curve, rows)
    np.testing.assert_array_equal(segments(display)[:, 0], curve.vertices[:-1])
    np.testing.assert_array_equal(segments(display)[:, 1], curve.vertices[1:])
    np.testing.assert_array_equal(display.points_[0].get_offsets(), rows)


def test_more_dimensions_are_projected_on_two_principal_components():
    X = blob(200, 5)
    curve = SFVQ(n_bits=3, random_state=0).fit(X).curve_
    display = CurveDisplay.from_estimator(curve, X)
    _, _, axes = np.linalg.svd(X - X.mean(0), full_matrices=False)
    projected_rows = (X - X.mean(0)) @ axes[:2].T
    sign = np.sign((projected_rows * display.points).sum(0))  # an axis may point either way
    np.testing.assert_allclose(display.points_[0].get_offsets(), projected_rows * sign)
    vertices = (curve.vertices - X.mean(0)) @ axes[:2].T * sign
    np.testing.assert_allclose(segments(display)[:, 0], vertices[:-1])
    np.testing.assert_allclose(segments(display)[:, 1], vertices[1:])


def test_without_labels_rows_have_the_colour_of_their_place_on_the_curve():
    X = blob(100, 3)
    sfvq = SFVQ(n_bits=3, random_state=0).fit(X)
    display = CurveDisplay.from_estimator(sfvq, X)
    (points,) = display.points_
    np.testing.assert_array_equal(points.get_array(), sfvq.transform(X)[:, 0])
    np.testing.assert_array_equal(display.line_.get_array(), np.arange(7) + 0.5)
    for artist in (points, display.line_):
        assert (artist.norm.vmin, artist.norm.vmax) == (0, 7)
        assert artist.get_cmap().name == "viridis"
    assert display.ax_.get_legend() is None


def test_with_labels_each_label_has_its_rows_and_its_colour():
    X = blob(60, 2)
    y = np.array(["b", "a", "c"])[np.arange(60) % 3]
    display = CurveDisplay.from_estimator(SFVQ(n_bits=2, random_state=0).fit(X), X, y=y)
    for points, name in zip(display.points_, ["a", "b", "c"], strict=True):
        np.testing.assert_array_equal(points.get_offsets(), X[y == name])
        assert points.get_label() == name
    assert len({tuple(points.get_facecolor()[0]) for points in display.points_}) == 3
    legend = display.ax_.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b", "c"]


def with_gaps(kind):
    """Six labels, "b" or 2 and "a" or 1 in turn, with nothing in their middle two."""
    if kind == "NaN":
        return np.array([2.0, 1.0, np.nan, np.nan, 2.0, 1.0])
    if kind == "None":
        return ["b", "a", None, None, "b", "a"]
    if kind == "NaT":
        return np.array(["2002", "2001", "NaT", "NaT", "2002", "2001"], "datetime64[Y]")
    pandas = pytest.importorskip("pandas")
    values = ["b", "a"] if kind in ("string", "category") else [2, 1]
    return pandas.Series([*values, pandas.NA, pandas.NA, *values], dtype=kind)


@pytest.mark.parametrize("kind", ["NaN", "None", "NaT", "Int64", "string", "category", "object"])
def test_rows_without_a_label_are_drawn_and_called_missing(kind):
    X = blob(6, 2)
    display = CurveDisplay.from_estimator(PolylineCurve(X[:3]), X, y=with_gaps(kind))
    drawn = [points.get_offsets() for points in display.points_]
    np.testing.assert_array_equal(np.concatenate(drawn), X[[1, 5, 0, 4, 2, 3]])
    assert [len(rows) for rows in drawn] == [2, 2, 2]
    assert legend(display)[2:] == ["missing"]


def test_all_labels_may_be_missing():
    display = CurveDisplay.from_estimator(SQUARE, [[0, 0], [1, 1]], y=[None, np.nan])
    assert [len(points.get_offsets()) for points in display.points_] == [2]
    assert legend(display) == ["missing"]


def legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_the_legend_has_every_label_as_it_stands():
    names = ["", "$a_$", "_a", "a"]
    display = CurveDisplay.from_estimator(SQUARE, blob(4, 2), y=names)
    display.figure_.canvas.draw()
    assert legend(display) == names


def test_the_legend_keeps_what_the_axes_showed_before():
    _, ax = plt.subplots()
    ax.plot([0, 1], label="$R^2$")
    display = CurveDisplay.from_estimator(SQUARE, blob(2, 2), y=["_a", "b"], ax=ax)
    assert legend(display) == ["_a", "b", "$R^2$"]
    assert [text.get_parse_math() for text in ax.get_legend().get_texts()] == [False, False, True]


def test_it_draws_where_it_is_told_and_opens_no_other_figure():
    _, ax = plt.subplots()
    display = CurveDisplay.from_estimator(PolylineCurve(np.eye(2)), np.eye(2), ax=ax)
    assert display.ax_ is ax and display.figure_ is ax.figure
    assert len(plt.get_fignums()) == 1
    assert display.colorbar_.ax.get_ylabel() == "coordinate on the curve"


def test_it_can_be_drawn_again_in_other_colours():
    display = CurveDisplay.from_estimator(PolylineCurve(np.eye(2)), np.eye(2))
    first, line = display.ax_, display.line_
    assert display.plot(cmap="cividis", colorbar=False) is display
    assert display.ax_ is not first and display.line_ is not line
    assert display.line_.get_cmap().name == "cividis"
    assert display.colorbar_ is None and display.ax_.child_axes == []


@pytest.mark.parametrize("n_features", [2, 4])
def test_tensors_and_arrays_are_drawn_alike(n_features):
    X, vertices = blob(30, n_features), blob(4, n_features, seed=1)
    y = np.arange(30) % 2
    array = CurveDisplay.from_estimator(PolylineCurve(vertices), X, y=y)
    tensor = CurveDisplay.from_estimator(
        PolylineCurve(torch.from_numpy(vertices)), torch.from_numpy(X), y=torch.from_numpy(y)
    )
    np.testing.assert_array_equal(segments(array), segments(tensor))
    for one, other in zip(array.points_, tensor.points_, strict=True):
        np.testing.assert_array_equal(one.get_offsets(), other.get_offsets())


def test_data_frames_are_drawn():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(blob(30, 3), columns=list("abc"))
    sfvq = SFVQ(n_bits=2, random_state=0).fit(X)
    display = CurveDisplay.from_estimator(sfvq, X, y=pandas.Series(["u", "v"] * 15))
    assert [len(points.get_offsets()) for points in display.points_] == [15, 15]


def test_the_axes_are_called_what_the_features_are():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(blob(30, 2), columns=["height", "weight"])
    display = CurveDisplay.from_estimator(SFVQ(n_bits=2, random_state=0).fit(X), X)
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("height", "weight")
    X.columns = ["$a_$", "_a"]
    display = CurveDisplay.from_estimator(SFVQ(n_bits=2, random_state=0).fit(X), X)
    display.figure_.canvas.draw()
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("$a_$", "_a")


def test_principal_components_say_how_much_they_show():
    X = np.diag([4.0, 2.0, 1.0])[[0, 1, 2, 0, 1, 2]] * [[1], [1], [1], [-1], [-1], [-1]]
    display = CurveDisplay.from_estimator(PolylineCurve(X[:2]), X)
    assert display.axis_names == ("principal component 1 (76%)", "principal component 2 (19%)")


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-200])
def test_rows_that_are_all_the_same_have_no_share_of_a_variance(value):
    X = np.full((7, 3), value)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        display = CurveDisplay.from_estimator(PolylineCurve(np.eye(3)), X)
    assert display.axis_names == ("principal component 1", "principal component 2")


def test_more_labels_than_colours_differ_in_their_shapes():
    X, y = blob(24, 2), np.arange(24) % 12
    display = CurveDisplay.from_estimator(SFVQ(n_bits=2, random_state=0).fit(X), X, y=y)
    looks = {
        (tuple(points.get_facecolor()[0]), points.get_paths()[0].vertices.shape)
        for points in display.points_
    }
    assert len(looks) == 12


def test_many_segments_are_drawn_thin_and_without_edges():
    few = CurveDisplay.from_estimator(PolylineCurve(blob(16, 2)), blob(9, 2))
    many = CurveDisplay.from_estimator(PolylineCurve(blob(2**12, 2)), blob(9, 2))
    assert many.line_.get_linewidths()[0] < 0.5 * few.line_.get_linewidths()[0]
    assert few.line_.get_path_effects() and not many.line_.get_path_effects()


SQUARE = PolylineCurve([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    ("curve", "X", "y", "error", "message"),
    [
        (SFVQ(), [[0, 0]], None, NotFittedError, "SFVQ has no curve yet"),
        ("curve", [[0, 0]], None, TypeError, "got str"),
        (SQUARE, [[0, 0, 0]], None, ValueError, "X has 3 features, but 2"),
        (SQUARE, [[0, np.nan]], None, ValueError, "X contains NaN"),
        (
            SQUARE,
            [[0, 0]],
            [1, 2],
            ValueError,
            r"y must hold one label .* 1 rows; got shape \(2,\)",
        ),
        (
            SQUARE,
            [[0, 0]] * 41,
            range(41),
            ValueError,
            "y has 41 different labels; no more than 40",
        ),
        (
            SQUARE,
            [[0, 0]] * 3,
            np.array([1, "a", None], dtype=object),
            TypeError,
            "y must hold labels that can be sorted, all of one type; got int and str",
        ),
        (PolylineCurve([[0.0], [1.0]]), [[0.5]], None, ValueError, "two features .* has 1"),
        (PolylineCurve(np.eye(3)), np.eye(3)[:1], None, ValueError, "at least 2 row.* got 1"),
    ],
)
def test_bad_input_is_named(curve, X, y, error, message):
    with pytest.raises(error, match=message):
        CurveDisplay.from_estimator(curve, X, y=y)
    assert plt.get_fignums() == []


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    display = CurveDisplay.from_estimator(SQUARE, [[0, 0]])
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for draw in (display.plot, lambda: CurveDisplay.from_estimator(SQUARE, [[0, 0]])):
        with pytest.raises(ImportError, match=r'pip install "skcurve\[plot\]"'):
            draw()
