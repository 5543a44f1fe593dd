"""Arrays and a few facts about them in one safetensors file: no pickle, nothing half-written."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

FORMAT_VERSION = 1


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
    target = Path(path)
    header = {"skcurve": json.dumps({"kind": kind, "format": FORMAT_VERSION, **facts})}
    content = save({name: part.cpu().contiguous() for name, part in tensors.items()}, header)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


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
    ValueError
        If it is damaged, was written by something else, holds another kind of object, or is from a
        newer version of skcurve.
    """
    source = os.fspath(path)
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
    if header is None:
        raise ValueError(f"{source!r} is a safetensors file, but skcurve did not write it.")
    facts = json.loads(header)
    if facts["format"] > FORMAT_VERSION:
        raise ValueError(
            f"{source!r} was written by skcurve {facts.get('version')}, in format "
            f"{facts['format']}; this version reads formats up to {FORMAT_VERSION}. Update skcurve."
        )
    if facts["kind"] != kind:
        raise ValueError(f"{source!r} holds {facts['kind']}; expected {kind}.")
    return tensors, facts
