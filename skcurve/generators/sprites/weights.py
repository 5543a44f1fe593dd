"""The weights that ship with the package: half precision in files, single precision in use."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import nn

from skcurve.files import replace_file
from skcurve.generators.sprites.networks import Discriminator, Scorer

FOLDER = Path(__file__).parent / "weights"
N_FACTORS = 9


def write(name: str, module: nn.Module, *, folder: Path = FOLDER) -> Path:
    """Write the parameters and buffers of a network, in half precision.

    Parameters
    ----------
    name : {"generator", "discriminator", "scorer"}
        Which one.
    module : torch.nn.Module
        The network.
    folder : path, optional
        Where to.

    Returns
    -------
    path : path
        The file; it is complete or as it was.
    """
    state = {key: value.half().contiguous() for key, value in module.state_dict().items()}
    path = folder / f"{name}.safetensors"
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(path, save(state))
    return path


def fill(name: str, module: nn.Module, *, folder: Path = FOLDER) -> None:
    """Read weights into a network, which is then fixed and in evaluation mode.

    Parameters
    ----------
    name : {"generator", "discriminator", "scorer"}
        Which one.
    module : torch.nn.Module
        The network, changed in place.
    folder : path, optional
        Where from.
    """
    state = load_file(folder / f"{name}.safetensors")
    module.load_state_dict({key: value.float() for key, value in state.items()})
    module.eval().requires_grad_(False)


@cache
def scorer() -> Scorer:
    """Return the shipped scorer, read from its file once."""
    with torch.random.fork_rng(devices=[]):  # making a network draws its starting weights
        module = Scorer(N_FACTORS)
    fill("scorer", module)
    return module


@cache
def discriminator() -> Discriminator:
    """Return the shipped discriminator, read from its file once."""
    with torch.random.fork_rng(devices=[]):
        module = Discriminator()
    fill("discriminator", module)
    return module
