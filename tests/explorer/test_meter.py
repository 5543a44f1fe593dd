"""A generator that raises on one batch loses nothing that was computed before."""

import numpy as np
import pytest

from skcurve import LatentDirectionExplorer
from skcurve.explorer import meter

from .conftest import NAMES, Exact, read_factors

N_TRIALS = 2
"""Calls by which it is found out whether the generator takes arrays or tensors."""


class Fragile(Exact):
    """Raises at one call, once."""

    def __init__(self, at):
        super().__init__()
        self.at = at

    def __call__(self, latents):
        if self.n_calls == self.at:
            self.at = None
            raise MemoryError("out of memory")
        return super().__call__(latents)


def total_calls(curve, ask, **settings):
    generator = Exact()
    result = ask(explore(curve, generator, **settings))
    return result, generator.n_calls


def explore(curve, generator, **settings):
    return LatentDirectionExplorer(
        curve,
        generator,
        attributes=read_factors,
        attribute_names=NAMES,
        batch_size=8,
        random_state=0,
        **settings,
    )


QUESTIONS = {
    "walk": lambda e: e.walk(0.25).outputs,
    "effects": lambda e: e.effects(n_latents=16).effects,
    "calibrate": lambda e: e.calibrate(n_latents=4).strengths,
    "traverse": lambda e: e.traverse(np.ones((9, 6)), 0),
    "interpret": lambda e: e._interpretation(3)["effect"],
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("share", [0.0, 0.4, 0.9])
def test_the_same_call_goes_on_where_it_failed(question, share, curve):
    ask = QUESTIONS[question]
    expected, n_calls = total_calls(curve, ask)
    generator = Fragile(at=max(N_TRIALS, int(share * n_calls)))
    explorer = explore(curve, generator)
    with pytest.raises(Exception, match="out of memory") as raised:
        ask(explorer)
    assert "the same call goes on from there" in "".join(raised.value.__notes__)
    done = generator.n_calls
    result = ask(explorer)
    np.testing.assert_array_equal(result, expected)
    assert generator.n_calls == n_calls  # every batch was made once
    assert generator.n_calls > done


def test_a_measurement_that_raises_loses_nothing_either(curve):
    fails = iter([False] * 30 + [True] + [False] * 10_000)

    def attributes(outputs):
        if next(fails):
            raise ZeroDivisionError("in the attributes")
        return read_factors(outputs)

    generator = Exact()
    explorer = LatentDirectionExplorer(
        curve, generator, attributes=attributes, batch_size=8, random_state=0
    )
    with pytest.raises(ZeroDivisionError, match="in the attributes"):
        explorer.effects(n_latents=16)
    explorer.effects(n_latents=16)
    _, n_calls = total_calls(curve, lambda e: e.effects(n_latents=16))
    assert generator.n_calls == n_calls + 1  # the output that could not be measured, again


def test_the_note_says_which_rows(curve):
    explorer = explore(curve, Fragile(at=N_TRIALS + 2))
    with pytest.raises(Exception) as raised:
        explorer.walk(0.25)
    assert any("batch of rows 16 to 23 of 45" in note for note in raised.value.__notes__)


def test_what_was_measured_is_not_measured_again(curve):
    generator = Exact()
    explorer = explore(curve, generator)
    first = explorer.effects(n_latents=16)
    done = generator.n_calls
    assert (explorer.effects(n_latents=16).effects == first.effects).all()
    assert generator.n_calls == done


def test_outputs_are_held_only_until_all_are_there(curve):
    explorer = explore(curve, Exact())
    explorer.walk()
    assert not explorer._setting.meter._unfinished


def test_the_memory_has_an_end(curve, monkeypatch):
    expected, _ = total_calls(curve, QUESTIONS["effects"])
    monkeypatch.setattr(meter, "MEMORY_BYTES", 2000)
    explorer = explore(curve, Exact())
    assert (QUESTIONS["effects"](explorer) == expected).all()
    held = explorer._setting.meter._numbers
    assert sum(part.nbytes for one in held.values() for part in one.values()) <= 2000


@pytest.mark.parametrize("batch_size", [1, 5, 64, 1000])
def test_the_size_of_batches_changes_nothing(batch_size, make):
    np.testing.assert_allclose(
        make(batch_size=batch_size).effects().effects, make().effects().effects, atol=1e-12
    )


def test_a_distance_of_ones_own(make, exact):
    def hue(before, after):
        return np.abs(before - after)[:, 0, 0, 0]

    explorer = make(distance=hue)
    found = explorer.calibrate([exact.turn[0], exact.turn[1]], n_latents=8)
    assert found.reached.tolist() == [True, False]
    bad = make(distance=lambda before, after: 3.0)
    with pytest.raises(ValueError, match="distance must give one finite number for each of"):
        bad.calibrate(n_latents=4)


def test_progress_is_told(make):
    told = []
    explorer = make(progress=lambda *said: told.append(said), batch_size=8)
    explorer.effects(amount=0.2, n_latents=4)
    explorer.walk()
    doing = dict.fromkeys(what for what, _, _ in told)
    assert list(doing) == [
        "calibrating directions",
        "measuring directions",
        "walking along the curve",
    ]
    for what in doing:
        counts = [(done, total) for said, done, total in told if said == what]
        assert counts[-1][0] == counts[-1][1]
        assert counts == sorted(counts)


def test_progress_is_shown_on_stderr_and_nothing_without(make, capsys):
    make(progress=True).walk()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "walking along the curve: 12 of 12\n"
    make().walk()
    assert capsys.readouterr() == ("", "")


def test_progress_is_a_bar_on_a_terminal(make, capsys, monkeypatch):
    pytest.importorskip("rich")
    import sys

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    make(progress=True).walk()
    assert "walking along the curve: 12" not in capsys.readouterr().err
