"""Whether two values of the model have the same content, frames and arrays included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


def same_content(one: Any, other: Any, *, apart_from: tuple[str, ...] = ()) -> bool:
    """Tell whether two values are equal; frames are compared cell by cell, NaN equal to NaN.

    Frames must agree in columns, the order of rows, and CRS. The order of columns does not count,
    nor whether text is stored as objects, nor a multi-geometry around one part: files keep none.

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
        return (
            set(one.columns) == set(other.columns)
            and one.index.equals(other.index)
            and getattr(one, "crs", 0) == getattr(other, "crs", 0)
            and all(_same_cells(one[name], other[name]) for name in one.columns)
        )
    return bool(one == other or (one != one and other != other))  # noqa: PLR0124  (NaN)


def _same_cells(one: pd.Series[Any], other: pd.Series[Any]) -> bool:
    import shapely  # noqa: PLC0415  (heavy: the model is imported for --help, too)
    from pandas.api.types import is_string_dtype  # noqa: PLC0415

    if one.dtype == "geometry" and other.dtype == "geometry":
        parts, others = single_parts(one), single_parts(other)
        missing = shapely.is_missing(parts) & shapely.is_missing(others)
        return bool((missing | shapely.equals_identical(parts, others)).all())
    if is_string_dtype(one) and is_string_dtype(other):
        one, other = one.astype(object), other.astype(object)
    return one.equals(other)


def single_parts(shapes: Any) -> NDArray[np.object_]:
    """Return geometries with a multi-geometry of one part as that part."""
    import numpy as np  # noqa: PLC0415  (heavy)
    import shapely  # noqa: PLC0415

    parts: NDArray[np.object_] = np.array(shapes, dtype=object)
    alone = shapely.get_num_geometries(parts) == 1
    parts[alone] = shapely.get_geometry(parts[alone], 0)
    return parts
