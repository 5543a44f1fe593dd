"""The quantiser as a layer inside a torch network."""

from torch.utils import _pytree

from skcurve.nn.composed import ProductVQ, ResidualVQ
from skcurve.nn.plain import VectorQuantizer
from skcurve.nn.quantized import Quantized
from skcurve.nn.space_filling import SpaceFillingVQ

# So that `torch.export.save` can write a program that returns one.
_pytree._register_namedtuple(Quantized, serialized_type_name="skcurve.nn.Quantized")

__all__ = ["ProductVQ", "Quantized", "ResidualVQ", "SpaceFillingVQ", "VectorQuantizer"]
