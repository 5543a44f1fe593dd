"""SFVQ among scikit-learn's tools: frames, pipelines, searches, callbacks, pickles."""

import copy
import io
import pickle
import threading
from collections import Counter

import joblib
import numpy as np
import pytest
import sklearn
import torch
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from skcurve import SFVQ
from skcurve.solvers import Adam, Lloyd

SETTINGS = [
    {},
    {"solver": "adam", "max_iter": 2},
    {"solver": Lloyd(max_iter=3)},
    {"solver": Adam(learning_rate=0.1)},
    {"init": np.random.default_rng(1).standard_normal((4, 3)), "coordinate": "unit"},
    {"n_init": 2, "coordinate": "arclength"},
]
every_setting = pytest.mark.parametrize(
    "parameters", SETTINGS, ids=lambda p: "-".join(p) or "plain"
)


def gaussian(n_rows=300, n_features=3, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal((n_rows, n_features)).astype(dtype)


def fit(X, n_bits=3, **parameters):
    return SFVQ(n_bits=n_bits, random_state=0, **parameters).fit(X)


def assert_same(first, second, X):
    np.testing.assert_array_equal(first.codebook_, second.codebook_)
    np.testing.assert_array_equal(first.transform(X), second.transform(X))
    assert type(first.codebook_) is type(second.codebook_)
    assert first.history_ == second.history_
    assert first.codebooks_.keys() == second.codebooks_.keys()
    assert first.n_features_in_ == second.n_features_in_


@pytest.fixture
def X():
    return gaussian()


# Frames


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_in_and_out(library, X):
    frames = pytest.importorskip(library)
    if library == "pandas":
        frame = frames.DataFrame(X, columns=list("abc"), index=np.arange(300)[::-1])
    else:
        frame = frames.DataFrame(X, schema=list("abc"))
    sfvq = SFVQ(n_bits=3, random_state=0).set_output(transform=library)
    T = sfvq.fit_transform(frame)
    assert isinstance(T, frames.DataFrame)
    assert list(T.columns) == ["sfvq0"]
    if library == "pandas":
        assert T.index.equals(frame.index)
    expected = fit(X)
    np.testing.assert_array_equal(T.to_numpy(), expected.transform(X))
    assert sfvq.feature_names_in_.tolist() == ["a", "b", "c"]
    for points in (sfvq.quantize(frame), sfvq.inverse_transform(T)):
        assert isinstance(points, np.ndarray)
        np.testing.assert_array_equal(points, expected.quantize(X))
    np.testing.assert_array_equal(sfvq.predict(frame), expected.predict(X))
    with pytest.raises(ValueError, match="feature names"):
        sfvq.transform(frame[["c", "b", "a"]])


def test_names_of_features(X):
    pandas = pytest.importorskip("pandas")
    sfvq = fit(pandas.DataFrame(X, columns=list("abc")))
    assert sfvq.get_feature_names_out().tolist() == ["sfvq0"]
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        sfvq.transform(X)
    assert sfvq.at_bitrate(2).feature_names_in_.tolist() == ["a", "b", "c"]
    assert not hasattr(sfvq.fit(X), "feature_names_in_")


def test_one_of_several_transformers(X):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abc"))
    table = ColumnTransformer(
        [("left", SFVQ(n_bits=2, random_state=0), ["a", "b"]), ("right", SFVQ(2), ["c"])],
        remainder="passthrough",
    ).set_output(transform="pandas")
    T = table.fit_transform(frame)
    assert list(T.columns) == ["left__sfvq0", "right__sfvq0"]
    np.testing.assert_array_equal(
        T.iloc[:, [0]], fit(frame[["a", "b"]], 2).transform(frame[["a", "b"]])
    )
    both = FeatureUnion([("fine", SFVQ(4)), ("coarse", SFVQ(2))])
    assert both.fit_transform(X).shape == (300, 2)
    assert both.get_feature_names_out().tolist() == ["fine__sfvq0", "coarse__sfvq0"]


# Composition


def test_in_a_pipeline(X):
    rows = X * [1.0, 10.0, 100.0] + 5.0
    pipeline = make_pipeline(StandardScaler(), SFVQ(n_bits=4, random_state=0)).fit(rows)
    scaled = StandardScaler().fit_transform(rows)
    expected = fit(scaled, 4)
    np.testing.assert_array_equal(pipeline.transform(rows), expected.transform(scaled))
    np.testing.assert_array_equal(pipeline.predict(rows), expected.predict(scaled))
    assert pipeline.score(rows) == expected.score(scaled)
    restored = pipeline.inverse_transform(pipeline.transform(rows))
    np.testing.assert_allclose(restored, expected.quantize(scaled) * rows.std(0) + rows.mean(0))


def test_a_grid_search_over_bitrates_finds_the_highest(X):
    search = GridSearchCV(SFVQ(random_state=0), {"n_bits": [2, 3, 4]}, cv=3).fit(X)
    assert search.best_params_ == {"n_bits": 4}
    scores = search.cv_results_["mean_test_score"]
    assert list(scores) == sorted(scores)
    assert search.best_estimator_.codebook_.shape == (16, 3)
    assert np.isfinite(cross_val_score(SFVQ(2, solver=Lloyd(max_iter=2)), X, cv=2)).all()


def test_parameters_of_a_solver_can_be_searched_through_objects(X):
    grid = {"solver": [Lloyd(smoothness=0.0), Lloyd(smoothness=10.0)]}
    search = GridSearchCV(SFVQ(3, random_state=0), grid, cv=2).fit(X)
    assert search.best_params_["solver"] == Lloyd(smoothness=0.0)


def test_weights_through_a_pipeline(X):
    weights = np.random.default_rng(0).integers(0, 4, 300).astype(float)
    expected = SFVQ(n_bits=3, random_state=0).fit(X, sample_weight=weights)
    with sklearn.config_context(enable_metadata_routing=True):
        sfvq = SFVQ(n_bits=3, random_state=0)
        sfvq.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        pipeline = make_pipeline(sfvq).fit(X, sample_weight=weights)
        np.testing.assert_array_equal(pipeline[-1].codebook_, expected.codebook_)
        assert pipeline.score(X, sample_weight=weights) == expected.score(X, sample_weight=weights)
        search = GridSearchCV(sfvq, {"n_bits": [2, 3]}, cv=2).fit(X, sample_weight=weights)
        np.testing.assert_array_equal(search.best_estimator_.codebook_, expected.codebook_)
        with pytest.raises(ValueError, match="sample_weight"):
            make_pipeline(SFVQ()).fit(X, sample_weight=weights)
    by_name = make_pipeline(SFVQ(n_bits=3, random_state=0)).fit(X, sfvq__sample_weight=weights)
    np.testing.assert_array_equal(by_name[-1].codebook_, expected.codebook_)


def test_tensors_through_a_pipeline(X):
    pipeline = make_pipeline(SFVQ(n_bits=3, random_state=0))
    T = pipeline.fit_transform(torch.from_numpy(X))
    assert isinstance(T, torch.Tensor)
    np.testing.assert_array_equal(T, fit(X).transform(X))
    assert isinstance(pipeline.inverse_transform(T), torch.Tensor)


# Copies


@every_setting
def test_a_clone_is_not_fitted_and_fits_the_same(parameters, X):
    sfvq = fit(X, **parameters)
    twin = clone(sfvq)
    assert not hasattr(twin, "curve_")
    assert twin.get_params().keys() == sfvq.get_params().keys()
    np.testing.assert_array_equal(twin.fit(X).codebook_, sfvq.codebook_)


@every_setting
@pytest.mark.parametrize("like", [np.asarray, torch.asarray])
@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda sfvq: pickle.loads(pickle.dumps(sfvq)),
        lambda sfvq: joblib.load(io.BytesIO(dumped(sfvq))),
    ],
    ids=["copy", "deepcopy", "pickle", "joblib"],
)
def test_a_copy_is_the_same_estimator(parameters, like, copied, X):
    sfvq = fit(like(X), **parameters)
    twin = copied(sfvq)
    assert_same(twin, sfvq, X)
    assert_same(twin.at_bitrate(2), sfvq.at_bitrate(2), X)


