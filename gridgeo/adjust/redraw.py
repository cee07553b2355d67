"""The frames of a plan with edited grids: outlines, counts, codes, bounds and contents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridgeo.adjust.edits import Draft
from gridgeo.codes import Register, issue_codes
from gridgeo.describe import bounded_by, contains
from gridgeo.geometry import assign_points
from gridgeo.model import Bands, Note, Plan, bands_of, carry_record, grid_frame, single_parts
from gridgeo.partition import count_by, judge_grid, union_of
from gridgeo.pipeline import issued_codes
from gridgeo.wording import Text


@dataclass(frozen=True, kw_only=True)
class Redrawn:
    """A plan with edited grids, not judged yet.

    ``codes``: the code of each grid that got one (new, or dedicated by an edit), by its key.
    ``changed``: the codes of grids that are new or changed.
    """

    plan: Plan
    codes: Mapping[str, str]
    changed: tuple[str, ...]
    notes: tuple[Note, ...] = ()


def redraw(plan: Plan, draft: Draft, register: Register | None = None) -> Redrawn:
    """Return `plan` with the grids of `draft`; grids that were not touched stay as they are.

    No code of `register`, else of the register that the settings name, is given out again.
    """
    alive = [key for key in draft.touched if (draft.grid == key).any()]
    codes = _new_codes(plan, draft, alive, register)
    grid = pd.Series(draft.grid).replace(dict(codes)).to_numpy(dtype=object)
    changed = sorted({codes.get(key, key) for key in alive})
    units = {codes.get(key, key): name for key, name in draft.units.items()}
    households = _households(plan, draft, grid)
    rows = _rows(plan, grid, changed, units, households)
    replaced = {*draft.touched, *changed}
    kept = plan.grids[~plan.grids["code"].isin(replaced)]
    grids = gpd.GeoDataFrame(
        pd.concat([kept, rows], ignore_index=True), geometry="geometry", crs=plan.grids.crs
    )
    grids = carry_record(grids.sort_values("code").reset_index(drop=True), plan.grids)
    drawn = replace(
        plan,
        grids=_with_bounds(plan, grids, grid, changed),
        atoms=plan.atoms.assign(grid=grid),
        households=households,
        considered=_facilities(plan, grids),
        communities=_communities(plan, grids, set(rows["community"])),
    )
    return Redrawn(plan=drawn, codes=codes, changed=tuple(changed), notes=_notes(plan, rows))


def _new_codes(
    plan: Plan, draft: Draft, alive: list[str], register: Register | None
) -> dict[str, str]:
    """Return the next free codes for grids that edits made, or made dedicated."""
    kinds = dict(zip(plan.grids["code"], plan.grids["kind"], strict=True))
    new = [key for key in alive if key not in kinds or _made_dedicated(key, kinds, draft)]
    if not new:
        return {}
    rules = plan.settings.codes
    used, codes = [*kinds, *issued_codes(rules, register)], {}
    for key in sorted(new, key=lambda key: (len(key), key)):
        kind = "dedicated" if key in draft.units else "basic"
        parent = str(draft.community[draft.grid == key][0])
        (codes[key],) = issue_codes(used, parent, 1, kind=kind, rules=rules)
        used.append(codes[key])
    return codes


def _made_dedicated(key: str, kinds: Mapping[str, str], draft: Draft) -> bool:
    return key in draft.units and kinds[key] != "dedicated"


def _households(plan: Plan, draft: Draft, grid: NDArray[Any]) -> gpd.GeoDataFrame:
    """Return the households with the grid of the atom that each lies in."""
    households = plan.households
    rows = np.flatnonzero(households["grid"].isin(set(draft.touched)))
    atoms = np.flatnonzero(np.isin(plan.atoms["grid"].to_numpy(), list(draft.touched)))
    assigned = assign_points(
        households.geometry.to_numpy()[rows], plan.atoms.geometry.to_numpy()[atoms]
    )
    grid_of_row = households["grid"].to_numpy(dtype=object).copy()
    grid_of_row[rows[assigned >= 0]] = grid[atoms[assigned[assigned >= 0]]]
    return households.assign(grid=grid_of_row)


def _rows(
    plan: Plan,
    grid: NDArray[Any],
    changed: list[str],
    units: dict[str, str],
    households: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return one row for each changed grid."""
    if not changed:
        return plan.grids.iloc[:0]
    bands = plan_bands(plan)
    made = [_row(plan, bands, grid, code, units.get(code)) for code in changed]
    rows = grid_frame(gpd.GeoDataFrame(made, geometry="geometry", crs=plan.grids.crs))
    nothing = gpd.GeoDataFrame({"name": []}, geometry=[], crs=plan.grids.crs)
    inside = households[households["grid"].isin(changed)].reset_index(drop=True)
    contents = contains(rows, nothing, nothing, inside, lang=plan.settings.lang)
    return rows.assign(contains=contents)


