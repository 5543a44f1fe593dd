"""CurveAugmenter: new samples from chosen stretches of a curve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, _fit_context
from sklearn.exceptions import NotFittedError
from sklearn.utils import Tags
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from skcurve.augmenter.classes import ClassCurve, fresh, pooled
from skcurve.augmenter.dataset import SampleDataset
from skcurve.augmenter.drawing import Draw, check_count
from skcurve.augmenter.kinds import dense, like_labels, like_rows, read_labels
from skcurve.augmenter.labels import SegmentLabels
from skcurve.augmenter.records import Coverage, Gap, Samples, Validity
from skcurve.augmenter.residuals import Residuals
from skcurve.augmenter.strategy import NAMES, needed
from skcurve.augmenter.stretches import (
    Places,
    Stretch,
    check_coordinate_name,
    even_weights,
    fair_weights,
    read_stretch,
)
from skcurve.augmenter.support import SHARE, Support, runs
from skcurve.augmenter.tags import sampler_tags
from skcurve.coordinates import to_coordinate
from skcurve.curve import PolylineCurve
from skcurve.generators import AdaptedGenerator
from skcurve.generators import as_generator as adapt
from skcurve.interop import as_matrix, as_tensor, restore
from skcurve.notices import warn
from skcurve.projection import Projection
from skcurve.randomness import RandomState, as_generator
from skcurve.validation import check_rows, features_kept

SPACINGS = ("arclength", "index", "density")
"""How samples are spread over a stretch."""
ROWS_A_VERTEX = 8
"""A curve that nobody described has the highest bitrate that leaves so many rows a vertex."""
OWNER_SHARE, SOLID_SHARE = 0.5, 0.9
"""A class has stretches of a curve that is given if so many of its rows are about them; and of
these so many where the curve does not cross empty space: else a part of the class would be lost."""
SHOWN_GAPS = 4
"""So many are named in a warning."""


class CurveAugmenter(OneToOneFeatureMixin, BaseEstimator):
    """Make new samples from chosen stretches of a curve.

    1. `fit` learns from rows what lies along the curve: how many rows are about each segment, how
       wide they spread around it, which stretches belong to which label, and where the curve
       crosses empty space.
    2. `sample` draws from a stretch, such as the segments 12 to 19, the second half, or a label.
       Samples lie on the curve, or about it as rows do (`jitter`); all of them, or only valid ones.
    3. `validity` says how far samples are from the data, and `coverage` which part of the data each
       segment stands for.
    4. `fit_resample` balances the classes of a data set, as the samplers of imbalanced-learn do.

    Parameters
    ----------
    curve : PolylineCurve, estimator or None, default=None
        Where samples come from. A `PolylineCurve`, or an `SFVQ` that is fitted, is used as it
        stands, and can have been learnt from many more rows than are labelled. Of an estimator that
        is not fitted, `fit` fits a clone. None is an `SFVQ` with about eight rows a vertex.

    generator : callable or None, default=None
        From latents (n, D) to outputs (n, ...); anything `skcurve.generators.as_generator` takes.

    jitter : float, default=0.0
        How far samples are from the curve. 0 puts them on it; 1 spreads them about it as widely as
        the rows about that segment are spread, and in the same directions.

    spacing : {"arclength", "index", "density"}, default="arclength"
        How samples are distributed along a stretch: evenly by length, evenly by segments, or as the
        rows are.

    support : float or callable, default=0.99
        What counts as valid. A number is the share of rows that are valid: a sample is, if it is no
        farther from the nearest row than that share of the rows are from theirs. A function takes
        latents (n, D) and gives booleans, or scores that are negative outside: the
        `decision_function` of an outlier detector is one.

    sampling_strategy : {"auto", "minority", "not minority", "not majority", "all"}, float, dict \
