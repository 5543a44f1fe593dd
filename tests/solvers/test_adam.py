"""The papers' procedure, against a plain formulation of it."""

import numpy as np
import pytest
import torch

from skcurve.solvers import Adam, Rows, learn
from skcurve.solvers.growth import split_vertices


def gaussian(n_rows, n_features=3, seed=0):
    X = np.random.default_rng(seed).standard_normal((n_rows, n_features))
    return torch.from_numpy(X) * torch.tensor([1.0, 2.0, 5.0][:n_features]) + 1.0


def published(X, weights, vertices, n_bits, *, epochs, batch, rate, generator):
    """The procedure as it is printed, in the units of the data, one batch after another."""
    found, losses = [], []
    for bitrate in range(2, n_bits + 1):
        if bitrate > 2:
            vertices = split_vertices(vertices, 0.01)
        vertices = vertices.clone().requires_grad_()
        optimizer = torch.optim.Adam([vertices], lr=rate)
        for epoch in range(epochs):
            for group in optimizer.param_groups:
                halvings = (epoch >= int(0.6 * epochs)) + (epoch >= int(0.8 * epochs))
                group["lr"] = rate * 0.5**halvings
            n_steps = max(1, len(X) // batch)
            dithers = torch.from_numpy(generator.random((n_steps, len(vertices) - 1)))
            losses.append([])
            for i in range(n_steps):
                x, w = X[i * batch : (i + 1) * batch], weights[i * batch : (i + 1) * batch]
                dither = dithers[i][:, None]
                points = (1 - dither) * vertices[:-1] + dither * vertices[1:]
                errors = ((x[:, None] - points[None]) ** 2).mean(2).min(1).values
                loss = (w * errors).sum() / w.sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses[-1].append(float(loss.detach()))
        vertices = vertices.detach()
        found.append(vertices)
    return found, [float(np.mean(epoch)) for epoch in losses]


@pytest.mark.parametrize(
    ("n_rows", "settings"),
    [
        (640, {}),
        (650, {"max_iter": 10}),  # an incomplete last batch
        (40, {}),  # fewer rows than a batch
        (330, {"batch_size": 32, "learning_rate": 0.05, "max_iter": 3}),
    ],
    ids=str,
)
@pytest.mark.parametrize("weighted", [False, True])
def test_is_the_published_procedure(n_rows, settings, weighted):
    X, solver = gaussian(n_rows), Adam(**settings)
    weights = torch.ones(n_rows).double()
    if weighted:
        weights = torch.from_numpy(np.random.default_rng(1).integers(1, 5, n_rows)).double()
    start = X[:4].clone()
    rows = Rows(X, weights if weighted else None, np.random.default_rng(0))
    events = list(learn(rows, rows.normalise(start), 4, solver, np.random.default_rng(7)))
    found = [event for event in events if isinstance(event, torch.Tensor)]
    expected, losses = published(
        X, weights, start, 4,
        epochs=solver.max_iter, batch=solver.batch_size, rate=solver.learning_rate,
        generator=np.random.default_rng(7),
    )  # fmt: skip
    for ours, theirs in zip(found, expected, strict=True):
        # Adam divides by gradients that may be tiny; what it adds to them has no unit.
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)
    told = [event.distortion for event in events if not isinstance(event, torch.Tensor)]
    assert told == pytest.approx(losses, rel=1e-4)


def test_the_settings_are_the_published_ones():
    solver = Adam()
    assert (solver.max_iter, solver.batch_size, solver.learning_rate) == (5, 64, 1e-3)
    assert (solver.milestones, solver.insertion) == ((0.6, 0.8), 0.01)


def test_the_learning_rate_is_halved_twice_and_new_at_each_bitrate():
    X, solver = gaussian(128), Adam()
    rows = Rows(X, None, np.random.default_rng(0))
    generator, rates = np.random.default_rng(0), []
    for n_vertices in (4, 8):
        state = solver.start(rows.normalise(X[:n_vertices]), rows, generator)
        for _ in range(5):
            rates.append(state.optimizer.param_groups[0]["lr"] / rows.scale)
            state = solver.step(state, rows, generator)
            assert not solver.finished(state)
    assert rates == pytest.approx(2 * [1e-3, 1e-3, 1e-3, 5e-4, 2.5e-4])


def test_no_gradient_is_needed_around_it():
    X = gaussian(128)
    rows = Rows(X, None, np.random.default_rng(0))
    with torch.no_grad():
        events = list(learn(rows, rows.normalise(X[:4]), 2, Adam(), np.random.default_rng(0)))
    assert not events[-1].requires_grad
    assert not torch.equal(events[-1], X[:4])
