"""A warning names the line that led to it, not one inside the package."""

import warnings

import pytest

from skcurve.notices import warn


def test_it_points_to_the_caller():
    with pytest.warns(UserWarning, match="hot") as caught:
        warn("hot", UserWarning)
    assert caught[0].filename == __file__


def test_frames_of_the_package_and_of_scikit_learn_are_passed_over():
    names = {"warn": warn, "__name__": "skcurve.somewhere"}
    exec("def inner():\n    warn('hot', UserWarning)", names)
    outer = {"inner": names["inner"], "__name__": "sklearn.base"}
    exec("def outer():\n    inner()", outer)
    with pytest.warns(UserWarning, match="hot") as caught:
        outer["outer"]()
    assert caught[0].filename == __file__


def test_without_anybody_outside_it_warns_all_the_same():
    names = {"warn": warn, "__name__": "skcurve"}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec("warn('hot', UserWarning)", names)
    assert len(caught) == 1
