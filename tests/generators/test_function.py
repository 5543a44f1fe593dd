"""Plain functions: which arrays they take is found out, and objects are asked what they know."""

import warnings

import numpy as np
import pytest
import torch

from skcurve.generators import GeneratorError, as_generator

WEIGHT = np.random.default_rng(1).standard_normal((3, 2)).astype(np.float32)
NETWORK = torch.nn.Linear(3, 2)


@torch.no_grad()
def without_gradients(z):
    return NETWORK(z)


@pytest.mark.parametrize(
    ("function", "differentiable"),
    [
        (lambda z: z * 2, True),
        (lambda z: torch.tanh(z), True),
        (lambda z: NETWORK(z), True),
        (lambda z: z @ torch.from_numpy(WEIGHT), True),
        (without_gradients, False),
        (lambda z: NETWORK(z).detach().numpy(), False),
        (lambda z: NETWORK(torch.from_numpy(z)), False),
        (lambda z: torch.ones(len(z), 2), False),
        (lambda z: np.tanh(z), False),
        (np.tanh, False),
        (torch.tanh, True),
        (lambda z: z @ WEIGHT, False),
        (lambda z: np.sort(z, axis=1), False),
        (lambda z: z.max(axis=1), False),  # torch gives a pair
        (lambda z: np.ones((len(z), 2)), False),
        (lambda z: z.tolist(), False),
    ],
)
def test_what_a_function_takes_is_found_out(function, differentiable):
    z = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
    outputs = as_generator(function)(z)
    assert isinstance(outputs, np.ndarray)
    assert isinstance(as_generator(function)(torch.from_numpy(z)), torch.Tensor)
    assert as_generator(function, latent_shape=3).differentiable is differentiable


def test_a_function_is_tried_once():
    calls = []

    def counted(z):
        calls.append((type(z), len(z)))
        return torch.sin(z)

    generator = as_generator(counted)
    generator(np.zeros((6, 1)), batch_size=3)
    assert calls[-2:] == [(torch.Tensor, 3)] * 2
    n_trials = len(calls) - 2
    generator(np.zeros((6, 1)), batch_size=3)
    assert len(calls) == n_trials + 4
    assert sum(n for _, n in calls[:n_trials]) <= 4  # few latents


@pytest.mark.parametrize(("backend", "kind"), [("numpy", np.ndarray), ("torch", torch.Tensor)])
def test_the_user_may_say_what_a_function_takes(backend, kind):
    def checked(z):
        assert isinstance(z, kind)
        return z * 2

    generator = as_generator(checked, backend=backend, latent_shape=2)
    np.testing.assert_array_equal(generator(np.ones((3, 2))), np.full((3, 2), 2))
    assert generator.differentiable is (backend == "torch")


def test_a_function_that_means_different_things_to_both_is_not_guessed():
    def spread(z):
        return z.std(axis=1)

    z = np.random.default_rng(0).standard_normal((3, 4))
    with pytest.raises(GeneratorError, match="pass backend='numpy' or backend='torch'"):
        as_generator(spread)(z)
    np.testing.assert_allclose(as_generator(spread, backend="numpy")(z), z.std(axis=1))


@pytest.mark.parametrize("function", [lambda z: np.sin(z) @ np.ones((9, 1)), torch.nn.Linear(9, 1)])
def test_the_failure_that_is_told_is_not_that_of_the_wrong_library(function):
    call = function if not isinstance(function, torch.nn.Module) else lambda z: function(z.float())
    with pytest.raises(GeneratorError, match=r"matmul|mat1 and mat2"):
        as_generator(call)(np.ones((2, 3)))


def test_trying_a_function_warns_of_nothing():
    def warns(z):
        warnings.warn("this takes long", UserWarning, stacklevel=2)
        return np.tanh(z)

    with pytest.warns(UserWarning) as caught:
        as_generator(warns)(np.zeros((2, 3)))
    assert len(caught) == 1


def test_whether_an_unknown_function_has_gradients_cannot_be_said():
    with pytest.raises(ValueError, match="pass latent_shape="):
        as_generator(torch.sin).differentiable  # noqa: B018


