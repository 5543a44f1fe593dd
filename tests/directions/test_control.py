import numpy as np
import pytest

from skcurve.directions import RandomDirections


def test_isotropic_directions_prefer_nothing():
    latents = np.random.default_rng(0).standard_normal((500, 4)) * [9.0, 3.0, 1.0, 0.1]
    found = RandomDirections(4000, random_state=0).fit(latents=latents)
    second_moment = found.directions_.T @ found.directions_ / 4000
    np.testing.assert_allclose(second_moment, np.eye(4) / 4, atol=0.02)


def test_the_natural_step_is_the_deviation_along_the_direction():
    latents = np.random.default_rng(0).standard_normal((500, 4)) * [9.0, 3.0, 1.0, 0.1] + 7.0
    found = RandomDirections(20, random_state=0).fit(latents=latents)
    np.testing.assert_allclose(found.strengths_, (latents @ found.directions_.T).std(0))


def test_with_the_covariance_directions_are_those_of_normal_draws():
    random = np.random.default_rng(0)
    mix = np.array([[2.0, 0.0, 0.0], [1.5, 0.5, 0.0], [0.0, 0.2, 0.3]])
    latents = random.standard_normal((2000, 3)) @ mix.T + 40.0
    found = RandomDirections(4000, distribution="covariance", random_state=1).fit(latents=latents)
    draws = random.multivariate_normal(np.zeros(3), np.cov(latents.T), size=100_000)
    draws /= np.linalg.norm(draws, axis=1, keepdims=True)
    np.testing.assert_allclose(
        found.directions_.T @ found.directions_ / 4000, draws.T @ draws / 100_000, atol=0.02
    )


def test_a_single_latent_has_no_spread():
    found = RandomDirections(3, random_state=0).fit(latents=[[1.0, 2.0]])
    np.testing.assert_array_equal(found.strengths_, 1.0)
    with pytest.raises(ValueError, match="latents do not vary"):
        RandomDirections(3, distribution="covariance").fit(latents=[[1.0, 2.0]])


def test_along_what_is_constant_the_step_is_the_typical_one():
    latents = np.random.default_rng(0).standard_normal((50, 2)) @ [[3.0, 0.0], [0.0, 0.0]]
    from skcurve.directions.closed_form import ClosedFormDirections

    found = ClosedFormDirections(1, weight=[[0.0, 1.0]]).fit(latents=latents)
    np.testing.assert_allclose(found.strengths_, latents[:, 0].std() / np.sqrt(2))
