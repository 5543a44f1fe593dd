"""Directions by name: in memory, in a file, and as the authors of the method publish them."""

import copy
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors import safe_open

import skcurve
from skcurve import SFVQ, LatentDirectionExplorer
from skcurve.explorer import Direction, DirectionLibrary
from skcurve.explorer.published import FFHQ

PUBLISHED = Path(
    os.environ.get(
        "SKCURVE_PUBLISHED", Path(skcurve.__file__).resolve().parents[2] / "shared" / "published"
    )
)
needs_published = pytest.mark.skipif(
    not (PUBLISHED / "ffhq").is_dir(), reason="the published directions are not here"
)

positive = st.floats(1e-3, 1e3)
facts = st.fixed_dictionaries(
    {},
    optional={
        "strength": positive,
        "strength_range": st.tuples(st.floats(-9, 0), st.floats(0, 9)),
        "layers": st.lists(st.integers(0, 17), min_size=1),
        "space": st.sampled_from(["", "latent", "W", "W+"]),
        "outlier": st.booleans(),
        "source": st.text(max_size=9),
        "bitrate": st.integers(2, 16),
        "segment": st.integers(0, 999),
        "seed": st.integers(0, 2**31),
        "ends": st.tuples(st.integers(0, 99), st.integers(0, 99)),
        "scores": st.dictionaries(st.text(max_size=5), st.floats(-1, 1), max_size=3),
    },
)
rows = arrays(np.float64, 5, elements=st.floats(-10, 10)).filter(
    lambda row: np.abs(row).max() > 0.1
)


@st.composite
def libraries(draw):
    names = draw(st.lists(st.text(min_size=1, max_size=9), unique=True, max_size=4))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return DirectionLibrary(
        Direction(draw(rows).astype(dtype), name=name, **draw(facts)) for name in names
    )


def same(one, other):
    assert list(one) == list(other)
    for name in one:
        for part in ("vector", *skcurve.explorer.library.FACTS):
            left, right = getattr(one[name], part), getattr(other[name], part)
            assert np.array_equal(left, right) if part == "vector" else left == right, part
            assert type(left) is type(right)
        assert one[name].vector.dtype == other[name].vector.dtype


@given(libraries())
def test_what_is_saved_is_what_is_loaded(tmp_path_factory, library):
    path = tmp_path_factory.mktemp("library") / "mine.safetensors"
    library.save(path)
    same(DirectionLibrary.load(path), library)
    assert os.listdir(path.parent) == ["mine.safetensors"]


def test_the_file_is_plain_safetensors_and_json(tmp_path):
    import json

    path = tmp_path / "mine.safetensors"
    DirectionLibrary([Direction([3.0, 4.0], name="smile", layers=(4, 6))]).save(path)
    with safe_open(path, framework="np") as file:
        assert file.get_tensor("direction.0").tolist() == [0.6, 0.8]
        facts = json.loads(file.metadata()["skcurve"])
    assert facts["directions"][0]["name"] == "smile"
    assert facts["directions"][0]["layers"] == [4, 5, 6]


@pytest.mark.parametrize("in_file", [None, float("nan")])  # NaN is what earlier files have
def test_scores_that_are_no_numbers_are_json_all_the_same(in_file, tmp_path, monkeypatch):
    import json

    def refused(constant):
        raise AssertionError(constant)

    path, scores = tmp_path / "mine.safetensors", {"a": np.nan, "b": np.inf, "c": 0.5}
    if in_file is not None:
        monkeypatch.setattr(skcurve.explorer.library, "_in_json", lambda score: score)
    DirectionLibrary([Direction([1.0], name="smile", scores=scores)]).save(path)
    if in_file is None:
        with safe_open(path, framework="np") as file:
            facts = json.loads(file.metadata()["skcurve"], parse_constant=refused)
        assert facts["directions"][0]["scores"] == {"a": None, "b": "inf", "c": 0.5}
    found = DirectionLibrary.load(path)["smile"].scores
    assert np.isnan(found["a"]) and (found["b"], found["c"]) == (np.inf, 0.5)


