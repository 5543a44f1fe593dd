"""Pictures one after another, as a GIF or an MP4."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from skcurve.explorer.pictures import Pixels
from skcurve.files import replace_file

KINDS = (".gif", ".mp4")
SMALLEST_SIDE = 256
"""Smaller pictures are enlarged, each pixel to a square of so many that both sides are larger."""


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
    times = max(1, -(-SMALLEST_SIDE // min(frames.shape[1:3])))
    large = frames.repeat(times, axis=1).repeat(times, axis=2)
    is_gif = path.suffix.lower() == ".gif"
    replace_file(path, (_gif if is_gif else _mp4)(large, fps))


def _gif(frames: Pixels, fps: float) -> bytes:
    from io import BytesIO

    image = _require(".gif")
    pages = [image.fromarray(frame) for frame in frames]
    buffer = BytesIO()
    # GIF counts in hundredths of a second; Pillow would drop pages that repeat the one before.
    duration = max(10, 10 * round(100 / fps))
    pages[0].save(buffer, "GIF", save_all=True, append_images=pages[1:], duration=duration, loop=0)
    return buffer.getvalue()


def _mp4(frames: Pixels, fps: float) -> bytes:
    ffmpeg = _require(".mp4")
    # H.264 halves the colours both ways: sides are even.
    even = np.pad(frames, ((0, 0), (0, -frames.shape[1] % 2), (0, -frames.shape[2] % 2), (0, 0)),
                  mode="edge")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        name = str(Path(folder) / "animation.mp4")
        writer = ffmpeg.write_frames(
            name, (even.shape[2], even.shape[1]), fps=fps, macro_block_size=2, quality=8
        )
        writer.send(None)
        for frame in even:
            writer.send(np.ascontiguousarray(frame))
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
