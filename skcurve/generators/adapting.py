"""Anything that generates, made an `AdaptedGenerator`: first, what kind of thing it is."""

from __future__ import annotations

from typing import Any

import torch

from skcurve.generators.adapted import AdaptedGenerator
from skcurve.generators.autoencoder import AutoencoderBackend, is_autoencoder
from skcurve.generators.backend import Backend
from skcurve.generators.biggan import BigGANBackend, is_biggan
from skcurve.generators.function import FunctionBackend
from skcurve.generators.network import ModuleBackend
from skcurve.generators.options import Library, Options, check_batch_size
from skcurve.generators.stylegan import StyleGANBackend, is_stylegan
from skcurve.generators.transformer import TransformerBackend
from skcurve.validation import check_device


def as_generator(
    obj: Any,
    *,
    latent_shape: Any = None,
    n_layers: int | None = None,
    batch_size: int | None = None,
    device: str | torch.device = "auto",
    truncation: float | None = None,
    class_label: Any = None,
    backend: Library | None = None,
) -> AdaptedGenerator:
    """Adapt anything that generates: it then takes latents, and gives outputs, in one way.

    What an object is, is seen from the object; no package is imported to find out. In this order:

    1. An `AdaptedGenerator` is returned as it is.
    2. NVIDIA's StyleGAN2 and StyleGAN3, ``G_ema`` of a pickle [1]_ [2]_: latents are those of W, of
       shape (n, w_dim), or of W+, (n, num_ws, w_dim). Noise inputs are constant. `truncation` and
       `class_label` act on the mapping, through which `sample` goes.
    3. ``BigGAN`` of pytorch-pretrained-biggan [3]_: latents are z, with one `class_label` for all;
       or without one z and a class vector side by side. `truncation` in (0, 1].
    4. ``AutoencoderKL`` of diffusers [4]_: its decoder. Latents are those of ``vae.encode``, of
       shape (n, channels, height, width), or the same as rows.
    5. A ``torch.nn.Module``: a map from a batch of latents to a batch of outputs.
    6. A fitted scikit-learn transformer with ``inverse_transform``: latents are what ``transform``
       gives. Sampled latents of a PCA are as wide as its components.
    7. Any other callable, of numpy arrays or of torch tensors: which, is tried on the first latents
       unless `backend` says it. One that works with both is taken for one of tensors.

    Of 5 and 7, the optional members of `Generator` are used: with ``mapping`` and ``synthesis``,
    for example, latents are those in between.

    Parameters
    ----------
    obj : object
        What generates.
    latent_shape : tuple of int or int, default=None
        The shape of one latent, for what does not say. A plain function or module learns it from
        the first latents it is given, but cannot be sampled before.
    n_layers : int, default=None
        Layers that take a latent each, for a function or module that has them and does not say.
    batch_size : int, default=None
        Latents at one time; None for 64, or for what an adapted generator has.
    device : str or torch.device, default="auto"
        Where to compute. "auto" leaves a network where it is, and a function where the latents are.
        Another one moves a network there.
    truncation : float, default=None
        How far samples are drawn towards the mean, 1 being not at all.
    class_label : int or array-like of shape (n_classes,), default=None
        The class of everything that is generated, by its number or as a vector.
    backend : "numpy", "torch" or None, default=None
        What a plain function computes with; None to find out.

    Returns
    -------
    generator : AdaptedGenerator

    Raises
    ------
    TypeError
        If the object is nothing of these.
    ValueError
        If an option is wrong, or has no meaning for such an object.
    sklearn.exceptions.NotFittedError
        If a transformer is not fitted.

    References
    ----------
    .. [1] T. Karras et al., "Training generative adversarial networks with limited data",
       NeurIPS 2020, https://github.com/NVlabs/stylegan2-ada-pytorch
    .. [2] T. Karras et al., "Alias-free generative adversarial networks", NeurIPS 2021,
       https://github.com/NVlabs/stylegan3
    .. [3] A. Brock, J. Donahue and K. Simonyan, "Large scale GAN training for high fidelity natural
       image synthesis", ICLR 2019, https://pypi.org/project/pytorch-pretrained-biggan
    .. [4] https://huggingface.co/docs/diffusers/api/models/autoencoderkl

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from skcurve.generators import as_generator
    >>> X, _ = load_digits(return_X_y=True)
    >>> generator = as_generator(PCA(8).fit(X))
    >>> generator.latent_shape
    (8,)
    >>> generator(generator.sample(3, random_state=0)).shape
    (3, 64)
    """
    options = Options.checked(latent_shape, n_layers, truncation, class_label, backend)
    if batch_size is not None:
        batch_size = check_batch_size(batch_size)
    place = None if str(device) == "auto" else check_device(str(device))
    if isinstance(obj, AdaptedGenerator):
        options.allow(kind="a generator that is adapted already")
        if place is not None:
            raise ValueError(f"device={device!r} comes late: the generator is adapted already.")
        return obj if batch_size is None else obj.resized(batch_size)
    return AdaptedGenerator(_backend(obj, options, place), batch_size=batch_size or 64)


def _backend(obj: Any, options: Options, device: torch.device | None) -> Backend:
    """Find out what an object is."""
    if isinstance(obj, type):
        raise TypeError(f"obj must be a generator, not a class; got {obj.__name__}.")
    if is_stylegan(obj):
        return StyleGANBackend(obj, options, device)
    if is_biggan(obj):
        return BigGANBackend(obj, options, device)
    if is_autoencoder(obj):
        return AutoencoderBackend(obj, options, device)
    if isinstance(obj, torch.nn.Module):
        return ModuleBackend(obj, options, device)
    if callable(getattr(obj, "inverse_transform", None)):
        if device is not None and device.type != "cpu":
            raise ValueError(
                f"device={str(device)!r} has no meaning for {type(obj).__name__}: transformers "
                "compute on the processor."
            )
        return TransformerBackend(obj, options)
    if callable(obj) or all(
        callable(getattr(obj, name, None)) for name in ("mapping", "synthesis")
    ):
        return FunctionBackend(obj, options, device)
    raise TypeError(
        "obj must be a function from latents to outputs, a torch module, or a transformer with "
        f"inverse_transform; got {type(obj).__name__}."
    )
