"""Which facilities become dedicated grids (专属网格), on what ground, and why.

A facility is judged by the threshold of its category. Dedicated ground must leave the rest of its
community connected where it can. Every facility is listed with its decision and the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from gridgeo.config import DedicatedRules
from gridgeo.geometry import assign_points, households_in
from gridgeo.model import Atoms, Bands, Layers
from gridgeo.wording import Text


def refuse(considered: gpd.GeoDataFrame, row: int, reason: Text) -> gpd.GeoDataFrame:
    """Return the list with the facility at position `row` no longer dedicated, and why."""
    here = np.arange(len(considered)) == row
    return considered.assign(
        dedicated=considered["dedicated"].mask(here, other=False),
        reason_en=considered["reason_en"].mask(here, reason.en),
        reason_zh=considered["reason_zh"].mask(here, reason.zh),
    )


def yield_to_locked(
    considered: gpd.GeoDataFrame, locked: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Give up dedicated grids whose ground lies mostly in locked grids: these keep all of it."""
    if locked is None or not len(locked):
        return considered
    kept = shapely.union_all(locked.geometry.to_numpy())
    ground = considered.geometry.to_numpy()
    inside = shapely.area(shapely.intersection(ground, kept)) > shapely.area(ground) / 2
    for row in np.flatnonzero(considered["dedicated"].to_numpy(dtype=bool) & inside):
        considered = refuse(considered, int(row), _LOCKED)
    return considered


_LOCKED = Text("passes, but lies in a locked grid", "达到阈值，但位于锁定的网格内，故不单设")


_Index = NDArray[np.int64]

_TOO_NARROW = Text("too small or too narrow for an atom", "范围过小或过窄，未形成单元")


@dataclass(frozen=True)
class _Cut:
    """A piece with too few households that one facility cuts off from the rest."""

    facility: int
    households: int


def keep_connected(atoms: Atoms, bands: Bands) -> Atoms:
    """Give up dedicated grids that would cut off a piece with too few households for a grid.

    They "may" become dedicated (可), so the community around them goes first: where the ground
    of a facility separates fewer households than the lower limit from the rest, the facility
    stays an ordinary part of its community, smallest facility first, and its entry in
    ``considered`` lists them. Facilities that no atom was left for are refused too.
    """
    facility = atoms.frame["facility"].to_numpy().copy()
    community = atoms.frame["community"].to_numpy()
    considered = atoms.considered
    graph = _graph(atoms)
    for place in np.unique(community[facility >= 0]):
        members = np.flatnonzero(community == place)
        within, lower = graph[members][:, members], bands.of(int(place)).lower
        while cut := _first_cut(within, members, facility[members], atoms, lower):
            facility[members[facility[members] == cut.facility]] = -1
            if not (facility == cut.facility).any():
                considered = refuse(considered, cut.facility, _cuts_off(cut.households))
    for row in np.flatnonzero(considered["dedicated"]):
        if not (facility == row).any():
            considered = refuse(considered, int(row), _TOO_NARROW)
    return replace(atoms, frame=atoms.frame.assign(facility=facility), considered=considered)


def _graph(atoms: Atoms) -> csr_array:
    """Return which atoms are neighbours, both ways."""
    inner = atoms.borders[(atoms.borders["right"] >= 0) & atoms.borders["passable"]]
    left, right = inner["left"].to_numpy(), inner["right"].to_numpy()
    size = len(atoms.frame)
    both = (np.concatenate([left, right]), np.concatenate([right, left]))
    return coo_array((np.ones(2 * len(inner), dtype=bool), both), shape=(size, size)).tocsr()


def _first_cut(
    graph: csr_array, members: _Index, facility: _Index, atoms: Atoms, lower: int
) -> _Cut | None:
    """Return the first cut among the `members` (atoms) of one community, in their `graph`."""
    ordinary = np.flatnonzero(facility < 0)
    count, found = connected_components(graph[ordinary][:, ordinary], directed=False)
    if count < 2:
        return None
    piece = np.full(len(members), -1)
    piece[ordinary] = found
    households = atoms.frame["households"].to_numpy()[members]
    sums = np.bincount(found, households[ordinary], count).astype(np.int64)
    for number in np.flatnonzero((sums > 0) & (sums < lower)):
        for around in _facilities_around(graph, piece == number, facility, atoms):
            beyond = np.unique(piece[_beside(graph, facility == around)])
            if np.setdiff1d(beyond, [-1, number]).size:
                return _Cut(facility=around, households=int(sums[number]))
    return None


def _facilities_around(
    graph: csr_array, piece: NDArray[np.bool_], facility: _Index, atoms: Atoms
) -> Iterator[int]:
    around = set(facility[_beside(graph, piece)].tolist()) - {-1}
    area = atoms.considered["area_m2"].to_numpy()
    yield from sorted(around, key=lambda f: (round(float(area[f]), 2), f))


def _beside(graph: csr_array, piece: NDArray[np.bool_]) -> _Index:
    """Return the neighbours of the atoms of a piece."""
    beside: _Index = np.unique(graph[np.flatnonzero(piece)].indices)
    return beside


