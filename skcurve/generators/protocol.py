"""What a generator is: any callable from latents to outputs."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Generator(Protocol):
    """Any callable from latents to outputs is a generator; `as_generator` makes it a uniform one.

    Latents come as one array of shape (n, D), numpy or torch, and outputs leave as one array of
    shape (n, ...): images, sounds, rows of a table. Nothing else is needed. What an object has of
    the following, under these names, is used:

    ``latent_shape`` : tuple of int
        The shape of one latent of the space in which one edits: of W, where there is a mapping.
    ``n_layers`` : int
        The number of layers that take a latent each (W+). Then the generator is called with
        latents of shape (n, n_layers, D).
    ``sample(n, random_state)`` : callable
        n latents of that space. Known by its parameter ``random_state``: a ``sample`` without one
        would be something else, such as images.
    ``mapping(z)`` and ``synthesis(w)`` : callables
        The two halves of a generator with an intermediate space W: ``synthesis`` is then called
        instead of the object itself, and the latents are those of W.
    ``z_dim`` : int
        The width of z, where it is not that of W.
    ``truncation`` : float
        How far sampled w are drawn towards their mean, ``w_avg + truncation * (w - w_avg)``.
    ``w_avg`` : array of shape (D,)
        That mean, here or at ``mapping.w_avg``; else it is estimated.
    ``output_range`` : (float, float)
        From what to what the outputs go: of pictures, black and white.
    ``class_label`` : keyword of the call
        What `as_generator` was given as `class_label` is passed on to it.
    ``first_layer_weights()`` : callable
        The weights by which the first layer acts on a latent, of shape (F, D).

    See Also
    --------
    as_generator : Makes an `AdaptedGenerator` of anything that is one.

    Examples
    --------
    >>> import numpy as np
    >>> from skcurve.generators import Generator
    >>> isinstance(np.tanh, Generator)
    True
    """

    def __call__(self, latents: Any, /) -> Any:
        """Turn latents of shape (n, ...) into outputs of shape (n, ...)."""
        ...
