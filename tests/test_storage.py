"""An estimator in a file: whole or not there, the same when it comes back, and nothing else."""

import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from skcurve import SFVQ, storage
from skcurve.solvers import Adam, Lloyd, Sweep

DATA = Path(__file__).parent / "data"
PLACES, SIZE = [0.39087868, 0.22311157, 0.92289895], 3.245581152229667  # when they were written

SETTINGS = [
    {},
    {"solver": "adam", "max_iter": 2, "coordinate": "unit"},
    {"solver": Lloyd(smoothness=0.5, max_iter=3)},
    {"solver": Adam(milestones=(0.5,), learning_rate=0.1)},
    {"solver": Lloyd(smoothness=np.float32(0.5), max_iter=np.int64(3))},
    {"init": np.random.default_rng(1).standard_normal((4, 3))},
    {"init": [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]},
    {"init": torch.eye(4)[:, :3]},
    {"n_bits": np.int64(3), "smoothness": np.float32(0.25), "tol": np.float64(0.1)},
    {"random_state": np.int64(5), "verbose": np.int64(0), "warm_start": np.bool_(True)},
    {"init": "tour", "n_init": 2, "n_jobs": 1, "device": "cpu"},
]
every_setting = pytest.mark.parametrize(
    "parameters", SETTINGS, ids=lambda p: "-".join(p) or "plain"
)


def gaussian(n_rows=300, n_features=3, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal((n_rows, n_features)).astype(dtype)


def fit(X, **parameters):
    return SFVQ(**{"n_bits": 3, "random_state": 0, **parameters}).fit(X)


def roundtrip(sfvq, path):
    sfvq.save(path)
    return SFVQ.load(path)


def without_seconds(sfvq):
    return [{**record, "seconds": None} for record in sfvq.history_]


def assert_same(again, sfvq, X):
    assert type(again) is type(sfvq)
    assert list(again.codebooks_) == list(sfvq.codebooks_)
    for bitrate, codebook in sfvq.codebooks_.items():
        other = again.codebooks_[bitrate]
        assert type(other) is type(codebook)
        assert other.dtype == codebook.dtype
        np.testing.assert_array_equal(other, codebook)
    np.testing.assert_array_equal(again.codebook_, sfvq.codebook_)
    np.testing.assert_array_equal(again.curve_.vertices, sfvq.codebook_)
    assert without_seconds(again) == without_seconds(sfvq)
    assert again.n_iter_ == sfvq.n_iter_
    assert again.n_features_in_ == sfvq.n_features_in_
    assert hasattr(again, "usage_") == hasattr(sfvq, "usage_")
    if hasattr(sfvq, "usage_"):
        assert again.usage_.dtype == sfvq.usage_.dtype
        np.testing.assert_array_equal(again.usage_, sfvq.usage_)
    np.testing.assert_array_equal(again.transform(X), sfvq.transform(X))
    np.testing.assert_array_equal(again.quantize(X), sfvq.quantize(X))


@pytest.fixture
def X():
    return gaussian()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "curve.safetensors"


# There and back


@every_setting
@pytest.mark.parametrize("like", [np.asarray, torch.asarray])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_comes_back_is_the_same(parameters, like, dtype, path):
    rows = gaussian(dtype=dtype)
    sfvq = fit(like(rows), **parameters)
    again = roundtrip(sfvq, path)
    assert_same(again, sfvq, rows)
    for name, value in sfvq.get_params(deep=False).items():
        other = getattr(again, name)
        if name == "init" and not isinstance(value, str):
            np.testing.assert_array_equal(np.asarray(other), np.asarray(value))
        else:
            assert other == value, name


@every_setting
def test_it_goes_on_as_the_one_that_was_saved_would(parameters, path, X):
    sfvq = fit(X, **parameters)
    again = roundtrip(sfvq, path)
    sfvq.set_params(n_bits=4).fit(X)
    again.set_params(n_bits=4).fit(X)
    assert_same(again, sfvq, X)


def test_it_can_be_saved_again_and_again(path, X):
    sfvq = fit(X)
    first = roundtrip(sfvq, path)
    assert_same(roundtrip(first, path), sfvq, X)


@pytest.mark.parametrize("dtype", [np.float16, np.int64])
def test_other_precisions(path, dtype):
    rows = (4 * gaussian()).astype(dtype)
    sfvq = fit(rows)
    assert_same(roundtrip(sfvq, path), sfvq, rows)


def test_names_of_features(path, X):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["width", "höhe", "深さ"])
    sfvq = fit(frame)
    again = roundtrip(sfvq, path)
    assert again.feature_names_in_.tolist() == ["width", "höhe", "深さ"]
    assert again.feature_names_in_.dtype == sfvq.feature_names_in_.dtype
    assert_same(again, sfvq, frame)
    with pytest.raises(ValueError, match="feature names"):
        again.transform(frame.rename(columns={"width": "breadth"}))
    assert not hasattr(roundtrip(fit(X), path), "feature_names_in_")


