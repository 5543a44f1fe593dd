"""What the benchmarks of augmentation add, and how they measure it, is what they say."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import linalg, stats
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
WANTED = {0: 9, 1: 9, 2: 12}


@pytest.fixture(autouse=True)
def beside_the_scripts(monkeypatch):
    """Import their modules as the scripts do."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    pytest.importorskip("imblearn")


def three_classes():
    """Rows of three classes; of the last as many as are wanted."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [4, 6, 12])
    return (rng.normal(size=(len(y), 3)) + 5 * np.eye(3)[y]).astype(np.float32), y


def names():
    return [
        "nothing", "nothing, classifier tuned", "repeats", "SMOTE", "Gaussian jitter", "mixup",
        "curve", "pool, guessed", "curves through the guessed pool", "one curve through the pool",
    ]  # fmt: skip


def way_called(name):
    from augmenting import WAYS, with_pool

    pool = np.random.default_rng(1).normal(1.0, 3.0, (80, 3)).astype(np.float32)
    ways = (*WAYS, *with_pool(pool, 0))
    assert [way.name for way in ways] == names()
    return next(way for way in ways if way.name == name)


@pytest.mark.parametrize("name", names())
def test_a_way_adds_the_rows_that_a_class_lacks(name):
    X, y = three_classes()
    way = way_called(name)
    for setting in way.settings:
        added = way.add(X, y, WANTED, setting, 0)
        again = way.add(X, y, WANTED, setting, 0)
        counts = np.bincount(added.shares.argmax(1), minlength=3).tolist() if len(added.X) else []
        assert counts == ([] if name.startswith("nothing") else [5, 3, 0])
        assert added.X.shape == (sum(counts), 3)
        assert added.X.dtype == np.float32
        np.testing.assert_allclose(added.shares.sum(1), 1, rtol=1e-6)
        np.testing.assert_array_equal(added.X, again.X)


def test_mixup_mixes_rows_and_labels_alike():
    from augmenting import mixup, one_hot

    y = np.repeat([0, 1, 2], [4, 6, 12])
    added = mixup(one_hot(y, 3), y, WANTED, 1.0, 0)  # rows that are their own labels
    np.testing.assert_allclose(added.X, added.shares, rtol=1e-6)
    assert added.shares.max(1).min() >= 0.5
    assert 0 < np.mean(added.shares.max(1) < 1) <= 1


def test_jitter_is_as_wide_as_it_is_asked_for():
    from augmenting import jitter

    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 500)
    X = (rng.normal(size=(1000, 2)) * [1, 10] + 100 * y[:, None]).astype(np.float32)
    wanted = {0: 5500, 1: 5500}
    narrow, wide = (jitter(X, y, wanted, width, 0).X for width in (0.0, 0.5))
    assert np.isin(narrow, X).all()
    np.testing.assert_allclose((wide - narrow).std(0), [0.5, 5], rtol=0.05)


def test_labels_that_are_sure_are_learnt_as_labels_are():
    from augmenting import one_hot
    from few_shot import CLASSIFIERS

    X, y = three_classes()
    others = np.random.default_rng(2).normal(2.0, 3.0, (50, 3)).astype(np.float32)
    found = {one.name: one.predict(X, one_hot(y, 3), one.usual, others) for one in CLASSIFIERS}
    plain = {
        "logistic regression": LogisticRegression(C=1, max_iter=300, tol=1e-3),
        "nearest neighbours": KNeighborsClassifier(3),
    }
    for name, model in plain.items():
        np.testing.assert_array_equal(found[name], model.fit(X, y).predict(others))


def test_a_setting_is_chosen_without_the_test_rows():
    from few_shot import CLASSIFIERS, Task, best

    X, y = three_classes()
    way = way_called("SMOTE")
    options = {one: [(setting, one.usual) for setting in way.settings] for one in CLASSIFIERS}
    task = Task(X, y, WANTED, X, y)
    chosen = best(task, way, options, 0)
    assert chosen == best(task._replace(test=X[:0], test_labels=y[:0]), way, options, 0)
    assert all(len(kept) == 1 for kept in chosen.values())


def test_repeats_are_copies_and_other_rows_are_not():
    from copying import copying

    rng = np.random.default_rng(0)
    train, held_out, others, noise = rng.normal(size=(4, 1000, 8)).astype(np.float32)
    same = copying(train, train, held_out)
    assert same == {"distance": 0, "nearer to training": 1, "copies": 1, "far": 0}
    fresh = copying(others, train, held_out)
    assert fresh["distance"] == pytest.approx(1, abs=0.05)
    assert fresh["nearer to training"] == pytest.approx(0.5, abs=0.05)
    assert fresh["copies"] == pytest.approx(0.01, abs=0.015)
    middle = copying(0.5 * others, train, held_out)  # near to many, and copies of none
    assert middle["distance"] < 0.8
    assert middle["nearer to training"] == pytest.approx(0.5, abs=0.1)
    assert copying(train + 10 * noise, train, held_out)["far"] > 0.9


def test_an_interval_is_that_of_a_paired_t_test():
    from report import Interval

    values = tuple(np.random.default_rng(0).normal(0.02, 0.03, 10).tolist())
    interval = Interval(values)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((low, high))
    assert str(Interval((1.0, 1.5))) == "1.2 [-1.9, 4.4]"
    assert str(Interval((0.25,))) == "0.25"


def test_the_distance_of_distributions_is_the_formula():
    pytest.importorskip("torchmetrics")
    pytest.importorskip("prdc")
    from fidelity import fid, fidelity

    rng = np.random.default_rng(0)
    real = rng.normal(size=(400, 5)).astype(np.float32)
    other = (rng.normal(size=(400, 5)) * [1, 2, 1, 0.5, 1] + 1).astype(np.float32)
    first, second = np.cov(real.T), np.cov(other.T)
    expected = np.square(real.mean(0) - other.mean(0)).sum() + np.trace(
        first + second - 2 * linalg.sqrtm(first @ second).real
    )
    assert fid(real, other) == pytest.approx(expected, rel=1e-3)
    state = torch.random.get_rng_state()
    same, moved = fidelity(real, real, 0), fidelity(real, real + 100, 0)
    assert torch.equal(state, torch.random.get_rng_state())
    assert [same[name] for name in ("precision", "recall", "coverage")] == [1, 1, 1]
    assert same["FID"] == pytest.approx(0, abs=1e-3)
    assert [moved[name] for name in ("precision", "recall", "density", "coverage")] == [0] * 4
    assert moved["KID"] > same["KID"]


def test_an_autoencoder_is_made_from_its_seed_alone():
    from digits_vae import N_LATENTS, train

    rows = np.random.default_rng(0).random((50, 16), np.float32)
    state = torch.random.get_rng_state()
    latents = train(rows, 0, n_steps=20).encode(rows)
    assert torch.equal(state, torch.random.get_rng_state())
    assert latents.shape == (50, N_LATENTS)
    np.testing.assert_array_equal(latents, train(rows, 0, n_steps=20).encode(rows))


def test_rows_are_drawn_like_others():
    from drawn_latents import from_curves, from_rows, from_tours

    rng = np.random.default_rng(0)
    train = (rng.normal(size=(300, 10)) + 3).astype(np.float32)
    kinds = [*from_rows(train, 40, 0), *from_curves(train, (2, 3), 40, 0)]
    kinds += from_tours(train, (3,), 40, 0)
    assert len({kind for kind, _ in kinds}) == len(kinds) == 11
    for _, rows in kinds:
        assert rows.shape == (40, 10)
        assert rows.dtype == np.float32
        assert np.abs(rows.mean(0) - 3).max() < 2
