"""numpy in, numpy out; torch in, torch out; and one clear error for anything else."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from skcurve.interop import all_finite, as_matrix, as_tensor, restore


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("float16", torch.float32),
        ("float32", torch.float32),
        ("float64", torch.float64),
        ("longdouble", torch.float64),
        ("int8", torch.float64),
        ("uint64", torch.float64),
        ("bool", torch.float64),
        (">f4", torch.float32),
        (">f8", torch.float64),
    ],
)
def test_numpy_dtypes(dtype, expected):
    array = np.array([[0, 1], [1, 0]], dtype)
    tensor = as_tensor(array, name="X")
    assert tensor.dtype == expected
    np.testing.assert_array_equal(tensor.numpy(), array.astype(np.float64))


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
        (torch.int64, torch.float64),
        (torch.uint8, torch.float64),
        (torch.bool, torch.float64),
    ],
)
def test_torch_dtypes(dtype, expected):
    tensor = torch.tensor([[0, 1], [1, 0]], dtype=dtype)
    assert as_tensor(tensor, name="X").dtype == expected
    assert torch.equal(as_tensor(tensor, name="X"), tensor.to(expected))


@given(arrays(np.float64, array_shapes(max_dims=3), elements=st.floats(-1e6, 1e6)))
def test_there_and_back_is_the_same_array(array):
    again = restore(as_tensor(array, name="X"), like=array)
    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again, array)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_memory_is_shared_not_copied(dtype):
    array = np.zeros((3, 2), dtype)
    tensor = torch.from_numpy(array)
    assert as_tensor(array, name="X").data_ptr() == array.ctypes.data
    assert as_tensor(tensor, name="X").data_ptr() == tensor.data_ptr()


def test_awkward_memory_is_read_right():
    array = np.arange(12.0).reshape(4, 3)
    for view in (array[::-1], array[:, ::-1], array[::2], array.T, array.astype(">f8")):
        np.testing.assert_array_equal(as_tensor(view, name="X").numpy(), view)


def test_read_only_arrays_raise_no_warning():
    array = np.ones((2, 2))
    array.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(as_tensor(array, name="X"), torch.ones(2, 2).double())


def test_gradient_history_is_left_behind():
    tensor = torch.ones(2, requires_grad=True) * 2
    assert not as_tensor(tensor, name="X").requires_grad


def test_lists_and_frames_are_arrays():
    assert as_tensor([[1, 2], [3, 4]], name="X").tolist() == [[1, 2], [3, 4]]
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    assert as_matrix(frame, name="X").tolist() == [[1, 3], [2, 4]]
    two_kinds = frame.assign(b=[True, False])
    for odd in (two_kinds, two_kinds.convert_dtypes(), np.array([[1, True], [2.0, False]], object)):
        assert as_matrix(odd, name="X").tolist() == [[1, 1], [2, 0]]


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (["a"], "<U1"),
        ([1j], "complex128"),
        (None, "object"),
        (np.array([1.0, "2"], object), "object"),
        (np.array([1.0, {}], object), "object"),
        (np.array(["2020-01-01"], "datetime64[D]"), r"datetime64\[D\]"),
        (torch.tensor([1j]), "torch.complex64"),
    ],
)
def test_what_is_no_real_number_is_named(array, dtype):
    with pytest.raises(TypeError, match=f"centers must hold real numbers; got dtype {dtype}"):
        as_tensor(array, name="centers")


@pytest.mark.parametrize("shape", [(), (3,), (2, 2, 2)])
def test_a_matrix_has_two_dimensions(shape):
    with pytest.raises(ValueError, match=r"centers must be two-dimensional; got shape \("):
        as_matrix(np.zeros(shape), name="centers")


def test_a_matrix_has_the_features_that_are_expected():
    assert as_matrix(np.zeros((4, 3)), name="X", n_features=3).shape == (4, 3)
    with pytest.raises(ValueError, match="X has 3 features, but 2 features are expected"):
        as_matrix(np.zeros((4, 3)), name="X", n_features=2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("make", [np.asarray, torch.asarray])
def test_a_matrix_is_finite(bad, make):
    array = make(np.array([[0.0, 1.0], [bad, 2.0]]))
    assert not all_finite(as_tensor(array, name="X"))
    with pytest.raises(ValueError, match="X contains NaN or infinity"):
        as_matrix(array, name="X")


def test_finite_numbers_whose_sum_overflows_are_finite():
    assert all_finite(torch.full((4,), 3e38))
    assert all_finite(torch.tensor([1e308, 1e308, -1e308], dtype=torch.float64))
    assert not all_finite(torch.tensor([torch.inf, -torch.inf]))


def test_restore_follows_what_it_is_like():
    tensor = torch.ones(2)
    assert restore(tensor, like=torch.zeros(3)) is tensor
    for like in (np.zeros(3), [0, 0], None):
        assert isinstance(restore(tensor, like=like), np.ndarray)


def test_fields_of_records_are_read_right():
    packed = np.zeros(5, dtype=[("mark", np.uint8), ("row", np.float64, 3)])
    packed["row"] = np.arange(15.0).reshape(5, 3)
    np.testing.assert_array_equal(as_tensor(packed["row"], name="X").numpy(), packed["row"])


def test_what_is_no_multiple_of_the_alignment_is_copied():
    buffer = np.zeros(81, np.uint8)
    shifted = buffer[1:].view(np.float64)
    shifted[:] = np.arange(10.0)
    assert not shifted.flags.aligned
    tensor = as_tensor(shifted, name="X")
    assert tensor.data_ptr() % 8 == 0
    assert tensor.tolist() == list(range(10))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_restore_follows_the_device():
    assert restore(torch.ones(2), like=torch.zeros(3, device="cuda")).device.type == "cuda"


def test_arrays_that_cannot_be_written_to_are_measured_without_a_warning():
    # In a process of its own, since torch warns of them once in each.
    source = (
        "import skcurve; curve = skcurve.PolylineCurve([[0, 0], [1, 0], [1, 1], [2, 1.0]]); "
        "skcurve.metrics.smoothness_ratio(curve)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", source],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
