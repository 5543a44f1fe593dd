"""Pictures as PNG, with nothing but the standard library.

The report is the one place that needs them, and twenty lines are a smaller debt than an extra.
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOR_TYPES = {1: 0, 3: 2, 4: 6}
"""What PNG calls grey, red-green-blue, and these with opacity, by the number of channels."""


def png_bytes(pixels: Pixels) -> bytes:
    r"""Write a picture as PNG: eight bits a channel, compressed, not interlaced.

    Parameters
    ----------
    pixels : uint8 array of shape (H, W), or (H, W, C) with 1, 3 or 4 channels
        The picture, from its upper left corner on.

    Returns
    -------
    png : bytes
        The whole file.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.explorer.png import png_bytes
    >>> png_bytes(np.zeros((2, 2), np.uint8))[:4]
    b'\x89PNG'
    """
    rows = pixels[..., None] if pixels.ndim == 2 else pixels
    height, width, n_channels = rows.shape
    header = struct.pack(">IIBBBBB", width, height, 8, COLOR_TYPES[n_channels], 0, 0, 0)
    # Every row begins with the number of its filter; 0 is none.
    lines = np.zeros((height, 1 + width * n_channels), np.uint8)
    lines[:, 1:] = rows.reshape(height, -1)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in parts)


def data_uri(pixels: Pixels) -> str:
    """Write a picture as the address of itself, for a page that has no files beside it.

    Parameters
    ----------
    pixels : uint8 array of shape (H, W) or (H, W, C)
        See `png_bytes`.
    """
    return "data:image/png;base64," + base64.b64encode(png_bytes(pixels)).decode()


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
