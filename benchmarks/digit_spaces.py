"""The handwritten digits in three spaces, learnt without the test rows and without labels."""

from __future__ import annotations

from functools import cache

import digits_vae
from data import LabelledSplit, digits
from sklearn.decomposition import PCA

N_TEST = 597
N_COMPONENTS = 16
SPACES = ("pixels", "PCA", "VAE")


@cache
def digit_spaces(seed: int, quick: bool = False) -> dict[str, LabelledSplit]:
    """Split the digits at random into a pool of 1,200 and 597 test rows, in every space.

    Parameters
    ----------
    seed : int
        Of the split, and of what is learnt on the pool.
    quick : bool
        Train the autoencoder for a few steps only.

    Returns
    -------
    spaces : dict of str to LabelledSplit
        By the names of `SPACES`: 64 pixels; their first 16 principal components; the mean of the
        8 latents of an autoencoder (`digits_vae.py`). The rows are the same ones, in this order.
    """
    split = digits(seed, N_TEST)
    pca = PCA(N_COMPONENTS, random_state=seed).fit(split.train)
    vae = digits_vae.train(split.train, seed, 50 if quick else digits_vae.N_STEPS)
    maps = (lambda rows: rows, pca.transform, vae.encode)
    return {
        name: split._replace(train=to(split.train), test=to(split.test))
        for name, to in zip(SPACES, maps, strict=True)
    }
