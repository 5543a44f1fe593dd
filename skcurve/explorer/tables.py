"""Tables: pandas, imported when one is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def make_frame(
    columns: Mapping[str, Any],
    *,
    caller: str,
    index: Sequence[Any] | None = None,
    index_name: str = "",
) -> Any:
    """Make a data frame, or say what to install.

    Parameters
    ----------
    columns : dict of str to array-like
        Of one length.
    caller : str
        Who needs it.
    index : sequence or None, default=None
        The names of the rows.
    index_name : str, default=""
        What these are.

    Returns
    -------
    frame : pandas.DataFrame

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(f'{caller} needs pandas: run pip install "skcurve[explore]".') from error
    named = None if index is None else pd.Index(index, name=index_name or None)
    return pd.DataFrame(dict(columns), index=named)
