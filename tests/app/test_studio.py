"""What the page computes is what the explorer computes, of the right latents."""

import re

import numpy as np
import pytest

from skcurve import LatentDirectionExplorer, PolylineCurve
from skcurve.app.edits import Choice, Edit
from skcurve.app.panels import thumbnails
from skcurve.app.studio import N_MEASURED, N_SHOWN, STRENGTHS, Studio
from skcurve.explorer import Direction

SEGMENT, CHORD = Edit(Choice("segment", 2), 1.5, (0, 1)), Edit(Choice("vertices", 1, 6), -0.5)


def test_a_place_on_the_curve_is_what_the_generator_makes_there(studio, explorer):
    expected = studio.pictures(explorer.generator(explorer.curve.evaluate([2.25])))[0]
    assert (studio.look(2.25) == expected).all()


def test_thumbnails_are_the_vertices(studio, explorer):
    drawn = studio.thumbnails()
    assert [number for number, _ in drawn] == list(range(9))
    expected = studio.pictures(explorer.vertices())
    assert all((pixels == expected[number]).all() for number, pixels in drawn)


def test_many_vertices_have_some_thumbnails_the_ends_among_them(make_explorer):
    curve = PolylineCurve(np.random.default_rng(0).normal(size=(100, 2)))
    flat = LatentDirectionExplorer(curve, np.tanh)
    numbers = [number for number, _ in Studio(flat).thumbnails()]
    assert numbers[0] == 0 and numbers[-1] == 99 and len(numbers) == 16
    places = re.findall(r"left:([\d.]+)%", thumbnails(Studio(flat).thumbnails()))
    np.testing.assert_allclose([float(one) for one in places], np.linspace(0, 100, 16), atol=1e-3)


def test_the_profile_is_that_of_the_table(studio, explorer):
    profile, table = studio.profile(), explorer.interpret(n_between=2)
    vertices = table[table["part"] == "vertex"]
    assert np.allclose(profile.values[::2, 0], vertices["red"])
    assert profile.names == ("red", "green", "blue")
    assert [one.first for one in profile.stretches[1:]] == [
        one.last for one in profile.stretches[:-1]
    ]
    segments = table[table["part"] == "segment"]
    for one in profile.stretches:
        inside = segments.iloc[one.first : one.last]
        assert set(inside["changes"]) == {profile.names[one.attribute]}
    assert profile.stretches[-1].last == 8


def test_a_segment_and_a_chord_are_those_of_the_curve(studio, explorer):
    curve = explorer.curve
    one = studio.direction(SEGMENT.choice)
    assert np.allclose(one.vector, curve.directions()[2]) and one.segment == 2
    chord = studio.direction(CHORD.choice)
    assert np.allclose(chord.vector * chord.strength, curve.chord(1, 6))
    assert chord.ends == (1, 6) and chord.segment is None


def test_components_are_of_the_distribution(studio, explorer):
    first, second = (studio.direction(Choice("component", n)) for n in (0, 1))
    assert abs(first.vector @ second.vector) < 1e-6 and first.strength >= second.strength


def test_an_edit_the_other_way_is_the_reversed_direction(studio):
    one, other = studio.scaled(Edit(Choice(), 2.0)), studio.scaled(Edit(Choice(), -2.0))
    assert np.allclose(one.vector, -other.vector) and one.strength == other.strength


def test_a_strip_is_a_traversal_of_the_edited_latents(studio, explorer):
    strip = studio.strip(SEGMENT, [CHORD], 7)
    start = explorer.combine(
        explorer.sample(N_MEASURED, 7)[:N_SHOWN], [(explorer.curve.chord(1, 6), -0.5)]
    )
    steps = np.array(STRENGTHS) * 1.5 * explorer.curve.lengths[2]
    outputs = explorer.traverse(start, 2, steps, (0, 1))
    assert strip.pixels.shape[:2] == (4, 5) and np.allclose(strip.strengths, steps)
    expected = studio.pictures(outputs.reshape(-1, *outputs.shape[2:])).reshape(strip.pixels.shape)
    assert np.abs(strip.pixels.astype(int) - expected).max() <= 1  # a rounding of the vector


def test_effects_are_those_of_the_explorer(studio, explorer):
    effects = studio.effects(SEGMENT, [], 7)
    one = explorer.directions(layers=(0, 1))[2]
    one = one.replace(strength=1.5 * one.strength)
    expected = explorer.effects([one], latents=explorer.sample(N_MEASURED, 7), n_steps=3)
    assert np.allclose(effects.effects, expected.effects, atol=1e-6)


