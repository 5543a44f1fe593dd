"""How SFVQ learns: beginnings, interruptions, reproducibility, and how well."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from skcurve import SFVQ
from skcurve.metrics import distortion, dithered_distortion
from skcurve.parallel import has_numba
from skcurve.solvers import Lloyd

STARTS = ["norm", "pca", "random", "tour"]
SOLVERS = ["lloyd", "adam"]


def gaussian(n_rows=300, n_features=3, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal((n_rows, n_features)).astype(dtype)


def fit(X, n_bits=3, *, weights=None, random_state=0, **parameters):
    sfvq = SFVQ(n_bits=n_bits, random_state=random_state, **parameters)
    return sfvq.fit(X, sample_weight=weights)


# Going on


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_warm_start_goes_on_to_a_higher_bitrate(solver):
    X = gaussian()
    found = fit(X, 3, warm_start=True, solver=solver)
    before = dict(found.codebooks_)
    found.set_params(n_bits=5).fit(X)
    assert found.codebook_.shape == (32, 3)
    assert sorted(found.codebooks_) == [2, 3, 4, 5]
    np.testing.assert_array_equal(found.codebooks_[2], before[2])
    # At the bitrate it comes from it sweeps again, and so at first is as good.
    assert found.history_[0]["bitrate"] == 3
    assert found.history_[0]["distortion"] < 1.2 * dithered_distortion(
        SFVQ.from_codebook(before[3]), X, random_state=0
    )
    assert len(found.usage_) == 31
    assert found.n_iter_ == len(found.history_)


def test_a_warm_start_at_the_same_bitrate_sweeps_on():
    X = gaussian()
    found = fit(X, 3, warm_start=True)
    before = found.codebook_.copy()
    found.fit(X)
    assert sorted(found.codebooks_) == [2, 3]
    assert {record["bitrate"] for record in found.history_} == {3}
    assert not np.array_equal(found.codebook_, before)
    assert found.score(X) > 1.1 * SFVQ.from_codebook(before).score(X)


def test_a_warm_start_cannot_go_back():
    found = fit(gaussian(), 3, warm_start=True)
    before = found.codebook_.copy()
    with pytest.raises(ValueError, match="n_bits=2 is below the 3 bits that warm_start begins"):
        found.set_params(n_bits=2).fit(gaussian())
    np.testing.assert_array_equal(found.codebook_, before)


def test_without_a_warm_start_the_past_is_forgotten():
    X = gaussian()
    found = fit(X, 5).set_params(n_bits=3).fit(X)
    np.testing.assert_array_equal(found.codebook_, fit(X, 3).codebook_)
    assert sorted(found.codebooks_) == [2, 3]


def test_the_first_warm_start_is_like_any():
    X = gaussian()
    np.testing.assert_array_equal(fit(X, warm_start=True).codebook_, fit(X).codebook_)


def test_a_warm_start_from_a_given_codebook():
    X, codebook = gaussian(), gaussian(8, seed=1)
    found = SFVQ.from_codebook(codebook, warm_start=True, random_state=0)
    found.set_params(n_bits=4).fit(X)
    assert sorted(found.codebooks_) == [3, 4]
    np.testing.assert_array_equal(found.codebook_, fit(X, 4, init=codebook).codebook_)


def test_a_warm_start_learns_from_new_rows_of_the_same_width():
    found = fit(gaussian(), warm_start=True)
    moved = gaussian(seed=1) + 2.0
    before = found.score(moved)
    assert found.fit(moved).score(moved) > 0.5 * before
    with pytest.raises(ValueError, match="2 features"):
        found.fit(moved[:, :2])


# Several runs


@pytest.mark.parametrize("init", STARTS)
def test_several_runs_are_never_worse_than_the_first_of_them(init):
    X = gaussian(200)
    for seed in range(3):
        once = fit(X, 4, init=init, random_state=seed)
        best = fit(X, 4, init=init, random_state=seed, n_init=4)
        assert best.score(X) >= once.score(X)
    values = {fit(X, 4, init=init, random_state=seed).score(X) for seed in range(4)}
    assert len(values) == 4


def test_the_best_of_several_runs_is_kept_by_weight():
    X = np.concatenate([gaussian(100), gaussian(100, seed=1) + 6.0])
    weights = np.repeat([1.0, 30.0], 100)
    best = fit(X, weights=weights, n_init=5)
    first = fit(X, weights=weights)
    assert best.score(X, sample_weight=weights) >= first.score(X, sample_weight=weights)
    assert best.usage_.sum() == pytest.approx(weights.sum())
    assert best.n_iter_ == len(best.history_)


@pytest.mark.parametrize("exponent", [-100, 100])
def test_the_best_of_several_runs_is_the_same_in_any_unit(exponent):
    X, firsts = gaussian(dtype=np.float32), []
    for seed in range(3):
        best = fit(X, 4, n_init=4, random_state=seed).codebook_
        found = fit(np.ldexp(X, exponent), 4, n_init=4, random_state=seed).codebook_
        np.testing.assert_allclose(np.ldexp(found, -exponent), best, rtol=1e-3)
        firsts.append(np.array_equal(fit(X, 4, random_state=seed).codebook_, best))
    assert not all(firsts)


def test_a_large_row_that_does_not_count_has_no_say_in_the_best_of_several_runs():
    X, weights = gaussian(dtype=np.float32), np.ones(300)
    weights[7] = 0.0
    expected = fit(X, 4, n_init=4, weights=weights)
    assert not np.array_equal(expected.codebook_, fit(X, 4, weights=weights).codebook_)
    X[7] = 1e30
    found = fit(X, 4, n_init=4, weights=weights)
    np.testing.assert_array_equal(found.codebook_, expected.codebook_)


@pytest.mark.parametrize("solver", SOLVERS)
def test_runs_side_by_side_give_the_same_as_one_by_one(solver):
    X = gaussian()
    one, two = (fit(X, n_init=3, n_jobs=n_jobs, solver=solver) for n_jobs in (None, 2))
    np.testing.assert_array_equal(one.codebook_, two.codebook_)
    assert [record["distortion"] for record in one.history_] == [
        record["distortion"] for record in two.history_
    ]


# Interruptions


class Interrupted(Lloyd):
    """A solver during whose work Ctrl-C is pressed."""

    at = 8

    def step(self, state, rows, generator):
        if len(state.vertices) == self.at and state.moved == 1:
            raise KeyboardInterrupt
        return super().step(state, rows, generator)


def interrupted_at(n_vertices):
    solver = Interrupted()
    object.__setattr__(solver, "at", n_vertices)
    return solver


@pytest.mark.parametrize(("n_vertices", "reached"), [(8, 2), (16, 3), (32, 4)])
def test_ctrl_c_keeps_the_last_complete_bitrate(n_vertices, reached):
    X = gaussian()
    sfvq = SFVQ(n_bits=5, solver=interrupted_at(n_vertices), random_state=0)
    with pytest.warns(ConvergenceWarning, match=f"Interrupted: the curve has {reached} bits"):
        sfvq.fit(X)
    complete = fit(X, reached, solver=Lloyd())
    np.testing.assert_array_equal(sfvq.codebook_, complete.codebook_)
    assert sorted(sfvq.codebooks_) == list(range(2, reached + 1))
    np.testing.assert_array_equal(sfvq.usage_, complete.usage_)
    assert sfvq.n_iter_ == len(sfvq.history_)
    np.testing.assert_array_equal(sfvq.transform(X), complete.transform(X))


def test_ctrl_c_before_anything_is_complete_is_ctrl_c():
    sfvq = SFVQ(n_bits=5, solver=interrupted_at(4))
    with pytest.raises(KeyboardInterrupt):
        sfvq.fit(gaussian())
    assert not hasattr(sfvq, "curve_")
    assert not hasattr(sfvq, "codebooks_")


def test_ctrl_c_leaves_an_estimator_that_was_fitted_before_as_it_was():
    X = gaussian()
    sfvq = fit(X)
    before = sfvq.codebook_.copy()
    with pytest.raises(KeyboardInterrupt):
        sfvq.set_params(solver=interrupted_at(4)).fit(X + 1.0)
    np.testing.assert_array_equal(sfvq.codebook_, before)


def test_ctrl_c_in_a_warm_start_keeps_what_there_was():
    X = gaussian()
    sfvq = fit(X, 3, warm_start=True)
    before = sfvq.codebook_.copy()
    with pytest.warns(ConvergenceWarning, match="the curve has 3 bits"):
        sfvq.set_params(n_bits=5, solver=interrupted_at(8)).fit(X)
    np.testing.assert_array_equal(sfvq.codebook_, before)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_ctrl_c_in_one_of_several_runs(n_jobs):
    X = gaussian()
    sfvq = SFVQ(n_bits=4, n_init=3, n_jobs=n_jobs, solver=interrupted_at(16), random_state=0)
    with pytest.warns(ConvergenceWarning, match="the curve has 3 bits"):
        sfvq.fit(X)
    assert len(sfvq.codebook_) == 8


def test_any_other_error_is_raised_and_nothing_is_set(monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(Lloyd, "grow", fail)
    sfvq = SFVQ(n_bits=3)
    with pytest.raises(MemoryError):
        sfvq.fit(gaussian())
    assert not hasattr(sfvq, "curve_")


# The same again


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("init", STARTS)
@pytest.mark.parametrize("n_rows", [300, 9000])
def test_the_same_seed_gives_the_same_bits(solver, init, n_rows):
    X = gaussian(n_rows, dtype=np.float32)
    max_iter = 1 if solver == "adam" else None
    first, second = (fit(X, solver=solver, init=init, max_iter=max_iter) for _ in range(2))
    for bitrate in first.codebooks_:
        np.testing.assert_array_equal(first.codebooks_[bitrate], second.codebooks_[bitrate])
    np.testing.assert_array_equal(first.transform(X), second.transform(X))


def test_another_seed_gives_another_curve():
    X = gaussian()
    assert not np.array_equal(fit(X).codebook_, fit(X, random_state=1).codebook_)
    assert not np.array_equal(
        fit(X, random_state=None).codebook_, fit(X, random_state=None).codebook_
    )


def test_a_generator_that_is_passed_moves_on():
    X = gaussian()
    state = np.random.RandomState(0)
    first, second = (fit(X, random_state=state).codebook_ for _ in range(2))
    assert not np.array_equal(first, second)
    again = np.random.RandomState(0)
    np.testing.assert_array_equal(fit(X, random_state=again).codebook_, first)
    np.testing.assert_array_equal(fit(X, random_state=again).codebook_, second)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_rows", "n_features"), [(300, 8), (20_000, 8), (3000, 256)])
def test_another_number_of_threads_changes_last_digits_at_most(dtype, n_rows, n_features):
    X = gaussian(n_rows, n_features, dtype)
    threads, found = torch.get_num_threads(), []
    try:
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            sfvq = fit(X, 5)
            found.append((sfvq.codebook_, sfvq.transform(X)))
    finally:
        torch.set_num_threads(threads)
    for codebook, T in found[1:]:
        if has_numba():
            np.testing.assert_array_equal(codebook, found[0][0])
            np.testing.assert_array_equal(T, found[0][1])
        np.testing.assert_allclose(codebook, found[0][0], atol=1e-3)


@pytest.mark.parametrize("init", STARTS)
def test_without_numba_the_curve_is_as_good(monkeypatch, init):
    X = gaussian(1000, 4)
    compiled = [dithered_distortion(fit(X, 5, init=init, random_state=seed), X, random_state=0)
                for seed in range(4)]  # fmt: skip
    for module in ("solvers.accumulate", "projection.exact", "solvers.untangle"):
        monkeypatch.setattr(f"skcurve.{module}.has_numba", lambda: False)
    plain = [dithered_distortion(fit(X, 5, init=init, random_state=seed), X, random_state=0)
             for seed in range(4)]  # fmt: skip
    assert np.mean(plain) == pytest.approx(np.mean(compiled), rel=0.05)


def test_no_global_generator_is_touched():
    numpy_before = np.random.get_state()[1].copy()  # noqa: NPY002
    torch_before = torch.random.get_rng_state()
    X = gaussian()
    for solver in SOLVERS:
        for init in STARTS:
            found = fit(X, solver=solver, init=init, n_init=2, n_jobs=2)
            found.partial_fit(X)
    found.transform(X)
    SFVQ(random_state=None, n_bits=2).fit(X)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002
    assert torch.equal(torch.random.get_rng_state(), torch_before)


def test_the_globals_that_others_set_do_not_matter():
    X = gaussian()
    expected = fit(X).codebook_
    torch.manual_seed(5)
    with torch.no_grad():
        np.testing.assert_array_equal(fit(X).codebook_, expected)
    torch.set_default_dtype(torch.float64)
    try:
        np.testing.assert_array_equal(fit(X).codebook_, expected)
    finally:
        torch.set_default_dtype(torch.float32)


# Equivariance


@settings(max_examples=15)
@given(
    st.sampled_from([2.0**-9, 0.25, 1.0, 2.0**12]),
    st.sampled_from([-16.0, 0.0, 1.0, 64.0]),
    st.sampled_from(["pca", "tour", "random", "array"]),
    st.integers(0, 99),
)
def test_a_curve_scales_and_moves_with_the_data(scale, shift, init, seed):
    X = gaussian(200, seed=seed).round(3)
    moved = X * scale + shift
    start, moved_start = (X[:4], moved[:4]) if init == "array" else (init, init)
    plain, other = fit(X, 4, init=start), fit(moved, 4, init=moved_start)
    size = scale + abs(shift)
    np.testing.assert_allclose(other.codebook_, plain.codebook_ * scale + shift, atol=1e-5 * size)
    np.testing.assert_allclose(other.transform(moved), plain.transform(X), atol=1e-3)
    assert other.score(moved) == pytest.approx(scale**2 * plain.score(X), rel=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_rows_matters_only_to_the_draw(seed):
    X = gaussian(1000, seed=seed)
    shuffled = np.random.default_rng(seed).permutation(X)
    plain, other = fit(X, 4, init="pca"), fit(shuffled, 4, init="pca")
    assert other.score(X) == pytest.approx(plain.score(X), rel=0.1)


# How well


@pytest.mark.parametrize("init", ["norm", "pca", "random"])
@pytest.mark.parametrize("n_features", [1, 2, 10])
def test_the_distortion_falls_as_the_bitrate_grows(init, n_features):
    X = gaussian(2000, n_features)
    found = fit(X, 6, init=init)
    dithered = [
        dithered_distortion(found.at_bitrate(b), X, random_state=0, n_dithers=4)
        for b in range(2, 7)
    ]
    assert dithered == sorted(dithered, reverse=True)
    if n_features > 1:
        exact = [-found.at_bitrate(bitrate).score(X) for bitrate in range(2, 7)]
        assert exact == sorted(exact, reverse=True)


@pytest.mark.parametrize("init", STARTS)
def test_unseen_digits_are_nearer_to_the_curve_than_to_as_many_centres(init):
    X = load_digits().data / 16.0
    train, test = X[:1500], X[1500:]
    kmeans = KMeans(64, random_state=0, n_init=1).fit(train)
    centres = np.mean((test - kmeans.cluster_centers_[kmeans.predict(test)]) ** 2)
    for seed in range(2):
        assert -fit(train, 6, init=init, random_state=seed).score(test) < centres


@pytest.mark.parametrize("seed", range(2))
def test_no_segment_runs_away(seed):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, 3000)
    ring = np.c_[np.cos(angle), np.sin(angle)] + 0.1 * rng.standard_normal((3000, 2))
    for X in (load_digits().data, ring, gaussian(3000, 16, seed=seed)):
        lengths = fit(X, 6, random_state=seed).curve_.lengths
        assert lengths.max() <= 2.0 * lengths.mean()


def test_most_segments_are_in_use():
    for X in (load_digits().data / 16.0, gaussian(5000, 8)):
        assert (fit(X, 6).usage_ > 0).mean() > 0.9


@pytest.mark.slow
def test_the_papers_example_at_the_default_settings():
    X, fresh = gaussian(262_144, 128, np.float32), gaussian(65_536, 128, np.float32, seed=1)
    found = fit(X, 5)
    assert distortion(found, fresh) <= 0.9615
    assert dithered_distortion(found, fresh, random_state=0, n_dithers=2) <= 0.9695


@pytest.mark.parametrize(("n_features", "most"), [(2, 36), (7, 36), (8, 12), (30, 12)])
def test_few_features_are_given_more_sweeps(n_features, most):
    X = np.random.default_rng(0).standard_normal((300, n_features))
    found = SFVQ(3, tol=0.0, random_state=0).fit(X)
    assert max(record["sweep"] for record in found.history_) == most
    asked = SFVQ(3, tol=0.0, max_iter=5, random_state=0).fit(X)
    assert max(record["sweep"] for record in asked.history_) == 5
