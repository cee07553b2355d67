"""Check on sums: nothing lost and nothing added on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridgeo.model import Finding
from gridgeo.text import Text
from gridgeo.validate.case import Case, not_checked
from gridgeo.validate.placing import UNKNOWN
from gridgeo.validate.values import sums, texts

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


def totals_conserved(case: Case) -> Iterator[Finding]:
    """Grids state what is in them, and all that came in is in a grid or listed.

    Sums are over household points and over atoms, by the grid that each states, else by the
    grid that it lies in.
    """
    sources = _sources(case)
    if not sources and case.subject.households_in is None:
        yield not_checked("totals_conserved", Text("household points", "住户点"))
    for frame, grid in sources:
        yield from _unknown_grids(frame, grid)
        for measure, noun in _MEASURES:
            counted = sums(frame[measure], grid, len(case.handles))
            yield from _unequal(case, measure, noun, counted)
    yield from _balance(case)


_MEASURES = (("households", Text("households", "户")), ("residents", Text("residents", "人")))


def _sources(case: Case) -> list[tuple[gpd.GeoDataFrame, NDArray[np.intp]]]:
    """Return the layers that carry counts, each with the grid of its rows."""
    found = []
    if case.points is not None and case.placing is not None:
        speaks = "grid" in case.points.columns
        found.append((case.points, case.placing.stated if speaks else case.placing.inside))
    atoms = case.subject.atoms
    if atoms is not None and len(atoms):
        found.append((atoms, case.atom_grids))
    return found


def _unknown_grids(frame: gpd.GeoDataFrame, grid: NDArray[np.intp]) -> Iterator[Finding]:
    if "grid" not in frame.columns:
        return
    rows = np.flatnonzero(grid == UNKNOWN)
    codes = pd.Series(texts(frame["grid"])).to_numpy()[rows]
    for code in sorted(set(codes)):
        own = rows[codes == code]
        households = float(frame["households"].to_numpy(dtype=np.float64)[own].sum())
        yield Finding(
            rule="totals_conserved",
            severity="error",
            message=Text(
                f"grid {code} is not there; {households:,.0f} households state it",
                f"网格 {code} 不存在，却有 {households:,.0f} 户标注属于它",
            ),
            grids=(code,),
            where=shapely.union_all(shapely.point_on_surface(frame.geometry.to_numpy()[own])),
            amount=households,
            unit="households",
        )


def _unequal(
    case: Case, measure: str, noun: Text, counted: NDArray[np.float64]
) -> Iterator[Finding]:
    stated = case.subject.grids[measure].to_numpy(dtype=np.float64, na_value=np.nan)
    off = stated - counted
    for row in np.flatnonzero(np.abs(off) >= 0.5):
        handle = case.handles[row]
        yield Finding(
            rule="totals_conserved",
            severity="error",
            message=Text(
                f"grid {handle} states {stated[row]:,.0f} {noun.en}, {counted[row]:,.0f} are in it",
                f"网格 {handle} 标注 {stated[row]:,.0f} {noun.zh}，"
                f"实际为 {counted[row]:,.0f} {noun.zh}",
            ),
            grids=(handle,),
            where=case.place(row),
            amount=float(abs(off[row])),
            unit=measure,
        )


def _balance(case: Case) -> Iterator[Finding]:
    came_in, listed = case.subject.households_in, case.subject.households_listed or 0
    if came_in is None:
        return
    within = int(np.nansum(case.count("households")))
    if came_in != within + listed:
        yield Finding(
            rule="totals_conserved",
            severity="error",
            message=Text(
                f"{came_in:,} households came in, but {within:,} are in grids and {listed:,} "
                "are listed",
                f"输入 {came_in:,} 户，而网格内 {within:,} 户、另列 {listed:,} 户，合计不符",
            ),
            amount=float(abs(came_in - within - listed)),
            unit="households",
        )
