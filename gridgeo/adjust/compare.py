"""Comparison of two partitions: `gridgeo diff`.

Each side is a plan or any file of grids. Households are counted at the same points on both sides:
the points given, else those of one side, else one point in each atom of a plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridgeo.adjust.reasons import reasons_of
from gridgeo.codes import Difference, compare
from gridgeo.config import ReadRules, Settings, Source
from gridgeo.errors import InputError
from gridgeo.geometry import STAYING_CODES, points_of
from gridgeo.model import Comparison, Note, Plan, Reject, single_parts
from gridgeo.pipeline import Clock, Progress, input_hashes
from gridgeo.read import read_grids, read_household_points
from gridgeo.report import load_plan
from gridgeo.wording import Text


def household_points_of(plan: Plan) -> gpd.GeoDataFrame | None:
    """Return points with households: the household points, else one point in each atom.

    Points that the plan lists as being in no grid are left out; None where there are neither.
    """
    inside = plan.households[plan.households["reason"] == ""]
    if len(inside):
        return inside[["households", "geometry"]].reset_index(drop=True)
    if len(plan.atoms):
        return points_of(plan.atoms)
    return None


_COLUMNS = ("code", "name", "kind", "community", "community_name", "households", "reason")


@dataclass(frozen=True, kw_only=True)
class Side:
    """Grids with `_COLUMNS`, verdict and geometry, in one metre CRS; households are NaN or given.

    `plan` is None where the side is a file.
    """

    grids: gpd.GeoDataFrame
    crs: CRS
    households: gpd.GeoDataFrame | None = None
    plan: Plan | None = None
    rejects: tuple[Reject, ...] = ()
    notes: tuple[Note, ...] = ()


def read_side(source: Source, rules: ReadRules, *, crs: CRS | None = None) -> Side:
    """Return the grids of a plan's folder, a ``plan.gpkg``, or any file of grids.

    Geometry is brought to `crs`, where it is given.

    Raises
    ------
    InputError
        There are none, they cannot be read, or an approved plan was changed since.
    """
    if Path(source.path).is_dir():
        return side_of(load_plan(source.path), crs=crs)
    if Path(source.path).name == "plan.gpkg" and not source.layer:
        source = replace(source, layer="grids")
    file = read_grids(source, crs=crs, rules=rules)
    _check_some(file.grids, source)
    grids = file.grids.drop(columns="row").assign(community_name="", verdict="", reason="")
    ground = grids.geometry.to_numpy().copy()
    ground[shapely.is_missing(ground)] = shapely.Polygon()
    return Side(
        crs=_metric(grids, source),
        grids=grids.set_geometry(gpd.GeoSeries(ground, index=grids.index, crs=grids.crs)),
        rejects=file.rejects,
        notes=file.notes,
    )


def side_of(plan: Plan, *, crs: CRS | None = None) -> Side:
    """Return a plan as one side of a comparison."""
    grids = plan.grids[[*_COLUMNS, "verdict", "geometry"]]
    grids = grids.astype({"households": "float64"})
    points = household_points_of(plan)
    if crs is not None and grids.crs != crs:
        grids = grids.to_crs(crs)
        points = None if points is None else points.to_crs(crs)
    return Side(grids=grids, crs=_metric(grids, "plan"), households=points, plan=plan)


def _metric(grids: gpd.GeoDataFrame, source: object) -> CRS:
    if grids.crs is None:
        raise InputError(Text("the grids have no CRS", "网格没有坐标系"), file=str(source))
    return grids.crs


def _check_some(grids: gpd.GeoDataFrame, source: Source) -> None:
    if not len(grids):
        raise InputError(Text("there are no grids", "没有网格"), file=str(source))


_AND = ";"


def diff(
    old: Source, new: Source, settings: Settings, *, on_progress: Progress | None = None
) -> Comparison:
    """Compare two partitions: the change of each grid, moved households, changed codes.

    Parameters
    ----------
    old, new
        Folders of plans, ``plan.gpkg``, or files of grids with codes.
    settings
        ``read.inputs`` may name households or atoms: they are what moves. Without them it is the
        households of the new plan, then those of the old one; where neither is a plan, the
        counts that the old grids state are spread by area.

    Raises
    ------
    InputError
        A side cannot be read, or a code is missing or there twice.
    """
    clock = Clock(on_progress)
    with clock.stage("read"):
        right = read_side(new, settings.read)
        left = read_side(old, settings.read, crs=right.crs)
        file = read_household_points(settings.read, crs=right.crs)
    with clock.stage("compare"):
        comparison = compare_sides(
            left, right, settings, household_points=None if file is None else file.households
        )
    return Comparison(
        settings=settings,
        changes=comparison.changes,
        crosswalk=comparison.crosswalk,
        before=comparison.before,
        summary=comparison.summary,
        notes=(*left.notes, *right.notes, *(file.notes if file else ()), *comparison.notes),
        rejects=(*left.rejects, *right.rejects, *(file.rejects if file else ())),
        run={**clock.record(), "inputs": input_hashes(settings.read, old, new)},
    )


def compare_sides(
    old: Side, new: Side, settings: Settings, *, household_points: gpd.GeoDataFrame | None = None
) -> Comparison:
    """Return the comparison of two sides that are in one CRS; see `diff`."""
    for given in (household_points, new.households, old.households):
        if given is not None and len(given):
            household_points = given
            break
    before, after = _counted(old.grids), _counted(new.grids)
    difference = compare(
        before,
        after,
        household_points=household_points,
        tolerance_m=settings.tolerance_m,
        redrawn_m=settings.redrawn_m,
    )
    changes = _changes(difference, old, new)
    known = dict(zip(old.grids["code"], old.grids.index, strict=True))
    reasons = reasons_of(changes, old.grids, known)
    return Comparison(
        settings=settings,
        changes=changes.assign(reason=[reason.say(settings.lang) for reason in reasons]),
        crosswalk=_crosswalk(difference),
        before=_before(difference, old),
        summary=_summary(difference),
        notes=_notes(difference, old, new, counted=household_points is not None),
    )


def _counted(grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return grids.assign(households=grids["households"].fillna(0).astype("int64"))


def _changes(difference: Difference, old: Side, new: Side) -> gpd.GeoDataFrame:
    """Return a row for each new grid by code, then one for each retired grid."""
    was = difference.old.set_index("code")
    current, retired = (
        _current_rows(difference, was, new.grids),
        _retired_rows(difference, old.grids),
    )
    rows = [part.sort_values("code", kind="stable") for part in (current, retired) if len(part)]
    joined = pd.concat(rows, ignore_index=True).drop(columns="code")
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=new.grids.crs)


def _current_rows(
    difference: Difference, was: gpd.GeoDataFrame, grids: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    now = difference.new
    before = was.reindex(now["was"])
    return gpd.GeoDataFrame(
        {
            "code": now["code"].to_numpy(),
            "change": now["change"].to_numpy(),
            "old_code": now["was"].to_numpy(),
            "new_code": now["code"].to_numpy(),
            **{name: grids[name].to_numpy() for name in _NAMED},
            "households_before": _whole_numbers(before["households"]),
            "households": now["households"].to_numpy(),
            "households_in": now["households_in"].to_numpy(),
            "households_out": _whole_numbers(before["households_out"]),
            "area_before_m2": before["area_m2"].fillna(0.0).to_numpy(),
            "area_m2": now["area_m2"].to_numpy(),
            "area_in_m2": now["area_in_m2"].to_numpy(),
            "area_out_m2": before["area_out_m2"].fillna(0.0).to_numpy(),
            "predecessors": _joined(now["predecessors"]),
            "successors": _joined(before["successors"]),
        },
        geometry=now.geometry.to_numpy(),
        crs=grids.crs,
    )


def _retired_rows(difference: Difference, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    retired = (difference.old["change"] == "retired").to_numpy()
    left, named = difference.old[retired], grids[retired]
    nothing = np.zeros(len(left))
    return gpd.GeoDataFrame(
        {
            "code": left["code"].to_numpy(),
            "change": left["change"].to_numpy(),
            "old_code": left["code"].to_numpy(),
            "new_code": "",
            **{name: named[name].to_numpy() for name in _NAMED},
            "households_before": left["households"].to_numpy(),
            "households": nothing.astype("int64"),
            "households_in": nothing.astype("int64"),
            "households_out": left["households_out"].to_numpy(),
            "area_before_m2": left["area_m2"].to_numpy(),
            "area_m2": nothing,
            "area_in_m2": nothing,
            "area_out_m2": left["area_out_m2"].to_numpy(),
            "predecessors": "",
            "successors": _joined(left["successors"]),
        },
        geometry=left.geometry.to_numpy(),
        crs=grids.crs,
    )


_NAMED = ("name", "kind", "community", "community_name")


def _whole_numbers(values: pd.Series[Any]) -> NDArray[np.int64]:
    return values.fillna(0).to_numpy().astype(np.int64)


def _joined(codes: pd.Series[Any]) -> list[str]:
    return [_AND.join(difference) if isinstance(difference, tuple) else "" for difference in codes]


def _crosswalk(difference: Difference) -> gpd.GeoDataFrame:
    walk = difference.crosswalk
    old, new = difference.old.set_index("code"), difference.new.set_index("code")
    left = shapely.make_valid(np.asarray(old.geometry.reindex(walk["old_code"]).array))
    right = shapely.make_valid(np.asarray(new.geometry.reindex(walk["new_code"]).array))
    goes_on = old["goes_on_as"].reindex(walk["old_code"]).to_numpy(dtype=object)
    shared = _polygons(shapely.intersection(left, right))
    return gpd.GeoDataFrame(
        {
            "old_code": walk["old_code"].to_numpy(),
            "new_code": walk["new_code"].to_numpy(),
            "households": walk["households"].to_numpy(),
            "share_of_old": _share(walk["households"], old["households"], walk["old_code"]),
            "share_of_new": _share(walk["households"], new["households"], walk["new_code"]),
            "area_m2": walk["area_m2"].to_numpy(),
            "moved": goes_on != walk["new_code"].to_numpy(dtype=object),
        },
        geometry=shared,
        crs=difference.new.crs,
    )


def _share(part: pd.Series[Any], total: pd.Series[Any], codes: pd.Series[Any]) -> NDArray[Any]:
    """Return `part` over the whole of the grid with each of `codes`, NaN where that is nothing."""
    of = total.reindex(codes).to_numpy(dtype=np.float64)
    share: NDArray[np.float64] = part.to_numpy() / np.where(of > 0, of, np.nan)
    return share


def _polygons(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return the polygonal part of each geometry, an empty polygon where there is none."""
    there = np.flatnonzero(~shapely.is_missing(shapes))
    parts, place = shapely.get_parts(shapes[there], return_index=True)
    place = there[place]
    flat = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    ground = np.full(len(shapes), shapely.Polygon(), dtype=object)
    if flat.any():
        shapely.multipolygons(parts[flat], indices=place[flat], out=ground)
    return single_parts(ground)


