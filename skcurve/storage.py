"""A fitted estimator in one safetensors file: no pickle, no training data, nothing half-written."""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from skcurve.files import replace_file
from skcurve.interop import as_tensor, restore
from skcurve.solvers import Sweep
from skcurve.solvers.named import describe_solver, solver_from
from skcurve.validation import check_codebook

FORMAT_VERSION = 1


def save_estimator(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write the parameters and the codebooks of a fitted `SFVQ`; see `SFVQ.save`."""
    parameters = estimator.get_params(deep=False)
    tensors = {
        f"codebook.{bitrate}": as_tensor(codebook, name="codebook")
        for bitrate, codebook in estimator.codebooks_.items()
    }
    if not isinstance(estimator.init, str):
        tensors["init"] = as_tensor(estimator.init, name="init")
        parameters["init"] = None
    if not isinstance(estimator.random_state, Integral):
        parameters["random_state"] = None
    if not isinstance(estimator.solver, str):
        parameters["solver"] = describe_solver(estimator.solver)
    if hasattr(estimator, "usage_"):
        tensors["usage"] = torch.as_tensor(estimator.usage_)
    facts = {
        "version": version("skcurve"),
        "parameters": {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in parameters.items()
        },
        "history": estimator.history_,
        "feature_names": getattr(estimator, "feature_names_in_", np.empty(0)).tolist(),
        "holds_tensors": isinstance(estimator.codebook_, torch.Tensor),
    }
    write(path, type(estimator).__name__, tensors, facts)


def load_estimator(kind: type[Any], path: str | os.PathLike[str]) -> Any:
    """Read what `save_estimator` wrote, and make the estimator again; see `SFVQ.load`."""
    tensors, facts = read(path, kind.__name__)
    try:
        return _made_again(kind, tensors, facts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            f"{os.fspath(path)!r} is damaged: its parts do not make up a fitted {kind.__name__} "
            f"({type(error).__name__}: {error})."
        ) from error


def _made_again(kind: type[Any], tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> Any:
    like = torch.empty(0) if facts["holds_tensors"] else np.empty(0)
    parameters = facts["parameters"]
    if isinstance(parameters["solver"], dict):
        parameters["solver"] = solver_from(parameters["solver"])
    if "init" in tensors:
        parameters["init"] = restore(tensors["init"], like=like)
    codebooks = dict(
        check_codebook(part, name=name)
        for name, part in tensors.items()
        if name.startswith("codebook.")
    )
    if len({part.shape[1] for part in codebooks.values()}) != 1:
        raise ValueError("there must be codebooks, all of the same width")
    if "usage" in tensors and len(tensors["usage"]) != 2 ** max(codebooks) - 1:
        raise ValueError("there must be a usage for each segment")
    estimator = kind(**parameters)
    estimator._validate_params()
    estimator._set_codebooks(codebooks, like=like)
    for record in facts["history"]:
        if not all(isinstance(record[name], Real) for name in Sweep._fields):
            raise ValueError("a history must have numbers alone")
    estimator.history_, estimator.n_iter_ = facts["history"], len(facts["history"])
    estimator.n_features_in_ = estimator.curve_.n_features
    if "usage" in tensors:
        estimator.usage_ = restore(tensors["usage"], like=like)
    if facts["feature_names"]:
        estimator.feature_names_in_ = np.asarray(facts["feature_names"], dtype=object)
    return estimator


def write(
    path: str | os.PathLike[str], kind: str, tensors: dict[str, torch.Tensor], facts: dict[str, Any]
) -> None:
    """Write tensors and facts to a file that is complete or not there.

    Parameters
    ----------
    path : path-like
        Where to; an existing file is replaced once the new one is complete.
    kind : str
        What is written, such as "SFVQ"; `read` asks for it.
    tensors : dict of str to tensor
        The arrays.
    facts : dict
        Anything JSON can hold.
    """
    header = {"skcurve": json.dumps({"kind": kind, "format": FORMAT_VERSION, **facts})}
    content = save({name: part.cpu().contiguous() for name, part in tensors.items()}, header)
    replace_file(path, content)


def read(path: str | os.PathLike[str], kind: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read what `write` wrote.

    Parameters
    ----------
    path : path-like
        The file.
    kind : str
        What it must hold.

    Returns
    -------
    tensors : dict of str to tensor
    facts : dict

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    IsADirectoryError
        If it is a folder.
    ValueError
        If it is damaged, was written by something else, holds another kind of object, or is from a
        newer version of skcurve.
    """
    source = os.fspath(path)
    if os.path.isdir(source):
        raise IsADirectoryError(f"{source!r} is a folder; expected a file.")
    if not os.path.isfile(source):
        raise FileNotFoundError(f"there is no file {source!r}.")
    try:
        with safe_open(source, framework="pt") as file:
            header = (file.metadata() or {}).get("skcurve")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(
            f"{source!r} is not a complete safetensors file: it is damaged, cut short, or in "
            f"another format ({error})."
        ) from error
    facts = _parse(header) if header is not None else None
    if facts is None:
        raise ValueError(f"{source!r} is a safetensors file, but skcurve did not write it.")
    if facts["format"] > FORMAT_VERSION:
        raise ValueError(
            f"{source!r} was written by skcurve {facts.get('version')}, in format "
            f"{facts['format']}; this version reads formats up to {FORMAT_VERSION}. Update skcurve."
        )
    if facts["kind"] != kind:
        raise ValueError(f"{source!r} holds {facts['kind']}; expected {kind}.")
    return tensors, facts


def _parse(header: str) -> dict[str, Any] | None:
    """Read a header, or give None for one that `write` did not make."""
    try:
        facts = json.loads(header)
    except json.JSONDecodeError:
        return None
    whole = isinstance(facts, dict) and "kind" in facts and isinstance(facts.get("format"), int)
    return facts if whole else None
