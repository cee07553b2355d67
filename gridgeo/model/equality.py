"""Whether two values of the model have the same content, frames and arrays included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def same_content(one: Any, other: Any, *, apart_from: tuple[str, ...] = ()) -> bool:
    """Tell whether two values are equal; frames are compared cell by cell, NaN equal to NaN.

    Frames must agree in columns, their order and types, in the order of rows, and in CRS.

    Parameters
    ----------
    apart_from
        Fields of a dataclass that do not count.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"share": [1.0, None]})
    >>> same_content({"a": frame}, {"a": frame.copy()})
    True
    """
    if one is other or type(one) is not type(other):
        return one is other
    if is_dataclass(one):
        one, other = (
            {f.name: getattr(value, f.name) for f in fields(value) if f.name not in apart_from}
            for value in (one, other)
        )
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same_content(one[k], other[k]) for k in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same_content, one, other))
    if hasattr(one, "equals") and hasattr(one, "columns"):
        return bool(one.equals(other) and getattr(one, "crs", 0) == getattr(other, "crs", 0))
    return bool(one == other or (one != one and other != other))  # noqa: PLR0124  (NaN)
