"""What a generator is, and adapters that make one of what people have."""

from skcurve.generators.adapted import AdaptedGenerator
from skcurve.generators.adapting import as_generator
from skcurve.generators.backend import Backend
from skcurve.generators.errors import GeneratorError
from skcurve.generators.protocol import Generator

__all__ = ["AdaptedGenerator", "Backend", "Generator", "GeneratorError", "as_generator"]