def _cuts_off(households: int) -> Text:
    return Text(
        f"passes, but its grid would cut off {households} households from their community",
        f"达到阈值，但单独成网格会使 {households} 户与本社区其余部分隔断，故不单设",
    )


#: Two facilities stand on the same ground when they share this much of the larger one.
_SAME_GROUND = 0.8
#: A point takes a whole block only for facilities that as a rule fill one; a shop does not.
_BLOCK_FILLING = ("business_park", "school", "hospital")

_CATEGORY_TEXT = {
    "office": Text("office building", "办公楼宇"),
    "business_park": Text("business park", "园区"),
    "shopping": Text("shopping", "商圈商场"),
    "school": Text("school", "学校"),
    "hospital": Text("hospital", "医院"),
    "institution": Text("institution", "企事业单位"),
    "green_park": Text("green park", "公园绿地"),
}
_MEASURE_TEXT = {
    "area_m2": Text("area", "占地面积"),
    "floor_area_m2": Text("floor area", "建筑面积"),
    "people": Text("people", "人数"),
}
_GROUND_TEXT = {
    "outline": Text("", ""),
    "parcel": Text(" on its parcel", "（按所在宗地）"),
    "compound": Text(" on its compound", "（按所在小区院落）"),
    "block": Text(" on its block", "（按所在街区）"),
    "building": Text(" on its building", "（按所在楼栋）"),
}
_BLOCK_AREA = Text("area of the block", "街区面积")
_NO_GROUND = Text(
    "a point without parcel, block or building of its own: give its outline to make it a grid",
    "仅有点位，且不在独立的宗地、街区或楼栋上；如需设专属网格请提供其范围",
)
_DECIDED = {
    "yes": Text("decided by hand: dedicated", "人工确定：设专属网格"),
    "no": Text("decided by hand: not dedicated", "人工确定：不设专属网格"),
}
_OUTSIDE = Text("outside every community", "位于所有社区之外")


def choose_dedicated(
    layers: Layers,
    ground: NDArray[Any],
    ground_households: NDArray[np.int64],
    rules: DedicatedRules,
) -> gpd.GeoDataFrame:
    """Judge every facility against the threshold of its category.

    Parameters
    ----------
    layers
        facilities; and parcels, compounds, buildings, households for points to stand on.
    ground, ground_households
        Blocks (or ready-made atoms) and the households in each.
    rules
        Thresholds: a facility passes when it reaches any one of those of its category, its area
        in the community that holds most of it. None of
        them is law; the rules only require "larger" (较大).

    Returns
    -------
    GeoDataFrame
        Aligned with ``layers.facilities``: kind, name, area_m2, dedicated, reason_en,
        reason_zh, geometry (the outline that a dedicated grid is to take, else the facility's).
    """
    facilities = layers.facilities
    outline, stands_on = _outlines(layers, ground, ground_households, rules)
    measures = facilities[list(_MEASURE_TEXT)].copy()
    areas = _areas_inside(outline, layers.communities.geometry.to_numpy())
    measures["area_m2"] = measures["area_m2"].fillna(pd.Series(areas, index=measures.index))
    inside = shapely.STRtree(ground).query(outline, predicate="intersects")[0]
    outside = ~np.isin(np.arange(len(facilities)), inside)
    verdicts = [
        (False, _OUTSIDE) if outside[i] else _judge(facility, measures.iloc[i], stands_on[i], rules)
        for i, facility in enumerate(facilities.itertuples(index=False))
    ]
    considered = gpd.GeoDataFrame(
        {
            "kind": facilities["kind"],
            "name": facilities["name"],
            "area_m2": measures["area_m2"],
            "dedicated": np.array([passed for passed, _ in verdicts], dtype=bool),
            "reason_en": [reason.en for _, reason in verdicts],
            "reason_zh": [reason.zh for _, reason in verdicts],
        },
        geometry=outline,
        crs=layers.crs,
    )
    points = np.flatnonzero(shapely.get_type_id(facilities.geometry.to_numpy()) == 0)
    return _one_per_ground(_within_outlines(considered, facilities, points))


def _areas_inside(outlines: NDArray[Any], communities: NDArray[Any]) -> NDArray[np.float64]:
    """Return the m2 of each outline in the community that holds most of it."""
    areas = np.zeros(len(outlines))
    outline, community = shapely.STRtree(communities).query(outlines, predicate="intersects")
    shared = shapely.area(shapely.intersection(outlines[outline], communities[community]))
    np.maximum.at(areas, outline, shared)
    return areas


