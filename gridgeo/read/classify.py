"""Classes of rows from one or several columns: the first value that is understood decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from gridgeo.read.context import Journal, RawLayer
from gridgeo.read.values import texts


@dataclass(frozen=True, slots=True)
class Classes:
    """Of each row its class (``""`` unknown) and the value it was told from; the columns used."""

    classes: pd.Series[str]
    values: pd.Series[str]
    columns: tuple[str, ...]


def classify(
    raw: RawLayer, columns: Sequence[str], meaning: Callable[[str, str], str], journal: Journal
) -> Classes:
    """Return the class of each row by the first of the `columns` whose value has a `meaning`.

    Where none has, the value is that of the first column that is filled.
    """
    classes = pd.Series("", index=raw.frame.index, dtype=object)
    values = classes.copy()
    used = []
    for column in columns:
        cells = texts(raw, column, journal)
        told = cells.map({cell: meaning(cell, column) for cell in cells.unique()})
        fresh = (classes == "") & (told != "")
        values = values.where(~(fresh | (values == "")), cells)
        classes = classes.where(~fresh, told)
        if fresh.any():
            used.append(column)
    return Classes(classes, values, tuple(used))
