"""Walks as GIF and MP4: as many pictures as places, in order, of the right colours."""

import sys

import numpy as np
import pytest

from skcurve import LatentDirectionExplorer, PolylineCurve
from skcurve.explorer.animation import write_animation


def grey(latents):
    """A picture of one grey, from -1 to 1; its upper left corner is white."""
    images = np.repeat(latents[:, :1], 3 * 64, axis=1).reshape(-1, 3, 8, 8)
    images[:, :, 0, 0] = 1.0
    return images


@pytest.fixture
def walker():
    return LatentDirectionExplorer(PolylineCurve([[-1.0], [0.0], [1.0]]), grey, random_state=0)


def test_a_gif_has_the_walk(walker, tmp_path):
    image = pytest.importorskip("PIL.Image")
    path = walker.animate(tmp_path / "walk.gif", spacing=0.25, fps=10)
    with image.open(path) as found:
        assert found.n_frames == 9 and found.size == (256, 256) and found.info["duration"] == 100
        shades = []
        for number in range(9):
            found.seek(number)
            pixels = np.asarray(found.convert("RGB"))
            assert (pixels[:32, :32] == 255).all()
            shades.append(int(pixels[200, 200, 0]))
    np.testing.assert_allclose(shades, np.linspace(0, 255, 9), atol=2)


def test_in_a_gif_what_stands_still_keeps_its_colours(tmp_path):
    image = pytest.importorskip("PIL.Image")
    random = np.random.default_rng(0)
    frames = random.integers(0, 256, (5, 64, 64, 3)).astype(np.uint8)
    frames[:, :, :32] = frames[0, :, :32]
    write_animation(tmp_path / "still.gif", frames, 10)
    with image.open(tmp_path / "still.gif") as found:
        halves = []
        for number in range(5):
            found.seek(number)
            halves.append(np.asarray(found.convert("RGB"))[:, :128])
    assert all((half == halves[0]).all() for half in halves)


def test_the_colours_of_a_gif_come_from_all_of_its_places(tmp_path, monkeypatch):
    """Every 16th pixel of these is in one of four columns, and none of them in the red ones."""
    image = pytest.importorskip("PIL.Image")
    monkeypatch.setattr("skcurve.explorer.animation.MOST_PALETTE_PIXELS", 2**10)
    frames = np.full((4, 64, 64, 3), 200, np.uint8)
    frames[:, 20:40, 17:31] = (220, 30, 30)
    write_animation(tmp_path / "red.gif", frames, 10)
    with image.open(tmp_path / "red.gif") as found:
        pixels = np.asarray(found.convert("RGB"))
    assert pixels[100, 100].tolist() == pytest.approx([220, 30, 30], abs=2)
    assert pixels[0, 0].tolist() == pytest.approx([200, 200, 200], abs=2)


@pytest.mark.parametrize("suffix", ["gif", "mp4"])
@pytest.mark.parametrize(
    ("shape", "expected"), [((1, 120), (34, 4080)), ((8, 3000), (8, 3000)), ((2, 8), (256, 1024))]
)
def test_wide_pictures_are_enlarged_less(suffix, shape, expected, tmp_path):
    frames = np.zeros((2, *shape), np.uint8)
    frames[1] = 255
    path = tmp_path / f"wide.{suffix}"
    if suffix == "gif":
        image = pytest.importorskip("PIL.Image")
        write_animation(path, frames, 10)
        with image.open(path) as found:
            assert found.size == expected[::-1]
    else:
        ffmpeg = pytest.importorskip("imageio_ffmpeg")
        write_animation(path, frames, 10)
        assert next(ffmpeg.read_frames(str(path)))["size"] == expected[::-1]


@pytest.mark.parametrize(("suffix", "most"), [("gif", 65_535), ("mp4", 16_384)])
def test_what_is_too_large_for_a_file_is_named(suffix, most, tmp_path):
    frames = np.zeros((2, 1, most + 1), np.uint8)
    with pytest.raises(ValueError, match=f"at most {most} pixels a side; got 1 x {most + 1}"):
        write_animation(tmp_path / f"large.{suffix}", frames, 10)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fps", [1e-3, 1e-320])
def test_what_is_too_slow_for_a_gif_is_named(fps, tmp_path):
    pytest.importorskip("PIL.Image")
    with pytest.raises(ValueError, match=r"fps is too small for a .gif file, .* 655 seconds; got"):
        write_animation(tmp_path / "slow.gif", np.zeros((8, 8, 8), np.uint8), fps)
    assert not list(tmp_path.iterdir())


def test_an_mp4_has_the_walk(walker, tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    path = walker.animate(tmp_path / "walk.mp4", spacing=0.25, fps=10)
    reader = ffmpeg.read_frames(str(path))
    facts = next(reader)
    assert facts["size"] == (256, 256) and facts["fps"] == 10
    frames = [np.frombuffer(frame, np.uint8).reshape(256, 256, 3) for frame in reader]
    assert len(frames) == 9
    np.testing.assert_allclose(
        [frame[200, 200].mean() for frame in frames], np.linspace(0, 255, 9), atol=8
    )


def test_odd_sides_and_outputs_that_are_made_pictures(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    explorer = LatentDirectionExplorer(PolylineCurve([[-1.0], [1.0]]), np.tanh, random_state=0)

    def image(outputs):
        return np.repeat(outputs, 257 * 301, axis=1).reshape(-1, 257, 301)

    path = explorer.animate(tmp_path / "odd.mp4", spacing=0.5, image=image)
    assert next(ffmpeg.read_frames(str(path)))["size"] == (302, 258)


def test_what_is_wrong_is_said_before_any_work(walker, tmp_path):
    with pytest.raises(ValueError, match=r"path must end in .gif or .mp4; got '.*walk.png'"):
        walker.animate(tmp_path / "walk.png")
    with pytest.raises(ValueError, match="fps must be above 0 and at most 100; got 0"):
        walker.animate(tmp_path / "walk.gif", fps=0)
    with pytest.raises(TypeError, match="fps must be a number; got 'a'"):
        walker.animate(tmp_path / "walk.gif", fps="a")
    with pytest.raises(FileNotFoundError, match="path must be in a folder that is there"):
        walker.animate(tmp_path / "nowhere" / "walk.gif")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("suffix", "package", "name"),
    [("gif", "PIL", "Pillow"), ("mp4", "imageio_ffmpeg", "imageio-ffmpeg")],
)
def test_a_missing_package_is_named(walker, tmp_path, monkeypatch, suffix, package, name):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf'{name} for .{suffix} .*"skcurve\[animate\]"'):
        walker.animate(tmp_path / f"walk.{suffix}")
