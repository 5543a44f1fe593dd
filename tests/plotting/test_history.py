"""HistoryDisplay shows every sweep, and which bitrate it belongs to."""

import numpy as np
import pytest

from skcurve import SFVQ
from skcurve.plotting import HistoryDisplay

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")

X = np.random.default_rng(0).normal(size=(300, 3))
SFVQ_4 = SFVQ(n_bits=4, random_state=0).fit(X)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def history(*bitrates):
    numbers = np.array(bitrates)
    return HistoryDisplay(
        bitrate=numbers,
        distortion=1.0 / np.arange(1, 1 + len(numbers)),
        perplexity=2.0**numbers - 2,
    )


def written(display):
    return [label.get_text() for label in display.bitrate_axis_.get_xticklabels()]


def test_every_sweep_is_a_point_of_both_lines():
    display = HistoryDisplay.from_estimator(SFVQ_4)
    for name, line in (
        ("distortion", display.distortion_line_),
        ("perplexity", display.perplexity_line_),
    ):
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 1 + SFVQ_4.n_iter_))
        np.testing.assert_array_equal(line.get_ydata(), [r[name] for r in SFVQ_4.history_])


def test_bitrates_are_marked_where_they_begin_and_end():
    display = history(2, 2, 3, 3, 3, 4).plot()
    np.testing.assert_array_equal(display.bitrate_axis_.get_xticks(), [1.5, 4.0, 6.0])
    assert written(display) == ["2", "3", "4"]
    spans = [(band.get_x(), band.get_x() + band.get_width()) for band in display.bands_]
    assert spans == [(2.5, 5.5)] * 2
    assert [band.axes for band in display.bands_] == list(display.axes_)


def test_the_limit_is_the_number_of_segments_of_each_bitrate():
    display = history(2, 2, 3).plot()
    np.testing.assert_array_equal(display.limit_line_.get_xdata(), [0.5, 2.5, 2.5, 3.5])
    np.testing.assert_array_equal(display.limit_line_.get_ydata(), [3, 3, 7, 7])


def test_numbers_that_have_no_room_are_left_out_but_never_the_last():
    _, ax = plt.subplots(2, figsize=(3.3, 2.6))
    display = history(*np.repeat(np.arange(2, 17), 12)).plot(ax)
    assert written(display)[-1] == "16" and 4 <= len(written(display)) < 15
    _, ax = plt.subplots(2, figsize=(12, 4))
    assert len(written(history(*np.repeat(np.arange(2, 17), 12)).plot(ax))) == 15


@pytest.mark.parametrize(("last", "scale"), [(0.3, "linear"), (0.1, "log"), (0.0, "linear")])
def test_distortions_that_differ_much_are_on_a_logarithmic_axis(last, scale):
    numbers = np.array([2, 2])
    display = HistoryDisplay(
        bitrate=numbers, distortion=np.array([1.0, last]), perplexity=numbers
    ).plot()
    assert display.axes_[0].get_yscale() == scale
    low, high = display.axes_[0].get_ylim()
    assert low <= last and high > 1.0


def test_streams_have_a_history_too():
    sfvq = SFVQ(n_bits=3, random_state=0)
    for part in np.split(X, 3):
        sfvq.partial_fit(part)
    assert len(HistoryDisplay.from_estimator(sfvq).distortion) == 3


def test_one_sweep_can_be_drawn():
    display = history(6).plot()
    display.figure_.canvas.draw()
    assert written(display) == ["6"]


def test_it_draws_on_the_two_axes_it_is_given():
    _, ax = plt.subplots(1, 2)
    display = HistoryDisplay.from_estimator(SFVQ_4, ax=ax)
    assert list(display.axes_) == list(ax)
    assert len(plt.get_fignums()) == 1


def test_one_axes_is_not_enough():
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=r"two axes, .* perplexity; got 1"):
        HistoryDisplay.from_estimator(SFVQ_4, ax=ax)


def test_a_codebook_that_was_given_has_no_history():
    with pytest.raises(ValueError, match="this SFVQ has no `history_`: its codebook was given"):
        HistoryDisplay.from_estimator(SFVQ.from_codebook(np.eye(4)))
    assert plt.get_fignums() == []
