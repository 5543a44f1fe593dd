"""CodebookDisplay shows every vertex, in order, under its true majority label."""

import sys
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from skcurve import SFVQ, PolylineCurve
from skcurve.plotting import CodebookDisplay

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")

LINE = PolylineCurve([[0.0], [1.0], [2.0], [3.0]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def places(display):
    """The centres of the images, read off the drawn artists."""
    return np.array(
        [
            ((left + right) / 2, (bottom + top) / 2)
            for left, right, bottom, top in (image.get_extent() for image in display.images_)
        ]
    )


def texts(display):
    return [label.get_text() for label in display.labels_]


@pytest.mark.parametrize("shape", [(2, 6), (3, 4), (2, 2, 3), (12, 1)])
def test_the_images_are_the_vertices(shape):
    vertices = np.random.default_rng(0).random((5, 12))
    display = CodebookDisplay.from_estimator(PolylineCurve(vertices), image_shape=shape)
    assert len(display.images_) == 5
    for image, vertex in zip(display.images_, vertices, strict=True):
        np.testing.assert_array_equal(image.get_array(), vertex.reshape(shape))
    assert display.labels_ == []


def test_all_images_have_the_same_shades():
    vertices = np.random.default_rng(0).normal(size=(8, 4)) * np.arange(8)[:, None]
    display = CodebookDisplay.from_estimator(PolylineCurve(vertices), image_shape=(2, 2))
    assert len({image.get_clim() for image in display.images_}) == 1


@given(st.integers(2, 20), st.integers(1, 9))
def test_neighbours_on_the_curve_are_neighbours_in_the_figure(n_vertices, n_columns):
    plt.close("all")
    curve = PolylineCurve(np.arange(n_vertices)[:, None] * np.ones(4))
    display = CodebookDisplay.from_estimator(curve, image_shape=(2, 2), n_columns=n_columns)
    centers = places(display)
    steps = np.abs(np.diff(centers, axis=0))
    along, down = np.isclose(steps[:, 0], 1), steps[:, 1] > 0.5
    assert (along ^ down).all()  # one to the side or one down, never both
    assert len({tuple(center) for center in centers.round(6)}) == n_vertices
    assert centers[:, 0].max() <= n_columns - 1
    low, high = display.ax_.get_ylim()
    assert ((low < centers[:, 1]) & (centers[:, 1] < high)).all()


@given(st.integers(2, 20), st.integers(1, 9))
def test_the_ribbon_leads_from_each_image_to_the_next(n_vertices, n_columns):
    plt.close("all")
    curve = PolylineCurve(np.arange(n_vertices)[:, None] * np.ones(4))
    display = CodebookDisplay.from_estimator(curve, image_shape=(2, 2), n_columns=n_columns)
    centers, pieces = places(display), display.ribbon_.get_segments()
    assert len(pieces) == n_vertices - 1
    np.testing.assert_allclose([piece[0] for piece in pieces], centers[:-1])
    np.testing.assert_allclose([piece[-1] for piece in pieces], centers[1:])


def test_ribbon_and_frames_have_the_colours_that_the_curve_has():
    display = CodebookDisplay.from_estimator(LINE, image_shape=(1, 1), cmap="cividis")
    colors = plt.get_cmap("cividis")
    np.testing.assert_allclose(display.ribbon_.get_colors(), colors((np.arange(3) + 0.5) / 3))
    frames = [frame.get_edgecolor() for frame in display.frames_]
    np.testing.assert_allclose(frames, colors(np.arange(4) / 3))


@pytest.mark.parametrize("seed", range(5))
def test_a_label_is_the_most_frequent_one_around_its_vertex(seed):
    generator = np.random.default_rng(seed)
    vertices = generator.normal(size=(12, 3))
    X, y = generator.normal(size=(80, 3)), generator.choice(["x", "y", "z"], 80)
    around = [Counter() for _ in vertices]
    for row, label in zip(X, y, strict=True):
        starts, steps = vertices[:-1], np.diff(vertices, axis=0)
        position = (((row - starts) * steps).sum(1) / (steps**2).sum(1)).clip(0, 1)
        nearest = starts + position[:, None] * steps
        segment = np.linalg.norm(nearest - row, axis=1).argmin()
        around[segment + (position[segment] >= 0.5)][str(label)] += 1
    display = CodebookDisplay.from_estimator(PolylineCurve(vertices), image_shape=(1, 3), X=X, y=y)
    for counts, text in zip(around, texts(display), strict=True):
        assert (counts[text] == max(counts.values())) if counts else (text == "")


def test_of_labels_that_are_equally_frequent_the_first_is_shown():
    X, y = [[0.1], [-0.2], [0.9], [1.2], [1.1], [2.0]], [7, 3, 9, 9, 1, 5]
    display = CodebookDisplay.from_estimator(LINE, image_shape=(1, 1), X=X, y=y)
    assert texts(display) == ["3", "9", "5", ""]


@pytest.mark.parametrize("nothing", [None, np.nan])
def test_rows_without_a_label_do_not_count(nothing):
    y = np.array([nothing, nothing, "a", nothing, "b"], dtype=object)
    X = [[0.0], [0.1], [0.2], [1.0], [2.0]]
    display = CodebookDisplay.from_estimator(LINE, image_shape=(1, 1), X=X, y=y)
    assert texts(display) == ["a", "", "b", ""]


def test_of_many_vertices_some_are_shown_evenly_spaced():
    curve = PolylineCurve(np.arange(1000.0)[:, None] / 1000)
    display = CodebookDisplay.from_estimator(curve, image_shape=(1, 1), n_images=4)
    np.testing.assert_array_equal(display.numbers, [0, 333, 666, 999])
    shown = [float(image.get_array().squeeze()) for image in display.images_]
    np.testing.assert_array_equal(shown, [0.0, 0.333, 0.666, 0.999])
    assert display.ax_.get_title() == "4 of 1,000 vertices, in order"
    colors = plt.get_cmap("viridis")(np.array([0, 333, 666, 999]) / 999)
    np.testing.assert_allclose([frame.get_edgecolor() for frame in display.frames_], colors)


def test_a_label_counts_the_rows_nearest_to_a_vertex_that_is_shown():
    curve = PolylineCurve(np.arange(9.0)[:, None])
    X, y = [[0.0], [3.9], [4.1], [7.9], [8.0]], ["a", "b", "c", "d", "d"]
    display = CodebookDisplay.from_estimator(curve, image_shape=(1, 1), n_images=2, X=X, y=y)
    assert texts(display) == ["a", "d"]  # 0 and 8; of a and b, both in the first half, the first


def test_sixteen_bits_are_shown_by_at_most_256_images():
    asked = []

    def decoder(latents):
        asked.append(len(latents))
        return latents[:, :, None]

    curve = PolylineCurve(np.arange(2.0**16)[:, None])
    display = CodebookDisplay.from_estimator(curve, decoder=decoder)
    assert len(display.images_) == sum(asked) == 256
    assert (display.numbers[0], display.numbers[-1]) == (0, 2**16 - 1)


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 3)])
def test_black_and_white_images_are_drawn(shape):
    is_white = np.arange(np.prod(shape)).reshape(shape) % 2 == 0
    display = CodebookDisplay.from_estimator(LINE, decoder=lambda t: np.array([is_white] * len(t)))
    np.testing.assert_array_equal(display.images, [is_white] * 4)
    again = CodebookDisplay(images=np.array([is_white] * 4)).plot()
    again.figure_.canvas.draw()
    assert again.images_[0].get_clim() == display.images_[0].get_clim() == (0, 1)


