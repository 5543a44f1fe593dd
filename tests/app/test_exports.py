"""Files that can be taken along: opened by what opens such files, and holding what was shown."""

import csv
import json
import warnings
from io import BytesIO
from zipfile import ZipFile

import numpy as np
import pytest

from skcurve import LatentDirectionExplorer, PolylineCurve
from skcurve.app import sampling
from skcurve.app.address import read_address
from skcurve.app.exports import EXPORTS, export, read_opened
from skcurve.app.images import animation
from skcurve.app.panels import samples_preview
from skcurve.app.sampling import preview
from skcurve.app.studio import Studio
from skcurve.app.view import View
from skcurve.explorer import Direction, DirectionLibrary


@pytest.fixture
def view(studio):
    query = {
        "edit": "v1-6_-1.5_0-2",
        "seed": "4",
        "stack": "s2_1",
        "keep": "s1_2 hat\nv1-6_-1.5_0-2 Größe / 2",
        "sample": "6-2_12_3",
    }
    view, complaints = read_address(query, studio.limits)
    assert complaints == []
    return view


def opened(made, tmp_path):
    (tmp_path / made.name).write_bytes(made.content)
    return DirectionLibrary.load(tmp_path / made.name)


def test_a_card_is_a_library_of_one_with_what_was_measured(studio, explorer, view, tmp_path):
    made = export(studio, view, "card")
    assert made.name == "Größe-2.safetensors"
    (one,) = opened(made, tmp_path).values()
    assert one.name == "Größe / 2" and one.layers == [0, 1, 2]
    assert np.allclose(one.vector * one.strength, -1.5 * explorer.curve.chord(1, 6))
    effects = studio.effects(view.current, view.stack, 4)
    assert one.scores["purity"] == pytest.approx(float(effects.purity[0]))
    assert one.scores["effect red"] == pytest.approx(float(effects.effects[0, 0]))


def test_the_card_as_json_says_the_same(studio, view, tmp_path):
    (one,) = opened(export(studio, view, "card"), tmp_path).values()
    facts = json.loads(export(studio, view, "json").content)
    assert np.allclose(facts["vector"], one.vector) and facts["scores"] == one.scores
    assert facts["layers"] == [0, 1, 2] and facts["steps"] == -1.5
    assert facts["measured"] == {"latents_seed": 4, "after": ["segment 2 × 1"]}


def test_a_card_needs_no_attribute_that_can_be_measured(make_explorer, view, tmp_path):
    def broken(outputs):
        raise RuntimeError("no such network")

    studio = Studio(make_explorer(attributes=broken))
    (one,) = opened(export(studio, view, "card"), tmp_path).values()
    assert one.layers == [0, 1, 2] and not one.scores


def test_all_that_was_kept_goes_into_one_file_and_comes_back(studio, view, tmp_path):
    made = export(studio, view, "library")
    assert list(opened(made, tmp_path)) == ["hat", "Größe / 2"]
    assert set(read_opened(str(tmp_path / made.name), 9)) == {"hat", "Größe / 2"}
    with pytest.raises(ValueError, match="the curve has 8"):
        read_opened(str(tmp_path / made.name), 8)


def test_without_a_strength_or_a_name_there_is_no_card(studio):
    view, _ = read_address({"edit": "s1_0"}, studio.limits)
    for what, said in (("card", "strength 0"), ("json", "strength 0"), ("library", "nothing was")):
        with pytest.raises(ValueError, match=said):
            export(studio, view, what)
    with pytest.raises(ValueError, match="no export 'secrets'"):
        export(studio, view, "secrets")
    view, _ = read_address({"keep": "s1_0 still"}, studio.limits)
    with pytest.raises(ValueError, match="all that was kept has strength 0"):
        export(studio, view, "library")


def test_an_empty_library_is_not_opened(tmp_path):
    DirectionLibrary([]).save(tmp_path / "none.safetensors")
    with pytest.raises(ValueError, match="no directions"):
        read_opened(str(tmp_path / "none.safetensors"), 9)
    DirectionLibrary([Direction([1.0, 0.0], name="a")]).save(tmp_path / "a.safetensors")
    assert list(read_opened(str(tmp_path / "a.safetensors"), 2)) == ["a"]


def test_the_strip_is_a_picture_of_what_was_shown(studio, view):
    image = pytest.importorskip("PIL.Image")
    picture = np.asarray(image.open(BytesIO(export(studio, view, "strip").content)))
    pixels = studio.strip(view.current, view.stack, 4).pixels
    assert picture.shape == (4 * 64 + 3, 5 * 64 + 4, 3)
    assert (picture[:64:2, :64:2] == pixels[0, 0]).all()


