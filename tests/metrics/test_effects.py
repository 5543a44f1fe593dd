"""What a direction does: against the plain definitions, and what has to hold of any response."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skcurve.metrics import consistency, effect, linearity, monotonicity, preservation, purity

numbers = st.floats(-100, 100).map(lambda value: round(value, 3))


@st.composite
def measured(draw, fewest=2):
    """Responses (n, S, A), and increasing strengths."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(fewest, 6), st.integers(1, 4)))
    gaps = draw(arrays(np.float64, shape[1] - 1, elements=st.floats(0.1, 3)))
    strengths = np.concatenate([[0], np.cumsum(gaps)]) - draw(st.floats(0, 5))
    return draw(arrays(np.float64, shape, elements=numbers)), strengths


def slopes(responses, strengths):
    """The oracle: numpy's own line through each response."""
    n, _, a = responses.shape
    return np.array(
        [[np.polyfit(strengths, responses[i, :, k], 1)[0] for k in range(a)] for i in range(n)]
    )


@given(measured())
def test_an_effect_is_the_mean_slope_times_the_largest_step(pair):
    responses, strengths = pair
    expected = slopes(responses, strengths).mean(0) * np.abs(strengths).max()
    np.testing.assert_allclose(effect(responses, strengths), expected, atol=1e-6, rtol=1e-6)


@given(measured(), st.floats(0.1, 10))
def test_an_effect_in_standard_units_has_no_unit(pair, unit):
    responses, strengths = pair
    scale = np.arange(1, responses.shape[2] + 1)
    np.testing.assert_allclose(
        effect(responses * unit, strengths, scale=scale * unit),
        effect(responses, strengths, scale=scale),
        atol=1e-9,
    )


def test_an_attribute_that_does_not_vary_keeps_its_unit():
    assert effect([[[0.0], [3.0]]], [0, 1], scale=0) == 3


@given(measured())
def test_the_direction_the_other_way_has_the_opposite_effect(pair):
    responses, strengths = pair
    back = effect(responses[:, ::-1], -strengths[::-1])
    np.testing.assert_allclose(back, -effect(responses, strengths), atol=1e-9)
    np.testing.assert_allclose(monotonicity(responses[:, ::-1]), monotonicity(responses), atol=1e-9)


@given(measured())
def test_every_share_is_a_share(pair):
    responses, strengths = pair
    for share in (
        consistency(responses, strengths),
        monotonicity(responses),
        linearity(responses, strengths),
    ):
        assert share.shape == responses.shape[2:]
        assert ((share >= 0) & (share <= 1 + 1e-12)).all()


@given(measured(), st.floats(0.5, 5))
def test_lines_are_linear_and_monotone_and_agree(pair, slope):
    responses, strengths = pair
    lines = responses[:, :1] + slope * strengths[None, :, None]
    np.testing.assert_allclose(linearity(lines, strengths), 1, atol=1e-6)
    np.testing.assert_allclose(monotonicity(lines), 1, atol=1e-6)
    np.testing.assert_allclose(consistency(lines, strengths), 1, atol=1e-6)


@given(measured(fewest=3))
def test_linearity_is_the_coefficient_of_determination(pair):
    responses, strengths = pair
    fitted = np.stack(
        [
            [np.polyval(np.polyfit(strengths, trace, 1), strengths) for trace in latent.T]
            for latent in responses
        ]
    ).transpose(0, 2, 1)
    total = ((responses - responses.mean(1, keepdims=True)) ** 2).sum((0, 1))
    left = ((responses - fitted) ** 2).sum((0, 1))
    expected = 1 - left[total > 1e-3] / total[total > 1e-3]
    np.testing.assert_allclose(
        linearity(responses, strengths)[total > 1e-3], expected, atol=1e-6, rtol=1e-6
    )


@given(arrays(np.float64, (3, 5), elements=numbers))
def test_purity_lies_between_even_and_alone(effects):
    share = purity(effects)
    moving = np.abs(effects).sum(1) > 0
    assert (share[~moving] == 0).all()
    assert ((share[moving] >= 1 / 5 - 1e-12) & (share[moving] <= 1)).all()
    assert [purity(row) for row in effects] == list(share)


def test_a_cosine_is_kept_or_lost():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(6, 4))
    assert preservation(points, 3 * points) == pytest.approx(1)
    assert preservation(points, -points) == pytest.approx(-1)
    assert preservation(points, np.zeros_like(points)) == 0


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_a_cosine_has_no_unit(unit):
    assert preservation([[unit, 0], [unit, unit]], [[1, 0], [unit, -unit]]) == pytest.approx(0.5)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_strengths_may_be_in_any_unit(unit):
    responses, strengths = np.array([[[0.0], [1.0], [3.0]]]), np.array([-1.0, 0.0, 1.0])
    for measure in (effect, consistency, linearity):
        assert measure(responses, unit * strengths) == measure(responses, strengths)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_what_does_not_change_at_all_is_as_good_as_it_can_be(one, other):
    responses = np.repeat([[[one]], [[other]]], 5, axis=1)
    strengths = [-1.0, -0.3, 0.1, 0.7, 1.0]
    assert effect(responses, strengths) == 0
    assert linearity(responses, strengths) == 1
    assert consistency(responses, strengths) == 1
    assert monotonicity(responses) == 1


def test_tensors_are_measured_as_arrays_are():
    rng = np.random.default_rng(0)
    responses, strengths = rng.normal(size=(3, 4, 2)), np.arange(4.0)
    tensors = torch.from_numpy(responses), torch.from_numpy(strengths)
    np.testing.assert_array_equal(effect(*tensors), effect(responses, strengths))
    np.testing.assert_array_equal(linearity(*tensors), linearity(responses, strengths))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: effect(np.zeros((2, 3)), [0, 1, 2]), r"responses must have shape \(n, S, A\)"),
        (lambda: effect(np.zeros((2, 1, 1)), [0]), "at least 2 strengths"),
        (lambda: effect(np.zeros((2, 3, 1)), [0, 1]), "each of the 3 strengths"),
        (lambda: effect(np.zeros((2, 2, 1)), [1, 1]), "not all the same"),
        (lambda: effect(np.full((2, 2, 1), np.nan), [0, 1]), "responses must be finite"),
        (lambda: effect(np.zeros((2, 2, 1)), [0, 1], scale=-1), "scale must be finite and not neg"),
        (
            lambda: effect(np.zeros((2, 2, 2)), [0, 1], scale=[1, 2, 3]),
            r"scale must hold one number, or one for each of the 2 attributes; got shape \(3,\)",
        ),
        (lambda: purity([]), "an entry an attribute"),
        (lambda: purity([np.inf]), "effects must be finite"),
        (lambda: preservation([[1, 2]], [[1, 2, 3]]), "of the same outputs"),
    ],
)
def test_bad_input_is_named(call, said):
    with pytest.raises(ValueError, match=said):
        call()
