"""What an object says about itself: the optional members of a generator."""

from __future__ import annotations

import inspect
import numbers
import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from skcurve.generators.options import Options, check_shape


@dataclass(frozen=True)
class Declared:
    """The optional members of `Generator` that an object has, and what the user adds to them.

    Attributes
    ----------
    decode : callable
        ``obj.synthesis`` where there is a mapping to go with it, else ``obj``.
    mapping : callable or None
        From z to w.
    latent_shape, n_layers, z_dim : see `Generator`
        None where neither the object nor the user says.
    truncation : float
        1 where nobody says otherwise.
    w_avg : array or None
        The mean of W.
    own_sample : callable or None
        ``obj.sample``, if it takes a ``random_state``.
    space : str
        "W" where there is a mapping, or layers; "z" where there is only a ``z_dim``; else "latent".
    output_range : (float, float) or None
        As the object says.
    """

    decode: Callable[..., Any]
    mapping: Callable[..., Any] | None
    latent_shape: tuple[int, ...] | None
    n_layers: int | None
    z_dim: int | None
    truncation: float
    w_avg: Any
    own_sample: Callable[..., Any] | None
    space: str
    output_range: tuple[float, float] | None

    @classmethod
    def of(cls, obj: Any, options: Options) -> Declared:
        """Read the members of an object.

        Parameters
        ----------
        obj : callable
            Any object.
        options : Options
            What the user says; it has to agree with what the object says.
        """
        halves = [getattr(obj, name, None) for name in ("mapping", "synthesis")]
        mapping, synthesis = halves if all(map(callable, halves)) else (None, None)
        if options.truncation is not None and mapping is None:
            raise ValueError(
                f"truncation={options.truncation} needs a generator with `mapping` and "
                f"`synthesis`; {type(obj).__name__} has no such pair."
            )
        sample = getattr(obj, "sample", None)
        # A truncation that the user asks for is nothing that the object's own sample knows of.
        has_own = options.truncation is None and _takes(sample, "random_state")
        truncation = options.truncation
        if truncation is None:
            said = getattr(obj, "truncation", None)
            truncation = float(said) if isinstance(said, numbers.Real) else 1.0
        shape, n_layers = getattr(obj, "latent_shape", None), getattr(obj, "n_layers", None)
        z_dim = getattr(obj, "z_dim", None)
        n_layers = _agree(
            "n_layers", options.n_layers, None if n_layers is None else operator.index(n_layers)
        )
        in_w = mapping is not None or n_layers is not None
        return cls(
            decode=_conditioned(synthesis or obj, options.class_label),
            mapping=mapping,
            latent_shape=_agree(
                "latent_shape", options.latent_shape, None if shape is None else check_shape(shape)
            ),
            n_layers=n_layers,
            z_dim=None if z_dim is None or mapping is None else operator.index(z_dim),
            truncation=truncation,
            w_avg=getattr(obj, "w_avg", getattr(mapping, "w_avg", None)),
            own_sample=sample if has_own else None,
            space="W" if in_w else "latent" if z_dim is None else "z",
            output_range=_range(getattr(obj, "output_range", None)),
        )


def _range(said: Any) -> tuple[float, float] | None:
    """Read what an object says of its outputs; what is no such pair is some other member."""
    try:
        low, high = (float(end) for end in said)
    except (TypeError, ValueError):
        return None
    return (low, high) if low < high else None


def _agree(name: str, said: Any, shown: Any) -> Any:
    if said is not None and shown is not None and said != shown:
        raise ValueError(f"{name}={said} was given, but the generator itself has {name}={shown}.")
    return shown if said is None else said


def _takes(function: Any, parameter: str) -> bool:
    """Whether a function has a parameter of this name; what cannot be looked into has none."""
    target = getattr(function, "forward", function)  # modules forward anything
    try:
        return parameter in inspect.signature(target).parameters
    except (TypeError, ValueError):
        return False


def _conditioned(decode: Callable[..., Any], class_label: Any) -> Callable[..., Any]:
    if class_label is None:
        return decode
    if not _takes(decode, "class_label"):
        raise ValueError(
            f"class_label={class_label!r} needs a generator that takes a keyword `class_label`; "
            "this one does not."
        )
    return partial(decode, class_label=class_label)
