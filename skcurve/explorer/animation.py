"""Pictures one after another, as a GIF or an MP4."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from skcurve.explorer.pictures import Pixels
from skcurve.files import replace_file

KINDS = (".gif", ".mp4")
SMALLEST_SIDE = 256
"""Smaller pictures are enlarged, each pixel to a square of so many that both sides are larger."""
MOST_PALETTE_PIXELS = 2**18
"""Of a GIF, to choose its colours by."""


def check_animation(path: str | os.PathLike[str], fps: float) -> Path:
    """Return the path of an animation, or say what is wrong before anything is made.

    Parameters
    ----------
    path : path-like
        Ending in .gif or .mp4.
    fps : float
        Pictures a second.

    Raises
    ------
    ValueError
        If it ends otherwise, or the rate is not positive, or above 100.
    FileNotFoundError
        If its folder is not there.
    ImportError
        If what writes it is not installed.
    """
    place = Path(path)
    if place.suffix.lower() not in KINDS:
        raise ValueError(f"path must end in .gif or .mp4; got {str(path)!r}.")
    if not 0 < fps <= 100:
        raise ValueError(f"fps must be above 0 and at most 100; got {fps}.")
    if not place.absolute().parent.is_dir():
        raise FileNotFoundError(f"path must be in a folder that is there; got {str(path)!r}.")
    _require(place.suffix.lower())
    return place


def write_animation(path: Path, pictures: Pixels, fps: float) -> None:
    """Write pictures as the suffix says; the file is complete or as it was.

    Parameters
    ----------
    path : Path
        Checked.
    pictures : uint8 array of shape (m, H, W) or (m, H, W, 3)
        In order.
    fps : float
        Pictures a second.
    """
    frames = pictures if pictures.ndim == 4 else np.repeat(pictures[..., None], 3, axis=3)
    write = _gif if path.suffix.lower() == ".gif" else _mp4
    replace_file(path, write(frames, fps))


def _enlarged(frames: Pixels) -> Iterator[Pixels]:
    """Give one frame after another, large enough to be looked at: together they may be too much."""
    times = max(1, -(-SMALLEST_SIDE // min(frames.shape[1:3])))
    for frame in frames:
        yield frame.repeat(times, axis=0).repeat(times, axis=1)


def _gif(frames: Pixels, fps: float) -> bytes:
    from io import BytesIO

    image = _require(".gif")
    # One palette for all frames: else the colours of what stands still would flicker. In it, small
    # coloured things count as much as the large grey ground.
    pixels = np.ascontiguousarray(frames).reshape(-1, 3)
    some = image.fromarray(pixels[None, :: -(-len(pixels) // MOST_PALETTE_PIXELS)])
    palette = some.quantize(256, image.Quantize.MAXCOVERAGE, kmeans=1, dither=image.Dither.NONE)
    first, *others = (
        image.fromarray(frame).quantize(palette=palette, dither=image.Dither.NONE)
        for frame in _enlarged(frames)
    )
    buffer = BytesIO()
    # GIF counts in hundredths of a second; Pillow would drop pages that repeat the one before.
    duration = max(10, 10 * round(100 / fps))
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=duration, loop=0,
               optimize=False)  # fmt: skip
    return buffer.getvalue()


def _mp4(frames: Pixels, fps: float) -> bytes:
    ffmpeg = _require(".mp4")
    # H.264 halves the colours both ways: sides are even.
    pages = (
        np.pad(frame, ((0, -len(frame) % 2), (0, -frame.shape[1] % 2), (0, 0)), mode="edge")
        for frame in _enlarged(frames)
    )
    first = next(pages)
    with tempfile.TemporaryDirectory() as folder:
        name = str(Path(folder) / "animation.mp4")
        size = first.shape[1], first.shape[0]
        writer = ffmpeg.write_frames(name, size, fps=fps, macro_block_size=2, quality=8)
        writer.send(None)
        for page in chain([first], pages):
            writer.send(page)
        writer.close()
        return Path(name).read_bytes()


def _require(suffix: str) -> Any:
    """Return what writes such files, or say what to install."""
    name = "Pillow" if suffix == ".gif" else "imageio-ffmpeg"
    try:
        if suffix == ".gif":
            from PIL import Image

            return Image
        import imageio_ffmpeg

        return imageio_ffmpeg
    except ImportError as error:
        raise ImportError(
            f'animate needs {name} for {suffix} files: run pip install "skcurve[animate]".'
        ) from error
