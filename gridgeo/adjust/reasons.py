"""Why grids are to change, and what that does, in words for a county officer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridgeo.model import MISSED_VERDICTS
from gridgeo.text import Text, join

if TYPE_CHECKING:
    import pandas as pd

    from gridgeo.adjust.groups import Groups
    from gridgeo.adjust.inherited import Old
    from gridgeo.model import Atoms, Partition

_MOST = 6


def causes_of(group: int, atoms: Atoms, old: Old, part: Partition, groups: Groups) -> Text:
    """Return why the grids of a group are to change, one clause for each cause."""
    rows = np.flatnonzero(groups.old == group)
    facilities = _facilities(group, atoms, old, part, groups)
    told = _small(group, atoms, old, part, groups)
    for row in rows.tolist():
        grid = old.grids.iloc[row]
        said = _of_grid(grid) + facilities.get(row, [])
        told += [_named(grid["code"], one) for one in said]
    told += _bare(group, atoms, old, groups)
    if not told:
        told = [_opened(part.grids[groups.new == group])]
    shown = told[:_MOST]
    if len(told) > _MOST:
        more = len(told) - _MOST
        shown.append(Text(f"and {more} more", f"另有 {more} 项"))
    return join(shown)


def _of_grid(grid: pd.Series[Any]) -> list[Text]:
    said = []
    if grid["verdict"] in MISSED_VERDICTS:
        said.append(Text(grid["reason_en"], grid["reason_zh"]))
    if grid["broken"]:
        said.append(Text("its outline crosses itself", "边界线自相交"))
    if grid["communities"] > 1:
        number = grid["communities"]
        said.append(Text(f"lies in {number} communities", f"跨 {number} 个社区（村）"))
    elif grid["parts"] > 1:
        number = grid["parts"]
        said.append(Text(f"lies in {number} parts", f"分为互不相连的 {number} 片"))
    return said


def _named(code: object, said: Text) -> Text:
    return Text(f"{code}: {said.en}", f"{code}：{said.zh}")


def _small(group: int, atoms: Atoms, old: Old, part: Partition, groups: Groups) -> list[Text]:
    """Return a clause for each small community that becomes one grid of the group."""
    told = []
    for label in np.flatnonzero((groups.new == group) & (part.grids["verdict"] == "small")):
        own = part.labels == label
        before = np.unique(old.previous[own & (old.previous >= 0)]).size
        if before < 2:
            continue
        held = int(atoms.frame["households"].to_numpy()[own].sum())
        place = atoms.communities.iloc[int(part.grids["community"].iloc[label])]
        name = place["name"] or place["code"]
        told.append(
            Text(
                f"the whole community {name} ({held:,} households) is below the lower limit and "
                f"divided among {before} grids: one grid is allowed",
                f"{name}总共仅 {held:,} 户，低于下限，却分属 {before} 个网格，可设为一个网格",
            )
        )
    return told


def _facilities(
    group: int, atoms: Atoms, old: Old, part: Partition, groups: Groups
) -> dict[int, list[Text]]:
    """Return for each old grid the facilities in it that get a grid of their own."""
    facility = atoms.frame["facility"].to_numpy()
    kind = part.grids["kind"].to_numpy(dtype=object)[part.labels]
    was = np.append(old.grids["kind"].to_numpy(dtype=object), "")[old.previous]
    fresh = (groups.atoms == group) & (kind == "dedicated") & (was != "dedicated")
    found: dict[int, list[Text]] = {}
    pairs = np.column_stack([old.previous, facility])[fresh & (old.previous >= 0) & (facility >= 0)]
    considered = atoms.considered
    for row, place in np.unique(pairs, axis=0).tolist():
        name = considered["name"].iloc[place] or considered["kind"].iloc[place]
        en, zh = considered["reason_en"].iloc[place], considered["reason_zh"].iloc[place]
        told = Text(f"{name} deserves a dedicated grid ({en})", f"“{name}”宜单设专属网格（{zh}）")
        found.setdefault(row, []).append(told)
    return found


def _bare(group: int, atoms: Atoms, old: Old, groups: Groups) -> list[Text]:
    bare = (groups.atoms == group) & (old.previous < 0)
    if not bare.any():
        return []
    held = int(atoms.frame["households"].to_numpy()[bare].sum())
    area = float(atoms.frame.geometry.area.to_numpy()[bare].sum())
    return [
        Text(
            f"{area:,.0f} m² with {held:,} households belong to no grid",
            f"有 {area:,.0f} 平方米（{held:,} 户）不属于任何网格",
        )
    ]


def _opened(after: pd.DataFrame) -> Text:
    if (after["kind"] == "open").any():
        return Text(
            "ground without households that water or a park cuts off is open ground",
            "被水域或公园隔断的无住户地块应列为空地",
        )
    return Text("the grids are no longer of their kind", "网格类型有变")


def effect_of(before: pd.DataFrame, after: pd.DataFrame, households: int, moved: int) -> Text:
    """Return what a proposal does: grids, grids outside the band, households that move."""
    was, is_ = (int(side["verdict"].isin(MISSED_VERDICTS).sum()) for side in (before, after))
    share = moved / households if households else 0.0
    return Text(
        f"{len(before)} -> {len(after)} grids; outside the band {was} -> {is_}; "
        f"{moved:,} of {households:,} households move ({share:.1%})",
        f"网格 {len(before)} → {len(after)} 个；未达标 {was} → {is_} 个；"
        f"{households:,} 户中 {moved:,} 户换格（{share:.1%}）",
    )