def _row(
    plan: Plan, bands: Bands, grid: NDArray[Any], code: str, unit: str | None
) -> dict[str, Any]:
    """Return what a grid is now; `unit` is the name of the unit that it was made dedicated to."""
    atoms = plan.atoms[grid == code]
    community = str(atoms["community"].iloc[0])
    (shape,) = single_parts([union_of(atoms.geometry.to_numpy())])
    known = plan.grids[plan.grids["code"] == code]
    old = known.iloc[0] if len(known) else None
    owner = plan.communities.loc[plan.communities["code"] == community, "name"].iloc[0]
    kind = "dedicated" if unit is not None else "basic" if old is None else str(old["kind"])
    (households,), (residents,) = count_by(
        np.zeros(len(atoms), dtype=np.int64),
        1,
        atoms["households"].to_numpy(),
        atoms["residents"].to_numpy(),
    )
    verdict, reason = verdict_of(plan, bands, community, kind, (int(households), float(residents)))
    return {
        "code": code,
        "scheme": plan.settings.codes.scheme,
        "name": unit or (_name(plan, code, owner) if old is None else old["name"]),
        "kind": kind,
        "community": community,
        "community_name": owner,
        "households": int(households),
        "residents": float(residents),
        "verdict": verdict,
        "reason": reason,
        "facility": unit or ("" if old is None else old["facility"]),
        "geometry": shape,
    }


def _name(plan: Plan, code: str, community: str) -> str:
    """Return the name of a new basic grid: the number of its code, as the others have it."""
    parsed = plan.settings.codes.code_scheme.parse(code)
    number = code if parsed is None else parsed.sequence
    return Text(f"{community} grid {number}", f"{community}第{number}网格").say(plan.settings.lang)


def plan_bands(plan: Plan) -> Bands:
    """Return the bands of a plan: those of households alone where no residents are known."""
    bands = bands_of(plan.settings, plan.communities)
    if plan.atoms["residents"].isna().all():
        return bands.each(lambda band: replace(band, profile="households"))
    return bands


def verdict_of(
    plan: Plan, bands: Bands, community: str, kind: str, counts: tuple[int, float]
) -> tuple[str, str]:
    """Return verdict and reason of a grid of `kind`; `counts`: its households and residents."""
    lang = plan.settings.lang
    if kind != "basic":
        return kind, Text("By hand", "人工调整").say(lang) if kind == "dedicated" else ""
    position = int(np.flatnonzero(plan.communities["code"] == community)[0])
    small = plan.communities["verdict"].iloc[position] == "small"
    judged = judge_grid(bands.of(position), *counts, small=small)
    return judged.name, judged.reason.say(lang)


