"""New samples from a stretch of the curve, to add to training data."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import numpy.typing as npt

from skcurve.app.images import encode_png
from skcurve.app.studio import Studio
from skcurve.app.view import Sampling
from skcurve.explorer.pictures import Pixels
from skcurve.interop import as_tensor

Numbers = npt.NDArray[Any]

MOST_BYTES = 64 * 2**20
"""Of outputs in one file: it goes through a browser."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of all files of an archive, so that the same samples are the same bytes."""


class Samples(NamedTuple):
    """What was drawn.

    Attributes
    ----------
    latents : (n, D) array
        Points of the stretch, uniform in arclength.
    outputs : (n, ...) array
        What the generator makes of them.
    pixels : (n, H, W) or (n, H, W, 3) uint8 array
        Those as pictures.
    """

    latents: Numbers
    outputs: Numbers
    pixels: Pixels


def draw_samples(studio: Studio, sampling: Sampling) -> Samples:
    """Draw points from a stretch of the curve, and generate them.

    Parameters
    ----------
    studio : Studio
        Of the page.
    sampling : Sampling
        The stretch, how many, and the seed.

    Raises
    ------
    ValueError
        If they would be too much for one file.
    """
    explorer = studio.explorer
    stretch = explorer.curve.subcurve(sampling.first, sampling.last)
    latents = stretch.sample(sampling.n, sampling.seed)
    (one,) = _numpy(explorer.generator(latents[:1]))
    if one.nbytes * sampling.n > MOST_BYTES:
        most = max(1, MOST_BYTES // one.nbytes)
        raise ValueError(
            f"{sampling.n} outputs of {one.nbytes:,} bytes are too much for one file; "
            f"draw at most {most} at a time, each with another seed"
        )
    outputs = explorer.generator(latents)
    return Samples(_numpy(latents), _numpy(outputs), studio.pictures(outputs))


def as_npz(samples: Samples, sampling: Sampling) -> bytes:
    """Write samples as arrays: ``latents``, ``outputs``, and where they are from.

    Parameters
    ----------
    samples : Samples
        What was drawn.
    sampling : Sampling
        How.
    """
    file = BytesIO()
    np.savez_compressed(
        file,
        latents=samples.latents,
        outputs=samples.outputs,
        vertices=np.array([sampling.first, sampling.last]),
        seed=np.array(sampling.seed),
    )
    return file.getvalue()


def as_zip(samples: Samples, sampling: Sampling) -> bytes:
    """Write samples as pictures, with the latents as .npy and a few facts as JSON.

    Parameters
    ----------
    samples : Samples
        What was drawn.
    sampling : Sampling
        How.
    """
    latents = BytesIO()
    np.save(latents, samples.latents, allow_pickle=False)
    facts = {"vertices": [sampling.first, sampling.last], "seed": sampling.seed}
    content = {
        "about.json": json.dumps({**facts, "n": len(samples.latents)}, indent=1).encode(),
        "latents.npy": latents.getvalue(),
    }
    for number, picture in enumerate(samples.pixels):
        content[f"images/{number:04d}.png"] = encode_png(picture)
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, part in content.items():
            entry = _entry(name)
            archive.writestr(entry, part)
    return file.getvalue()


def _entry(name: str) -> Any:
    from zipfile import ZipInfo

    entry = ZipInfo(name, EPOCH)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _numpy(array: Any) -> Numbers:
    found: Numbers = as_tensor(array, name="array").cpu().numpy()
    return found
