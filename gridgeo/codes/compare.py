"""Two partitions compared: what became of each grid, what moved, which codes changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridgeo.codes.crosswalk import crosswalk_of
from gridgeo.codes.ground import overlap_of_grids
from gridgeo.codes.kin import kin_of, relatives, unique_codes
from gridgeo.continuity import CHANGE_CODES, Overlap, change_codes, heirs
from gridgeo.errors import InputError
from gridgeo.text import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What became of the grids of one partition in another.

    ============ =======================================================================
    old          code, change, goes_on_as (the code of the grid that continues it, ``""``),
                 households, area_m2, households_out, area_out_m2 (in other grids now, or in
                 none), successors (tuple of codes), geometry; rows as given
    new          code, change, was (the code of the grid that it continues, ``""``), households,
                 area_m2, households_in, area_in_m2 (from other grids, or from none),
                 predecessors (tuple of codes), geometry; rows as given
    crosswalk    old_code, new_code, households, area_m2; see `crosswalk_of`
    summary      grids of each change by name (``old`` and ``new``); households and area_m2 moved;
                 households_share moved; codes_changed: grids that continue one of another code
    ============ =======================================================================
    """

    old: gpd.GeoDataFrame
    new: gpd.GeoDataFrame
    crosswalk: pd.DataFrame
    summary: dict[str, Any]


def compare(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, *, homes: gpd.GeoDataFrame | None = None
) -> Difference:
    """Return the difference between two partitions of one area.

    Parameters
    ----------
    old, new
        code (unique), geometry in one projected metre CRS; without `homes` the households of
        `old` are spread by area.
    homes
        Points with households.

    Raises
    ------
    InputError
        A code is missing or there twice, or the CRS differ.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> before = gpd.GeoDataFrame({"code": ["1"], "households": [90]}, geometry=[box(0, 0, 9, 1)])
    >>> after = gpd.GeoDataFrame({"code": ["1", "2"]}, geometry=[box(0, 0, 6, 1), box(6, 0, 9, 1)])
    >>> told = compare(before, after)
    >>> told.new[["code", "change", "was"]].to_numpy().tolist()
    [['1', 'split', '1'], ['2', 'split', '']]
    >>> told.summary["households_moved"]
    30
    """
    if old.crs != new.crs:
        raise InputError(
            Text(
                f"one is in {old.crs}, the other in {new.crs}", f"坐标系不同：{old.crs}、{new.crs}"
            ),
            layer="grids",
        )
    before, after = unique_codes(old["code"].tolist()), unique_codes(new["code"].tolist())
    shared = overlap_of_grids(
        old.geometry.to_numpy(),
        new.geometry.to_numpy(),
        homes=homes,
        households=old["households"].to_numpy() if "households" in old.columns else None,
    )
    heir = heirs(shared)
    olds, news = np.array([*before, ""], dtype=object), np.array([*after, ""], dtype=object)
    was = np.full(len(after), -1)
    was[heir[heir >= 0]] = np.flatnonzero(heir >= 0)
    left, right = _sides(old, new, shared, heir)
    left, right = left.assign(goes_on_as=news[heir]), right.assign(was=olds[was])
    return Difference(
        old=left,
        new=right,
        crosswalk=crosswalk_of(before, after, shared),
        summary=_summary(left, right),
    )


def _sides(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    shared: Overlap,
    heir: NDArray[np.int64],
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    told, become = change_codes(shared, heir)
    kin = kin_of(shared, heir, told, become)
    first, second, held = shared.old[kin], shared.new[kin], shared.households[kin]
    before, after = old["code"].to_numpy(dtype=object), new["code"].to_numpy(dtype=object)
    stays = heir[shared.old] == shared.new
    out, out_m2 = _left_over(shared.old, shared, stays, shared.old_households, shared.old_area)
    come, come_m2 = _left_over(shared.new, shared, stays, shared.new_households, shared.new_area)
    left = old[["code", old.geometry.name]].assign(
        change=told,
        households=shared.old_households,
        area_m2=shared.old_area,
        households_out=out,
        area_out_m2=out_m2,
        successors=_cells(relatives(before, first, after[second], held), old),
    )
    right = new[["code", new.geometry.name]].assign(
        change=become,
        households=shared.new_households,
        area_m2=shared.new_area,
        households_in=come,
        area_in_m2=come_m2,
        predecessors=_cells(relatives(after, second, before[first], held), new),
    )
    return left, right


def _left_over(
    side: NDArray[np.int64],
    shared: Overlap,
    stays: NDArray[np.bool_],
    households: NDArray[np.int64],
    area: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return what each grid of one side does not share with the one that continues it."""
    kept = np.bincount(side[stays], shared.households[stays], len(households))
    ground = np.bincount(side[stays], shared.area[stays], len(households))
    return households - kept.astype(np.int64), np.maximum(area - ground, 0.0)


def _cells(told: list[tuple[str, ...]], frame: pd.DataFrame) -> pd.Series[Any]:
    return pd.Series(told, index=frame.index, dtype=object)


def _summary(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, Any]:
    households, moved = int(old["households"].sum()), int(old["households_out"].sum())
    return {
        "old": {name: int((old["change"] == name).sum()) for name in CHANGE_CODES},
        "new": {name: int((new["change"] == name).sum()) for name in CHANGE_CODES},
        "households_moved": moved,
        "households_share": moved / households if households else 0.0,
        "area_moved_m2": float(old["area_out_m2"].sum()),
        "codes_changed": int(((new["was"] != "") & (new["was"] != new["code"])).sum()),
    }
