"""New samples from a stretch of the curve, to add to training data."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt

from skcurve import __version__
from skcurve.app.images import encode_png
from skcurve.app.recipe import write_sampling
from skcurve.app.studio import Studio
from skcurve.app.view import Sampling
from skcurve.augmenter.records import Gap, Validity
from skcurve.explorer.pictures import Pixels
from skcurve.interop import as_tensor

Numbers = npt.NDArray[Any]

N_PREVIEWED = 8
"""Samples that the page shows, the first of them."""
MOST_BYTES = 64 * 2**20
"""Of outputs in one file: it goes through a browser."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of all files of an archive, so that the same samples are the same bytes."""


class Drawn(NamedTuple):
    """Samples before anything is generated.

    Attributes
    ----------
    latents : (n, D) array
        As the augmenter gives them.
    coordinates : (n,) array
        The place of the curve that each was drawn at, an index.
    validity : Validity
        How far each is from the distribution, and whether it is inside.
    gaps : sequence of Gap
        Where the stretch crosses empty space.
    """

    latents: Any
    coordinates: Numbers
    validity: Validity
    gaps: Sequence[Gap]


class Samples(NamedTuple):
    """What was drawn, and made of it.

    Attributes
    ----------
    drawn : Drawn
        Latents, and where they are from.
    outputs : (n, ...) array
        What the generator makes of them.
    pixels : (n, H, W) or (n, H, W, 3) uint8 array
        Those as pictures.
    about : dict
        The card of the set: all that it takes to draw it again, and how much of it is inside of the
        distribution.
    """

    drawn: Drawn
    outputs: Numbers
    pixels: Pixels
    about: dict[str, Any]


def draw(studio: Studio, sampling: Sampling) -> Drawn:
    """Draw points from a stretch of the curve; nothing is generated.

    Parameters
    ----------
    studio : Studio
        Of the page.
    sampling : Sampling
        The stretch, how many, how far from the curve, and the seed.

    Raises
    ------
    RuntimeError
        If only what is inside of the distribution is wanted, and too little is.
    """
    stretch = (float(sampling.first), float(sampling.last))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of gaps, which the page tells of itself
        augmenter = studio.augmenter().set_params(jitter=sampling.jitter)
        found = augmenter.sample(
            sampling.n, stretch, valid_only=sampling.inside, random_state=sampling.seed
        )
        return Drawn(
            found.latents,
            found.coordinates,
            augmenter.validity(found),
            augmenter.gaps(stretch),
        )


def preview(studio: Studio, sampling: Sampling) -> tuple[Drawn, Pixels]:
    """Draw samples, and make pictures of the first.

    Parameters
    ----------
    studio : Studio
        Of the page.
    sampling : Sampling
        What to draw.
    """

    def make() -> tuple[Drawn, Pixels]:
        drawn = draw(studio, sampling)
        outputs = studio.explorer.generator(drawn.latents[:N_PREVIEWED])
        return drawn, studio.pictures(outputs)

    return studio.remember(("samples", sampling), make)


def draw_samples(studio: Studio, sampling: Sampling) -> Samples:
    """Draw points from a stretch of the curve, and generate them.

    Parameters
    ----------
    studio : Studio
        Of the page.
    sampling : Sampling
        The stretch, how many, how far from the curve, and the seed.

    Raises
    ------
    ValueError
        If they would be too much for one file.
    """
    drawn = draw(studio, sampling)
    generator = studio.explorer.generator
    (one,) = _numpy(generator(drawn.latents[:1]))
    if one.nbytes * sampling.n > MOST_BYTES:
        most = max(1, MOST_BYTES // one.nbytes)
        raise ValueError(
            f"{sampling.n} outputs of {one.nbytes:,} bytes are too much for one file; "
            f"draw at most {most} at a time, each with another seed"
        )
    outputs = generator(drawn.latents)
    about = _about(studio, sampling, drawn)
    return Samples(drawn, _numpy(outputs), studio.pictures(outputs), about)


def as_npz(samples: Samples) -> bytes:
    """Write samples as arrays: `latents`, `outputs`, where they are from, and the card as JSON.

    Parameters
    ----------
    samples : Samples
        What was drawn.
    """
    drawn, file = samples.drawn, BytesIO()
    np.savez_compressed(
        file,
        latents=_numpy(drawn.latents),
        outputs=samples.outputs,
        coordinates=drawn.coordinates,
        ratio=drawn.validity.ratio,
        valid=drawn.validity.valid,
        vertices=np.array(samples.about["vertices"]),
        seed=np.array(samples.about["seed"]),
        about=np.array(json.dumps(samples.about)),
    )
    return file.getvalue()


def as_zip(samples: Samples) -> bytes:
    """Write samples as pictures, with the latents, a table, the card, and the program.

    Parameters
    ----------
    samples : Samples
        What was drawn.
    """
    drawn, latents, table = samples.drawn, BytesIO(), StringIO()
    np.save(latents, _numpy(drawn.latents), allow_pickle=False)
    names = [f"images/{number:04d}.png" for number in range(len(samples.pixels))]
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["file", "coordinate", "ratio", "valid"])
    for row in zip(names, drawn.coordinates, *drawn.validity[1:], strict=True):
        name, coordinate, ratio, valid = row
        writer.writerow([name, repr(float(coordinate)), repr(float(ratio)), int(valid)])
    content = {
        "about.json": json.dumps(samples.about, indent=1).encode(),
        "samples.csv": table.getvalue().encode(),
        "make_samples.py": samples.about["program"].encode(),
        "latents.npy": latents.getvalue(),
    }
    content |= {
        name: encode_png(picture) for name, picture in zip(names, samples.pixels, strict=True)
    }
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, part in content.items():
            entry = ZipInfo(name, EPOCH)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, part)
    return file.getvalue()


def _about(studio: Studio, sampling: Sampling, drawn: Drawn) -> dict[str, Any]:
    return {
        "vertices": [sampling.first, sampling.last],
        "n": sampling.n,
        "seed": sampling.seed,
        "jitter": sampling.jitter,
        "inside_only": sampling.inside,
        "n_inside": int(drawn.validity.valid.sum()),
        "threshold": float(studio.augmenter().threshold_),
        "gaps": [{"segments": [gap.start, gap.end], "ratio": gap.ratio} for gap in drawn.gaps],
        "curve": studio.facts,
        "skcurve": __version__,
        "program": write_sampling(studio, sampling),
    }


def _numpy(array: Any) -> Numbers:
    found: Numbers = as_tensor(array, name="array").cpu().numpy()
    return found
