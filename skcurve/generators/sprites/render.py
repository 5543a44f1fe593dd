"""From factors to pictures: anti-aliased superellipses with an eye and a hat."""

from __future__ import annotations

import math
from typing import Any

import torch

from skcurve.generators.sprites.factors import check_factors
from skcurve.interop import Array, restore

SIDE = 32
PIXEL = 2 / SIDE
SATURATION, VALUE = 0.8, 0.88
SHADING = 0.12
EYE_RADIUS, PUPIL_RADIUS = 0.15, 0.075
HAT_HEIGHT, HAT_HALF_WIDTH, HAT_SUNK = 0.32, 0.24, 0.09
HAT_COLOUR = (0.08, 0.05, 0.12)
BLOCK_ROWS = 512
SMALLEST_SIZE = 0.05
SMALLEST_POWER = -0.1


def render(factors: Any) -> Array:
    r"""Draw sprites, 32 × 32 pixels in RGB.

    The body is the superellipse

    .. math:: |(u - x) / a|^p + |(v - y) / b|^p \le 1, \qquad p = 2^{1/4 + 9/4 s}

    for a squareness s, with a/b = exp(aspect) and the area of a circle whose radius is the size,
    so that neither the aspect nor the squareness changes how large a sprite is. Edges are blended
    over the width of a pixel, with the distance to them to first order. The eye sits above the
    centre of the body and the hat on top of it; both keep their size.

    Parameters
    ----------
    factors : array-like of shape (n, 9)
        See `FACTORS` and `FACTOR_RANGES`. Values outside the ranges are drawn as far as they mean
        something: background, eye and hat are clipped to [0, 1], the size to at least 0.05 and the
        squareness to at least -0.1.

    Returns
    -------
    images : array of shape (n, 3, 32, 32), float32
        In [-1, 1], the first row on top. A tensor if `factors` is one, on its device, and then
        differentiable with respect to every factor.

    Raises
    ------
    ValueError
        If `factors` has another shape, or holds NaN or infinity.

    Examples
    --------
    >>> from skcurve.generators.sprites import render, sample_factors
    >>> factors, species = sample_factors(5, random_state=0)
    >>> images = render(factors)
    >>> images.shape, images.dtype
    ((5, 3, 32, 32), dtype('float32'))
    """
    rows = check_factors(factors).to(torch.float32)
    if len(rows) <= BLOCK_ROWS:
        images = _draw(rows)
    else:  # what is drawn at once fits the cache
        images = torch.cat([_draw(block) for block in rows.split(BLOCK_ROWS)])
    return images if isinstance(factors, torch.Tensor) else restore(images, like=factors)


def _draw(rows: torch.Tensor) -> torch.Tensor:
    hue, size, x, y, aspect, squareness, background, eye, hat = rows.unsqueeze(-1).unbind(1)
    power = 2.0 ** (0.25 + 2.25 * squareness.clamp(min=SMALLEST_POWER))
    size = size.clamp(min=SMALLEST_SIZE) * _equal_area(power)
    a, b = size * torch.exp(aspect / 2), size * torch.exp(-aspect / 2)
    ticks = (torch.arange(SIDE, device=rows.device, dtype=rows.dtype) + 0.5) * PIXEL - 1
    u, v = ticks - x, -ticks - y  # (n, 32): along a row to the right, down a column

    body = _cover(_superellipse_distance(u, v, a, b, power))
    colour = _rgb(hue)[:, :, None] * (1 + SHADING * torch.tanh(v / b))[:, None, :]
    ground = background.clamp(0, 1)[:, :, None]  # grey: the same in every channel
    canvas = ground[:, None] + body[:, None] * (colour[..., None] - ground[:, None])

    top = b - HAT_SUNK
    hat_cover = _cover(_triangle_distance(u, v - top)) * hat.clamp(0, 1)[:, :, None]
    hat_colour = torch.tensor(HAT_COLOUR, device=rows.device, dtype=rows.dtype)
    canvas = canvas + hat_cover[:, None] * (hat_colour[None, :, None, None] - canvas)

    above = v - 0.25 * b
    from_eye = torch.sqrt((u**2)[:, None, :] + (above**2)[:, :, None] + 1e-8)
    iris = _cover(from_eye - EYE_RADIUS)
    white = iris - _cover(from_eye - PUPIL_RADIUS)  # the pupil is black
    opacity = eye.clamp(0, 1)[:, :, None]
    canvas = canvas * (1 - opacity * iris)[:, None] + (opacity * white)[:, None]
    return canvas * 2 - 1


def _cover(distance: torch.Tensor) -> torch.Tensor:
    """How much of a pixel is inside, from the signed distance of its centre to the edge."""
    return torch.clamp(0.5 - distance / PIXEL, 0, 1)


def _equal_area(power: torch.Tensor) -> torch.Tensor:
    """Scale radii to the area of the ellipse: 4 Γ(1+1/p)² / Γ(1+2/p) against π."""
    log_area = 2 * torch.lgamma(1 + 1 / power) - torch.lgamma(1 + 2 / power) + math.log(4)
    return torch.exp((math.log(math.pi) - log_area) / 2)


def _superellipse_distance(
    u: torch.Tensor, v: torch.Tensor, a: torch.Tensor, b: torch.Tensor, power: torch.Tensor
) -> torch.Tensor:
    """First-order signed distance to a superellipse, of shape (n, 32, 32).

    For the homogeneous r = (|u/a|^p + |v/b|^p)^(1/p) it is (r - 1) / |∇r|. The powers are taken
    along the two axes, not at every pixel, and what is left of the gradient at a pixel is a sum of
    two numbers.
    """
    across, down = _log_squares(u / a) / 2, _log_squares(v / b) / 2
    across_p, down_p = torch.exp(power * across), torch.exp(power * down)
    slope_u = (torch.exp((power - 1) * across) / a) ** 2
    slope_v = (torch.exp((power - 1) * down) / b) ** 2
    total = across_p[:, None, :] + down_p[:, :, None]
    slope = torch.sqrt(slope_u[:, None, :] + slope_v[:, :, None])
    inverse_radius = torch.exp(-torch.log(total) / power[:, :, None])
    return (1 - inverse_radius) * total / slope


def _log_squares(ratio: torch.Tensor) -> torch.Tensor:
    """Log of the square, finite at the centre: a floor on what is otherwise a kink of gradients."""
    return torch.log(ratio**2 + 1e-6)


def _triangle_distance(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Signed distance to a cone standing on v = 0, (n, 32, 32): the largest of three."""
    slant = math.hypot(HAT_HEIGHT, HAT_HALF_WIDTH)
    side = u.abs() * (HAT_HEIGHT / slant)
    rise = (v - HAT_HEIGHT) * (HAT_HALF_WIDTH / slant)
    return torch.maximum(side[:, None, :] + rise[:, :, None], -v[:, :, None])


def _rgb(hue: torch.Tensor) -> torch.Tensor:
    """Turn hues into colours, (n, 1) to (n, 3): piecewise linear, as HSV is."""
    offsets = torch.tensor([5.0, 3.0, 1.0], device=hue.device, dtype=hue.dtype)
    k = torch.remainder(offsets + 6 * hue, 6)
    return VALUE * (1 - SATURATION * torch.minimum(k, 4 - k).clamp(0, 1))