def test_of_strength_zero_and_without_attributes_nothing_is_measured(studio, make_explorer):
    assert studio.effects(Edit(Choice(), 0.0), [], 0) is None
    assert studio.strip(Edit(Choice(), 0.0), [], 0).pixels.shape[:2] == (4, 5)
    blind = Studio(make_explorer(attributes=None, attribute_names=None))
    assert blind.effects(SEGMENT, [], 0) is None and blind.profile_seconds() is None


def test_a_stack_shows_before_and_after(studio, explorer):
    pixels = studio.stacked([SEGMENT, CHORD], 3)
    assert pixels.shape[:2] == (2, 4)
    latents = explorer.sample(N_MEASURED, 3)[:N_SHOWN]
    before = studio.pictures(explorer.generator(latents))
    assert np.abs(pixels[0].astype(int) - before).max() <= 1
    assert (pixels[1] != pixels[0]).any()


def test_what_was_computed_is_not_computed_again(studio, moody):
    first = studio.strip(SEGMENT, [], 1), studio.effects(SEGMENT, [], 1), studio.look(1.5)
    moody.mood = lambda: pytest.fail("it was computed again")
    again = studio.strip(SEGMENT, [], 1), studio.effects(SEGMENT, [], 1), studio.look(1.5)
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_directions_of_one_name_on_other_layers_are_told_apart(studio):
    edit = Edit(Choice("opened", name="mine"))
    pixels = [
        studio.strip(
            edit, [], 0, {"mine": Direction(np.ones(9), name="mine", layers=[layer])}
        ).pixels
        for layer in (0, 3)
    ]
    assert (pixels[0] != pixels[1]).any()


def test_what_one_visitor_opened_is_not_what_another_opened_under_the_same_name(studio):
    edit = Edit(Choice("opened", name="mine"))
    mine = {"mine": Direction(np.eye(9)[0])}
    other = {"mine": Direction(np.eye(9)[1])}
    pixels = [studio.strip(edit, [], 0, opened).pixels for opened in (mine, other)]
    assert (pixels[0] != pixels[1]).any()
    with pytest.raises(ValueError, match="no opened direction 'mine'"):
        studio.direction(edit.choice)


def test_memory_has_an_end_and_the_thumbnails_stay(studio, monkeypatch):
    monkeypatch.setattr("skcurve.app.studio.MOST_REMEMBERED", 3)
    studio.thumbnails()
    for at in range(6):
        studio.look(at)
    assert len(studio._remembered) == 3 and "thumbnails" in studio._remembered


def test_large_pictures_are_forgotten_sooner(studio, monkeypatch):
    one = studio.strip(SEGMENT, [], 0).pixels.nbytes
    monkeypatch.setattr("skcurve.app.studio.MOST_BYTES_REMEMBERED", 3.1 * one)
    for seed in range(6):
        studio.strip(SEGMENT, [], seed)
    strips = [key[-2] for key in studio._remembered if key[0] == "strip"]
    assert strips == [3, 4, 5]
    monkeypatch.setattr("skcurve.app.studio.MOST_BYTES_REMEMBERED", 1)
    assert studio.strip(SEGMENT, [], 6) is studio.strip(SEGMENT, [], 6)  # the last one stays


def test_outputs_that_are_no_pictures_are_shown_through_a_function():
    curve = PolylineCurve([[0.0, 0.0], [1.0, 1.0]])
    explorer = LatentDirectionExplorer(curve, lambda z: np.stack([z] * 3, axis=1)[:, :, None, None])
    studio = Studio(explorer, image=lambda outputs: np.zeros((len(outputs), 4, 4)))
    assert studio.look(0.5).shape == (4, 4)


def test_layers_and_tensors_are_taken_as_they_come(make_explorer):
    torch = pytest.importorskip("torch")
    curve = PolylineCurve(torch.randn(4, 3, generator=torch.Generator().manual_seed(0)))
    explorer = LatentDirectionExplorer(curve, lambda z: torch.sigmoid(z).reshape(-1, 1, 1, 3))
    studio = Studio(explorer)
    assert studio.look(0.5).shape[-2:] == (1, 3)
    assert studio.strip(Edit(Choice("component", 1)), [Edit(Choice())], 0).pixels.shape[0] == 4
    assert studio.stacked([Edit(Choice())], 0).shape[:2] == (2, 4)


def test_what_is_black_is_the_same_in_every_picture():
    curve = PolylineCurve([[-1.0], [0.2], [0.9]])
    explorer = LatentDirectionExplorer(curve, lambda z: np.repeat(z, 16, 1).reshape(-1, 4, 4))
    studio = Studio(explorer)
    greys = [int(studio.look(at)[0, 0]) for at in (0, 0.5, 1, 2)]
    assert greys == [0, 77, 153, 242]  # not all of them between 0 and 1
