"""The frames of a plan, made from atoms, labels and coded grids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.config import Settings
from gridgeo.geometry import assign_points, count_in
from gridgeo.model import Atoms, Bands, Layers, Partition, Plan, grid_frame, judge_counts
from gridgeo.partition import count_by
from gridgeo.read import ways_of
from gridgeo.wording import Lang, Text, join

_OUTSIDE = Text("outside every community", "位于所有社区之外")
#: A dedicated grid that contains less of its facility's outline states how much.
_MOST_OF_OUTLINE = 0.95
_NO_GRID = Text("in no grid", "不在任何网格之内")


def deliver_grids(coded: gpd.GeoDataFrame, atoms: Atoms, lang: Lang) -> gpd.GeoDataFrame:
    """Return the grids of the plan, sorted by code.

    Parameters
    ----------
    coded
        Indexed by label: kind, community (position), community_code, facility (position),
        verdict, reason_en, reason_zh, code, scheme, name, bounded_by, contains, counts, geometry.
    """
    names = atoms.communities["name"].to_numpy(dtype=object)
    facilities = np.append(atoms.considered["name"].to_numpy(dtype=object), "")
    unknown = atoms.frame["residents"].isna().all()
    reasons = coded["reason_zh"] if lang == "zh" else coded["reason_en"]
    reasons = reasons + _shares_of_outlines(coded, atoms, lang)
    grids = coded.assign(
        community=coded["community_code"],
        community_name=names[coded["community"]],
        facility=facilities[coded["facility"]],
        residents=np.nan if unknown else coded["residents"],
        reason=reasons,
    )
    return grid_frame(grids.sort_values("code"))


def _shares_of_outlines(coded: gpd.GeoDataFrame, atoms: Atoms, lang: Lang) -> list[str]:
    """Return what to say of dedicated grids that hold only a part of their facility's outline."""
    outlines = np.append(atoms.considered.geometry.to_numpy(), np.array([None]))[coded["facility"]]
    total = shapely.area(outlines)
    shared = shapely.area(shapely.intersection(coded.geometry.to_numpy(), outlines))
    return [
        Text(
            f"; {part:,.0f} of the {all_:,.0f} m2 of its outline are in this grid",
            f"；其范围 {all_:,.0f} 平方米中有 {part:,.0f} 平方米在本网格内",
        ).say(lang)
        if part < _MOST_OF_OUTLINE * all_
        else ""
        for part, all_ in zip(shared, total, strict=True)
    ]


def deliver_communities(
    codes: list[str], layers: Layers, atoms: Atoms, partition: Partition, lang: Lang
) -> gpd.GeoDataFrame:
    """Return the effective communities with their counts and verdicts, sorted by code."""
    size = len(atoms.communities)
    community = atoms.frame["community"].to_numpy()
    households, residents = count_by(
        community, size, atoms.frame["households"].to_numpy(), atoms.frame["residents"].to_numpy()
    )
    described = partition.communities
    frame = gpd.GeoDataFrame(
        {
            "code": codes,
            "name": atoms.communities["name"].to_numpy(),
            "households": households,
            "residents": residents,
            "grids": described["grids"].to_numpy(),
            "verdict": described["verdict"].to_numpy(),
            "reason": described[f"reason_{lang}"] + _guesses(layers, atoms, described, lang),
            "proof": described["proof"].to_numpy(),
            "certificate": described["certificate"].to_numpy(),
            "gap": described["gap"].to_numpy(),
        },
        geometry=atoms.communities.geometry.to_numpy(),
        crs=atoms.frame.crs,
    )
    return frame.sort_values("code").reset_index(drop=True)


def _guesses(layers: Layers, atoms: Atoms, described: pd.DataFrame, lang: Lang) -> pd.Series[str]:
    """Return what a proof adds where houses are kept together by a column that was guessed."""
    remarks = pd.Series("", index=described.index, dtype=object)
    if not layers.guessed:
        return remarks
    tied = (layers.households["group"] != "").to_numpy() & (atoms.household_atom >= 0)
    places = np.unique(atoms.frame["community"].to_numpy()[atoms.household_atom[tied]])
    here = described.index.isin(places) & (described["proof"] != "")
    columns = join(layers.guessed, en=", ", zh="、")
    remark = Text(
        f" (houses are kept together by {columns.en}, which was guessed: "
        "--column households.group= undoes it)",
        f"（房屋按{columns.zh}合并，该列为自动识别，可用 --column households.group= 取消）",
    )
    return remarks.mask(here, remark.say(lang))


def deliver_atoms(atoms: Atoms, grid: NDArray[Any], codes: list[str]) -> gpd.GeoDataFrame:
    """Return the atoms with the code of their grid and of their community."""
    frame = atoms.frame
    community = np.array(codes, dtype=object)[frame["community"]]
    columns = ["grid", "community", "households", "residents", "kind", "name", "geometry"]
    return frame.assign(grid=grid, community=community)[columns]


def deliver_households(
    layers: Layers, atoms: Atoms, grid: NDArray[Any], lang: Lang
) -> gpd.GeoDataFrame:
    """Return every household record with the code of its grid, ``""`` where it is listed.

    Where the atoms themselves carry the counts, each atom is a record at a point inside it.
    """
    records = layers.households
    if not len(records) and layers.atoms is not None:
        given = layers.atoms
        inner = shapely.point_on_surface(given.geometry.to_numpy())
        records = given.assign(group="").set_geometry(gpd.GeoSeries(inner, crs=layers.crs))
    atom = atoms.household_atom
    records = records.assign(
        grid=np.append(grid, "")[atom],
        reason=np.where(atom < 0, _OUTSIDE.say(lang), ""),
    )
    columns = ["grid", "households", "residents", "group", "name", "reason", "geometry"]
    return records[columns].reset_index(drop=True)


