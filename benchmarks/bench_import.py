"""Import: how long until skcurve is there?

Each line is a Python process of its own that imports, and nothing else; the time of one that
imports nothing is taken off. The processes take turns; times are medians, ratios the medians over
rounds. `import skcurve` alone loads names when they are asked for, so what counts for a user is
the import of the estimator.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from report import Report, Table, wants_quick
from timing import Timings, take_turns

ROUNDS = 11
NOTHING, REQUIRED, ESTIMATOR = "pass", "import torch, sklearn", "from skcurve import SFVQ"
STATEMENTS = [REQUIRED, "import skcurve", ESTIMATOR, "import skcurve.cli"]


def main() -> None:
    """Time the imports."""
    quick = wants_quick(__doc__)
    report = Report("import", __doc__, quick)
    contenders = {line: partial(run, line) for line in [NOTHING, *STATEMENTS]}
    net = without_start(take_turns(contenders, 1 if quick else ROUNDS))
    table = Table("Imports", ["statement", "seconds", f"of `{REQUIRED}`"])
    for line in STATEMENTS:
        table.add(f"`{line}`", net.median(line), net.ratio(line, REQUIRED))
    report.show(table)
    report.at_most(f"{ESTIMATOR} / {REQUIRED}", net.ratio(ESTIMATOR, REQUIRED), 1.5)
    report.publish()


def run(line: str) -> None:
    """Start a process for a statement."""
    subprocess.run([sys.executable, "-c", line], check=True)


def without_start(timings: Timings) -> Timings:
    """Take off what the interpreter itself took, round by round."""
    started = timings.seconds[NOTHING]
    return Timings(
        {
            line: [max(one - start, 1e-4) for one, start in zip(seconds, started, strict=True)]
            for line, seconds in timings.seconds.items()
            if line != NOTHING
        }
    )


if __name__ == "__main__":
    main()
