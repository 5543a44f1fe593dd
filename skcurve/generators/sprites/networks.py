"""The three small networks: a style-based generator, its discriminator, and the scorer.

Sources: Karras et al., "Analyzing and improving the image quality of StyleGAN", CVPR 2020: mapping
network, modulation and demodulation, equalised learning rates, sums of coloured outputs, residual
discriminator with the standard deviation over groups.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

N_LATENTS = 64
CHANNELS = (96, 64, 48, 24)
SLOPE = 0.2
GAIN = math.sqrt(2.0)
MAPPING_RATE = 0.01
MAPPING_DEPTH = 4


class EqualLinear(nn.Module):
    """A linear layer whose weights are stored at one scale, so that one learning rate fits all.

    Parameters
    ----------
    n_in, n_out : int
        Sizes.
    rate : float, default=1.0
        By how much the layer learns slower than the others.
    bias : float, default=0.0
        Where the bias starts.
    """

    def __init__(self, n_in: int, n_out: int, *, rate: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_out, n_in) / rate)
        self.bias = nn.Parameter(torch.full((n_out,), bias / rate))
        self.scale, self.rate = rate / math.sqrt(n_in), rate

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return (n, n_out) for (n, n_in)."""
        return F.linear(rows, self.weight * self.scale, self.bias * self.rate)


