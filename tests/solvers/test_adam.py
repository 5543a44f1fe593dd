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


def rates(solver, n_epochs):
    """The learning rate of each epoch, as a share of the first one that is asked for."""
    X = gaussian(64)
    rows = Rows(X, None, np.random.default_rng(0))
    generator, found = np.random.default_rng(0), []
    state = solver.start(rows.normalise(X[:4]), rows, generator)
    for _ in range(n_epochs):
        rate = state.optimizer.param_groups[0]["lr"]
        found.append(rate / rows.scale / solver.learning_rate)
        state = solver.step(state, rows, generator)
    return found


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"max_iter": 1}, [1]),  # 60% of it is 0 whole epochs
        ({"max_iter": 2}, [1, 0.25]),
        ({"max_iter": 3}, [1, 0.5, 0.25]),
        ({"max_iter": 5}, [1, 1, 1, 0.5, 0.25]),
        ({"max_iter": 10}, [1] * 6 + [0.5] * 2 + [0.25] * 2),
        ({"max_iter": 3, "milestones": ()}, [1, 1, 1]),
        ({"max_iter": 3, "milestones": (1.0,)}, [1, 1, 1]),
    ],
    ids=str,
)
def test_the_learning_rate_is_halved_after_whole_epochs(settings, expected):
    assert rates(Adam(**settings), len(expected)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"milestones": (0.0, 0.8)}, r"milestones must lie above 0, up to 1; got \(0.0, 0.8\)"),
        ({"milestones": (0.6, 60)}, "milestones must lie above 0, up to 1"),
        ({"milestones": (float("nan"),)}, "milestones must lie above 0, up to 1"),
        ({"insertion": 0.0}, "insertion must lie between 0 and 1; got 0.0"),
        ({"insertion": 1.0}, "insertion must lie between 0 and 1; got 1.0"),
        ({"insertion": float("nan")}, "insertion must lie between 0 and 1; got nan"),
    ],
)
def test_settings_that_make_no_sense_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        Adam(**settings)


def test_no_gradient_is_needed_around_it():
    X = gaussian(128)
    rows = Rows(X, None, np.random.default_rng(0))
    with torch.no_grad():
        events = list(learn(rows, rows.normalise(X[:4]), 2, Adam(), np.random.default_rng(0)))
    assert not events[-1].requires_grad
    assert not torch.equal(events[-1], X[:4])