def test_a_codebook_without_a_fit(path, X):
    sfvq = SFVQ.from_codebook(gaussian(16), coordinate="arclength")
    again = roundtrip(sfvq, path)
    assert_same(again, sfvq, X)
    assert again.n_bits == 4


def test_an_earlier_bitrate(path, X):
    sfvq = fit(X).at_bitrate(2)
    assert_same(roundtrip(sfvq, path), sfvq, X)


def test_what_partial_fit_learnt(path, X):
    sfvq = SFVQ(n_bits=3, random_state=0).partial_fit(X)
    again = roundtrip(sfvq, path)
    assert_same(again, sfvq, X)
    assert np.isfinite(again.partial_fit(X).codebook_).all()


def test_weights_of_use_that_are_no_counts(path, X):
    sfvq = SFVQ(n_bits=3, random_state=0).fit(X, sample_weight=np.linspace(0.1, 1, 300))
    assert_same(roundtrip(sfvq, path), sfvq, X)


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_a_random_state_that_is_no_number_is_left_behind(path, X, random_state):
    sfvq = fit(X, random_state=random_state)
    again = roundtrip(sfvq, path)
    assert again.random_state is None
    assert_same(again, sfvq, X)


def test_a_path_may_be_a_string(path, X):
    sfvq = fit(X)
    assert_same(roundtrip(sfvq, str(path)), sfvq, X)


def test_a_subclass_comes_back_as_one(path, X):
    class Curve(SFVQ):
        pass

    sfvq = Curve(n_bits=3, random_state=0).fit(X)
    sfvq.save(path)
    assert type(Curve.load(path)) is Curve
    assert_same(Curve.load(path), sfvq, X)


def test_a_solver_of_another_kind_cannot_be_saved(path, X):
    class Other(Lloyd):
        pass

    class Wrapped:
        def __init__(self, solver):
            self.solver = solver

        def __getattr__(self, name):
            if name == "solver":
                raise AttributeError(name)
            return getattr(self.solver, name)

    for solver in (Other(), Wrapped(Lloyd())):
        with pytest.raises(TypeError, match="cannot save a solver of type"):
            fit(X, solver=solver).save(path)
    assert not path.exists()


# What is in the file


def test_no_training_data_is_in_the_file(path):
    few, many = fit(gaussian(100)), fit(gaussian(10_000))
    sizes = []
    for sfvq in (few, many):
        sfvq.save(path)
        sizes.append(path.stat().st_size - len(json.dumps(sfvq.history_)))
    assert abs(sizes[1] - sizes[0]) < 500
    X = gaussian(100)
    content = path.read_bytes()
    assert X[0].tobytes() not in content


def test_any_reader_of_safetensors_can_open_it(path, X):
    sfvq = fit(X)
    sfvq.save(path)
    with safe_open(path, framework="numpy") as file:
        names = set(file.keys())
        np.testing.assert_array_equal(file.get_tensor("codebook.3"), sfvq.codebook_)
        header = json.loads(file.metadata()["skcurve"])
    assert names == {"codebook.2", "codebook.3", "usage"}
    assert header["kind"] == "SFVQ"
    assert header["format"] == storage.FORMAT_VERSION
    assert header["parameters"]["n_bits"] == 3
    assert header["version"]


