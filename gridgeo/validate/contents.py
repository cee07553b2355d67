"""Checks on attributes, compounds (小区), buildings, and dedicated facilities (专属网格)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridgeo.config import Band
from gridgeo.geometry import assign_points, intersection, polygonal
from gridgeo.model import Finding, exceeds
from gridgeo.validate.assignment import texts
from gridgeo.validate.case import Case, not_checked
from gridgeo.wording import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FIELDS = {
    "name": Text("name", "名称"),
    "kind": Text("kind", "类型"),
    "community": Text("community", "所属社区"),
    "households": Text("households", "户数"),
}
_KINDS = ("", "basic", "dedicated", "open")


def attributes_complete(case: Case) -> Iterator[Finding]:
    """Every grid states name, kind, community and households, and its kind is a known one.

    A field that no grid has is one finding, about all of them.
    """
    for field, noun in _FIELDS.items():
        lacking = pd.Series(texts(case.subject.grids[field])) == ""
        yield from _about(
            case,
            lacking.to_numpy(),
            Text(f"no {noun.en}", f"缺少{noun.zh}"),
        )
    kinds = texts(case.subject.grids["kind"])
    for kind in sorted(set(kinds) - set(_KINDS)):
        text = Text(f"the unknown kind {kind!r}", f"的类型“{kind}”未知")
        yield from _about(case, np.array([value == kind for value in kinds]), text)


def _about(case: Case, rows: np.typing.NDArray[np.bool_], text: Text) -> Iterator[Finding]:
    count = int(rows.sum())
    if count:
        every = count == len(rows)
        some = "1 grid has" if count == 1 else f"{count} grids have"
        yield Finding(
            rule="attributes_complete",
            severity="warning",
            message=Text(
                f"{'all grids have' if every else some} {text.en}",
                f"{'全部' if every else f'{count} 个'}网格{text.zh}",
            ),
            grids=() if every else case.named(np.flatnonzero(rows)),
            amount=float(count),
            unit="grids",
        )


def dedicated_without_homes(case: Case) -> Iterator[Finding]:
    """No dedicated grid holds more than a few households: nobody is meant to live there.

    The finding names the compounds inside, and counts the buildings or places with homes.
    """
    households = case.count("households")
    rows = np.flatnonzero(case.dedicated & (np.nan_to_num(households) > case.subject.most_homes))
    compounds = _compounds_of_points(case) if len(rows) else None
    for row in rows.tolist():
        yield Finding(
            rule="dedicated_without_homes",
            severity="warning",
            message=Text(
                f"dedicated grid {case.handles[row]} holds {households[row]:,.0f} households",
                f"专属网格 {case.handles[row]} 内有 {households[row]:,.0f} 户",
            )
            + _where_homes_are(case, row, compounds),
            grids=(case.handles[row],),
            where=case.place(row),
            amount=float(households[row]),
            unit="households",
        )


def _compounds_of_points(case: Case) -> NDArray[np.object_] | None:
    """Return the name of the compound of each household point, ``""`` for none."""
    points, compounds = case.points, case.subject.compounds
    if points is None or compounds is None or not len(compounds):
        return None
    of = assign_points(points.geometry.to_numpy(), polygonal(compounds.geometry.to_numpy()))
    return np.append(np.array(texts(compounds["name"]), dtype=object), "")[of]


def _where_homes_are(case: Case, row: int, compounds: NDArray[np.object_] | None) -> Text:
    """Return the compounds in a grid with their households, and in how many places homes are."""
    points = case.points
    if points is None or case.placing is None:
        return Text("", "")
    here = case.placing.inside == row
    places = len(np.unique(shapely.get_coordinates(points.geometry.to_numpy()[here]), axis=0))
    text = Text(f" in {places:,} places", f"，分布于 {places:,} 处")
    if compounds is None:
        return text
    held = pd.Series(points["households"].to_numpy()[here]).groupby(compounds[here]).sum()
    held = held[held.index != ""].sort_values(ascending=False, kind="stable")
    if held.empty:
        return text
    named = [f"{name} {count:,.0f}" for name, count in held.items()]
    return text + Text(f": {', '.join(named)}", f"：{'、'.join(named)}")


#: A border this near to the outline of a compound runs along it.
_ALONG_M = 12.0
#: Less ground than this is no part of a compound.
_LEAST_M2 = 1.0


def compounds_whole(case: Case) -> Iterator[Finding]:
    """No compound that one grid could hold is divided between basic grids of one community.

    Blocks are divided into compounds (小区), and only where they are too big, compounds into groups
    of buildings. Borders within 12 m of the outline run along it; borders of communities and of
    dedicated grids divide nothing. A compound above the upper limit of the band is too big; one
    of unknown size is taken to fit. Without compounds there is nothing to divide.
    """
    compounds = case.subject.compounds
    if compounds is None or len(compounds) == 0:
        return
    ground = polygonal(compounds.geometry.to_numpy())
    counts = _counts_in(case, ground)
    parts = _parts(case, ground)
    names = texts(compounds["name"])
    for _, members in parts.groupby(["compound", "community"], sort=True):
        at, community = (int(members[name].iloc[0]) for name in ("compound", "community"))
        if len(members) < 2 or not _fits(counts.iloc[at], case.bands.of(community)):
            continue
        rows = members["grid"].to_numpy()
        yield Finding(
            rule="compounds_whole",
            severity="warning",
            message=_divided_text(names[at], len(members), float(counts["households"].loc[at])),
            grids=case.named(rows),
            where=shapely.union_all(
                intersection(np.full(len(rows), ground[at]), case.ground[rows])
            ),
            amount=float(members["m2"].sum() - members["m2"].max()),
            unit="m2",
        )


def _parts(case: Case, ground: NDArray[Any]) -> pd.DataFrame:
    """Return compound, community, grid and m2 of basic grids well inside compounds."""
    inner = shapely.buffer(ground, -_ALONG_M, join_style="mitre")
    compound, grid = case.tree.query(inner, predicate="intersects")
    basic = case.basic[grid] & (case.parents[grid] >= 0)
    compound, grid = compound[basic], grid[basic]
    deep = shapely.area(intersection(inner[compound], case.ground[grid])) >= _LEAST_M2
    compound, grid = compound[deep], grid[deep]
    m2 = shapely.area(intersection(ground[compound], case.ground[grid]))
    columns = {"compound": compound, "community": case.parents[grid], "grid": grid, "m2": m2}
    return pd.DataFrame(columns)


def _counts_in(case: Case, ground: NDArray[Any]) -> pd.DataFrame:
    """Return households and residents of each piece of ground, NaN where none are known."""
    unknown = pd.DataFrame(np.nan, index=range(len(ground)), columns=["households", "residents"])
    if case.points is None:
        return unknown
    tree = shapely.STRtree(case.points.geometry.to_numpy())
    piece, point = tree.query(ground, predicate="covers")
    counts = case.points[["households", "residents"]].iloc[point].astype(np.float64)
    return pd.DataFrame(counts.groupby(piece).sum(min_count=1).reindex(unknown.index))


def _fits(counts: pd.Series[float], band: Band) -> bool:
    """Return whether one grid of the band can hold these counts; what is unknown fits."""
    return not exceeds(band, counts["households"], counts["residents"])


def _divided_text(name: str, grids: int, households: float) -> Text:
    known = not np.isnan(households)
    return Text(
        f"compound {name or 'without a name'}"
        + (f" of {households:,.0f} households" if known else "")
        + f" is divided between {grids} grids",
        f"{f'小区“{name}”' if name else '一处未命名小区'}"
        + (f"（{households:,.0f} 户）" if known else "")
        + f"被划入 {grids} 个网格",
    )


def buildings_whole(case: Case) -> Iterator[Finding]:
    """No building that one grid could hold stands in several grids of one community.

    A building is cut where two grids hold 5 m2 and 2 % of it each; what the border of a community
    divides is not. One above the upper limit of the band may be divided, by stairwells: an info.
    Without buildings there is nothing to divide.
    """
    parts = case.cut_buildings
    buildings = case.subject.buildings
    if buildings is None or parts.empty:
        return
    ground = polygonal(buildings.geometry.to_numpy())
    rows = parts["building"].unique()
    counts = _counts_in(case, ground[rows])
    at = {row: place for place, row in enumerate(rows.tolist())}
    names = texts(buildings["name"])
    for _, members in parts.groupby(["building", "community"], sort=True):
        row, community = (int(members[name].iloc[0]) for name in ("building", "community"))
        own = counts.iloc[at[row]]
        fits = _fits(own, case.bands.of(community))
        yield Finding(
            rule="buildings_whole",
            severity="warning" if fits else "info",
            message=_building_text(names[row], shapely.area(ground[row]), float(own["households"]))
            + _shares_text(case, members)
            + (Text("", "") if fits else Text("; it exceeds the band", "；其自身已超上限")),
            grids=case.named(members["grid"].to_numpy()),
            where=ground[row],
            amount=float(members["m2"].sum() - members["m2"].max()),
            unit="m2",
        )


def _building_text(name: str, m2: float, households: float) -> Text:
    known = not np.isnan(households)
    return Text(
        f"building {name or 'without a name'} of {m2:,.0f} m2"
        + (f" and {households:,.0f} households" if known else ""),
        f"{f'建筑“{name}”' if name else '一栋未命名建筑'}（{m2:,.0f} 平方米"
        + (f"，{households:,.0f} 户）" if known else "）"),
    )


def _shares_text(case: Case, parts: pd.DataFrame) -> Text:
    shares = [
        f"{case.handles[grid]} {share:.0%}"
        for grid, share in zip(parts["grid"], parts["share"], strict=True)
    ]
    return Text(
        f" stands in {len(shares)} grids: {', '.join(shares)}",
        f"分属 {len(shares)} 个网格：{'、'.join(shares)}",
    )


#: A grid of unknown kind is that of the facility when they share this much of the larger.
_SAME_GROUND = 0.8


def facilities_dedicated(case: Case) -> Iterator[Finding]:
    """No facility that reaches its threshold stands mostly in grids that are not its own.

    Such a unit "may" have a dedicated grid (可): a miss is a warning, with the grid that holds
    most of it. Dedicated grids that cover half of it are enough.
    """
    facilities = case.subject.facilities
    if facilities is None or len(facilities) == 0:
        yield not_checked("facilities_dedicated", Text("facilities", "设施"))
        return
    chosen = facilities[facilities["dedicated"].to_numpy(dtype=bool)]
    ground = polygonal(chosen.geometry.to_numpy())
    shares = _facility_shares(case, ground)
    for place, name in enumerate(texts(chosen["name"])):
        rows = shares[shares["facility"] == place]
        other = rows[~rows["dedicated"]]
        half = shapely.area(ground[place]) / 2
        if other["m2"].sum() <= half or rows.loc[rows["dedicated"], "m2"].sum() >= half:
            continue
        most = other.iloc[0]
        reason = Text(str(chosen["reason_en"].iloc[place]), str(chosen["reason_zh"].iloc[place]))
        yield Finding(
            rule="facilities_dedicated",
            severity="warning",
            message=_facility_words(name, str(most["grid"]), reason),
            grids=(str(most["grid"]),),
            where=ground[place],
            amount=float(most["m2"]),
            unit="m2",
        )


def _facility_shares(case: Case, ground: NDArray[np.object_]) -> pd.DataFrame:
    """Return facility, grid, dedicated, m2 of each facility in each grid, the largest first."""
    facility, grid = case.tree.query(ground, predicate="intersects")
    m2 = shapely.area(intersection(ground[facility], case.ground[grid]))
    larger = np.maximum(shapely.area(ground[facility]), shapely.area(case.ground[grid]))
    kind = np.array(texts(case.subject.grids["kind"]), dtype=object)[grid]
    shares = pd.DataFrame(
        {
            "facility": facility,
            "grid": np.array(case.handles, dtype=object)[grid],
            "dedicated": (kind == "dedicated") | ((kind == "") & (m2 >= _SAME_GROUND * larger)),
            "m2": m2,
        }
    )
    order = shares.assign(m2=-shares["m2"].round(2)).sort_values(["facility", "m2", "grid"]).index
    return shares.loc[order]


def _facility_words(name: str, grid: str, reason: Text) -> Text:
    lead = Text(
        f"{name or 'a facility without a name'} stands in grid {grid} and deserves a dedicated "
        "grid (",
        f"{f'“{name}”' if name else '一处未命名设施'}位于网格 {grid} 内，宜单设专属网格（",
    )
    return lead + reason + Text(")", "）")