or callable, default="auto"
        Which classes `fit_resample` adds samples to, as in imbalanced-learn. A word names classes
        that get as many rows as the largest has, "auto" being "not majority". A number, for two
        classes, is the wanted ratio of the smaller to the larger. A dict has the wanted number of
        rows of each class, and a function makes such a dict from y.

    random_state : int, RandomState, Generator or None, default=None
        Where the randomness comes from. With an int, every call gives the same samples.

    Attributes
    ----------
    curve_ : PolylineCurve
        The curve.

    occupancy_ : int ndarray of shape (M-1,)
        How many rows are about each segment.

    width_ : ndarray of shape (M-1,)
        How far rows are from each segment, the root of the mean square; with few rows about a
        segment, drawn towards that of all.

    threshold_ : float
        How far from the nearest row a sample may be.

    gaps_ : list of Gap
        Where the curve crosses empty space.

    classes_ : ndarray of shape (K,)
        The labels, if there were any.

    segment_labels_ : ndarray of shape (M-1,)
        The most frequent label about each segment, if there were labels; about a segment without
        rows, that of the nearest segment along the curve that has some.

    sampling_strategy_ : dict
        How many samples `fit_resample` added to each class.

    n_features_in_ : int
        Number of features seen during :term:`fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features seen during :term:`fit`. Defined only when `X` has feature names that are
        all strings.

    See Also
    --------
    SFVQ : Learns a curve.
    LatentDirectionExplorer : What moving along a curve does to what a generator makes.
    imblearn.over_sampling.SMOTE : Between neighbours of one class.

    Notes
    -----
    A clone of a fitted `SFVQ` is not fitted, so that cross-validation learns the curve from the
    rows of each fold. To keep a curve as it stands, pass ``sfvq.curve_``, or the estimator in a
    `sklearn.frozen.FrozenEstimator`; the latter is for generators with a `fit`, too.

    The parameter `support` is what decides in the method `validity`.

    References
    ----------
    Vali and Bäckström, "Unsupervised panoptic interpretation of latent spaces in GANs using
    space-filling vector quantization", TMLR 2025 (arXiv 2410.20573): points on the lines of a curve
    are inside the distribution, and can be used for controllable data augmentation.

    Chawla et al., "SMOTE: synthetic minority over-sampling technique", JAIR 2002.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skcurve import SFVQ, CurveAugmenter
    >>> X, y = load_digits(return_X_y=True)
    >>> sfvq = SFVQ(n_bits=6, random_state=0).fit(X)
    >>> augmenter = CurveAugmenter(sfvq, random_state=0).fit(X, y)
    >>> samples = augmenter.sample(100, segments=3)  # sevens would be 7
    >>> samples.latents.shape, set(samples.labels.tolist())
    ((100, 64), {3})
    >>> bool(augmenter.validity(samples).valid.all())
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "curve": [PolylineCurve, HasMethods(["fit", "get_params"]), None],
        "generator": [
            callable,
            HasMethods(["inverse_transform"]),
            HasMethods(["mapping", "synthesis"]),
            None,
        ],
        "jitter": [Interval(Real, 0, None, closed="left")],
        "spacing": [StrOptions(set(SPACINGS))],
        "support": [Interval(Real, 0, 1, closed="right"), callable],
        "sampling_strategy": [
            Interval(Real, 0, 1, closed="right"),
            StrOptions(set(NAMES)),
            Mapping,
            callable,
        ],
        "random_state": ["random_state", np.random.Generator],
    }

    curve_: PolylineCurve
    occupancy_: npt.NDArray[np.int64]
    width_: npt.NDArray[np.float64]
    threshold_: float
    gaps_: list[Gap]
    classes_: npt.NDArray[Any]
    segment_labels_: npt.NDArray[Any]
    sampling_strategy_: dict[Any, int]

    def __init__(  # type: ignore[no-untyped-def]
        self,
        curve=None,
        generator=None,
        *,
        jitter=0.0,
        spacing="arclength",
        support=SHARE,
        sampling_strategy="auto",
        random_state=None,
    ):
        self.curve = curve
        self.generator = generator
        self.jitter = jitter
        self.spacing = spacing
        self.support = support
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    # ------------------------------------------------------------------ learning

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn what lies along the curve.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of the space of the curve, at least two.

        y : array-like of shape (n_samples,), default=None
            A label for each row.

        Returns
        -------
        self : CurveAugmenter
            The fitted augmenter.

        Raises
        ------
        TypeError
            If X is sparse, or a tensor of no real numbers.
        ValueError
            If X is not a finite, real matrix of two rows at least, as wide as the curve, or y has
            no label for each row.
        """
        self._learn(X, None if y is None else read_labels(y, X))
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Add samples to classes until they have the wanted numbers of rows.

        The new rows of a class come from the stretches of the curve that belong to it, if the curve
        was there before and most rows of the class are about such stretches, hardly any of them
        where these cross empty space. Otherwise they come from a curve of their own, which is
        learnt from the rows of this class; there, too, segments that cross empty space are left
        out. Parts of a class that are apart get new rows in proportion to their rows. With
        `jitter`, what the rows of one class do not tell about the spread around its curve is taken
        from those of all classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, at least two.

        y : array-like of shape (n_samples,)
            A label for each row; or one-hot rows, of shape (n_samples, n_classes).

        Returns
        -------
        X_resampled : array-like of shape (n_samples_new, n_features)
            The rows, and the new ones after them; a list, a frame or a tensor if X was one.

        y_resampled : array-like of shape (n_samples_new,)
            Their labels.

        Raises
        ------
        TypeError
            If X is sparse, or a tensor of no real numbers.
        ValueError
            If X is not a finite, real matrix of two rows at least, as wide as the curve, or y does
            not fit it, or the `sampling_strategy` does not fit y.

        Notes
        -----
        A class of one row has that row to repeat, with `jitter` about it.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_iris
        >>> from skcurve import CurveAugmenter
        >>> X, y = load_iris(return_X_y=True)
        >>> X_res, y_res = CurveAugmenter(random_state=0).fit_resample(X[:120], y[:120])
        >>> np.bincount(y[:120]), np.bincount(y_res)
        (array([50, 50, 20]), array([50, 50, 50]))
        """
        labels = read_labels(y, X)
        missing = needed(self.sampling_strategy, labels)
        is_given = self._given_curve() is not None
        rows, found = self._learn(dense(X), labels)
        self.sampling_strategy_ = missing
        generator = as_generator(self.random_state)
        owners = [label for label in missing if is_given and self._is_owner(label)]
        others = [label for label in missing if label not in owners and missing[label]]
        draws = {
            label: self._owner_draw(label, found, labels == label, generator) for label in owners
        }
        draws.update(self._class_draws(rows, labels, others, generator))
        new = [(label, missing[label]) for label in draws if missing[label]]
        grown = [rows, *(draws[label].next(n)[1].astype(rows.dtype) for label, n in new)]
        named = [labels, *(np.full(n, label, dtype=labels.dtype) for label, n in new)]
        return like_rows(np.concatenate(grown), X), like_labels(np.concatenate(named), y)

    def _is_owner(self, label: Any) -> bool:
        """Whether the stretches of a class are enough to draw from, for all that it is."""
        owned = self._known.owned(label)
        on_owned = self._known.held(label, owned)
        on_solid = self._known.held(label, owned & ~self._empty)
        return on_solid >= OWNER_SHARE and on_solid >= SOLID_SHARE * on_owned

    def _owner_draw(
        self,
        label: Any,
        found: Projection[Any],
        mine: npt.NDArray[np.bool_],
        generator: np.random.Generator,
    ) -> Draw:
        """Give a source of samples for a class, from its stretches of the curve."""
        solid = self._known.owned(label) & ~self._empty
        weights = self._weights(Stretch.of_segments(solid))
        about = np.asarray(found.index)[mine & solid[found.segment]]
        return Draw(
            self.curve_,
            Places(*fair_weights(weights, solid, about)),
            generator,
            residuals=self._residuals,
            jitter=self.jitter,
        )

    def _class_draws(
        self,
        rows: npt.NDArray[Any],
        labels: npt.NDArray[Any],
        wanted: list[Any],
        generator: np.random.Generator,
    ) -> dict[Any, Draw]:
        """Give a source of samples for each of some classes, from curves of their own."""
        if not wanted:
            return {}
        template = None if isinstance(self.curve, PolylineCurve) else self.curve
        known = self.classes_.tolist() if self.jitter else wanted
        curves = {label: ClassCurve(rows[labels == label], template, generator) for label in known}
        pool = pooled(list(curves.values()), generator) if self.jitter else None
        return {
            label: curves[label].draw(self.spacing, self.jitter, pool, generator)
            for label in wanted
        }

    def _learn(
        self, X: Any, labels: npt.NDArray[Any] | None
    ) -> tuple[npt.NDArray[Any], Projection[Any]]:
        """Fit, and return the rows as an array, and where on the curve they are."""
        generator = as_generator(self.random_state)
        with features_kept(self):
            rows = check_rows(self, X, reset=True, at_least=2)
            curve = self._given_curve()
            if curve is None:
                estimator = fresh(self.curve, len(rows), ROWS_A_VERTEX, generator)
                curve = estimator.fit(restore(rows, like=X)).curve_
                self._names: dict[str, Stretch] = {}
            elif rows.shape[1] != curve.n_features:
                raise ValueError(
                    f"X has {rows.shape[1]} features, but the curve has {curve.n_features}."
                )
            points: npt.NDArray[Any] = rows.cpu().numpy()
            share, test = (SHARE, self.support) if callable(self.support) else (self.support, None)
            support = Support(points, float(share), generator, test)
            empty, ratio = support.crossings(curve)
            found = curve.project(points)
        segment = np.asarray(found.segment)
        residuals = points - np.asarray(curve.evaluate(np.asarray(found.index)))
        self.curve_ = curve
        self.occupancy_ = np.bincount(segment, minlength=curve.n_segments)
        self._residuals = Residuals(residuals, segment, curve.n_segments, generator)
        self._reach = float(np.quantile(np.asarray(found.sq_distance), share))
        self._support, self._empty, self._ratio = support, empty, ratio
        self.width_ = np.sqrt(self._residuals.variance())
        self.threshold_ = support.threshold
        self.gaps_ = runs(empty, ratio)
        for name in ("_known", "classes_", "segment_labels_", "sampling_strategy_"):
            self.__dict__.pop(name, None)
        if labels is not None:
            self._known = SegmentLabels.of(segment, labels, curve)
            self.classes_, self.segment_labels_ = self._known.classes, self._known.labels
        return points, found

    # ------------------------------------------------------------------ drawing

    def sample(
        self,
        n: int,
        segments: Any = None,
        *,
        coordinate: str = "index",
        valid_only: bool = False,
        random_state: RandomState = None,
    ) -> Samples:
        """Draw new samples from a stretch of the curve.

        Parameters
        ----------
        n : int
            How many.
        segments : default=None
            The stretch.

            - None: the whole curve.
            - A slice: ``slice(12, 20)`` are the segments 12 to 19, from vertex 12 to vertex 20.
            - A tuple ``(start, end)``: from one place to another, in the `coordinate`.
            - A label that rows had in `fit`: the segments that belong to it, where four of five
              rows have that label.
            - A name that `name_stretch` gave.
            - A list of these: all of them together.
        coordinate : {"index", "arclength", "unit"}, default="index"
            What numbers in `segments` are, and in the result; see `PolylineCurve`.
        valid_only : bool, default=False
            Whether samples outside the support are drawn again; see `support`. At most 100
            candidates a sample are tried.
        random_state : int, RandomState, Generator or None, default=None
            Where the randomness comes from this time; None for that of the augmenter.

        Returns
        -------
        samples : Samples
            `latents`, `coordinates`, `outputs` and `labels`.

        Raises
        ------
        TypeError, ValueError
            If there is no such stretch, or nothing in it.
        sklearn.exceptions.NotFittedError
            If there is no curve, or if the stretch, the spacing, the jitter or the validity need
            data.
        RuntimeError
            If too few candidates are valid.

        Warns
        -----
        UserWarning
            If a part of the stretch crosses empty space and `valid_only` is False; see `gaps`.

        Examples
        --------
        A curve alone is enough, if data is not asked for:

        >>> from skcurve import CurveAugmenter, PolylineCurve
        >>> curve = PolylineCurve([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
        >>> augmenter = CurveAugmenter(curve, random_state=0)
        >>> samples = augmenter.sample(3, segments=(3.0, 7.0), coordinate="arclength")
        >>> samples.latents[:, 0].tolist(), samples.coordinates.min() >= 3
        ([3.0, 3.0, 3.0], np.True_)
        """
        n = check_count(n, "n")
        return next(
            self.iter_batches(
                n,
                n,
                segments,
                coordinate=coordinate,
                valid_only=valid_only,
                random_state=random_state,
            )
        )

    def iter_batches(
        self,
        batch_size: int,
        n: int | None = None,
        segments: Any = None,
        *,
        coordinate: str = "index",
        valid_only: bool = False,
        random_state: RandomState = None,
    ) -> Iterator[Samples]:
        """Draw the same samples as `sample`, and hold no more than a batch of them.

        Parameters
        ----------
        batch_size : int
            How many at a time.
        n : int or None, default=None
            How many in all; the last batch may be smaller. None to go on as long as batches are
            asked for.
        segments, coordinate, valid_only, random_state : optional
            See `sample`. What is wrong with them is said at once, before the first batch.

        Yields
        ------
        samples : Samples
            A batch.

        Examples
        --------
        >>> from skcurve import CurveAugmenter, PolylineCurve
        >>> augmenter = CurveAugmenter(PolylineCurve([[0.0], [1.0]]), random_state=0)
        >>> [len(batch.latents) for batch in augmenter.iter_batches(4, 10)]
        [4, 4, 2]
        """
        source = self.random_state if random_state is None else random_state
        batches = self._batches(
            batch_size, n, segments, coordinate, valid_only, as_generator(source)
        )
        if not valid_only:
            self._warn_of_gaps(self._stretch(segments, coordinate))
        return batches

    def _batches(
        self,
        batch_size: int,
        n: int | None,
        segments: Any,
        coordinate: str,
        valid_only: bool,
        generator: np.random.Generator,
    ) -> Iterator[Samples]:
        """Check everything now, and draw batch by batch later."""
        batch_size = check_count(batch_size, "batch_size")
        n = None if n is None else check_count(n, "n")
        self._validate_params()
        curve = self._curve()
        draw = self._draw(self._stretch(segments, coordinate), generator, valid_only)
        adapted = None if self.generator is None else adapt(self.generator)
        sizes = repeat(batch_size) if n is None else _cut(n, batch_size)
        return (self._batch(draw, size, coordinate, curve, adapted) for size in sizes)

    def as_dataset(
        self,
        n: int | None = None,
        segments: Any = None,
        *,
        coordinate: str = "index",
        valid_only: bool = False,
        batch_size: int = 256,
    ) -> SampleDataset:
        """Give the samples as a dataset for torch's `DataLoader`.

        Each item is a dict of what there is of `latents`, `coordinates`, `outputs` and `labels`,
        one sample each. Workers of a loader draw from streams of their own, and share the `n`
        samples among them. With a `random_state` each epoch has the same samples, unless it says
        which one it is: ``dataset.set_epoch(epoch)``.

        Parameters
        ----------
        n : int or None, default=None
            How many samples an epoch has; None for as many as are asked for.
        segments, coordinate, valid_only : optional
            See `sample`.
        batch_size : int, default=256
            How many are made at a time; how many a batch of the loader has, the loader says.

        Returns
        -------
        dataset : SampleDataset
            A `torch.utils.data.IterableDataset`.

        Examples
        --------
        >>> from torch.utils.data import DataLoader
        >>> from skcurve import CurveAugmenter, PolylineCurve
        >>> augmenter = CurveAugmenter(PolylineCurve([[0.0, 0.0], [1.0, 2.0]]), random_state=0)
        >>> loader = DataLoader(augmenter.as_dataset(10), batch_size=4)
        >>> [tuple(batch["latents"].shape) for batch in loader]
        [(4, 2), (4, 2), (2, 2)]
        """
        options = {"segments": segments, "coordinate": coordinate, "valid_only": valid_only}
        self.iter_batches(batch_size, n, random_state=0, **options)  # says now what is wrong
        seed = None
        if self.random_state is not None:
            seed = int(as_generator(self.random_state).integers(2**63))
        return SampleDataset(self, n, seed, batch_size, options)

    def _draw(
        self, stretch: Stretch, generator: np.random.Generator, valid_only: bool = False
    ) -> Draw:
        if self.jitter:
            self._require_data("jitter needs to know how wide the data lies around the curve")
        if valid_only:
            self._require_data("valid_only needs to know where the data is")
        return Draw(
            self._curve(),
            Places(stretch, self._weights(stretch)),
            generator,
            residuals=getattr(self, "_residuals", None),
            jitter=self.jitter,
            support=self._support if valid_only else None,
        )

    def _weights(self, stretch: Stretch) -> npt.NDArray[np.float64]:
        """Say how much of all falls on each segment, (M-1,)."""
        curve = self._curve()
        if self.spacing != "density":
            return even_weights(curve, self.spacing)
        usage = getattr(self, "occupancy_", getattr(self.curve, "usage_", None))
        if usage is None:
            self._require_data("spacing='density' needs to know where along the curve the data is")
        weights = np.asarray(usage, dtype=np.float64)
        if not weights[stretch.meets(curve.n_segments)].any():
            raise ValueError(
                f"spacing='density' cannot draw from {stretch}: no row of the data is about it."
            )
        return weights

    def _batch(
        self,
        draw: Draw,
        size: int,
        coordinate: str,
        curve: PolylineCurve,
        adapted: AdaptedGenerator | None,
    ) -> Samples:
        places, points = draw.next(size)
        latents = restore(as_tensor(points, name="latents"), like=curve.vertices)
        labels = None
        if hasattr(self, "segment_labels_"):
            segment = np.floor(places).astype(np.int64).clip(max=curve.n_segments - 1)
            labels = self.segment_labels_[segment]
        return Samples(
            latents,
            to_coordinate(curve, places, coordinate).cpu().numpy(),
            None if adapted is None else adapted(latents),
            labels,
        )

    # ------------------------------------------------------------------ measuring

    def validity(self, samples: Any) -> Validity:
        """Measure how far samples are from the data.

        Parameters
        ----------
        samples : Samples or array-like of shape (n, D)
            What `sample` gave, or any latents.

        Returns
        -------
        validity : Validity
            `distance`, `ratio` and `valid`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        ValueError
            If they are not finite rows as wide as the curve.

        Notes
        -----
        The distance is Euclidean, to the nearest of the rows, or of 4096 of them that are drawn at
        random if there are more; the distances of the rows from each other are those among the same
        ones. In many features a point half way between two clusters can be nearer to both than
        their rows are to each other: what is called valid is near some data, and no more than that.

        Examples
        --------
        >>> import numpy as np
        >>> from skcurve import CurveAugmenter, PolylineCurve
        >>> X = np.array([[0.0], [1.0], [2.0], [8.0], [9.0]])
        >>> augmenter = CurveAugmenter(PolylineCurve([[0.0], [9.0]])).fit(X)
        >>> augmenter.validity([[0.5], [5.0]]).ratio
        array([0.5, 3. ])
        """
        self._require_data("validity needs to know where the data is")
        latents = samples.latents if isinstance(samples, Samples) else samples
        return self._support.measure(self._points(latents, "samples"))

    def coverage(self, X: Any) -> Coverage:
        """Say which part of some rows each segment of the curve covers.

        Parameters
        ----------
        X : array-like of shape (n, D)
            Rows, such as held-out ones.

        Returns
        -------
        coverage : Coverage
            `share`, a number a segment, `outside`, `segment` and `covered`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        ValueError
            If X is no finite matrix of one row at least, as wide as the curve.
        """
        self._require_data("coverage needs to know how wide the data lies around the curve")
        found = self.curve_.project(self._points(X, "X"))
        segment = np.asarray(found.segment)
        covered = np.asarray(found.sq_distance) <= self._reach * (1 + 1e-6)
        counts = np.bincount(segment[covered], minlength=self.curve_.n_segments)
        return Coverage(counts / len(segment), float(1 - covered.mean()), segment, covered)

    def gaps(self, segments: Any = None, *, coordinate: str = "index") -> list[Gap]:
        """List where a stretch crosses empty space.

        A segment does if one of five places of it, its ends included, is outside the support.

        Parameters
        ----------
        segments, coordinate : optional
            See `sample`.

        Returns
        -------
        gaps : list of Gap
            Runs of segments, each with how far from the data it goes.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        """
        self._require_data("gaps needs to know where the data is")
        met = self._stretch(segments, coordinate).meets(self.curve_.n_segments)
        return runs(self._empty & met, self._ratio)

    # ------------------------------------------------------------------ stretches

    def name_stretch(self, name: str, segments: Any, *, coordinate: str = "index") -> Self:
        """Give a stretch a name, to use in the place of `segments`.

        Parameters
        ----------
        name : str
            The name; one that is there is given anew.
        segments, coordinate : optional
            See `sample`.

        Returns
        -------
        self : CurveAugmenter
            Names are kept with it. They are forgotten when `fit` learns another curve.

        Raises
        ------
        TypeError, ValueError
            If the name is no string or is a label, or there is no such stretch.

        Examples
        --------
        >>> from skcurve import CurveAugmenter, PolylineCurve
        >>> augmenter = CurveAugmenter(PolylineCurve([[0.0], [1.0], [2.0]]))
        >>> augmenter.name_stretch("end", (0.75, 1.0), coordinate="unit").stretches()
        {'end': [(1.5, 2.0)]}
        """
        if not isinstance(name, str):
            raise TypeError(f"name must be a string; got {name!r}.")
        if hasattr(self, "classes_") and name in self.classes_.tolist():
            raise ValueError(f"name={name!r} is a label already; a stretch needs another name.")
        stretch = self._stretch(segments, coordinate)
        self._names = {**getattr(self, "_names", {}), name: stretch}
        return self

    def stretches(self, *, coordinate: str = "index") -> dict[Any, list[tuple[float, float]]]:
        """List what each name and each label stands for.

        Parameters
        ----------
        coordinate : {"index", "arclength", "unit"}, default="index"
            What the numbers shall be.

        Returns
        -------
        stretches : dict from names and labels to lists of (start, end)
            A label that no stretch belongs to has an empty list.
        """
        check_coordinate_name(coordinate)
        curve = self._curve()
        known = dict(getattr(self, "_names", {}))
        for label in getattr(self, "classes_", np.empty(0)).tolist():
            known[label] = Stretch.of_segments(self._known.owned(label))
        return {
            name: [
                tuple(to_coordinate(curve, np.array(pair), coordinate).tolist())
                for pair in zip(*stretch, strict=True)
            ]
            for name, stretch in known.items()
        }

    def _stretch(self, segments: Any, coordinate: str) -> Stretch:
        return read_stretch(segments, self._curve(), coordinate, self._named)

    def _named(self, name: Any) -> Stretch:
        """Give the stretch of a name or a label."""
        names = getattr(self, "_names", {})
        labels = getattr(self, "classes_", np.empty(0)).tolist()
        try:
            if name in names:
                found: Stretch = names[name]
                return found
            is_label = name in labels
        except (TypeError, ValueError):
            raise TypeError(
                "segments must be None, a slice, a tuple (start, end), a label, a name, or a list "
                f"of these; got {type(name).__name__}."
            ) from None
        if not is_label:
            hint = " A segment by its number i is slice(i, i + 1)." if _is_number(name) else ""
            raise ValueError(
                f"segments={name!r} is no stretch that is known here; names: {_listed(names)}; "
                f"labels: {_listed(labels)}.{hint}"
            )
        owned = self._known.owned(name)
        if not owned.any():
            raise ValueError(
                f"segments={name!r} is a label that no segment belongs to: about none have four of "
                "five rows that label. A curve of more bits has shorter segments, and fit_resample "
                "gives such a class a curve of its own."
            )
        return Stretch.of_segments(owned)

    def _warn_of_gaps(self, stretch: Stretch) -> None:
        if not hasattr(self, "_empty"):
            return
        gaps = runs(self._empty & stretch.meets(self.curve_.n_segments), self._ratio)
        if not gaps:
            return
        named = [f"segments {gap.start}:{gap.end} ({gap.ratio:.1f} times)" for gap in gaps]
        more = len(named) - SHOWN_GAPS
        warn(
            f"the stretch {stretch} crosses empty space, farther from the data than rows are from "
            f"each other: {', '.join(named[:SHOWN_GAPS])}"
            + (f" and {more} more" if more > 0 else "")
            + ". See gaps(); valid_only=True leaves such places out.",
            UserWarning,
        )

    # ------------------------------------------------------------------ parts

    def _given_curve(self) -> PolylineCurve | None:
        """Give the curve that was passed, if one was that is ready."""
        if self.curve is None or isinstance(self.curve, PolylineCurve):
            return self.curve
        learnt = getattr(self.curve, "curve_", None)
        return learnt if isinstance(learnt, PolylineCurve) else None

    def _curve(self) -> PolylineCurve:
        """Give the curve that is learnt or was passed."""
        curve = getattr(self, "curve_", None) or self._given_curve()
        if curve is None:
            raise NotFittedError(
                "this CurveAugmenter has no curve yet; call `fit` first, or pass a fitted curve."
            )
        return curve

    def _require_data(self, why: str) -> None:
        if not hasattr(self, "_support"):
            raise NotFittedError(f"{why}: call `fit` with the data first.")

    def _points(self, X: Any, name: str) -> npt.NDArray[Any]:
        rows = as_matrix(X, name=name, n_features=self.curve_.n_features)
        if not len(rows):
            raise ValueError(f"{name} must have at least 1 row; got none.")
        points: npt.NDArray[Any] = rows.cpu().numpy()
        return points

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `fit` was called."""
        return hasattr(self, "curve_")

    def __sklearn_tags__(self) -> Tags:
        """Say that it is a sampler, that takes frames and no sparse matrices."""
        return sampler_tags(super().__sklearn_tags__())


def _cut(n: int, batch_size: int) -> Iterator[int]:
    """Cut a number into batches."""
    return (min(batch_size, n - start) for start in range(0, n, batch_size))


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(map(repr, names)) or "none"


def _is_number(name: Any) -> bool:
    return isinstance(name, Real) and not isinstance(name, bool)
