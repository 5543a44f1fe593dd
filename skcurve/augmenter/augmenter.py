"""CurveAugmenter: new samples from chosen stretches of a curve."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import OneToOneFeatureMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from skcurve.augmenter.classes import ClassCurve, fresh, learnt, pooled
from skcurve.augmenter.drawing import Draw
from skcurve.augmenter.kinds import dense, like_labels, like_rows, read_labels
from skcurve.augmenter.labels import SegmentLabels
from skcurve.augmenter.records import Coverage, Samples, Validity
from skcurve.augmenter.residuals import Residuals
from skcurve.augmenter.sampling import Sampling
from skcurve.augmenter.strategy import NAMES, needed
from skcurve.augmenter.stretches import Places, Stretch, fair_weights
from skcurve.augmenter.support import SHARE, Support, runs
from skcurve.augmenter.tags import sampler_tags
from skcurve.curve import PolylineCurve
from skcurve.interop import as_matrix, restore
from skcurve.projection import Projection
from skcurve.randomness import as_generator
from skcurve.validation import check_rows, features_kept

SPACINGS = ("arclength", "index", "density")
"""How samples are spread over a stretch."""
ROWS_A_VERTEX = 8
"""A curve that nobody described has the highest bitrate that leaves so many rows a vertex."""
OWNER_SHARE, SOLID_SHARE = 0.5, 0.9
"""A class has stretches of a curve that is given if so many of its rows are about them; and of
these so many where the curve does not cross empty space: else a part of the class would be lost."""


class CurveAugmenter(OneToOneFeatureMixin, Sampling):
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
                curve = learnt(estimator.fit(restore(rows, like=X)))
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

    # ------------------------------------------------------------------ balancing

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
            The rows, and the new ones after them; a list, a pandas frame or a tensor if X was one.
            Whole numbers become float64.

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
