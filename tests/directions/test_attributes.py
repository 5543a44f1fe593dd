import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from skcurve.directions import AttributeDirections, mean_jacobian
from skcurve.generators import as_generator

from .conftest import Counter

BOTH = pytest.mark.parametrize("gradient", ["autograd", "finite"])


def times(matrix):
    """The linear generator with this matrix: a torch function where it is given tensors."""

    def generate(latents):
        return latents @ torch.from_numpy(matrix.T).to(latents.dtype)

    return generate


def itself(outputs):
    return outputs


def bend(latents):
    """A generator whose derivatives are known, and differ from latent to latent."""
    return torch.stack([latents[:, 0] ** 2, torch.sin(latents[:, 1]) * latents[:, 2]], dim=1)


def gaussian(n, n_features, seed=0):
    return np.random.default_rng(seed).standard_normal((n, n_features))


# The mean Jacobian


@BOTH
@given(seed=st.integers(0, 1000), n_outputs=st.integers(1, 5), n_features=st.integers(1, 6))
@settings(max_examples=20)
def test_the_jacobian_of_a_linear_map_is_its_matrix(gradient, seed, n_outputs, n_features):
    matrix = gaussian(n_outputs, n_features, seed)
    found = mean_jacobian(times(matrix), itself, gaussian(7, n_features), gradient=gradient)
    np.testing.assert_allclose(found, matrix, atol=1e-9)


@BOTH
def test_the_jacobian_is_the_mean_of_the_derivatives(gradient):
    latents = gaussian(150, 3)  # more than a batch
    x, y, z = latents.T
    expected = [
        [2 * x.mean(), 0.0, 0.0],
        [0.0, (np.cos(y) * z).mean(), np.sin(y).mean()],
    ]
    found = mean_jacobian(bend, itself, latents, gradient=gradient, step=0.01)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@BOTH
def test_in_w_plus_all_layers_move_together(gradient):
    class Layers:
        latent_shape, n_layers = (3,), 2

        def __call__(self, latents):
            if latents.ndim == 2:
                latents = latents[:, None].expand(-1, 2, -1)
            return latents[:, 0] * 2 + latents[:, 1] * 5

    latents = gaussian(20, 6).reshape(20, 2, 3)
    found = mean_jacobian(Layers(), itself, latents, gradient=gradient)
    np.testing.assert_allclose(found, 7 * np.eye(3), atol=1e-8)


def test_a_numpy_generator_or_attribute_is_differenced():
    matrix = gaussian(2, 3)
    latents = gaussian(9, 3)

    def by_numpy(rows):
        return np.asarray(rows, dtype=np.float64) @ matrix.T

    def names_by_numpy(outputs):
        return np.asarray(outputs) * 2.0

    np.testing.assert_allclose(mean_jacobian(by_numpy, itself, latents), matrix, atol=1e-9)
    found = mean_jacobian(times(matrix), names_by_numpy, latents)
    np.testing.assert_allclose(found, 2 * matrix, atol=1e-9)
    with pytest.raises(ValueError, match="gradient='autograd' needs a generator and attributes"):
        mean_jacobian(by_numpy, itself, latents, gradient="autograd")
    with pytest.raises(ValueError, match="gradient must be one of"):
        mean_jacobian(by_numpy, itself, latents, gradient="exact")


def test_a_module_and_a_torch_function_are_given_tensors():
    head = nn.Linear(2, 1).double()
    matrix = gaussian(2, 3)
    for attributes in (head, lambda outputs: torch.nn.functional.linear(outputs, head.weight)):
        for gradient in ("autograd", "finite"):
            found = mean_jacobian(times(matrix), attributes, gaussian(5, 3), gradient=gradient)
            expected = head.weight.detach().numpy() @ matrix
            np.testing.assert_allclose(found, expected, atol=1e-8)
    assert head.weight.grad is None


def test_an_attribute_that_ignores_the_outputs_has_derivative_zero():
    def one_and_nothing(outputs):
        return torch.stack([outputs[:, 0], torch.ones_like(outputs[:, 0])], dim=1)

    found = mean_jacobian(times(np.eye(2)), one_and_nothing, gaussian(5, 2))
    np.testing.assert_allclose(found, [[1.0, 0.0], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (lambda outputs: outputs[:3], r"shape \(n, A\) for n = 5 outputs; got \(3, 2\)"),
        (lambda outputs: outputs * np.nan, "attributes gave NaN"),
        (lambda outputs: outputs[:, :, None], r"got \(\d, 2, 1\)"),
        (lambda outputs: outputs[:, :0], r"got \(\d, 0\)"),
    ],
)
@BOTH
def test_what_are_no_attributes_is_refused(attributes, message, gradient):
    with pytest.raises(ValueError, match=message):
        mean_jacobian(times(np.eye(2)), attributes, gaussian(5, 2), gradient=gradient)


