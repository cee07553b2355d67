"""Columns as they come, read without loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def texts(column: pd.Series[Any]) -> list[str]:
    """Return a column as stripped text, ``""`` where nothing is given."""
    return [
        "" if missing else str(v).strip() for v, missing in zip(column, column.isna(), strict=True)
    ]


def sums(values: pd.Series[Any], grid: NDArray[np.intp], size: int) -> NDArray[np.float64]:
    """Return the sum of `values` by grid; NaN everywhere where no value is known."""
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isnan(numbers).all():
        return np.full(size, np.nan)
    held = grid >= 0
    known = np.nan_to_num(numbers[held])
    return np.bincount(grid[held], known, minlength=size).astype(np.float64)


def rows_by(group: NDArray[np.intp], size: int) -> list[NDArray[np.intp]]:
    """Return the rows of each of `size` groups; rows of group -1 are left out."""
    order = np.argsort(group, kind="stable")
    return np.split(order, np.searchsorted(group[order], np.arange(size + 1)))[1:-1]
