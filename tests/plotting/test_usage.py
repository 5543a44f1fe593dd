"""UsageDisplay shows how many rows each segment wins."""

import numpy as np
import pytest
import torch

from skcurve import SFVQ, PolylineCurve
from skcurve.metrics import perplexity, usage
from skcurve.plotting import UsageDisplay

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")

X = np.random.default_rng(0).normal(size=(300, 3))
SFVQ_3 = SFVQ(n_bits=3, random_state=0).fit(X)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def heights(display):
    return display.bars_.get_data().values


def test_without_rows_the_training_rows_are_counted():
    display = UsageDisplay.from_estimator(SFVQ_3)
    np.testing.assert_array_equal(heights(display), SFVQ_3.usage_)
    assert display.perplexity == perplexity(SFVQ_3.usage_)
    assert display.ax_.get_ylabel() == "training rows won"
    assert display.even_line_.get_ydata()[0] == 300 / 7


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_given_rows_are_counted(kind):
    display = UsageDisplay.from_estimator(SFVQ_3.curve_, kind(X[:50]))
    np.testing.assert_array_equal(heights(display), usage(SFVQ_3, X[:50]))
    assert display.ax_.get_ylabel() == "rows won"


def test_given_weights_are_summed():
    weights = np.random.default_rng(1).random(50)
    display = UsageDisplay.from_estimator(SFVQ_3, X[:50], sample_weight=weights)
    np.testing.assert_allclose(heights(display), usage(SFVQ_3, X[:50], weights))
    assert display.ax_.get_ylabel() == "weight of rows won"
    weighted = SFVQ(n_bits=2, random_state=0).fit(X[:50], sample_weight=weights)
    assert UsageDisplay.from_estimator(weighted).unit == "weight of training rows"


def test_the_title_says_perplexity_and_how_many_win_nothing():
    curve = PolylineCurve(np.arange(5.0)[:, None])
    display = UsageDisplay.from_estimator(curve, [[0.5], [1.5]])
    assert display.ax_.get_title() == "perplexity 2.0 of 4 segments\n2 win nothing"
    display = UsageDisplay.from_estimator(curve, [[0.5], [1.5], [2.5], [3.5]])
    assert display.ax_.get_title() == "perplexity 4.0 of 4 segments"


def test_of_many_segments_neighbours_share_a_bar():
    counts = np.arange(1500)
    display = UsageDisplay(usage=counts, perplexity=1.0).plot()
    np.testing.assert_allclose(heights(display), counts.reshape(500, 3).mean(1))
    np.testing.assert_allclose(display.bars_.get_data().edges, np.arange(0, 1501, 3) - 0.5)
    assert display.ax_.get_ylabel() == "rows won\n(mean of 3 neighbours)"


def test_the_last_bar_may_have_fewer_segments():
    display = UsageDisplay(usage=np.ones(2**16 - 1), perplexity=1.0).plot()
    np.testing.assert_array_equal(heights(display), np.ones(512))
    assert display.bars_.get_data().edges[-1] == 2**16 - 1.5


@pytest.mark.parametrize(
    ("estimator", "given", "message"),
    [
        (SFVQ.from_codebook(np.eye(4)), {}, "this SFVQ has no `usage_`: .* Give X"),
        (SFVQ_3.at_bitrate(2), {}, "this SFVQ has no `usage_`"),
        (SFVQ_3.curve_, {}, "this PolylineCurve has no `usage_`"),
        (SFVQ_3, {"sample_weight": [1.0]}, "sample_weight without X"),
        (SFVQ_3, {"X": [[0.0]]}, "X has 1 features, but 3"),
        (SFVQ_3, {"X": X, "sample_weight": [1.0]}, "one number for each of the 300 rows"),
    ],
)
def test_bad_input_is_named(estimator, given, message):
    with pytest.raises(ValueError, match=message):
        UsageDisplay.from_estimator(estimator, **given)
    assert plt.get_fignums() == []
