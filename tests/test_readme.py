"""The pages that people read first are true: their code runs, their links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = sorted(f"docs/guide/{path.name}" for path in (ROOT / "docs" / "guide").glob("*.md"))
FIRST = ["README.md", "docs/index.md", "docs/what_is_it.md"]
PAGES = [*FIRST, "docs/scaling.md", *(page for page in GUIDE if page != "docs/guide/index.md")]
TOP = sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
LINKING = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "examples/README.md", *TOP, *GUIDE]


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
    printed = capsys.readouterr().out
    about = [float(number) for number in re.findall(r"# .*about ([\d.]+)$", code, re.MULTILINE)]
    if about:  # one for each line it prints
        last = [float(line.split()[-1]) for line in printed.splitlines()]
        assert about == pytest.approx(last, rel=0.03)
    shown = " ".join(
        re.findall(r"^```text\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)
    ).split()
    if shown and page == "docs/index.md":  # another processor may settle a tie the other way
        same = [a == b for a, b in zip(shown, printed.split(), strict=True)]
        assert sum(same) >= 0.9 * len(same)


def test_the_readme_begins_with_the_two_commands():
    head = text("README.md").split("## ")[0]
    assert re.findall(r"^make \w+", head, re.MULTILINE) == ["make demo", "make test"]


@pytest.mark.parametrize("page", LINKING)
def test_links_within_the_project_lead_somewhere(page):
    for target, place in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", text(page)):
        # The gallery is made from the examples when the pages are built.
        target = re.sub(r"auto_examples/(\w+)\.rst$", made_from, target)
        file = (ROOT / page).parent / target if target else ROOT / page
        assert file.exists(), target
        if place:
            assert place in headings(file.read_text(encoding="utf-8")), f"{target}#{place}"


@pytest.mark.parametrize("page", LINKING)
def test_links_to_elsewhere_are_addresses(page):
    for address in re.findall(r"\]\((https?:[^)]*)\)", text(page)):
        assert re.fullmatch(r"https://[\w-]+(\.[\w-]+)+(/[\w./#=&?%~@+-]*)?", address), address


def headings(page):
    """The places of a page that can be linked to, as they are named there."""
    for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE):
        plain = re.sub(r"[^\w\s-]", "", heading).strip().lower()
        yield re.sub(r"\s", "-", plain)


def made_from(link):
    source = "GALLERY_HEADER.txt" if link[1] == "index" else f"{link[1]}.py"
    return f"../examples/{source}"


def test_every_picture_that_the_script_draws_is_there_for_both_themes():
    drawn = set(re.findall(r"^@picture\ndef (\w+)", text("docs/draw_pictures.py"), re.MULTILINE))
    there = {path.stem for path in (ROOT / "docs" / "images").glob("*.png")}
    assert len(drawn) >= 15
    assert drawn | {f"{name}-dark" for name in drawn} == there - {
        "curve", "page", "page-dark", "sprites",
    }  # fmt: skip


def test_the_picture_is_small_enough_for_a_page():
    picture = ROOT / "docs" / "images" / "curve.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 300_000


@pytest.mark.parametrize(
    "page",
    ["docs/index.md", "docs/comparison.md", "docs/guide/directions.md", "docs/guide/saliency.md"],
)
def test_numbers_are_those_of_the_benchmark_beside_them(page):
    """As they stand there; on the landing page they may be rounded."""
    n_seen = 0
    for part in re.split(r"\n(?:\n|- )", text(page)):
        linked = re.findall(r"\]\((?:\.\./)?(benchmarks/\w+\.md)\)", part)
        known = decimals("\n".join(text(f"docs/{target}") for target in linked))
        for number in decimals(re.sub(r"`[^`]*`", "", part)) if linked else []:
            digits = len(number.partition(".")[2])
            rounded = {f"{float(other):.{digits}f}" for other in known}
            assert number in (rounded if page == "docs/index.md" else known), (number, linked)
            n_seen += 1
    assert n_seen >= 2


def test_the_table_of_directions_is_that_of_the_benchmark():
    sections = text("docs/benchmarks/directions.md").split("\n## ")
    table = text("docs/comparison.md").partition("| method | trained")[2].partition("\n\n")[0]
    compared = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    assert len(compared) >= 10
    for title, column in [("trained", 1), ("exact sprites with", 2), ("exact sprites, factors", 3)]:
        (found,) = [part for part in sections if re.match(f"{title}.*: factors found, of 9", part)]
        for row in compared:
            named = [line for line in found.splitlines() if line.startswith(f"| {row[0]} ")]
            if row[column] == "–":
                assert named == []
            else:
                (line,) = named
                mean = line.split(" | ")[2].partition(" ±")[0]
                assert float(row[column].strip("*")) == float(mean), row


def decimals(page):
    return re.findall(r"(?<![\w.])\d+\.\d+(?![\w.]*\w)", page)
