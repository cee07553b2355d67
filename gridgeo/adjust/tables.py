"""The proposals and the grids before and after, as layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.adjust.reasons import causes_of, effect_of
from gridgeo.continuity import moved_atoms
from gridgeo.model import MISSED_VERDICTS

if TYPE_CHECKING:
    from gridgeo.adjust.town import Town
    from gridgeo.codes import Changes
    from gridgeo.proposals import Decision

_SIDE = (
    *("proposal", "side", "code", "change", "kind", "community", "households", "residents"),
    *("verdict", "reason_en", "reason_zh", "geometry"),
)
_PROPOSAL = (
    *("id", "decision", "community", "grids_before", "grids_after", "households", "moved"),
    *("out_before", "out_after", "reason_en", "reason_zh", "effect_en", "effect_zh", "geometry"),
)


def sides_of(town: Town, proposed: Changes) -> gpd.GeoDataFrame:
    """Return the grids of each proposal as they are and as proposed, by proposal and code.

    Parameters
    ----------
    proposed
        The codes if every proposal is taken.
    """
    old, groups = town.old.grids, town.groups
    owner = np.array(town.owners, dtype=object)
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
    told = pd.concat([part[part["proposal"] >= 0] for part in parts], ignore_index=True)
    told = told.assign(
        kind=told["kind"].where(told["kind"] != "", "basic"), later=told["side"] == "after"
    )
    order = told.sort_values(["proposal", "later", "code"], ignore_index=True)
    named = np.array([*groups.ids, ""], dtype=object)[order["proposal"].to_numpy(np.int64)]
    frame = order.drop(columns="later").assign(proposal=named)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=old.crs)


def proposals_of(
    town: Town, sides: gpd.GeoDataFrame, decided: tuple[Decision, ...]
) -> gpd.GeoDataFrame:
    """Return a row for each proposal; see `gridgeo.proposals.Adjustment`."""
    atoms, groups = town.atoms, town.groups
    households = atoms.frame["households"].to_numpy(np.int64)
    moved = moved_atoms(town.old.previous, town.new.partition.labels, town.new.heir)
    rows = []
    for number, name in enumerate(groups.ids):
        inside = groups.atoms == number
        own = sides[sides["proposal"] == name]
        before, after = own[own["side"] == "before"], own[own["side"] == "after"]
        reason = causes_of(number, atoms, town.old, town.new.partition, groups)
        held, gone = int(households[inside].sum()), int(households[inside & moved].sum())
        effect = effect_of(before, after, held, gone)
        out = [int(side["verdict"].isin(MISSED_VERDICTS).sum()) for side in (before, after)]
        said = (reason.en, reason.zh, effect.en, effect.zh)
        ground = shapely.union_all(atoms.frame.geometry.to_numpy()[inside])
        codes = [";".join(side["code"]) for side in (before, after)]
        owner = ";".join(sorted(set(own["community"])))
        rows.append((name, decided[number], owner, *codes, held, gone, *out, *said, ground))
    frame = pd.DataFrame(rows, columns=list(_PROPOSAL))
    counts = ("households", "moved", "out_before", "out_after")
    frame = frame.astype(dict.fromkeys(counts, "int64"))
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=atoms.frame.crs)
