"""The nearest point of a polyline, exactly: the hot path of the package."""

from skcurve.projection.exact import project
from skcurve.projection.oracle import project_oracle
from skcurve.projection.result import Projection

__all__ = ["Projection", "project", "project_oracle"]
