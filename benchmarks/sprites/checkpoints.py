"""States of a training run: written whole, read back to go on."""

import io
from pathlib import Path
from typing import Any

import torch

from skcurve.files import replace_file


def save(path: Path, **state: Any) -> None:
    buffer = io.BytesIO()
    torch.save({"torch": torch.get_rng_state(), **state}, buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, buffer.getvalue())


def load(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, weights_only=False)
    torch.set_rng_state(state.pop("torch"))
    return state