def test_the_traversal_goes_there_and_back(studio, view):
    image = pytest.importorskip("PIL.Image")
    gif = image.open(BytesIO(export(studio, view, "gif").content))
    frames = []
    for number in range(gif.n_frames):
        gif.seek(number)
        frames.append(np.asarray(gif.convert("RGB")).astype(int))
    assert gif.n_frames == 48 and frames[0].shape == (4 * 64, 4 * (4 * 64 + 3), 3)
    assert gif.info.get("loop") == 0
    pixels = studio.strip(view.current, view.stack, 4).pixels.astype(int)
    for frame, column in ((0, 0), (12, 2), (24, 4), (36, 2)):  # but for the palette
        assert np.abs(frames[frame][:256:8, :256:8] - pixels[0, column]).mean() < 8
    assert any((frames[0] != frames[24]).flat)


@pytest.mark.parametrize("n_fields", [5, 300, 3000])
def test_rows_of_numbers_move_as_pictures_of_a_size_to_look_at(n_fields):
    image = pytest.importorskip("PIL.Image")
    curve = PolylineCurve(np.linspace(-1, 1, 4)[:, None])
    explorer = LatentDirectionExplorer(
        curve, lambda z: np.tile(z, n_fields), latents=np.linspace(-1, 1, 50)[:, None],
        random_state=0,
    )  # fmt: skip
    studio = Studio(explorer)
    frame = image.open(BytesIO(export(studio, View.first(studio.limits), "gif").content))
    assert 256 <= frame.width <= 4096 and 64 <= frame.height <= 1024


def test_in_a_gif_small_things_keep_their_colours():
    image = pytest.importorskip("PIL.Image")
    random = np.random.default_rng(0)
    colors = random.integers(0, 256, (12, 3))
    frames = []
    for number in range(9):
        ground = (np.add.outer(np.arange(64), np.arange(64)) + 14 * number).clip(0, 255)
        frame = np.repeat(ground[..., None], 3, axis=2) + random.integers(0, 3, (64, 64, 3))
        for place, color in enumerate(colors):
            frame[5 * place : 5 * place + 3, 20:23] = color
        frames.append(frame.clip(0, 255).astype(np.uint8))
    gif = image.open(BytesIO(animation(frames, "gif")))
    for number, frame in enumerate(frames):
        gif.seek(number)
        errors = np.abs(np.asarray(gif.convert("RGB")).astype(int)[::4, ::4] - frame)
        assert errors[:, 20:23].max() < 32 and errors.mean() < 8