def test_a_file_that_was_there_stays_if_saving_fails(tmp_path, monkeypatch):
    path = tmp_path / "mine.safetensors"
    library = DirectionLibrary([Direction([1.0], name="a")])
    library.save(path)

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        library.add(Direction([1.0], name="b")).save(path)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["mine.safetensors"]
    assert list(DirectionLibrary.load(path)) == ["a"]


def test_another_file_is_no_library(tmp_path):
    path = tmp_path / "curve.safetensors"
    SFVQ.from_codebook(np.eye(4)).save(path)
    with pytest.raises(ValueError, match="holds SFVQ; expected DirectionLibrary"):
        DirectionLibrary.load(path)
    with pytest.raises(FileNotFoundError):
        DirectionLibrary.load(tmp_path / "nothing")
    path.write_bytes(b"abc")
    with pytest.raises(ValueError, match="not a complete safetensors file"):
        DirectionLibrary.load(path)


def test_a_damaged_one_says_so(tmp_path):
    from skcurve import storage

    path = tmp_path / "mine.safetensors"
    storage.write(path, "DirectionLibrary", {}, {"directions": [{"name": "a"}]})
    with pytest.raises(ValueError, match="is damaged: its parts do not make up"):
        DirectionLibrary.load(path)


def test_files_from_before_load_with_what_they_meant(tmp_path):
    """They said "W" of every space, and wrote layers one by one, pairs of them, too."""
    from skcurve import storage

    path = tmp_path / "old.safetensors"
    tensors = {f"direction.{k}": torch.eye(2)[k] for k in range(2)}
    facts = [
        {"name": "smile", "strength": 2.0, "layers": [4, 7], "space": "W", "ends": [0, 1]},
        {"name": "age", "layers": None, "space": "Z"},
    ]
    storage.write(path, "DirectionLibrary", tensors, {"directions": facts})
    library = DirectionLibrary.load(path)
    assert library["smile"].layers == [4, 7]
    assert library["smile"].ends == (0, 1)
    assert (library["smile"].space, library["age"].space, library.space) == ("", "Z", "Z")
    assert library["smile"].outlier is None
    library.save(path)
    same(DirectionLibrary.load(path), library)


def test_a_pair_of_layers_is_a_range_and_a_list_is_not():
    """As in `edit`: one meaning everywhere."""
    assert Direction([1.0], layers=(4, 7)).layers == [4, 5, 6, 7]
    assert Direction([1.0], layers=[4, 7]).layers == [4, 7]
    again = Direction([1.0], layers=Direction([1.0], layers=[4, 7]).layers)
    assert again.layers == [4, 7]
    assert Direction([1.0], layers=[7, 4, 4]).replace(name="a").layers == [4, 7]


def test_a_library_has_one_space():
    w, plus = Direction([1.0], name="a", space="W"), Direction([1.0], name="b", space="W+")
    assert DirectionLibrary([w]).space == "W"
    assert DirectionLibrary([w, plus, Direction([1.0], name="c")]).space == "W+"
    assert DirectionLibrary([Direction([1.0], name="c", space="latent")]).space == "latent"
    assert DirectionLibrary().space == ""
    with pytest.raises(ValueError, match="must all live in one space; got W and z"):
        DirectionLibrary([w]).add(Direction([1.0], name="c", space="z"))


def test_it_is_a_value():
    library = DirectionLibrary([Direction([1.0, 0.0], name="a"), Direction([0.0, 1.0], name="b")])
    assert list(library.add(Direction([1.0, 1.0], name="c"))) == ["a", "b", "c"]
    assert library.add(Direction([1.0, 1.0], name="a"))["a"].vector[1] > 0
    assert list(library.rename({"a": "b", "b": "a"})) == ["b", "a"]
    assert list(library.without("a")) == ["b"]
    assert list(library) == ["a", "b"]
    np.testing.assert_array_equal(library.vectors, np.eye(2))
    for change in (lambda: library.rename({"c": "d"}), lambda: library.without("c")):
        with pytest.raises(KeyError, match="there is no direction 'c'; there are 'a', 'b'"):
            change()


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda: Direction(np.zeros(3)), ValueError, "not all zeros"),
        (lambda: Direction(np.eye(3)), ValueError, r"vector must have shape \(D,\)"),
        (lambda: Direction([1.0, np.nan]), ValueError, "vector must be finite"),
        (lambda: Direction([1.0], strength=0), ValueError, "strength must be positive"),
        (lambda: Direction([1.0], strength="a"), TypeError, "strength must be a number; got 'a'"),
        (lambda: Direction([1.0], strength=None), TypeError, "strength must be a number; got None"),
        (lambda: Direction([1.0], strength=[1, 2]), TypeError, r"be a number; got \[1, 2\]"),
        (lambda: DirectionLibrary([Direction([1.0])]), ValueError, "needs a name"),
        (lambda: DirectionLibrary([Direction([1.0], name="a")] * 2), ValueError, "two directions"),
        (lambda: DirectionLibrary([np.ones(3)]), TypeError, "one is ndarray"),
        (
            lambda: DirectionLibrary([Direction([1.0], name="a"), Direction([1.0, 2.0], name="b")]),
            ValueError,
            "the same number of features; 'b' has 2, the others 1",
        ),
    ],
)
def test_bad_parts_are_named(make, error, said):
    with pytest.raises(error, match=said):
        make()