class EqualConv(nn.Module):
    """A convolution with weights at one scale; the size stays, or halves with `stride=2`."""

    def __init__(self, n_in: int, n_out: int, side: int = 3, *, stride: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_out, n_in, side, side))
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.scale, self.stride, self.padding = 1 / math.sqrt(n_in * side**2), stride, side // 2

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (n, n_out, h, w) for (n, n_in, h, w)."""
        weight = self.weight * self.scale
        return F.conv2d(images, weight, self.bias, stride=self.stride, padding=self.padding)


class StyledConv(nn.Module):
    """A convolution modulated by a latent.

    Scaling the inputs and then the outputs of one shared convolution is the same as scaling its
    weights for every image, and on a processor several times as fast.

    Parameters
    ----------
    n_in, n_out : int
        Numbers of channels.
    up : {"", "before", "after"}
        Whether the size is doubled, and when: after the convolution is cheaper.
    """

    def __init__(self, n_in: int, n_out: int, *, up: str = "") -> None:
        super().__init__()
        self.up, self.scale = up, 1 / math.sqrt(n_in * 9)
        self.weight = nn.Parameter(torch.randn(n_out, n_in, 3, 3))
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.style = EqualLinear(N_LATENTS, n_in, bias=1.0)

    def forward(self, features: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        """Return (n, n_out, h, w) for (n, n_in, h, w) and (n, D); twice the size with `up`."""
        style = self.style(latents)
        weight = self.weight * self.scale
        demodulation = torch.rsqrt(style**2 @ weight.square().sum((2, 3)).T + 1e-8)
        features = features * style[:, :, None, None]
        if self.up == "before":
            features = F.interpolate(features, scale_factor=2, mode="bilinear")
        features = F.conv2d(features, weight, padding=1) * demodulation[:, :, None, None]
        if self.up == "after":
            features = F.interpolate(features, scale_factor=2, mode="bilinear")
        return F.leaky_relu(features + self.bias[:, None, None], SLOPE) * GAIN


class Colours(nn.Module):
    """Features to red, green and blue, modulated by a latent but not demodulated."""

    def __init__(self, n_in: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, n_in))
        self.bias = nn.Parameter(torch.zeros(3))
        self.style = EqualLinear(N_LATENTS, n_in, bias=1.0)
        self.scale = 1 / math.sqrt(n_in)

    def forward(self, features: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        """Return (n, 3, h, w) for (n, n_in, h, w) and (n, D)."""
        features = features * self.style(latents)[:, :, None, None]
        return F.conv2d(features, (self.weight * self.scale)[:, :, None, None], self.bias)


class Mapping(nn.Module):
    """From z to w: four layers, at a hundredth of the learning rate."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            EqualLinear(N_LATENTS, N_LATENTS, rate=MAPPING_RATE) for _ in range(MAPPING_DEPTH)
        )

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Return w (n, D) for z (n, D), of which only the direction matters."""
        w = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
        for layer in self.layers:
            w = F.leaky_relu(layer(w), SLOPE) * GAIN
        return w


class Synthesis(nn.Module):
    """From one w for each layer to an image: 4, 8, 16, 32 pixels, two layers a size.

    The last layer at each size and the colours of that size share a w.
    """

    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.randn(CHANNELS[0], 4, 4))
        sizes = list(zip(CHANNELS[:1] + CHANNELS[:-1], CHANNELS, strict=True))
        self.layers = nn.ModuleList()
        for i, (n_in, n_out) in enumerate(sizes):
            up = ("", "before", "before", "after")[i]
            self.layers.append(StyledConv(n_in, n_out, up=up))
            self.layers.append(StyledConv(n_out, n_out))
        self.colours = nn.ModuleList(Colours(n_out) for n_out in CHANNELS)

    @property
    def n_layers(self) -> int:
        """How many w an image takes."""
        return len(self.layers)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Return (n, 3, 32, 32) for (n, L, D), or for (n, D), the same for all layers."""
        if latents.ndim == 2:
            latents = latents[:, None].expand(-1, self.n_layers, -1)
        features = self.start.expand(len(latents), -1, -1, -1)
        if features.device.type == "cpu":  # convolutions with few channels are faster so
            features = features.contiguous(memory_format=torch.channels_last)
        image: torch.Tensor | None = None
        for i, layer in enumerate(self.layers):
            w = latents[:, i]
            features = layer(features, w)
            if i % 2:
                colours = self.colours[i // 2](features, w)
                if image is not None:
                    colours = colours + F.interpolate(image, scale_factor=2, mode="bilinear")
                image = colours
        assert image is not None
        return image.contiguous()


class Discriminator(nn.Module):
    """From images to one number each: larger for real ones.

    Pixels are first gathered in fours, which costs no information and a third of the time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = EqualConv(12, 48)
        self.blocks = nn.ModuleList([_Halving(48, 96), _Halving(96, 128)])
        self.last = EqualConv(129, 128)
        self.hidden = EqualLinear(128 * 16, 64)
        self.out = EqualLinear(64, 1)
        self.register_buffer("usual_deviation", torch.zeros(()))
        self.usual_deviation: torch.Tensor

    def forward(self, images: torch.Tensor, *, group: int | None = None) -> torch.Tensor:
        """Return (n,) for (n, 3, 32, 32).

        Parameters
        ----------
        images : (n, 3, 32, 32) tensor
            In [-1, 1].
        group : int, optional
            While training: how many images share a standard deviation, a divisor of n. Without
            it each image is judged alone, with the deviation that groups of real images have.
        """
        return self.head(self.features(images), group=group)

    def head(self, features: torch.Tensor, *, group: int | None = None) -> torch.Tensor:
        """Return (n,) for features (n, 128, 4, 4); see `forward`."""
        n = len(features)
        if group is None:
            deviation = self.usual_deviation.expand(n)
        else:
            deviation = self.group_deviation(features, group).repeat(group)
        plane = deviation[:, None, None, None].expand(n, 1, 4, 4)
        features = F.leaky_relu(self.last(torch.cat([features, plane], 1)), SLOPE)
        out: torch.Tensor = self.out(F.leaky_relu(self.hidden(features.flatten(1)), SLOPE))
        return out[:, 0]

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Return (n, 128, 4, 4) for (n, 3, 32, 32)."""
        features = F.pixel_unshuffle(images, 2).contiguous(memory_format=torch.channels_last)
        features = F.leaky_relu(self.first(features), SLOPE)
        for block in self.blocks:
            features = block(features)
        return features

    @staticmethod
    def group_deviation(features: torch.Tensor, group: int) -> torch.Tensor:
        """Average the standard deviations over groups of images: (n / group,) for (n, c, h, w)."""
        grouped = features.reshape(group, -1, *features.shape[1:])
        return torch.sqrt(grouped.var(0, unbiased=False) + 1e-8).mean((1, 2, 3))


class _Halving(nn.Module):
    """Two convolutions beside a plain shortcut; half the size comes out."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.first, self.second = EqualConv(n_in, n_in), EqualConv(n_in, n_out, stride=2)
        self.shortcut = EqualConv(n_in, n_out, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        main = F.leaky_relu(self.first(features), SLOPE) * GAIN
        main = F.leaky_relu(self.second(main), SLOPE) * GAIN
        return (main + self.shortcut(F.avg_pool2d(features, 2))) / GAIN


class Scorer(nn.Module):
    """From images to ten numbers: the cosine and sine of the hue, and the other eight factors."""

    def __init__(self, n_factors: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.PixelUnshuffle(2)]
        for n_in, n_out, stride in ((12, 48, 1), (48, 64, 2), (64, 96, 1), (96, 128, 2)):
            layers.append(nn.Conv2d(n_in, n_out, 3, stride=stride, padding=1, bias=False))
            layers += [nn.BatchNorm2d(n_out), nn.SiLU()]
        self.convolutions = nn.Sequential(*layers)
        self.hidden = nn.Linear(128 * 16, 128)
        self.out = nn.Linear(128, n_factors + 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return (n, 10) for (n, 3, 32, 32) in [-1, 1]."""
        features = self.convolutions(images).flatten(1)
        out: torch.Tensor = self.out(F.silu(self.hidden(features)))
        return out