def test_an_mp4_shows_what_the_gif_shows(studio, view, tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    made = export(studio, view, "mp4")
    assert made.name == "Größe-2.mp4"
    (tmp_path / "a.mp4").write_bytes(made.content)
    reading = ffmpeg.read_frames(str(tmp_path / "a.mp4"))
    width, height = next(reading)["size"]
    frames = [np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in reading]
    assert (len(frames), height, width) == (48, 4 * 64, 4 * (4 * 64 + 3))
    pixels = studio.strip(view.current, view.stack, 4).pixels.astype(int)
    for frame, column in ((0, 0), (12, 2), (24, 4), (36, 2)):  # but for the compression
        seen = frames[frame][4:256:8, 4:256:8].astype(int)
        assert np.abs(seen - pixels[0, column]).mean() < 8


def arrays_of(made):
    with np.load(BytesIO(made.content), allow_pickle=False) as arrays:
        return dict(arrays)


def test_samples_are_points_of_the_stretch_and_what_is_made_of_them(studio, explorer, view):
    arrays = arrays_of(export(studio, view, "npz"))
    latents = arrays["latents"]
    assert arrays["vertices"].tolist() == [2, 6] and arrays["seed"] == 3
    assert latents.shape == (12, 9) and np.allclose(arrays["outputs"], explorer.generator(latents))
    places = arrays["coordinates"]
    assert np.allclose(explorer.curve.evaluate(places), latents)
    assert places.min() >= 2 and places.max() <= 6
    reference = explorer.sample(4096, 0)
    distances = np.sqrt(((latents[:, None] - reference[None]) ** 2).sum(-1)).min(1)
    about = json.loads(str(arrays["about"]))
    assert np.allclose(arrays["ratio"] * about["threshold"], distances)
    assert (arrays["valid"] == (arrays["ratio"] <= 1)).all()
    assert about["n_inside"] == arrays["valid"].sum()


@pytest.mark.parametrize("sample", ["2-6_12_3", "2-6_12_3_1_inside", "0-8_5_1_2.5"])
def test_the_card_of_a_set_draws_it_again(studio, explorer, sample):
    view, _ = read_address({"sample": sample}, studio.limits)
    arrays = arrays_of(export(studio, view, "npz"))
    names = {"explorer": explorer}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of empty space
        exec(json.loads(str(arrays["about"]))["program"], names)
    samples = names["samples"]
    for name in ("latents", "coordinates", "outputs"):
        assert np.array_equal(getattr(samples, name), arrays[name]), name
    if "inside" in sample:
        assert arrays["valid"].all()


def test_a_set_is_drawn_where_latents_have_layers(moody):
    rows = moody.sample(500, 0)
    latents = np.repeat(rows[:, None], moody.n_layers, axis=1)
    explorer = LatentDirectionExplorer(PolylineCurve(rows[:9]), moody, latents=latents)
    view, _ = read_address({"sample": "1-4_6_2_0.5_inside"}, Studio(explorer).limits)
    arrays = arrays_of(export(Studio(explorer), view, "npz"))
    names = {"explorer": explorer}
    exec(json.loads(str(arrays["about"]))["program"], names)
    assert np.array_equal(names["samples"].latents, arrays["latents"])


def test_with_a_spread_samples_lie_about_the_curve_as_latents_do(studio, explorer):
    def distance(sample):
        view, _ = read_address({"sample": sample}, studio.limits)
        latents = arrays_of(export(studio, view, "npz"))["latents"]
        return np.sqrt(explorer.curve.project(latents).sq_distance).mean()

    near, wide = distance("0-8_200_0"), distance("0-8_200_0_1")
    usual = np.sqrt(explorer.curve.project(explorer.sample(2000, 1)).sq_distance).mean()
    assert near < 1e-6 and 0.6 < wide / usual < 1.2


def test_samples_as_pictures_are_the_same(studio, explorer, view):
    image = pytest.importorskip("PIL.Image")
    made = export(studio, view, "zip")
    assert made == export(studio, view, "zip")  # the very same bytes
    arrays = arrays_of(export(studio, view, "npz"))
    with ZipFile(BytesIO(made.content)) as archive:
        latents = np.load(BytesIO(archive.read("latents.npy")), allow_pickle=False)
        table = list(csv.DictReader(archive.read("samples.csv").decode().splitlines()))
        first = np.asarray(image.open(BytesIO(archive.read(table[0]["file"]))))
        about = json.loads(archive.read("about.json"))
        assert archive.read("make_samples.py").decode() == about["program"]
        assert {row["file"] for row in table} <= set(archive.namelist())
    assert np.array_equal(latents, arrays["latents"]) and len(table) == 12
    assert [float(row["coordinate"]) for row in table] == arrays["coordinates"].tolist()
    assert [bool(int(row["valid"])) for row in table] == arrays["valid"].tolist()
    assert (about["vertices"], about["n"], about["seed"]) == ([2, 6], 12, 3)
    assert about == json.loads(str(arrays["about"]))
    assert (first == studio.pictures(explorer.generator(latents))[0]).all()


def test_where_a_stretch_crosses_empty_space_it_is_said(moody):
    rows = np.random.default_rng(0).normal(size=(500, 9)) * 0.01
    curve = PolylineCurve([[0.0] * 9, [0.0] * 8 + [0.01], [10.0] * 9])
    latents = np.concatenate([rows, rows + 10])
    studio = Studio(LatentDirectionExplorer(curve, moody, latents=latents))
    view, _ = read_address({"sample": "0-2_9_0"}, studio.limits)
    drawn, pixels = preview(studio, view.sampling)
    said = samples_preview(drawn, pixels)
    assert "crosses empty space: segment 1." in said and "0 of 9 lie inside" in said
    view, _ = read_address({"sample": "0-2_9_0_0_inside"}, studio.limits)
    assert arrays_of(export(studio, view, "npz"))["valid"].all()


def test_too_much_for_one_file_is_refused_before_it_is_made(studio, view, monkeypatch):
    monkeypatch.setattr(sampling, "MOST_BYTES", 5 * 3 * 32 * 32 * 8)
    with pytest.raises(ValueError, match="draw at most 5 at a time"):
        export(studio, view, "npz")


@pytest.mark.parametrize("what", EXPORTS)
def test_every_file_has_a_plain_name(studio, view, what):
    name = export(studio, view, what).name
    assert "/" not in name and not name.startswith(".") and "." in name