@pytest.mark.parametrize("like", [np.asarray, torch.asarray])
def test_nothing_is_run_to_read_it(monkeypatch, path, X, like):
    # All of the file is a length, a header in JSON, and numbers: its tensors fill the rest, and no
    # unpickler is ever called.
    sfvq = fit(like(X), solver=Lloyd(max_iter=3), init=like(X[:4]))
    sfvq.save(path)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    parts = json.loads(content[8 : 8 + length])
    parts.pop("__metadata__")
    ends = sorted(part["data_offsets"] for part in parts.values())
    assert [begin for begin, _ in ends] == [0, *(end for _, end in ends[:-1])]
    assert 8 + length + ends[-1][1] == len(content)
    assert {part["dtype"] for part in parts.values()} <= {"F32", "F64", "I64"}

    def fail(*_, **__):
        raise AssertionError("a pickle was read")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(f"pickle.{name}", fail)
    assert_same(SFVQ.load(path), sfvq, X)


# Whole or not there


def neighbours(path):
    return sorted(file.name for file in path.parent.iterdir())


@pytest.mark.parametrize("step", ["fdopen", "fsync", "replace", "chmod"])
@pytest.mark.parametrize("error", [OSError("no space left"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(monkeypatch, path, X, step, error):
    old = fit(X)
    old.save(path)

    def fail(*_, **__):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(storage.os, step, fail)
        with pytest.raises(type(error)):
            fit(X, n_bits=4).save(path)
    assert neighbours(path) == [path.name]
    assert_same(SFVQ.load(path), old, X)


def test_a_first_write_that_fails_leaves_nothing(monkeypatch, path, X):
    def fail(*_):
        raise OSError

    monkeypatch.setattr(storage.os, "replace", fail)
    with pytest.raises(OSError):
        fit(X).save(path)
    assert neighbours(path) == []


def test_the_file_is_replaced_as_a_whole(path, X):
    fit(X).save(path)
    with open(path, "rb") as reader:  # one who is reading meanwhile
        begun = reader.read(10)
        fit(X, n_bits=5).save(path)
        rest = reader.read()
    old = path.with_name("old.safetensors")
    old.write_bytes(begun + rest)
    assert SFVQ.load(old).n_bits == 3
    assert SFVQ.load(path).n_bits == 5
    assert neighbours(path) == sorted([path.name, old.name])


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_the_permissions_are_those_of_any_new_file(path, X, mask):
    before = os.umask(mask)
    try:
        fit(X).save(path)
        (path.parent / "plain").touch()
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(file.stat().st_mode) for file in (path, path.parent / "plain")]
    assert modes[0] == modes[1]


def test_a_folder_that_is_not_there(tmp_path, X):
    with pytest.raises(
        FileNotFoundError, match=r"cannot be written: there is no folder .*nowhere'"
    ):
        fit(X).save(tmp_path / "nowhere" / "curve.safetensors")


# What is refused


def test_a_file_that_is_not_there(path):
    with pytest.raises(FileNotFoundError, match=r"no file .*curve\.safetensors"):
        SFVQ.load(path)


def test_a_folder_is_no_file(tmp_path, X):
    for use in (SFVQ.load, fit(X).save):
        with pytest.raises(IsADirectoryError) as told:
            use(tmp_path)
        assert str(told.value) == f"{str(tmp_path)!r} is a folder; expected a file."


def test_a_file_cut_short_anywhere(path, X):
    fit(X).save(path)
    content = path.read_bytes()
    for length in [0, 1, 7, 8, 9, 100, len(content) // 2, len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(
            ValueError, match=r"curve\.safetensors.*not a complete safetensors file"
        ):
            SFVQ.load(path)


@pytest.mark.parametrize(
    "content", [b"garbage", b"\0" * 100, b"\xff" * 100, b"PK\x03\x04" * 20, b"{}" * 50]
)
def test_a_file_of_something_else(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not a complete safetensors file"):
        SFVQ.load(path)


@pytest.mark.parametrize("metadata", [None, {}, {"format": "pt"}])
def test_safetensors_of_others(path, metadata):
    save_file({"codebook.2": torch.zeros(4, 2)}, path, metadata)
    with pytest.raises(ValueError, match="skcurve did not write it"):
        SFVQ.load(path)


def test_a_file_from_a_newer_version(path, X):
    facts = {"version": "99.0", "parameters": {}, "format": storage.FORMAT_VERSION + 1}
    storage.write(path, "SFVQ", {"codebook.2": torch.zeros(4, 2)}, facts)
    with pytest.raises(ValueError, match=r"skcurve 99\.0, in format 2.*Update skcurve"):
        SFVQ.load(path)


def test_a_file_of_another_kind(path):
    storage.write(path, "LatentDirectionExplorer", {"part": torch.zeros(2)}, {})
    with pytest.raises(ValueError, match="holds LatentDirectionExplorer; expected SFVQ"):
        SFVQ.load(path)


@pytest.mark.parametrize(
    "header",
    ["{", "[]", "{}", '{"kind": "SFVQ"}', '{"format": 1}', '{"kind": "SFVQ", "format": "1"}'],
)
def test_a_header_that_does_not_add_up(path, header):
    save_file({"codebook.2": torch.zeros(4, 2)}, path, {"skcurve": header})
    with pytest.raises(ValueError, match=r"curve\.safetensors"):
        SFVQ.load(path)


def facts_and_tensors(path, X):
    fit(X).save(path)
    tensors, facts = storage.read(path, "SFVQ")
    return {key: facts[key] for key in facts.keys() - {"kind", "format"}}, tensors


@pytest.mark.parametrize(
    "name", ["version", "parameters", "history", "feature_names", "holds_tensors"]
)
def test_a_header_that_lacks_a_part(path, X, name):
    facts, tensors = facts_and_tensors(path, X)
    del facts[name]
    storage.write(path, "SFVQ", tensors, facts)
    if name == "version":  # only said in messages
        assert_same(SFVQ.load(path), fit(X), X)
    else:
        with pytest.raises(ValueError, match=rf"curve\.safetensors' is damaged: .*'{name}'"):
            SFVQ.load(path)


@pytest.mark.parametrize(
    "record", [{"seconds": 1}, {**dict.fromkeys(Sweep._fields, 1), "seconds": "1"}, "sweep"]
)
def test_a_history_that_cannot_be(path, X, record):
    facts, tensors = facts_and_tensors(path, X)
    storage.write(path, "SFVQ", tensors, {**facts, "history": [record]})
    with pytest.raises(ValueError, match=r"curve\.safetensors' is damaged: "):
        SFVQ.load(path)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_bits": 99}, "n_bits"),
        ({"coordinate": "nowhere"}, "coordinate"),
        ({"solver": {"simplex": {}}}, "simplex"),
        ({"solver": {"lloyd": {"max_iter": 0}}}, "max_iter"),
        ({"solver": {"lloyd": {"patience": 0}}}, "patience"),
        ({"patience": 3}, "patience"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be(path, X, parameters, message):
    facts, tensors = facts_and_tensors(path, X)
    facts["parameters"] |= parameters
    storage.write(path, "SFVQ", tensors, facts)
    with pytest.raises(ValueError, match=rf"is damaged: .*{message}"):
        SFVQ.load(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors: tensors.clear(),
        lambda tensors: tensors.update({"codebook.2": torch.zeros(4, 2)}),
        lambda tensors: tensors.update({"codebook.3": torch.zeros(6, 3)}),
        lambda tensors: tensors.update({"codebook.3": torch.full((8, 3), torch.nan)}),
        lambda tensors: tensors.update({"usage": torch.zeros(3)}),
    ],
    ids=["no codebooks", "another width", "no power of two", "not finite", "too few of usage"],
)
def test_codebooks_that_cannot_be(path, X, change):
    facts, tensors = facts_and_tensors(path, X)
    change(tensors)
    storage.write(path, "SFVQ", tensors, facts)
    with pytest.raises(ValueError, match=r"curve\.safetensors' is damaged"):
        SFVQ.load(path)


def test_a_file_of_the_first_format(path):
    parameters = {
        "coordinate": "unit", "device": "auto", "init": "norm", "max_iter": None, "n_bits": 2,
        "n_init": 1, "n_jobs": None, "random_state": 0, "smoothness": 0.01,
        "solver": {"lloyd": {"smoothness": 0.5, "max_iter": 12, "tol": 0.01,
                             "rows_per_vertex": 128, "most_dithers": 16}},
        "tol": 0.01, "verbose": 0, "warm_start": False,
    }  # fmt: skip
    record = {"bitrate": 2, "sweep": 1, "distortion": 0.5, "perplexity": 2.5, "seconds": 0.1}
    header = {
        "kind": "SFVQ", "format": 1, "version": "0.1.0", "parameters": parameters,
        "history": [record], "feature_names": ["width"], "holds_tensors": False,
    }  # fmt: skip
    codebook = torch.tensor([[0.0], [1.0], [2.0], [4.0]], dtype=torch.float64)
    tensors = {"codebook.2": codebook, "usage": torch.tensor([3, 2, 1])}
    save_file(tensors, path, {"skcurve": json.dumps(header)})
    sfvq = SFVQ.load(path)
    assert (sfvq.n_bits, sfvq.coordinate, sfvq.solver) == (2, "unit", Lloyd(smoothness=0.5))
    assert sfvq.history_ == [record]
    assert sfvq.usage_.tolist() == [3, 2, 1]
    assert sfvq.feature_names_in_.tolist() == ["width"]
    assert sfvq.inverse_transform([[0.5]]).tolist() == [[2.0]]


# Underneath


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64])
def test_tensors_and_facts_come_back(path, dtype):
    part = torch.arange(12).reshape(3, 4).to(dtype)
    facts = {"list": [1, 2.5, None, "ü"], "nested": {"a": True}}
    storage.write(path, "thing", {"plain": part, "turned": part.T, "empty": part[:0]}, facts)
    tensors, read = storage.read(path, "thing")
    assert set(tensors) == {"plain", "turned", "empty"}
    assert torch.equal(tensors["plain"], part)
    assert torch.equal(tensors["turned"], part.T)
    assert tensors["empty"].shape == (0, 4)
    assert tensors["plain"].dtype == dtype
    assert {name: read[name] for name in facts} == facts


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize(
    "file", sorted(DATA.glob("curve-format-*.safetensors")), ids=lambda f: f.stem
)
def test_a_curve_that_an_earlier_version_wrote_is_read(file):
    # One file for each format that was ever released: 200 rows of features a, b and c; 3 bits.
    sfvq = SFVQ.load(file)
    assert sfvq.get_params()["coordinate"] == "unit"
    assert (sfvq.n_bits, sfvq.random_state) == (3, 7)
    assert (sfvq.solver.smoothness, sfvq.solver.max_iter) == (0.5, 3)
    assert sfvq.feature_names_in_.tolist() == ["a", "b", "c"]
    assert sorted(sfvq.codebooks_) == [2, 3]
    assert sfvq.codebook_.dtype == np.float32
    assert (sfvq.usage_.sum(), sfvq.n_iter_) == (200, 6)
    rows = np.array([[0.5, -1.0, 0.25], [0.0, 0.0, 0.0], [2.0, 1.0, -1.0]], np.float32)
    codebook = sfvq.codebook_.astype(float)
    found = sfvq.transform(rows)[:, 0]
    np.testing.assert_allclose(found, PLACES, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(codebook), SIZE, rtol=1e-6)


def test_there_is_a_file_of_the_present_format():
    assert (DATA / f"curve-format-{storage.FORMAT_VERSION}.safetensors").exists()