def test_the_error_of_an_attribute_function_is_not_hidden():
    def broken(outputs):
        raise TypeError("the third wheel is missing")

    with pytest.raises(TypeError, match="third wheel"):
        mean_jacobian(times(np.eye(2)), broken, gaussian(5, 2))

    def broken_for_arrays(outputs):
        if isinstance(outputs, torch.Tensor):
            raise ValueError("what is a tensor")
        raise AttributeError("the fourth wheel is missing")

    with pytest.raises(AttributeError, match="fourth wheel"):
        mean_jacobian(times(np.eye(2)), broken_for_arrays, gaussian(5, 2), gradient="finite")


@pytest.mark.parametrize("gradient", ["auto", "autograd"])
def test_an_error_of_torch_in_the_attributes_is_not_taken_for_a_lack_of_gradients(gradient):
    """Quietly, differences would be taken of something that is broken for tensors."""

    def mismatched(outputs):
        if isinstance(outputs, torch.Tensor):
            return outputs @ torch.ones(7, 2, dtype=outputs.dtype)
        return outputs

    with pytest.raises(RuntimeError, match=r"shapes cannot be multiplied|size mismatch"):
        mean_jacobian(times(np.eye(2)), mismatched, gaussian(5, 2), gradient=gradient)

    def late(outputs):
        if len(outputs) > 2:
            raise TypeError("in the middle of it")
        return outputs

    with pytest.raises(TypeError, match="in the middle of it"):
        mean_jacobian(times(np.eye(2)), late, gaussian(5, 2), gradient=gradient)


@pytest.mark.parametrize(
    "of_arrays",
    [lambda x: np.tanh(np.asarray(x)), lambda x: x.astype(float)],
    ids=["function", "method"],
)
def test_a_function_of_arrays_is_differenced_and_the_reason_is_told_if_not(of_arrays):
    generator, latents = times(np.eye(2)), gaussian(5, 2)
    found = mean_jacobian(generator, of_arrays, latents)
    expected = mean_jacobian(generator, of_arrays, latents, gradient="finite")
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(ValueError, match="these give no gradient") as raised:
        mean_jacobian(generator, of_arrays, latents, gradient="autograd")
    assert raised.value.__cause__ is not None


# Directions by the Jacobian


@BOTH
@given(seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_of_a_linear_generator_each_direction_moves_its_attribute_alone(gradient, seed):
    matrix = gaussian(3, 5, seed) + 2 * np.eye(3, 5)
    latents = gaussian(40, 5, seed)
    found = AttributeDirections(itself, gradient=gradient, rcond=0).fit(times(matrix), latents)
    inverse = np.linalg.pinv(matrix).T
    expected = inverse / np.linalg.norm(inverse, axis=1, keepdims=True)
    np.testing.assert_allclose(found.directions_, expected, atol=1e-6)
    np.testing.assert_allclose(found.jacobian_, matrix, atol=1e-7)
    moved = (found.strengths_[:, None] * found.directions_) @ matrix.T / found.deviations_
    np.testing.assert_allclose(moved, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(found.deviations_, (latents @ matrix.T).std(0))


def test_attributes_in_other_units_have_the_same_directions():
    matrix = gaussian(3, 4)
    latents = gaussian(40, 4)
    plain = AttributeDirections(itself).fit(times(matrix), latents)
    scaled = AttributeDirections(lambda outputs: outputs * 1000.0).fit(times(matrix), latents)
    np.testing.assert_allclose(plain.directions_, scaled.directions_, atol=1e-9)
    np.testing.assert_allclose(plain.strengths_, scaled.strengths_, rtol=1e-9)


# Directions by regression


def test_ridge_gives_the_slope_and_the_step_of_one_deviation():
    slopes = np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 0.5]])
    latents = gaussian(3000, 3)
    found = AttributeDirections(itself, method="ridge", alpha=1e-9).fit(times(slopes), latents)
    np.testing.assert_allclose(found.coef_, slopes, atol=1e-6)
    np.testing.assert_allclose(found.directions_, [[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]], atol=1e-6)
    moved = ((found.strengths_[:, None] * found.directions_) @ slopes.T).diagonal()
    np.testing.assert_allclose(moved, found.deviations_, rtol=1e-6)
    np.testing.assert_allclose(found.scores_, 1.0)


def test_ridge_says_what_it_cannot_explain():
    def half_noise(outputs):
        values = np.asarray(outputs)
        odd = np.sin(1e4 * values[:, 0]) * np.sqrt(2)
        return np.stack([values[:, 0] + odd, values[:, 1]], axis=1)

    found = AttributeDirections(half_noise, method="ridge").fit(times(np.eye(2)), gaussian(4000, 2))
    np.testing.assert_allclose(found.scores_, [0.5, 1.0], atol=0.05)


