"""`adjust_grids`: proposals for the least change that makes a partition sound, and the plan.

Each proposal comes with its causes, its effect, and its grids before and after, in words and as
layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.adjust.accepted import Exceptions, carry_out, exceptions_note, exceptions_of
from gridgeo.adjust.choose import choose
from gridgeo.adjust.existing import MinimalChange, codes_if_all_accepted, find_minimal_change
from gridgeo.adjust.untouched import untouched_note
from gridgeo.codes import Changes, Register, unique_codes
from gridgeo.errors import speaks_language_of_settings
from gridgeo.geometry import moved_atoms
from gridgeo.model import MISSED_VERDICTS, Adjustment, Decisions, carry_record
from gridgeo.pipeline import Clock, Progress, input_hashes, issued_codes, judge_drawn
from gridgeo.read import Grids, read_grids, read_layers
from gridgeo.review import Entry, follow_up
from gridgeo.wording import Text, join

if TYPE_CHECKING:
    from gridgeo.adjust.choose import Groups
    from gridgeo.adjust.existing import ExistingGrids
    from gridgeo.config import Settings
    from gridgeo.model import Atoms, Decision, Layers, Partition, Plan

_MOST = 6


def _causes_of(
    group: int, atoms: Atoms, old: ExistingGrids, part: Partition, groups: Groups
) -> Text:
    """Return why the grids of a group are to change, one clause for each cause."""
    rows = np.flatnonzero(groups.old == group)
    facilities = _facilities(group, atoms, old, part, groups)
    causes = _small(group, atoms, old, part, groups)
    for row in rows.tolist():
        grid = old.grids.iloc[row]
        clauses = _grid_causes(grid) + facilities.get(row, [])
        causes += [_with_code(grid["code"], one) for one in clauses]
    causes += _outside_grids(group, atoms, old, groups)
    if not causes:
        causes = [_opened(part.grids[groups.new == group])]
    shown = causes[:_MOST]
    if len(causes) > _MOST:
        more = len(causes) - _MOST
        shown.append(Text(f"and {more} more", f"另有 {more} 项"))
    return join(shown)


def _grid_causes(grid: pd.Series[Any]) -> list[Text]:
    causes = []
    if grid["verdict"] in MISSED_VERDICTS:
        causes.append(Text(grid["reason_en"], grid["reason_zh"]))
    if grid["broken"]:
        causes.append(Text("its outline crosses itself", "边界线自相交"))
    if grid["thin_m2"] > 0:
        area = f"{grid['thin_m2']:,.0f}"
        causes.append(
            Text(
                f"{area} m2 of it are thin parts beside other grids",
                f"有 {area} 平方米为伸入其他网格旁的狭长部分",
            )
        )
    if grid["communities"] > 1:
        number = grid["communities"]
        causes.append(Text(f"lies in {number} communities", f"跨 {number} 个社区（村）"))
    elif grid["parts"] > 1:
        number = grid["parts"]
        causes.append(Text(f"lies in {number} parts", f"分为互不相连的 {number} 片"))
    return causes


def _with_code(code: object, cause: Text) -> Text:
    return Text(f"{code}: {cause.en}", f"{code}：{cause.zh}")


def _small(
    group: int, atoms: Atoms, old: ExistingGrids, part: Partition, groups: Groups
) -> list[Text]:
    """Return a clause for each small community that becomes one grid of the group."""
    causes = []
    for label in np.flatnonzero((groups.new == group) & (part.grids["verdict"] == "small")):
        members = part.labels == label
        before = np.unique(old.previous[members & (old.previous >= 0)]).size
        if before < 2:
            continue
        households = int(atoms.frame["households"].to_numpy()[members].sum())
        place = atoms.communities.iloc[int(part.grids["community"].iloc[label])]
        name = place["name"] or place["code"]
        causes.append(
            Text(
                f"the whole community {name} ({households:,} households) is below the lower limit "
                f"and divided among {before} grids: one grid is allowed",
                f"{name}总共仅 {households:,} 户，低于下限，却分属 {before} 个网格，可设为一个网格",
            )
        )
    return causes


def _facilities(
    group: int, atoms: Atoms, old: ExistingGrids, part: Partition, groups: Groups
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
        cause = Text(f"{name} deserves a dedicated grid ({en})", f"“{name}”宜单设专属网格（{zh}）")
        found.setdefault(row, []).append(cause)
    return found


def _outside_grids(group: int, atoms: Atoms, old: ExistingGrids, groups: Groups) -> list[Text]:
    bare = (groups.atoms == group) & (old.previous < 0)
    if not bare.any():
        return []
    households = int(atoms.frame["households"].to_numpy()[bare].sum())
    area = float(atoms.frame.geometry.area.to_numpy()[bare].sum())
    return [
        Text(
            f"{area:,.0f} m² with {households:,} households belong to no grid",
            f"有 {area:,.0f} 平方米（{households:,} 户）不属于任何网格",
        )
    ]


def _opened(after: pd.DataFrame) -> Text:
    if (after["kind"] == "open").any():
        return Text(
            "ground without households that water or a park cuts off is open ground",
            "被水域或公园隔断的无住户地块应列为空地",
        )
    return Text("the grids are no longer of their kind", "网格类型有变")


def _effect_of(before: pd.DataFrame, after: pd.DataFrame, households: int, moved: int) -> Text:
    """Return what a proposal does: grids, grids outside the band, households that move."""
    was, is_ = (int(side["verdict"].isin(MISSED_VERDICTS).sum()) for side in (before, after))
    share = moved / households if households else 0.0
    return Text(
        f"{len(before)} -> {len(after)} grids; outside the band {was} -> {is_}; "
        f"{moved:,} of {households:,} households move ({share:.1%})",
        f"网格 {len(before)} → {len(after)} 个；未达标 {was} → {is_} 个；"
        f"{households:,} 户中 {moved:,} 户换格（{share:.1%}）",
    )


_SIDE = (
    *("proposal", "side", "code", "change", "kind", "community", "households", "residents"),
    *("verdict", "reason_en", "reason_zh", "geometry"),
)
_PROPOSAL = (
    *("id", "decision", "community", "grids_before", "grids_after", "households", "moved"),
    *("out_before", "out_after", "reason_en", "reason_zh", "effect_en", "effect_zh", "geometry"),
)


def _sides_of(change: MinimalChange, proposed: Changes) -> gpd.GeoDataFrame:
    """Return the grids of each proposal as they are and as proposed, by proposal and code.

    Parameters
    ----------
    proposed
        The codes if every proposal is taken.
    """
    old, groups = change.old.grids, change.groups
    owner = np.array(change.community_codes, dtype=object)
    both = [
        old.assign(
            proposal=groups.old, side="before", change=proposed.old["change"].to_numpy(dtype=object)
        ),
        proposed.grids.assign(proposal=groups.new, side="after"),
    ]
    parts = [
        side.assign(community=owner[side["community"].to_numpy(np.int64)])[list(_SIDE)]
        for side in both
    ]
    sides = pd.concat([part[part["proposal"] >= 0] for part in parts], ignore_index=True)
    sides = sides.assign(
        kind=sides["kind"].where(sides["kind"] != "", "basic"), later=sides["side"] == "after"
    )
    order = sides.sort_values(["proposal", "later", "code"], ignore_index=True)
    named = np.array([*groups.ids, ""], dtype=object)[order["proposal"].to_numpy(np.int64)]
    frame = order.drop(columns="later").assign(proposal=named)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=old.crs)


def _proposals_of(
    change: MinimalChange, sides: gpd.GeoDataFrame, decided: tuple[Decision, ...]
) -> gpd.GeoDataFrame:
    """Return a row for each proposal; see `gridgeo.model.change.Adjustment`."""
    atoms, groups = change.atoms, change.groups
    households = atoms.frame["households"].to_numpy(np.int64)
    moved = moved_atoms(change.old.previous, change.new.partition.labels, change.new.heir)
    rows = []
    for number, name in enumerate(groups.ids):
        inside = groups.atoms == number
        grids = sides[sides["proposal"] == name]
        before, after = grids[grids["side"] == "before"], grids[grids["side"] == "after"]
        reason = _causes_of(number, atoms, change.old, change.new.partition, groups)
        total, moving = int(households[inside].sum()), int(households[inside & moved].sum())
        effect = _effect_of(before, after, total, moving)
        out = [int(side["verdict"].isin(MISSED_VERDICTS).sum()) for side in (before, after)]
        texts = (reason.en, reason.zh, effect.en, effect.zh)
        ground = shapely.union_all(atoms.frame.geometry.to_numpy()[inside])
        codes = [";".join(side["code"]) for side in (before, after)]
        owner = ";".join(sorted(set(grids["community"])))
        rows.append((name, decided[number], owner, *codes, total, moving, *out, *texts, ground))
    frame = pd.DataFrame(rows, columns=list(_PROPOSAL))
    counts = ("households", "moved", "out_before", "out_after")
    frame = frame.astype(dict.fromkeys(counts, "int64"))
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=atoms.frame.crs)


@speaks_language_of_settings
def adjust_grids(
    grids: Grids,
    settings: Settings,
    *,
    decisions: Decisions | None = None,
    register: Register | None = None,
    ledger: Sequence[Entry] = (),
    jobs: int = 1,
    on_progress: Progress | None = None,
) -> Adjustment:
    """Propose the least change that makes a partition sound, and carry out what is taken.

    Grids that are in the band and that no neighbour needs stay as they are, geometry and code to
    the last bit; the others are re-cut along streets (or ready-made atoms) such that the fewest
    households move. Facilities that deserve it get a dedicated grid, a community below the lower
    limit becomes one grid.

    Parameters
    ----------
    grids
        The grids as they are, of a file ("PATH::LAYER"), a frame or a plan: code, and name, kind
        as far as they are there.
    settings
        ``read.inputs`` names the layers, as for `gridgeo.run`. Atoms that are cut from streets
        follow the outlines of the grids as well. Ground of ``allowed_gaps`` in no grid
        stays in none.
    decisions
        Which proposals are taken; all of them where None.
    register
        Of codes: none of them is given out again. Without it the one that the settings name is
        read. The changes are recorded when the plan is approved.
    ledger
        Of the findings about these grids: valid exceptions are respected: a grid
        stays as drawn, a gap stays in no grid, a facility gets no dedicated grid.
    jobs
        Threads; the result does not depend on them.

    Returns
    -------
    Adjustment
        Adjusting its plan again proposes nothing.

    Raises
    ------
    InputError
        A grid has no code, that of another one, or no valid geometry; it contains no atom; or a
        decision is about no proposal.
    """
    decisions = decisions or Decisions()
    clock = Clock(on_progress)
    with clock.stage("read"):
        layers = read_layers(settings.read, on_progress=clock.log)
        file = read_grids(grids, crs=layers.crs, rules=settings.read, ground=layers)
        used = issued_codes(settings.codes, register).union(
            unique_codes(file.grids["code"].tolist())
        )
        # Where grids overlap their order decides: by code, whatever the order of rows.
        drawn = file.grids.sort_values("code", ignore_index=True)
    accepted = _accepted(drawn, layers, settings, ledger)
    change = find_minimal_change(
        layers, drawn, settings, exceptions=accepted, clock=clock, jobs=jobs
    )
    withheld = _withheld(change, accepted)
    decisions.check(name for name in change.groups.ids if name not in withheld)
    decided: tuple[Decision, ...] = tuple(
        "excepted" if name in withheld else decisions.of(name) for name in change.groups.ids
    )
    with clock.stage("codes"):
        proposed = codes_if_all_accepted(change, used)
        chosen = choose(change.atoms, change.old, change.new.partition, change.groups, decided)
        sides = _sides_of(change, proposed)
        proposals = _proposals_of(change, sides, decided)
    with clock.stage("validate"):
        plan, changes = carry_out(change, chosen, proposed)
        plan, _ = follow_up(plan, ledger, date="") if ledger else (plan, ())
    return Adjustment(
        plan=replace(
            plan,
            grids=carry_record(plan.grids, drawn),
            crosswalk=changes.crosswalk,
            rejects=(*plan.rejects, *file.rejects),
            notes=(
                *plan.notes,
                *file.notes,
                *exceptions_note(accepted.grids, withheld),
                *untouched_note(plan.findings),
            ),
            summary={**plan.summary, "adjustment": _figures(change, plan, proposals, changes)},
            run={**clock.record(), "inputs": input_hashes(settings.read, grids)},
        ),
        proposals=proposals[~proposals["id"].isin(withheld)].reset_index(drop=True),
        sides=sides[~sides["proposal"].isin(withheld)].reset_index(drop=True),
        changes=changes,
    )


def _accepted(
    grids: gpd.GeoDataFrame, layers: Layers, settings: Settings, ledger: Sequence[Entry]
) -> Exceptions:
    """Return the exceptions of the ledger that are valid for the grids as they are."""
    if not any(entry.status == "accepted" for entry in ledger):
        return Exceptions()
    seen, _ = follow_up(judge_drawn(grids.drop(columns="row"), layers, settings), ledger, date="")
    return exceptions_of(seen.findings)


def _withheld(change: MinimalChange, accepted: Exceptions) -> frozenset[str]:
    """Return the proposals that change a grid that was accepted as it is."""
    kept = change.old.grids["code"].isin(accepted.grids).to_numpy() & (change.groups.old >= 0)
    return frozenset(change.groups.ids[number] for number in change.groups.old[kept].tolist())


def _figures(
    change: MinimalChange, plan: Plan, proposals: gpd.GeoDataFrame, changes: Changes
) -> dict[str, Any]:
    """Return what an adjustment changes in figures; see ``docs/adjust.md``.

    `proposals` are all of them, those that exceptions withhold among them.
    """
    taken = proposals[proposals["decision"] == "accepted"]
    households = int(change.atoms.frame["households"].sum())
    moved, before = int(taken["moved"].sum()), len(changes.old)
    left = set(proposals.loc[proposals["decision"] != "accepted", "id"])
    number = change.groups.old
    same = sum(n < 0 or change.groups.ids[n] in left for n in number.tolist())
    verdicts = plan.grids["verdict"]
    out = plan.grids[verdicts.isin(MISSED_VERDICTS)]
    proved = plan.communities.loc[plan.communities["verdict"] == "impossible", "code"]
    verdicts_before = change.old.grids["verdict"]
    return {
        "proposals": int((proposals["decision"] != "excepted").sum()),
        **{
            name: int((proposals["decision"] == name).sum())
            for name in ("accepted", "rejected", "open")
        },
        "households": households,
        "households_moved": moved,
        "households_moved_share": round(moved / households, 4) if households else 0.0,
        "must_move": change.new.bound,
        "grids_before": before,
        "grids_after": len(plan.grids),
        "grids_same": same,
        "grids_same_share": round(same / before, 4) if before else 1.0,
        "out_before": int(verdicts_before.isin(MISSED_VERDICTS).sum()),
        "out_after": len(out),
        "out_proved": int(out["community"].isin(proved).sum()),
    }
