"""The least change that makes a partition sound: proposals, and the plan with those taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gridgeo.adjust.carried import carried_out
from gridgeo.adjust.choose import choose
from gridgeo.adjust.tables import proposals_of, sides_of
from gridgeo.adjust.town import Town, follow_codes, lay_town
from gridgeo.codes import Changes, Register
from gridgeo.model import MISSED_VERDICTS
from gridgeo.proposals import Adjustment, Decisions
from gridgeo.provenance import Clock, Progress, input_hashes
from gridgeo.read import read_grids, read_layers

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.config import Settings, Source
    from gridgeo.model import Plan


def adjust(
    grids: Source,
    settings: Settings,
    *,
    decisions: Decisions | None = None,
    register: Register | None = None,
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
        The grids as they are: code, and name, kind as far as they are there.
    settings
        ``read.inputs`` names the layers, as for `gridgeo.run`. Atoms that are cut from streets
        follow the outlines of the grids as well.
    decisions
        Which proposals are taken; all of them where None.
    register
        Of codes: none of them is given out again. The changes are recorded when the plan is
        approved.
    jobs
        Threads; the result does not depend on them.

    Returns
    -------
    Adjustment
        Adjusting its plan again proposes nothing.

    Raises
    ------
    InputError
        A grid has no code, that of another one, or no valid geometry; it holds no atom; or a
        decision is about no proposal.
    """
    decisions = decisions or Decisions()
    clock = Clock(on_progress)
    with clock.stage("read"):
        layers = read_layers(settings.read, on_progress=clock.say)
        file = read_grids(grids, crs=layers.crs, rules=settings.read)
    town = lay_town(layers, file.grids, settings, clock=clock, jobs=jobs)
    decisions.check(town.groups.ids)
    decided = tuple(decisions.of(name) for name in town.groups.ids)
    with clock.stage("codes"):
        used = file.grids["code"].tolist() if register is None else sorted(register.codes)
        proposed = follow_codes(town, used)
        chosen = choose(town.atoms, town.old, town.new.partition, town.groups, decided)
        sides = sides_of(town, proposed)
        proposals = proposals_of(town, sides, decided)
    with clock.stage("validate"):
        plan, changes = carried_out(town, chosen, proposed)
    return Adjustment(
        plan=replace(
            plan,
            rejects=(*plan.rejects, *file.rejects),
            notes=(*plan.notes, *file.notes),
            summary={**plan.summary, "adjustment": figures(town, plan, proposals, changes)},
            run={**clock.record(), "inputs": input_hashes(settings.read, grids)},
        ),
        proposals=proposals,
        sides=sides,
        changes=changes,
    )


def figures(
    town: Town, plan: Plan, proposals: gpd.GeoDataFrame, changes: Changes
) -> dict[str, Any]:
    """Return what an adjustment changes in figures; see ``docs/adjust.md``."""
    taken = proposals[proposals["decision"] == "accepted"]
    households = int(town.atoms.frame["households"].sum())
    moved, before = int(taken["moved"].sum()), len(changes.old)
    left = set(proposals.loc[proposals["decision"] != "accepted", "id"])
    number = town.groups.old
    same = sum(n < 0 or town.groups.ids[n] in left for n in number.tolist())
    verdicts = plan.grids["verdict"]
    out = plan.grids[verdicts.isin(MISSED_VERDICTS)]
    proved = plan.communities.loc[plan.communities["verdict"] == "impossible", "code"]
    told = town.old.grids["verdict"]
    return {
        "proposals": len(proposals),
        **{
            name: int((proposals["decision"] == name).sum())
            for name in ("accepted", "rejected", "open")
        },
        "households": households,
        "households_moved": moved,
        "households_moved_share": round(moved / households, 4) if households else 0.0,
        "must_move": town.new.bound,
        "grids_before": before,
        "grids_after": len(plan.grids),
        "grids_same": same,
        "grids_same_share": round(same / before, 4) if before else 1.0,
        "out_before": int(told.isin(MISSED_VERDICTS).sum()),
        "out_after": len(out),
        "out_proved": int(out["community"].isin(proved).sum()),
    }