class Painter:
    """A numpy generator with the optional members."""

    latent_shape = (2,)
    n_layers = 3
    z_dim = 4
    truncation = 0.5
    w_avg = np.array([10.0, -10.0])

    def mapping(self, z):
        return z[:, :2]

    def synthesis(self, w, class_label=0):
        assert w.shape[1:] == (3, 2)
        return w.sum(2) + class_label

    def first_layer_weights(self):
        return np.eye(2)


class Sampler(Painter):
    def sample(self, n, random_state=None):
        return np.random.default_rng(random_state).uniform(size=(n, 2))


def test_an_object_is_asked_for_its_members():
    generator = as_generator(Painter())
    assert (generator.latent_shape, generator.n_layers) == ((2,), 3)
    np.testing.assert_allclose(generator(np.ones((4, 2))), np.full((4, 3), 2))
    np.testing.assert_array_equal(generator.first_layer_weights(), np.eye(2))


def test_samples_go_through_the_mapping_and_are_truncated():
    z = np.random.default_rng(0).standard_normal((6, 4))
    mapped = as_generator(Painter()).mapping(z)
    np.testing.assert_allclose(mapped, Painter.w_avg + 0.5 * (z[:, :2] - Painter.w_avg))
    full = as_generator(Painter(), truncation=1.0).mapping(z)
    np.testing.assert_allclose(full, z[:, :2])
    drawn = as_generator(Painter(), truncation=0.0).sample(5, 0)
    np.testing.assert_allclose(drawn, np.tile(Painter.w_avg, (5, 1)))


def test_the_mean_of_w_is_estimated_where_nobody_shows_it():
    class Hidden:
        def mapping(self, z):
            return 3.0 + z

        def synthesis(self, w):
            return w

    drawn = as_generator(Hidden(), truncation=0.0, latent_shape=2).sample(4, 0)
    np.testing.assert_allclose(drawn, 3.0, atol=0.1)
    assert np.ptp(drawn, axis=0).max() == 0


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_mapping_may_give_every_layer_its_latent(backend):
    class Layered(Painter):
        def mapping(self, z):
            z *= 2  # its own to write into
            return (
                z[:, None, :2].repeat(3, 1)
                if backend == "numpy"
                else z[:, None, :2].expand(-1, 3, -1)
            )

    z = np.ones((5, 4))
    generator = as_generator(Layered(), truncation=1.0, backend=backend)
    np.testing.assert_array_equal(generator.mapping(z), np.full((5, 2), 2.0))
    assert (z == 1).all()
    assert generator.sample(5, 0).shape == (5, 2)


def test_an_object_samples_its_own_latents_unless_truncation_is_asked_for():
    own = Sampler().sample(5, 3)
    np.testing.assert_array_equal(as_generator(Sampler()).sample(5, 3), own)
    assert (as_generator(Sampler(), truncation=0.0).sample(5, 3) == Sampler.w_avg).all()


def test_a_sample_of_something_else_is_left_alone():
    class Pictures:
        latent_shape = (2,)

        def sample(self, n):
            raise AssertionError("this draws pictures, not latents")

        def __call__(self, z):
            return z

    assert as_generator(Pictures()).sample(3, 0).shape == (3, 2)


def test_the_random_state_is_passed_by_name():
    class Truncating(Sampler):
        def sample(self, n, truncation=1.0, random_state=None):
            return truncation * super().sample(n, random_state)

    np.testing.assert_array_equal(
        as_generator(Truncating()).sample(5, 0), Sampler().sample(5, random_state=0)
    )


def test_no_samples_have_the_width_of_latents_and_not_of_noise():
    assert Painter.z_dim != 2
    assert as_generator(Painter()).sample(0, 0).shape == (0, 2)


def test_a_sample_of_another_shape_is_an_error():
    class Wrong(Sampler):
        def sample(self, n, random_state=None):
            return np.zeros((n, 7))

    with pytest.raises(GeneratorError, match=r"sampled latents of shape \(5, 7\); expected \(5, 2"):
        as_generator(Wrong()).sample(5)


def test_a_class_label_reaches_what_takes_one():
    generator = as_generator(Painter(), class_label=7)
    np.testing.assert_allclose(generator(np.zeros((2, 2))), np.full((2, 3), 7))
    with pytest.raises(ValueError, match="class_label=7 needs a generator that takes a keyword"):
        as_generator(np.tanh, class_label=7)
