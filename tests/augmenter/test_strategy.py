"""How many samples each class gets: what imbalanced-learn says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skcurve.augmenter.strategy import NAMES, needed

theirs = pytest.importorskip("imblearn.utils")

CLASSES = st.sampled_from([[0, 1], [1, 2, 5], ["a", "b", "c", "d"], [True, False]])
LABELS = CLASSES.flatmap(
    lambda classes: st.lists(st.sampled_from(classes), min_size=2, max_size=30).map(np.array)
).filter(lambda y: len(set(y.tolist())) > 1)
RATIOS = st.one_of(st.floats(-0.5, 1.5), st.integers(0, 2))


def like_theirs(strategy, y):
    """Both give the same, or both refuse."""
    try:
        expected = dict(theirs.check_sampling_strategy(strategy, y, "over-sampling"))
    except ValueError:
        with pytest.raises(ValueError):
            needed(strategy, y)
        return
    assert needed(strategy, y) == expected
    assert list(needed(strategy, y)) == list(expected)


@given(st.sampled_from([*NAMES, "majority", "most"]), LABELS)
def test_words(strategy, y):
    like_theirs(strategy, y)


@given(RATIOS, LABELS)
def test_numbers(strategy, y):
    like_theirs(strategy, y)


@given(LABELS, st.data())
def test_dicts_and_functions(y, data):
    classes = [*np.unique(y), np.array("z" if y.dtype.kind == "U" else 9)[()]]
    strategy = data.draw(st.dictionaries(st.sampled_from(classes), st.integers(-1, 40)))
    like_theirs(strategy, y)
    like_theirs(lambda labels: strategy, y)


def test_what_is_wrong_is_named():
    y = np.array([0, 0, 1])
    with pytest.raises(ValueError, match="2 classes to balance; got 1 class: 0"):
        needed("auto", np.zeros(3, dtype=int))
    with pytest.raises(ValueError, match="names the class 7, which is not in y; there are 0, 1"):
        needed({7: 3}, y)
    with pytest.raises(ValueError, match="asks for 1 rows of the class 0, which has 2"):
        needed({0: 1}, y)
    with pytest.raises(TypeError, match=r"whole numbers; got 2.5 for 1"):
        needed({1: 2.5}, y)
    with pytest.raises(TypeError, match="must give a dict"):
        needed(lambda y: 5, y)
    with pytest.raises(TypeError, match="a word, a number, a dict or a function; got list"):
        needed([0], y)
