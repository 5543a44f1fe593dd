"""The loop of the finders that learn."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skcurve.directions import ContrastiveDirections, RectifiedDirections

LEARNERS = {
    "rectified": RectifiedDirections(3, n_steps=120, batch_size=4, n_pairs=9, random_state=0),
    "contrastive": ContrastiveDirections(3, n_steps=120, random_state=0),
}
every_learner = pytest.mark.parametrize("finder", LEARNERS.values(), ids=LEARNERS.keys())


class Recorder:
    """A callback that counts the rounds, and can end the fit."""

    def __init__(self, stop_after=None):
        self.n_rounds, self.n_later, self.ended, self.stop_after = 0, 0, False, stop_after

    def setup(self, estimator, context):
        self.n_parts = context.max_subtasks

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "round":
            self.n_rounds += 1
            return self.n_rounds == self.stop_after
        self.n_later += context.task_name == "part"
        self.ended = hasattr(estimator, "directions_")
        return False

    def teardown(self, estimator, context):
        pass


def interrupting(network, after):
    """The network, and a Ctrl-C in its n-th call from now on."""
    calls = 0

    def count(module, inputs):
        nonlocal calls
        calls += 1
        if calls > after:
            raise KeyboardInterrupt

    network.register_forward_pre_hook(count)
    return network


@every_learner
def test_callbacks_hear_of_every_round(finder, network, latents):
    recorder = Recorder()
    found = clone(finder).set_callbacks(recorder).fit(network, latents)
    assert recorder.n_rounds == len(found.history_) == 100
    assert recorder.n_rounds + recorder.n_later == recorder.n_parts
    assert recorder.n_later == isinstance(finder, RectifiedDirections)  # it is evaluated, in parts
    assert recorder.ended
    assert found.n_iter_ == found.history_[-1]["step"] == 120


@every_learner
def test_a_callback_can_end_the_fit(finder, network, latents):
    recorder = Recorder(stop_after=5)
    found = clone(finder).set_callbacks(recorder).fit(network, latents)
    assert len(found.history_) == 5 and found.n_iter_ == 10
    shorter = clone(finder).set_params(n_steps=10).fit(network, latents)
    np.testing.assert_array_equal(found.directions_, shorter.directions_)


@every_learner
def test_ctrl_c_keeps_what_is_learnt(finder, network, latents):
    calls = []
    hook = network.register_forward_hook(lambda *_: calls.append(1))
    clone(finder).set_params(n_steps=1, **only_rectified(finder, n_pairs=1)).fit(network, latents)
    hook.remove()
    # Enough calls for some steps, and the last of the evaluation has to come through.
    handle = {"left": len(calls) + 6}

    def count(module, inputs):
        handle["left"] -= 1
        if handle["left"] == 0:
            raise KeyboardInterrupt

    network.register_forward_pre_hook(count)
    with pytest.warns(ConvergenceWarning, match=r"Interrupted: the directions are those after \d+"):
        found = clone(finder).fit(network, latents)
    assert 1 <= found.n_iter_ < 120
    expected = clone(finder).set_params(n_steps=found.n_iter_).fit(network, latents)
    np.testing.assert_array_equal(found.directions_, expected.directions_)


def only_rectified(finder, **parameters):
    return {name: value for name, value in parameters.items() if name in finder.get_params()}


@every_learner
def test_ctrl_c_before_the_first_step_is_a_ctrl_c(finder, network, latents):
    with pytest.raises(KeyboardInterrupt):
        clone(finder).fit(interrupting(network, after=1), latents)


@every_learner
def test_verbose_prints_a_line_at_every_tenth_of_the_way(finder, network, latents, capsys):
    name = type(finder).__name__
    for verbose, n_lines in ((0, 0), (1, 10), (2, 100)):
        clone(finder).set_params(verbose=verbose).fit(network, latents)
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == n_lines
        assert all(line.startswith(f"[{name}] step ") and "loss" in line for line in lines)


@every_learner
def test_the_loss_goes_down(finder, network, latents):
    history = clone(finder).set_params(n_steps=300).fit(network, latents).history_
    losses = [record["loss"] for record in history]
    assert np.mean(losses[-20:]) < np.mean(losses[:20])


def test_a_loss_that_is_no_number_is_an_error(network, latents):
    finder = clone(LEARNERS["rectified"]).set_params(learning_rate=1e30, n_steps=50)
    with pytest.raises(RuntimeError, match="a smaller learning_rate may help"):
        finder.fit(network, latents)
    assert not hasattr(finder, "directions_")


@every_learner
def test_what_torch_cannot_differentiate_is_refused(finder, latents):
    def by_numpy(rows):
        return np.tanh(np.asarray(rows))[:, ::-1].copy()

    name = type(finder).__name__
    with pytest.raises(ValueError, match=f"{name} learns through the generator"):
        clone(finder).fit(by_numpy, latents)


@every_learner
def test_the_natural_step_is_in_deviations_of_the_latents_or_a_length(finder, network, latents):
    wide = clone(finder).set_params(n_steps=1).fit(network, latents)
    typical = np.sqrt(latents.astype(np.float64).var(0).mean())
    expected = 3.25 if isinstance(finder, RectifiedDirections) else 3.0
    np.testing.assert_allclose(wide.strengths_, expected * typical, rtol=1e-5)
    fixed = clone(finder).set_params(n_steps=1, unit=0.5).fit(network, latents)
    np.testing.assert_allclose(fixed.strengths_, expected * 0.5, rtol=1e-5)


@every_learner
def test_a_fit_with_gradients_switched_off_learns_all_the_same(finder, network, latents):
    with torch.no_grad():
        quiet = clone(finder).fit(network, latents)
    np.testing.assert_array_equal(
        quiet.directions_, clone(finder).fit(network, latents).directions_
    )