def _outlines(
    layers: Layers,
    ground: NDArray[Any],
    ground_households: NDArray[np.int64],
    rules: DedicatedRules,
) -> tuple[NDArray[Any], list[str]]:
    """Return the outline of each facility, and what gave it (``""``: a point on no ground)."""
    outline = layers.facilities.geometry.to_numpy().copy()
    is_point = shapely.get_type_id(outline) == 0
    stands_on = np.where(is_point, "", "outline").astype(object)
    compounds = layers.compounds.geometry.to_numpy()
    in_compounds = households_in(layers.households, compounds)
    few = rules.point_block_households
    small_enough = shapely.area(ground) <= rules.point_block_area_m2
    fills_block = layers.facilities["kind"].isin(_BLOCK_FILLING).to_numpy()
    for name, polygons in (
        ("parcel", layers.parcels.geometry.to_numpy()),
        ("compound", compounds[in_compounds <= few]),
        ("block", ground[(ground_households <= few) & small_enough]),
        ("building", layers.buildings.geometry.to_numpy()),
    ):
        waiting = np.flatnonzero((stands_on == "") & (fills_block | (name != "block")))
        assigned = assign_points(outline[waiting], polygons)
        found = assigned >= 0
        outline[waiting[found]] = polygons[assigned[found]]
        stands_on[waiting[found]] = name
    return outline, list(stands_on)


def _judge(
    facility: Any, measures: pd.Series[float], stands_on: str, rules: DedicatedRules
) -> tuple[bool, Text]:
    """Return what the thresholds say of a facility, or somebody who decided on it, and why."""
    if not stands_on:
        return False, _NO_GROUND
    threshold = rules.thresholds[facility.kind]
    limits = {m: getattr(threshold, m) for m in _MEASURE_TEXT}
    compared = [
        (m, float(measures[m]), limit)
        for m, limit in limits.items()
        if limit is not None and not np.isnan(measures[m])
    ]
    passed = [entry for entry in compared if entry[1] >= entry[2]]
    named = _MEASURE_TEXT | ({"area_m2": _BLOCK_AREA} if stands_on == "block" else {})
    reason = _compare(passed[0], named, passes=True) if passed else _report(compared, named)
    reason = _CATEGORY_TEXT[facility.kind] + _GROUND_TEXT[stands_on] + Text(": ", "：") + reason
    if facility.wanted:
        return facility.wanted == "yes", _DECIDED[facility.wanted] + Text("; ", "；") + reason
    return bool(passed), reason


def _report(compared: list[tuple[str, float, float]], named: Mapping[str, Text]) -> Text:
    reason = Text("no measure to judge by", "没有可供判断的数据")
    for n, entry in enumerate(compared):
        one = _compare(entry, named, passes=False)
        reason = reason + Text(", ", "，") + one if n else one
    return reason


def _compare(entry: tuple[str, float, float], named: Mapping[str, Text], *, passes: bool) -> Text:
    measure, value, limit = entry
    unit = Text(" m2", " 平方米") if measure.endswith("_m2") else Text("", " 人")
    sign_en, sign_zh = ("reaches", "达到") if passes else ("below", "低于")
    name = named[measure]
    return Text(
        f"{name.en} {value:,.0f}{unit.en} {sign_en} {limit:,.0f}{unit.en}",
        f"{name.zh} {value:,.0f}{unit.zh}，{sign_zh}阈值 {limit:,.0f}{unit.zh}",
    )


def _within_outlines(
    considered: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, points: NDArray[np.int64]
) -> gpd.GeoDataFrame:
    """Give up points that lie in the outline of a dedicated facility of their category.

    The points name what stands there: an outline without a name takes theirs, where it is one.
    """
    hosts = np.setdiff1d(np.flatnonzero(considered["dedicated"]), points)
    kind, names = considered["kind"].to_numpy(), considered["name"].to_numpy(dtype=object).copy()
    shapes = facilities.geometry.to_numpy()
    at, host = shapely.STRtree(shapes[hosts]).query(shapes[points], predicate="intersects")
    at, host = points[at], hosts[host]
    same = kind[at] == kind[host]
    at, host = at[same], host[same]
    for outline in np.unique(host):
        inside = set(names[at[host == outline]]) - {""}
        if not names[outline] and len(inside) == 1:
            names[outline] = inside.pop()
    considered = considered.assign(name=names)
    for point, outline in zip(at.tolist(), host.tolist(), strict=True):
        if considered["dedicated"].iat[point]:
            reason = Text(
                f"within the outline of {names[outline] or 'another facility'}",
                f"位于{names[outline] or '同类设施'}的范围图形内，以该图形为准",
            )
            considered = refuse(considered, point, reason)
    return considered


def _one_per_ground(considered: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Of several facilities on the same ground keep the largest (then the first)."""
    outlines = considered.geometry.to_numpy()
    chosen = np.flatnonzero(considered["dedicated"])
    size = shapely.area(outlines)
    rank = {int(i): (-round(size[i], 2), int(i)) for i in chosen}
    a, b = shapely.STRtree(outlines[chosen]).query(outlines[chosen], predicate="intersects")
    a, b = chosen[a], chosen[b]
    shared = shapely.area(shapely.intersection(outlines[a], outlines[b]))
    same = (a != b) & (shared > _SAME_GROUND * np.maximum(size[a], size[b]))
    for i, j in zip(a[same].tolist(), b[same].tolist(), strict=True):
        if rank[i] > rank[j] and considered["dedicated"].iat[j]:
            name = str(considered["name"].iat[j])
            reason = Text(
                f"on the ground of {name or 'another facility'}", f"与{name or '另一设施'}同址"
            )
            considered = refuse(considered, i, reason)
    return considered
