"""The command as a whole: its help, its exit codes, and one sentence for every failure."""

import shlex
import subprocess
import sys
import tomllib
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

import skcurve as package
from skcurve import cli, demo, explore_demo, plotting
from skcurve.cli import app, apply, augment, convert, explore, fit, info, options, plot
from skcurve.sfvq import MAX_BITS, MIN_BITS
from skcurve.solvers import SOLVERS, STARTS


@pytest.fixture
def asked(monkeypatch):
    """What each command was asked to do; nothing is done."""
    calls = []
    places = [(apply, "transform"), (apply, "quantize"), (apply, "inverse"), (fit, "fit")]
    places += [(info, "info"), (plot, "plot"), (convert, "convert"), (demo, "run_demo")]
    places += [(augment, "augment"), (explore, "explore"), (explore_demo, "run_explore_demo")]
    for module, name in places:
        monkeypatch.setattr(
            module, name, lambda *given, _name=name, **named: calls.append((_name, given, named))
        )
    return calls


def test_it_says_its_version(skcurve):
    assert skcurve("--version") == (0, f"skcurve {package.__version__}\n".encode(), "")


def test_after_its_version_it_does_no_more(skcurve, asked):
    assert skcurve("--version", "demo") == skcurve("--version")
    assert asked == []


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_closed_stream_is_no_failure(closed, files, monkeypatch):
    monkeypatch.chdir(files)
    monkeypatch.setattr(sys, closed, None)
    for command in ["info"], ["transform", "-o", "T.npy"]:
        with pytest.raises(SystemExit) as leaving:
            cli.main([command[0], "curve.safetensors", "X.npy", *command[1:]])
        assert not leaving.value.code
    assert (files / "T.npy").exists()


def test_from_a_closed_stream_nothing_is_read(files, monkeypatch, capsys):
    monkeypatch.chdir(files)
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit):
        cli.main(["transform", "curve.safetensors", "-", "-o", "T.npy"])
    said = capsys.readouterr().err
    assert said.startswith("skcurve: standard input is no complete .npy stream")
    assert said.count("\n") == 1


def test_what_the_encoding_lacks_ends_no_command(monkeypatch):
    monkeypatch.setattr(demo, "run_demo", lambda *_, **__: print("höhe ↓"))
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(BytesIO(), encoding="latin-1"))
    with pytest.raises(SystemExit) as leaving:
        cli.main(["demo"])
    assert not leaving.value.code
    assert sys.stdout.buffer.getvalue() == "höhe \\u2193\n".encode("latin-1")


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_it_lists_its_commands_and_exit_codes(arguments, skcurve):
    code, _, err = result = skcurve(*arguments)
    assert (code, err) == (0, "")
    for command, _ in app.COMMANDS:
        assert f"\n  {spelled(command)} " in result.out
    for exit_code in ("0  ", "1  ", "2  ", "130"):
        assert f"\n    {exit_code}  " in result.out
    assert "..." not in result.out.split("Commands:")[1].split("Examples:")[0]  # nothing is cut


def spelled(command):
    """How a command is written."""
    return command.__name__.replace("_", "-")


EXAMPLES = [example for _, examples in app.COMMANDS for example in examples]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_in_the_help_are_commands(example, skcurve, asked):
    words = shlex.split(example)
    for pipe in " ".join(map(shlex.quote, words)).split("'|'"):
        given = shlex.split(pipe)
        if given[0] == "jq":
            continue
        assert given.pop(0) == "skcurve"
        until = next((i for i, word in enumerate(given) if word in "<>"), len(given))
        result = skcurve(*given[:until])
        assert (result.code, result.err) == (0, "")
    assert asked


@pytest.mark.parametrize(("command", "examples"), [(spelled(c), e) for c, e in app.COMMANDS])
def test_the_help_of_a_command_has_its_examples_in_80_columns(command, examples, skcurve):
    result = skcurve(command, "--help")
    assert (result.code, result.err) == (0, "")
    assert all(f"    {example}\n" in result.out for example in examples)
    assert max(map(len, result.out.splitlines())) <= 90