def drawn_width(display):
    display.ax_.apply_aspect()
    return display.images_[0].get_window_extent().width


@pytest.mark.parametrize(("n_vertices", "size"), [(4, (3.3, 2.6)), (64, (3.3, 2.6)), (64, (7, 3))])
def test_it_fills_the_axes_it_is_given(n_vertices, size):
    curve = PolylineCurve(np.arange(n_vertices)[:, None] * np.ones(4))
    widths = []
    for n_columns in (None, 1, 2, 4, 8, 16, 32):
        _, ax = plt.subplots(figsize=size)
        display = CodebookDisplay.from_estimator(
            curve, image_shape=(2, 2), n_columns=n_columns, ax=ax
        )
        widths.append(drawn_width(display))
    assert widths[0] == pytest.approx(max(widths))


def test_images_keep_their_proportions():
    curve = PolylineCurve(np.random.default_rng(0).random((4, 32)))
    display = CodebookDisplay.from_estimator(curve, image_shape=(4, 8))
    left, right, bottom, top = display.images_[0].get_extent()
    assert (top - bottom) / (right - left) == pytest.approx(0.5)


def test_a_decoder_may_give_labels_instead_of_images():
    names = ["silence", "a", "", "o"]
    display = CodebookDisplay.from_estimator(LINE, decoder=lambda t: [names[int(i)] for (i,) in t])
    assert display.images_ == [] and display.images is None
    assert texts(display) == names
    for frame, label in zip(display.frames_, display.labels_, strict=True):
        assert frame.get_window_extent().contains(*label.get_window_extent().get_points().mean(0))
    with pytest.raises(ValueError, match="X and y are for images"):
        CodebookDisplay.from_estimator(LINE, decoder=lambda t: ["a"] * len(t), X=[[0.0]], y=[0])


