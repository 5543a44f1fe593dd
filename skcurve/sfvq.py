"""SFVQ: the scikit-learn face. It validates and delegates; the mathematics is in `solvers`."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from time import perf_counter
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin, _fit_context, clone
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, check_random_state

from skcurve import applying, metrics
from skcurve.blocks import Blocks, InMemory, Passing
from skcurve.blocks.opening import send
from skcurve.checkpoints import Checkpoint, describe, fingerprint
from skcurve.coordinates import COORDINATES
from skcurve.fitted import FittedCurve
from skcurve.fitting import Audience, Fit, Start, say
from skcurve.interop import Array, as_tensor, restore
from skcurve.judging import Judged
from skcurve.notices import warn
from skcurve.randomness import as_generator
from skcurve.solvers import SOLVERS, STARTS, Lloyd, Rows, Solver, Stream, make_solver
from skcurve.storage import load_estimator, save_estimator
from skcurve.validation import (
    MAX_BITS,
    MIN_BITS,
    WHOLE_BYTES,
    SolverObject,
    check_bits,
    check_blocks,
    check_codebook,
    check_column,
    check_device,
    check_distortion,
    check_out,
    check_sizes,
    check_weights,
    count_distinct,
    features_kept,
)


class SFVQ(CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, FittedCurve):
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
        How `fit` learns the vertices.

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
        The weight of the squared segment lengths beside the squared errors, from 0 to 1e9. Larger
        gives a shorter, more orderly curve at a higher distortion; 0 leaves only the errors. Used
        by "lloyd".

    max_iter : int, default=None
        Sweeps a bitrate, at most. By default 12 of "lloyd", or 36 where there are fewer than 8
        features: there a curve has more ways to tangle, and a sweep costs next to nothing. And 5 of
        "adam", as published.

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
        Where to compute: a torch device such as "cpu", "cuda" or "cuda:1". "auto" leaves the data
        where it is: a tensor on its device, everything else on the CPU. `fit` and `score` move the
        rows there, or, if they do not fit in its memory, those that they need at a time;
        `transform`, `quantize` and `predict` send them block by block. "mps", which has no
        float64, stands for "cpu".

    warm_start : bool, default=False
        Whether `fit` goes on from the present codebook, to a higher bitrate or at the same one,
        instead of beginning anew.

    random_state : int, RandomState instance or None, default=None
        Where the randomness of sampling and dithering comes from. An int gives the same curve every
        time; see :term:`Glossary <random_state>`.

    verbose : int, default=0
        Above 0, prints a line for each bitrate; above 1, for each sweep. To `partial_fit` a batch
        is a sweep.

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

    usage_ : array of shape (2**n_bits - 1,)
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
    numpy in, numpy out; torch in, torch out on the same device, with scikit-learn's array API
    dispatch and without it. float32 stays float32 and float64 float64; half precisions are computed
    in float32.

    The nearest point is exact: no row is nearer to another segment than to the one it is given.

    Ctrl-C ends `fit` with a warning and the last complete bitrate.

    pickle, joblib and skops keep all of a fitted estimator, what `partial_fit` remembers included;
    skops does not know tensors, and so needs an `init` that is none. `save` needs no trust at all.

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
        "solver": [StrOptions(set(SOLVERS)), SolverObject()],
        "init": [StrOptions(set(STARTS)), "array-like"],
        "smoothness": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "coordinate": [StrOptions(set(COORDINATES))],
        "device": [str],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "n_jobs": [Integral, None],
    }

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
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Learn the curve.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows, at least two. They may be more than fit in memory, in blocks: a
            memory-mapped array, a folder or a list of .npy, .safetensors or Parquet files, a Zarr
            or HDF5 array, a list of arrays, a Dask collection. Of these, only the rows are read
            that are needed, and `usage_` is estimated from a sample. An iterator of blocks and a
            torch `DataLoader` are read once: the curve is learnt from what fits 256 MiB, a fair
            sample if there is more.

        y : Ignored
            Present for API consistency by convention; handed to callbacks.

        sample_weight : array-like of shape (n_samples,), default=None
            Not negative. A row of weight two counts as two rows.

        checkpoint : path-like, default=None
            A folder to keep what is learnt in, written after each bitrate. If the fit is killed,
            the same call goes on from there, and gives the same bits as one that was not. What a
            checkpoint of a complete fit holds is not learnt again.

        Returns
        -------
        self : SFVQ
            The fitted estimator.

        Raises
        ------
        TypeError
            If X is sparse, or a tensor of no real numbers.
        ValueError
            If X is not a finite, real matrix of two rows at least, or a parameter does not fit it;
            if the checkpoint is of another fit. If a block is damaged or not finite, or of another
            width, the error names it, and the checkpoint stays as it was.
        OSError
            If a file cannot be read, or the checkpoint not be written.

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> from skcurve import SFVQ
        >>> X, _ = load_digits(return_X_y=True)
        >>> sfvq = SFVQ(n_bits=4, random_state=0).fit(X)
        >>> list(sfvq.codebooks_)
        [2, 3, 4]
        >>> int(sfvq.usage_.sum())
        1797
        """
        begin_again = not (self.warm_start and hasattr(self, "curve_"))
        with features_kept(self):
            rows, weights, seeds = self._check_training(X, sample_weight, reset=begin_again)
            if len(rows) < 2**self.n_bits:
                warn(
                    f"X has {len(rows)} rows for {2**self.n_bits} vertices "
                    f"(n_bits={self.n_bits}): many of them will be of no use. Fewer bits would do.",
                    ConvergenceWarning,
                )
            known = {} if begin_again else self._known_codebooks()
            start = self._check_start(rows.shape[1], known)
            solver = self._solver(rows.shape[1])
            kept = self._open_checkpoint(checkpoint, start, solver, seeds)
            task = Fit(rows, weights, start, self.n_bits, solver, known, kept)
            seeds = seeds if kept is None else kept.seeds
            data = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}
            context = self._init_callback_context(**task.subtasks(self.n_init))
            context.call_on_fit_task_begin(estimator=self, **data)
            learnt = task.best_of(seeds, self.n_jobs, Audience(self, context, data, self.verbose))
            self._warn_of_repeats(rows, learnt.usage)
        self._set_codebooks(learnt.codebooks, like=rows.like)
        self._set_history([record._asdict() for record in learnt.history])
        if learnt.usage is not None:
            self.usage_ = restore(learnt.usage, like=rows.like)
        context.call_on_fit_task_end(estimator=self, **data)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Learn from a batch, keep nothing of it, and grow when enough rows have come.

        The curve begins with 2 bits and the first batch, and doubles after about 640 rows a
        vertex until it has `n_bits`. After `fit` or `from_codebook`, it goes on from that curve.

        Whatever the `solver`, what is known of earlier batches are the additive statistics of
        "lloyd"; `smoothness` is that of a `Lloyd` object if `solver` is one. `max_iter`, `tol` and
        `n_init` are not used.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A batch, in random order; the larger the better, a thousand rows are enough. The first
            one decides about the precision and the device.

        y : Ignored
            Present for API consistency by convention.

        sample_weight : array-like of shape (n_samples,), default=None
            Not negative. A row of weight two counts as two rows.

        Returns
        -------
        self : SFVQ
            The estimator, at the bitrate it has reached so far.

        Raises
        ------
        TypeError
            If X is sparse, or a tensor of no real numbers.
        ValueError
            If X is not a finite, real matrix, of two rows at least if it is the first batch; or if
            the curve has more bits than `n_bits`.

        Examples
        --------
        >>> import numpy as np
        >>> from skcurve import SFVQ
        >>> X = np.random.default_rng(0).standard_normal((8192, 3))
        >>> sfvq = SFVQ(n_bits=3, random_state=0)
        >>> for batch in np.split(X, 8):
        ...     sfvq = sfvq.partial_fit(batch)
        >>> sfvq.codebook_.shape
        (8, 3)
        """
        began = perf_counter()
        first = not hasattr(self, "curve_")
        with features_kept(self):
            rows, weights = self._check_batch(
                X, sample_weight, reset=first, at_least=2 if first else 1
            )
            known = {} if first else self._known_codebooks()
            if known:
                check_bits(self.n_bits, max(known), "the curve has; see at_bitrate")
            stream, generator = self._stream or self._begin_stream(rows, weights, known)
            rows = rows.to(stream.vertices)
            weights = None if weights is None else weights.to(rows)
            stream = stream.step(rows, weights, self.n_bits, self._lloyd(rows.shape[1]), generator)
        history = [] if first else self.history_
        record = stream.record(len(history) + 1, perf_counter() - began)
        check_distortion(record.distortion)
        self._set_codebooks({**known, stream.bitrate: stream.codebook}, like=X)
        self._set_history([*history, record._asdict()])
        self._stream = stream, generator
        say(record, self.verbose, at_level=2)
        if stream.bitrate not in known:
            say(record, self.verbose, at_level=1)
        return self

    # ------------------------------------------------------------------ using

    def transform(self, X: Any, out: Any = None) -> Array:
        """Give the coordinate of the nearest point of the curve.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, in memory or in blocks, as for `fit`.

        out : array of shape (n_samples, 1), default=None
            Where to write the result, one block after another: an array, a memory map, a Zarr or
            HDF5 array. It is returned, unless `set_output` asks for a frame.

        Returns
        -------
        T : array of shape (n_samples, 1)
            The coordinate named by the parameter `coordinate`, in the dtype of X. A Dask array,
            not computed yet, if X is a Dask collection.

        Raises
        ------
        TypeError
            If X is sparse, or a tensor of no real numbers.
        ValueError
            If X is not a finite, real matrix of as many features as the curve.

        Examples
        --------
        >>> from skcurve import SFVQ
        >>> sfvq = SFVQ.from_codebook([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 1.0]])
        >>> sfvq.transform([[0.25, 1.0], [3.0, 0.5]])
        array([[0.25],
               [2.5 ]])
        """
        check_is_fitted(self)
        function = partial(applying.coordinates, self.curve_, self.coordinate)
        return self._map(X, function, out, (1,))

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
        TypeError
            If T holds no real numbers.
        ValueError
            If a coordinate lies outside the curve, or there is more than one a row.

        Examples
        --------
        >>> from skcurve import SFVQ
        >>> sfvq = SFVQ.from_codebook([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 1.0]])
        >>> sfvq.inverse_transform([[0.25], [2.5]])
        array([[0.25, 0.  ],
               [2.  , 0.5 ]])
        """
        check_is_fitted(self)
        T = check_column(T)
        return restore(applying.points_at(self.curve_, self.coordinate, T), like=T)

    def quantize(self, X: Any, out: Any = None) -> Array:
        """Replace every row by the nearest point of the curve.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, in memory or in blocks.

        out : array of shape (n_samples, n_features), default=None
            Where to write the result, as for `transform`.

        Returns
        -------
        X_quantized : array of shape (n_samples, n_features)
            The same as ``inverse_transform(transform(X))``.

        Raises
        ------
        TypeError
            If X is sparse, or a tensor of no real numbers.
        ValueError
            If X is not a finite, real matrix of as many features as the curve.

        Examples
        --------
        >>> from skcurve import SFVQ
        >>> sfvq = SFVQ.from_codebook([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 1.0]])
        >>> sfvq.quantize([[0.25, 1.0], [3.0, 0.5]])
        array([[0.25, 0.  ],
               [2.  , 0.5 ]])
        """
        check_is_fitted(self)
        function = partial(applying.quantized, self.curve_, self.coordinate)
        return self._map(X, function, out, (self.curve_.n_features,))

    def predict(self, X: Any, out: Any = None) -> Array:
        """Give the number of the segment that holds the nearest point of the curve.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, in memory or in blocks.

        out : int64 array of shape (n_samples,), default=None
            Where to write the result, as for `transform`.

        Returns
        -------
        segment : int64 array of shape (n_samples,)
            From 0 to ``2**n_bits - 2``.

        Raises
        ------
        TypeError
            If X is sparse, or a tensor of no real numbers.
        ValueError
            If X is not a finite, real matrix of as many features as the curve.

        Examples
        --------
        >>> from skcurve import SFVQ
        >>> sfvq = SFVQ.from_codebook([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 1.0]])
        >>> sfvq.predict([[0.25, 1.0], [3.0, 0.5]])
        array([0, 2])
        """
        check_is_fitted(self)
        return self._map(X, partial(applying.segments, self.curve_), out, ())

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

        Raises
        ------
        TypeError
            If X is sparse, or a tensor of no real numbers.
        ValueError
            If X is not a finite, real matrix of as many features as the curve.

        Examples
        --------
        >>> from skcurve import SFVQ
        >>> sfvq = SFVQ.from_codebook([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 1.0]])
        >>> sfvq.score([[0.25, 1.0], [3.0, 0.5]])
        -0.5
        """
        check_is_fitted(self)
        rows = self._check_rows(X)
        if isinstance(rows, InMemory):
            weights = check_weights(sample_weight, len(rows), rows.X)
            return -metrics.distortion(self.curve_, rows.X, sample_weight=weights)
        if isinstance(rows, Passing) and sample_weight is not None:
            raise ValueError("sample_weight cannot be used where X is read in one pass.")
        vertices = as_tensor(self.curve_.vertices, name="vertices")
        weights = None
        if isinstance(rows, Blocks):
            weights = check_weights(sample_weight, len(rows), rows.empty)
        sq_error, usage = Judged(rows, weights).measure(vertices)
        return -sq_error / float(usage.sum()) / self.curve_.n_features

    def directions(self) -> Array:
        """Give the unit tangent of each segment, the candidate interpretable directions.

        Returns
        -------
        directions : array of shape (2**n_bits - 1, n_features)
            See `PolylineCurve.directions`.

        Examples
        --------
        >>> from skcurve import SFVQ
        >>> SFVQ.from_codebook([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 4.0]]).directions()
        array([[1., 0.],
               [1., 0.],
               [0., 1.]])
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

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> from skcurve import SFVQ
        >>> X, _ = load_digits(return_X_y=True)
        >>> SFVQ(n_bits=5, random_state=0).fit(X).at_bitrate(3).codebook_.shape
        (8, 64)
        """
        check_is_fitted(self)
        known = self._known_codebooks()
        if bitrate not in known:
            raise ValueError(
                f"there is no codebook of {bitrate!r} bits; there are those of "
                f"{', '.join(map(str, sorted(known)))} bits."
            )
        earlier = clone(self).set_params(n_bits=bitrate)
        earlier._set_codebooks(
            {b: part for b, part in known.items() if b <= bitrate}, like=self.codebook_
        )
        earlier._set_history([part for part in self.history_ if part["bitrate"] <= bitrate])
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
        TypeError
            If the codebook holds no real numbers.
        ValueError
            If the codebook is not a finite matrix, or its length no power of two in that range.

        Examples
        --------
        >>> from skcurve import SFVQ
        >>> SFVQ.from_codebook([[0.0], [1.0], [4.0], [9.0]], coordinate="unit").transform([[4.5]])
        array([[0.5]])
        """
        n_bits, vertices = check_codebook(codebook, name="codebook")
        sfvq = cls(n_bits, **parameters)
        sfvq._validate_params()
        sfvq._set_codebooks({n_bits: vertices}, like=codebook)
        sfvq._set_history([])
        sfvq.n_features_in_ = vertices.shape[1]
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
        OSError
            If the file cannot be written.
        TypeError
            If the solver is an object that `load` could not make again.

        Examples
        --------
        >>> import os, tempfile
        >>> from skcurve import SFVQ
        >>> sfvq = SFVQ.from_codebook([[0.0], [1.0], [4.0], [9.0]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "curve.safetensors")
        ...     sfvq.save(path)
        ...     SFVQ.load(path).codebook_.ravel()
        array([0., 1., 4., 9.])
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
        IsADirectoryError
            If it is a folder.
        ValueError
            If it is damaged, from something else, or from a newer version.

        Examples
        --------
        >>> import os, tempfile
        >>> from skcurve import SFVQ
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "curve.safetensors")
        ...     SFVQ.from_codebook([[0.0], [1.0], [4.0], [9.0]]).save(path)
        ...     SFVQ.load(path).transform([[2.5]])
        array([[1.5]])
        """
        sfvq: Self = load_estimator(cls, path)
        return sfvq

    # ------------------------------------------------------------------ inside

    @property
    def _n_features_out(self) -> int:
        return 1

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _check_rows(self, X: Any, *, reset: bool = False, at_least: int = 1) -> Blocks | Passing:
        rows = check_blocks(self, X, reset=reset, at_least=at_least)
        return rows if self.device == "auto" else send(rows, check_device(self.device))

    def _check_batch(
        self, X: Any, sample_weight: Any, *, reset: bool, at_least: int
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        rows = check_blocks(self, X, reset=reset, at_least=at_least)
        if not isinstance(rows, InMemory):
            raise TypeError(
                f"partial_fit takes one batch, an array; got {type(X).__name__}, which comes in "
                "blocks. Call it with each of them, or fit with all."
            )
        if self.device != "auto":
            rows = rows.to(check_device(self.device))
        return rows.X, check_weights(sample_weight, len(rows), rows.X)

    def _check_training(
        self, X: Any, sample_weight: Any, *, reset: bool
    ) -> tuple[Blocks, torch.Tensor | None, list[int]]:
        """Give the rows to learn from, their weights, and the seeds of the runs."""
        rows = self._check_rows(X, reset=reset, at_least=2)
        seeds = check_random_state(self.random_state).randint(2**31, size=self.n_init).tolist()
        if isinstance(rows, Blocks):
            return rows, check_weights(sample_weight, len(rows), rows.empty), seeds
        kept, numbers = rows.sample(WHOLE_BYTES, np.random.default_rng([seeds[0], 1]))
        weights = check_weights(sample_weight, rows.n_rows, kept.X)
        check_sizes(self, kept, reset=reset, at_least=2)
        return kept, weights if weights is None else weights[torch.from_numpy(numbers)], seeds

    def _open_checkpoint(
        self,
        folder: str | os.PathLike[str] | None,
        start: Start,
        solver: Solver,
        seeds: list[int],
    ) -> Checkpoint | None:
        if folder is None:
            return None
        begins = start.vertices
        facts = {
            "n_bits": self.n_bits,
            "n_init": self.n_init,
            "solver": describe(solver),
            "init": begins if isinstance(begins, str) else fingerprint(begins),
        }
        return Checkpoint.open(folder, facts, seeds, fixed=self.random_state is not None)

    def _map(self, X: Any, function: Any, out: Any, width: tuple[int, ...]) -> Any:
        """Give what a function of tensors makes of rows, in the kind of array that they are."""
        rows = check_blocks(self, X, reset=False, at_least=1)
        if self.device != "auto":
            function = partial(function, device=check_device(self.device))
        n_rows = len(rows) if isinstance(rows, Blocks) else None
        check_out(out, (n_rows, *width), is_floating=bool(width))
        return rows.map(function, out)

    def _warn_of_repeats(self, rows: Blocks, usage: torch.Tensor | None) -> None:
        """Warn if few rows are distinct; it is looked at only where most segments won none."""
        n_vertices = 2**self.n_bits
        idle = usage is not None and 2 * int((usage == 0).sum()) > len(usage)
        if len(rows) < n_vertices or not idle:  # the first has been warned of
            return
        if not isinstance(rows, InMemory):  # nobody has seen all of them
            return
        n_distinct = count_distinct(rows.X, n_vertices)
        if n_distinct < n_vertices:
            warn(
                f"X has only {n_distinct} distinct row{'s' if n_distinct > 1 else ''} for "
                f"{n_vertices} vertices (n_bits={self.n_bits}): many of them will be of no use. "
                "Fewer bits would do.",
                ConvergenceWarning,
            )

    def _check_start(self, n_features: int, known: dict[int, torch.Tensor]) -> Start:
        """Say where to begin: with what is known, an array that was given, or by name."""
        if known:
            check_bits(self.n_bits, max(known), "warm_start begins with")
            return Start(max(known), known[max(known)])
        if isinstance(self.init, str):
            return Start(self.n_bits if self.init == "tour" else MIN_BITS, self.init)
        return Start(
            *check_codebook(self.init, name="init", n_features=n_features, most=self.n_bits)
        )

    def _solver(self, n_features: int) -> Solver:
        if not isinstance(self.solver, str):
            return self.solver
        suited = Lloyd.suited_to(n_features) if self.solver == "lloyd" else {}
        given = {"smoothness": self.smoothness, "max_iter": self.max_iter, "tol": self.tol}
        given = {name: value for name, value in given.items() if value is not None}
        return make_solver(self.solver, **suited | given)

    def _lloyd(self, n_features: int) -> Lloyd:
        """Give the settings for a stream."""
        if isinstance(self.solver, Lloyd):
            return self.solver
        return replace(Lloyd(**Lloyd.suited_to(n_features)), smoothness=self.smoothness)

    def _begin_stream(
        self,
        rows: torch.Tensor,
        weights: torch.Tensor | None,
        known: dict[int, torch.Tensor],
    ) -> tuple[Stream, np.random.Generator]:
        """Begin where `fit` would, or with the curve that has been learnt."""
        generator = as_generator(check_random_state(self.random_state))
        if known:
            usage = float(getattr(self, "usage_", np.zeros(1)).sum())
            codebook = known[max(known)].to(rows.device)
            return Stream.resume(codebook, usage, self._lloyd(rows.shape[1]).smoothness), generator
        source = Rows(rows, weights, generator)
        start = self._check_start(source.n_features, known)
        return Stream.begin(start.find(source, self.n_bits, generator), source), generator
