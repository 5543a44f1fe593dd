"""A network that finds the object on an image, learnt from images and masks."""

from __future__ import annotations

import os
from copy import deepcopy
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import BaseEstimator, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted
from torch.nn import functional as F

from skcurve import storage
from skcurve.explorer.progress import reporting
from skcurve.interop import Array, restore
from skcurve.notices import warn
from skcurve.randomness import as_generator
from skcurve.saliency.images import as_images
from skcurve.saliency.metrics import as_true_masks, iou
from skcurve.saliency.unet import UNet
from skcurve.validation import check_device

Order = npt.NDArray[np.intp]

LEAST_SPREAD = 0.05
"""Of the spread of the channel that varies most: one that varies less says little."""
ROUNDING = 1e-6
"""Of the largest pixel: what varies by less is constant."""


class SaliencySegmenter(BaseEstimator):
    """Find the object on images: a small U-Net, learnt from images and masks.

    The network minimises the cross-entropy of each pixel (Adam). A share of the pairs is held out;
    when the loss on these has not fallen for `patience` epochs, learning ends, and the weights of
    the best epoch are kept.

    Parameters
    ----------
    n_channels : int, default=16
        Channels of the network at the finest grid; each coarser one has twice as many.
    depth : int, default=2
        How often the grid is halved.
    max_epochs : int, default=20
        Passes over the pairs, at most.
    batch_size : int, default=32
        Pairs a step.
    learning_rate : float, default=3e-3
        Of Adam.
    validation_fraction : float, default=0.1
        Of the pairs: those held out, at least one.
    patience : int, default=3
        Epochs without a smaller held-out loss before learning ends.
    device : str, default="auto"
        Where to compute; "auto" for a GPU if there is one.
    random_state : int, RandomState instance or None, default=None
        Where the first weights, the split and the order of the pairs come from.
    progress : bool or callable, default=False
        Whether to show progress on stderr; or a function to tell it to: (doing, done, total).

    Attributes
    ----------
    network_ : torch.nn.Module
        The network, in evaluation mode.
    history_ : list of dict
        One record an epoch: epoch, loss, held_out_loss.
    n_iter_ : int
        Epochs made.
    n_channels_in_ : int
        Channels of an image.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.saliency import SaliencySegmenter
    >>> random = np.random.default_rng(0)
    >>> masks = np.zeros((64, 8, 8), bool)
    >>> masks[:32, 2:6, 2:6] = masks[32:, :4, 3:7] = True
    >>> images = masks + random.normal(0, 0.1, masks.shape)
    >>> segmenter = SaliencySegmenter(8, depth=1, random_state=0).fit(images, masks)
    >>> segmenter.predict(images).shape, segmenter.score(images, masks) > 0.9
    ((64, 8, 8), True)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_channels": [Interval(Integral, 1, None, closed="left")],
        "depth": [Interval(Integral, 1, 6, closed="both")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "device": [str],
        "random_state": ["random_state"],
        "progress": ["boolean", callable],
    }

    network_: UNet
    history_: list[dict[str, float]]
    n_iter_: int
    n_channels_in_: int

    def __init__(  # type: ignore[no-untyped-def]
        self,
        n_channels=16,
        *,
        depth=2,
        max_epochs=20,
        batch_size=32,
        learning_rate=3e-3,
        validation_fraction=0.1,
        patience=3,
        device="auto",
        random_state=None,
        progress=False,
    ):
        self.n_channels = n_channels
        self.depth = depth
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.device = device
        self.random_state = random_state
        self.progress = progress

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, images: Any, masks: Any) -> Self:
        """Learn from images and their masks.

        Parameters
        ----------
        images : array-like of shape (n, C, H, W), (n, H, W, C) or (n, H, W)
            With 1 or 3 channels; at least 2 images.
        masks : array-like of shape (n, H, W)
            1 or True where the object is.

        Returns
        -------
        self : SaliencySegmenter
            The fitted segmenter.

        Raises
        ------
        TypeError, ValueError
            If these are no images and masks, or do not fit each other.
        RuntimeError
            If the loss is no finite number any more.

        Notes
        -----
        Ctrl-C ends learning with a warning, and the best weights by then; before the end of the
        first epoch, it passes through.
        """
        pixels = as_images(images).float()
        truth = torch.from_numpy(as_true_masks(masks, "masks")).float()
        if truth.shape != (len(pixels), *pixels.shape[2:]):
            raise ValueError(
                f"masks must have shape {(len(pixels), *pixels.shape[2:])}, one mask an image; got "
                f"{tuple(truth.shape)}."
            )
        if len(pixels) < 2:
            raise ValueError(f"images must be at least 2, one to hold out; got {len(pixels)}.")
        random = as_generator(self.random_state)
        device = _place(self.device)
        order = random.permutation(len(pixels))
        n_out = min(max(1, round(self.validation_fraction * len(pixels))), len(pixels) - 1)
        held_out, rows = order[:n_out], order[n_out:]
        coarsest = np.prod([-(-side // 2**self.depth) for side in pixels.shape[2:]])
        smallest = min(len(part) for part in _batches(rows, self.batch_size))
        if smallest * coarsest < 2:
            raise ValueError(
                f"depth={self.depth} leaves a single pixel of a batch of one image, which cannot "
                "be normalised: give a smaller depth, a larger batch_size or more images."
            )
        with torch.inference_mode(False), torch.enable_grad():
            network = self._make(pixels.shape[1], int(random.integers(2**62)))
            network.center.copy_(pixels[rows].mean((0, 2, 3), keepdim=True))
            network.scale.copy_(_scale_of(pixels[rows]))
            network.to(device)
            history = self._descend(network, pixels, truth, rows, held_out, random)
        self.network_, self.history_, self.n_iter_ = network.eval(), history, len(history)
        self.n_channels_in_ = pixels.shape[1]
        return self

    def predict_proba(self, images: Any) -> Array:
        """Say how surely each pixel is of the object.

        Parameters
        ----------
        images : array-like
            As of `fit`, of any size, with as many channels.

        Returns
        -------
        scores : float32 array of shape (n, H, W)
            From 0 to 1; a tensor for a tensor.
        """
        check_is_fitted(self)
        pixels = as_images(images).float()
        if pixels.shape[1] != self.n_channels_in_:
            raise ValueError(
                f"images must have {self.n_channels_in_} channel(s), as those of `fit`; got "
                f"{pixels.shape[1]}."
            )
        place = self.network_.center.device
        with torch.no_grad():
            parts = [
                torch.sigmoid(self.network_(part.to(place))).cpu()
                for part in pixels.split(max(self.batch_size, 64))
            ]
        return restore(torch.cat(parts), like=images)

    def predict(self, images: Any) -> Array:
        """Find the object.

        Parameters
        ----------
        images : array-like
            As of `predict_proba`.

        Returns
        -------
        masks : bool array of shape (n, H, W)
            A tensor for a tensor.
        """
        return self.predict_proba(images) > 0.5

    def score(self, images: Any, masks: Any) -> float:
        """Give the mean intersection over union with true masks.

        Parameters
        ----------
        images : array-like
            As of `predict_proba`.
        masks : array-like of shape (n, H, W)
            True ones.

        Returns
        -------
        iou : float
        """
        return iou(masks, self.predict(images))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted segmenter to a safetensors file, complete or not at all.

        Parameters
        ----------
        path : path-like
            The file; one that is there is replaced.
        """
        check_is_fitted(self)
        parameters = self.get_params(deep=False)
        parameters["progress"] = bool(parameters["progress"] is True)
        if not isinstance(parameters["random_state"], Integral):
            parameters["random_state"] = None
        facts = {
            "parameters": {
                name: value.item() if isinstance(value, np.generic) else value
                for name, value in parameters.items()
            },
            "history": self.history_,
            "n_channels_in": self.n_channels_in_,
        }
        storage.write(path, type(self).__name__, self.network_.state_dict(), facts)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote; nothing in the file is run.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        segmenter : SaliencySegmenter
            Fitted; on the device that its parameter `device` names, or else on the processor.

        Raises
        ------
        FileNotFoundError, ValueError
            If there is no such file, or it holds no segmenter.
        """
        tensors, facts = storage.read(path, cls.__name__)
        try:
            segmenter = cls(**facts["parameters"])
            segmenter._validate_params()
            network = segmenter._make(int(facts["n_channels_in"]), 0)
            network.load_state_dict(tensors)
            segmenter.history_ = list(facts["history"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ValueError(
                f"{os.fspath(path)!r} is damaged: its parts do not make up a fitted "
                f"{cls.__name__} ({type(error).__name__}: {error})."
            ) from error
        try:
            place = _place(segmenter.device)
        except ValueError:  # it was learnt where there is a GPU
            place = torch.device("cpu")
        segmenter.network_ = network.to(place).eval()
        segmenter.n_iter_ = len(segmenter.history_)
        segmenter.n_channels_in_ = int(facts["n_channels_in"])
        return segmenter

    def _make(self, n_in: int, seed: int) -> UNet:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return UNet(n_in, self.n_channels, self.depth)

    def _descend(
        self,
        network: UNet,
        pixels: torch.Tensor,
        truth: torch.Tensor,
        rows: Order,
        held_out: Order,
        random: np.random.Generator,
    ) -> list[dict[str, float]]:
        """Take steps until the held-out loss falls no more; leave the best weights."""
        optimizer = torch.optim.Adam(network.parameters(), self.learning_rate)
        place = network.center.device
        history: list[dict[str, float]] = []
        learnt = history, deepcopy(network.state_dict())
        best, waited = np.inf, 0

        def loss_of(part: Order) -> torch.Tensor:
            logits = network(pixels[part].to(place))
            return F.binary_cross_entropy_with_logits(logits, truth[part].to(place))

        try:
            with reporting(self.progress) as report:
                for epoch in range(1, self.max_epochs + 1):
                    network.train()
                    losses = []
                    for part in _batches(random.permutation(rows), self.batch_size):
                        loss = loss_of(part)
                        optimizer.zero_grad()
                        loss.backward()
                        optimizer.step()
                        losses.append(float(loss.detach()) * len(part))
                    network.eval()
                    with torch.no_grad():
                        sums = [
                            float(loss_of(part)) * len(part)
                            for part in _batches(held_out, self.batch_size)
                        ]
                    found, out = sum(losses) / len(rows), sum(sums) / len(held_out)
                    for name, number in (("loss", found), ("held-out loss", out)):
                        if not np.isfinite(number):
                            raise RuntimeError(
                                f"the {name} is {number} after {epoch} epoch(s); a smaller "
                                "learning_rate may help."
                            )
                    history, state = learnt
                    waited += 1
                    if out < best:
                        best, state, waited = out, deepcopy(network.state_dict()), 0
                    history = [*history, {"epoch": epoch, "loss": found, "held_out_loss": out}]
                    learnt = history, state  # both at once, wherever Ctrl-C lands
                    report("learning to segment", epoch, self.max_epochs)
                    if waited >= self.patience:
                        report("learning to segment", self.max_epochs, self.max_epochs)
                        break
        except KeyboardInterrupt:
            history, _ = learnt
            if not history:
                raise
            warn(
                f"Interrupted: the weights are the best of {len(history)} epoch(s), of at most "
                f"{self.max_epochs}.",
                ConvergenceWarning,
            )
        history, state = learnt
        network.load_state_dict(state)
        return history


def _place(device: str) -> torch.device:
    """Give the device of a name; "auto" is a GPU if there is one."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return check_device(device)


def _scale_of(pixels: torch.Tensor) -> torch.Tensor:
    """Give the spread of each channel, (1, C, 1, 1); of one that hardly varies, a little more."""
    spread = pixels.std((0, 2, 3), keepdim=True)
    largest = pixels.abs().amax((0, 2, 3), keepdim=True)
    scale = spread.maximum(LEAST_SPREAD * spread.max()).maximum(ROUNDING * largest)
    return torch.where(scale > 0, scale, 1.0)


def _batches(rows: Order, size: int) -> list[Order]:
    return np.array_split(rows, -(-len(rows) // size))