def test_labels_that_have_no_room_are_left_out():
    X = np.arange(256.0)[:, None]
    given = {"image_shape": (1, 1), "X": X, "y": np.arange(256)}
    for size, n_labels in (((2, 2), 0), ((9, 9), 256)):
        _, ax = plt.subplots(figsize=size)
        display = CodebookDisplay.from_estimator(PolylineCurve(X), ax=ax, **given)
        assert len(display.labels_) == n_labels


def test_labels_are_no_mathematics():
    display = CodebookDisplay.from_estimator(
        LINE, image_shape=(1, 1), X=[[0.0], [1.0]], y=["$\\nothing$", "a"]
    )
    display.figure_.canvas.draw()
    assert texts(display)[0] == "$\\nothing$"


def test_tensors_give_the_same_labels():
    X, y = [[0.1], [0.9], [1.2], [2.0]], [0, 1, 1, 2]
    curve = PolylineCurve(torch.arange(4.0)[:, None])
    display = CodebookDisplay.from_estimator(
        curve, image_shape=(1, 1), X=torch.tensor(X), y=torch.tensor(y)
    )
    assert texts(display) == ["0", "1", "2", ""]


def test_it_draws_where_it_is_told_and_opens_no_other_figure():
    _, ax = plt.subplots()
    display = CodebookDisplay.from_estimator(LINE, image_shape=(1, 1), ax=ax)
    assert display.ax_ is ax and display.figure_ is ax.figure
    assert len(plt.get_fignums()) == 1
    assert display.plot() is display and display.ax_ is not ax


@pytest.mark.parametrize(
    ("curve", "given", "error", "message"),
    [
        (SFVQ(), {}, NotFittedError, "SFVQ has no curve yet"),
        (LINE, {"image_shape": (2, 2)}, ValueError, r"image_shape .* 1 features; got \(2, 2\)"),
        (LINE, {"image_shape": (1,)}, ValueError, r"image_shape .* got \(1,\)"),
        (LINE, {"image_shape": (-1, -1)}, ValueError, r"image_shape .* at least 1; got \(-1, -1\)"),
        (LINE, {"image_shape": (0, 1)}, ValueError, r"image_shape .* at least 1; got \(0, 1\)"),
        (LINE, {"image_shape": (1.0, 1.0)}, ValueError, r"whole numbers .* got \(1.0, 1.0\)"),
        (LINE, {"image_shape": 1}, ValueError, r"image_shape must be \(height, width\).* got 1"),
        (LINE, {"image_shape": "1x1"}, ValueError, "image_shape .* got '1x1'"),
        (LINE, {"image_shape": (1, 2, 2)}, ValueError, r"image_shape .* got \(1, 2, 2\)"),
        (LINE, {"image_shape": None}, ValueError, "image_shape or decoder .* got neither"),
        (LINE, {"decoder": 3}, TypeError, "decoder must be callable; got int"),
        (LINE, {"n_images": 1}, ValueError, "n_images must be at least 2; got 1"),
        (LINE, {"n_columns": 0}, ValueError, "n_columns must be at least 1; got 0"),
        (LINE, {"X": [[0.0]]}, ValueError, "got X without y"),
        (LINE, {"y": [0]}, ValueError, "got y without X"),
        (LINE, {"X": [[0.0]], "y": [0, 1]}, ValueError, "one label .* 1 rows"),
        (LINE, {"X": [[0.0, 1.0]], "y": [0]}, ValueError, "X has 2 features, but 1"),
    ],
)
def test_bad_input_is_named(curve, given, error, message):
    with pytest.raises(error, match=message):
        CodebookDisplay.from_estimator(curve, **({"image_shape": (1, 1)} | given))
    assert plt.get_fignums() == []


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    display = CodebookDisplay.from_estimator(LINE, image_shape=(1, 1))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for draw in (display.plot, lambda: CodebookDisplay.from_estimator(LINE, image_shape=(1, 1))):
        with pytest.raises(ImportError, match=r'pip install "skcurve\[plot\]"'):
            draw()
