"""OrderingDisplay shows the distances between vertices, the small ones in the dark."""

import numpy as np
import pytest
import torch
from hypothesis import given
from scipy.spatial.distance import cdist

from skcurve import PolylineCurve
from skcurve.plotting import OrderingDisplay
from skcurve.testing import polylines

plt = pytest.importorskip("matplotlib.pyplot")
plt.switch_backend("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@given(polylines())
def test_the_distances_are_those_between_the_vertices(curve):
    plt.close("all")
    display = OrderingDisplay.from_estimator(curve)
    vertices = np.asarray(curve.vertices, float)
    np.testing.assert_allclose(display.distances, cdist(vertices, vertices), rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(display.image_.get_array(), display.distances)


def test_small_distances_survive_far_from_the_origin():
    vertices = 1e6 + np.arange(40.0)[:, None] * [1e-3, 0.0]
    display = OrderingDisplay.from_estimator(PolylineCurve(vertices))
    np.testing.assert_allclose(np.diag(display.distances, 1), 1e-3, rtol=1e-6)


def test_tensors_are_measured_alike():
    vertices = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    array = OrderingDisplay.from_estimator(PolylineCurve(vertices))
    tensor = OrderingDisplay.from_estimator(PolylineCurve(torch.from_numpy(vertices)))
    np.testing.assert_array_equal(array.distances, tensor.distances)


def test_many_vertices_are_thinned_out_and_keep_their_numbers():
    vertices = np.arange(2.0**16)[:, None]
    display = OrderingDisplay.from_estimator(PolylineCurve(vertices))
    assert display.distances.shape == (512, 512)
    assert (display.numbers[0], display.numbers[-1]) == (0, 2**16 - 1)
    np.testing.assert_array_equal(display.distances[0], display.numbers)
    assert display.image_.get_extent() == [-0.5, 2**16 - 0.5, 2**16 - 0.5, -0.5]


def test_the_darkest_colour_is_the_smallest_distance_between_two_vertices():
    display = OrderingDisplay.from_estimator(PolylineCurve([[0.0], [5.0], [7.0], [11.0]]))
    assert display.image_.get_clim() == (2.0, 11.0)
    assert display.colorbar_.ax.get_ylabel() == "distance (units of the data)"
    assert display.plot(colorbar=False, cmap="cividis").colorbar_ is None
    assert display.image_.get_cmap().name == "cividis"


def test_a_curve_of_one_point_can_be_drawn():
    display = OrderingDisplay.from_estimator(PolylineCurve(np.ones((4, 2))))
    display.figure_.canvas.draw()
    assert not display.distances.any()
