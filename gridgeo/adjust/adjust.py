"""The least change that makes a partition sound: proposals, and the plan with those taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gridgeo.adjust.carried import carried_out
from gridgeo.adjust.choose import choose
from gridgeo.adjust.exceptions import Exceptions, exceptions_of, say_held
from gridgeo.adjust.follow_up import follow_up
from gridgeo.adjust.tables import proposals_of, sides_of
from gridgeo.adjust.town import Town, follow_codes, lay_town
from gridgeo.codes import Changes, Register
from gridgeo.judging import judge_drawn
from gridgeo.ledger import Entry
from gridgeo.model import MISSED_VERDICTS
from gridgeo.proposals import Adjustment, Decisions
from gridgeo.provenance import Clock, Progress, input_hashes
from gridgeo.read import read_grids, read_layers
from gridgeo.recode import issued_codes

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.config import Settings, Source
    from gridgeo.model import Layers, Plan
    from gridgeo.proposals import Decision


def adjust(
    grids: Source,
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
        The grids as they are: code, and name, kind as far as they are there.
    settings
        ``read.inputs`` names the layers, as for `gridgeo.run`. Atoms that are cut from streets
        follow the outlines of the grids as well. Ground of ``allowed_gaps`` that no grid holds
        stays in none.
    decisions
        Which proposals are taken; all of them where None.
    register
        Of codes: none of them is given out again. Without it the one that the settings name is
        read. The changes are recorded when the plan is approved.
    ledger
        Of the findings about these grids: what was accepted as an exception, and holds, is left
        alone. A grid stays as drawn, a gap in no grid, a facility without a grid of its own.
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
        used = issued_codes(settings.codes, register).union(file.grids["code"])
    accepted = _accepted(file.grids, layers, settings, ledger)
    town = lay_town(layers, file.grids, settings, exceptions=accepted, clock=clock, jobs=jobs)
    withheld = _withheld(town, accepted)
    decisions.check(name for name in town.groups.ids if name not in withheld)
    decided: tuple[Decision, ...] = tuple(
        "excepted" if name in withheld else decisions.of(name) for name in town.groups.ids
    )
    with clock.stage("codes"):
        proposed = follow_codes(town, used)
        chosen = choose(town.atoms, town.old, town.new.partition, town.groups, decided)
        sides = sides_of(town, proposed)
        proposals = proposals_of(town, sides, decided)
    with clock.stage("validate"):
        plan, changes = carried_out(town, chosen, proposed)
        plan, _ = follow_up(plan, ledger, date="") if ledger else (plan, ())
    return Adjustment(
        plan=replace(
            plan,
            crosswalk=changes.crosswalk,
            rejects=(*plan.rejects, *file.rejects),
            notes=(*plan.notes, *file.notes, *say_held(accepted.grids, withheld)),
            summary={**plan.summary, "adjustment": figures(town, plan, proposals, changes)},
            run={**clock.record(), "inputs": input_hashes(settings.read, grids)},
        ),
        proposals=proposals[~proposals["id"].isin(withheld)].reset_index(drop=True),
        sides=sides[~sides["proposal"].isin(withheld)].reset_index(drop=True),
        changes=changes,
    )


def _accepted(
    grids: gpd.GeoDataFrame, layers: Layers, settings: Settings, ledger: Sequence[Entry]
) -> Exceptions:
    """Return the exceptions of the ledger that hold for the grids as they are."""
    if not any(entry.status == "accepted" for entry in ledger):
        return Exceptions()
    seen, _ = follow_up(judge_drawn(grids.drop(columns="row"), layers, settings), ledger, date="")
    return exceptions_of(seen.findings)


def _withheld(town: Town, accepted: Exceptions) -> frozenset[str]:
    """Return the proposals that change a grid that was accepted as it is."""
    kept = town.old.grids["code"].isin(accepted.grids).to_numpy() & (town.groups.old >= 0)
    return frozenset(town.groups.ids[number] for number in town.groups.old[kept].tolist())


def figures(
    town: Town, plan: Plan, proposals: gpd.GeoDataFrame, changes: Changes
) -> dict[str, Any]:
    """Return what an adjustment changes in figures; see ``docs/adjust.md``.

    `proposals` are all of them, those that exceptions withhold among them.
    """
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
        "proposals": int((proposals["decision"] != "excepted").sum()),
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
