"""Generators to test with: a double of NVIDIA's networks, and functions that fail on purpose."""

import numpy as np
import pytest
import torch


class FullyConnected(torch.nn.Module):
    """Equalised learning rate: the weight is scaled when it is used."""

    def __init__(self, n_in, n_out, bias_init=0.0):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(n_out, n_in))
        self.bias = torch.nn.Parameter(torch.full([n_out], float(bias_init)))
        self.weight_gain = n_in**-0.5

    def forward(self, x):
        return torch.addmm(self.bias.to(x.dtype), x, (self.weight * self.weight_gain).to(x.dtype).T)


class Mapping(torch.nn.Module):
    """z and c to w, repeated for every layer; keeps the running mean of w."""

    def __init__(self, z_dim, c_dim, w_dim, num_ws):
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim, self.num_ws = z_dim, c_dim, w_dim, num_ws
        if c_dim > 0:
            self.embed = FullyConnected(c_dim, w_dim)
        self.fc0 = FullyConnected(z_dim + (w_dim if c_dim > 0 else 0), w_dim)
        self.fc1 = FullyConnected(w_dim, w_dim)
        self.register_buffer("w_avg", torch.randn(w_dim))

    def forward(self, z, c, truncation_psi=1, truncation_cutoff=None, update_emas=False):
        assert z.shape[1] == self.z_dim
        assert c.shape == (len(z), self.c_dim)
        x = z.to(torch.float32)
        x = x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        if self.c_dim > 0:
            y = self.embed(c.to(torch.float32))
            x = torch.cat([x, y * (y.square().mean(1, keepdim=True) + 1e-8).rsqrt()], dim=1)
        for layer in (self.fc0, self.fc1):
            x = torch.nn.functional.leaky_relu(layer(x), 0.2)
        if update_emas or self.training:
            self.w_avg.copy_(x.detach().mean(0).lerp(self.w_avg, 0.998))
        x = x.unsqueeze(1).repeat([1, self.num_ws, 1])
        if truncation_psi != 1:
            x[:, :truncation_cutoff] = self.w_avg.lerp(x[:, :truncation_cutoff], truncation_psi)
        return x


class SynthesisLayer(torch.nn.Module):
    """A modulated 1 x 1 convolution with noise; in half precision unless that is forbidden."""

    def __init__(self, n_in, n_out, w_dim, resolution):
        super().__init__()
        self.affine = FullyConnected(w_dim, n_in, bias_init=1)
        self.weight = torch.nn.Parameter(torch.randn(n_out, n_in) / n_in**0.5)
        self.register_buffer("noise_const", torch.randn(resolution, resolution))
        self.noise_strength = torch.nn.Parameter(torch.tensor(0.5))
        self.resolution = resolution

    def forward(self, x, w, noise_mode="random", force_fp32=False):
        assert noise_mode in ("random", "const", "none")
        dtype = torch.float32 if force_fp32 else torch.float16
        styles = self.affine(w)
        x = torch.nn.functional.interpolate(x.to(torch.float32), size=self.resolution)
        x = torch.einsum("oi,nihw->nohw", self.weight, x * styles[:, :, None, None])
        if noise_mode == "random":
            x = x + torch.randn_like(x[:, :1]) * self.noise_strength
        if noise_mode == "const":
            x = x + self.noise_const * self.noise_strength
        return torch.nn.functional.leaky_relu(x, 0.2).to(dtype)


class Synthesis(torch.nn.Module):
    """W+ to images."""

    def __init__(self, w_dim, num_ws, resolution):
        super().__init__()
        self.w_dim, self.num_ws = w_dim, num_ws
        self.const = torch.nn.Parameter(torch.randn(4, 4, 4))
        for i in range(num_ws):
            last = i == num_ws - 1
            self.add_module(
                f"L{i}", SynthesisLayer(4, 3 if last else 4, w_dim, min(4 * 2**i, resolution))
            )

    def forward(self, ws, **layer_kwargs):
        assert ws.shape[1:] == (self.num_ws, self.w_dim)
        x = self.const.expand(len(ws), -1, -1, -1)
        for i, w in enumerate(ws.to(torch.float32).unbind(1)):
            x = getattr(self, f"L{i}")(x, w, **layer_kwargs)
        return x.to(torch.float32)


class NvidiaGenerator(torch.nn.Module):
    """The public interface of G_ema in the pickles of StyleGAN2-ADA and StyleGAN3."""

    def __init__(self, z_dim=6, c_dim=0, w_dim=5, num_ws=3, img_resolution=8):
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim = z_dim, c_dim, w_dim
        self.num_ws, self.img_resolution, self.img_channels = num_ws, img_resolution, 3
        self.mapping = Mapping(z_dim, c_dim, w_dim, num_ws)
        self.synthesis = Synthesis(w_dim, num_ws, img_resolution)

    def forward(self, z, c, truncation_psi=1, truncation_cutoff=None, **synthesis_kwargs):
        ws = self.mapping(z, c, truncation_psi, truncation_cutoff)
        return self.synthesis(ws, **synthesis_kwargs)


def seeded(seed, make):
    """What `make` gives with torch seeded, the global generator put back."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


@pytest.fixture
def nvidia():
    """A maker of doubles: ``nvidia(c_dim=3)``."""
    return lambda **sizes: seeded(0, lambda: NvidiaGenerator(**sizes)).eval()


@pytest.fixture
def make_seeded():
    """Random weights, always the same: ``make_seeded(lambda: torch.nn.Linear(3, 4))``."""
    return lambda make, seed=0: seeded(seed, make)


@pytest.fixture
def globals_untouched():
    """Fails the test if it moves a global random generator."""
    with_numpy, with_torch = np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    yield
    np.testing.assert_array_equal(with_numpy[1], np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(with_torch, torch.get_rng_state())
