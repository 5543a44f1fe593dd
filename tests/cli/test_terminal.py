"""The command in a process of its own: pipes, terminals, and Ctrl-C."""

import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "skcurve"]

WRITE_TO_STDOUT = [["quantize", "curve.safetensors", "X.npy"], ["info", "curve.safetensors"]]


@pytest.fixture
def files(fitted, rows, tmp_path, monkeypatch):
    """A folder with `curve.safetensors` and `X.npy`, from where commands are run."""
    fitted.save(tmp_path / "curve.safetensors")
    np.save(tmp_path / "X.npy", rows)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


class Terminal:
    """A command whose stderr is a terminal; its stdout is another, or a pipe."""

    def __init__(self, *arguments, stdout=subprocess.PIPE):
        self.screen, other = pty.openpty()
        out = other if stdout is None else stdout
        command = [*COMMAND, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=other)
        os.close(other)
        self.seen = ""

    def read(self, until=None, seconds=120):
        """What the terminal shows, until it shows something or the command ends."""
        deadline = time.monotonic() + seconds
        while until is None or not re.search(until, self.seen):
            assert time.monotonic() < deadline, self.seen
            if select.select([self.screen], [], [], 1)[0]:
                try:
                    new = os.read(self.screen, 65536)
                except OSError:  # how Linux says that nobody has it open any more
                    new = b""
                if not new:
                    assert until is None, self.seen
                    break
                self.seen += new.decode()
        return self.seen

    def wait(self):
        """The exit code, and what came through the pipe."""
        out, _ = self.process.communicate(timeout=120)
        os.close(self.screen)
        return self.process.returncode, out


def run(*arguments, **given):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, timeout=120, **given
    )


def test_a_pipeline_is_quiet_and_whole(files, fitted, rows):
    X = (files / "X.npy").read_bytes()
    T = run("transform", "curve.safetensors", "-", input=X)
    Q = run("inverse", "curve.safetensors", "-", input=T.stdout)
    assert (T.returncode, T.stderr, Q.returncode, Q.stderr) == (0, b"", 0, b"")
    np.testing.assert_array_equal(np.load(io.BytesIO(Q.stdout)), fitted.quantize(rows))


def test_a_terminal_shows_progress_and_a_pipe_gets_the_result(files):
    terminal = Terminal("fit", "X.npy", "-b", 6, "-o", "c.safetensors", "--json")
    shown = terminal.read()
    code, out = terminal.wait()
    assert code == 0 and json.loads(out)["bitrates"][-1]["bits"] == 6
    assert "6 of 6 bits" in shown and "100%" in shown
    assert not re.search(r"and\s+left", shown)  # before anybody knows how much there is to do
    assert shown.splitlines()[-1].endswith(
        "c.safetensors: a curve of 64 vertices through 300 rows."
    )


def test_quiet_is_quiet_on_a_terminal(files):
    terminal = Terminal("quantize", "curve.safetensors", "X.npy", "-o", "Q.npy", "--quiet")
    assert terminal.read() == ""
    assert terminal.wait() == (0, b"")


def test_an_array_is_not_written_to_a_terminal(files):
    terminal = Terminal("transform", "curve.safetensors", "X.npy", stdout=None)
    shown = terminal.read()
    assert terminal.wait()[0] == 2
    assert "standard output is a terminal" in shown and "NUMPY" not in shown


def test_an_array_is_not_read_from_a_terminal(files):
    screen, other = pty.openpty()
    ended = run("transform", "curve.safetensors", "-", stdin=other)
    os.close(screen)
    os.close(other)
    assert ended.returncode == 1 and ended.stdout == b""
    assert b"standard input, which is a terminal" in ended.stderr


def test_ctrl_c_keeps_what_was_complete(files):
    from skcurve import SFVQ

    np.save("large.npy", np.random.default_rng(0).normal(size=(20_000, 64)).astype(np.float32))
    terminal = Terminal("fit", "large.npy", "-b", 14, "--n-init", 4, "-o", "c.safetensors")
    terminal.read(until="8 of 14 bits")
    terminal.process.send_signal(signal.SIGINT)
    shown = terminal.read().splitlines()[-1]
    assert terminal.wait() == (130, b"")
    reached = max(SFVQ.load("c.safetensors").codebooks_)
    assert 7 <= reached < 14
    assert shown.endswith(
        f"skcurve: interrupted; 'c.safetensors' has the {reached} bits it had learnt."
    )


@pytest.mark.parametrize("command", WRITE_TO_STDOUT)
def test_a_pipe_that_nobody_reads_is_a_failure_in_a_sentence(command, files):
    read_end, write_end = os.pipe()
    os.close(read_end)
    ended = subprocess.run([*COMMAND, *command], stdout=write_end, stderr=subprocess.PIPE)
    os.close(write_end)
    assert ended.returncode == 1
    assert ended.stderr == b"skcurve: nobody reads the output any longer (broken pipe).\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("command", WRITE_TO_STDOUT)
def test_a_full_disk_is_a_failure_in_a_sentence(command, files):
    with open("/dev/full", "wb") as full:
        ended = subprocess.run([*COMMAND, *command], stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 1
    assert ended.stderr == b"skcurve: No space left on device.\n"


@pytest.mark.parametrize(
    ("stdin", "stdout"), [("/dev/stdin", "/dev/stdout"), ("/dev/fd/0", "/dev/fd/1")]
)
def test_standard_streams_have_paths_whatever_they_lead_to(stdin, stdout, files, fitted, rows):
    arguments = ["transform", "curve.safetensors", stdin, "-o", stdout]
    (files / "out").write_bytes(b"before")
    with open("X.npy", "rb") as rows_in, open("out", "ab") as out:
        ended = subprocess.run([*COMMAND, *arguments], stdin=rows_in, stdout=out, timeout=120)
    assert ended.returncode == 0
    content = (files / "out").read_bytes()
    assert content.startswith(b"before")
    found = np.load(io.BytesIO(content.removeprefix(b"before")))
    np.testing.assert_array_equal(found, fitted.transform(rows))


def test_a_device_stays_one(files):
    assert run("transform", "curve.safetensors", "X.npy", "-o", os.devnull).returncode == 0
    assert not os.path.isfile(os.devnull)
    through = run("transform", "curve.safetensors", "X.npy", "-o", "/dev/stdout")
    assert np.load(io.BytesIO(through.stdout)).shape == (300, 1)
