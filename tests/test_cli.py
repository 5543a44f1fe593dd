"""The `skcurve` command: it does what it is told, or says why not in one sentence."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import skcurve
from skcurve import cli

pytest.importorskip("typer")
pytest.importorskip("rich")


def run(*arguments):
    """The exit code of a command."""
    with pytest.raises(SystemExit) as leaving:
        cli.main(arguments)
    return leaving.value.code or 0


@pytest.fixture
def asked(monkeypatch):
    """What `run_demo` was asked for; it does nothing."""
    calls = []
    monkeypatch.setattr(cli, "run_demo", lambda output, **given: calls.append((output, given)))
    return calls


def test_it_says_its_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out == f"skcurve {skcurve.__version__}\n"


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_it_lists_its_commands(arguments, capsys):
    assert run(*arguments) == 0
    out, err = capsys.readouterr()
    assert "demo" in out and err == ""


def test_the_demo_has_defaults(asked):
    assert run("demo") == 0
    assert asked == [(Path("skcurve-demo"), {"n_bits": 6, "random_state": 0})]


def test_the_demo_does_as_it_is_told(asked):
    assert run("demo", "--output", "there", "--bits", "4", "--seed", "7") == 0
    assert asked == [(Path("there"), {"n_bits": 4, "random_state": 7})]


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
    ],
)
def test_a_command_line_that_makes_no_sense_is_code_2(arguments, said, asked, capsys):
    assert run(*arguments) == 2
    assert said in one_sentence(capsys)
    assert asked == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ImportError('run_demo needs matplotlib: run pip install "skcurve[plot]".'), "[plot]"),
        (PermissionError(13, "Permission denied", "/there"), "Permission denied: '/there'"),
        (ValueError("two\nlines"), "two lines"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_whatever_fails_is_code_1(error, said, monkeypatch, capsys):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(cli, "run_demo", fail)
    assert run("demo") == 1
    assert said in one_sentence(capsys)


def test_ctrl_c_is_code_130(monkeypatch, capsys):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run_demo", interrupt)
    assert run("demo") == 130
    assert one_sentence(capsys) == "skcurve: interrupted.\n"


@pytest.mark.parametrize("module", ["typer", "rich"])
def test_without_the_extra_it_says_what_to_install(module, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, module, None)
    assert run("--version") == 1
    assert 'pip install "skcurve[cli]"' in one_sentence(capsys)


def test_it_is_what_pip_installs_and_runs_in_a_process_of_its_own(tmp_path):
    pyproject = Path(skcurve.__file__).parents[1] / "pyproject.toml"
    if pyproject.exists():
        scripts = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["scripts"]
        assert scripts == {"skcurve": f"{cli.__name__}:{cli.main.__name__}"}
    file = tmp_path / "file"
    file.touch()
    ended = subprocess.run(
        [sys.executable, "-m", "skcurve.cli", "demo", "--output", str(file)],
        cwd=Path(skcurve.__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr == f"skcurve: output must be a folder; {file} is a file.\n"


def one_sentence(capsys):
    """What was written to stderr: one line, a sentence, and nothing to stdout."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("skcurve: ") and err.endswith(".\n") and err.count("\n") == 1
    return err
