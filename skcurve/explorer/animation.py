"""Pictures one after another, as a GIF or an MP4."""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from skcurve.explorer.pictures import Pixels
from skcurve.files import replace_file
from skcurve.metrics.inputs import check_real

KINDS = (".gif", ".mp4")
SMALLEST_SIDE = 256
"""Smaller pictures are enlarged, each pixel to a square of so many that both sides are larger."""
LARGEST_SIDE = 4096
"""Pixels: beyond it nothing is enlarged; larger films are more than most players can show."""
MOST_PIXELS = {".gif": 65_535, ".mp4": 16_384}
"""A side: what such a file can hold."""
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
    TypeError, ValueError
        If it ends otherwise, or the rate is no number, not positive, or above 100.
    FileNotFoundError
        If its folder is not there.
    ImportError
        If what writes it is not installed.
    """
    place = Path(path)
    if place.suffix.lower() not in KINDS:
        raise ValueError(f"path must end in .gif or .mp4; got {str(path)!r}.")
    if not 0 < check_real(fps, "fps") <= 100:
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

    Raises
    ------
    ValueError
        If such a file cannot hold pictures of this size, or one shown for so long.
    """
    suffix = path.suffix.lower()
    height, width = pictures.shape[1:3]
    if max(height, width) > MOST_PIXELS[suffix]:
        raise ValueError(
            f"pictures of a {suffix} file must have at most {MOST_PIXELS[suffix]} pixels a side; "
            f"got {height} x {width}."
        )
    frames = pictures if pictures.ndim == 4 else np.repeat(pictures[..., None], 3, axis=3)
    write = _gif if suffix == ".gif" else _mp4
    replace_file(path, write(frames, fps))


def _enlarged(frames: Pixels) -> Iterator[Pixels]:
    """Give one frame after another, large enough to be looked at: together they may be too much."""
    shorter, longer = sorted(frames.shape[1:3])
    times = max(1, min(-(-SMALLEST_SIDE // shorter), LARGEST_SIDE // longer))
    for frame in frames:
        yield frame.repeat(times, axis=0).repeat(times, axis=1)


def _gif(frames: Pixels, fps: float) -> bytes:
    from io import BytesIO

    image = _require(".gif")
    # One palette for all frames: else the colours of what stands still would flicker. In it, small
    # coloured things count as much as the large grey ground.
    palette = image.fromarray(_some_pixels(frames)[None]).quantize(
        256, image.Quantize.MAXCOVERAGE, kmeans=1, dither=image.Dither.NONE
    )
    first, *others = (
        image.fromarray(frame).quantize(palette=palette, dither=image.Dither.NONE)
        for frame in _enlarged(frames)
    )
    buffer = BytesIO()
    try:
        # GIF counts in hundredths of a second; Pillow would drop pages that repeat the one before.
        duration = max(10, 10 * round(100 / fps))
        first.save(buffer, "GIF", save_all=True, append_images=others, duration=duration, loop=0,
                   optimize=False)  # fmt: skip
    except (struct.error, OverflowError):  # it has two bytes for the time that a picture is shown
        raise ValueError(
            f"fps is too small for a .gif file, in which no picture, however often it is repeated, "
            f"is shown for more than 655 seconds; got {fps}."
        ) from None
    return buffer.getvalue()


def _some_pixels(frames: Pixels) -> Pixels:
    """Give pixels of all frames and places, (m, 3): a random choice, the same one every time."""
    shape = frames.shape[:3]
    n_pixels = int(np.prod(shape))
    if n_pixels <= MOST_PALETTE_PIXELS:
        return frames.reshape(-1, 3)
    chosen = np.random.default_rng(0).integers(n_pixels, size=MOST_PALETTE_PIXELS)
    return frames[np.unravel_index(np.sort(chosen), shape)]


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
