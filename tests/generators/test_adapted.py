"""What holds of every generator: batches, libraries, shapes, samples."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skcurve.generators import AdaptedGenerator, GeneratorError, as_generator

MATRIX = np.random.default_rng(0).standard_normal((3, 4))


def numpy_waves(latents):
    return np.sin(latents @ MATRIX)


def torch_waves(latents):
    return torch.sin(latents @ torch.from_numpy(MATRIX).to(latents))


@st.composite
def latents(draw, width=3):
    n = draw(st.integers(1, 12))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return draw(arrays(dtype, (n, width), elements=st.floats(-4, 4, width=32)))


@pytest.mark.parametrize("function", [numpy_waves, torch_waves])
@given(z=latents(), batch_size=st.integers(1, 14))
def test_the_batch_size_changes_nothing(function, z, batch_size):
    generator = as_generator(function)
    expected = np.sin(z.astype(np.float64) @ MATRIX)
    np.testing.assert_allclose(generator(z, batch_size=batch_size), expected, atol=1e-5)
    seen = np.zeros(len(z), int)
    for rows, outputs in generator.iter_batches(z, batch_size):
        seen[rows] += 1
        np.testing.assert_allclose(outputs, expected[rows], atol=1e-5)
        assert 1 <= len(outputs) <= batch_size
    assert (seen == 1).all()


@given(z=latents())
def test_numpy_and_torch_generators_agree(z):
    first, second = as_generator(numpy_waves), as_generator(torch_waves)
    for given_latents in (z, torch.from_numpy(z.copy())):
        one, other = first(given_latents), second(given_latents)
        assert type(one) is type(other) is type(given_latents)
        assert one.dtype == other.dtype == given_latents.dtype
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), atol=1e-5)


@pytest.mark.parametrize("function", [numpy_waves, torch_waves])
@pytest.mark.parametrize(
    ("given_dtype", "expected"),
    [("float16", "float32"), ("float32", "float32"), ("float64", "float64"), ("int64", "float64")],
)
def test_floating_outputs_have_the_dtype_of_the_latents(function, given_dtype, expected):
    z = np.ones((2, 3), given_dtype)
    assert as_generator(function)(z).dtype == expected
    outputs = as_generator(function)(torch.from_numpy(z))
    assert isinstance(outputs, torch.Tensor)
    assert str(outputs.dtype) == f"torch.{expected}"


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool"])
def test_bytes_and_labels_stay_what_they_are(dtype):
    generator = as_generator(lambda z: np.ones((len(z), 2), dtype), backend="numpy")
    assert generator(np.zeros((3, 2), np.float32)).dtype == dtype


def test_a_list_is_as_good_as_an_array():
    np.testing.assert_array_equal(
        as_generator(np.tanh)([[0, 1], [2, 3]]), np.tanh([[0, 1], [2, 3]])
    )


def test_latents_are_not_changed_by_a_function_that_writes_to_its_input():
    def rude(z):
        z *= 2
        return z

    z = np.ones((4, 2))
    for backend in ("numpy", "torch"):
        np.testing.assert_array_equal(as_generator(rude, backend=backend)(z), 2 * np.ones((4, 2)))
        np.testing.assert_array_equal(z, np.ones((4, 2)))


def test_outputs_survive_a_function_that_uses_its_memory_again():
    memory = np.empty((2, 3))

    def thrifty(z):
        memory[: len(z)] = z
        return memory[: len(z)]

    z = np.arange(15.0).reshape(5, 3)
    generator = as_generator(thrifty, batch_size=2, backend="numpy")
    np.testing.assert_array_equal(generator(z), z)
    kept = list(generator.iter_batches(z))
    for rows, outputs in kept:
        np.testing.assert_array_equal(outputs, z[rows])


def test_read_only_latents_are_taken():
    z = np.ones((2, 3))
    z.setflags(write=False)
    assert as_generator(numpy_waves)(z).shape == (2, 4)


@given(z=latents(), n_layers=st.integers(1, 4), batch_size=st.integers(1, 5))
def test_one_latent_for_all_layers_is_that_latent_in_every_layer(z, n_layers, batch_size):
    generator = as_generator(lambda w: torch.sin(w).flatten(1), n_layers=n_layers, latent_shape=3)
    repeated = np.repeat(z[:, None], n_layers, axis=1)
    one, each = generator(z, batch_size=batch_size), generator(repeated, batch_size=batch_size)
    assert one.shape == (len(z), 3 * n_layers)
    np.testing.assert_array_equal(one, each)


def test_layers_reach_the_function_in_their_order():
    generator = as_generator(lambda w: w, n_layers=2)
    w = np.arange(12.0).reshape(2, 2, 3)
    np.testing.assert_array_equal(generator(w), w)
    assert generator.latent_shape == (3,)


def test_latents_of_several_axes_may_come_as_rows():
    generator = as_generator(lambda z: z.sum(axis=(1, 2, 3)), latent_shape=(2, 3, 4))
    assert generator.latent_shape == (24,)
    assert generator.native_shape == (2, 3, 4)
    z = np.random.default_rng(0).standard_normal((5, 2, 3, 4))
    np.testing.assert_allclose(generator(z), generator(z.reshape(5, 24)))
    np.testing.assert_allclose(generator(z), z.sum(axis=(1, 2, 3)))
    assert generator.sample(7, 0).shape == (7, 24)


def test_a_plain_function_learns_its_shape_from_what_it_takes():
    generator = as_generator(numpy_waves)
    assert generator.latent_shape is None
    with pytest.raises(ValueError, match="does not say the shape of its latents"):
        generator.sample(2)
    with pytest.raises(RuntimeError, match="failed on batch 1"):
        generator(np.zeros((2, 5)))
    assert generator.latent_shape is None  # it refused these
    generator(np.zeros((2, 3)))
    assert generator.latent_shape == (3,)
    assert generator.sample(2).shape == (2, 3)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3,), r"latents must have shape \(n, 3\) or \(n, 2, 3\); got \(3,\)"),
        ((4, 5), r"latents must have shape \(n, 3\) or \(n, 2, 3\); got \(4, 5\)"),
        ((4, 3, 3), r"or \(n, 2, 3\); got \(4, 3, 3\)"),
        ((0, 3), r"latents must not be empty; got shape \(0, 3\)"),
    ],
)
def test_wrong_shapes_are_refused_before_any_work(shape, message):
    calls = []
    generator = as_generator(calls.append, latent_shape=(3,), n_layers=2)
    for call in (generator, generator.iter_batches, generator.forward):
        with pytest.raises(ValueError, match=message):
            call(torch.zeros(shape))
    assert calls == []


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_latents_that_are_not_finite_are_refused(bad):
    with pytest.raises(ValueError, match="latents contain NaN or infinity"):
        as_generator(numpy_waves)([[0.0, bad, 0.0]])


@pytest.mark.parametrize("bad", [[["a"]], [[1j]], [[None]]])
def test_latents_that_are_no_numbers_are_refused(bad):
    with pytest.raises(TypeError, match="latents must hold real numbers"):
        as_generator(numpy_waves)(bad)


@pytest.mark.parametrize(("size", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError)])
def test_batch_sizes_are_positive_integers(size, error):
    with pytest.raises(error):
        as_generator(numpy_waves, batch_size=size)
    with pytest.raises(error):
        as_generator(numpy_waves)(np.zeros((2, 3)), batch_size=size)


@pytest.mark.parametrize("random_state", [0, np.random.RandomState(3), np.random.default_rng(3)])
def test_samples_come_from_random_state_alone(random_state, globals_untouched):
    generator = as_generator(numpy_waves, latent_shape=3)
    drawn = generator.sample(5000, random_state)
    assert drawn.shape == (5000, 3)
    assert drawn.dtype == np.float32
    np.testing.assert_allclose(np.cov(drawn.T), np.eye(3), atol=0.1)


@given(seed=st.integers(0, 2**31), n=st.integers(0, 20))
def test_the_same_seed_gives_the_same_sample(seed, n):
    generator = as_generator(numpy_waves, latent_shape=3)
    np.testing.assert_array_equal(generator.sample(n, seed), generator.sample(n, seed))
    assert n == 0 or not np.array_equal(generator.sample(n, seed), generator.sample(n, seed + 1))


def test_a_negative_number_of_samples_is_refused():
    with pytest.raises(ValueError, match="n must be at least 0; got -1"):
        as_generator(numpy_waves, latent_shape=3).sample(-1)


def test_gradients_flow_through_forward_and_not_through_a_call():
    generator = as_generator(torch_waves, latent_shape=3)
    assert generator.differentiable
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    z.requires_grad_()
    assert not generator(z).requires_grad
    outputs = generator.forward(z)
    torch.testing.assert_close(outputs.detach(), generator(z))
    (gradient,) = torch.autograd.grad(outputs.sum(), z)
    expected = torch.cos(z.detach() @ torch.from_numpy(MATRIX)) @ torch.from_numpy(MATRIX).T
    torch.testing.assert_close(gradient, expected)


def test_gradients_flow_into_one_latent_for_all_layers():
    generator = as_generator(lambda w: w.sum((1, 2)), n_layers=4, latent_shape=2, backend="torch")
    w = torch.zeros(3, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(generator.forward(w).sum(), w)
    torch.testing.assert_close(gradient, torch.full((3, 2), 4.0))


@pytest.mark.parametrize("called_before", [False, True])
def test_numpy_has_no_gradients_and_says_so(called_before):
    generator = as_generator(numpy_waves, latent_shape=3)
    if called_before:
        assert not generator.differentiable
    with pytest.raises(ValueError, match=r"numpy_waves.* has no gradients"):
        generator.forward(torch.zeros(2, 3))


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), torch.zeros((2, 3), dtype=torch.int64)])
def test_forward_takes_floating_tensors_alone(bad):
    with pytest.raises(TypeError, match="latents must be a tensor of floating-point numbers"):
        as_generator(torch_waves).forward(bad)


def test_functions_have_no_layers_to_look_at():
    generator = as_generator(torch_waves, latent_shape=3)
    assert generator.feature_names == ()
    with pytest.raises(ValueError, match="is no torch module"):
        generator.features(np.zeros((2, 3)), "0")
    with pytest.raises(ValueError, match="pass `weight=`"):
        generator.first_layer_weights()
    with pytest.raises(ValueError, match="has no mapping"):
        generator.mapping(np.zeros((2, 3)))


def test_the_representation_says_what_it_is():
    assert repr(as_generator(numpy_waves, latent_shape=3, batch_size=7)) == (
        "AdaptedGenerator(the function 'numpy_waves', latent_shape=(3,), n_layers=None, "
        "batch_size=7)"
    )


class Halves:
    """A mapping and a synthesis network in miniature, with what it says of itself."""

    latent_shape, output_range = (3,), (0, 255)

    def mapping(self, z):
        return np.tanh(z)

    def synthesis(self, w):
        return w @ MATRIX


def test_it_says_whether_it_has_a_mapping_and_what_its_space_is_called():
    class Noise:
        latent_shape, z_dim, output_range = (3,), 3, "pixels"

        def __call__(self, z):
            return z

    halves = as_generator(Halves())
    assert (halves.has_mapping, halves.space, halves.output_range) == (True, "W", (0.0, 255.0))
    layered = as_generator(numpy_waves, latent_shape=3, n_layers=2)
    assert (layered.has_mapping, layered.space) == (False, "W")
    noise = as_generator(Noise())
    assert (noise.has_mapping, noise.space, noise.output_range) == (False, "z", None)
    plain = as_generator(numpy_waves)
    assert (plain.has_mapping, plain.space, plain.output_range) == (False, "latent", None)


@given(latents())
def test_latents_are_checked_in_one_place_and_become_rows(z):
    pictures = as_generator(lambda x: x, latent_shape=(3, 1), n_layers=2, backend="numpy")
    layered = np.stack([z, z], axis=1)
    for given_, expected in (
        (z, z),
        (z[..., None], z),
        (layered, layered),
        (layered[..., None], layered),
    ):
        np.testing.assert_array_equal(pictures.check_latents(given_).numpy(), expected)
    for bad in (z[:, :2], z[0], z[:0], np.full_like(z, np.nan)):
        with pytest.raises(ValueError, match="latents"):
            pictures.check_latents(bad)


def test_a_function_that_does_not_say_its_shape_learns_it_from_one_latent():
    sizes = []

    def function(z):
        sizes.append(len(z))
        return z

    generator = as_generator(function, backend="numpy")
    assert generator.check_latents(np.zeros((9, 3))).shape == (9, 3)
    assert generator.latent_shape == (3,) and max(sizes) == 1
    with pytest.raises(ValueError, match=r"latents must have shape \(n, 3\); got \(9, 4\)"):
        generator.check_latents(np.zeros((9, 4)))


def test_a_part_is_named_as_its_caller_counts():
    def picky(z):
        return np.where(z > 5, np.nan, z)

    generator = as_generator(picky, backend="numpy")
    names = np.array([4, 4, 7])
    z = np.array([[1.0], [6.0], [6.0]])
    with pytest.raises(
        GeneratorError, match=r"batch 2 of 9 \(latents 4, 7\): latents 4, 7"
    ) as caught:
        generator.run_part(z, batch=1, n_batches=9, rows=names)
    assert caught.value.rows.tolist() == [4, 7]
    found = generator.run_part(torch.ones(3, 1), batch=0, n_batches=9, rows=names)
    assert isinstance(found, torch.Tensor)


def test_another_batch_size_is_another_generator_around_the_same():
    generator = as_generator(numpy_waves)
    generator(np.zeros((1, 3)))
    other = as_generator(generator, batch_size=5)
    assert isinstance(other, AdaptedGenerator)
    assert (other.batch_size, generator.batch_size, other.latent_shape) == (5, 64, (3,))
    assert as_generator(other, batch_size=5) is other


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_network_on_a_device_takes_latents_from_anywhere():
    network = torch.nn.Linear(3, 4)
    generator = as_generator(network, device="cuda", batch_size=2)
    assert network.weight.is_cuda
    z = torch.randn(5, 3)
    for place in ("cpu", "cuda"):
        outputs = generator(z.to(place))
        assert outputs.device.type == place
        torch.testing.assert_close(outputs.cpu(), network(z.cuda()).detach().cpu())
    assert isinstance(generator(z.numpy()), np.ndarray)
    latents = z.clone().requires_grad_()
    generator.forward(latents).sum().backward()
    assert latents.grad is not None
