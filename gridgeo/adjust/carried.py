"""The plan with the proposals that were taken, and what became of every code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.adjust.recut import recut
from gridgeo.codes import Changes, crosswalk_of
from gridgeo.continuity import overlap_of
from gridgeo.describe import bounded_by, contains, name_grids
from gridgeo.judging import check_plan
from gridgeo.partition import dissolve
from gridgeo.pipeline import deliver_plan
from gridgeo.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.adjust.choose import Chosen
    from gridgeo.adjust.town import Town
    from gridgeo.model import Plan


def carried_out(town: Town, chosen: Chosen, proposed: Changes) -> tuple[Plan, Changes]:
    """Return the checked plan of what was chosen, and what became of every code in it."""
    coded = _coded(town, chosen, proposed)
    plan = deliver_plan(
        town.layers,
        town.atoms,
        chosen.part,
        coded,
        codes=town.owners,
        settings=town.settings,
    )
    plan = _with_old_codes(_on_drawn_ground(plan, town), town)
    return check_plan(plan, town.layers, chosen.part), _changes(town, chosen, proposed, coded)


def _on_drawn_ground(plan: Plan, town: Town) -> Plan:
    """Return the plan with outlines and points that fit grids that were not drawn along atoms.

    Communities with such grids have the outlines that they were given, not those of their atoms;
    where the atoms themselves hold the counts, each is counted at a point inside its old grid.
    """
    findings = (*town.old.findings, *plan.findings)
    crossing = town.old.grids["crosses"].to_numpy(dtype=bool)
    homes = [town.owners[place] for place in town.old.grids["community"][crossing]]
    given = dict(zip(town.owners, town.layers.communities.geometry, strict=True))
    shown = [
        given[code] if code in homes else shape
        for code, shape in zip(plan.communities["code"], plan.communities.geometry, strict=True)
    ]
    communities = plan.communities.set_geometry(gpd.GeoSeries(shown, crs=plan.communities.crs))
    households = plan.households
    if town.layers.atoms is not None and not len(town.layers.households):
        at = town.old.anchor[town.atoms.placed]
        households = households.set_geometry(gpd.GeoSeries(at, crs=households.crs))
    return replace(plan, findings=findings, communities=communities, households=households)


def _with_old_codes(plan: Plan, town: Town) -> Plan:
    """Return the plan whose atoms know the old grid that they lie in, ``""`` for none."""
    codes = np.array([*town.old.grids["code"], ""], dtype=object)
    return replace(plan, atoms=plan.atoms.assign(old_grid=codes[town.old.previous]))


def _coded(town: Town, chosen: Chosen, proposed: Changes) -> gpd.GeoDataFrame:
    """Return the chosen grids by label with codes, names, bounds, contents and their ground."""
    atoms, layers, lang = town.atoms, town.layers, town.settings.lang
    grids = dissolve(atoms, chosen.part)
    given = town.layers.communities.geometry.to_numpy()
    geometry = recut(
        grids,
        town.drawn.geometry.to_numpy(),
        outlines=given[grids["community"].to_numpy(np.intp)],
        chosen=chosen,
        old=town.old,
        groups=town.groups,
    )
    drawn = gpd.GeoSeries(geometry, index=grids.index, crs=grids.crs)
    owner = [town.owners[place] for place in grids["community"]]
    coded = grids.set_geometry(drawn).assign(
        code=_picked(chosen, town.old.grids["code"], proposed.grids["code"]),
        scheme=town.settings.codes.code_scheme.id,
        community_code=owner,
        area_m2=shapely.area(geometry),
        parts=shapely.get_num_geometries(geometry),
    )
    return coded.assign(
        name=_names(town, coded),
        bounded_by=bounded_by(
            chosen.part.labels, atoms.borders, atoms.frame, atoms.communities, lang=lang
        ),
        contains=contains(coded, layers.compounds, layers.buildings, layers.households, lang=lang),
    )


def _picked(chosen: Chosen, old: pd.Series[Any], new: pd.Series[Any]) -> Any:
    """Return the value of the old grid where it stays in place of a new one, else the new one's."""
    stays = chosen.new < 0
    return np.where(
        stays,
        old.to_numpy(dtype=object)[np.where(stays, chosen.old, 0)],
        new.to_numpy(dtype=object)[np.where(stays, 0, chosen.new)],
    )


def _names(town: Town, coded: gpd.GeoDataFrame) -> list[str]:
    """Return the name that each code has had; others are named anew, unlike those that stay."""
    had = dict(zip(town.old.grids["code"], town.old.grids["name"], strict=True))
    lang, scheme = town.settings.lang, town.settings.codes.code_scheme
    fresh = name_grids(coded, town.atoms.communities, town.atoms.considered, lang=lang)
    taken = {had[code] for code in coded["code"] if had.get(code)}
    names = []
    for code, name in zip(coded["code"], fresh, strict=True):
        if not had.get(code) and name in taken:
            said = scheme.parse(code)
            number = code if said is None else said.sequence
            name += Text(f" ({number})", f"（{number}）").say(lang)  # noqa: PLW2901
        names.append(had.get(code) or name)
    return names


def _changes(town: Town, chosen: Chosen, proposed: Changes, coded: gpd.GeoDataFrame) -> Changes:
    """Return the changes that were carried out: grids whose proposal was not are unchanged."""
    stays = chosen.new < 0
    place = np.where(stays, 0, chosen.new)
    told = proposed.grids["change"].to_numpy(dtype=object)[place]
    kin = proposed.grids["predecessors"].to_numpy(dtype=object)[place]
    grids = coded.assign(
        change=np.where(stays, "unchanged", told),
        predecessors=np.where(stays, _each_alone(coded["code"]), kin),
    )
    kept = np.isin(np.arange(len(proposed.old)), chosen.old[stays])
    atoms = town.atoms.frame
    shared = overlap_of(
        town.old.previous,
        chosen.part.labels,
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
            successors=np.where(kept, _each_alone(proposed.old["code"]), successors),
        ),
        crosswalk=crosswalk_of(proposed.old["code"].tolist(), coded["code"].tolist(), shared),
    )


def _each_alone(codes: pd.Series[Any]) -> NDArray[np.object_]:
    """Return each code as a tuple of its own, as predecessors and successors are told."""
    return np.fromiter(((code,) for code in codes), dtype=object, count=len(codes))
