"""What an object is, is seen from the object; what is none is refused."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from skcurve.generators import Generator, as_generator

PCA_2 = PCA(2).fit(np.random.default_rng(0).standard_normal((20, 5)))


def test_an_adapted_generator_is_left_as_it_is():
    generator = as_generator(np.tanh, latent_shape=2, batch_size=9)
    assert as_generator(generator) is generator
    assert isinstance(generator, Generator)
    for option in ({"latent_shape": 2}, {"truncation": 0.5}, {"device": "cpu"}):
        with pytest.raises(ValueError, match="adapted already"):
            as_generator(generator, **option)


@pytest.mark.parametrize("obj", [None, 3, "stylegan", np.eye(3), object(), [np.tanh]])
def test_what_is_no_generator_is_refused(obj):
    with pytest.raises(TypeError, match="obj must be a function from latents to outputs"):
        as_generator(obj)


def test_a_class_is_not_yet_a_generator():
    with pytest.raises(TypeError, match="not a class; got PCA"):
        as_generator(PCA)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"latent_shape": 0}, "latent_shape must be positive integers"),
        ({"latent_shape": (2, -1)}, "latent_shape must be positive integers"),
        ({"latent_shape": "wide"}, "latent_shape must be positive integers"),
        ({"latent_shape": 2.5}, "latent_shape must be positive integers"),
        ({"n_layers": 0}, "n_layers must be at least 1"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"backend": "jax"}, "backend must be 'numpy', 'torch' or None; got 'jax'"),
        ({"truncation": np.nan}, "truncation must be a finite number"),
        ({"device": "abacus"}, "device='abacus' cannot be used"),
        ({"truncation": 0.5}, "needs a generator with `mapping` and `synthesis`"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        as_generator(np.tanh, **options)


@pytest.mark.parametrize(
    ("obj", "options", "message"),
    [
        (torch.nn.Tanh(), {"backend": "torch"}, "backend='torch' has no meaning"),
        (PCA_2, {"truncation": 0.5}, "has no meaning for a transformer with inverse_transform"),
        (PCA_2, {"device": "meta"}, "transformers compute on the processor"),
    ],
)
def test_options_without_meaning_are_refused(obj, options, message):
    with pytest.raises(ValueError, match=message):
        as_generator(obj, **options)


def test_what_is_said_may_not_contradict_what_is_shown():
    class Sized:
        latent_shape, n_layers = (4,), 2

        def __call__(self, w):
            return w

    assert as_generator(Sized(), latent_shape=4, n_layers=2).n_layers == 2
    with pytest.raises(
        ValueError, match=r"latent_shape=\(5,\) was given, but the generator itself"
    ):
        as_generator(Sized(), latent_shape=5)
    with pytest.raises(ValueError, match="n_layers=3 was given"):
        as_generator(Sized(), n_layers=3)


def test_a_generator_can_be_sent_to_a_worker(nvidia):
    for obj in (nvidia(), torch.nn.Linear(2, 3), PCA_2, np.tanh):
        generator = as_generator(obj)
        z = np.ones((2, 5 if hasattr(obj, "mapping") else 2), np.float32)
        again = pickle.loads(pickle.dumps(generator))
        np.testing.assert_array_equal(again(z), generator(z))


def test_a_network_is_moved_where_the_user_wants_it():
    network = torch.nn.Linear(3, 2)
    assert as_generator(network)._backend.device == torch.device("cpu")
    as_generator(network, device="meta")
    assert network.weight.is_meta


def test_kinds_are_told_apart_without_importing_their_packages():
    code = (
        "import sys, numpy as np, skcurve.generators as g; g.as_generator(np.tanh); "
        "print(*{'diffusers', 'pytorch_pretrained_biggan', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
