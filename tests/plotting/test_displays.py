"""What holds of every display: nothing overlaps, at any bitrate and width, and errors are clear."""

import sys
from itertools import combinations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skcurve import SFVQ
from skcurve.plotting import (
    CodebookDisplay,
    CurveDisplay,
    HistoryDisplay,
    OrderingDisplay,
    RateDistortionDisplay,
    UsageDisplay,
)

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")

X = np.random.default_rng(0).normal(size=(40, 4))
GIVEN = {
    CodebookDisplay: {"image_shape": (2, 2)},
    CurveDisplay: {"X": X},
    HistoryDisplay: {},
    OrderingDisplay: {},
    RateDistortionDisplay: {"X": X},
    UsageDisplay: {"X": X},
}

every_display = pytest.mark.parametrize("display_class", GIVEN, ids=lambda cls: cls.__name__)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def shown_texts(figure):
    """Every text that can be read, with the box it fills; ticks beyond an axis are not drawn."""
    from matplotlib.text import Text

    ticks, in_sight = set(), set()
    for ax in figure.findobj(plt.Axes):
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks() + axis.get_minor_ticks():
                for label in (tick.label1, tick.label2):
                    ticks.add(label)
                    if low <= tick.get_loc() <= high and ax.axison:
                        in_sight.add(label)
    return {
        text: text.get_window_extent()
        for text in figure.findobj(Text)
        if text.get_visible()
        and text.get_text().strip()
        and (text not in ticks or text in in_sight)
    }


def area_in_common(one, other):
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return max(width, 0) * max(height, 0)


@pytest.mark.parametrize("width", ["column", "full"])
@pytest.mark.parametrize("n_bits", [2, 6, 9, 16])
def test_texts_do_not_overlap_and_are_not_cut_off(draw, n_bits, width):
    figure = draw(n_bits, width).figure_
    figure.canvas.draw()
    boxes = shown_texts(figure)
    assert boxes
    for (one, box), (other, box_of_other) in combinations(boxes.items(), 2):
        share = area_in_common(box, box_of_other) / min(
            box.width * box.height, box_of_other.width * box_of_other.height
        )
        assert share < 0.02, f"{one.get_text()!r} and {other.get_text()!r}"
    paper = figure.bbox.padded(1)
    for text, box in boxes.items():
        assert area_in_common(box, paper) >= 0.99 * box.width * box.height, text.get_text()


def lightness(color, ground=(0.0, 0.0, 0.0)):
    """That of a colour on a ground that shows through it."""
    from matplotlib.colors import to_rgb, to_rgba

    *rgb, alpha = to_rgba(color)
    return float(np.mean(alpha * np.array(rgb) + (1 - alpha) * np.array(to_rgb(ground))))


@pytest.mark.parametrize("style", ["default", "dark_background", "ggplot"])
def test_every_style_shows_what_is_no_measurement(style):
    sfvq = SFVQ(n_bits=3, random_state=0).fit(X)
    with plt.style.context(style):
        words = CodebookDisplay.from_estimator(sfvq, decoder=lambda z: ["word"] * len(z))
        history = HistoryDisplay.from_estimator(sfvq)
        usage = UsageDisplay.from_estimator(sfvq)
        curve = CurveDisplay.from_estimator(sfvq, X)
        rates = RateDistortionDisplay.from_estimator(sfvq, X)
    (word, *_), (frame, *_) = words.labels_, words.frames_
    assert abs(lightness(word.get_color()) - lightness(frame.get_facecolor())) > 0.6
    for line in (history.limit_line_, usage.even_line_):
        ground = line.axes.get_facecolor()
        color = (line.get_color(), line.get_alpha())
        assert abs(lightness(color, ground) - lightness(ground)) > 0.5
    ground = history.axes_[0].get_facecolor()
    shade = lightness(history.bands_[0].get_facecolor(), ground)
    assert 0.04 < abs(shade - lightness(ground)) < 0.2
    (edge, _) = curve.line_.get_path_effects()
    assert edge._gc["foreground"] == curve.ax_.get_facecolor()
    assert rates.dithered_line_.get_markerfacecolor() == rates.ax_.get_facecolor()


@every_display
@pytest.mark.parametrize("kind", ["int", "Axes3D"])
def test_axes_that_are_none_or_have_three_dimensions_are_named(display_class, kind):
    sfvq = SFVQ(n_bits=2, random_state=0).fit(X)
    ax = 0 if kind == "int" else plt.figure().add_subplot(projection="3d")
    given = [ax, ax] if display_class is HistoryDisplay else ax
    with pytest.raises(
        TypeError, match=f"ax must be matplotlib Axes of two dimensions; got {kind}"
    ):
        display_class.from_estimator(sfvq, **GIVEN[display_class], ax=given)


@every_display
def test_what_is_not_fitted_is_named(display_class):
    with pytest.raises(NotFittedError, match="SFVQ has no curve yet"):
        display_class.from_estimator(SFVQ(), **GIVEN[display_class])
    with pytest.raises(TypeError, match=r"must be a PolylineCurve or a fitted estimator.* got str"):
        display_class.from_estimator("curve", **GIVEN[display_class])
    assert plt.get_fignums() == []


@every_display
def test_it_is_drawn_once_and_can_be_drawn_again(display_class):
    sfvq = SFVQ(n_bits=2, random_state=0).fit(X)
    display = display_class.from_estimator(sfvq, **GIVEN[display_class])
    assert plt.get_fignums() == [display.figure_.number]
    first = display.figure_
    assert display.plot() is display and display.figure_ is not first
    artists = {name for name in vars(display) if name.endswith("_")}
    assert artists <= set(_documented(display_class))
    assert artists >= set(_documented(display_class)) - {"figure_"}


def _documented(display_class):
    """The attributes with a trailing underscore that the docstring promises."""
    words = display_class.__doc__.split("Attributes")[1].split("See Also")[0]
    return [word.strip(",") for word in words.split() if word.strip(",").endswith("_")]


@every_display
def test_without_matplotlib_it_says_what_to_install(display_class, monkeypatch):
    sfvq = SFVQ(n_bits=2, random_state=0).fit(X)
    display = display_class.from_estimator(sfvq, **GIVEN[display_class])
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for draw in (
        display.plot,
        lambda: display_class.from_estimator(sfvq, **GIVEN[display_class]),
    ):
        with pytest.raises(ImportError, match=r'pip install "skcurve\[plot\]"'):
            draw()
