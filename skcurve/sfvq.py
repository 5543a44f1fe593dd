"""SFVQ: the scikit-learn face. It validates and delegates; the mathematics is in `solvers`."""

from __future__ import annotations

import os
import warnings
from numbers import Integral, Real
from threading import Event
from time import perf_counter
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from joblib import Parallel, delayed
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
    clone,
)
from sklearn.callback import CallbackContext, CallbackSupportMixin, with_callbacks
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, check_random_state

from skcurve import metrics
from skcurve.curve import PolylineCurve, check_coordinate
from skcurve.interop import Array, as_matrix, as_tensor, restore
from skcurve.projection import Projection, project
from skcurve.randomness import as_generator
from skcurve.solvers import SOLVERS, STARTS, Adam, Lloyd, Rows, Solver, Stream, Sweep, learn
from skcurve.storage import load_estimator, save_estimator
from skcurve.validation import check_rows, check_weights

MIN_BITS, MAX_BITS = 2, 16


class _Start(NamedTuple):
    """Where learning begins: the bitrate, and the vertices or the name of a way to find them."""

    bitrate: int
    vertices: torch.Tensor | str


class _Run(NamedTuple):
    """What learning one curve has given so far: codebooks by bitrate, and a record a sweep."""

    codebooks: dict[int, Any]
    history: list[Sweep]


class _SolverObject(HasMethods):
    """A solver that has been made: a class has the methods, too, but no settings."""

    def __init__(self) -> None:
        super().__init__(["start", "step", "finished", "grow"])

    def is_satisfied_by(self, val: Any) -> bool:
        return not isinstance(val, type) and super().is_satisfied_by(val)