def test_the_slope_shrinks_with_the_penalty():
    slopes = np.eye(2)
    steps = [
        AttributeDirections(itself, method="ridge", alpha=alpha)
        .fit(times(slopes), gaussian(50, 2))
        .strengths_
        for alpha in (0.0, 10.0, 100.0)
    ]
    assert (steps[0] < steps[1]).all() and (steps[1] < steps[2]).all()


# Names


class Named:
    names = ("left", "right")

    def __call__(self, outputs):
        return outputs


def as_table(outputs):
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(np.asarray(outputs), columns=["first", "second"])


@pytest.mark.parametrize(
    ("attributes", "given", "expected"),
    [
        (itself, None, ["attribute 0", "attribute 1"]),
        (itself, ["a", "b"], ["a", "b"]),
        (Named(), None, ["left", "right"]),
        (Named(), ["a", "b"], ["a", "b"]),
        (as_table, None, ["first", "second"]),
    ],
)
@pytest.mark.parametrize("method", ["jacobian", "ridge"])
def test_names_are_those_given_or_of_the_callable_or_of_its_table(
    attributes, given, expected, method
):
    finder = AttributeDirections(attributes, attribute_names=given, method=method)
    assert finder.fit(times(np.eye(2)), gaussian(20, 2)).names_ == expected


def test_a_method_called_names_is_no_list_of_names():
    class First:
        def names(self):
            return ["first"]

        def __call__(self, outputs):
            return outputs[:, :1]

    latents = np.random.default_rng(0).normal(size=(20, 2))
    assert AttributeDirections(First()).fit(np.tanh, latents).names_ == ["attribute 0"]


def test_a_network_that_measures_is_given_its_own_dtype():
    network = torch.nn.Linear(2, 3)
    latents = np.random.default_rng(0).normal(size=(20, 2))
    for function in (np.tanh, torch.tanh):
        assert AttributeDirections(network).fit(function, latents).n_directions_ == 3


def test_the_number_of_names_has_to_be_that_of_the_attributes():
    finder = AttributeDirections(itself, attribute_names=["a"])
    with pytest.raises(
        ValueError, match="attribute_names must hold 2 names, one an attribute; got"
    ):
        finder.fit(times(np.eye(2)), gaussian(20, 2))


@pytest.mark.parametrize("method", ["jacobian", "ridge"])
def test_an_attribute_that_does_not_vary_is_named(method):
    finder = AttributeDirections(itself, method=method, attribute_names=["moving", "still"])
    with pytest.raises(ValueError, match="attribute 'still' does not vary over the 20 latents"):
        finder.fit(times(np.array([[1.0, 2.0], [0.0, 0.0]])), gaussian(20, 2))


def test_an_attribute_without_slope_is_named():
    def steps(outputs):
        return torch.stack([outputs[:, 0], torch.round(outputs[:, 1])], dim=1)

    finder = AttributeDirections(steps, gradient="autograd", attribute_names=["smooth", "stairs"])
    with pytest.raises(ValueError, match="attribute 'stairs' does not depend on the latents"):
        finder.fit(times(np.eye(2)), gaussian(20, 2))


def test_a_single_latent_says_nothing_of_deviations():
    with pytest.raises(ValueError, match="latents must have at least 2 rows"):
        AttributeDirections(itself).fit(times(np.eye(2)), gaussian(1, 2))


@pytest.mark.parametrize(
    ("parameters", "n_parts"),
    [({"gradient": "autograd"}, 3), ({"gradient": "finite"}, 2), ({"method": "ridge"}, 0)],
    ids=["autograd", "finite", "ridge"],
)
def test_callbacks_hear_of_the_parts(parameters, n_parts):
    counter = Counter()
    finder = AttributeDirections(itself, **parameters).set_callbacks(counter)
    finder.fit(times(np.eye(2)), gaussian(150, 2))
    assert counter.n_parts == counter.n_told == 3 + n_parts  # three batches of outputs first
    assert counter.ended


def test_differences_are_taken_at_fewer_latents():
    n_seen = []

    class Counting:
        latent_shape = (3,)

        def __call__(self, latents):
            n_seen.append(len(latents))
            return np.asarray(latents) * 2.0

    AttributeDirections(itself, random_state=0).fit(Counting())
    assert sum(n_seen) < 64 * (2 * 3 + 1) + 20


def test_so_they_are_where_only_the_attributes_have_no_gradient():
    """The generator alone could be differentiated; it is the two together that count."""
    n_seen = []

    def counting(latents):
        n_seen.append(len(latents))
        return 2 * latents

    generator = as_generator(counting, latent_shape=3, backend="torch")
    AttributeDirections(lambda x: np.asarray(x), random_state=0).fit(generator)
    assert sum(n_seen) < 64 * (2 * 3 + 1) + 20
    n_seen.clear()
    AttributeDirections(itself, random_state=0).fit(generator)
    assert 2 * 256 <= sum(n_seen) < 2 * 256 + 20