def test_a_direction_cannot_be_changed():
    one = Direction([3.0, 4.0], name="a")
    with pytest.raises(AttributeError):
        one.name = "b"
    with pytest.raises(ValueError, match="read-only"):
        one.vector[0] = 1
    for copied in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert copied.vector.tolist() == [0.6, 0.8] and copied.name == "a"
        assert not copied.vector.flags.writeable
    assert one.reversed().vector.tolist() == [-0.6, -0.8]
    assert one.reversed().reversed().vector.tolist() == one.vector.tolist()


@needs_published
def test_the_published_directions_load(tmp_path):
    library = DirectionLibrary.from_published(PUBLISHED)
    assert list(library) == sorted(path.stem for path in (PUBLISHED / "ffhq/directions").iterdir())
    assert library.vectors.shape == (11, 512)
    for name, one in library.items():
        np.testing.assert_allclose(
            one.vector, np.load(PUBLISHED / f"ffhq/directions/{name}.npy"), rtol=1e-6
        )
    assert library["rotation"].layers == [0, 1, 2]
    assert library["smile"].layers == [4]
    assert library.space == library["smile"].space == "W+"
    library.save(tmp_path / "faces.safetensors")
    same(DirectionLibrary.load(tmp_path / "faces.safetensors"), library)


@needs_published
def test_an_explorer_of_the_published_curves_hands_back_the_published_directions():
    library = DirectionLibrary.from_published(PUBLISHED / "ffhq" / "directions")
    for name, origin in FFHQ.items():
        if origin.segment is None:
            continue
        codebook = np.load(PUBLISHED / f"ffhq/codebooks/codebook_{origin.bitrate}bit.npy")
        explorer = LatentDirectionExplorer(SFVQ.from_codebook(codebook), lambda w: w)
        (found,) = (d for d in explorer.directions() if d.segment == library[name].segment)
        found = found.reversed() if origin.is_reversed else found
        assert found.vector @ library[name].vector == pytest.approx(1, abs=1e-6)
        assert found.ends == library[name].ends
        assert found.bitrate == library[name].bitrate


@needs_published
def test_the_published_joint_edits():
    library = DirectionLibrary.from_published(PUBLISHED)

    class Faces:
        latent_shape, n_layers = (512,), 18

        def __call__(self, latents):
            return latents.reshape(len(latents), -1)

    codebook = np.load(PUBLISHED / "ffhq/codebooks/codebook_4bit.npy")
    explorer = LatentDirectionExplorer(SFVQ.from_codebook(codebook), Faces(), random_state=0)
    latents = codebook[:2]
    edited = explorer.combine(latents, [library["rotation"], (library["gender"], -4.0)])
    change = edited - latents[:, None]
    for layer in range(18):
        expected = np.zeros(512)
        expected += 6.0 * library["rotation"].vector if layer <= 2 else 0
        expected += -4.0 * library["gender"].vector if 4 <= layer <= 7 else 0
        np.testing.assert_allclose(change[:, layer], [expected] * 2, atol=1e-5)


def test_where_nothing_is_published_it_says_what_is_expected(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no age\.npy in"):
        DirectionLibrary.from_published(tmp_path)
