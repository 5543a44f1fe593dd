"""Networks that look at a pair of outputs, and say which direction led from one to the other."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

SMALL = 64
"""Images of no more pixels a side keep their resolution in the first layer of ResNet-18."""


class Reconstructor(nn.Module):
    """A body that describes a pair of outputs, and two heads: which direction, and how far.

    Parameters
    ----------
    body : torch.nn.Module
        From pairs, the first and its change joined along axis 1, to (n, F).
    n_features : int
        F.
    n_directions : int
        How many directions there are to tell apart.
    """

    def __init__(self, body: nn.Module, n_features: int, n_directions: int) -> None:
        super().__init__()
        self.body = body
        self.which = nn.Linear(n_features, n_directions)
        self.how_far = nn.Linear(n_features, 1)

    def forward(
        self, before: torch.Tensor, after: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the logits of the directions (n, k), and the shifts (n,)."""
        if before.ndim == 1:
            before, after = before[:, None], after[:, None]
        # The change itself is half of what is shown: it need not be learnt to be a difference.
        pair = torch.cat([before, after - before], dim=1)
        features = self.body(pair)
        return self.which(features), self.how_far(features)[:, 0]


def make_reconstructor(
    kind: str, shape: Sequence[int], n_directions: int, random: torch.Generator
) -> Reconstructor:
    """Make a reconstructor for outputs of some shape.

    Parameters
    ----------
    kind : {"auto", "lenet", "resnet18", "mlp"}
        The body: for images, LeNet or ResNet-18; for vectors a perceptron of two hidden layers.
        "auto" is "lenet" for images, and "mlp" for everything else.
    shape : sequence of int
        Of one output: (C, H, W) for images.
    n_directions : int
        How many directions there are to tell apart.
    random : torch.Generator
        Draws the initial weights; the global one is not touched.

    Returns
    -------
    reconstructor : Reconstructor
        In training mode, float32.

    Raises
    ------
    ValueError
        If the outputs are no images and the body needs some.
    """
    is_image = len(shape) == 3
    if kind == "auto":
        kind = "lenet" if is_image else "mlp"
    if kind != "mlp" and not is_image:
        raise ValueError(
            f"reconstructor={kind!r} needs images of shape (C, H, W); outputs of the generator "
            f"have shape {tuple(shape)}. For them there is 'mlp'."
        )
    with torch.device("meta"):  # so that nothing is drawn from the global generator
        if kind == "mlp":
            body, n_features = _perceptron(2 * math.prod(shape)), 256
        elif kind == "lenet":
            body, n_features = _lenet(2 * shape[0]), 256
        else:
            body, n_features = _resnet18(2 * shape[0], small=max(shape[1:]) <= SMALL), 512
        network = Reconstructor(body, n_features, n_directions)
    network.to_empty(device="cpu")
    _initialise(network, random)
    return network


def _perceptron(n_inputs: int) -> nn.Sequential:
    """Two hidden layers, of inputs that are normalised: their scale is the generator's affair."""
    return nn.Sequential(
        nn.Flatten(),
        nn.BatchNorm1d(n_inputs),
        nn.Linear(n_inputs, 256),
        nn.ReLU(),
        nn.Linear(256, 256),
        nn.ReLU(),
    )


def _lenet(n_channels: int) -> nn.Sequential:
    """LeNet: two convolutions of 5 pixels with pooling, then a dense layer; batch-normalised.

    The last pooling is to 4 by 4, whatever the size of the images.
    """
    return nn.Sequential(
        nn.Conv2d(n_channels, 32, 5, padding=2, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Conv2d(32, 64, 5, padding=2, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(4),
        nn.Flatten(),
        nn.Linear(64 * 16, 256, bias=False),
        nn.BatchNorm1d(256),
        nn.ReLU(),
    )


def _resnet18(n_channels: int, *, small: bool) -> nn.Sequential:
    """ResNet-18: a stem, four stages of two residual blocks, and the mean over the image."""
    if small:
        stem: list[nn.Module] = [nn.Conv2d(n_channels, 64, 3, padding=1, bias=False)]
    else:
        stem = [nn.Conv2d(n_channels, 64, 7, stride=2, padding=3, bias=False)]
    stem += [nn.BatchNorm2d(64), nn.ReLU()]
    if not small:
        stem.append(nn.MaxPool2d(3, stride=2, padding=1))
    blocks = []
    wide = 64
    for width in (64, 128, 256, 512):
        blocks += [_Block(wide, width, stride=1 if width == 64 else 2), _Block(width, width)]
        wide = width
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class _Block(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(n_in, n_out, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(n_out),
            nn.ReLU(),
            nn.Conv2d(n_out, n_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(n_out),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or n_in != n_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(n_in, n_out, 1, stride=stride, bias=False), nn.BatchNorm2d(n_out)
            )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.residual(images) + self.shortcut(images))


def _initialise(network: nn.Module, random: torch.Generator) -> None:
    """Draw weights for rectified units (He et al., 2015); biases 0, normalisation the identity."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=random)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.reset_parameters()  # ones and zeros: nothing is drawn