def dumped(value):
    buffer = io.BytesIO()
    joblib.dump(value, buffer, compress=3)
    return buffer.getvalue()


def test_a_deep_copy_shares_nothing(X):
    sfvq = fit(X)
    twin = copy.deepcopy(sfvq)
    twin.partial_fit(X + 5.0)
    assert not np.array_equal(twin.codebook_, sfvq.codebook_)
    np.testing.assert_array_equal(sfvq.codebook_, fit(X).codebook_)


@every_setting
def test_skops_needs_no_more_trust_than_in_this_package(parameters, X):
    skops = pytest.importorskip("skops.io")
    sfvq = fit(X, **parameters)
    data = skops.dumps(sfvq)
    untrusted = skops.get_untrusted_types(data=data)
    assert all(name.startswith("skcurve.") for name in untrusted)
    assert "skcurve.sfvq.SFVQ" in untrusted
    assert_same(skops.loads(data, trusted=untrusted), sfvq, X)
    with pytest.raises(TypeError, match="Untrusted"):
        skops.loads(data)


@pytest.mark.parametrize("like", [np.asarray, torch.asarray])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_skops_holds_tensors_and_streams(like, dtype, X):
    skops = pytest.importorskip("skops.io")
    rows = like(X.astype(dtype))
    sfvq = SFVQ(n_bits=3, random_state=0).fit(rows)
    for _ in range(2):
        data = skops.dumps(sfvq)
        trusted = [name for name in skops.get_untrusted_types(data=data) if "skcurve" in name]
        twin = skops.loads(data, trusted=trusted)
        assert_same(twin, sfvq, X)
        sfvq.partial_fit(rows)
        twin.partial_fit(rows)
        np.testing.assert_array_equal(twin.codebook_, sfvq.codebook_)


