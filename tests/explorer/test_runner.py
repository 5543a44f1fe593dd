"""A generator that raises on one batch loses nothing that was computed before."""

import numpy as np
import pytest

from skcurve import LatentDirectionExplorer
from skcurve.directions import AttributeDirections, PCADirections, RectifiedDirections
from skcurve.explorer import Direction, runner
from skcurve.generators import GeneratorError, as_generator

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
    said = "batch 3 of 6 (latents 16 to 23)"
    assert said in str(raised.value)
    assert any(said in note for note in raised.value.__notes__)


class FailsAt(Exact):
    """Raises where it meets one latent."""

    def __init__(self, row):
        super().__init__()
        self.row = row

    def __call__(self, latents):
        distance = np.abs(latents - self.row).reshape(len(latents), -1, 6).max((1, 2))
        if (distance < 1e-9).any():
            raise MemoryError("out of paper")
        return super().__call__(latents)


def test_the_message_names_the_latents_that_are_tried_and_not_the_rows_that_are_made(curve):
    """Each of 9 latents is made at several strengths; of latent 5, the last one fails."""
    latents = np.arange(54.0).reshape(9, 6) / 20
    step = np.array(curve.directions()[0])
    generator = as_generator(FailsAt(latents[5] + 2 * step), backend="numpy")
    explorer = explore(curve, generator)
    with pytest.raises(GeneratorError, match=r"batch 3 of 4 \(latents 5 to 7\)") as raised:
        explorer.traverse(latents, 0, [-2.0, 0.0, 2.0])  # of 27 rows, these are 16 to 23
    assert raised.value.batch == 2
    assert raised.value.rows.tolist() == [5, 6, 7]
    with pytest.raises(
        GeneratorError, match=r"on batch \d of \d \(latents .*out of paper"
    ) as raised:
        explorer.effects(Direction(step, strength=2.0), latents=latents, n_steps=2)
    assert 5 in raised.value.rows
    assert raised.value.rows.max() <= 8


def test_the_message_of_a_broken_measurement_names_them_too(curve):
    latents = np.arange(54.0).reshape(9, 6) / 20

    def attributes(outputs):
        numbers = np.array(read_factors(outputs))
        numbers[np.abs(numbers - read_factors(Exact()(latents[7:8]))).max(1) < 1e-9] = np.nan
        return numbers

    explorer = LatentDirectionExplorer(
        curve, Exact(), attributes=attributes, attribute_names=NAMES, batch_size=4, random_state=0
    )
    with pytest.raises(
        ValueError, match=r"attributes gives NaN or infinity for the .* latent 7\."
    ) as raised:
        explorer.effects(0 * latents[:1] + 1, latents=latents)
    assert any("batch 2 of 3 (latents 4 to 7)" in note for note in raised.value.__notes__)


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
    assert not explorer._setting.runner._unfinished


def test_the_memory_has_an_end(curve, monkeypatch):
    expected, _ = total_calls(curve, QUESTIONS["effects"])
    monkeypatch.setattr(runner, "MEMORY_BYTES", 2000)
    explorer = explore(curve, Exact())
    assert (QUESTIONS["effects"](explorer) == expected).all()
    held = explorer._setting.runner._numbers
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
        "measuring how outputs differ",
        "calibrating directions",
        "measuring the distribution",
        "measuring directions",
        "walking along the curve",
    ]
    for what in doing:
        counts = [(done, total) for said, done, total in told if said == what]
        assert counts[-1][0] == counts[-1][1]
        assert counts == sorted(counts)


def told_by(make, ask, **settings):
    """What was told to a function of progress, by what was being done."""
    told = {}
    explorer = make(
        progress=lambda doing, done, total: told.setdefault(doing, []).append((done, total)),
        batch_size=8,
        **settings,
    )
    ask(explorer)
    for counts in told.values():
        assert counts[-1][0] == counts[-1][1]
        assert [done for done, _ in counts] == sorted(done for done, _ in counts)
    return told


def test_progress_is_told_inside_the_searches_of_finders(make):
    finders = {
        "components": PCADirections(2),
        "of attributes": AttributeDirections(read_factors, n_samples=200),
        "learnt": RectifiedDirections(2, n_steps=30, batch_size=4, n_pairs=8),
    }
    told = told_by(make, lambda e: e._comparison(finders, None, 0.2, None, 4, 2))
    assert told["components: finding"] == [(0, 1), (1, 1)]
    batches, parts = 25, 4  # of 8 outputs; of 64 latents for autograd
    assert told["of attributes: finding"][-1] == (batches + parts + 1, batches + parts + 1)
    assert len(told["of attributes: finding"]) == batches + parts + 2
    assert told["learnt: finding"][-1] == (32, 32)  # 30 steps, the evaluation, and the end
    assert "learnt: measuring directions" in told


def test_progress_is_told_of_all_that_the_report_and_purification_do(make, exact, tmp_path):
    told = told_by(make, lambda e: e.report(tmp_path / "report.html", n_top=3))
    assert told["drawing directions"] == [(1, 3), (2, 3), (3, 3)]
    assert {"walking along the curve", "measuring the curve"} < set(told)
    mixture = exact.turn[0] + 0.3 * exact.turn[1]
    told = told_by(make, lambda e: e.purify(mixture, keep="hue", n_latents=8))
    assert {"estimating the Jacobian", "purifying"} < set(told)


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
