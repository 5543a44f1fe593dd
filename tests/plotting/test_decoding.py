"""What a decoder gives is shown as it is, or there is one error that says what is wrong with it."""

import numpy as np
import pytest
import torch

from skcurve.plotting.decoding import BATCH, LONGEST_SIDE, decode_vertices

LATENTS = np.random.default_rng(0).random((70, 12))


class Generator(torch.nn.Module):
    """The images of latents, as torch has them: channels first."""

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones((), dtype=torch.float32))

    def forward(self, latents):
        assert latents.dtype == self.scale.dtype
        return (latents * self.scale).reshape(-1, 3, 2, 2)

    def first(self, latents):
        return self(latents)[:, :1]


@pytest.mark.parametrize("shape", [(3, 4), (2, 2, 3)])
def test_flat_vertices_take_the_shape_they_are_said_to_have(shape):
    np.testing.assert_array_equal(
        decode_vertices(LATENTS, None, shape), LATENTS.reshape(-1, *shape)
    )


def test_a_function_gets_the_kind_of_array_the_curve_has_in_batches():
    seen = []

    def decoder(latents):
        seen.append(latents)
        return latents.reshape(-1, 3, 4)

    images = decode_vertices(LATENTS, decoder, None)
    np.testing.assert_array_equal(images, LATENTS.reshape(-1, 3, 4))
    assert [len(part) for part in seen] == [BATCH, BATCH, 70 - 2 * BATCH]
    assert all(isinstance(part, np.ndarray) for part in seen)
    seen.clear()
    decode_vertices(torch.from_numpy(LATENTS), decoder, None)
    assert all(isinstance(part, torch.Tensor) for part in seen)


@pytest.mark.parametrize("latents", [LATENTS, torch.from_numpy(LATENTS)])
def test_a_module_gets_tensors_of_its_own_dtype_and_keeps_no_gradient(latents):
    module = Generator()
    images = decode_vertices(latents, module, None)
    expected = np.moveaxis(LATENTS.astype(np.float32).reshape(-1, 3, 2, 2), 1, 3)
    np.testing.assert_array_equal(images, expected)
    grey = decode_vertices(latents, module.first, None)
    np.testing.assert_array_equal(grey, expected[..., 0])


def test_flat_outputs_take_the_shape_they_are_said_to_have():
    images = decode_vertices(LATENTS, lambda z: np.tile(z, 4), (6, 8))
    np.testing.assert_array_equal(images, np.tile(LATENTS, 4).reshape(-1, 6, 8))


@pytest.mark.parametrize(
    "as_kind",
    [
        list,
        np.array,
        lambda names: np.array(names, dtype=object),
        lambda names: pytest.importorskip("pandas").Series(names),
    ],
)
def test_strings_are_labels(as_kind):
    labels = decode_vertices(LATENTS, lambda z: as_kind([f"{row[0]:.3f}" for row in z]), None)
    assert labels == [f"{row[0]:.3f}" for row in LATENTS]


def test_integer_colours_go_to_255_and_others_to_1():
    whole = decode_vertices(LATENTS, lambda z: np.full((len(z), 2, 2, 3), 51, dtype=np.uint8), None)
    np.testing.assert_allclose(whole, 0.2)
    halves = decode_vertices(LATENTS, lambda z: torch.full((len(z), 3, 2, 2), 0.5).half(), None)
    np.testing.assert_array_equal(halves, np.full((70, 2, 2, 3), 0.5))


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_black_and_white_are_0_and_1(kind):
    decoded = decode_vertices(LATENTS, lambda z: kind(z.reshape(-1, 2, 2, 3) > 0.5), None)
    np.testing.assert_array_equal(decoded, LATENTS.reshape(-1, 2, 2, 3) > 0.5)
    assert decoded.dtype.kind == "f"


def test_colours_slightly_outside_are_brought_back():
    values = np.linspace(-0.05, 1.05, 12)
    images = decode_vertices(np.tile(values, (4, 1)), None, (2, 2, 3))
    assert (images.min(), images.max()) == (0, 1)


@pytest.mark.parametrize("shape", [(600, 900), (1, 3000), (900, 2), (512, 512, 3)])
def test_large_images_become_smaller_and_keep_their_mean(shape):
    images = decode_vertices(LATENTS[:2], lambda z: np.full((2, *shape), 0.25), None)
    assert max(images.shape[1:3]) <= LONGEST_SIDE and min(images.shape[1:3]) >= 1
    np.testing.assert_allclose(images, 0.25)
    ramp = np.broadcast_to(np.arange(1024.0), (2, 1024, 1024))
    (row, *_) = decode_vertices(LATENTS[:2], lambda z: ramp, None)[0]
    np.testing.assert_array_equal(row, np.arange(256) * 4 + 1.5)


def broken(latents):
    raise KeyError("no such layer")


@pytest.mark.parametrize(
    ("decoder", "shape", "error", "message"),
    [
        (
            broken,
            None,
            RuntimeError,
            r"decoder failed on ndarray latents of shape \(32, 12\): KeyError: 'no such layer'",
        ),
        (lambda z: np.zeros((3, 4, 4)), None, ValueError, r"each of 32 latents; .*\(3, 4, 4\)"),
        (lambda z: ["a"], None, ValueError, r"each of 32 latents; got list of shape \(1,\)"),
        (lambda z: None, None, ValueError, "each of 32 latents; got NoneType"),
        (lambda z: [{}] * len(z), None, ValueError, "numbers, or strings; got list of object"),
        (lambda z: ["a", None] * (len(z) // 2), None, ValueError, "got list of object"),
        (lambda z: np.zeros((len(z), 0, 5)), None, ValueError, r"of the 0 features; got \(0, 5\)"),
        (lambda z: z, None, ValueError, r"decoder's images must be .* 12 features; got \(12,\)"),
        (lambda z: z, (3, 5), ValueError, r"image_shape must be .* 12 features; got \(3, 5\)"),
        (
            lambda z: [np.zeros((2, 2 + i % 2)) for i in range(len(z))],
            None,
            ValueError,
            "images of one size, or strings; got list",
        ),
        (
            lambda z: np.zeros((len(z), 4, len(z))),
            None,
            ValueError,
            r"images of one size; got \(4, 32\) and others",
        ),
        (lambda z: z.reshape(-1, 2, 2, 3) * 2 - 1, None, ValueError, r"\[0, 1\].* Rescale them"),
        (lambda z: np.log(-z).reshape(-1, 3, 4), None, ValueError, "NaN or infinity"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_bad_decoder_is_named(decoder, shape, error, message):
    with pytest.raises(error, match=message):
        decode_vertices(LATENTS, decoder, shape)
