"""What a page asks of an explorer: fresh latents, and whether something is measured."""

import numpy as np
import pytest
import torch

from skcurve import LatentDirectionExplorer, PolylineCurve


def test_samples_are_those_of_the_generator(explorer, exact):
    assert (explorer.sample(5, 3) == exact.sample(5, np.random.default_rng(3))).all()
    assert (explorer.sample(5, 3) == explorer.sample(5, 3)).all()
    assert (explorer.sample(5, 3) != explorer.sample(5, 4)).any()


@pytest.mark.parametrize("shape", [(20, 6), (20, 3, 6)])
def test_given_latents_are_drawn_from_and_none_twice_while_there_are_enough(make, shape):
    latents = np.random.default_rng(0).normal(size=shape)
    drawn = make(latents=latents).sample(20, 1)
    assert sorted(map(bytes, drawn)) == sorted(map(bytes, latents))
    more = make(latents=latents).sample(50, 1)
    assert len(more) == 50 and {bytes(row) for row in more} <= {bytes(row) for row in latents}


@pytest.mark.parametrize("vertices", [np.eye(6, dtype=np.float32), torch.eye(6)])
def test_samples_are_of_the_kind_of_the_curve(make, vertices):
    drawn = make(curve=PolylineCurve(vertices)).sample(2, 0)
    assert type(drawn) is type(vertices) and drawn.dtype == vertices.dtype


@pytest.mark.parametrize("n", [0, -1])
def test_no_samples_are_refused(explorer, n):
    with pytest.raises(ValueError, match=f"n must be at least 1; got {n}"):
        explorer.sample(n)


def test_it_says_whether_something_is_measured(make, curve):
    assert make().has_attributes
    assert not LatentDirectionExplorer(curve, np.tanh).has_attributes


def test_the_page_is_opened_with_what_it_is_given(explorer, monkeypatch):
    monkeypatch.setattr("skcurve.app.launch", lambda *given, **settings: (given, settings))
    assert explorer.app(port=1) == ((explorer,), {"port": 1})
