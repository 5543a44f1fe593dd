"""What holds of every finder."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skcurve import PolylineCurve
from skcurve.directions import (
    AttributeDirections,
    ClosedFormDirections,
    ContrastiveDirections,
    DirectionFinder,
    Found,
    PCADirections,
    RandomDirections,
    RectifiedDirections,
    SegmentDirections,
)

CURVE = PolylineCurve(np.random.default_rng(1).standard_normal((5, 6)))


def two_means(outputs):
    return outputs[:, :2] + 0.1 * outputs[:, 2:4]


FINDERS = {
    "segments": SegmentDirections(CURVE),
    "chords": SegmentDirections(CURVE, chords="all"),
    "pca": PCADirections(3, random_state=0),
    "pca of a layer": PCADirections(3, layer="0", random_state=0),
    "rectified": RectifiedDirections(3, n_steps=4, batch_size=4, n_pairs=9, random_state=0),
    "rectified, linear": RectifiedDirections(
        3, matrix="linear", n_steps=4, batch_size=4, n_pairs=9, random_state=0
    ),
    "contrastive": ContrastiveDirections(3, n_steps=4, random_state=0),
    "contrastive, linear": ContrastiveDirections(
        3, conditioning="linear", n_steps=4, random_state=0
    ),
    "contrastive, nonlinear": ContrastiveDirections(
        3, conditioning="nonlinear", layer="1", n_steps=4, random_state=0
    ),
    "closed form": ClosedFormDirections(3, random_state=0),
    "jacobian": AttributeDirections(two_means, random_state=0),
    "differences": AttributeDirections(two_means, gradient="finite", random_state=0),
    "ridge": AttributeDirections(two_means, method="ridge", random_state=0),
    "random": RandomDirections(3, random_state=0),
    "random, covariance": RandomDirections(3, distribution="covariance", random_state=0),
}
every_finder = pytest.mark.parametrize("finder", FINDERS.values(), ids=FINDERS.keys())


def global_states():
    numpy_state = np.random.get_state()  # noqa: NPY002 - it is this one that has to rest
    return torch.get_rng_state().tolist(), numpy_state[1].tolist(), numpy_state[2]


@every_finder
@pytest.mark.parametrize("given", [True, False], ids=["latents given", "latents sampled"])
def test_directions_are_unit_rows_with_positive_steps_and_names(finder, given, network, latents):
    found = clone(finder).fit(network, latents if given else None)
    k = found.n_directions_
    assert found.directions_.shape == (k, 6) == (k, found.n_features_in_)
    assert found.directions_.dtype in (np.float32, np.float64)
    assert isinstance(found.strengths_, np.ndarray) and found.strengths_.shape == (k,)
    np.testing.assert_allclose(np.linalg.norm(found.directions_, axis=1), 1.0, rtol=1e-5)
    assert (found.strengths_ > 0).all()
    assert len(set(found.names_)) == k and all(type(name) is str for name in found.names_)


@every_finder
def test_the_same_random_state_finds_the_same_and_global_randomness_is_left_alone(
    finder, network, latents
):
    before = global_states()
    first = clone(finder).fit(network)
    assert global_states() == before
    torch.manual_seed(7)
    again = clone(finder).fit(network)
    np.testing.assert_array_equal(first.directions_, again.directions_)
    np.testing.assert_array_equal(first.strengths_, again.strengths_)


@pytest.mark.parametrize(
    "name", [name for name, f in FINDERS.items() if "random_state" in f.get_params()]
)
def test_without_a_random_state_there_is_randomness_but_not_the_global_one(name, network):
    before = global_states()
    found = [clone(FINDERS[name]).set_params(random_state=None).fit(network) for _ in range(2)]
    assert global_states() == before
    if name != "closed form":  # where only the steps are measured on a sample
        assert not np.array_equal(found[0].directions_, found[1].directions_)


@every_finder
def test_fit_changes_nothing_that_it_was_given(finder, network, latents):
    network.train()
    state = {name: part.clone() for name, part in network.state_dict().items()}
    rows, parameters = latents.copy(), finder.get_params()
    found = clone(finder)
    assert found.fit(network, latents) is found
    np.testing.assert_array_equal(latents, rows)
    assert all(torch.equal(part, state[name]) for name, part in network.state_dict().items())
    assert all(part.grad is None and part.requires_grad for part in network.parameters())
    assert network.training
    assert all(found.get_params()[name] is value for name, value in parameters.items())


@every_finder
def test_tensors_and_arrays_find_the_same(finder, network, latents):
    by_array = clone(finder).fit(network, latents)
    by_tensor = clone(finder).fit(network, torch.from_numpy(latents))
    assert isinstance(by_tensor.directions_, np.ndarray)
    np.testing.assert_array_equal(by_array.directions_, by_tensor.directions_)


@every_finder
def test_is_an_estimator(finder):
    copy = clone(finder)
    assert type(finder).__name__ in repr(copy)
    assert copy.get_params().keys() == finder.get_params().keys()
    with pytest.raises(NotFittedError):
        check_is_fitted(copy)


@every_finder
@pytest.mark.parametrize(
    ("latents", "message"),
    [
        (np.zeros((4, 5)), r"latents must have shape \(n, 6\); got \(4, 5\)"),
        (np.zeros((4, 2, 6)), r"latents must have shape \(n, 6\); got \(4, 2, 6\)"),
        (np.zeros(6), r"latents must have shape \(n, 6\); got \(6,\)"),
        (np.zeros((0, 6)), r"latents must not be empty; got shape \(0, 6\)"),
        (np.full((4, 6), np.nan), "latents contain NaN"),
    ],
)
def test_latents_that_do_not_fit_are_refused(finder, network, latents, message):
    with pytest.raises(ValueError, match=message):
        clone(finder).fit(network, latents)


@every_finder
def test_parameters_are_checked_first(finder, network):
    wrong = {"n_directions": 0, "chords": "some", "gradient": "by hand"}
    name = next(name for name in wrong if name in finder.get_params())
    with pytest.raises(ValueError, match=f"The '{name}' parameter of {type(finder).__name__}"):
        clone(finder).set_params(**{name: wrong[name]}).fit(network)


@pytest.mark.parametrize("name", ["pca", "random"])
def test_without_latents_or_a_generator_there_is_nothing_to_look_at(name):
    with pytest.raises(ValueError, match="needs latents: give some, or a generator"):
        clone(FINDERS[name]).fit()


@pytest.mark.parametrize("name", ["pca of a layer", "rectified", "contrastive", "jacobian"])
def test_a_missing_generator_is_named(name, latents):
    with pytest.raises(ValueError, match="needs a generator; got None"):
        clone(FINDERS[name]).fit(None, latents)


class Made(DirectionFinder):
    def __init__(self, directions=None, strengths=None):
        self.directions = directions
        self.strengths = strengths

    def _find(self, generator, latents):
        names = [f"made {i}" for i in range(len(self.directions))]
        return Found(np.array(self.directions), np.array(self.strengths), names)


def test_what_a_finder_finds_is_normalised_in_its_precision():
    tiny = np.array([[3e-30, 4e-30]], np.float32)
    np.testing.assert_allclose(Made(tiny, [2.0]).fit().directions_, [[0.6, 0.8]], rtol=1e-6)
    assert Made(tiny, [2.0]).fit().directions_.dtype == np.float32
    assert Made([[1, 0]], [1]).fit().directions_.dtype == np.float64


@pytest.mark.parametrize(
    ("directions", "strengths", "message"),
    [
        ([[1.0, 0.0], [0.0, 0.0]], [1.0, 1.0], "direction 1 of Made, 'made 1', has length 0"),
        ([[np.inf, 0.0]], [1.0], "has length inf"),
        ([[1.0, 0.0]], [0.0], "'made 0', has a step of 0"),
        ([[1.0, 0.0]], [np.nan], "has a step of nan"),
        ([1.0, 0.0], [1.0], r"got shapes \(2,\) and \(1,\)"),
        ([[1.0, 0.0]], [1.0, 2.0], r"got shapes \(1, 2\) and \(2,\)"),
    ],
)
def test_what_is_no_direction_is_refused(directions, strengths, message):
    with pytest.raises(ValueError, match=message):
        Made(directions, strengths).fit()


def test_latents_may_have_the_shape_that_the_generator_takes():
    class Pictures:
        latent_shape = (2, 3, 1)

        def __call__(self, latents):
            assert latents.shape[1:] == (2, 3, 1)
            return latents

    rows = np.random.default_rng(0).normal(size=(20, 6))
    flat = PCADirections(2).fit(Pictures(), rows)
    found = PCADirections(2).fit(Pictures(), rows.reshape(20, 2, 3, 1))
    np.testing.assert_array_equal(found.directions_, flat.directions_)
    with pytest.raises(ValueError, match=r"shape \(n, 6\) or \(n, 2, 3, 1\); got \(20, 3, 2\)"):
        PCADirections(2).fit(Pictures(), rows.reshape(20, 3, 2))


def test_a_finder_has_to_be_finished():
    with pytest.raises(NotImplementedError, match="DirectionFinder must define _find"):
        DirectionFinder().fit()
