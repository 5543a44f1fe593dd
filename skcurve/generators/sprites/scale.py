"""Factors as numbers a network learns well, and back."""

from __future__ import annotations

import math

import torch

from skcurve.generators.sprites.factors import FACTOR_RANGES

MIDDLE_HUE = 0.4
"""Hues are angles from here: they come back from -0.1 to 0.9, whatever a network says."""


def encode(factors: torch.Tensor) -> torch.Tensor:
    """Turn factors (n, 9) into (n, 10): cosine and sine of the hue, the others in [-1, 1]."""
    low, high = torch.from_numpy(FACTOR_RANGES.copy()).to(factors)[1:].T
    angle = 2 * math.pi * (factors[:, :1] - MIDDLE_HUE)
    others = 2 * (factors[:, 1:] - low) / (high - low) - 1
    return torch.cat([torch.cos(angle), torch.sin(angle), others], dim=1)


def decode(codes: torch.Tensor) -> torch.Tensor:
    """Turn the output of the scorer (n, 10) into factors (n, 9)."""
    low, high = torch.from_numpy(FACTOR_RANGES.copy()).to(codes)[1:].T
    hue = MIDDLE_HUE + torch.atan2(codes[:, 1], codes[:, 0]) / (2 * math.pi)
    return torch.cat([hue[:, None], low + (high - low) * (codes[:, 2:] + 1) / 2], dim=1)