@pytest.mark.parametrize("like", [np.asarray, torch.asarray])
def test_a_pickle_keeps_the_kind_of_every_array(like, X):
    sfvq = pickle.loads(pickle.dumps(fit(like(X))))
    for part in (sfvq.codebook_, sfvq.usage_, *sfvq.codebooks_.values()):
        assert isinstance(part, torch.Tensor) == (like is torch.asarray)
    assert sfvq.usage_.sum() == 300
    if like is np.asarray:
        with pytest.raises(ValueError, match="read-only"):
            sfvq.codebooks_[2][0] = 0.0


def test_it_can_be_printed(X):
    assert repr(SFVQ()) == "SFVQ()"
    assert repr(SFVQ(n_bits=3, solver="adam")) == "SFVQ(n_bits=3, solver='adam')"
    assert "n_bits" in SFVQ(n_bits=3)._repr_html_()
    assert "SFVQ" in fit(torch.from_numpy(X), init=torch.from_numpy(X[:4]))._repr_html_()


# Callbacks


class Recorder:
    """Writes down every task, as (what happened, the names on the way to it)."""

    def __init__(self, stop_at=None, raise_at=None):
        self.events, self.estimators, self.fitted = [], [], []
        self.stop_at, self.raise_at = stop_at, raise_at
        self.lock = threading.Lock()

    def path(self, context):
        names = []
        while context is not None:
            names.append(f"{context.task_name}{context.task_id}")
            context = context.parent
        return "/".join(reversed(names))

    def setup(self, estimator, context):
        self.events.append(("setup", self.path(context)))

    def teardown(self, estimator, context):
        self.events.append(("teardown", self.path(context)))

    def on_fit_task_begin(self, estimator, context):
        with self.lock:
            self.events.append(("begin", self.path(context)))

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        path = self.path(context)
        with self.lock:
            self.events.append(("end", path))
            if fitted_estimator is not None:
                self.fitted.append((path, fitted_estimator))
        if path == self.raise_at:
            raise KeyboardInterrupt
        return path == self.stop_at


def test_a_callback_sees_a_task_for_each_bitrate_and_sweeps_in_it(X):
    recorder = Recorder()
    sfvq = SFVQ(n_bits=4, random_state=0).set_callbacks(recorder).fit(X)
    expected = [("setup", "fit0"), ("begin", "fit0")]
    for number, bitrate in enumerate((2, 3, 4)):
        task = f"fit0/bitrate{number}"
        expected.append(("begin", task))
        for record in sfvq.history_:
            if record["bitrate"] == bitrate:
                sweep = f"{task}/sweep{record['sweep'] - 1}"
                expected += [("begin", sweep), ("end", sweep)]
        expected.append(("end", task))
    assert recorder.events == [*expected, ("end", "fit0"), ("teardown", "fit0")]
    np.testing.assert_array_equal(sfvq.codebook_, fit(X, 4).codebook_)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_callback_sees_a_task_for_each_run(X, n_jobs):
    recorder = Recorder()
    SFVQ(n_bits=3, n_init=2, n_jobs=n_jobs, random_state=0).set_callbacks(recorder).fit(X)
    count = Counter(recorder.events)
    assert set(count.values()) == {1}
    for number in (0, 1):
        for task in ("", "/bitrate0", "/bitrate1", "/bitrate0/sweep0", "/bitrate1/sweep0"):
            for what in ("begin", "end"):
                assert count[what, f"fit0/init{number}{task}"] == 1
    begun = {path for what, path in count if what == "begin"}
    assert begun == {path for what, path in count if what == "end"}


