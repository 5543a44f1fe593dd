"""Pixels as files and as addresses of themselves."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np

from skcurve.explorer.animation import write_animation
from skcurve.explorer.pictures import Pixels, grid
from skcurve.explorer.png import png_bytes

LARGEST_SHOWN = 512
LARGEST_IN_STRIP = 192
LARGEST_LOSSLESS = 160
"""Pixels: what is larger is shown as JPEG; what is saved is not."""
LARGEST_THUMBNAIL = 96
SMALLEST_SAVED = 64
"""Pixels: smaller pictures are enlarged in what is saved, so that they can be looked at."""
FEWEST_ROWS = 6
"""Pixels: a row of numbers is stretched to this height."""
FRAME_MILLISECONDS = 60


def encode_png(pixels: Pixels) -> bytes:
    """Write a picture as PNG.

    Parameters
    ----------
    pixels : uint8 array of shape (H, W) or (H, W, 3)
        The picture.
    """
    return png_bytes(pixels)


def as_address(pixels: Pixels, largest: int = LARGEST_SHOWN) -> str:
    """Write a picture as a ``data:`` address for a page, no larger than needed.

    Parameters
    ----------
    pixels : uint8 array of shape (H, W) or (H, W, 3)
        The picture.
    largest : int
        Its longer side is made smaller than this, by averages of blocks.
    """
    small = shrunk(pixels, largest)
    is_photo = max(small.shape[:2]) > LARGEST_LOSSLESS
    kind, content = ("jpeg", _jpeg(small)) if is_photo else ("png", encode_png(small))
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _jpeg(pixels: Pixels) -> bytes:
    """Write a picture as JPEG: ten times as fast as PNG, and a tenth of the size."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "JPEG", quality=90)
    return file.getvalue()


def shrunk(pixels: Pixels, largest: int) -> Pixels:
    """Make pictures smaller by a whole factor, and rows of numbers higher.

    Parameters
    ----------
    pixels : uint8 array of shape (H, W) or (H, W, 3)
        The picture.
    largest : int
        The most pixels on the longer side.
    """
    height, width = pixels.shape[:2]
    factor = -(-max(height, width) // largest)
    if height < FEWEST_ROWS:
        columns = pixels[:, : width // factor * factor].reshape(
            height, -1, factor, *pixels.shape[2:]
        )
        small = columns.mean(2).round().astype(np.uint8)
        return np.repeat(small, -(-FEWEST_ROWS // height), axis=0)
    if factor <= 1 or min(height, width) < factor:
        return pixels
    rows, columns = height // factor, width // factor
    blocks = pixels[: rows * factor, : columns * factor].reshape(
        rows, factor, columns, factor, *pixels.shape[2:]
    )
    return blocks.mean((1, 3)).round().astype(np.uint8)


def enlarged(pixels: Pixels) -> Pixels:
    """Repeat the pixels of small pictures, so that they can be looked at anywhere.

    Parameters
    ----------
    pixels : uint8 array of shape (..., H, W) or (..., H, W, 3) with 4 or 5 dimensions
        Rows and columns of pictures.
    """
    factor = -(-SMALLEST_SAVED // max(pixels.shape[2:4]))
    return np.repeat(np.repeat(pixels, factor, axis=2), factor, axis=3)


def strip_png(pixels: Pixels) -> bytes:
    """Write rows and columns of pictures as one PNG.

    Parameters
    ----------
    pixels : uint8 array of shape (rows, columns, H, W) or (rows, columns, H, W, 3)
        The pictures.
    """
    return encode_png(grid(enlarged(pixels), smallest=FEWEST_ROWS))


def animation(frames: Sequence[Pixels], suffix: str) -> bytes:
    """Write frames as an animation that goes there and back.

    Parameters
    ----------
    frames : sequence of uint8 array of shape (H, W) or (H, W, 3)
        From one end to the other.
    suffix : {"gif", "mp4"}
        What it becomes.

    Raises
    ------
    ImportError
        If what writes it is not installed; see `can_mp4`.
    """
    there_and_back = np.stack([*frames, *frames[-2:0:-1]])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"traversal.{suffix}"
        write_animation(path, there_and_back, 1000 / FRAME_MILLISECONDS)
        return path.read_bytes()


def can_mp4() -> bool:
    """Whether `animation` has what an MP4 needs."""
    return find_spec("imageio_ffmpeg") is not None
