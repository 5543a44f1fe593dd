"""`skcurve convert`: a curve that has the codebooks as they are."""

import json

import numpy as np
import pytest

from skcurve import SFVQ


@pytest.fixture
def codebooks(skcurve, fitted, tmp_path):
    """`codebook_2bit.npy` to `codebook_4bit.npy`, as the papers' authors publish theirs."""
    for bits, codebook in fitted.codebooks_.items():
        np.save(tmp_path / f"codebook_{bits}bit.npy", np.float32(codebook))
    return tmp_path


def test_a_codebook_becomes_a_curve(skcurve, codebooks, fitted, rows):
    result = skcurve("convert", "codebook_4bit.npy", "-o", "c.safetensors")
    assert (result.code, result.err) == (0, "")
    found = SFVQ.load(codebooks / "c.safetensors")
    np.testing.assert_array_equal(found.codebook_, np.float32(fitted.codebook_))
    assert (found.n_bits, list(found.codebooks_)) == (4, [4])


def test_codebooks_of_several_bitrates_become_one_curve(skcurve, codebooks, fitted):
    names = [f"codebook_{bits}bit.npy" for bits in (4, 2, 3)]
    result = skcurve("convert", *names, "-o", "c.safetensors", "--json")
    facts = json.loads(result.out)
    assert [record["bits"] for record in facts["bitrates"]] == [2, 3, 4]
    found = SFVQ.load(codebooks / "c.safetensors")
    for bits in (2, 3, 4):
        expected = np.float32(fitted.codebooks_[bits])
        np.testing.assert_array_equal(found.at_bitrate(bits).codebook_, expected)


def test_it_prints_what_the_curve_is_like(skcurve, codebooks, fitted):
    printed = skcurve("convert", "codebook_4bit.npy", "-o", "c.safetensors").out
    assert printed.splitlines()[-1].split()[:3] == ["4", "16", f"{fitted.curve_.length:.5g}"]


@pytest.mark.parametrize(
    ("codebook", "said"),
    [
        (np.zeros((15, 3)), "must have 2**b rows with b from 2 to 16; got 15 rows"),
        (np.zeros((2, 3)), "must have 2**b rows with b from 2 to 16; got 2 rows"),
        (np.zeros((2**17, 1)), "must have 2**b rows with b from 2 to 16; got 131,072 rows"),
        (np.full((4, 3), np.inf), "must hold finite numbers; got inf in row 0"),
        (np.zeros(8), "must hold a matrix"),
        (np.zeros((32, 2)), "'codebook_4bit.npy' has 3 columns; the last codebook has 2"),
        (np.zeros((16, 3)), "'codebook_4bit.npy' and 'bad.npy' are both codebooks of 4 bits"),
    ],
)
def test_what_is_no_codebook_is_told(codebook, said, skcurve, codebooks):
    np.save(codebooks / "bad.npy", codebook)
    arguments = ["convert", "codebook_4bit.npy", "bad.npy", "-o", "c.safetensors"]
    assert said in skcurve(*arguments).failed(1)
    assert not (codebooks / "c.safetensors").exists()
