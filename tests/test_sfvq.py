"""The members of SFVQ: what each gives, and that together they tell one story."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

import skcurve
from skcurve import SFVQ, PolylineCurve, metrics
from skcurve.projection import project_oracle
from skcurve.testing import (
    check_curve_continuity,
    check_projection_optimal,
    check_roundtrip,
    fitted_curves,
    point_clouds,
)

COORDINATES = ["index", "arclength", "unit"]
every_coordinate = pytest.mark.parametrize("coordinate", COORDINATES)

PUBLISHED = Path(
    os.environ.get(
        "SKCURVE_PUBLISHED", Path(skcurve.__file__).resolve().parents[2] / "shared" / "published"
    )
)


def gaussian(n_rows=300, n_features=3, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal((n_rows, n_features)).astype(dtype)


@pytest.fixture(scope="module")
def X():
    return gaussian()


@pytest.fixture(scope="module")
def sfvq(X):
    return SFVQ(n_bits=4, random_state=0).fit(X)


# What fit leaves


def test_the_fitted_attributes_agree(sfvq, X):
    assert isinstance(sfvq.curve_, PolylineCurve)
    np.testing.assert_array_equal(sfvq.curve_.vertices, sfvq.codebook_)
    np.testing.assert_array_equal(sfvq.codebooks_[4], sfvq.codebook_)
    assert sfvq.codebook_.shape == (16, 3)
    assert {b: part.shape for b, part in sfvq.codebooks_.items()} == {
        2: (4, 3), 3: (8, 3), 4: (16, 3)
    }  # fmt: skip
    assert sfvq.n_features_in_ == 3
    assert not hasattr(sfvq, "feature_names_in_")
    np.testing.assert_array_equal(sfvq.usage_, metrics.usage(sfvq, X))
    assert sfvq.usage_.sum() == len(X)


def test_the_history_has_a_record_for_each_sweep(sfvq):
    assert sfvq.n_iter_ == len(sfvq.history_) > 0
    for bitrate in (2, 3, 4):
        records = [record for record in sfvq.history_ if record["bitrate"] == bitrate]
        assert [record["sweep"] for record in records] == list(range(1, len(records) + 1))
    for record in sfvq.history_:
        assert set(record) == {"bitrate", "sweep", "distortion", "perplexity", "seconds"}
        assert record["distortion"] > 0
        assert 1 <= record["perplexity"] <= 2 ** record["bitrate"] - 1 + 1e-6
        assert 0 <= record["seconds"] < 10
    measured = metrics.dithered_distortion(sfvq, gaussian(), random_state=0)
    assert sfvq.history_[-1]["distortion"] == pytest.approx(measured, rel=0.3)


def test_no_codebook_can_be_changed_behind_the_curve(sfvq):
    for codebook in (sfvq.codebook_, *sfvq.codebooks_.values()):
        with pytest.raises(ValueError, match="read-only"):
            codebook[0] = 0.0


def test_a_tensor_that_is_changed_does_not_change_the_curve(X):
    sfvq = SFVQ(n_bits=3, random_state=0).fit(torch.from_numpy(X))
    T, points = sfvq.transform(X), sfvq.quantize(X)
    sfvq.codebook_[:] = 0.0
    np.testing.assert_array_equal(sfvq.transform(X), T)
    np.testing.assert_array_equal(sfvq.quantize(X), points)
    np.testing.assert_array_equal(sfvq.at_bitrate(3).codebook_, sfvq.curve_.vertices)


# What it gives


@every_coordinate
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_precision(X, coordinate, dtype):
    rows = X.astype(dtype)
    sfvq = SFVQ(n_bits=3, coordinate=coordinate, random_state=0).fit(rows)
    T = sfvq.transform(rows)
    assert (T.shape, T.dtype) == ((300, 1), dtype)
    for points in (sfvq.quantize(rows), sfvq.inverse_transform(T)):
        assert (points.shape, points.dtype) == ((300, 3), dtype)
    segment = sfvq.predict(rows)
    assert (segment.shape, segment.dtype) == ((300,), np.int64)
    assert sfvq.codebook_.dtype == sfvq.directions().dtype == dtype
    assert isinstance(sfvq.score(rows), float)


def test_the_coordinate_is_where_the_nearest_point_lies(sfvq, X):
    index = sfvq.curve_.project(X).index
    np.testing.assert_array_equal(sfvq.transform(X)[:, 0], index)
    walked = sfvq.curve_.index_to_arclength(index)
    for coordinate, expected in (("arclength", walked), ("unit", walked / sfvq.curve_.length)):
        other = SFVQ.from_codebook(sfvq.codebook_, coordinate=coordinate)
        np.testing.assert_array_equal(other.transform(X)[:, 0], expected)


@pytest.mark.parametrize(
    ("coordinate", "last"), [("index", 15.0), ("arclength", None), ("unit", 1.0)]
)
def test_coordinates_go_from_one_end_to_the_other(sfvq, coordinate, last):
    other = SFVQ.from_codebook(sfvq.codebook_, coordinate=coordinate)
    last = sfvq.curve_.length if last is None else last
    ends = sfvq.codebook_[[0, -1]]
    np.testing.assert_allclose(other.transform(ends), [[0.0], [last]])
    np.testing.assert_allclose(other.inverse_transform([[0.0], [last]]), ends)
    T = other.transform(gaussian(seed=1))
    assert T.min() >= 0.0
    assert T.max() <= last * (1 + 1e-12)


@given(fitted_curves(), st.data())
def test_every_fitted_curve_keeps_the_invariants(sfvq, data):
    n_features = sfvq.curve_.n_features
    X = data.draw(point_clouds(min_features=n_features, max_features=n_features))
    check_curve_continuity(sfvq)
    check_projection_optimal(sfvq, X)
    for coordinate in COORDINATES:
        check_roundtrip(sfvq.set_params(coordinate=coordinate), X)


def nearest_points(codebook, X):
    """Directly, in float64: the nearest point of every segment, and the nearest of these."""
    start, step = codebook[:-1].astype(np.float64), np.diff(codebook.astype(np.float64), axis=0)
    squared = np.maximum((step**2).sum(1), 1e-300)
    along = np.einsum("nmd,md->nm", X[:, None] - start, step) / squared
    points = start + along.clip(0, 1)[..., None] * step
    nearest = ((X[:, None] - points) ** 2).sum(2).argmin(1)
    return points[np.arange(len(X)), nearest]


@every_coordinate
@pytest.mark.parametrize(("dtype", "close"), [(np.float32, 1e-4), (np.float64, 1e-9)])
@pytest.mark.parametrize("n_features", [1, 2, 17])
def test_quantising_gives_the_nearest_point_that_is_computed_directly(
    coordinate, dtype, close, n_features
):
    X = gaussian(500, n_features, dtype)
    sfvq = SFVQ(n_bits=5, coordinate=coordinate, random_state=0).fit(X)
    expected = nearest_points(sfvq.codebook_, X)
    np.testing.assert_allclose(sfvq.quantize(X), expected, atol=close)
    np.testing.assert_allclose(sfvq.inverse_transform(sfvq.transform(X)), expected, atol=close)


def test_no_point_of_the_curve_is_nearer_than_the_quantised_one(sfvq, X):
    distance = np.linalg.norm(sfvq.quantize(X) - X, axis=1)
    along = sfvq.curve_.evaluate(np.linspace(0, 15, 3001))
    sampled = np.linalg.norm(X[:, None] - along[None], axis=2).min(1)
    assert (distance <= sampled + 1e-9).all()
    direct = project_oracle(torch.from_numpy(X), torch.tensor(sfvq.codebook_))
    np.testing.assert_allclose(distance**2, direct.sq_distance, rtol=1e-6, atol=1e-12)
    np.testing.assert_array_equal(sfvq.predict(X), direct.segment)


def test_the_score_is_minus_the_mean_squared_error(sfvq, X):
    error = np.mean((sfvq.quantize(X) - X) ** 2)
    assert sfvq.score(X) == pytest.approx(-error, rel=1e-9)
    assert sfvq.score(X) == -metrics.distortion(sfvq, X)
    weights = np.random.default_rng(0).integers(0, 4, len(X))
    repeated = sfvq.score(np.repeat(X, weights, axis=0))
    assert sfvq.score(X, sample_weight=weights) == pytest.approx(repeated, rel=1e-9)


@every_coordinate
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("compiled", [True, False])
def test_the_other_rows_of_a_call_do_not_change_a_bit(monkeypatch, coordinate, dtype, compiled):
    if not compiled:
        monkeypatch.setattr("skcurve.projection.exact.has_numba", lambda: False)
    X = gaussian(2000, 17, dtype)
    sfvq = SFVQ(n_bits=5, coordinate=coordinate, max_iter=2, random_state=0).fit(X[:500])
    together, segment, points = sfvq.transform(X), sfvq.predict(X), sfvq.quantize(X)
    shuffled = np.random.default_rng(0).permutation(2000)
    np.testing.assert_array_equal(sfvq.transform(X[shuffled]), together[shuffled])
    np.testing.assert_array_equal(sfvq.predict(X[shuffled]), segment[shuffled])
    for row in range(0, 2000, 40):
        np.testing.assert_array_equal(sfvq.transform(X[row : row + 1]), together[row : row + 1])
        np.testing.assert_array_equal(sfvq.quantize(X[row : row + 1]), points[row : row + 1])
    in_parts = [sfvq.transform(part) for part in np.array_split(X, 7)]
    np.testing.assert_array_equal(np.concatenate(in_parts), together)
    np.testing.assert_array_equal(sfvq.transform(np.asfortranarray(X)), together)


def test_the_coordinate_is_a_matter_of_use_not_of_fitting(sfvq, X):
    points = sfvq.quantize(X)
    again = SFVQ(n_bits=4, coordinate="unit", random_state=0).fit(X)
    np.testing.assert_array_equal(again.codebook_, sfvq.codebook_)
    np.testing.assert_allclose(again.quantize(X), points, atol=1e-12)


@pytest.mark.parametrize("shape", [(5, 1), (5,), (0, 1)])
def test_coordinates_come_as_a_column_or_in_a_row(sfvq, shape):
    T = np.linspace(0, 15, 5)[: shape[0]].reshape(shape)
    np.testing.assert_array_equal(sfvq.inverse_transform(T), sfvq.curve_.evaluate(T.ravel()))
    assert sfvq.inverse_transform(T.tolist() or T).shape == (shape[0], 3)


# Other ways to get one


@every_coordinate
def test_from_codebook_is_ready_to_use(sfvq, X, coordinate):
    other = SFVQ.from_codebook(sfvq.codebook_, coordinate=coordinate, random_state=3)
    assert (other.n_bits, other.coordinate, other.random_state) == (4, coordinate, 3)
    np.testing.assert_array_equal(other.predict(X), sfvq.predict(X))
    np.testing.assert_allclose(other.quantize(X), sfvq.quantize(X), atol=1e-12)
    assert other.score(X) == sfvq.score(X)
    assert (other.history_, other.n_iter_, other.n_features_in_) == ([], 0, 3)
    assert other.get_feature_names_out().tolist() == ["sfvq0"]
    with pytest.raises(ValueError, match="2 features"):
        other.transform(X[:, :2])


@pytest.mark.parametrize("like", [np.asarray, torch.asarray, lambda V: V.tolist()])
def test_from_codebook_keeps_the_kind_of_array_and_not_the_array(like):
    codebook = like(gaussian(8))
    sfvq = SFVQ.from_codebook(codebook)
    assert isinstance(sfvq.codebook_, torch.Tensor) == isinstance(codebook, torch.Tensor)
    before = np.asarray(sfvq.codebook_).copy()
    codebook[0] = codebook[1]
    np.testing.assert_array_equal(sfvq.codebook_, before)


@pytest.mark.parametrize(
    ("codebook", "message"),
    [
        (np.zeros((6, 2)), r"codebook must have 2\*\*b rows with b from 2 to 16; got 6"),
        (np.zeros((2, 2)), "got 2 rows"),
        (np.zeros((2**17, 1)), "got 131072 rows"),
        (np.zeros(4), r"codebook must be two-dimensional; got shape \(4,\)"),
        (np.full((4, 2), np.nan), "codebook contains NaN or infinity"),
    ],
)
def test_from_codebook_says_what_is_wrong(codebook, message):
    with pytest.raises(ValueError, match=message):
        SFVQ.from_codebook(codebook)


def test_from_codebook_checks_the_parameters():
    with pytest.raises(ValueError, match="coordinate"):
        SFVQ.from_codebook(np.zeros((4, 2)), coordinate="nowhere")
    with pytest.raises(TypeError):
        SFVQ.from_codebook(np.zeros((4, 2)), n_bits=3)


def test_an_earlier_bitrate_needs_no_fit(sfvq, X):
    for bitrate in (2, 3, 4):
        earlier = sfvq.at_bitrate(bitrate)
        assert earlier.n_bits == bitrate
        np.testing.assert_array_equal(earlier.codebook_, sfvq.codebooks_[bitrate])
        assert sorted(earlier.codebooks_) == list(range(2, bitrate + 1))
        assert {record["bitrate"] for record in earlier.history_} == set(earlier.codebooks_)
        assert earlier.n_iter_ == len(earlier.history_)
        assert earlier.n_features_in_ == 3
        expected = SFVQ.from_codebook(sfvq.codebooks_[bitrate])
        np.testing.assert_array_equal(earlier.transform(X), expected.transform(X))
    assert sfvq.n_bits == 4
    assert sfvq.at_bitrate(3).at_bitrate(2).codebook_.shape == (4, 3)


def test_an_earlier_bitrate_is_what_a_shorter_fit_would_have_given(sfvq, X):
    shorter = SFVQ(n_bits=3, random_state=0).fit(X)
    np.testing.assert_array_equal(sfvq.at_bitrate(3).codebook_, shorter.codebook_)


@pytest.mark.parametrize("bitrate", [1, 5, "2", None])
def test_a_bitrate_that_is_not_there_is_named(sfvq, bitrate):
    with pytest.raises(ValueError, match=f"no codebook of {bitrate!r} bits.* 2, 3, 4 bits"):
        sfvq.at_bitrate(bitrate)


def test_directions_are_unit_tangents(sfvq):
    directions = sfvq.directions()
    np.testing.assert_array_equal(directions, sfvq.curve_.directions())
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    step = sfvq.codebook_[7] - sfvq.codebook_[6]
    np.testing.assert_allclose(directions[6], step / np.linalg.norm(step))


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"there are no published codebooks: {PUBLISHED}")
@pytest.mark.parametrize(
    ("name", "n_bits", "segment", "sign"),
    [
        ("rotation", 2, 2, 1),
        ("hat", 4, 9, -1),
        ("gender", 5, 1, -1),
        ("age", 6, 25, -1),
        ("eyeglass", 7, 5, 1),
        ("beard", 8, 205, 1),
    ],
)
def test_published_codebooks_hold_the_published_directions(name, n_bits, segment, sign):
    codebook = np.load(PUBLISHED / "ffhq" / "codebooks" / f"codebook_{n_bits}bit.npy")
    published = np.load(PUBLISHED / "ffhq" / "directions" / f"{name}.npy").astype(np.float64)
    sfvq = SFVQ.from_codebook(codebook)
    assert sfvq.n_bits == n_bits
    directions = sfvq.directions().astype(np.float64)
    cosines = directions @ published / np.linalg.norm(published)
    cosines /= np.linalg.norm(directions, axis=1)
    assert sign * cosines[segment] > 0.999999
    assert np.abs(cosines).argmax() == segment
    check_roundtrip(sfvq, codebook)
    check_curve_continuity(sfvq)


# Before and during the fit


@pytest.mark.parametrize(
    "use",
    [
        lambda sfvq: sfvq.transform([[0.0]]),
        lambda sfvq: sfvq.inverse_transform([[0.0]]),
        lambda sfvq: sfvq.quantize([[0.0]]),
        lambda sfvq: sfvq.predict([[0.0]]),
        lambda sfvq: sfvq.score([[0.0]]),
        lambda sfvq: sfvq.directions(),
        lambda sfvq: sfvq.at_bitrate(2),
        lambda sfvq: sfvq.save("nowhere"),
    ],
)
def test_everything_else_comes_after_fit(use):
    with pytest.raises(NotFittedError):
        use(SFVQ())


def test_it_says_nothing_unless_asked(X, capsys):
    SFVQ(n_bits=3, random_state=0).fit(X)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("verbose", [1, True, 2, 5])
def test_it_says_a_line_for_each_bitrate_or_for_each_sweep(X, capsys, verbose):
    sfvq = SFVQ(n_bits=3, verbose=verbose, random_state=0).fit(X)
    lines = capsys.readouterr().out.splitlines()
    records = sfvq.history_
    if verbose == 1:  # the last of each bitrate
        records = list({record["bitrate"]: record for record in records}.values())
    assert len(lines) == len(records)
    for line, record in zip(lines, records, strict=True):
        assert line.startswith(f"[SFVQ] {record['bitrate']} bits, sweep {record['sweep']}:")
        assert f"distortion {record['distortion']:.6g}" in line
