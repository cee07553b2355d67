"""What the register answers: which codes were in use on a day, and which one a place lay in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from gridgeo.codes.integrity import as_day
from gridgeo.codes.register import Register
from gridgeo.codes.rules import split_codes
from gridgeo.errors import InputError
from gridgeo.place import place_points
from gridgeo.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray


def states_at(register: Register, date: str) -> pd.DataFrame:
    """Return the states that held on `date`, sorted by code: each code at most once."""
    day, table = as_day(date), register.table
    return table[_held_on(table, day)].sort_values("code", ignore_index=True)


def code_at(register: Register, places: NDArray[np.object_], date: str) -> NDArray[np.object_]:
    """Return the code in which each of `places` lay on `date`, ``""`` where in none.

    Parameters
    ----------
    places
        Points in the CRS of the register. One on a shared border belongs to the lower code.

    Raises
    ------
    InputError
        The register is kept without the grids' ground.

    Examples
    --------
    >>> from shapely import Point, box
    >>> from gridgeo.codes import empty_register, numbered, record
    >>> grids = gpd.GeoDataFrame(
    ...     {"code": ["A-01"], "scheme": "plain"}, geometry=[box(0, 0, 1, 1)], crs=32650)
    >>> register = record(
    ...     empty_register(crs=32650), numbered(grids), date="2026-01-01", reason="first numbering")
    >>> code_at(register, np.array([Point(0.5, 0.5)]), "2026-02-01").tolist()
    ['A-01']
    """
    if not isinstance(register.table, gpd.GeoDataFrame):
        raise InputError(
            Text("the register has no geometry", "编码登记表没有图形"),
            remedy=Text(
                "Keep it as a GeoPackage, or follow a code with successors_at",
                "请用 GeoPackage 保存登记表，或用 successors_at 按编码追溯",
            ),
        )
    held = states_at(register, date)
    placed = place_points(places, held.geometry.to_numpy())
    return np.append(held["code"].to_numpy(dtype=object), "")[placed]


def successors_at(register: Register, code: str, *, since: str, date: str) -> tuple[str, ...]:
    """Return the codes that on `date` hold what `code` held on the earlier day `since`, sorted.

    One code is the answer for each of its households; several are all that a register without
    ground can tell. What was not in use on `since` has none.

    Raises
    ------
    InputError
        A date is none, or `date` lies before `since`.
    """
    start, day, table = as_day(since), as_day(date), register.table
    if day < start:
        raise InputError(
            Text(f"{day} lies before {start}", f"{day} 早于 {start}"), field="date", value=day
        )
    rows_of = table.groupby("code").indices
    todo, found, seen = [(code, start)], set(), set()
    while todo:
        step = todo.pop()
        states = table.iloc[rows_of.get(step[0], [])]
        held = states[_held_on(states, step[1])]
        if step in seen or not len(held):
            continue
        seen.add(step)
        end = str(held["valid_to"].iloc[0])
        if end == "" or end > day:
            found.add(step[0])
        else:
            todo += [(name, end) for name in split_codes(held["successors"].iloc[0])]
    return tuple(sorted(found))


def _held_on(table: pd.DataFrame, day: str) -> pd.Series[bool]:
    begun = table["valid_from"] <= day
    return begun & ((table["valid_to"] == "") | (table["valid_to"] > day))
