"""The curve as a layer: exact in evaluation, dithered in training, growing, from and to SFVQ."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve import SFVQ
from skcurve.metrics import distortion, smoothness_ratio
from skcurve.nn import SpaceFillingVQ
from skcurve.projection import project, project_oracle
from skcurve.testing import point_clouds, polylines


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def make(n_bits=4, dim=4, **options):
    return SpaceFillingVQ(n_bits, dim, generator=seeded(), **options)


def train(layer, latents, n_steps, batch=100):
    for step in range(n_steps):
        layer(latents[(step * batch) % len(latents) :][:batch])
        layer.update()


@given(st.data())
def test_evaluation_is_the_nearest_point_of_the_curve(data):
    curve = data.draw(polylines(min_vertices=8, max_vertices=8))
    cloud = data.draw(point_clouds(min_features=curve.n_features, max_features=curve.n_features))
    vertices, rows = (torch.from_numpy(np.array(part)) for part in (curve.vertices, cloud))
    layer = SpaceFillingVQ.from_estimator(SFVQ.from_codebook(vertices)).eval()
    out, exact, oracle = layer(rows), project(rows, vertices), project_oracle(rows, vertices)
    assert torch.equal(out.index, exact.segment)
    assert torch.equal(out.coordinate, exact.index)
    sq_error = (rows - out.quantized).square().sum(1)
    size = float(1 + vertices.abs().max() + rows.abs().max())
    torch.testing.assert_close(sq_error, oracle.sq_distance, rtol=1e-6, atol=1e-9 * size**2)


@pytest.mark.parametrize("far", [0.0, 1e4])
def test_training_sends_a_row_to_the_nearest_dithered_point(latents, far):
    latents = latents + far
    layer = make(noise=0.0)
    layer(latents)
    vertices = layer.vertices.double()
    out = layer(latents)
    position = out.coordinate.double() - out.index
    # One dither a segment: whoever meets it meets it in the same place.
    for segment in out.index.unique():
        assert position[out.index == segment].unique().numel() == 1
    points = torch.lerp(vertices[out.index], vertices[out.index + 1], position[:, None])
    torch.testing.assert_close(out.quantized.double(), points, rtol=1e-5, atol=1e-4 + far * 1e-6)
    used = out.index.unique()
    dithered = torch.stack([points[out.index == segment][0] for segment in used])
    nearest = torch.cdist(latents.double(), dithered).min(1).values
    met = (latents.double() - points).norm(dim=1)
    assert (met <= nearest + 1e-3 + far * 1e-6).all()


def test_dithers_are_drawn_anew(latents):
    layer = make()
    first, second = (layer(latents).coordinate for _ in range(2))
    assert not torch.equal(first % 1, second % 1)


def test_the_curve_begins_with_the_first_latents(latents):
    layer = make(6)
    layer(latents)
    fitted = SFVQ(6, random_state=0).fit(latents)
    ours = distortion(layer.to_estimator(), latents)
    assert ours < 1.1 * distortion(fitted, latents)


def test_the_published_start_is_the_means_of_quarters(latents):
    layer = make(4, init="norm", start_bits=2)
    layer(latents)
    ordered = latents[latents.norm(dim=1).argsort()]
    means = torch.stack([part.mean(0) for part in ordered.chunk(4)])
    torch.testing.assert_close(layer.vertices, means)
    full = make(4, init="norm")
    full(latents)
    _, _, sq_distance = project(means, full.vertices)
    torch.testing.assert_close(sq_distance, torch.zeros(4), atol=1e-8, rtol=0)


@pytest.mark.parametrize("init", ["latents", "norm"])
@pytest.mark.parametrize("n_rows", [1, 3, 20])
def test_few_latents_are_enough_to_begin(init, n_rows):
    layer = make(5, init=init)
    latents = torch.randn(n_rows, 4, generator=seeded())
    assert torch.isfinite(layer(latents).quantized).all()
    layer.update()
    assert torch.isfinite(layer.vertices).all()


def test_learning_by_statistics_comes_near_a_fit(latents):
    layer = make(5)
    layer(torch.randn(100, 4, generator=seeded()))  # begins somewhere else
    train(layer, latents, 150)
    fitted = SFVQ(5, random_state=0).fit(latents)
    assert distortion(layer.to_estimator(), latents) < 2 * distortion(fitted, latents)
    assert smoothness_ratio(layer.to_estimator()) < 0.5


def test_without_an_update_the_vertices_stay(latents):
    layer = make()
    layer(latents)
    before = layer.vertices.clone()
    layer(latents)
    assert torch.equal(layer.vertices, before)
    layer.update()
    assert not torch.equal(layer.vertices, before)


def test_growing_keeps_the_curve_and_doubles_its_vertices(latents):
    layer = make(5, start_bits=3, ema=None)
    layer(latents)
    before = layer.vertices.clone()
    layer.grow()
    assert layer.bitrate == 4
    assert layer.vertices.shape == (16, 4)
    old = {tuple(row) for row in before.tolist()}
    assert old <= {tuple(row) for row in layer.vertices.tolist()}
    out = layer(latents)
    assert out.index.max() <= 14


def test_growing_ends_at_n_bits(latents):
    layer = make(3, start_bits=2)
    layer.grow()
    with pytest.raises(ValueError, match="last bitrate, n_bits=3; it cannot grow"):
        layer.grow()


def test_a_schedule_grows_and_stops(latents):
    layer = make(4, grow_every=5)
    bitrates = []
    for _ in range(16):
        bitrates.append(layer.bitrate)
        layer(latents[:100])
        layer.update()
    assert bitrates == [2] * 5 + [3] * 5 + [4] * 6
    assert layer.bitrate == 4


def test_the_bitrate_is_loaded(latents):
    layer = make(5, grow_every=3)
    train(layer, latents, 4)
    other = make(5, grow_every=3)
    other.load_state_dict(layer.state_dict())
    assert (other.bitrate, layer.bitrate) == (3, 3)
    for part in (layer, other):
        train(part, latents, 2)
    assert other.bitrate == 4
    assert torch.equal(layer.codebook, other.codebook)


def test_tidying_gives_dead_vertices_to_where_they_are_needed(latents):
    layer = make(5)
    layer(latents)
    with torch.no_grad():  # half of the curve goes where no latent is
        layer.codebook[16:] += 1000.0
    train(layer, latents, 400)
    layer.eval()
    usage = torch.bincount(layer(latents).index, minlength=31)
    assert (usage > 0).sum() >= 28
    assert layer.vertices.abs().max() < 100


def test_more_smoothness_makes_a_shorter_curve(latents):
    lengths = []
    for smoothness in (0.0, 0.1, 10.0):
        layer = make(5, smoothness=smoothness)
        train(layer, latents, 60)
        lengths.append(layer.to_estimator().curve_.length)
    assert lengths[0] > lengths[1] > lengths[2]


def test_an_estimator_goes_in_and_comes_out(latents):
    fitted = SFVQ(4, random_state=0).fit(latents.numpy())
    layer = SpaceFillingVQ.from_estimator(fitted, gradient="ste", generator=seeded()).eval()
    assert layer.initialized
    assert layer.gradient == "ste"
    out = layer(latents)
    assert np.array_equal(out.index.numpy(), fitted.predict(latents.numpy()))
    np.testing.assert_allclose(
        out.coordinate.numpy(), fitted.transform(latents.numpy())[:, 0], rtol=1e-6
    )
    back = layer.to_estimator(coordinate="unit")
    assert np.array_equal(back.codebook_.numpy(), fitted.codebook_)
    assert back.coordinate == "unit"
    assert back.n_bits == 4


def test_an_estimator_keeps_its_precision_and_leaves_room(latents):
    fitted = SFVQ(3, random_state=0).fit(latents.double().numpy())
    layer = SpaceFillingVQ.from_estimator(fitted, n_bits=5)
    assert layer.codebook.dtype == torch.float64
    assert (layer.bitrate, layer.n_bits) == (3, 5)
    layer.grow()
    assert layer.to_estimator().n_bits == 4


def test_an_estimator_has_to_be_fitted_and_to_fit():
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        SpaceFillingVQ.from_estimator(SFVQ())
    fitted = SFVQ.from_codebook(torch.randn(8, 2))
    with pytest.raises(ValueError, match="start_bits must be from 2 to 2; got 3"):
        SpaceFillingVQ.from_estimator(fitted, n_bits=2)
    with pytest.raises(ValueError, match="start_bits must be that of the curve, 3; got 2"):
        SpaceFillingVQ.from_estimator(fitted, start_bits=2)


def test_the_estimator_does_not_follow_the_layer(latents):
    layer = make()
    layer(latents)
    sfvq = layer.to_estimator()
    before = sfvq.codebook_.clone()
    train(layer, latents, 3)
    assert torch.equal(sfvq.codebook_, before)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"init": "tour"}, ValueError, "init must be 'latents' or 'norm'; got 'tour'"),
        ({"grow_every": 0}, ValueError, "grow_every must be at least 1; got 0"),
        ({"start_bits": 5}, ValueError, "start_bits must be from 2 to 4; got 5"),
        ({"smoothness": -1}, ValueError, "smoothness must lie in"),
    ],
)
def test_bad_settings_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        make(4, **options)
