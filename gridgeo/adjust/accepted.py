"""Accepted exceptions and accepted proposals of an adjustment.

Accepted exceptions constrain the search before it starts: grids stay locked as drawn, gaps stay
in no grid, facilities get no dedicated grid. Accepted proposals are carried out after it: the
result is a checked plan, and the change and lineage of every code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.adjust.choose import grid_geometry
from gridgeo.codes import Changes, crosswalk_of
from gridgeo.describe import bounded_by, contains, name_grids
from gridgeo.geometry import households_in, overlap_of
from gridgeo.model import Atoms, Constraints, Finding, Layers, Note
from gridgeo.partition import dissolve
from gridgeo.pipeline import check_plan, deliver_plan
from gridgeo.wording import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.adjust.choose import Chosen
    from gridgeo.adjust.existing import ExistingGrids, MinimalChange
    from gridgeo.model import Plan

#: Findings of these rules about a grid are reasons to redraw it.
_GRID_RULES = ("valid_geometry", "inside_community", "one_part", "no_thin_part", "in_band")
#: A facility whose grid would share this much of the larger ground is the one that was excepted.
_SAME_GROUND = 0.8
_ACCEPTED = Text(
    "passes, but stays without a grid of its own: accepted as an exception",
    "达到阈值，但已列为例外，故不单设",
)


@dataclass(frozen=True, kw_only=True)
class Exceptions:
    """Accepted findings, by what they are about.

    ``grids``: codes of grids that stay as drawn. ``gaps``: ground that stays in no grid.
    ``facilities``: ground on which a facility gets no dedicated grid.
    """

    grids: frozenset[str] = frozenset()
    gaps: tuple[Any, ...] = ()
    facilities: tuple[Any, ...] = ()


def exceptions_of(findings: Iterable[Finding]) -> Exceptions:
    """Return the accepted ones among the findings about a partition as it is."""
    accepted = [one for one in findings if one.status == "accepted"]

    def where(rule: str) -> tuple[Any, ...]:
        return tuple(one.where for one in accepted if one.rule == rule and one.where is not None)

    about = (one for one in accepted if one.rule in _GRID_RULES)
    return Exceptions(
        grids=frozenset(code for one in about for code in one.grids),
        gaps=where("fills_community"),
        facilities=where("facilities_dedicated"),
    )


def exclude_gaps(layers: Layers, drawn: gpd.GeoDataFrame, gaps: tuple[Any, ...]) -> Layers:
    """Return the layers without the allowed gaps that lie in no grid.

    That is the ground of ``layers.allowed_gaps`` and of `gaps`; the two are the allowed gaps of
    the layers that come back. Ready-made atoms that lie there for the most part go with it, unless
    somebody lives in them.

    Parameters
    ----------
    drawn
        The grids, with valid rings; their ground stays in them.
    """
    allowed = _all_allowed_gaps(layers, gaps)
    if allowed is None:
        return layers
    bare = shapely.difference(
        shapely.union_all(allowed.geometry.to_numpy()), shapely.union_all(drawn.geometry.to_numpy())
    )
    outlines = shapely.difference(layers.communities.geometry.to_numpy(), bare)
    communities = layers.communities.set_geometry(
        gpd.GeoSeries(outlines, index=layers.communities.index, crs=layers.crs)
    )
    return replace(
        layers,
        communities=communities[~communities.is_empty].reset_index(drop=True),
        atoms=_without_gap_atoms(layers, bare),
        allowed_gaps=allowed,
    )


def refuse_facilities(atoms: Atoms, exceptions: Exceptions) -> Atoms:
    """Return the atoms; the facilities of accepted exceptions get no grid of their own."""
    frame, considered = atoms.frame, atoms.considered
    facility = frame["facility"].to_numpy(np.int64).copy()
    if not exceptions.facilities or not (facility >= 0).any():
        return atoms
    shapes = frame.geometry.to_numpy()
    accepted = np.array(exceptions.facilities, dtype=object)
    refused = np.zeros(len(considered), dtype=bool)
    for row in np.unique(facility[facility >= 0]).tolist():
        ground = shapely.union_all(shapes[facility == row])
        shared = shapely.area(shapely.intersection(accepted, ground))
        larger = np.maximum(shapely.area(accepted), ground.area)
        refused[row] = (shared >= _SAME_GROUND * larger).any()
    facility[np.append(refused, False)[facility]] = -1
    judged = considered.assign(
        dedicated=considered["dedicated"].mask(refused, other=False),
        reason_en=considered["reason_en"].mask(refused, _ACCEPTED.en),
        reason_zh=considered["reason_zh"].mask(refused, _ACCEPTED.zh),
    )
    return replace(atoms, frame=frame.assign(facility=facility), considered=judged)


def lock_exceptions(
    constraints: Constraints, old: ExistingGrids, codes: frozenset[str]
) -> Constraints:
    """Return the constraints with the old grids of `codes` locked that lie in one community."""
    in_one_community = (old.grids["communities"] == 1).to_numpy()
    rows = np.flatnonzero(old.grids["code"].isin(codes).to_numpy() & in_one_community)
    if not len(rows):
        return constraints
    locked = (
        np.full(len(old.previous), -1) if constraints.locked is None else constraints.locked.copy()
    )
    first = max(len(constraints.names), int(locked.max()) + 1)
    names = [*constraints.names, *[""] * (first - len(constraints.names))]
    for number, row in enumerate(rows.tolist(), start=first):
        locked[(old.previous == row) & (locked < 0)] = number
        names.append(str(old.grids["code"].iloc[row]))
    return replace(constraints, locked=locked, names=tuple(names))


def exceptions_note(codes: Iterable[str], withheld: Iterable[str]) -> tuple[Note, ...]:
    """Return the note on grids that stay by exception, and the proposals left out with them."""
    accepted, left = sorted(codes), sorted(withheld)
    if not accepted:
        return ()
    text = Text(
        f"{len(accepted)} grids stay as drawn, as accepted exceptions: {', '.join(accepted)}",
        f"{len(accepted)} 个网格已列为例外，保持原样：{'、'.join(accepted)}",
    )
    if left:
        text += Text(
            f"; proposals that would change them are left out: {', '.join(left)}",
            f"；涉及这些网格的建议不再提出：{'、'.join(left)}",
        )
    return (Note("ledger", text),)


def _all_allowed_gaps(layers: Layers, gaps: tuple[Any, ...]) -> gpd.GeoDataFrame | None:
    """Return the allowed gaps of the layers with `gaps`, None where there are neither."""
    frames = [] if layers.allowed_gaps is None else [layers.allowed_gaps]
    if gaps:
        frames.append(
            gpd.GeoDataFrame({"name": [""] * len(gaps)}, geometry=list(gaps), crs=layers.crs)
        )
    frames = [frame for frame in frames if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else None


def _without_gap_atoms(layers: Layers, bare: Any) -> gpd.GeoDataFrame | None:
    """Return the ready-made atoms without those on bare ground in which nobody lives."""
    atoms = layers.atoms
    if atoms is None:
        return None
    shapes = atoms.geometry.to_numpy()
    shapely.prepare(bare)
    mostly = np.zeros(len(shapes), dtype=bool)
    near = np.flatnonzero(shapely.intersects(bare, shapes))
    mostly[near] = (
        shapely.area(shapely.intersection(shapes[near], bare)) > shapely.area(shapes[near]) / 2
    )
    empty = atoms["households"].to_numpy() + households_in(layers.households, shapes) == 0
    kept: gpd.GeoDataFrame = atoms[~(mostly & empty)].reset_index(drop=True)
    return kept


def carry_out(change: MinimalChange, chosen: Chosen, proposed: Changes) -> tuple[Plan, Changes]:
    """Return the checked plan of what was chosen, and the change of every code in it."""
    coded = _coded_grids(change, chosen, proposed)
    plan = deliver_plan(
        change.layers,
        change.atoms,
        chosen.partition,
        coded,
        codes=change.community_codes,
        settings=change.settings,
    )
    plan = _with_old_codes(_with_drawn_outlines(plan, change), change)
    return check_plan(plan, change.layers, chosen.partition), _changes(
        change, chosen, proposed, coded
    )


def _with_drawn_outlines(plan: Plan, change: MinimalChange) -> Plan:
    """Return the plan with outlines and points that fit grids that were not drawn along atoms.

    Communities with such grids have the outlines that they were given, not those of their atoms;
    where the atoms carry the counts, each is counted at a point inside its old grid.
    """
    findings = (*change.old.findings, *plan.findings)
    crossing = change.old.grids["crosses"].to_numpy(dtype=bool)
    crossed = [change.community_codes[place] for place in change.old.grids["community"][crossing]]
    given = dict(zip(change.community_codes, change.layers.communities.geometry, strict=True))
    shown = [
        given[code] if code in crossed else shape
        for code, shape in zip(plan.communities["code"], plan.communities.geometry, strict=True)
    ]
    communities = plan.communities.set_geometry(gpd.GeoSeries(shown, crs=plan.communities.crs))
    households = plan.households
    if change.layers.atoms is not None and not len(change.layers.households):
        at = change.old.anchor[change.atoms.household_atom]
        households = households.set_geometry(gpd.GeoSeries(at, crs=households.crs))
    return replace(plan, findings=findings, communities=communities, households=households)


def _with_old_codes(plan: Plan, change: MinimalChange) -> Plan:
    """Return the plan whose atoms know the old grid that they lie in, ``""`` for none."""
    codes = np.array([*change.old.grids["code"], ""], dtype=object)
    return replace(plan, atoms=plan.atoms.assign(old_grid=codes[change.old.previous]))


def _coded_grids(change: MinimalChange, chosen: Chosen, proposed: Changes) -> gpd.GeoDataFrame:
    """Return the chosen grids by label with codes, names, bounds, contents and their ground."""
    atoms, layers, lang = change.atoms, change.layers, change.settings.lang
    grids = dissolve(atoms, chosen.partition)
    given = change.layers.communities.geometry.to_numpy()
    geometry = grid_geometry(
        grids,
        change.drawn.geometry.to_numpy(),
        outlines=given[grids["community"].to_numpy(np.intp)],
        chosen=chosen,
        old=change.old,
        groups=change.groups,
    )
    drawn = gpd.GeoSeries(geometry, index=grids.index, crs=grids.crs)
    owner = [change.community_codes[place] for place in grids["community"]]
    coded = grids.set_geometry(drawn).assign(
        code=_old_or_new(chosen, change.old.grids["code"], proposed.grids["code"]),
        scheme=change.settings.codes.code_scheme.id,
        community_code=owner,
        area_m2=shapely.area(geometry),
        parts=shapely.get_num_geometries(geometry),
    )
    return coded.assign(
        name=_names(change, coded),
        bounded_by=bounded_by(
            chosen.partition.labels,
            atoms.borders,
            atoms.frame,
            atoms.communities,
            facilities=atoms.considered["name"].tolist(),
            lang=lang,
        ),
        contains=contains(coded, layers.compounds, layers.buildings, layers.households, lang=lang),
    )


def _old_or_new(chosen: Chosen, old: pd.Series[Any], new: pd.Series[Any]) -> Any:
    """Return the value of the old grid where it stays in place of a new one, else the new one's."""
    stays = chosen.new < 0
    return np.where(
        stays,
        old.to_numpy(dtype=object)[np.where(stays, chosen.old, 0)],
        new.to_numpy(dtype=object)[np.where(stays, 0, chosen.new)],
    )


