"""A generator that fails: which batch, which latents, why, and nothing lost."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skcurve.generators import GeneratorError, as_generator
from skcurve.generators.errors import name_rows


class Boom(Exception):
    pass


def breaks_at(row, how):
    """A function of numbered latents that fails where it meets one number."""

    def function(latents):
        if row in latents[:, 0]:
            return how(latents)
        return 2 * latents

    return as_generator(function, backend="numpy")


def boom(latents):
    raise Boom("no more paper")


def half(latents):
    return latents[: len(latents) // 2]


def numbered(n):
    return np.arange(float(n))[:, None]


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (boom, "failed on"),
        (half, "gave outputs of shape"),
        (lambda z: np.where(z == 5, np.nan, z), "gave NaN or infinity"),
        (lambda z: np.where(z == 5, np.inf, z), "gave NaN or infinity"),
        (lambda z: np.ones((len(z), 7)), r"gave outputs of shape \(n, 7\)"),
        (lambda z: np.ones(z.shape, int), "int64"),
        (lambda z: None, "must be an array or a tensor; got NoneType"),
        (lambda z: {"sample": z}, "got dict"),
        (lambda z: z.astype(str), "real numbers"),
        (lambda z: z * 1j, "real numbers"),
        (lambda z: [[1.0], [1.0, 2.0]], "real numbers"),
        (lambda z: 3.0, r"gave outputs of shape \(\)"),
    ],
)
def test_the_error_names_the_batch_and_keeps_what_was_done(how, why):
    generator = breaks_at(5, how)
    with pytest.raises(GeneratorError, match=why) as caught:
        generator(numbered(9), batch_size=2)
    error = caught.value
    assert "batch 3 of 5" in str(error)
    assert "latents 4 to 5" in str(error)
    assert error.batch == 2
    assert 5 in error.rows
    np.testing.assert_array_equal(error.completed, 2 * numbered(4))


@given(n=st.integers(1, 20), batch_size=st.integers(1, 7), data=st.data())
def test_what_was_given_before_a_failure_is_kept(n, batch_size, data):
    row = data.draw(st.integers(0, n - 1))
    kept = np.full((n, 1), -1.0)
    with pytest.raises(GeneratorError) as caught:
        for rows, outputs in breaks_at(row, boom).iter_batches(numbered(n), batch_size):
            kept[rows] = outputs
    batch = row // batch_size
    done = batch * batch_size
    np.testing.assert_array_equal(kept[:done], 2 * numbered(done))
    assert (kept[done:] == -1).all()
    assert caught.value.batch == batch
    np.testing.assert_array_equal(caught.value.rows, np.arange(done, min(done + batch_size, n)))
    assert isinstance(caught.value.__cause__, Boom)


def test_exceptions_are_chained():
    with pytest.raises(GeneratorError, match="Boom: no more paper") as caught:
        breaks_at(0, boom)(numbered(3))
    assert isinstance(caught.value.__cause__, Boom)
    assert caught.value.completed is None


def test_rows_that_are_not_finite_are_named():
    def holes(latents):
        return np.where(np.isin(latents, [3, 4, 7]), np.nan, latents)

    with pytest.raises(GeneratorError, match=r"\(latents 0 to 8\): latents 3, 4, 7") as caught:
        as_generator(holes, backend="numpy")(numbered(9))
    np.testing.assert_array_equal(caught.value.rows, [3, 4, 7])


def test_what_is_kept_of_tensors_are_tensors():
    def picky(latents):
        if latents.max() > 3:
            raise Boom
        return latents

    with pytest.raises(GeneratorError) as caught:
        as_generator(picky, backend="torch")(torch.arange(6.0)[:, None], batch_size=2)
    torch.testing.assert_close(caught.value.completed, torch.arange(4.0)[:, None])


def test_interruptions_pass_through():
    def interrupted(latents):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        as_generator(interrupted, backend="numpy")(numbered(2))


def test_a_lack_of_memory_suggests_smaller_batches():
    def greedy(latents):
        raise MemoryError("all gone")

    with pytest.raises(GeneratorError, match="a batch_size below 3 needs less memory"):
        as_generator(greedy, backend="numpy")(numbered(3))


def test_forward_fails_with_the_same_error():
    generator = as_generator(lambda z: z[1:] * 2, backend="torch")
    with pytest.raises(GeneratorError, match=r"shape \(1, 1\) for 2 latents"):
        generator.forward(torch.ones(2, 1, requires_grad=True))


def test_the_error_can_be_sent_from_a_worker():
    error = GeneratorError("broken", batch=3, rows=[1, 2])
    error.completed = np.ones(2)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == "broken"
    assert again.batch == 3
    np.testing.assert_array_equal(again.rows, [1, 2])
    np.testing.assert_array_equal(again.completed, np.ones(2))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([4], "latent 4"),
        ([4, 5, 6], "latents 4 to 6"),
        ([1, 3], "latents 1, 3"),
        ([1, 3, 5, 7, 9, 11, 12], "latents 1, 3, 5, 7, 9 and 2 more"),
    ],
)
def test_rows_are_named_as_people_would(rows, expected):
    assert name_rows(np.array(rows)) == expected
