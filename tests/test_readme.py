"""The pages that people read first are true: their code runs, their links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = sorted(f"docs/guide/{path.name}" for path in (ROOT / "docs" / "guide").glob("*.md"))
PAGES = ["README.md", "docs/scaling.md", *(page for page in GUIDE if page != "docs/guide/index.md")]
TOP = sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
LINKING = ["README.md", "CONTRIBUTING.md", "examples/README.md", *TOP, *GUIDE]


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_code_runs_and_gives_the_shapes_and_numbers_it_says(
    page, tmp_path, monkeypatch, capsys
):
    pytest.importorskip("matplotlib.pyplot").switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE))
    names = {"__name__": page}
    exec(compile(code, page, "exec"), names)
    said = re.findall(r"^(\w+) = .*  # \((\d+(?:, \d+)*),?\)", code, re.MULTILINE)
    assert len(said) >= (5 if page == "README.md" else 0)
    for name, shape in said:
        assert names[name].shape == tuple(map(int, shape.split(", "))), name
    about = [float(number) for number in re.findall(r"# .*about ([\d.]+)$", code, re.MULTILINE)]
    if about:  # one for each line it prints
        printed = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
        assert about == pytest.approx(printed, rel=0.03)


def test_the_readme_begins_with_the_two_commands():
    head = text("README.md").split("## ")[0]
    assert re.findall(r"^make \w+", head, re.MULTILINE) == ["make demo", "make test"]


@pytest.mark.parametrize("page", LINKING)
def test_links_within_the_project_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text(page)):
        # The gallery is made from the examples when the pages are built.
        target = re.sub(r"auto_examples/(\w+)\.rst$", made_from, target)
        assert (ROOT / page).parent.joinpath(target).exists(), target


def made_from(link):
    source = "GALLERY_HEADER.txt" if link[1] == "index" else f"{link[1]}.py"
    return f"../examples/{source}"


def test_the_picture_is_small_enough_for_a_page():
    picture = ROOT / "docs" / "images" / "curve.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 300_000