def _before(difference: Difference, old: Side) -> gpd.GeoDataFrame:
    named = difference.old.assign(name=old.grids["name"].to_numpy())
    columns = ["code", "name", "change", "goes_on_as", "households", "area_m2", "geometry"]
    frame = gpd.GeoDataFrame(named[columns], geometry="geometry", crs=old.grids.crs)
    return frame.sort_values("code", ignore_index=True)


def _summary(difference: Difference) -> dict[str, Any]:
    return {
        "grids_before": len(difference.old),
        "grids": len(difference.new),
        "households": int(difference.crosswalk["households"].sum()),
        **difference.summary,
    }


def _notes(difference: Difference, old: Side, new: Side, *, counted: bool) -> tuple[Note, ...]:
    if not counted:
        return (
            Note(
                "households",
                Text(
                    "no household points: what the old grids state is spread by area",
                    "没有住户点：按旧网格标注的户数以面积分摊",
                ),
            ),
        )
    differ = [
        int((side.grids["households"].notna() & (side.grids["households"] != count)).sum())
        for side, count in (
            (old, difference.old["households"].to_numpy()),
            (new, difference.new["households"].to_numpy()),
        )
    ]
    if not any(differ):
        return ()
    message = Text(
        "the same households are counted on both sides: they differ from what is stated at "
        f"{differ[0]} old and {differ[1]} new grids",
        f"新旧两侧按同一批住户统计，与标注户数不同的旧网格 {differ[0]} 个、新网格 {differ[1]} 个",
    )
    return (Note("households", message),)


def changed_grids(changes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows of grids that changed: other ground, other code, or retired."""
    other = ~changes["change"].isin(STAYING_CODES) | (changes["old_code"] != changes["new_code"])
    return changes[other].reset_index(drop=True)
