"""A curve in a file, rows in another, and the command that is given both."""

import sys
from io import BytesIO, TextIOWrapper
from typing import NamedTuple

import numpy as np
import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from skcurve import SFVQ, cli


class Result(NamedTuple):
    code: int
    stdout: bytes
    err: str

    @property
    def out(self):
        return self.stdout.decode()

    def failed(self, code):
        """What it says of a failure: one sentence on stderr, and nothing on stdout."""
        assert (self.code, self.stdout) == (code, b"")
        assert self.err.startswith("skcurve: ") and self.err.endswith(".\n")
        assert self.err.count("\n") == 1
        return self.err.removeprefix("skcurve: ")


@pytest.fixture
def skcurve(capsysbinary, monkeypatch, tmp_path):
    """Run the command in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin)))
        capsysbinary.readouterr()
        with pytest.raises(SystemExit) as leaving:
            cli.main([str(argument) for argument in arguments])
        captured = capsysbinary.readouterr()
        return Result(leaving.value.code or 0, captured.out, captured.err.decode())

    return run


@pytest.fixture(scope="session")
def rows():
    """300 rows of three features along an arc."""
    generator = np.random.default_rng(0)
    angle = generator.uniform(0, 3, 300)
    arc = np.stack([np.cos(angle), np.sin(angle), angle], axis=1)
    return arc + generator.normal(scale=0.05, size=arc.shape)


@pytest.fixture(scope="session")
def fitted(rows):
    return SFVQ(4, random_state=0).fit(rows)


@pytest.fixture
def files(fitted, rows, tmp_path):
    """A folder with `curve.safetensors` and `X.npy`, where the command runs."""
    fitted.save(tmp_path / "curve.safetensors")
    np.save(tmp_path / "X.npy", rows)
    return tmp_path
