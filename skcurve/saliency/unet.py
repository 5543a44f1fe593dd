"""A small U-Net: from images to one logit a pixel.

Source: O. Ronneberger, P. Fischer and T. Brox, "U-Net: convolutional networks for biomedical image
segmentation", MICCAI 2015 (arXiv 1505.04597); here with batch normalisation, and with padding so
that the mask has the size of the image.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class UNet(nn.Module):
    """Convolutions down to a coarse grid and up again, with the fine grids handed across.

    Parameters
    ----------
    n_in : int
        Channels of an image.
    n_channels : int
        Channels at the finest grid; each coarser one has twice as many.
    depth : int
        How often the grid is halved.

    Attributes
    ----------
    center, scale : (1, C, 1, 1) tensor
        Of the pixels of the training images: what comes in is standardised.
    """

    center: torch.Tensor
    scale: torch.Tensor

    def __init__(self, n_in: int, n_channels: int, depth: int) -> None:
        super().__init__()
        widths = [n_channels * 2**level for level in range(depth + 1)]
        sources = [n_in, *widths[:-1]]
        self.down = nn.ModuleList(_block(*pair) for pair in zip(sources, widths, strict=True))
        self.up = nn.ModuleList(
            _block(coarse + fine, fine)
            for coarse, fine in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.last = nn.Conv2d(n_channels, 1, 1)
        self.register_buffer("center", torch.zeros(1, n_in, 1, 1))
        self.register_buffer("scale", torch.ones(1, n_in, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (n, H, W) for images (n, C, H, W) of any size."""
        height, width = images.shape[2:]
        step = 2 ** (len(self.down) - 1)
        padding = (0, -width % step, 0, -height % step)
        grid = F.pad((images - self.center) / self.scale, padding, mode="replicate")
        fine = []
        for level, block in enumerate(self.down):
            grid = block(F.max_pool2d(grid, 2) if level else grid)
            fine.append(grid)
        fine.pop()
        for block in self.up:
            grid = F.interpolate(grid, scale_factor=2, mode="nearest")
            grid = block(torch.cat([grid, fine.pop()], dim=1))
        logits: torch.Tensor = self.last(grid)[:, 0, :height, :width]
        return logits


def _block(n_in: int, n_out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for source in (n_in, n_out):
        conv = nn.Conv2d(source, n_out, 3, padding=1, bias=False)
        layers += [conv, nn.BatchNorm2d(n_out), nn.ReLU()]
    return nn.Sequential(*layers)
