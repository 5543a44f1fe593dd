"""A factory is imported from what the user named, and from nothing else."""

import sys

import pytest

from skcurve.app.origin import import_line, import_named, make_generator

SOURCE = """
import numpy as np

def make():
    return np.tanh

def needs(weights):
    return np.tanh

def number():
    return 7

constant = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module in the current folder, which is not on the path, beside a false `json`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "generators_of_mine.py").write_text(SOURCE)
    (tmp_path / "colorsys.py").write_text("raise SystemExit('the wrong one')")
    before = list(sys.path)
    yield "generators_of_mine"
    assert sys.path == before
    for name in ("generators_of_mine", "colorsys"):
        sys.modules.pop(name, None)


def test_a_module_in_the_current_folder_is_found(module):
    assert make_generator(f"{module}:make")([0.0]) == 0


def test_a_file_is_found(module, tmp_path):
    assert make_generator(str(tmp_path / "generators_of_mine.py") + ":make")([0.0]) == 0


def test_no_file_there_takes_the_place_of_a_module(module):
    assert import_named("colorsys:rgb_to_hsv", "--generator")(0, 0, 0) == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("make", "must be module:factory or file.py:factory; got 'make'"),
        (":make", "must be module:factory"),
        ("generators_of_mine:", "must be module:factory"),
        ("generators_of_mine:make()", "must be module:factory"),
        ("generators_of_mine:nothing", "there is no 'nothing' in 'generators_of_mine'"),
        ("nowhere_to_be_found:make", "there is no module 'nowhere_to_be_found'"),
        ("nowhere_to_be_found.deeper:make", "there is no module"),
        ("..up:make", "no name of a module"),
        ("nowhere.py:make", "there is no file 'nowhere.py'"),
        ("generators_of_mine:constant", "cannot be called"),
        ("generators_of_mine:needs", "is called without arguments"),
        ("generators_of_mine:number", "gave a int, which is no generator"),
    ],
)
def test_what_is_no_factory_is_named(module, name, said):
    with pytest.raises((ValueError, TypeError), match=said.replace("(", r"\(")):
        make_generator(name)


def test_an_error_inside_of_the_module_is_not_mistaken_for_its_absence(module, tmp_path):
    (tmp_path / "generators_of_mine.py").write_text("import not_installed_at_all")
    with pytest.raises(ModuleNotFoundError, match="not_installed_at_all"):
        make_generator(f"{module}:make")


@pytest.mark.parametrize("is_file", [False, True])
def test_a_program_imports_the_same(module, tmp_path, is_file):
    name = f"{tmp_path / module}.py:make" if is_file else f"{module}:make"
    sys.path.insert(0, str(tmp_path))
    try:
        names = {}
        exec("\n".join(import_line(name, "make_generator")), names)
        assert names["make_generator"]()([0.0]) == 0
    finally:
        sys.path.remove(str(tmp_path))
