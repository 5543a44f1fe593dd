"""From one bitrate to the next: twice as many vertices on the same curve."""

from __future__ import annotations

import torch


def split_segments(vertices: torch.Tensor, sq_error: torch.Tensor) -> torch.Tensor:
    """Put a new vertex in the middle of every segment, and two in the one with the largest error.

    Parameters
    ----------
    vertices : (M, D) tensor
        The curve.
    sq_error : (M-1,) tensor
        The summed squared error of the rows on each segment.

    Returns
    -------
    vertices : (2 M, D) tensor
        The same polyline.

    Examples
    --------
    >>> import torch
    >>> split_segments(torch.tensor([[0.0], [3.0], [5.0]]), torch.tensor([2.0, 1.0])).ravel()
    tensor([0., 1., 2., 3., 4., 5.])
    """
    n_vertices = len(vertices)
    pieces = torch.full((n_vertices - 1,), 2, device=vertices.device)
    pieces[sq_error.argmax()] += 1
    segment = torch.arange(n_vertices - 1, device=vertices.device).repeat_interleave(pieces)
    first = (pieces.cumsum(0) - pieces)[segment]
    part = torch.arange(len(segment), device=vertices.device) - first
    position = (part.to(vertices.dtype) / pieces[segment])[:, None]
    inner = torch.lerp(vertices[segment], vertices[segment + 1], position)
    return torch.cat([inner, vertices[-1:]])


def split_vertices(vertices: torch.Tensor, share: float = 0.01) -> torch.Tensor:
    """Give every vertex a twin a small step towards the middle of the curve, as published.

    A vertex of the first half gets one `share` of its segment further on, a vertex of the second
    half one as much before it.

    Parameters
    ----------
    vertices : (M, D) tensor
        The curve; M even.
    share : float
        How far along the segment.

    Returns
    -------
    vertices : (2 M, D) tensor

    References
    ----------
    Vali and Bäckström, TMLR 2025 (arXiv 2410.20573), and its published code.

    Examples
    --------
    >>> import torch
    >>> split_vertices(torch.tensor([[0.0], [1.0], [2.0], [3.0]])).ravel()
    tensor([0.0000, 0.0100, 1.0000, 1.0100, 1.9900, 2.0000, 2.9900, 3.0000])
    """
    half = len(vertices) // 2
    left = torch.lerp(vertices[:half], vertices[1 : half + 1], share)
    right = torch.lerp(vertices[half:], vertices[half - 1 : -1], share)
    early = torch.stack([vertices[:half], left], 1).flatten(0, 1)
    late = torch.stack([right, vertices[half:]], 1).flatten(0, 1)
    return torch.cat([early, late])