def _with_bounds(
    plan: Plan, grids: gpd.GeoDataFrame, grid: NDArray[Any], changed: list[str]
) -> gpd.GeoDataFrame:
    """Return the grids with new bounds for those that changed, and those beside them."""
    place = pd.Index(grids["code"])
    labels = place.get_indexer(pd.Index(grid))
    kinds = grids["kind"].to_numpy(dtype=object)
    atoms = gpd.GeoDataFrame(
        {
            "community": pd.Index(plan.communities["code"]).get_indexer(
                pd.Index(plan.atoms["community"])
            ),
            "facility": np.where(kinds[labels] == "dedicated", labels, -1),
        }
    )
    bounds = bounded_by(
        labels,
        plan.borders,
        atoms,
        plan.communities,
        facilities=grids["facility"].tolist(),
        lang=plan.settings.lang,
    )
    inner = plan.borders[plan.borders["right"] >= 0]
    sides = np.stack([grid[inner["left"]], grid[inner["right"]]])
    beside = {*sides[:, np.isin(sides, changed).any(axis=0)].ravel(), *changed}
    return grids.assign(
        bounded_by=grids["bounded_by"].where(~grids["code"].isin(beside), bounds.to_numpy())
    )


def _facilities(plan: Plan, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the facilities; those whose grid was removed still deserve one, and have none."""
    there = set(grids.loc[grids["kind"] == "dedicated", "code"])
    left = [
        ";".join(code for code in str(codes).split(";") if code in there)
        for codes in plan.considered["grid"]
    ]
    return plan.considered.assign(grid=left)


def _communities(plan: Plan, grids: gpd.GeoDataFrame, touched: set[str]) -> gpd.GeoDataFrame:
    """Return the communities with verdicts by their grids as they are now."""
    basic = grids[grids["kind"] == "basic"]
    count = basic.groupby("community").size()
    good = basic[basic["verdict"] == "in_band"].groupby("community").size()
    frame = plan.communities
    rows = frame["code"].isin(touched).to_numpy()
    of = frame["code"]
    all_in = (of.map(count).fillna(0) == of.map(good).fillna(0)).to_numpy()
    verdict = frame["verdict"].to_numpy(dtype=object)
    fixed = (verdict == "small") | ((verdict == "impossible") & ~all_in)
    edited = rows & ~fixed
    verdicts = [
        _by_hand(int(good.get(code, 0)), int(count.get(code, 0))).say(plan.settings.lang)
        for code in of
    ]
    return frame.assign(
        grids=np.where(rows, of.map(count).fillna(0), frame["grids"]).astype(np.int64),
        verdict=np.where(edited, np.where(all_in, "in_band", "not_found"), verdict),
        reason=np.where(edited, np.array(verdicts, dtype=object), frame["reason"]),
        proof=np.where(edited, "", frame["proof"].to_numpy(dtype=object)),
        certificate=np.where(rows, "", frame["certificate"].to_numpy(dtype=object)),
        gap=np.where(rows, np.nan, frame["gap"]),
    )


def _by_hand(good: int, grids: int) -> Text:
    return Text(
        f"By hand: {good} of {grids} grids in band", f"人工调整：{grids} 个网格中 {good} 个达标"
    )


def _notes(plan: Plan, rows: gpd.GeoDataFrame) -> tuple[Note, ...]:
    """Return notes on grids whose contents are no longer known: a plan keeps no compounds."""
    blank = rows[(rows["contains"] == "") & (rows["households"] > 0)]
    if blank.empty or not (plan.grids["contains"] != "").any():
        return ()
    codes = Text(", ".join(blank["code"]), "、".join(blank["code"]))
    return (
        Note(
            "edits",
            Text(
                f"what {codes.en} contains is not known, because a plan keeps no compounds and "
                "buildings: fill in `contains` in the layer grids of plan.gpkg (with QGIS), then "
                "make signs and report from it",
                f"方案不保存小区和建筑物图层，无法重写网格 {codes.zh} 的包含范围：请用 QGIS 打开 "
                "plan.gpkg，在 grids 图层的 contains 字段中补填，再生成公示牌和报告",
            ),
        ),
    )
