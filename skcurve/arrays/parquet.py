"""pyarrow, which is optional: what reading and writing Parquet ask of it."""

from __future__ import annotations

from typing import Any


def require_pyarrow() -> Any:
    """Return pyarrow, with its Parquet and compute modules, or say what to install.

    Raises
    ------
    ImportError
        If it cannot be imported.
    """
    try:
        import pyarrow
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError('Parquet needs pyarrow: run pip install "skcurve[parquet]".') from error
    return pyarrow