def deliver_considered(
    atoms: Atoms, partition: Partition, codes: NDArray[Any], lang: Lang
) -> gpd.GeoDataFrame:
    """Return every facility with what became of it, and the codes of its grids."""
    dedicated = partition.grids[partition.grids["kind"] == "dedicated"]
    of = dedicated.groupby("facility").groups
    considered = atoms.considered
    grid = [
        ";".join(sorted(codes[label] for label in of.get(row, ())))
        for row in range(len(considered))
    ]
    columns = ["kind", "name", "area_m2", "dedicated", "grid", "reason", "geometry"]
    return considered.assign(grid=grid, reason=considered[f"reason_{lang}"])[columns]


def deliver_existing(
    grids: gpd.GeoDataFrame, layers: Layers, settings: Settings, bands: Bands
) -> Plan:
    """Return grids that somebody else drew as a plan without atoms, findings and figures."""
    names = dict(zip(layers.communities["code"], layers.communities["name"], strict=True))
    grid = assign_points(layers.households.geometry.to_numpy(), grids.geometry.to_numpy())
    households, residents = _stated_or_counted(grids, layers, grid)
    unknown = Text("households unknown", "户数未知").say(settings.lang)
    geometry = grids.geometry.to_numpy().copy()
    geometry[shapely.is_missing(geometry)] = shapely.MultiPolygon()
    shown = grids.set_geometry(gpd.GeoSeries(geometry, index=grids.index, crs=grids.crs)).assign(
        households=households.fillna(0).astype(np.int64),
        residents=residents,
        scheme=settings.codes.scheme,
        kind=grids["kind"].where(grids["kind"] != "", "basic"),
        community_name=grids["community"].map(names).fillna(grids["community"]),
        verdict=_verdicts(grids, households, residents, layers, bands),
        reason=np.where(households.isna(), unknown, ""),
    )
    nothing = layers.households.iloc[:0]
    atoms = layers.atoms if layers.atoms is not None else nothing.assign(community="", name="")
    return Plan(
        settings=settings,
        communities=layers.communities.assign(
            households=0,
            residents=np.nan,
            grids=0,
            verdict="",
            reason="",
            proof="",
            certificate="",
            gap=np.nan,
        ),
        grids=grid_frame(shown),
        atoms=atoms.assign(grid="", kind="given"),
        borders=gpd.GeoDataFrame(geometry=[], crs=layers.crs),
        households=layers.households.assign(
            grid=np.append(grids["code"].to_numpy(dtype=object), "")[grid],
            reason=np.where(grid < 0, _NO_GRID.say(settings.lang), ""),
        ),
        considered=layers.facilities.assign(dedicated=False, grid="", reason=""),
        streets=ways_of(layers.streets, layers.links),
        barriers=layers.barriers,
        findings=(),
        rejects=(),
        notes=(),
        summary={},
    )


def in_communities(plan: Plan, places: NDArray[np.intp]) -> Plan:
    """Return a plan of drawn grids with the community of each, and what communities hold.

    Parameters
    ----------
    places
        The position of each grid's community, -1 for none. A grid that states none gets the code
        (or name) of its community; one that states another keeps what it states.
    """
    communities, grids = plan.communities, plan.grids
    called = np.append(
        communities["code"].where(communities["code"] != "", communities["name"]).to_numpy(object),
        "",
    )
    names = np.append(communities["name"].to_numpy(dtype=object), "")
    silent = (grids["community"] == "").to_numpy()
    named = grids.assign(
        community=np.where(silent, called[places], grids["community"]),
        community_name=np.where(silent, names[places], grids["community_name"]),
    )
    basic = (grids["kind"] == "basic").to_numpy()
    size = len(communities)
    return replace(
        plan,
        grids=named,
        communities=communities.assign(
            households=count_in(places, grids["households"].to_numpy(), size).astype(np.int64),
            residents=count_in(places, grids["residents"].to_numpy(dtype=np.float64), size),
            grids=count_in(places, basic, size).astype(np.int64),
        ),
    )


def _stated_or_counted(
    grids: gpd.GeoDataFrame, layers: Layers, grid: NDArray[np.int64]
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return the counts that the grids state; where they state none, those of the points."""
    if not len(layers.households):
        return grids["households"], grids["residents"]
    sums = (
        pd.Series(count_in(grid, layers.households[c].to_numpy(), len(grids)), grids.index)
        for c in ("households", "residents")
    )
    households, residents = sums
    return grids["households"].fillna(households), grids["residents"].fillna(residents)


def _verdicts(
    grids: gpd.GeoDataFrame,
    households: pd.Series[float],
    residents: pd.Series[float],
    layers: Layers,
    bands: Bands,
) -> list[str]:
    """Return the verdict of each grid by its counts and the community that it states."""
    places = {
        value: place
        for column in ("name", "code")
        for place, value in enumerate(layers.communities[column])
    }
    rows = zip(grids["kind"], grids["community"], households, residents, strict=True)
    return [
        kind
        if kind in {"dedicated", "open"}
        else judge_counts(bands.of(places.get(community, -1)), *counts).verdict
        for kind, community, *counts in rows
    ]
