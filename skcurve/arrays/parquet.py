"""pyarrow, which is optional, and how the columns of a Parquet file make up arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class NotThereError(ValueError):
    """A file is sound, but not what was asked for."""


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


def value_columns(schema: Any) -> list[Any]:
    """Give the fields of a schema that are no row labels of a DataFrame."""
    index = (schema.pandas_metadata or {}).get("index_columns", [])
    return [field for field in schema if field.name not in index]


def array_names(schema: Any) -> list[str]:
    """Give the names of the arrays in a Parquet file: its columns of lists of numbers.

    Parameters
    ----------
    schema : pyarrow.Schema
        Its columns.

    Returns
    -------
    names : list of str
        "" alone if all columns are numbers, and make up one array together.
    """
    fields = value_columns(schema)
    if fields and all(_is_number(field.type) for field in fields):
        return [""]
    lists = (field for field in fields if hasattr(field.type, "value_type"))
    return [field.name for field in lists if _is_number(field.type.value_type)]


def columns_of(schema: Any, name: str) -> list[str]:
    """Give the columns that make up the array of a name."""
    return [name] if name else [field.name for field in value_columns(schema)]


def columns_as_array(table: Any, *, is_list: bool, source: str) -> npt.NDArray[Any]:
    """Make an array of columns.

    Parameters
    ----------
    table : pyarrow.Table or pyarrow.RecordBatch
        Nothing but them, each in one piece.
    is_list : bool
        Whether it is one column of lists; else each is a feature.
    source : str
        Where they are from.

    Raises
    ------
    ValueError
        If there are no lists, or they are not equally long.
    """
    if not is_list:
        return np.stack([np.asarray(column) for column in table.columns], axis=1)
    column = table.column(0)
    column = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    where = f"column {table.schema.field(0).name!r} of {source!r}"
    lengths = require_pyarrow().compute.list_value_length(column).unique().to_pylist()
    if not lengths:
        raise NotThereError(f"{where} must have a row; it is empty.")
    if None in lengths:
        raise NotThereError(f"{where} must have a list in each row; some have none.")
    if len(lengths) > 1:
        raise NotThereError(
            f"the lists in {where} must be equally long; got {len(lengths)} lengths."
        )
    return np.asarray(column.flatten()).reshape(len(column), -1)


def _is_number(kind: Any) -> bool:
    types = require_pyarrow().types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))