def _names(change: MinimalChange, coded: gpd.GeoDataFrame) -> list[str]:
    """Return the old name of each code; new grids get names that no other grid has."""
    had = dict(zip(change.old.grids["code"], change.old.grids["name"], strict=True))
    lang, scheme = change.settings.lang, change.settings.codes.code_scheme
    fresh = name_grids(coded, change.atoms.communities, change.atoms.considered, lang=lang)
    taken = {had[code] for code in coded["code"] if had.get(code)}
    names = []
    for code, name in zip(coded["code"], fresh, strict=True):
        if not had.get(code) and name in taken:
            parsed = scheme.parse(code)
            number = code if parsed is None else parsed.sequence
            name += Text(f" ({number})", f"（{number}）").say(lang)  # noqa: PLW2901
        names.append(had.get(code) or name)
    return names


def _changes(
    change: MinimalChange, chosen: Chosen, proposed: Changes, coded: gpd.GeoDataFrame
) -> Changes:
    """Return the changes that were carried out: grids whose proposal was not are unchanged."""
    stays = chosen.new < 0
    place = np.where(stays, 0, chosen.new)
    changes = proposed.grids["change"].to_numpy(dtype=object)[place]
    predecessors = proposed.grids["predecessors"].to_numpy(dtype=object)[place]
    grids = coded.assign(
        change=np.where(stays, "unchanged", changes),
        predecessors=np.where(stays, _singletons(coded["code"]), predecessors),
    )
    kept = np.isin(np.arange(len(proposed.old)), chosen.old[stays])
    atoms = change.atoms.frame
    shared = overlap_of(
        change.old.previous,
        chosen.partition.labels,
        atoms["households"].to_numpy(np.int64),
        shapely.area(atoms.geometry.to_numpy()),
        olds=len(proposed.old),
        news=len(coded),
    )
    successors = proposed.old["successors"].to_numpy(dtype=object)
    return Changes(
        grids=grids,
        old=proposed.old.assign(
            change=np.where(kept, "unchanged", proposed.old["change"].to_numpy(dtype=object)),
            successors=np.where(kept, _singletons(proposed.old["code"]), successors),
        ),
        crosswalk=crosswalk_of(proposed.old["code"].tolist(), coded["code"].tolist(), shared),
    )


def _singletons(codes: pd.Series[Any]) -> NDArray[np.object_]:
    """Return each code as a tuple of one, the form of predecessors and successors."""
    return np.fromiter(((code,) for code in codes), dtype=object, count=len(codes))