def test_a_callback_gets_an_estimator_that_is_fitted_so_far(X):
    recorder = Recorder()
    sfvq = SFVQ(n_bits=4, random_state=0).set_callbacks(recorder).fit(X)
    told = [(path, part) for path, part in recorder.fitted if "bitrate" in path]
    assert [path for path, _ in told] == ["fit0/bitrate0", "fit0/bitrate1", "fit0/bitrate2"]
    for (_, part), codebook in zip(told, sfvq.codebooks_.values(), strict=True):
        expected = SFVQ.from_codebook(codebook)
        np.testing.assert_array_equal(part.transform(X), expected.transform(X))
        np.testing.assert_array_equal(part.quantize(X), expected.quantize(X))
        assert part.score(X) == expected.score(X)


def test_a_callback_can_stop_after_a_bitrate(X):
    sfvq = SFVQ(n_bits=5, random_state=0).set_callbacks(Recorder("fit0/bitrate1")).fit(X)
    np.testing.assert_array_equal(sfvq.codebook_, fit(X, 3).codebook_)
    assert sorted(sfvq.codebooks_) == [2, 3]
    assert len(sfvq.usage_) == 7


def test_a_callback_can_stop_a_bitrate_after_a_sweep(X):
    recorder = Recorder("fit0/bitrate1/sweep2")
    sfvq = SFVQ(n_bits=4, random_state=0).set_callbacks(recorder).fit(X)
    sweeps = Counter(record["bitrate"] for record in sfvq.history_)
    assert sweeps[3] == 3
    assert sweeps[4] > 3
    assert len(sfvq.codebook_) == 16


@pytest.mark.parametrize(("at", "reached"), [("fit0/bitrate2/sweep0", 3), ("fit0/bitrate1", 3)])
def test_ctrl_c_during_a_callback_keeps_the_last_complete_bitrate(X, at, reached):
    recorder = Recorder(raise_at=at)
    sfvq = SFVQ(n_bits=5, random_state=0).set_callbacks(recorder)
    with pytest.warns(UserWarning, match=f"the curve has {reached} bits"):
        sfvq.fit(X)
    np.testing.assert_array_equal(sfvq.codebook_, fit(X, reached).codebook_)
    assert recorder.events[-1] == ("teardown", "fit0")


def test_ctrl_c_during_a_callback_before_anything_is_complete(X):
    recorder = Recorder(raise_at="fit0/bitrate0/sweep0")
    sfvq = SFVQ(n_bits=5, random_state=0).set_callbacks(recorder)
    with pytest.raises(KeyboardInterrupt):
        sfvq.fit(X)
    assert not hasattr(sfvq, "curve_")
    assert recorder.events[-1] == ("teardown", "fit0")


@pytest.mark.parametrize(
    "parameters", [{}, {"n_init": 2, "n_jobs": 2}, {"solver": "adam"}], ids=str
)
def test_the_progress_bar_shows_bitrates(X, parameters, capsys):
    pytest.importorskip("rich")
    found = SFVQ(n_bits=3, random_state=0, **parameters).set_callbacks(ProgressBar()).fit(X)
    shown = capsys.readouterr().out
    assert "SFVQ - fit" in shown
    assert shown.count("bitrate #1") == parameters.get("n_init", 1)
    assert shown.count("100%") >= 3
    np.testing.assert_array_equal(found.codebook_, fit(X, **parameters).codebook_)


def test_the_progress_bar_reaches_into_pipelines_and_searches(X, capsys):
    pytest.importorskip("rich")
    make_pipeline(StandardScaler(), SFVQ(n_bits=3)).set_callbacks(ProgressBar()).fit(X)
    assert "SFVQ - bitrate #1" in capsys.readouterr().out
    search = GridSearchCV(SFVQ(random_state=0), {"n_bits": [2, 3]}, cv=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X)
    assert "SFVQ" in capsys.readouterr().out


def test_a_scoring_monitor_sees_each_bitrate(X):
    monitor = ScoringMonitor(scoring=None)
    SFVQ(n_bits=4, random_state=0).set_callbacks(monitor).fit(X)
    tasks = [row["task_id"] for row in monitor.get_logs().data if row["task_name"] == "bitrate"]
    assert tasks == [0, 1, 2]


def test_callbacks_may_be_taken_off_again(X):
    recorder = Recorder()
    SFVQ(n_bits=2).set_callbacks(recorder).set_callbacks().fit(X)
    assert recorder.events == []
    with pytest.raises(TypeError, match="FitCallback"):
        SFVQ().set_callbacks("progress")
