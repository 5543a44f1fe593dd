"""The program that the page writes makes what the page shows."""

import numpy as np
import pytest

from skcurve.app.actions import act
from skcurve.app.address import read_address
from skcurve.app.example import make_example
from skcurve.app.exports import export, read_opened
from skcurve.app.origin import Origin
from skcurve.app.recipe import UNKNOWN, write_recipe
from skcurve.app.studio import Studio


def view_of(studio, **query):
    view, complaints = read_address(query, studio.limits)
    assert complaints == []
    return view


def run(recipe, **names):
    exec(recipe, names)
    return names


def last_column(studio, view):
    """What the page shows at full strength."""
    return studio.strip(view.current, view.stack, view.seed, view.opened).pixels[:, -1].astype(int)


@pytest.mark.parametrize(
    ("edit", "stack"),
    [
        ("s2_1.5", ""),
        ("s2_-1.5_0-1", ""),
        ("v1-6_0.5", "s2_1.5,c1_-2_3-3"),
        ("c0_1", "v7-0_0.25_0-2"),
    ],
)
def test_it_makes_the_same_pictures(studio, explorer, edit, stack):
    view = view_of(studio, edit=edit, stack=stack, seed="5")
    recipe = write_recipe(studio, view)
    assert UNKNOWN in recipe
    outputs = run(recipe, explorer=explorer)["outputs"]
    assert np.abs(studio.pictures(outputs) - last_column(studio, view)).max() <= 1


def test_with_strength_zero_it_changes_nothing(studio, explorer):
    recipe = write_recipe(studio, view_of(studio, edit="s2_0", seed="5"))
    names = run(recipe, explorer=explorer)
    assert (names["edited"] == names["latents"]).all()


@pytest.mark.slow
def test_of_the_demonstration_it_runs_by_itself_and_has_ten_lines():
    explorer, setup = make_example(3, 0)
    studio = Studio(explorer, origin=Origin(tuple(setup)))
    for edit in ("s3_1_0-3", "v1-6_-0.5", "c1_2"):
        view = view_of(studio, edit=edit, seed="2")
        assert len(write_recipe(studio, view).splitlines()) <= 10
    outputs = run(write_recipe(studio, view))["outputs"]  # of the last, the longest
    assert np.abs(studio.pictures(outputs) - last_column(studio, view)).max() <= 1


def test_an_opened_direction_is_read_from_its_file(studio, explorer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved = export(studio, view_of(studio, edit="v1-6_-1_1-2"), "card")
    (tmp_path / "directions.safetensors").write_bytes(saved.content)
    view = view_of(studio, seed="5")
    opened = read_opened("directions.safetensors", 9)
    (name,) = opened
    view = type(view)(view.sampling, seed=5, opened=opened)
    view = act(view, {"do": "pick", "kind": "opened", "name": name}, studio.limits)
    outputs = run(write_recipe(studio, view), explorer=explorer)["outputs"]
    assert np.abs(studio.pictures(outputs) - last_column(studio, view)).max() <= 1