def test_the_help_is_there_before_anything_heavy():
    code = (
        "import sys\nfrom skcurve.cli import main\n"
        "try: main(['fit', '--help'])\n"
        "except SystemExit as leaving: assert not leaving.code\n"
        "assert not {'torch', 'sklearn', 'numpy'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_names_are_those_of_the_package():
    assert {member.value for member in options.Solver} == set(SOLVERS)
    assert {member.value for member in options.Start} == set(STARTS)
    coordinates = package.SFVQ._parameter_constraints["coordinate"][0].options
    assert {member.value for member in options.Coordinate} == coordinates
    assert (options.FEWEST_BITS, options.MOST_BITS) == (MIN_BITS, MAX_BITS)
    assert (options.FEWEST_BITS, options.MOST_DEMO_BITS) == (demo.FEWEST_BITS, demo.MOST_BITS)
    bits = explore_demo.FEWEST_BITS, explore_demo.MOST_BITS
    assert bits == (options.FEWEST_BITS, options.MOST_EXPLORE_BITS)


def test_every_display_can_be_drawn():
    assert set(plot.RECIPES) == set(options.Kind)
    assert {recipe.display for recipe in plot.RECIPES.values()} == set(plotting.__all__)


@pytest.mark.parametrize("bits", [None, "4"])
def test_the_demo_does_as_it_is_told(bits, skcurve, asked):
    told = ["--output", "there", "--bits", bits, "--seed", "7"] if bits else []
    assert skcurve("demo", *told).code == 0
    folder = Path("there" if bits else "skcurve-demo")
    settings = {"n_bits": int(bits or 6), "random_state": 7 if bits else 0}
    assert asked == [("run_demo", (folder,), settings)]


@pytest.mark.parametrize("bits", [None, "4"])
def test_the_demo_of_directions_does_as_it_is_told(bits, skcurve, asked):
    told = ["--output", "there", "--bits", bits, "--seed", "7"] if bits else []
    assert skcurve("explore-demo", *told).code == 0
    folder = Path("there" if bits else "skcurve-directions")
    settings = {"n_bits": int(bits or 5), "random_state": 7 if bits else 0}
    assert asked == [("run_explore_demo", (folder,), settings)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "nothing"),
        (["--nothing"], "--nothing"),
        (["demo", "--bits", "9"], "--bits"),
        (["demo", "--bits", "1"], "--bits"),
        (["demo", "--bits", "six"], "--bits"),
        (["demo", "--seed", "-1"], "--seed"),
        (["demo", "--output"], "--output"),
        (["demo", "too", "much"], "too"),
        (["fit"], "X"),
        (["fit", "X.npy"], "--output"),
        (["fit", "X.npy", "-o", "c.safetensors", "-b", "17"], "--bits"),
        (["fit", "X.npy", "-o", "c.safetensors", "--init", "luck"], "luck"),
        (["fit", "X.npy", "-o", "c.safetensors", "--smoothness", "-1"], "--smoothness"),
        (["fit", "X.npy", "-o", "c.safetensors", "-b", "173"], "173"),
        (["fit", "X.npy", "-o", "c.safetensors", "--smoothness", "-1.5"], "-1.5"),
        (["transform", "c.safetensors"], "X"),
        (["transform", "c.safetensors", "X.npy", "--coordinate", "north"], "north"),
        (["convert", "-o", "c.safetensors"], "CODEBOOK"),
        (["plot", "c.safetensors", "--kind", "cake", "-o", "c.png"], "cake"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_code_2(arguments, said, skcurve, asked):
    sentence = skcurve(*arguments).failed(2)
    assert said in sentence and "--help)" in sentence
    assert asked == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImportError('run_demo needs matplotlib: run pip install "skcurve[plot]".'), "[plot]"),
        (PermissionError(13, "Permission denied", "/there"), "'/there': Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device.\n"),
        (ValueError("two\nlines"), "two lines"),
        (RuntimeError(), "RuntimeError"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_whatever_fails_is_code_1(error, said, monkeypatch, skcurve):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(demo, "run_demo", fail)
    assert said in skcurve("demo").failed(1)


def test_ctrl_c_is_code_130(monkeypatch, skcurve):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "run_demo", interrupt)
    assert skcurve("demo").failed(130) == "interrupted.\n"


def test_a_warning_is_a_sentence_too(monkeypatch, skcurve):
    import warnings

    monkeypatch.setattr(demo, "run_demo", lambda *_, **__: warnings.warn("so\nso", stacklevel=1))
    assert skcurve("demo") == (0, b"", "skcurve: warning: so so.\n")


@pytest.mark.parametrize("module", ["typer", "rich"])
def test_without_the_extra_it_says_what_to_install(module, monkeypatch, skcurve):
    monkeypatch.setitem(sys.modules, module, None)
    assert 'pip install "skcurve[cli]"' in skcurve("--version").failed(1)


def test_the_shell_can_complete_it(monkeypatch, skcurve):
    monkeypatch.setenv("_SKCURVE_COMPLETE", "source_bash")
    assert "complete -o default" in skcurve().out
    monkeypatch.setenv("_SKCURVE_COMPLETE", "complete_bash")
    for typed, expected in [("tr", "transform"), ("fit --ini", "--init")]:
        monkeypatch.setenv("COMP_WORDS", f"skcurve {typed}")
        monkeypatch.setenv("COMP_CWORD", str(len(typed.split())))
        result = skcurve()
        assert (result.code, result.out.split()) == (0, [expected])


def test_it_is_what_pip_installs():
    pyproject = Path(package.__file__).parents[1] / "pyproject.toml"
    if not pyproject.exists():
        pytest.skip("the tests run against an installed package")
    scripts = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["scripts"]
    assert scripts == {"skcurve": f"{cli.__name__}:{cli.main.__name__}"}
