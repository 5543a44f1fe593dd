"""RateDistortionDisplay shows what each bitrate of an estimator leaves of the error."""

import numpy as np
import pytest
import torch

from skcurve import SFVQ
from skcurve.metrics import distortion, dithered_distortion
from skcurve.plotting import RateDistortionDisplay

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")

X = np.random.default_rng(0).normal(size=(300, 3))
SFVQ_4 = SFVQ(n_bits=4, random_state=0).fit(X[:200])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_the_lines_are_the_distortions_of_every_bitrate():
    display = RateDistortionDisplay.from_estimator(SFVQ_4, X[200:], random_state=0)
    np.testing.assert_array_equal(display.bitrate, [2, 3, 4])
    at = [SFVQ_4.at_bitrate(bitrate) for bitrate in (2, 3, 4)]
    exact = [distortion(sfvq, X[200:]) for sfvq in at]
    np.testing.assert_allclose(display.exact_line_.get_ydata(), exact, rtol=1e-12)
    dithered = [dithered_distortion(s, X[200:], n_dithers=400, random_state=1) for s in at]
    np.testing.assert_allclose(display.dithered_line_.get_ydata(), dithered, rtol=0.05)
    assert (display.dithered > display.exact).all()


def test_the_dithers_come_from_the_random_state_and_differ_between_bitrates():
    one, same, other = (
        RateDistortionDisplay.from_estimator(SFVQ_4, X, random_state=seed, n_dithers=1).dithered
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()
    alone = dithered_distortion(SFVQ_4.at_bitrate(3), X, n_dithers=1, random_state=0)
    assert one[1] != alone  # the second codebook meets the generator where the first left it


def test_weights_count():
    weights = np.arange(300) < 100
    weighted = RateDistortionDisplay.from_estimator(SFVQ_4, X, sample_weight=weights * 1.0)
    fewer = RateDistortionDisplay.from_estimator(SFVQ_4, X[:100])
    np.testing.assert_allclose(weighted.exact, fewer.exact)


def test_several_estimators_share_axes_and_are_told_apart():
    first = RateDistortionDisplay.from_estimator(SFVQ_4, X, name="one")
    second = RateDistortionDisplay.from_estimator(
        SFVQ(n_bits=2, random_state=0).fit(100 * X[:200]), 100 * X, name="two", ax=first.ax_
    )
    assert second.ax_ is first.ax_ and len(plt.get_fignums()) == 1
    assert first.exact_line_.get_color() == first.dithered_line_.get_color()
    assert first.exact_line_.get_color() != second.exact_line_.get_color()
    assert first.exact_line_.get_marker() != second.exact_line_.get_marker()
    legend = [text.get_text() for text in first.ax_.get_legend().get_texts()]
    assert legend == ["one", "two"]
    (left, right), (bottom, top) = first.ax_.get_xlim(), first.ax_.get_ylim()
    for line in first.ax_.lines:
        x, y = line.get_data()
        assert (left < x).all() and (x < right).all()
        assert (bottom < y).all() and (y < top).all()


def test_the_legend_has_every_name_as_it_stands():
    names, ax = ["_x", "", "$a_$", "one"], None
    for name in names:
        numbers = {"bitrate": [2, 3], "exact": [0.4, 0.2], "dithered": [0.5, 0.3]}
        ax = RateDistortionDisplay(**numbers, name=name).plot(ax).ax_
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == names


def test_tensors_are_measured_alike():
    sfvq = SFVQ.from_codebook(torch.from_numpy(SFVQ_4.codebook_))
    tensor = RateDistortionDisplay.from_estimator(sfvq, torch.from_numpy(X))
    np.testing.assert_allclose(tensor.exact, [distortion(SFVQ_4, X)])


@pytest.mark.parametrize(
    ("estimator", "given", "message"),
    [
        (SFVQ_4.curve_, {}, "this PolylineCurve has no `codebooks_`"),
        (SFVQ_4, {"X": [[0.0]]}, "X has 1 features, but 3"),
        (SFVQ_4, {"n_dithers": 0}, "n_dithers must be at least 1; got 0"),
        (SFVQ_4, {"sample_weight": [1.0]}, "one number for each of the 300 rows"),
    ],
)
def test_bad_input_is_named(estimator, given, message):
    with pytest.raises(ValueError, match=message):
        RateDistortionDisplay.from_estimator(estimator, **({"X": X} | given))
    assert plt.get_fignums() == []
