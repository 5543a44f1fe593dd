import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import skcurve
from skcurve import SFVQ, PolylineCurve
from skcurve.directions import SegmentDirections
from skcurve.testing import polylines

PUBLISHED = Path(
    os.environ.get(
        "SKCURVE_PUBLISHED", Path(skcurve.__file__).resolve().parents[2] / "shared" / "published"
    )
)
needs_published = pytest.mark.skipif(
    not (PUBLISHED / "ffhq").is_dir(), reason="the published codebooks are not there"
)


@pytest.fixture(scope="module")
def sfvq():
    return SFVQ(n_bits=4, random_state=0).fit(np.random.default_rng(0).standard_normal((500, 3)))


@given(polylines())
def test_one_step_from_a_vertex_is_at_the_next(curve):
    vertices = np.asarray(curve.vertices, dtype=np.float64)
    differ = np.linalg.norm(np.diff(vertices, axis=0), axis=1) > 0
    if not differ.any():
        with pytest.raises(ValueError, match="no two vertices that differ"):
            SegmentDirections(curve).fit()
        return
    found = SegmentDirections(curve).fit()
    np.testing.assert_array_equal(found.ends_[:, 0], np.flatnonzero(differ))
    np.testing.assert_array_equal(found.ends_[:, 1], found.ends_[:, 0] + 1)
    reached = vertices[found.ends_[:, 0]] + found.strengths_[:, None] * found.directions_
    scale = np.abs(vertices).max()
    np.testing.assert_allclose(reached, vertices[found.ends_[:, 1]], atol=1e-5 * scale)


def test_segments_are_those_of_the_curve(sfvq):
    found = SegmentDirections(sfvq).fit()
    np.testing.assert_allclose(found.directions_, sfvq.directions(), rtol=1e-12)
    np.testing.assert_allclose(found.strengths_, sfvq.curve_.lengths, rtol=1e-12)
    assert found.names_[:2] == ["segment 0", "segment 1"]


@pytest.mark.parametrize("bitrate", [2, 3, 4])
def test_any_bitrate_that_was_learnt(sfvq, bitrate):
    found = SegmentDirections(sfvq, bitrate=bitrate).fit()
    expected = sfvq.at_bitrate(bitrate)
    np.testing.assert_array_equal(found.curve_.vertices, expected.codebook_)
    assert found.n_directions_ == 2**bitrate - 1


def test_chords_go_from_one_vertex_to_the_other(sfvq):
    found = SegmentDirections(sfvq, chords=[(3, 11), (-1, 0)]).fit()
    for direction, strength, (i, j) in zip(
        found.directions_, found.strengths_, [(3, 11), (15, 0)], strict=True
    ):
        np.testing.assert_allclose(direction * strength, sfvq.curve_.chord(i, j), rtol=1e-12)
    assert found.names_ == ["chord 3-11", "chord 15-0"]
    np.testing.assert_array_equal(found.ends_, [[3, 11], [15, 0]])


def test_all_chords(sfvq):
    found = SegmentDirections(sfvq, bitrate=3, chords="all").fit()
    assert found.n_directions_ == 8 * 7 // 2
    assert (found.ends_[:, 0] < found.ends_[:, 1]).all()


def test_a_clone_keeps_the_fitted_curve(sfvq):
    copy = clone(SegmentDirections(sfvq, bitrate=3))
    assert copy.curve is sfvq and not hasattr(copy, "directions_")
    assert copy.fit().n_directions_ == 7


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"bitrate": 5}, "there is no codebook of 5 bits; there are those of 2, 3, 4 bits"),
        ({"chords": [(0, 16)]}, r"chord \(0, 16\) names a vertex that is not there; there are 16"),
        ({"chords": [(0, 1, 2)]}, r"chords must be pairs \(i, j\)"),
        ({"chords": [(0.5, 1)]}, r"chords must be pairs \(i, j\)"),
        ({"chords": []}, "at least one pair"),
        ({"chords": [(2, 2)]}, "'chord 2-2', has length 0"),
    ],
)
def test_what_is_not_there_is_named(sfvq, parameters, message):
    with pytest.raises(ValueError, match=message):
        SegmentDirections(sfvq, **parameters).fit()


def test_a_plain_curve_has_one_bitrate():
    curve = PolylineCurve(np.eye(4))
    assert SegmentDirections(curve, bitrate=2).fit().n_directions_ == 3
    with pytest.raises(ValueError, match=r"needs an estimator that has `codebooks_`"):
        SegmentDirections(curve, bitrate=3).fit()


def test_the_features_have_to_agree(sfvq, network, latents):
    with pytest.raises(ValueError, match="curve has 3 features, but the generator 6"):
        SegmentDirections(sfvq).fit(network)
    with pytest.raises(ValueError, match="curve has 3 features, but latents 6"):
        SegmentDirections(sfvq).fit(latents=latents)


def test_an_unfitted_estimator_and_what_is_no_curve_are_refused():
    with pytest.raises(NotFittedError, match="SFVQ has no curve yet"):
        SegmentDirections(SFVQ()).fit()
    with pytest.raises(TypeError, match="curve must be a PolylineCurve"):
        SegmentDirections("curve").fit()


@needs_published
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
def test_the_published_directions_are_segments_of_the_published_codebooks(
    name, n_bits, segment, sign
):
    folder = PUBLISHED / "ffhq"
    codebook = np.load(folder / "codebooks" / f"codebook_{n_bits}bit.npy")
    expected = np.load(folder / "directions" / f"{name}.npy")
    found = SegmentDirections(SFVQ.from_codebook(codebook)).fit()
    cosines = found.directions_ @ expected
    assert int(np.argmax(np.abs(cosines))) == segment
    assert cosines[segment] == pytest.approx(sign, abs=1e-5)
    assert found.directions_.dtype == np.float32
