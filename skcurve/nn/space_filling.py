"""The curve as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import torch
import torch.distributed as dist

from skcurve.nn.first import quarters
from skcurve.nn.gradients import Target
from skcurve.nn.layer import QuantizerLayer, check_integer, check_real
from skcurve.nn.nearest import nearest_point
from skcurve.nn.noise import Draws
from skcurve.projection import project
from skcurve.projection.fixed import project_fixed
from skcurve.solvers.growth import split_segments
from skcurve.solvers.lloyd import Lloyd
from skcurve.solvers.relocate import relocate
from skcurve.solvers.untangle import short_order
from skcurve.validation import MIN_BITS

if TYPE_CHECKING:
    from skcurve.sfvq import SFVQ

INITS = ("latents", "norm")


class SpaceFillingVQ(QuantizerLayer):
    """Space-filling vector quantisation inside a network: latents go to a point of a curve.

    In training, every segment of the curve is represented by a point at a random place of it, the
    dither, drawn anew in each pass: so the whole line stays inside the distribution of the latents.
    In evaluation a latent goes to the nearest point of the whole curve, exactly, and nothing is
    random.

    Call `update` after each step of the optimizer: there the curve learns from the passes since
    the last call. It is the only such call, and the only place where processes talk to each other
    (but for `initialize`).

    Parameters
    ----------
    n_bits : int
        The final bitrate: ``2**n_bits`` vertices, from 2 to 16 bits.

    dim : int
        Features of a latent.

    gradient : {"diveq", "nsvq", "ste", "rotation"}, default="diveq"
        What passes the layer backwards (see `skcurve.nn.gradients`).

        - "diveq": the error has the length that it has, and a direction that takes no gradient
          (SF-DiVeQ).
        - "nsvq": noise of the length of the error stands for it (the papers' SFVQ).
        - "ste": straight through.
        - "rotation": turned and scaled from the latent to its point.

    noise : float, default=1e-3
        The variance of the noise on the direction in "diveq", per feature and in the units of the
        latents.

    init : {"latents", "norm"}, default="latents"
        What the curve is when the first latents come: learnt from them by `SFVQ`'s own solver; or
        through the means of four parts of them, sorted by their norm, as published.

    ema : float or None, default=0.9
        How much of the statistics an update keeps, in [0, 1). The vertices are then solved for, as
        `SFVQ` does, and are no parameters. None leaves them to the optimizer, as parameters.

    start_bits : int, default=None
        The bitrate to begin with. By default `n_bits`, or 2 where there is a schedule.

    grow_every : int, default=None
        Updates at a bitrate until the next one. None leaves that to `grow`.

    smoothness : float, default=0.01
        The weight of the squared segment lengths beside the squared errors, where `ema` solves.

    commitment : float, default=None
        The weight of the squared distance of the latents to their points, in `loss`. By default
        0.25, which holds the encoder near the codebook; or 0 for "diveq" and "nsvq" without `ema`,
        whose gradients say so themselves.

    channel_last : bool, default=True
        Whether features are on the last axis. If not, on axis 1, as in images.

    generator : torch.Generator, default=None
        Seeds the layer's own random numbers. By default torch's generator does, as for the weights
        of any other module, so that `torch.manual_seed` decides.

    Attributes
    ----------
    codebook : (2**n_bits, dim) Parameter or buffer
        All vertices there will be; those in use come first, in the order of the curve.

    See Also
    --------
    skcurve.SFVQ : The same for vectors that do not change while it learns.
    VectorQuantizer : The same without a curve.

    Notes
    -----
    Inputs of half precision, and everything under autocast, are computed in single precision and
    given back as they came. With gradient "ste" or "rotation" and ``ema=None``, `loss` also draws
    the codebook to the latents.

    A compiled forward pass has no graph break and no shape that hangs on the data; only the first
    pass of training, in which the curve begins, and `update` call what is not compiled. Growing
    changes shapes, and so compiles anew. A compiled pass draws the same random numbers.

    The state of the layer holds the bitrate, the statistics and the random numbers: training goes
    on as if it had not stopped.

    References
    ----------
    Vali and Bäckström, "Interpretable latent space using space-filling curves for phonetic analysis
    in voice conversion", Interspeech 2023.

    Vali, Bäckström and Solin, "DiVeQ: differentiable vector quantization using the
    reparameterization trick", ICLR 2026 (arXiv 2509.26469).

    Examples
    --------
    >>> import torch
    >>> from skcurve.nn import SpaceFillingVQ
    >>> layer = SpaceFillingVQ(4, dim=8, generator=torch.Generator().manual_seed(0))
    >>> latents = torch.randn(32, 10, 8, generator=torch.Generator().manual_seed(0))
    >>> quantized, index, coordinate, loss, perplexity = layer(latents)
    >>> layer.update()
    >>> quantized.shape, index.shape
    (torch.Size([32, 10, 8]), torch.Size([32, 10]))
    >>> sfvq = layer.eval().to_estimator()
    >>> sfvq.transform(latents[0]).shape
    torch.Size([10, 1])
    """

    def __init__(
        self,
        n_bits: int,
        dim: int,
        *,
        gradient: str = "diveq",
        noise: float = 1e-3,
        init: str = "latents",
        ema: float | None = 0.9,
        start_bits: int | None = None,
        grow_every: int | None = None,
        smoothness: float = 0.01,
        commitment: float | None = None,
        channel_last: bool = True,
        generator: torch.Generator | None = None,
    ) -> None:
        if init not in INITS:
            raise ValueError(f"init must be 'latents' or 'norm'; got {init!r}.")
        check_real("smoothness", smoothness, at_least=0.0)
        if grow_every is not None:
            check_integer("grow_every", grow_every, 1, None)
            start_bits = MIN_BITS if start_bits is None else start_bits
        super().__init__(
            n_bits, dim, gradient=gradient, noise=noise, ema=ema, commitment=commitment,
            channel_last=channel_last, generator=generator, start_bits=start_bits,
        )  # fmt: skip
        self.init, self.smoothness, self.grow_every = init, float(smoothness), grow_every

    @torch.no_grad()
    def update(self, group: dist.ProcessGroup | None = None) -> None:
        """Learn from the passes since the last call; see `QuantizerLayer.update`.

        Every so often the order of the vertices is untangled, too, and where a schedule says so
        the bitrate grows.
        """
        super().update(group)
        due = self.grow_every is not None and self._updates >= self.grow_every
        if due and self._bitrate < self.n_bits:
            self.grow()

    @torch.no_grad()
    def grow(self) -> None:
        """Go to the next bitrate: a new vertex in the middle of every segment, and a short order.

        The statistics begin anew. With ``ema=None``, the moments that an optimizer keeps of the
        codebook are those of other vertices from now on: ``optimizer.state.pop(layer.codebook)``
        drops them.

        Raises
        ------
        ValueError
            At `n_bits`.

        Examples
        --------
        >>> from skcurve.nn import SpaceFillingVQ
        >>> layer = SpaceFillingVQ(6, dim=8, start_bits=2)
        >>> layer.grow()
        >>> layer.bitrate, layer.vertices.shape
        (3, torch.Size([8, 8]))
        """
        if self._bitrate == self.n_bits:
            raise ValueError(
                f"the curve is at its last bitrate, n_bits={self.n_bits}; it cannot grow further."
            )
        vertices = self.vertices
        need = torch.diff(vertices, dim=0).square().sum(1)
        if self.ema is not None:
            need = self.memory.statistics(len(vertices)).sq_error
            self.memory.forget()
        grown = split_segments(vertices, need)
        order = short_order(grown, thorough=False).to(grown.device)
        self._bitrate, self._updates = self._bitrate + 1, 0
        self.vertices.copy_(grown[order])

    def to_estimator(self, **parameters: Any) -> SFVQ:
        """Give a fitted `SFVQ` with the present curve, whose arrays are tensors.

        Parameters
        ----------
        **parameters
            Of the estimator, such as `coordinate`.

        Examples
        --------
        >>> import torch
        >>> from skcurve.nn import SpaceFillingVQ
        >>> SpaceFillingVQ(3, dim=2).to_estimator().codebook_.shape
        torch.Size([8, 2])
        """
        from skcurve.sfvq import SFVQ  # scikit-learn takes its time to import

        return SFVQ.from_codebook(self.vertices.detach().clone(), **parameters)

    @classmethod
    def from_estimator(cls, sfvq: SFVQ, **parameters: Any) -> Self:
        """Make a layer around the curve of a fitted `SFVQ`.

        Parameters
        ----------
        sfvq : SFVQ
            Fitted.
        **parameters
            Of the layer, but for `dim`; an `n_bits` above that of the estimator leaves room to
            grow.

        Returns
        -------
        layer : SpaceFillingVQ
            In single precision, or double if the curve is; on the device of the curve.

        Examples
        --------
        >>> import torch
        >>> from skcurve import SFVQ
        >>> from skcurve.nn import SpaceFillingVQ
        >>> sfvq = SFVQ.from_codebook(torch.tensor([[0.0], [1.0], [2.0], [4.0]]))
        >>> SpaceFillingVQ.from_estimator(sfvq).eval()(torch.tensor([[3.0]])).coordinate
        tensor([2.5000])
        """
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(sfvq)
        codebook = torch.as_tensor(sfvq.codebook_)
        bitrate = len(codebook).bit_length() - 1
        settings = {"n_bits": bitrate, "start_bits": bitrate, **parameters}
        layer = cls(dim=codebook.shape[1], **settings)
        if layer.bitrate != bitrate:
            raise ValueError(
                f"start_bits must be that of the curve, {bitrate}; got {layer.bitrate}."
            )
        layer.to(codebook)
        with torch.no_grad():
            layer.vertices.copy_(codebook)
        layer._begun = True
        return layer

    # ------------------------------------------------------------------ what the layer asks for

    @property
    def _n_places(self) -> int:
        return 2**self._bitrate - 1

    def _first(self, rows: torch.Tensor) -> torch.Tensor:
        if self.init == "latents":
            return super()._first(rows)
        vertices = quarters(rows)
        while len(vertices) < 2**self._bitrate:
            vertices = split_segments(vertices, torch.diff(vertices, dim=0).square().sum(1))
        return vertices

    def _assign(self, rows: torch.Tensor, draws: Draws) -> tuple[torch.Tensor, torch.Tensor]:
        vertices = self.vertices.detach().to(rows.dtype)
        dither = draws.uniform(len(vertices) - 1).to(rows.dtype)
        dithered = torch.lerp(vertices[:-1], vertices[1:], dither[:, None])
        segment = nearest_point(rows, dithered)
        return segment, dither[segment]

    def _nearest(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        vertices = self.vertices.detach().to(rows.dtype)
        plain = rows.device.type == "cpu" and not torch.compiler.is_compiling()
        found = (project if plain else project_fixed)(rows, vertices)
        return found.segment, found.position

    def _target(self, index: torch.Tensor, position: torch.Tensor) -> Target:
        after = position[:, None]
        ends = tuple(self.vertices[index + end].to(after.dtype) for end in (0, 1))
        return Target(ends, (1.0 - after, after))

    def _solve(self, vertices: torch.Tensor) -> torch.Tensor:
        known = self.memory.statistics(len(vertices))
        if vertices.device.type == "cpu" and not torch.compiler.is_compiling():
            return known.solve(vertices, self.smoothness)
        return known.solve_on_device(vertices, self.smoothness)

    def _tidied(self, vertices: torch.Tensor) -> torch.Tensor:
        known = self.memory.statistics(len(vertices))
        tidied = relocate(vertices, known, Lloyd(smoothness=self.smoothness).longest)
        tidied = tidied[short_order(tidied, thorough=False).to(tidied.device)]
        if not torch.equal(tidied, vertices):
            self.memory.forget()  # it was of other vertices
        return tidied
