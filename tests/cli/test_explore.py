"""`skcurve explore`: what it needs, and what it opens."""

import sys

import numpy as np
import pytest

SOURCE = """
import numpy as np

def make():
    return lambda latents: np.tanh(latents)

def measure(outputs):
    return outputs[:, :2]
"""


@pytest.fixture
def opened(monkeypatch):
    """What would have been shown, and how."""
    shown = []

    class Page:
        address = "http://127.0.0.1:7860/"

        def wait(self):
            raise KeyboardInterrupt

    def launch(explorer, **settings):
        shown.append((explorer, settings))
        return Page()

    monkeypatch.setattr("skcurve.cli.explore.launch", launch)
    return shown


@pytest.fixture
def mine(files):
    (files / "generator_of_mine.py").write_text(SOURCE)
    yield "generator_of_mine:make"
    sys.modules.pop("generator_of_mine", None)


def test_a_curve_and_a_generator_are_shown_and_ctrl_c_is_no_failure(skcurve, files, mine, opened):
    result = skcurve(
        "explore",
        "curve.safetensors",
        "-g",
        mine,
        "-a",
        "generator_of_mine:measure",
        "-b",
        "3",
        "--no-browser",
        "--port",
        "7999",
    )
    assert (result.code, result.out, result.err) == (0, "http://127.0.0.1:7860/\n", "")
    ((explorer, settings),) = opened
    assert explorer.curve.n_vertices == 8 and explorer.has_attributes
    assert settings["port"] == 7999 and settings["open_browser"] is False
    assert settings["host"] == "127.0.0.1" and settings["password"] is None
    names = {}
    sys.path.insert(0, str(files))
    try:
        exec("\n".join(settings["setup"]), names)
    finally:
        sys.path.remove(str(files))
    assert (names["explorer"].curve.vertices == explorer.curve.vertices).all()
    latents = np.ones((1, 3))
    assert (names["explorer"].generator(latents) == explorer.generator(latents)).all()


def test_the_demonstration_brings_all_of_it(skcurve, opened):
    assert skcurve("explore", "--demo", "--bits", "2", "--quiet").code == 0
    ((explorer, settings),) = opened
    assert explorer.curve.n_vertices == 4 and explorer.has_attributes
    assert settings["setup"][3].startswith("curve = SFVQ(2, random_state=0).fit(")


def test_directions_are_tried_on_the_latents_that_are_named(skcurve, files, mine, opened, rows):
    found = skcurve("explore", "curve.safetensors", "-g", mine, "--latents", "X.npy")
    assert found.code == 0, found.err
    ((explorer, settings),) = opened
    drawn = explorer.sample(20, 0)
    assert (np.abs(drawn[:, None] - rows[None]).max(-1).min(1) < 1e-6).all()
    names = {}
    sys.path.insert(0, str(files))
    try:
        exec("\n".join(settings["setup"]), names)
    finally:
        sys.path.remove(str(files))
    assert (names["explorer"].sample(20, 0) == drawn).all()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "a curve and its --generator are needed, or --demo (see skcurve explore --help)"),
        (["curve.safetensors"], 2, "--generator are needed"),
        (["curve.safetensors", "--demo"], 2, "give it alone"),
        (["--demo", "--latents", "X.npy"], 2, "give it alone"),
        (
            ["curve.safetensors", "-g", "generator_of_mine:make", "--latents", "none.npy"],
            1,
            "No such file",
        ),
        (["none.safetensors", "-g", "generator_of_mine:make"], 1, "No such file"),
        (["curve.safetensors", "-g", "generator_of_mine"], 1, "must be module:factory"),
        (["curve.safetensors", "-g", "generator_of_mine:none"], 1, "there is no 'none'"),
        (["--demo", "--host", "0.0.0.0"], 1, "needs a password"),
        (["--demo", "--host", "0.0.0.0", "--password", "1234567"], 1, "at least 8 characters"),
        (["curve.safetensors", "-g", "generator_of_mine:make", "-a", "json:nothing"], 1, "nothing"),
    ],
)
def test_what_is_missing_is_said(skcurve, files, mine, opened, arguments, code, said):
    assert said in skcurve("explore", *arguments).failed(code)
    assert opened == []


def test_the_password_comes_from_the_environment(skcurve, files, mine, opened, monkeypatch):
    monkeypatch.setenv("SKCURVE_PASSWORD", "from the environment")
    skcurve("explore", "curve.safetensors", "-g", mine, "--host", "0.0.0.0")
    assert opened[0][1]["password"] == "from the environment"
