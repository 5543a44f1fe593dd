"""One face for every generator: latents in, outputs out, batch by batch."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from skcurve.generators.backend import Backend
from skcurve.generators.batches import run_batch, run_batches
from skcurve.generators.errors import GeneratorError
from skcurve.generators.latents import check_latents, check_rows, learn_shape, shape_latents
from skcurve.generators.options import check_batch_size
from skcurve.generators.outputs import as_outputs
from skcurve.generators.resting import capturing, resting
from skcurve.interop import Array, as_matrix, as_tensor, restore
from skcurve.randomness import RandomState
from skcurve.randomness import as_generator as as_random_generator

Step = Callable[[torch.Tensor], torch.Tensor]


class AdaptedGenerator:
    """A generator of any kind, called in one way; made by `as_generator`.

    Latents are rows of the space in which one edits: of W where the generator has a mapping to it,
    of its input where not. numpy arrays give numpy arrays, and tensors give tensors on their own
    device; floating-point outputs have the dtype of the latents, bytes and labels their own.

    A network is evaluated in evaluation mode and without gradients, and left as it was found. It
    computes where its parameters are and in their dtype.

    Parameters
    ----------
    backend : Backend
        What is particular to this kind of generator.
    batch_size : int, default=64
        Latents that are put through at one time.

    Attributes
    ----------
    latent_shape : tuple of int or None
        (D,), of one latent. None if a plain function does not say, until its first latents.
    native_shape : tuple of int or None
        The shape in which the object itself takes a latent, of D numbers in all: (D,) for most,
        (channels, height, width) for a decoder of small pictures. Latents may have either.
    n_layers : int or None
        L, the layers of W+: latents may be (n, D), one for all layers, or (n, L, D). None where
        there is no such thing.
    has_mapping : bool
        Whether noise z goes through a mapping to become latents: then `mapping` does that, and
        what is edited is W.
    space : str
        What the space of the latents is called: "W" where there is a mapping, or layers; "z" for
        the noise that goes into a generator; "VAE latent" for the codes of an autoencoder;
        "latent" where the object does not say.
    output_range : (float, float) or None
        From what to what the outputs go, where the object says: of pictures, black and white.
    device : torch.device or None
        Where it computes; None of a plain function, which computes where its latents are.
    differentiable : bool
        Whether `forward` has gradients.
    feature_names : tuple of str
        The layers that `features` knows.
    batch_size : int
        As given.

    See Also
    --------
    as_generator : Makes one.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.generators import as_generator
    >>> generator = as_generator(np.tanh, latent_shape=3)
    >>> generator
    AdaptedGenerator(the function 'tanh', latent_shape=(3,), n_layers=None, batch_size=64)
    >>> generator.has_mapping, generator.space
    (False, 'latent')
    >>> generator(generator.sample(5, random_state=0)).shape
    (5, 3)
    """

    def __init__(self, backend: Backend, *, batch_size: int = 64) -> None:
        self._backend = backend
        self._native_shape = backend.native_shape
        self.batch_size = check_batch_size(batch_size)

    def __repr__(self) -> str:
        device = f", device={str(self._backend.device)!r}" if self._backend.device else ""
        return (
            f"AdaptedGenerator({self._backend.name}, latent_shape={self.latent_shape}, "
            f"n_layers={self.n_layers}, batch_size={self.batch_size}{device})"
        )

    @property
    def latent_shape(self) -> tuple[int, ...] | None:
        """The shape of one latent, (D,)."""
        return None if self._native_shape is None else (prod(self._native_shape),)

    @property
    def native_shape(self) -> tuple[int, ...] | None:
        """The shape in which the object takes one latent."""
        return self._native_shape

    @property
    def n_layers(self) -> int | None:
        """How many layers take a latent each."""
        return self._backend.n_layers

    @property
    def has_mapping(self) -> bool:
        """Whether noise goes through a mapping to become latents."""
        return self._backend.map is not None

    @property
    def space(self) -> str:
        """What the space of the latents is called."""
        return self._backend.space

    @property
    def output_range(self) -> tuple[float, float] | None:
        """From what to what the outputs go, where that is known."""
        return self._backend.output_range

    @property
    def device(self) -> torch.device | None:
        """Where it computes; None of a plain function, which computes where its latents are."""
        return self._backend.device

    @property
    def differentiable(self) -> bool:
        """Whether gradients flow from outputs to latents."""
        if self._backend.differentiable is None:
            with torch.no_grad():
                run_batch(self._decode, torch.from_numpy(self.sample(2, random_state=0)))
        return bool(self._backend.differentiable)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the layers."""
        return self._backend.feature_names

    def __call__(self, latents: Any, *, batch_size: int | None = None) -> Array:
        """Generate the outputs of latents.

        Parameters
        ----------
        latents : array-like of shape (n, D) or, with layers, (n, L, D)
            At least one; finite. They are not changed.
        batch_size : int, default=None
            Latents at one time; None for that of the generator.

        Returns
        -------
        outputs : array of shape (n, ...)
            numpy for numpy; a tensor for a tensor, on its device.

        Raises
        ------
        TypeError
            If the latents are not real numbers.
        ValueError
            If they have the wrong shape, or are not finite.
        GeneratorError
            If the generator raises an exception, gives NaN or infinity, or not one output for each
            latent. Its `completed` has the outputs of the batches before.
        """
        checked = check_latents(latents, self._native_shape, self.n_layers)
        return self._gather(self._decode, checked, latents, batch_size)

    def iter_batches(
        self, latents: Any, batch_size: int | None = None
    ) -> Iterator[tuple[slice, Array]]:
        """Generate batch by batch, so that what is done is done when a later batch fails.

        Parameters
        ----------
        latents : array-like of shape (n, D) or, with layers, (n, L, D)
            At least one; finite. They are checked at once, before the first batch is asked for.
        batch_size : int, default=None
            Latents at one time; None for that of the generator.

        Yields
        ------
        rows : slice
            Where the batch is among the latents.
        outputs : array of shape (stop - start, ...)
            As from a call.

        Raises
        ------
        TypeError, ValueError, GeneratorError
            As from a call.

        Examples
        --------
        >>> import numpy as np
        >>> from skcurve.generators import as_generator
        >>> for rows, outputs in as_generator(np.tanh).iter_batches(np.zeros((5, 2)), 3):
        ...     print(rows, outputs.shape)
        slice(0, 3, None) (3, 2)
        slice(3, 5, None) (2, 2)
        """
        size = self.batch_size if batch_size is None else check_batch_size(batch_size)
        checked = check_latents(latents, self._native_shape, self.n_layers)
        # A function may write each batch into the same memory: hand out copies.
        return (
            (rows, restore(outputs.clone(), like=latents))
            for rows, outputs in run_batches(self._decode, checked, size)
        )

    def run_part(
        self, latents: Any, *, batch: int, n_batches: int, rows: npt.NDArray[np.intp]
    ) -> Array:
        """Generate one batch, for a caller that cuts its work into batches itself.

        Parameters
        ----------
        latents : array-like of shape (n, D) or, with layers, (n, L, D)
            The batch; finite.
        batch, n_batches : int
            Which batch of the caller it is, from 0, and of how many.
        rows : int array of shape (n,)
            The numbers of its latents among those of the caller. An error names these.

        Returns
        -------
        outputs : array of shape (n, ...)
            As from a call.

        Raises
        ------
        TypeError, ValueError, GeneratorError
            As from a call; nothing is completed.

        Examples
        --------
        >>> import numpy as np
        >>> from skcurve.generators import GeneratorError, as_generator
        >>> generator = as_generator(lambda latents: latents / latents.min(), backend="numpy")
        >>> try:
        ...     with np.errstate(all="ignore"):
        ...         generator.run_part([[1.0], [0.0]], batch=2, n_batches=5, rows=np.array([8, 9]))
        ... except GeneratorError as error:
        ...     print(error)
        the generator gave NaN or infinity on batch 3 of 5 (latents 8 to 9): latents 8 to 9
        """
        checked = check_latents(latents, self._native_shape, self.n_layers)
        with torch.no_grad():
            outputs = run_batch(self._decode, checked, batch=batch, n_batches=n_batches, rows=rows)
        return restore(outputs.clone(), like=latents)

    def check_latents(self, latents: Any) -> torch.Tensor:
        """Return latents as rows, or say what is wrong with them; nothing is generated of them.

        A plain function that does not say what it takes is shown the first one, and learns it.

        Parameters
        ----------
        latents : array-like of shape (n, D) or, with layers, (n, L, D)
            Or of `native_shape` in the place of D. At least one; finite.

        Returns
        -------
        latents : tensor of shape (n, D) or (n, L, D)
            float32 or float64; it may share the memory of what was given.

        Raises
        ------
        TypeError, ValueError
            As from a call.
        GeneratorError
            If it is shown the first one, and fails.

        Examples
        --------
        >>> import numpy as np
        >>> from skcurve.generators import as_generator
        >>> tuple(
        ...     as_generator(np.tanh, latent_shape=(2, 3)).check_latents(np.ones((5, 2, 3))).shape
        ... )
        (5, 6)
        """
        if self._native_shape is None:
            self(check_rows(latents, None, self.n_layers)[:1])
        return check_rows(latents, self._native_shape, self.n_layers)

    def forward(self, latents: torch.Tensor, *, layer: str | None = None) -> torch.Tensor:
        """Generate the outputs of one batch, with gradients, to train on.

        Gradients flow to the latents alone: the parameters of a network are constants here.

        Parameters
        ----------
        latents : tensor of shape (n, D) or, with layers, (n, L, D)
            All at one time.
        layer : str, default=None
            A name of `feature_names`: give the outputs of this layer instead, as in `features`.

        Returns
        -------
        outputs : tensor of shape (n, ...)
            On the device, and if floating in the dtype, of the latents.

        Raises
        ------
        TypeError
            If the latents are not a tensor of floating-point numbers.
        ValueError
            If the generator is not differentiable, or the latents have the wrong shape.
        GeneratorError
            As from a call; also if no gradient reaches the latents.

        Examples
        --------
        >>> import torch
        >>> from skcurve.generators import as_generator
        >>> latents = torch.zeros(1, 2, requires_grad=True)
        >>> as_generator(torch.sin).forward(latents).sum().backward()
        >>> latents.grad
        tensor([[1., 1.]])
        """
        if not isinstance(latents, torch.Tensor) or not latents.is_floating_point():
            got = getattr(latents, "dtype", type(latents).__name__)
            raise TypeError(f"latents must be a tensor of floating-point numbers; got {got}.")
        check_latents(latents, self._native_shape, self.n_layers)
        step = self._decode if layer is None else self._look_at(layer)
        # Of a function that was never called this is not known before.
        outputs = run_batch(step, latents) if self._backend.differentiable is not False else None
        if outputs is None or not self._backend.differentiable:
            raise ValueError(f"{self._backend.name} has no gradients: it is not differentiable.")
        if latents.requires_grad and torch.is_grad_enabled() and not outputs.requires_grad:
            raise GeneratorError(
                f"no gradient goes from the outputs of {self._backend.name} to the latents.",
                rows=np.arange(len(latents)),
            )
        return outputs.to(latents.device)

    def features(
        self,
        latents: Any,
        layer: str,
        *,
        batch_size: int | None = None,
        on_batch: Callable[[], Any] | None = None,
    ) -> Array:
        """Give what a layer of the network computes on the way.

        Parameters
        ----------
        latents : array-like of shape (n, D) or, with layers, (n, L, D)
            At least one; finite.
        layer : str
            A name of `feature_names`.
        batch_size : int, default=None
            Latents at one time; None for that of the generator.
        on_batch : callable, default=None
            Called without arguments after each batch.

        Returns
        -------
        features : array of shape (n, F)
            The outputs of the layer, flattened. Of a layer that runs several times, its last; of
            one with several outputs, the first.

        Raises
        ------
        ValueError
            If there is no such layer, as in all that is no torch module, or the latents are wrong.
        GeneratorError
            As from a call; also if the layer does not run.
        """
        step = self._look_at(layer)
        checked = check_latents(latents, self._native_shape, self.n_layers)
        return self._gather(step, checked, latents, batch_size, on_batch)

    def sample(self, n: int, random_state: RandomState = None) -> npt.NDArray[Any]:
        """Draw latents as the generator draws them.

        Parameters
        ----------
        n : int
            How many.
        random_state : int, RandomState, Generator or None, default=None
            Where the randomness comes from.

        Returns
        -------
        latents : array of shape (n, D)
            The object's own `sample(n, random_state)` where it has one; normal noise that went
            through its mapping, truncated, where it has one; else normal noise. float32, or float64
            where the network computes in it.

        Raises
        ------
        ValueError
            If n is negative, or the shape of a latent is not known.
        GeneratorError
            If the mapping fails, or the object's own sample has not this shape.
        """
        n = operator.index(n)
        if n < 0:
            raise ValueError(f"n must be at least 0; got {n}.")
        if self._backend.own_sample is not None:
            with torch.no_grad(), resting(self._backend.network):
                return self._sampled(self._backend.own_sample(n, random_state=random_state), n)
        width = self._backend.z_dim or (self.latent_shape or (None,))[0]
        if width is None:
            raise ValueError(
                f"{self._backend.name} does not say the shape of its latents: pass latent_shape= "
                "to as_generator, or call it on some latents first."
            )
        noise = self._backend.draw(n, width, as_random_generator(random_state))
        if self._backend.map is None:
            return noise
        if n == 0:
            return np.empty((0, *(self.latent_shape or (width,))), noise.dtype)
        return self._sampled(self.mapping(noise), n)

    def mapping(self, z: Any, *, batch_size: int | None = None) -> Array:
        """Map noise to latents, truncated as the generator is.

        Parameters
        ----------
        z : array-like of shape (n, z_dim)
            Noise.
        batch_size : int, default=None
            Rows at one time; None for that of the generator.

        Returns
        -------
        latents : array of shape (n, D)

        Raises
        ------
        ValueError
            If the generator has no mapping, or z is not a finite matrix that fits it.
        GeneratorError
            If the mapping fails.
        """
        mapping = self._backend.map
        if mapping is None:
            raise ValueError(f"{self._backend.name} has no mapping: its latents are its input.")
        noise = as_matrix(z, name="z", n_features=self._backend.z_dim)

        def step(batch: torch.Tensor) -> torch.Tensor:
            with resting(self._backend.network):
                return as_outputs(mapping(self._place(batch).clone()), batch.dtype)

        return self._gather(step, noise, z, batch_size)

    def first_layer_weights(self) -> npt.NDArray[Any]:
        """Give the weights by which the first layer acts on a latent.

        Returns
        -------
        weights : array of shape (F, D)
            One row for each output of the layer. Of a StyleGAN, those of all its layers that take
            w, one below the other; of another network, those of the first layer that runs on
            vectors as wide as a latent; or what the object itself gives under this name.

        Raises
        ------
        ValueError
            If the generator does not show them.
        """
        shape = self.latent_shape
        if shape is None:
            raise ValueError(
                f"{self._backend.name} does not say the shape of its latents: pass latent_shape=."
            )
        with torch.no_grad(), resting(self._backend.network):
            weights = self._backend.first_layer_weights(shape[0]).detach().cpu()
        if weights.ndim != 2 or weights.shape[1] != shape[0]:
            raise ValueError(
                f"first_layer_weights of {self._backend.name} must have shape (F, {shape[0]}); "
                f"got {tuple(weights.shape)}."
            )
        array: npt.NDArray[Any] = weights.numpy().copy()
        return array

    def resized(self, batch_size: int) -> AdaptedGenerator:
        """Give the same generator with another batch size.

        Parameters
        ----------
        batch_size : int
            Latents at one time.
        """
        if check_batch_size(batch_size) == self.batch_size:
            return self
        other = AdaptedGenerator(self._backend, batch_size=batch_size)
        other._native_shape = self._native_shape
        return other

    def _gather(
        self,
        step: Step,
        latents: torch.Tensor,
        like: Any,
        batch_size: int | None,
        on_batch: Callable[[], Any] | None = None,
    ) -> Array:
        """Compute all batches into one array, or give what there is of it to the error."""
        size = self.batch_size if batch_size is None else check_batch_size(batch_size)
        home = like.device if isinstance(like, torch.Tensor) else torch.device("cpu")
        gathered = torch.empty(0)
        n_done = 0
        try:
            for rows, outputs in run_batches(step, latents, size):
                if n_done == 0:
                    gathered = outputs.new_empty((len(latents), *outputs.shape[1:]), device=home)
                gathered[rows] = outputs
                n_done = rows.stop
                if on_batch is not None:
                    on_batch()
        except GeneratorError as error:
            error.completed = restore(gathered[:n_done], like=like) if n_done else None
            raise
        return restore(gathered, like=like)

    def _decode(self, latents: torch.Tensor) -> torch.Tensor:
        """Compute one batch: placed, shaped, by a network at rest."""
        native = self._native_shape or learn_shape(tuple(latents.shape), self.n_layers)
        placed = shape_latents(self._place(latents), native, self.n_layers)
        with resting(self._backend.network):
            outputs = as_outputs(self._backend.decode(placed.clone()), latents.dtype)
        self._native_shape = native  # it was not refused
        return outputs

    def _look_at(self, layer: str) -> Step:
        """Make a step that gives what a layer computes while the network decodes."""
        network = self._backend.network
        if network is None:
            raise ValueError(f"{self._backend.name} is no torch module: it has no layers to show.")
        if layer not in self.feature_names:
            known = ", ".join(self.feature_names)
            raise ValueError(f"layer must be one of {known}; got {layer!r}.")

        def step(latents: torch.Tensor) -> torch.Tensor:
            with capturing(network, layer) as caught:
                self._decode(latents)
            if not caught:
                raise RuntimeError(f"the layer {layer!r} did not run.")
            last = caught[-1]
            first = last[0] if isinstance(last, tuple | list) else last
            features = as_outputs(first, latents.dtype)
            return features.reshape(len(features), -1)

        return step

    def _place(self, latents: torch.Tensor) -> torch.Tensor:
        device = self._backend.device or latents.device
        return latents.to(device=device, dtype=self._backend.dtype or latents.dtype)

    def _sampled(self, latents: Any, n: int) -> npt.NDArray[Any]:
        """Check what an object of the user sampled, and give it as rows."""
        rows: npt.NDArray[Any] = as_tensor(latents, name="sampled latents").cpu().numpy()
        rows = rows.reshape(len(rows), -1)
        width = rows.shape[1] if self.latent_shape is None else self.latent_shape[0]
        if rows.shape != (n, width):
            raise GeneratorError(
                f"{self._backend.name} sampled latents of shape {np.shape(latents)}; expected "
                f"({n}, {width})."
            )
        return rows
