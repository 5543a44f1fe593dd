"""How the vertices are learnt."""

from skcurve.solvers.adam import Adam
from skcurve.solvers.base import Solver, Sweep
from skcurve.solvers.initial import STARTS
from skcurve.solvers.learn import learn
from skcurve.solvers.lloyd import Lloyd
from skcurve.solvers.named import SOLVERS, make_solver
from skcurve.solvers.rows import Rows
from skcurve.solvers.statistics import Statistics
from skcurve.solvers.stream import Stream
from skcurve.solvers.untangle import short_order

__all__ = [
    "SOLVERS",
    "STARTS",
    "Adam",
    "Lloyd",
    "Rows",
    "Solver",
    "Statistics",
    "Stream",
    "Sweep",
    "learn",
    "make_solver",
    "short_order",
]