class SFVQ(CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Space-filling vector quantisation: learn a curve that fills the distribution of the data.

    The curve is a polyline through ``2**n_bits`` vertices, the codebook. A row is quantised to the
    nearest point of the curve, so that one number stands for all its features, and rows with
    similar numbers are similar. The curve is learnt coarse to fine:

    1. Four vertices are placed along the data (`init`).
    2. Sweeps over the data move the vertices (`solver`). In a sweep each segment is represented by
       a point at a random place of it, the dither: so the whole line has to stay inside the data,
       not only its best points.
    3. Every segment is divided, and sweeping goes on, until there are ``2**n_bits`` vertices.

    Parameters
    ----------
    n_bits : int, default=6
        The bitrate: the curve has ``2**n_bits`` vertices, from 2 to 16 bits.

    solver : {"lloyd", "adam"} or solver object, default="lloyd"
        How the vertices are learnt.

        - "lloyd" solves, sweep by sweep, for the best vertices of the present assignment: the fast
          one (`skcurve.solvers.Lloyd`).
        - "adam" takes the gradient steps of the papers, at their published settings: the reference
          to compare with (`skcurve.solvers.Adam`).
        - A solver object, such as ``Adam(learning_rate=1e-2, max_iter=3)``, has settings of its
          own; then `smoothness`, `max_iter` and `tol` here are not used.

    init : {"norm", "pca", "random", "tour"} or array-like of shape (2**b, n_features), \
default="norm"
        Where the curve begins.

        - "norm": rows sorted by their norm are cut into four parts of equal weight, whose means are
          the first four vertices (as published).
        - "pca": the same, sorted along the first principal component.
        - "random": four rows, in any order.
        - "tour": the centres of a k-means clustering, visited on a short tour, are the vertices of
          the last bitrate; there are no earlier ones. Slower, and at times better.
        - An array is the codebook at bitrate b, to go on from.

    smoothness : float, default=0.01
        The weight of the squared segment lengths beside the squared errors. Larger gives a shorter,
        more orderly curve at a higher distortion; 0 leaves only the errors. Used by "lloyd".

    max_iter : int, default=None
        Sweeps a bitrate, at most. By default 12 of "lloyd", and 5 of "adam", as published.

    tol : float, default=1e-2
        The sweeps that move vertices far end early when a vertex moves, on average, by no more than
        this share of the mean segment length. Used by "lloyd".

    n_init : int, default=1
        How many curves to learn, with different randomness; the one with the lowest distortion on
        the training rows is kept.

    coordinate : {"index", "arclength", "unit"}, default="index"
        What `transform` gives and `inverse_transform` takes: the segment number plus the position
        in the segment, in [0, 2**n_bits - 1]; the distance along the curve; or the latter as a
        share of the whole, in [0, 1].

    device : str, default="auto"
        Where to compute: a torch device such as "cpu" or "cuda:1". "auto" leaves the data where it
        is: a tensor on its device, everything else on the CPU.

    warm_start : bool, default=False
        Whether `fit` goes on from the present codebook, to a higher bitrate or at the same one,
        instead of beginning anew.

    random_state : int, RandomState instance or None, default=None
        Where the randomness of sampling and dithering comes from. An int gives the same curve every
        time; see :term:`Glossary <random_state>`.

    verbose : int, default=0
        Above 0, prints a line for each bitrate; above 1, for each sweep.

    n_jobs : int, default=None
        How many of the `n_init` curves to learn at a time. A single fit uses all cores anyway.

    Attributes
    ----------
    curve_ : PolylineCurve
        The curve, in the units of the data.

    codebook_ : array of shape (2**n_bits, n_features)
        Its vertices, in order. A tensor if the training data was one.

    codebooks_ : dict of int to array
        The codebook at the end of each bitrate, such as ``{2: ..., 3: ...}``.

    history_ : list of dict
        One record a sweep, with the keys bitrate, sweep, distortion (of the dithered curve, on the
        rows the sweep read), perplexity and seconds.

    usage_ : ndarray of shape (2**n_bits - 1,)
        How many training rows each segment won, or their weight. Only after `fit`.

    n_iter_ : int
        How many sweeps were done, over all bitrates.

    n_features_in_ : int
        Number of features seen during :term:`fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during :term:`fit`. Defined only when `X` has feature names that are
        all strings.

    See Also
    --------
    PolylineCurve : The curve itself: geometry, and nothing that is learnt.
    sklearn.cluster.KMeans : Plain vector quantisation, with a codebook in no order.

    Notes
    -----
    numpy in, numpy out; torch in, torch out on the same device. float32 stays float32 and float64
    float64; half precisions are computed in float32.

    The nearest point is exact: no row is nearer to another segment than to the one it is given.

    Ctrl-C ends `fit` with a warning and the last complete bitrate.

    References
    ----------
    Vali and Bäckström, "Interpretable latent space using space-filling curves for phonetic analysis
    in voice conversion", Interspeech 2023.

    Vali and Bäckström, "Unsupervised panoptic interpretation of latent spaces in GANs using
    space-filling vector quantization", TMLR 2025 (arXiv 2410.20573).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skcurve import SFVQ
    >>> X, _ = load_digits(return_X_y=True)
    >>> sfvq = SFVQ(n_bits=4, random_state=0).fit(X)
    >>> sfvq.codebook_.shape
    (16, 64)
    >>> sfvq.transform(X).shape
    (1797, 1)
    >>> bool(abs(sfvq.quantize(X) - X).mean() < abs(X.mean(0) - X).mean())
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_bits": [Interval(Integral, MIN_BITS, MAX_BITS, closed="both")],
        "solver": [StrOptions(set(SOLVERS)), _SolverObject()],
        "init": [StrOptions(set(STARTS)), "array-like"],
        "smoothness": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "coordinate": [StrOptions({"index", "arclength", "unit"})],
        "device": [str],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "n_jobs": [Integral, None],
    }

    _stream: Stream | None

    def __init__(  # type: ignore[no-untyped-def]
        self,
        n_bits=6,
        *,
        solver="lloyd",
        init="norm",
        smoothness=0.01,
        max_iter=None,
        tol=1e-2,
        n_init=1,
        coordinate="index",
        device="auto",
        warm_start=False,
        random_state=None,
        verbose=0,
        n_jobs=None,
    ):
        self.n_bits = n_bits
        self.solver = solver
        self.init = init
        self.smoothness = smoothness
        self.max_iter = max_iter
        self.tol = tol
        self.n_init = n_init
        self.coordinate = coordinate
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.n_jobs = n_jobs

    # ------------------------------------------------------------------ learning

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Learn the curve.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows, at least two.

        y : Ignored
            Present for API consistency by convention.

        sample_weight : array-like of shape (n_samples,), default=None
            Not negative. A row of weight two counts as two rows.

        Returns
        -------
        self : SFVQ
            The fitted estimator.

        Raises
        ------
        ValueError
            If X is not a finite, real matrix of two rows at least, or a parameter does not fit it.
        """
        begin_again = not (self.warm_start and hasattr(self, "codebooks_"))
        rows, weights = self._check_rows(X, sample_weight, reset=begin_again)
        if len(rows) < 2**self.n_bits:
            warnings.warn(
                f"X has {len(rows)} rows for {2**self.n_bits} vertices (n_bits={self.n_bits}): "
                "many of them will be of no use. Fewer bits would do.",
                ConvergenceWarning,
                stacklevel=2,
            )
        known = {} if begin_again else dict(self.codebooks_)
        start = self._check_start(rows.shape[1], max(known.items(), default=None))
        runs: list[_Run] = [_Run(dict(known), []) for _ in range(self.n_init)]
        seeds = check_random_state(self.random_state).randint(2**31, size=self.n_init)
        stop = Event()
        context = self._init_callback_context(
            max_subtasks=self.n_init if self.n_init > 1 else self.n_bits - start.bitrate + 1,
            sequential_subtasks=self.n_init == 1,
        ).call_on_fit_task_begin(estimator=self, X=X)
        try:
            Parallel(self.n_jobs, require="sharedmem")(
                delayed(self._learn)(rows, weights, start, runs[i], int(seeds[i]), i, context, stop)
                for i in range(self.n_init)
            )
        except KeyboardInterrupt:
            stop.set()
            reached = max(max(run.codebooks, default=0) for run in runs)
            if not reached:
                raise
            warnings.warn(
                f"Interrupted: the curve has {reached} bits, the last bitrate that was complete.",
                ConvergenceWarning,
                stacklevel=2,
            )
        self._keep_best(runs, rows, weights, X)
        context.call_on_fit_task_end(estimator=self, X=X)
        return self

    def _learn(
        self,
        rows: torch.Tensor,
        weights: torch.Tensor | None,
        start: _Start,
        run: _Run,
        seed: int,
        number: int,
        context: CallbackContext,
        stop: Event,
    ) -> None:
        """Learn one curve, and keep in `run` what is complete."""
        generator = np.random.default_rng(seed)
        source = Rows(rows, weights, generator)
        solver = self._solver()
        vertices = self._first_vertices(start, source, generator)
        bitrates = range(start.bitrate, self.n_bits + 1)
        if self.n_init > 1:
            context = context.subcontext("init", task_id=number, max_subtasks=len(bitrates))
            context.call_on_fit_task_begin(estimator=self)
        events = learn(source, vertices, self.n_bits, solver, generator)
        for bitrate in bitrates:
            task = context.subcontext("bitrate", max_subtasks=solver.max_iter)
            task.call_on_fit_task_begin(estimator=self)
            event = next(events)
            while isinstance(event, Sweep):
                if stop.is_set():
                    return
                run.history.append(event)
                self._say(event, at_level=2)
                sweep = task.subcontext("sweep").call_on_fit_task_begin(estimator=self)
                event = events.send(sweep.call_on_fit_task_end(estimator=self))
            run.codebooks[bitrate] = event
            self._say(run.history[-1], at_level=1)
            curve = PolylineCurve(event)
            fitted = {"curve_": curve, "codebook_": curve.vertices}
            if task.call_on_fit_task_end(estimator=self, reconstruction_attributes=fitted):
                break
        if self.n_init > 1:
            context.call_on_fit_task_end(estimator=self)

    def _keep_best(
        self, runs: list[_Run], rows: torch.Tensor, weights: torch.Tensor | None, X: Any
    ) -> None:
        """Set the fitted attributes from the run with the lowest distortion at the last bitrate."""
        reached = max(max(run.codebooks, default=0) for run in runs)
        candidates = [run for run in runs if max(run.codebooks, default=0) == reached]
        found = [
            project(rows, as_tensor(run.codebooks[reached], name="codebook").to(rows))
            for run in candidates
        ]
        errors = [result.sq_distance.double() for result in found]
        sums = [float(e.sum() if weights is None else weights.double() @ e) for e in errors]
        best = int(np.argmin(sums))
        self._set_codebooks(candidates[best].codebooks, like=X)
        self.history_ = [record._asdict() for record in candidates[best].history]
        self.n_iter_ = len(self.history_)
        segment, counted = found[best].segment.cpu(), None if weights is None else weights.cpu()
        self.usage_ = np.bincount(segment, counted, minlength=2**reached - 1)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Learn from a batch, keep nothing of it, and grow when enough rows have come.

        The curve begins with 2 bits and the first batch, and doubles after about 1,000 rows a
        vertex until it has `n_bits`. After `fit`, it goes on from the fitted curve.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A batch, in random order; the larger the better, a thousand rows are enough.

        y : Ignored
            Present for API consistency by convention.

        sample_weight : array-like of shape (n_samples,), default=None
            Not negative. A row of weight two counts as two rows.

        Returns
        -------
        self : SFVQ
            The estimator, at the bitrate it has reached so far.
        """
        first = not hasattr(self, "curve_")
        rows, weights = self._check_rows(X, sample_weight, reset=first)
        history = [] if first else self.history_
        began = perf_counter()
        stream = None if first else self._stream
        if stream is None:
            self._generator = as_generator(check_random_state(self.random_state))
            stream = self._begin_stream(Rows(rows, weights, self._generator))
        stream = stream.step(rows, weights, self.n_bits, self.smoothness, self._generator)
        record = stream.record(len(history) + 1, perf_counter() - began)
        codebooks = {} if first else dict(self.codebooks_)
        codebooks[stream.bitrate] = stream.codebook
        self._set_codebooks(codebooks, like=X)
        self._stream = stream
        self.history_ = [*history, record._asdict()]
        self.n_iter_ = len(self.history_)
        return self

    def _begin_stream(self, source: Rows) -> Stream:
        """Begin where `fit` would, or, after it, from the curve it learnt."""
        if hasattr(self, "curve_"):
            vertices = source.normalise(as_tensor(self.codebook_, name="codebook_"))
            return Stream.begin(vertices, source, float(np.sum(getattr(self, "usage_", 0.0))))
        start = self._check_start(source.n_features, None)
        return Stream.begin(self._first_vertices(start, source, self._generator), source, 0.0)

    # ------------------------------------------------------------------ using

    def transform(self, X: Any) -> Array:
        """Give the coordinate of the nearest point of the curve.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        T : array of shape (n_samples, 1)
            The coordinate named by the parameter `coordinate`, in the dtype of X.
        """
        return self._coordinates(X)[:, None]

    def inverse_transform(self, T: Any) -> Array:
        """Give the points of the curve at some coordinates.

        Parameters
        ----------
        T : array-like of shape (n_samples, 1) or (n_samples,)
            Coordinates, as `transform` gives them.

        Returns
        -------
        X : array of shape (n_samples, n_features)
            Points of the curve; of the dtype of T if that is a floating one.

        Raises
        ------
        ValueError
            If a coordinate lies outside the curve.
        """
        check_is_fitted(self)
        T = T if isinstance(T, torch.Tensor) else np.asarray(T)
        if T.ndim == 2 and T.shape[1] == 1:
            T = T[:, 0]
        if T.ndim != 1:
            raise ValueError(
                f"T must have shape (n_samples, 1), one coordinate a row; got {tuple(T.shape)}."
            )
        length = self.curve_.length
        largest = {"index": self.curve_.n_segments, "arclength": length, "unit": 1.0}
        t = check_coordinate(T, largest[self.coordinate], name="T")
        index: Array = t
        if self.coordinate != "index":
            walked = t * length if self.coordinate == "unit" else t
            index = self.curve_.arclength_to_index(walked)
        return restore(as_tensor(self.curve_.evaluate(index), name="X").to(t.dtype), like=T)

    def quantize(self, X: Any) -> Array:
        """Replace every row by the nearest point of the curve.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        X_quantized : array of shape (n_samples, n_features)
            The same as ``inverse_transform(transform(X))``.
        """
        return self.inverse_transform(self._coordinates(X))

    def predict(self, X: Any) -> Array:
        """Give the number of the segment that holds the nearest point of the curve.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        segment : int64 array of shape (n_samples,)
            From 0 to ``2**n_bits - 2``.
        """
        return restore(self._project(X).segment, like=X)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Give minus the distortion: the mean squared error a feature. Larger is better.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        y : Ignored
            Present for API consistency by convention.

        sample_weight : array-like of shape (n_samples,), default=None
            Not negative.

        Returns
        -------
        score : float
        """
        check_is_fitted(self)
        rows, weights = self._check_rows(X, sample_weight, reset=False)
        return -metrics.distortion(self.curve_, rows, sample_weight=weights)

    def directions(self) -> Array:
        """Give the unit tangent of each segment, the candidate interpretable directions.

        Returns
        -------
        directions : array of shape (2**n_bits - 1, n_features)
            See `PolylineCurve.directions`.
        """
        check_is_fitted(self)
        return self.curve_.directions()

    def at_bitrate(self, bitrate: int) -> SFVQ:
        """Give a fitted estimator for an earlier bitrate, without fitting again.

        Parameters
        ----------
        bitrate : int
            One of the keys of `codebooks_`.

        Returns
        -------
        sfvq : SFVQ
            With the parameters of this one, but ``n_bits=bitrate``. It has no `usage_`.

        Raises
        ------
        ValueError
            If there is no codebook of that bitrate.
        """
        check_is_fitted(self)
        if bitrate not in self.codebooks_:
            raise ValueError(
                f"there is no codebook of {bitrate} bits; there are those of "
                f"{', '.join(map(str, sorted(self.codebooks_)))} bits."
            )
        earlier = clone(self).set_params(n_bits=bitrate)
        earlier._set_codebooks(
            {b: part for b, part in self.codebooks_.items() if b <= bitrate}, like=self.codebook_
        )
        earlier.history_ = [record for record in self.history_ if record["bitrate"] <= bitrate]
        earlier.n_iter_ = len(earlier.history_)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self, name):
                setattr(earlier, name, getattr(self, name))
        return earlier

    @classmethod
    def from_codebook(cls, codebook: Any, **parameters: Any) -> Self:
        """Make a fitted estimator around an existing codebook.

        Parameters
        ----------
        codebook : array-like of shape (2**b, n_features)
            Vertices in order, from 2 to 16 bits of them.
        **parameters
            Other parameters of the estimator, such as `coordinate`.

        Returns
        -------
        sfvq : SFVQ
            With ``n_bits=b``, ready to transform. It has no `usage_`, and an empty `history_`.

        Raises
        ------
        ValueError
            If the codebook is not a finite matrix, or its length no power of two in that range.
        """
        vertices = as_matrix(codebook, name="codebook")
        n_bits = _bits(len(vertices), "codebook", MAX_BITS)
        sfvq = cls(n_bits, **parameters)
        sfvq._validate_params()
        sfvq._set_codebooks({n_bits: vertices}, like=codebook)
        sfvq.history_, sfvq.n_iter_, sfvq.n_features_in_ = [], 0, vertices.shape[1]
        return sfvq

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a safetensors file, all bitrates, no training data.

        Parameters
        ----------
        path : path-like
            The file. It is written beside and renamed, so that it is complete or not there. A
            `random_state` that is no number is not kept, nor is what `partial_fit` remembers.

        Raises
        ------
        TypeError
            If the solver is an object that `load` could not make again.
        """
        check_is_fitted(self)
        save_estimator(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an estimator that `save` wrote.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        sfvq : SFVQ
            Fitted. Tensors are on the CPU.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is damaged, from something else, or from a newer version.
        """
        parameters, codebooks, fitted, like = load_estimator(path, cls.__name__)
        sfvq = cls(**parameters)
        sfvq._set_codebooks(codebooks, like=like)
        sfvq.n_features_in_ = sfvq.curve_.n_features
        for name, value in fitted.items():
            setattr(sfvq, name, value)
        return sfvq

    # ------------------------------------------------------------------ checking

    @property
    def _n_features_out(self) -> int:
        return 1

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "curve_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _project(self, X: Any) -> Projection[torch.Tensor]:
        check_is_fitted(self)
        rows, _ = self._check_rows(X, None, reset=False)
        return project(rows, as_tensor(self.codebook_, name="codebook_").to(rows.device))

    def _coordinates(self, X: Any) -> Array:
        coordinate = self._project(X).index
        if self.coordinate != "index":
            coordinate = self.curve_.index_to_arclength(coordinate)
        if self.coordinate == "unit":
            coordinate = coordinate / (self.curve_.length or 1.0)
        home = X.device if isinstance(X, torch.Tensor) else "cpu"
        return restore(as_tensor(coordinate, name="T").to(home), like=X)

    def _check_rows(
        self, X: Any, sample_weight: Any, *, reset: bool
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        rows = check_rows(self, X, reset=reset, at_least=2 if reset else 1)
        if self.device != "auto":
            try:
                rows = rows.to(self.device)
            except RuntimeError as error:
                raise ValueError(
                    f"device={self.device!r} cannot be used; expected 'auto' or a torch "
                    "device that is here, such as 'cpu' or 'cuda:0'."
                ) from error
        return rows, check_weights(sample_weight, rows)

    def _check_start(self, n_features: int, known: tuple[int, Array] | None) -> _Start:
        """Say where to begin: with a known codebook, an array that was given, or by name."""
        if known is not None:
            bitrate, codebook = known
            if bitrate > self.n_bits:
                raise ValueError(
                    f"n_bits={self.n_bits} is below the {bitrate} bits that warm_start begins with."
                )
            return _Start(bitrate, as_tensor(codebook, name="codebook_"))
        if isinstance(self.init, str):
            return _Start(self.n_bits if self.init == "tour" else MIN_BITS, self.init)
        vertices = as_matrix(self.init, name="init", n_features=n_features)
        return _Start(_bits(len(vertices), "init", self.n_bits), vertices)

    def _first_vertices(
        self, start: _Start, source: Rows, generator: np.random.Generator
    ) -> torch.Tensor:
        if isinstance(start.vertices, str):
            return STARTS[start.vertices](source, 2**self.n_bits, generator)
        return source.normalise(start.vertices)

    def _solver(self) -> Solver:
        if not isinstance(self.solver, str):
            return self.solver
        given = {} if self.max_iter is None else {"max_iter": self.max_iter}
        if self.solver == "adam":
            return Adam(**given)
        return Lloyd(smoothness=self.smoothness, tol=self.tol, **given)

    def _set_codebooks(self, codebooks: dict[int, Any], like: Any) -> None:
        """Set the codebooks, and the curve of the last one, in the kind of array of `like`."""
        home = like.device if isinstance(like, torch.Tensor) else "cpu"
        self.codebooks_ = {
            bitrate: restore(as_tensor(codebooks[bitrate], name="codebook").to(home), like=like)
            for bitrate in sorted(codebooks)
        }
        self.curve_ = PolylineCurve(self.codebooks_[max(codebooks)])
        self.codebook_ = self.codebooks_[max(codebooks)] = self.curve_.vertices
        self._stream = None  # what partial_fit remembers; of a new curve, nothing yet
        self.__dict__.pop("usage_", None)  # that of another curve

    def _say(self, record: Sweep, at_level: int) -> None:
        if at_level == min(self.verbose, 2):
            print(
                f"[SFVQ] {record.bitrate} bits, sweep {record.sweep}: "
                f"distortion {record.distortion:.6g}, perplexity {record.perplexity:.1f}"
            )


def _bits(n_vertices: int, name: str, most: int) -> int:
    """Give the bitrate of a codebook, or say that its length is none."""
    bitrate = n_vertices.bit_length() - 1
    if n_vertices != 2**bitrate or not MIN_BITS <= bitrate <= most:
        raise ValueError(
            f"{name} must have 2**b rows with b from {MIN_BITS} to {most}; got {n_vertices} rows. "
            "(PolylineCurve takes any number of vertices.)"
        )
    return bitrate
