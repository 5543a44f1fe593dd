"""Whatever a callable gives becomes one tensor, or one clear error."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from skcurve.generators.outputs import as_outputs

NUMBERS = np.arange(6.0).reshape(2, 3)


@given(
    arrays(
        st.sampled_from(["f2", "f4", "f8", ">f4", ">f8", "u1", "i4", "?"]),
        array_shapes(max_dims=3),
        elements=st.integers(0, 1),
    )
)
def test_no_number_changes(array):
    outputs = as_outputs(array, torch.float64)
    kept = {"u1": torch.uint8, "i4": torch.int32, "b1": torch.bool}
    assert outputs.dtype == kept.get(array.dtype.str[1:], torch.float64)
    np.testing.assert_array_equal(outputs.numpy(), array)


@pytest.mark.parametrize(
    "outputs",
    [
        NUMBERS[::-1, ::-1][::-1, ::-1],
        np.flip(np.flip(NUMBERS)),
        NUMBERS.astype(np.longdouble),
        NUMBERS.tolist(),
        torch.from_numpy(NUMBERS).to_sparse(),
        torch.from_numpy(NUMBERS).half(),
    ],
)
def test_odd_layouts_are_put_in_order(outputs):
    np.testing.assert_array_equal(as_outputs(outputs, torch.float32).numpy(), NUMBERS)


def test_views_from_behind_and_read_only_arrays_are_taken_without_a_warning():
    backwards = NUMBERS[:, ::-1]
    fixed = NUMBERS.copy()
    fixed.setflags(write=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(as_outputs(backwards, torch.float64).numpy(), backwards)
        np.testing.assert_array_equal(as_outputs(fixed, torch.float64).numpy(), fixed)


@pytest.mark.parametrize(
    "outputs", [torch.ones(2) * 1j, np.ones(2) * 1j, None, {}, "image", [[1], 2]]
)
def test_what_is_no_numbers_is_refused(outputs):
    with pytest.raises(TypeError, match="outputs must be"):
        as_outputs(outputs, torch.float32)


def test_a_tensor_keeps_its_history():
    z = torch.ones(2, requires_grad=True)
    assert as_outputs(z * 2, torch.float64).requires_grad
