"""The page about the command line says what the commands say."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PAGE.exists(), reason="the page is not installed"),
]


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.M)


def shape(text):
    """The words of a text, with every number made the same: seconds and last digits differ."""
    return re.sub(r"[\d.,]+", "0", text).split()


def test_its_commands_run_and_print_what_it_shows(skcurve, tmp_path):
    pytest.importorskip("matplotlib")
    exec(blocks("python")[0], {})
    np.savez(tmp_path / "data.npz", latents=np.load("digits.npy"), names=np.load("names.npy"))
    for bits in (2, 3, 4):
        np.save(tmp_path / f"codebook_{bits}bit.npy", np.load("digits.npy")[: 2**bits])
    printed = []
    for line in "".join(blocks("sh")).splitlines():
        name, *arguments = shlex.split(line)
        if name != "skcurve" or arguments[0] in (
            "demo",
            "explore",
            "explore-demo",
            "--install-completion",
        ):
            continue
        result = skcurve(*arguments[: arguments.index("|")] if "|" in arguments else arguments)
        assert (result.code, result.err) == (0, "")
        printed.append(shape(result.out))
    for shown in blocks("text"):
        assert shape(shown) in printed
    points = np.load(tmp_path / "points.npy")
    assert points.shape == (1797, 64)
