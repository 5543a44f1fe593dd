"""What SFVQ takes: every kind of array, awkward data, and one clear error for the rest."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skcurve import SFVQ
from skcurve.blocks import InMemory
from skcurve.blocks.opening import send
from skcurve.projection import project
from skcurve.solvers import Adam, Lloyd
from skcurve.testing import check_projection_optimal, check_roundtrip, point_clouds

COORDINATES = ["index", "arclength", "unit"]
SOLVERS = ["lloyd", "adam"]
STARTS = ["norm", "pca", "random", "tour"]


def gaussian(n_rows=300, n_features=3, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal((n_rows, n_features)).astype(dtype)


def fit(X, n_bits=3, **parameters):
    return SFVQ(n_bits=n_bits, random_state=0, **parameters).fit(X)


@pytest.fixture(scope="module")
def X():
    return gaussian()


@pytest.fixture(scope="module")
def sfvq(X):
    return fit(X)


# Arrays of every kind


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float16", np.float32),
        ("float32", np.float32),
        ("float64", np.float64),
        ("longdouble", np.float64),
        ("int8", np.float64),
        ("int64", np.float64),
        ("bool", np.float64),
        (">f8", np.float64),
        (">f4", np.float32),
        ("object", np.float64),
    ],
)
def test_numpy_precisions(dtype, expected):
    rows = (4 * gaussian()).round().astype(dtype)
    found = fit(rows)
    same = fit(rows.astype(expected))
    np.testing.assert_array_equal(found.codebook_, same.codebook_)
    T = found.transform(rows)
    assert found.codebook_.dtype == T.dtype == found.quantize(rows).dtype == expected
    np.testing.assert_array_equal(T, same.transform(rows.astype(expected)))


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
        (torch.int32, torch.float64),
        (torch.bool, torch.float64),
    ],
)
def test_torch_precisions(dtype, expected):
    rows = torch.from_numpy((4 * gaussian()).round()).to(dtype)
    found = fit(rows)
    T = found.transform(rows)
    results = [
        T, found.quantize(rows), found.inverse_transform(T), found.codebook_,
        found.codebooks_[2], found.directions(), found.curve_.lengths,
    ]  # fmt: skip
    assert all(isinstance(part, torch.Tensor) for part in results)
    assert {part.dtype for part in results} == {expected}
    assert found.predict(rows).dtype == torch.int64
    same = fit(rows.to(expected).numpy())
    np.testing.assert_array_equal(found.codebook_, same.codebook_)
    np.testing.assert_array_equal(T, same.transform(rows.to(expected).numpy()))


def test_what_comes_out_is_of_the_kind_that_went_in(X):
    rows = torch.from_numpy(X)
    of_numpy, of_torch = fit(X), fit(rows)
    for found in (of_numpy, of_torch):
        for method in (found.transform, found.predict, found.quantize):
            assert isinstance(method(rows), torch.Tensor)
            assert isinstance(method(X), np.ndarray)
            assert isinstance(method(X.tolist()), np.ndarray)
            np.testing.assert_array_equal(method(rows), method(X))
        assert isinstance(found.inverse_transform(torch.zeros(2, 1)), torch.Tensor)
        assert isinstance(found.inverse_transform([[0.0]]), np.ndarray)
    np.testing.assert_array_equal(of_numpy.codebook_, of_torch.codebook_)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tensors_stay_on_their_device(X, solver, dtype):
    rows = torch.from_numpy(X).to("cuda", dtype)
    found = fit(rows, solver=solver).partial_fit(rows, sample_weight=rows[:, 0].abs())
    T = found.transform(rows)
    for part in (T, found.predict(rows), found.quantize(rows), found.inverse_transform(T)):
        assert part.device == rows.device
    assert found.codebook_.device == found.codebooks_[2].device == rows.device
    on_cpu = SFVQ.from_codebook(found.codebook_.cpu().numpy())
    np.testing.assert_allclose(T.cpu(), on_cpu.transform(rows.cpu()), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.transform(X), T.cpu(), rtol=1e-4, atol=1e-4)
    assert isinstance(fit(X, solver=solver, device="cuda").transform(X), np.ndarray)


def test_gradients_are_left_behind(X):
    rows = torch.from_numpy(X).requires_grad_()
    found = fit(2 * rows)
    assert not found.codebook_.requires_grad
    T = torch.ones(2, 1, requires_grad=True)
    for part in (found.transform(rows), found.quantize(rows), found.inverse_transform(T)):
        assert not part.requires_grad


def test_gradients_are_left_behind_by_adam_too(X):
    with torch.no_grad():
        found = fit(torch.from_numpy(X), solver="adam")
    assert not any(part.requires_grad for part in found.codebooks_.values())


@pytest.mark.parametrize(
    "arrange",
    [
        np.asfortranarray,
        lambda rows: np.ascontiguousarray(rows[::-1])[::-1],
        lambda rows: np.ascontiguousarray(rows[:, ::-1])[:, ::-1],
        lambda rows: np.repeat(rows, 2, axis=0)[::2],
        lambda rows: np.repeat(rows, 2, axis=1)[:, ::2],
        lambda rows: torch.from_numpy(rows.T.copy()).T,
    ],
    ids=["Fortran", "upside down", "mirrored", "every other row", "every other column", "torch.T"],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_arrangement_in_memory_does_not_matter(arrange, dtype):
    rows = gaussian(dtype=dtype)
    found, expected = fit(arrange(rows)), fit(rows)
    np.testing.assert_array_equal(found.codebook_, expected.codebook_)
    np.testing.assert_array_equal(found.transform(arrange(rows)), expected.transform(rows))


def test_files_mapped_for_reading_only(tmp_path, X):
    np.save(tmp_path / "rows.npy", X)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit(mapped)
        T = found.transform(mapped)
    np.testing.assert_array_equal(found.codebook_, fit(X).codebook_)
    np.testing.assert_array_equal(T, found.transform(X))


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_data_is_only_read(solver):
    rows = gaussian()
    rows.flags.writeable = False
    weights = np.ones(300)
    weights.flags.writeable = False
    found = fit(rows, solver=solver)
    found.fit(rows, sample_weight=weights)
    found.transform(rows)
    found.partial_fit(rows, sample_weight=weights)
    np.testing.assert_array_equal(rows, gaussian())


# Awkward data


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("init", STARTS)
@settings(max_examples=8)
@given(X=point_clouds(), n_bits=st.integers(2, 4))
def test_any_finite_data_of_two_rows_and_more(solver, init, X, n_bits):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = fit(X, n_bits, solver=solver, init=init)
    assert found.codebook_.shape == (2**n_bits, X.shape[1])
    assert np.isfinite(found.codebook_).all()
    assert found.usage_.sum() == len(X)
    check_projection_optimal(found, X)
    check_roundtrip(found, X)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("init", STARTS)
@pytest.mark.parametrize(
    ("rows", "close"),
    [
        (np.zeros((40, 2)), 0.0),
        (np.full((40, 2), 0.1), 1e-30),
        (gaussian(2), 1e-20),
        (gaussian(5), 1e-3),
        (np.repeat(gaussian(6), 20, axis=0), 1e-3),
        (np.c_[gaussian(200, 1), np.ones(200)], 0.02),
    ],
    ids=["zeros", "all the same", "two rows", "five rows", "six rows, twenty times", "constant"],
)
def test_a_few_places_are_met_closely(init, rows, close):
    found = fit(rows, 4, init=init)
    assert -found.score(rows) <= close
    assert np.isfinite(found.transform(rows)).all()


def test_numbers_whose_squares_overflow_are_refused():
    assert np.isfinite(fit(1e150 * gaussian(200)).score(1e150 * gaussian(200)))
    with pytest.raises(ValueError, match="so far apart that squared distances overflow"):
        fit(1e160 * gaussian(200))
    streamed = SFVQ(n_bits=3, random_state=0).partial_fit(gaussian(200))
    before = streamed.codebook_
    with pytest.raises(ValueError, match="so far apart that squared distances overflow"):
        streamed.partial_fit(1e160 * gaussian(200))
    np.testing.assert_array_equal(streamed.codebook_, before)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("init", STARTS)
def test_a_constant_column_stays_constant(init):
    found = fit(np.c_[gaussian(200, 2), np.full(200, 7.0)], 4, init=init)
    np.testing.assert_allclose(found.codebook_[:, 2], 7.0, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-20, 1e-3, 1e3, 1e20])
def test_very_large_and_very_small_numbers(dtype, scale):
    plain = gaussian(dtype=dtype)
    expected = fit(plain, init="pca").transform(plain)
    rows = (plain.astype(np.float64) * scale).astype(dtype)
    found = fit(rows, init="pca")
    assert np.isfinite(found.codebook_).all()
    # Rounding may make another curve of it in the end; the quality is the same.
    error = np.mean(((found.quantize(rows) - rows) / scale).astype(np.float64) ** 2)
    same = fit(plain, init="pca")
    assert error == pytest.approx(-same.score(plain), rel=1e-2 if dtype == np.float32 else 1e-6)
    if dtype == np.float64:
        np.testing.assert_allclose(found.transform(rows), expected, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_numbers_whose_squares_are_at_the_end_of_the_range(scale):
    rows = gaussian() * scale
    error = np.mean((fit(rows, init="pca").quantize(rows) / scale - gaussian()) ** 2)
    assert error == pytest.approx(-fit(gaussian(), init="pca").score(gaussian()), rel=1e-6)


@pytest.mark.parametrize(("dtype", "offset"), [(np.float64, 1e9), (np.float32, 1e3)])
def test_far_from_the_origin_it_is_as_good(dtype, offset):
    rows = gaussian(1000, dtype=dtype)
    near, far = fit(rows, 4, init="pca"), fit(rows + dtype(offset), 4, init="pca")
    assert far.score(rows + dtype(offset)) == pytest.approx(near.score(rows), rel=0.1)


def test_many_vertices_for_few_rows():
    rows = gaussian(3000, 8)
    found = fit(rows, 12, max_iter=1)
    assert found.codebook_.shape == (4096, 8)
    assert np.isfinite(found.codebook_).all()
    assert -found.score(rows) < 0.25 * -fit(rows, 6).score(rows)


@pytest.mark.slow
def test_the_highest_bitrate():
    rows = gaussian(5000, 4, np.float32)
    found = SFVQ(n_bits=16, solver=Lloyd(max_iter=1, most_dithers=1), random_state=0).fit(rows)
    assert found.codebook_.shape == (65536, 4)
    assert sorted(found.codebooks_) == list(range(2, 17))
    assert -found.score(rows) < 1e-3


# What is refused


BAD_ROWS = {
    "nan": (np.array([[1.0, 2.0, np.nan]] * 3), ValueError, "NaN"),
    "inf": (np.array([[1.0, 2.0, -np.inf]] * 3), ValueError, "infinity"),
    "complex": (np.full((3, 3), 1j), ValueError, "[Cc]omplex"),
    "words": (np.array([["a", "b", "c"]] * 3), ValueError, "got strings, such as 'a'"),
    "dates": (np.full((3, 3), "2020", "M8[D]"), ValueError, "X must hold real .*dtype datetime64"),
    "numbers as words": ([["1", "2", "3"]] * 3, ValueError, "X must hold real .*got strings"),
    "objects": (np.array([[1.0, 2.0, "3"]] * 3, dtype=object), ValueError, "got strings"),
    "sparse matrix": (scipy.sparse.csr_matrix(np.eye(3)), TypeError, "[Ss]parse"),
    "sparse array": (scipy.sparse.csr_array(np.eye(3)), TypeError, "[Ss]parse"),
    "no rows": (np.empty((0, 3)), ValueError, "0 sample"),
    "no columns": (np.empty((3, 0)), ValueError, "0 feature"),
    "one-dimensional": (np.ones(3), ValueError, "2D array"),
    "three-dimensional": (np.ones((3, 3, 3)), ValueError, "dim 3"),
    "nothing": (None, ValueError, "scalar array"),
    "torch nan": (torch.tensor([[1.0, 2.0, torch.nan]] * 3), ValueError, "X contains NaN"),
    "torch inf": (torch.tensor([[1.0, 2.0, torch.inf]] * 3), ValueError, "X contains NaN or inf"),
    "torch complex": (torch.full((3, 3), 1j), TypeError, "X must hold real numbers"),
    "torch sparse": (torch.eye(3).to_sparse(), TypeError, "X .*dense"),
    "torch no rows": (torch.empty(0, 3), ValueError, "X must have at least"),
    "torch one-dimensional": (torch.ones(3), ValueError, "X must be two-dimensional"),
    "torch three-dimensional": (torch.ones(3, 3, 3), ValueError, "X must be two-dimensional"),
}
every_bad_rows = pytest.mark.parametrize(
    ("rows", "error", "message"), BAD_ROWS.values(), ids=BAD_ROWS
)


@every_bad_rows
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_rows_to_learn_from_are_checked(method, rows, error, message):
    sfvq = SFVQ(n_bits=3)
    with pytest.raises(error, match=message):
        getattr(sfvq, method)(rows)
    assert not hasattr(sfvq, "curve_")


@every_bad_rows
@pytest.mark.parametrize("method", ["transform", "predict", "quantize", "score"])
def test_rows_to_place_are_checked(sfvq, method, rows, error, message):
    with pytest.raises(error, match=message):
        getattr(sfvq, method)(rows)


@pytest.mark.parametrize("like", [np.asarray, torch.asarray])
def test_one_row_is_too_few_to_learn_from_and_enough_to_place(sfvq, like):
    with pytest.raises(ValueError, match=r"minimum of 2|at least 2"):
        SFVQ().fit(like(gaussian(1)))
    assert sfvq.transform(like(gaussian(1))).shape == (1, 1)


@pytest.mark.parametrize("like", [np.asarray, torch.asarray])
def test_the_width_is_that_of_the_training_rows(sfvq, like):
    for method in (sfvq.transform, sfvq.predict, sfvq.quantize, sfvq.score, sfvq.partial_fit):
        with pytest.raises(ValueError, match="X has 2 features, but SFVQ is expecting 3 features"):
            method(like(gaussian(5, 2)))


def test_a_new_fit_may_have_another_width(X):
    found = fit(X)
    assert found.fit(X[:, :2]).n_features_in_ == 2
    assert found.quantize(X[:, :2]).shape == (300, 2)


@pytest.mark.parametrize("coordinate", COORDINATES)
@pytest.mark.parametrize(
    ("T", "error"),
    [
        ([[-0.5]], ValueError),
        ([[1e6]], ValueError),
        ([[np.nan]], ValueError),
        ([[np.inf]], ValueError),
        ([[0.0, 0.0]], ValueError),
        (0.0, ValueError),
        ([[[0.0]]], ValueError),
        ([["here"]], TypeError),
        ([[1j]], TypeError),
        (torch.tensor([[-0.5]]), ValueError),
    ],
    ids=str,
)
def test_coordinates_that_are_not_on_the_curve(sfvq, coordinate, T, error):
    other = SFVQ.from_codebook(sfvq.codebook_, coordinate=coordinate)
    with pytest.raises(error, match=r"^T (must|has|contains)"):
        other.inverse_transform(T)


def test_a_coordinate_that_is_refused_is_named_in_its_own_unit(sfvq):
    other = SFVQ.from_codebook(sfvq.codebook_, coordinate="unit")
    with pytest.raises(ValueError, match=r"^T must lie in \[0, 1\]; got 1\.5"):
        other.inverse_transform([[0.5], [1.5]])


@pytest.mark.parametrize("coordinate", COORDINATES)
def test_a_coordinate_off_by_rounding_is_the_end(sfvq, coordinate):
    other = SFVQ.from_codebook(sfvq.codebook_, coordinate=coordinate)
    last = other.transform(sfvq.codebook_[-1:])
    for T in (last * (1 + 1e-15), -1e-15 * last, last.astype(np.float32)):
        end = sfvq.codebook_[-1 if T[0, 0] > 0 else 0]
        np.testing.assert_allclose(other.inverse_transform(T)[0], end, rtol=1e-5)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"n_bits": 1}, "n_bits"),
        ({"n_bits": 17}, "n_bits"),
        ({"n_bits": 6.0}, "n_bits"),
        ({"n_bits": "6"}, "n_bits"),
        ({"n_bits": None}, "n_bits"),
        ({"solver": "sgd"}, "solver"),
        ({"solver": None}, "solver"),
        ({"init": "kmeans"}, "init"),
        ({"init": None}, "init"),
        ({"smoothness": -0.1}, "smoothness"),
        ({"max_iter": 0}, "max_iter"),
        ({"max_iter": 2.5}, "max_iter"),
        ({"tol": -1.0}, "tol"),
        ({"n_init": 0}, "n_init"),
        ({"coordinate": "angle"}, "coordinate"),
        ({"device": 0}, "device"),
        ({"warm_start": "yes"}, "warm_start"),
        ({"random_state": "seed"}, "random_state"),
        ({"verbose": -1}, "verbose"),
        ({"n_jobs": 1.5}, "n_jobs"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_parameters_are_checked_and_named(X, method, parameters, name):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of SFVQ must be"):
        getattr(SFVQ(**parameters), method)(X)


def test_parameters_that_do_not_exist():
    with pytest.raises(TypeError, match="n_clusters"):
        SFVQ(n_clusters=3)
    with pytest.raises(TypeError):
        SFVQ(3, "lloyd")
    with pytest.raises(ValueError, match="n_clusters"):
        SFVQ().set_params(n_clusters=3)


@pytest.mark.parametrize("device", ["nonsense", "cuda:99", "hpu"])
def test_a_device_that_does_not_exist_is_named(X, device):
    with pytest.raises(ValueError, match=f"^device='{device}' cannot be used; expected 'auto'"):
        SFVQ(device=device).fit(X)


def test_a_kind_of_device_without_float64_is_the_processor(X, monkeypatch):
    empty = torch.empty

    def apple(*shape, device=None, **options):
        if device == "mps":
            return SimpleNamespace(device=torch.device("mps"))
        return empty(*shape, device=device, **options)

    monkeypatch.setattr(torch, "empty", apple)
    with pytest.warns(RuntimeWarning, match=r"^device='mps' has no float64"):
        sfvq = SFVQ(2, device="mps", random_state=0).fit(X)
    assert np.array_equal(sfvq.codebook_, SFVQ(2, random_state=0).fit(X).codebook_)


def test_rows_stay_where_they_are_and_the_curve_goes_to_the_device(X, monkeypatch):
    sfvq = SFVQ(3, random_state=0).fit(X)
    found, met = sfvq.transform(X), []

    def record(rows, vertices):
        met.append((rows.device.type, vertices.device.type))
        return project(rows, torch.from_numpy(sfvq.codebook_))

    monkeypatch.setattr("skcurve.applying.project", record)
    monkeypatch.setattr("skcurve.sfvq.check_device", lambda name: torch.device("meta"))
    assert np.array_equal(sfvq.set_params(device="cuda").transform(X), found)
    assert met == [("cpu", "meta")]  # `project` sends the rows after it


def test_rows_that_do_not_fit_on_the_device_are_sent_when_they_are_needed(monkeypatch):
    X = np.random.default_rng(0).standard_normal((20_000, 4)).astype(np.float32)
    weights = np.random.default_rng(1).uniform(0, 2, len(X))
    there = SFVQ(4, random_state=0, device="cpu")
    expected = [there.fit(X, sample_weight=w).codebook_ for w in (None, weights)]
    score, sizes = there.score(X), []

    def small(tensor, *to, **how):
        if any(isinstance(where, torch.device) for where in to):
            if len(tensor) == len(X):
                raise torch.OutOfMemoryError("no memory left")
            sizes.append(len(tensor))
        return move(tensor, *to, **how)

    move = torch.Tensor.to
    monkeypatch.setattr(torch.Tensor, "to", small)
    monkeypatch.setattr("skcurve.blocks.arrays.SCAN_BYTES", 1 << 16)
    for w, codebook in zip((None, weights), expected, strict=True):
        with pytest.warns(RuntimeWarning, match="20,000 rows do not fit in the memory of cpu"):
            found = clone(there).fit(X, sample_weight=w)
        np.testing.assert_array_equal(found.codebook_, codebook)
    with pytest.warns(RuntimeWarning, match="20,000 rows do not fit"):
        assert there.score(X) == pytest.approx(score, rel=1e-6)
    assert sizes and max(sizes) < len(X)


def test_what_does_not_fit_is_sent_to_the_device_that_was_asked_for(monkeypatch):
    def fail(*_):
        raise torch.OutOfMemoryError("no memory left")

    monkeypatch.setattr(InMemory, "to", fail)
    with pytest.warns(RuntimeWarning, match="do not fit in the memory of meta"):
        rows = send(InMemory(torch.zeros(5, 2)), torch.device("meta"))
    assert rows.take(np.array([1, 2])).device.type == "meta"
    assert next(rows.scan()).device.type == "meta"


def test_a_device_without_memory_is_not_said_to_be_missing(X, monkeypatch):
    def fail(*_):
        raise torch.OutOfMemoryError("no memory left")

    sfvq = SFVQ(device="cpu")
    monkeypatch.setattr(torch.Tensor, "to", fail)
    with pytest.warns(RuntimeWarning, match="do not fit"), pytest.raises(torch.OutOfMemoryError):
        sfvq.fit(X)
    with pytest.raises(torch.OutOfMemoryError):
        sfvq.partial_fit(X)


def test_text_in_a_frame_is_refused_and_its_numbers_are_not_copied():
    pandas = pytest.importorskip("pandas")
    for words in (["1", "2", "3"], pandas.Categorical(["1", "2", "3"])):
        with pytest.raises(ValueError, match=r"got strings, such as .*'1'"):
            SFVQ(2).fit(pandas.DataFrame({"a": [1.0, 2.0, 3.0], "b": words}))
    numbers = pandas.DataFrame({"a": [1.0, 2.0, 3.0], "b": np.array([1, 2, 3], dtype=object)})
    with pytest.warns(UserWarning, match="3 rows for 4 vertices"):
        assert fit(numbers, 2).n_features_in_ == 2


def test_text_in_a_polars_frame_is_refused():
    polars = pytest.importorskip("polars")
    with pytest.raises(ValueError, match=r"got strings, such as .*'1'"):
        SFVQ(2).fit(polars.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["1", "2", "3"]}))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_column_of_vectors_or_of_dates_is_told_from_numbers(library):
    library = pytest.importorskip(library)
    with pytest.raises(ValueError, match=r"column 'b' are vectors\. numpy\.stack\(X\['b'\]\)"):
        SFVQ(2).fit(library.DataFrame({"a": [1.0, 2.0], "b": [[1.0, 2.0], [3.0, 4.0]]}))
    days = np.array(["2020", "2021"], dtype="M8[us]")
    with pytest.raises(ValueError, match="X must hold real numbers; got dtype datetime64"):
        SFVQ(2).fit(library.DataFrame({"a": [1.0, 2.0], "b": days}))


def test_one_column_of_a_frame_is_no_matrix():
    pandas = pytest.importorskip("pandas")
    for column in ([1.0, 2.0], np.array([1, 2], dtype=object)):
        with pytest.raises(ValueError, match="Expected a 2-dimensional container"):
            SFVQ(2).fit(pandas.Series(column))


def test_a_polars_column_of_fixed_size_vectors_is_told_from_numbers():
    polars = pytest.importorskip("polars")
    column = polars.Series("b", [[1.0, 2.0], [3.0, 4.0]], dtype=polars.Array(polars.Float64, 2))
    with pytest.raises(ValueError, match="column 'b' are vectors"):
        SFVQ(2).fit(polars.DataFrame([column]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_polars_frame_keeps_its_precision(X, dtype):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({name: X[:, i].astype(dtype) for i, name in enumerate("abc")})
    sfvq = SFVQ(n_bits=3, random_state=0).fit(frame)
    assert sfvq.codebook_.dtype == sfvq.transform(frame).dtype == dtype


def test_a_field_of_records(X):
    records = np.zeros(300, dtype=[("row", np.float32, 3), ("mark", np.uint8)])
    records["row"] = X
    rows = np.ascontiguousarray(records["row"])
    assert records["row"].strides[0] % 4
    found = fit(records["row"])
    np.testing.assert_array_equal(found.codebook_, fit(rows).codebook_)
    np.testing.assert_array_equal(found.transform(records["row"]), found.transform(rows))


@pytest.mark.parametrize("again", ["refused", "interrupted"])
def test_a_fit_that_fails_leaves_the_old_one_wholly_usable(again, monkeypatch):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(gaussian(), columns=list("abc"))
    found = fit(frame)
    T, narrow = found.transform(frame), gaussian(300, 2)
    if again == "refused":
        with pytest.raises(ValueError, match="init has 3 features, but 2 features"):
            found.set_params(init=np.zeros((4, 3))).fit(narrow)
    else:

        def interrupt(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(Lloyd, "step", interrupt)
        with pytest.raises(KeyboardInterrupt):
            found.fit(narrow)
    assert found.n_features_in_ == 3
    assert found.feature_names_in_.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(found.transform(frame), T)
    assert len(found.usage_) == 7


def test_a_first_fit_that_fails_leaves_nothing():
    sfvq = SFVQ(init=np.zeros((4, 3)))
    with pytest.raises(ValueError, match="init has 3 features"):
        sfvq.fit(gaussian(300, 2))
    assert not [name for name in vars(sfvq) if name.endswith("_")]


def test_warnings_point_to_the_line_of_the_user(X):
    for use in (
        lambda: SFVQ(6).fit(X[:5]),
        lambda: SFVQ(6).fit_transform(X[:5]),
        lambda: make_pipeline(StandardScaler(), SFVQ(6)).fit(X[:5]),
    ):
        with pytest.warns(ConvergenceWarning, match="5 rows for 64 vertices") as caught:
            use()
        assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("like", [np.asarray, torch.asarray])
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.ones((50, 3)), r"only 1 distinct row for 16 vertices \(n_bits=4\)"),
        (np.repeat(gaussian(3), 20, axis=0), r"only 3 distinct rows for 16 vertices"),
        (np.tile(gaussian(3), (3000, 1)), r"only 3 distinct rows for 16 vertices"),
        (np.ones((5, 3)), r"X has 5 rows for 16 vertices"),
    ],
)
def test_one_warning_of_rows_that_are_too_few_or_too_much_alike(like, rows, message):
    with pytest.warns(ConvergenceWarning, match=message) as caught:
        SFVQ(4, random_state=0).fit(like(rows))
    assert [warning.filename for warning in caught] == [__file__]


def test_no_warning_of_rows_that_differ():
    far = np.r_[gaussian(20) * 1e-9, [[1e9, 0, 0]] * 20]
    for rows in (gaussian(16), gaussian(300), far):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            SFVQ(4, random_state=0).fit(rows)


@pytest.mark.parametrize(
    ("init", "message"),
    [
        (np.zeros((3, 3)), r"init must have 2\*\*b rows with b from 2 to 4; got 3 rows"),
        (np.zeros((32, 3)), r"init must have 2\*\*b rows with b from 2 to 4; got 32 rows"),
        (np.zeros((4, 2)), "init has 2 features, but 3 features are expected"),
        (np.zeros(4), "init must be two-dimensional"),
        (np.full((4, 3), np.nan), "init contains NaN"),
    ],
)
def test_a_codebook_to_begin_with_is_checked(X, init, message):
    with pytest.raises(ValueError, match=message):
        fit(X, 4, init=init)


@pytest.mark.parametrize("like", [np.asarray, torch.asarray, lambda V: V.tolist()])
@pytest.mark.parametrize("bitrate", [2, 3, 4])
def test_a_codebook_to_begin_with(X, like, bitrate):
    start = gaussian(2**bitrate, seed=1)
    found = fit(X, 4, init=like(start))
    assert sorted(found.codebooks_) == list(range(bitrate, 5))
    assert isinstance(found.codebook_, np.ndarray)
    np.testing.assert_array_equal(found.codebook_, fit(X, 4, init=start).codebook_)
    assert not np.array_equal(found.codebook_, fit(X, 4).codebook_)


@pytest.mark.parametrize(
    "solver", [Lloyd(), Lloyd(smoothness=0.5, max_iter=4), Adam(max_iter=1, learning_rate=0.1)]
)
def test_a_solver_with_settings_of_its_own(solver):
    X = np.random.default_rng(0).standard_normal((300, 8))  # few features have other defaults
    found = fit(X, solver=solver, max_iter=7, smoothness=9.0)
    assert found.solver is solver
    assert max(record["sweep"] for record in found.history_) <= solver.max_iter
    if isinstance(solver, Lloyd):
        named = fit(X, solver="lloyd", smoothness=solver.smoothness, max_iter=solver.max_iter)
        np.testing.assert_array_equal(found.codebook_, named.codebook_)


@pytest.mark.parametrize(
    "solver", [Lloyd, object(), 3, "LLOYD"], ids=["class", "object", "number", "name"]
)
def test_what_is_no_solver_is_refused(X, solver):
    with pytest.raises(ValueError, match="The 'solver' parameter of SFVQ must be"):
        fit(X, solver=solver)
