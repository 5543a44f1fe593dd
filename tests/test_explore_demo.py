"""The demonstration of directions: a table, a page and a file, all of the same directions."""

import sys

import numpy as np
import pytest

from skcurve import explore_demo
from skcurve.explorer import DirectionLibrary
from skcurve.generators.sprites import ExactSprites

pytest.importorskip("rich")


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The demonstration on the generator without a network, which is fast."""
    folder = tmp_path_factory.mktemp("demo") / "new"
    made = explore_demo.run_explore_demo(
        folder, n_bits=2, random_state=0, generator=ExactSprites(species=True)
    )
    return folder, made


@pytest.mark.parametrize("columns", ["80", "40"])
def test_it_prints_a_table_in_80_columns(tmp_path, capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    made = explore_demo.run_explore_demo(tmp_path, n_bits=2, generator=ExactSprites(species=True))
    captured = capsys.readouterr()
    lines = captured.out.replace(str(tmp_path), "").splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in captured.out
    table = {line[:14].strip(): line for line in lines}
    for name, one in made.library.items():
        assert f"{one.strength:.2f}" in table[name]
    assert str(made.report) in captured.out and str(made.saved) in captured.out


def test_it_leaves_a_page_and_a_library(shown):
    folder, made = shown
    assert sorted(path.name for path in folder.iterdir()) == [
        "directions.safetensors",
        "report.html",
    ]
    library = DirectionLibrary.load(folder / "directions.safetensors")
    assert list(library) == list(made.library)
    assert 2 <= len(library) <= explore_demo.MOST_NAMED
    page = made.report.read_text(encoding="utf-8")
    assert page.count('<div class="card">') == len(library)
    for method in ("segments", "components", "random"):
        assert f">{method}<" in page


def test_the_directions_are_ranked_named_and_measured(shown):
    _, made = shown
    assert (np.diff(made.effects.score[~made.effects.weak]) <= 0).all()
    for number, (name, one) in enumerate(made.library.items()):
        attribute = made.effects.attribute_names[made.effects.main[number]]
        assert name.split()[0] == attribute
        assert one.scores["purity"] == pytest.approx(made.effects.purity[number])
        assert one.scores[f"effect {attribute}"] > 0
        assert one.bitrate == 2 and one.seed == 0 and one.strength_range is not None


def test_the_same_seed_makes_the_same_page(shown, tmp_path):
    _, made = shown
    again = explore_demo.run_explore_demo(
        tmp_path, n_bits=2, random_state=0, generator=ExactSprites(species=True)
    )
    assert again.report.read_bytes() == made.report.read_bytes()


@pytest.mark.slow
def test_with_the_network_it_takes_two_minutes_at_most(tmp_path):
    from time import process_time

    began = process_time()
    made = explore_demo.run_explore_demo(tmp_path)
    assert process_time() - began < 240  # on two cores; compiling included
    assert len(made.library) >= 3


def test_a_file_in_the_place_of_the_folder_is_named_at_once(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=r"output must be a folder; .*file is a file\."):
        explore_demo.run_explore_demo(tmp_path / "file")


@pytest.mark.parametrize("n_bits", [1, 7])
def test_a_bitrate_out_of_range_is_named_at_once(n_bits, tmp_path):
    with pytest.raises(ValueError, match=f"n_bits must be from 2 to 6; got {n_bits}"):
        explore_demo.run_explore_demo(tmp_path / "out", n_bits=n_bits)
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_named_at_once(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with pytest.raises(ImportError, match=r'pip install "skcurve\[cli\]"'):
        explore_demo.run_explore_demo(tmp_path)
